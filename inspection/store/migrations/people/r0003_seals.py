"""Seals of the audit log; sessions end by the running clock."""

import sqlalchemy as sa
from alembic import op

revision = "p0003"
down_revision = "p0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "audit_log",
        sa.Column(
            "mac",
            sa.String(length=64),
            nullable=True,
            comment="HMAC-SHA256 over the sha256; null: of an earlier program, or without a key",
        ),
    )
    op.add_column(
        "sessions",
        sa.Column(
            "boot_id",
            sa.String(length=64),
            nullable=True,
            comment="start of the machine in which it began; null: of an earlier program",
        ),
    )
    op.add_column(
        "sessions",
        sa.Column(
            "expires_s", sa.Float(), nullable=True, comment="on the machine's running clock, which nobody can set"
        ),
    )


def downgrade() -> None:
    op.drop_column("sessions", "expires_s")
    op.drop_column("sessions", "boot_id")
    op.drop_column("audit_log", "mac")
