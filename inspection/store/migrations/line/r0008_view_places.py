"""Where across the web each frame of a piece looks, so that what several cameras show can be laid upon each other."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_COLUMNS = {
    "first_cd_mm": "across the web, its first column; null: it has no pixels",
    "last_cd_mm": "its last column; less than the first: mirrored",
    "skew_mm": "how much farther along the last column looks; null: not",
}


def upgrade() -> None:
    for name, comment in _COLUMNS.items():
        op.add_column("view_frames", sa.Column(name, sa.Float(), nullable=True, comment=comment))


def downgrade() -> None:
    for name in reversed(_COLUMNS):
        op.drop_column("view_frames", name)
