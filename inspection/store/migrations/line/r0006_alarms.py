"""Alarms: what called for a person, from when to when, and who took it on."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_UTC = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "alarms",
        sa.Column("number", _KEY, autoincrement=False, nullable=False, comment="1, 2, 3 …"),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column(
            "subject", sa.String(length=128), nullable=False, comment="a camera, a lane; empty where there is only one"
        ),
        sa.Column("priority", sa.String(length=16), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("raised_utc", _UTC, nullable=False),
        sa.Column("last_raised_utc", _UTC, nullable=False),
        sa.Column("occurrences", sa.Integer(), nullable=False),
        sa.Column("cleared_utc", _UTC, nullable=True, comment="null: it stood when this was written"),
        sa.Column("acknowledged_by", sa.String(length=128), nullable=True),
        sa.Column("acknowledged_utc", _UTC, nullable=True),
        sa.Column("shelved_by", sa.String(length=128), nullable=True, comment="null: not put aside"),
        sa.Column("shelved_reason", sa.Text(), nullable=True),
        sa.Column("shelved_utc", _UTC, nullable=True),
        sa.Column("shelved_until_utc", _UTC, nullable=True),
        sa.Column("is_settled", sa.Boolean(), nullable=False, comment="over, acknowledged, not put aside"),
        sa.Column("written_at_s", sa.Float(), nullable=False, comment="in the store's own time"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_alarms")),
    )
    op.create_index(op.f("ix_alarms_is_settled_written_at_s"), "alarms", ["is_settled", "written_at_s"], unique=False)
    op.create_index(op.f("ix_alarms_raised_utc"), "alarms", ["raised_utc"], unique=False)


def downgrade() -> None:
    op.drop_table("alarms")
