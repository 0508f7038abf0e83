"""The tables of reviews, cases, rolls and saved searches. Reviews, rolls and searches are only ever added to.

The station writes rolls, people write the rest, see `inspection.store.database`.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
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
)

from inspection.store.schema import METADATA, PEOPLE_METADATA

_KEY = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up INTEGER keys only.
_UTC = DateTime(timezone=True)

REVIEWS = Table(
    "reviews",
    PEOPLE_METADATA,
    Column("number", _KEY, primary_key=True),
    Column("sequence", _KEY, nullable=False),
    Column("reading", Integer, nullable=False, comment="1 first, 2 second and blind, 3 settles a dispute"),
    Column("person", String(64), nullable=False),
    Column("reviewed_utc", _UTC, nullable=False),
    Column("answer", String(16), comment="null: takes back another entry"),
    Column("kind", String(8)),
    Column("note", Text, nullable=False),
    Column("corrections", JSON, nullable=False),
    Column("looked_s", Float),
    Column("takes_back", ForeignKey("reviews.number")),
    Index(None, "sequence", "number"),
    Index(None, "person", "number"),
    Index(None, "takes_back"),
)
"""Only ever added to: the database itself refuses changes (SQLite)."""

REVIEW_CASES = Table(
    "review_cases",
    PEOPLE_METADATA,
    Column("sequence", _KEY, primary_key=True, autoincrement=False),
    Column("verdict", String(16), nullable=False),
    Column("risk", Integer, nullable=False),
    Column("is_double", Boolean, nullable=False, comment="drawn for a second, blind reader"),
    Column("first_answer", String(16)),
    Column("first_person", String(64)),
    Column("second_answer", String(16)),
    Column("second_person", String(64)),
    Column("outcome", String(16), comment="what counts: an answer or disputed"),
    Column("review_number", ForeignKey("reviews.number"), comment="whose kind and corrections count"),
    Index(None, "first_answer", "risk", "sequence"),
    Index(None, "is_double", "second_answer", "sequence"),
    Index(None, "outcome", "sequence"),
    Index(None, "risk", "verdict", "outcome", "sequence"),
)
"""How each saved frame stands: all of it follows from decisions and reviews, and is kept for speed."""

REVIEW_CLAIMS = Table(
    "review_claims",
    PEOPLE_METADATA,
    Column("sequence", _KEY, primary_key=True, autoincrement=False),
    Column("person", String(64), nullable=False),
    Column("until_utc", _UTC, nullable=False),
    Index(None, "person"),
)
"""Who is looking at what. A row goes with the answer; after its time it counts for nothing."""

ROLL_CHANGES = Table(
    "roll_changes",
    METADATA,
    Column("id", _KEY, primary_key=True),
    Column("first_sequence", BigInteger, nullable=False, comment="of the first decision after the change"),
    Column("roll", String(64), comment="null: the roll before has ended, and none was named"),
    Column("told_utc", _UTC, nullable=False),
    Column("told_by", String(64), nullable=False),
    Column("station_run", Integer, comment="start of the station in which it was told"),
    Index(None, "first_sequence"),
    Index(None, "roll"),
)

SAVED_SEARCHES = Table(
    "saved_searches",
    PEOPLE_METADATA,
    Column("id", _KEY, primary_key=True),
    Column("name", String(64), nullable=False),
    Column("query", JSON, comment="null: the search of this name was removed"),
    Column("saved_by", String(64), nullable=False),
    Column("saved_utc", _UTC, nullable=False),
    Index(None, "name", "id"),
)
"""Searches kept by name; of entries with the same name the last one counts."""

REVIEW_KEYS = Table(
    "review_keys",
    PEOPLE_METADATA,
    Column("id", _KEY, primary_key=True),
    Column("recipe", String(128), nullable=False, comment="its name, whatever the version"),
    Column("kinds", JSON, nullable=False, comment="of the keys 1 to 9, a catalogue code or null each"),
    Column("set_by", String(64), nullable=False),
    Column("set_utc", _UTC, nullable=False),
    Index(None, "recipe", "id"),
)
"""Which key of the review page means which kind. Of entries with the same recipe the last one counts."""
