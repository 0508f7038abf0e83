"""When which roll began, as the line told."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_UTC = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "roll_changes",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("first_sequence", sa.BigInteger(), nullable=False, comment="of the first decision after the change"),
        sa.Column(
            "roll", sa.String(length=64), nullable=True, comment="null: the roll before has ended, and none was named"
        ),
        sa.Column("told_utc", _UTC, nullable=False),
        sa.Column("told_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roll_changes")),
    )
    op.create_index(op.f("ix_roll_changes_first_sequence"), "roll_changes", ["first_sequence"], unique=False)
    op.create_index(op.f("ix_roll_changes_roll"), "roll_changes", ["roll"], unique=False)


def downgrade() -> None:
    op.drop_table("roll_changes")
