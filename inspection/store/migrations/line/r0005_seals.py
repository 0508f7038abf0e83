"""A chain of seals over the decisions, and one hash over all that judged them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "seals",
        sa.Column("number", _KEY, autoincrement=False, nullable=False, comment="1, 2, 3 … without gap"),
        sa.Column("first_sequence", sa.BigInteger(), nullable=False),
        sa.Column("last_sequence", sa.BigInteger(), nullable=False),
        sa.Column(
            "digests", sa.LargeBinary(), nullable=False, comment="SHA-256 of each of these decisions, 32 bytes each"
        ),
        sa.Column("key_name", sa.String(length=16), nullable=False, comment="tells keys apart, and gives none away"),
        sa.Column(
            "mac",
            sa.String(length=64),
            nullable=False,
            comment="HMAC-SHA256 over all this and the mac of the seal before",
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_seals")),
    )
    op.create_index(op.f("ix_seals_last_sequence"), "seals", ["last_sequence"], unique=False)
    op.add_column(
        "decisions",
        sa.Column(
            "setup_sha256",
            sa.String(length=64),
            nullable=True,
            comment="one hash over all that judged; null: of an earlier program",
        ),
    )
    op.add_column(
        "roll_changes",
        sa.Column("station_run", sa.Integer(), nullable=True, comment="start of the station in which it was told"),
    )


def downgrade() -> None:
    op.drop_table("seals")
    op.drop_column("decisions", "setup_sha256")
    op.drop_column("roll_changes", "station_run")
