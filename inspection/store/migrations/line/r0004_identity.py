"""The store's identity and own time, gaps in its numbers, and frames aged by the store's time."""

import uuid
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_UTC = sa.DateTime(timezone=True)
_KEPT = sa.text("deleted_utc IS NULL")


def upgrade() -> None:
    identity = op.create_table(
        "store_identity",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False, comment="always 1"),
        sa.Column(
            "epoch",
            sa.String(length=32),
            nullable=False,
            comment="with a sequence number it names a decision, everywhere",
        ),
        sa.Column("is_in_use", sa.Boolean(), nullable=False, comment="a station has begun to count in it"),
        sa.Column(
            "age_s", sa.Float(), nullable=False, comment="the store's own time: seconds that its machine has run"
        ),
        sa.Column("boot_id", sa.String(length=64), nullable=False, comment="start of the machine that noted the age"),
        sa.Column("running_s", sa.Float(), nullable=False, comment="the machine's running clock then"),
        sa.Column("noted_utc", _UTC, nullable=False, comment="the machine's wall clock then"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_store_identity")),
    )
    op.create_table(
        "sequence_gaps",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("first_sequence", sa.BigInteger(), nullable=False),
        sa.Column("last_sequence", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("noted_utc", _UTC, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sequence_gaps")),
    )
    op.create_index(op.f("ix_sequence_gaps_last_sequence"), "sequence_gaps", ["last_sequence"], unique=False)
    op.add_column(
        "station_runs",
        sa.Column(
            "epoch", sa.String(length=32), nullable=True, comment="the store's, when the run's decisions were told"
        ),
    )
    # Ages of frames that are there already begin anew: what the wall clock said when they were saved can't be trusted.
    op.add_column(
        "saved_frames",
        sa.Column("saved_at_s", sa.Float(), server_default="0", nullable=False, comment="in the store's own time"),
    )
    op.drop_index(op.f("ix_saved_frames_verdict_saved_utc"), table_name="saved_frames")
    op.create_index(
        "ix_saved_frames_kept",
        "saved_frames",
        ["verdict", "saved_at_s"],
        unique=False,
        sqlite_where=_KEPT,
        postgresql_where=_KEPT,
    )
    epoch = uuid.uuid4().hex
    op.bulk_insert(
        identity,
        [
            {
                "id": 1,
                "epoch": epoch,
                "is_in_use": False,
                "age_s": 0.0,
                "boot_id": "",
                "running_s": 0.0,
                "noted_utc": datetime.now(UTC),
            }
        ],
    )
    runs = sa.table("station_runs", sa.column("epoch", sa.String))
    op.execute(runs.update().values(epoch=epoch))


def downgrade() -> None:
    op.drop_index("ix_saved_frames_kept", table_name="saved_frames")
    op.create_index(op.f("ix_saved_frames_verdict_saved_utc"), "saved_frames", ["verdict", "saved_utc"], unique=False)
    op.drop_column("saved_frames", "saved_at_s")
    op.drop_column("station_runs", "epoch")
    op.drop_table("sequence_gaps")
    op.drop_table("store_identity")
