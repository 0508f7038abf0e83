"""Corrections of reviews name the frame that they were drawn in: `view`, its place among the decision's frames of all
views, and `elsewhere`, the same object drawn in others.

They lie in JSON, which takes both as it is: what is there names no view, and that means the frame in which its piece
begins, the only one there was. An earlier program knows neither name: by the revision it hears of that at its start,
not in the middle of a shift from the first review that has one.
"""

revision = "p0007"
down_revision = "p0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No table changes."""


def downgrade() -> None:
    """No table changes."""
