"""People, their sessions, the audit log, and recipes that wait for release."""

import sqlalchemy as sa
from alembic import op

revision = "p0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False, comment="lower case; never changes"),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False, comment="argon2id"),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("theme", sa.String(length=8), nullable=False),
        sa.Column("created_utc", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("name", name=op.f("uq_users_name")),
    )
    op.create_table(
        "sessions",
        sa.Column(
            "token_sha256", sa.String(length=64), nullable=False, comment="the token itself is in the browser alone"
        ),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("began_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_utc", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id")),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"], unique=False)
    op.create_table(
        "audit_log",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False, comment="1, 2, 3 … without gap"),
        sa.Column("utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=256), nullable=False),
        sa.Column("before", sa.Text(), nullable=True, comment="JSON"),
        sa.Column("after", sa.Text(), nullable=True, comment="JSON"),
        sa.Column(
            "sha256",
            sa.String(length=64),
            nullable=False,
            comment="over this entry and the sha256 of the one before",
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_log")),
    )
    op.create_index(op.f("ix_audit_log_person_number"), "audit_log", ["person", "number"], unique=False)
    op.create_index(op.f("ix_audit_log_subject_number"), "audit_log", ["subject", "number"], unique=False)
    op.create_table(
        "recipe_drafts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False, comment="TOML"),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("written_by", sa.String(length=64), nullable=False),
        sa.Column("written_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_by", sa.String(length=64), nullable=True, comment="who released or refused it"),
        sa.Column("settled_utc", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_released", sa.Boolean(), nullable=True, comment="null: waits for a second person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recipe_drafts")),
    )
    op.create_index(op.f("ix_recipe_drafts_name_version"), "recipe_drafts", ["name", "version"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_log_refuses_{change.lower()} BEFORE {change} ON audit_log "
                "BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to'); END"
            )


def downgrade() -> None:
    op.drop_index(op.f("ix_recipe_drafts_name_version"), table_name="recipe_drafts")
    op.drop_table("recipe_drafts")
    op.drop_index(op.f("ix_audit_log_subject_number"), table_name="audit_log")
    op.drop_index(op.f("ix_audit_log_person_number"), table_name="audit_log")
    op.drop_table("audit_log")
    op.drop_index(op.f("ix_sessions_user_id"), table_name="sessions")
    op.drop_table("sessions")
    op.drop_table("users")
