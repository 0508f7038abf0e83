"""The store's tables. Decisions, reasons, defects and acknowledgements are only ever added. Once published they are
never altered; before, a decision that was written too late may be withdrawn (`Store.amend`).

Plain SQL types throughout: the same tables serve SQLite and PostgreSQL.
"""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    Float,
    ForeignKey,
    FromClause,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Select,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    select,
    text,
)

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

PEOPLE_METADATA = MetaData(naming_convention=METADATA.naming_convention)
"""Tables that people write, and the station never: with SQLite they lie in a file of their own."""

_KEY = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up INTEGER keys only.
_UTC = DateTime(timezone=True)


def _frame_columns(*, is_key: bool = False) -> tuple[Column[Any], ...]:
    """Which frame of a start of the station."""
    return (
        Column("camera", String(32), nullable=False, primary_key=is_key),
        Column(
            "run",
            Integer,
            nullable=False,
            primary_key=is_key,
            autoincrement=False,
            comment="counts the camera's starts within the station run",
        ),
        Column(
            "number",
            BigInteger,
            nullable=False,
            primary_key=is_key,
            autoincrement=False,
            comment="the camera's frame counter",
        ),
    )


def _measured_columns() -> tuple[Column[Any], ...]:
    """What was measured of an object, fused or as one camera shows it."""
    return (
        Column("kind", String(8), nullable=False),
        Column("severity", String(2), nullable=False),
        Column("score", Float, nullable=False),
        Column("box_left", Integer, nullable=False),
        Column("box_top", Integer, nullable=False),
        Column("box_right", Integer, nullable=False),
        Column("box_bottom", Integer, nullable=False),
        Column("mask_png", LargeBinary, comment="bilevel PNG, white on the object"),
        Column("length_mm", Float, nullable=False),
        Column("width_mm", Float, nullable=False),
        Column("area_mm2", Float, nullable=False),
        Column("diameter_mm", Float, nullable=False, comment="of the circle of the same area"),
        Column("contrast_percent", Float, nullable=False),
        Column("snr", Float, nullable=False),
        Column("md_mm", Float, nullable=False),
        Column("cd_mm", Float, nullable=False),
        Column("lane", Integer),
        Column("reaches_leading_edge", Boolean, nullable=False),
        Column("reaches_trailing_edge", Boolean, nullable=False),
        Column("continued", Boolean, nullable=False),
    )


ARTEFACTS = Table(
    "artefacts",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("role", String(16), nullable=False, comment="recipe or model"),
    Column("name", String(128), nullable=False),
    Column("version", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),
    UniqueConstraint("role", "name", "version", "sha256"),
)
"""Recipes and models that ever judged anything."""

STATION_RUNS = Table(
    "station_runs",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("station", String(128), nullable=False),
    Column("program_version", String(64), nullable=False),
    Column("started_utc", _UTC, nullable=False),
    Column("epoch", String(32), comment="the store's, when the run's decisions were told"),
    Column("recipe_id", ForeignKey("artefacts.id"), nullable=False),
    Column("model_id", ForeignKey("artefacts.id"), nullable=False),
)
"""Each start of the station."""

DECISIONS = Table(
    "decisions",
    METADATA,
    Column("sequence", _KEY, primary_key=True, autoincrement=False),
    Column("station_run_id", ForeignKey("station_runs.id"), nullable=False),
    *_frame_columns(),
    Column("verdict", String(16), nullable=False),
    Column("severity", String(2), comment="gravest among the reasons' defects"),
    Column("start_mm", Float),
    Column("length_mm", Float),
    Column("trigger_id", String(128)),
    Column("piece_id", String(128)),
    Column("captured_utc", _UTC, nullable=False),
    Column("decided_utc", _UTC, nullable=False),
    Column("latency_ms", Float, nullable=False),
    Column("deadline_met", Boolean, nullable=False),
    Column("recipe_id", ForeignKey("artefacts.id"), nullable=False),
    Column("model_id", ForeignKey("artefacts.id"), nullable=False),
    Column("stage_ms", JSON, nullable=False),
    Column("setup_sha256", String(64), comment="one hash over all that judged; null: of an earlier program"),
    Column("cut", String(16), nullable=False, server_default="block", comment="block, lane or sheet"),
    Column("lane", Integer, nullable=False, server_default="0", comment="that it is about; 0: the whole width"),
    Column(
        "piece_number",
        BigInteger,
        nullable=False,
        comment="counts the station run's pieces from 1; -sequence: nobody counted it",
    ),
    UniqueConstraint("station_run_id", "piece_number", "lane"),
    Index(None, "station_run_id", "camera", "run", "number"),
    Index(
        "uq_decisions_frame",
        "station_run_id",
        "camera",
        "run",
        "number",
        "lane",
        unique=True,
        sqlite_where=text("cut <> 'sheet'"),
        postgresql_where=text("cut <> 'sheet'"),
    ),
    Index(None, "verdict", "sequence"),
    Index(None, "decided_utc"),
    Index(None, "piece_id"),
    Index(None, "trigger_id"),
)
"""One row for each piece: a stretch of web, a lane of it, a sheet. That they are unique is the promise's "exactly one":
by the piece's number and lane, and but for sheets, of which a frame may show several, by the frame that leads it."""

REASONS = Table(
    "reasons",
    METADATA,
    Column("sequence", ForeignKey("decisions.sequence"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("rule", String(128), nullable=False, index=True),
    Column("sentence", Text, nullable=False),
    Column("kind", String(8)),
    Column("measured", Float),
    Column("limit", Float),
    Column("unit", String(16)),
    Column("severity", String(2)),
    Column("quantity", String(32), comment="what measured and limit are"),
    Column("defects", JSON, nullable=False, server_default="[]", comment="positions in the decision's defects"),
    Column("view", String(32), comment="that it is about; null: all, or the only one"),
)

DEFECTS = Table(
    "defects",
    METADATA,
    Column("sequence", ForeignKey("decisions.sequence"), primary_key=True),
    Column("position", Integer, primary_key=True),
    *_measured_columns(),
    Column("cleared_by", String(32), comment="view that saw nothing at its place; null: it counts"),
    Index(None, "kind", "sequence"),
)

VIEW_FRAMES = Table(
    "view_frames",
    METADATA,
    Column("sequence", ForeignKey("decisions.sequence"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("view", String(32), nullable=False, comment="the recipe's name for it"),
    *_frame_columns(),
    Column("fate", String(16), nullable=False, comment="seen, not_judged or lost"),
    Column("start_mm", Float),
    Column("length_mm", Float),
    Column("model_id", ForeignKey("artefacts.id"), comment="that looked at it; null: none did"),
    Column("first_cd_mm", Float, comment="across the web, its first column; null: it has no pixels"),
    Column("last_cd_mm", Float, comment="its last column; less than the first: mirrored"),
    Column("skew_mm", Float, comment="how much farther along the last column looks; null: not"),
    Index(None, "camera", "run", "number"),
)
"""The frames that a piece was judged on where several cameras see it; of a single camera it is the decision's own."""

SIGHTINGS = Table(
    "sightings",
    METADATA,
    Column("sequence", ForeignKey("decisions.sequence"), primary_key=True),
    Column("position", Integer, primary_key=True, comment="the defect's"),
    Column("place", Integer, primary_key=True, comment="0: the defect's sizes are of this one"),
    Column("view", String(32), nullable=False, comment="the recipe's name for it"),
    *_frame_columns(),
    Column("scores", JSON, nullable=False, comment="by kind of the view's model"),
    *_measured_columns(),
)
"""What each camera saw of a defect where several see the web."""

DIMENSIONS = Table(
    "dimensions",
    METADATA,
    Column("sequence", ForeignKey("decisions.sequence"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("code", String(32), nullable=False, index=True),
    Column("value_mm", Float, nullable=False),
    Column("uncertainty_mm", Float, nullable=False),
)

ACKNOWLEDGEMENTS = Table(
    "acknowledgements",
    METADATA,
    Column("id", _KEY, primary_key=True),
    Column("first_sequence", BigInteger, nullable=False),
    Column("last_sequence", BigInteger, nullable=False),
    Column("is_up_to", Boolean, nullable=False, comment="acknowledged as `up to`, not one by one"),
    Column("acknowledged_by", String(128), nullable=False),
    Column("acknowledged_utc", _UTC, nullable=False),
    Index(None, "first_sequence", "last_sequence"),
)
"""Who confirmed which decisions; a row covers first_sequence to last_sequence, both included."""

SAVED_FRAMES = Table(
    "saved_frames",
    METADATA,
    Column("station_run_id", ForeignKey("station_runs.id"), primary_key=True, autoincrement=False),
    *_frame_columns(is_key=True),
    Column("path", Text, nullable=False, comment="below the frames folder"),
    Column("verdict", String(16), nullable=False, comment="the gravest of the decisions about it"),
    Column("bit_depth", Integer, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("saved_utc", _UTC, nullable=False),
    Column("deleted_utc", _UTC, comment="when retention removed the file"),
    Column("saved_at_s", Float, nullable=False, server_default="0", comment="in the store's own time"),
    Index(
        "ix_saved_frames_kept",
        "verdict",
        "saved_at_s",
        sqlite_where=text("deleted_utc IS NULL"),
        postgresql_where=text("deleted_utc IS NULL"),
    ),
)
"""Index of the PNG files that the frame archive holds or held: one for each frame, however many pieces it shows."""

STORE_IDENTITY = Table(
    "store_identity",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False, comment="always 1"),
    Column("epoch", String(32), nullable=False, comment="with a sequence number it names a decision, everywhere"),
    Column("is_in_use", Boolean, nullable=False, comment="a station has begun to count in it"),
    Column("age_s", Float, nullable=False, comment="the store's own time: seconds that its machine has run"),
    Column("boot_id", String(64), nullable=False, comment="start of the machine that noted the age"),
    Column("running_s", Float, nullable=False, comment="the machine's running clock then"),
    Column("noted_utc", _UTC, nullable=False, comment="the machine's wall clock then"),
)
"""Which store this is, in one row."""

SEQUENCE_GAPS = Table(
    "sequence_gaps",
    METADATA,
    Column("id", _KEY, primary_key=True),
    Column("first_sequence", BigInteger, nullable=False),
    Column("last_sequence", BigInteger, nullable=False),
    Column("why", Text, nullable=False),
    Column("noted_utc", _UTC, nullable=False),
    Index(None, "last_sequence"),
)
"""Numbers that no decision in this store has, and why: they may have been told, and are never given again."""

SEALS = Table(
    "seals",
    METADATA,
    Column("number", _KEY, primary_key=True, autoincrement=False, comment="1, 2, 3 … without gap"),
    Column("first_sequence", BigInteger, nullable=False),
    Column("last_sequence", BigInteger, nullable=False),
    Column("digests", LargeBinary, nullable=False, comment="SHA-256 of each of these decisions, 32 bytes each"),
    Column("key_name", String(16), nullable=False, comment="tells keys apart, and gives none away"),
    Column("mac", String(64), nullable=False, comment="HMAC-SHA256 over all this and the mac of the seal before"),
    Index(None, "last_sequence"),
)
"""A chain over the decisions: each seal covers all numbers from first_sequence to last_sequence, and the seal before.
A decision that was withdrawn before it was published has a second seal; the later one counts."""

ALARMS = Table(
    "alarms",
    METADATA,
    Column("number", _KEY, primary_key=True, autoincrement=False, comment="1, 2, 3 …"),
    Column("kind", String(32), nullable=False),
    Column("subject", String(128), nullable=False, comment="a camera, a lane; empty where there is only one"),
    Column("priority", String(16), nullable=False),
    Column("sentence", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("raised_utc", _UTC, nullable=False),
    Column("last_raised_utc", _UTC, nullable=False),
    Column("occurrences", Integer, nullable=False),
    Column("cleared_utc", _UTC, comment="null: it stood when this was written"),
    Column("acknowledged_by", String(128)),
    Column("acknowledged_utc", _UTC),
    Column("shelved_by", String(128), comment="null: not put aside"),
    Column("shelved_reason", Text),
    Column("shelved_utc", _UTC),
    Column("shelved_until_utc", _UTC),
    Column("is_settled", Boolean, nullable=False, comment="over, acknowledged, not put aside"),
    Column("written_at_s", Float, nullable=False, comment="in the store's own time"),
    Index(None, "is_settled", "written_at_s"),
    Index(None, "raised_utc"),
)
"""What called for a person. A row follows its alarm until it is settled."""


def is_saved() -> ColumnElement[bool]:
    """Joins a decision with the saved frame in which its piece begins, if it is there still."""
    return _is_saved(DECISIONS)


def with_saved_frame() -> Select[tuple[int]]:
    """Sequence numbers of the decisions with such a frame, for a query to choose from: found from the few frames that
    are saved, not from the many decisions.
    """
    of = DECISIONS.alias("of")
    return select(of.c.sequence).join_from(SAVED_FRAMES, of, _is_saved(of))


def _is_saved(decisions: FromClause) -> ColumnElement[bool]:
    s = SAVED_FRAMES.c
    same = [s[name] == decisions.c[name] for name in ("station_run_id", "camera", "run", "number")]
    return and_(*same, s.deleted_utc.is_(None))
