"""The tables of people, their sessions, what they did, and the recipes that they wrote."""

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from inspection.store.schema import PEOPLE_METADATA

_UTC = DateTime(timezone=True)

USERS = Table(
    "users",
    PEOPLE_METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", String(64), nullable=False, comment="as it is written; never changes"),
    Column("login", String(64), comment="the name, folded: with it people log in"),
    Column("role", String(16), nullable=False),
    Column("password_hash", Text, nullable=False, comment="argon2id"),
    Column("must_change_password", Boolean, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("language", String(2), nullable=False),
    Column("theme", String(8), nullable=False),
    Column("created_utc", _UTC, nullable=False),
    UniqueConstraint("name"),
    Index(None, "login", unique=True),
)
"""People are never deleted, for the audit log and the reviews name them: they are made inactive."""

SESSIONS = Table(
    "sessions",
    PEOPLE_METADATA,
    Column("token_sha256", String(64), primary_key=True, comment="the token itself is in the browser alone"),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("began_utc", _UTC, nullable=False),
    Column("expires_utc", _UTC, nullable=False),
    Column("boot_id", String(64), comment="start of the machine in which it began; null: of an earlier program"),
    Column("expires_s", Float, comment="on the machine's running clock, which nobody can set"),
    Index(None, "user_id"),
)
"""Who is logged in; a row goes when its session ends."""

AUDIT_LOG = Table(
    "audit_log",
    PEOPLE_METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False, comment="1, 2, 3 … without gap"),
    Column("utc", _UTC, nullable=False),
    Column("person", String(64), nullable=False),
    Column("action", String(64), nullable=False),
    Column("subject", String(256), nullable=False),
    Column("before", Text, comment="JSON"),
    Column("after", Text, comment="JSON"),
    Column("sha256", String(64), nullable=False, comment="over this entry and the sha256 of the one before"),
    Column("mac", String(64), comment="HMAC-SHA256 over the sha256; null: of an earlier program, or without a key"),
    Index(None, "person", "number"),
    Index(None, "subject", "number"),
)
"""Only ever added to: the database itself refuses changes (SQLite), and the chain of hashes shows them (any)."""

API_KEYS = Table(
    "api_keys",
    PEOPLE_METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", String(64), nullable=False),
    Column("role", String(16), nullable=False),
    Column("sha256", String(64), nullable=False, comment="the key itself is with its program alone"),
    Column("made_by", String(64), nullable=False),
    Column("made_utc", _UTC, nullable=False),
    Column("revoked_by", String(64)),
    Column("revoked_utc", _UTC),
    UniqueConstraint("sha256"),
)
"""Programs that may talk to the API. Rows stay when a key is revoked, for the audit log names it."""

RECIPE_DRAFTS = Table(
    "recipe_drafts",
    PEOPLE_METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", String(128), nullable=False),
    Column("version", String(64), nullable=False),
    Column("content", Text, nullable=False, comment="TOML"),
    Column("sha256", String(64), nullable=False),
    Column("written_by", String(64), nullable=False),
    Column("written_utc", _UTC, nullable=False),
    Column("settled_by", String(64), comment="who released or refused it"),
    Column("settled_utc", _UTC),
    Column("is_released", Boolean, comment="null: waits for a second person"),
    Column("comment", Text, comment="of whoever settled it; null: of an earlier program"),
    Index(None, "name", "version"),
)
"""Recipes that somebody wrote on the pages; each is released, or refused, by somebody else."""
