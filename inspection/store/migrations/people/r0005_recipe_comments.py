"""What whoever releases or refuses a recipe has to say about it."""

import sqlalchemy as sa
from alembic import op

revision = "p0005"
down_revision = "p0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "recipe_drafts",
        sa.Column("comment", sa.Text(), nullable=True, comment="of whoever settled it; null: of an earlier program"),
    )


def downgrade() -> None:
    op.drop_column("recipe_drafts", "comment")
