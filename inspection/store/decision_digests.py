"""What is sealed of a decision: a digest over all that it says, the same when it is written and when it is read."""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import Any

from sqlalchemy import JSON, Boolean, Connection, DateTime, Float, Integer, LargeBinary, Table, select

from inspection.store.rows import DecisionRows, as_utc
from inspection.store.schema import ARTEFACTS, DECISIONS, DEFECTS, DIMENSIONS, REASONS, SIGHTINGS, VIEW_FRAMES
from inspection.values import Artefact

_PARTS = (REASONS, DEFECTS, DIMENSIONS)
_PARTS_OF_VIEWS = (VIEW_FRAMES, SIGHTINGS)
"""Left out where there are none, so that what was sealed before they came has the digest that it had."""
_ALL_PARTS = (*_PARTS, *_PARTS_OF_VIEWS)
_SAYS_NOTHING: dict[str, Callable[[Any], bool]] = {
    "cut": lambda cut: cut == "block",
    "lane": lambda lane: lane == 0,
    "piece_number": lambda number: number <= 0,
}
"""By column of a decision that came later, what stands there for what was sealed before: it is left out like null."""
_OTHERS_KEYS = ("recipe_id", "model_id")
"""Columns that hold keys of other rows: sealed is what those rows say."""
Artefacts = Mapping[tuple[str, int], Artefact]
"""Recipes and models by ("recipe" or "model", their row's key)."""


def digests_of(rows: DecisionRows, artefacts: Artefacts) -> dict[int, bytes]:
    """Digests of decisions that are about to be written, by number."""
    parts = (rows.reasons, rows.defects, rows.dimensions, rows.view_frames, rows.sightings)
    of = [_by_sequence(several) for several in parts]
    return {
        int(row["sequence"]): _digest(row, artefacts, [found.get(row["sequence"], []) for found in of])
        for row in rows.decisions
    }


def stored_digests(connection: Connection, artefacts: Artefacts, first: int, last: int) -> dict[int, bytes]:
    """Digests of the decisions from a number to another one as they are stored, by number."""
    decisions, *parts = (
        connection.execute(
            select(table).where(table.c.sequence.between(first, last)).order_by(*table.primary_key.columns)
        )
        .mappings()
        .all()
        for table in (DECISIONS, *_ALL_PARTS)
    )
    of = [_by_sequence(several) for several in parts]
    return {
        int(row["sequence"]): _digest(row, artefacts, [found.get(row["sequence"], []) for found in of])
        for row in decisions
    }


def _digest(row: Any, artefacts: Artefacts, parts: Sequence[Sequence[Any]]) -> bytes:
    """SHA-256 over all that a decision says, the same before it is written and when it is read again."""
    judged_by = [artefacts.get(("recipe", row["recipe_id"])), artefacts.get(("model", row["model_id"]))]
    told: dict[str, Any] = {
        "decision": _plain(DECISIONS, row, _SAYS_NOTHING),
        "judged_by": [_named(each) for each in judged_by],
    }
    for table, rows in zip(_ALL_PARTS, parts, strict=True):
        if rows or table in _PARTS:
            told[table.name] = [_plain(table, each) for each in rows]
    if models := [row["model_id"] for row in parts[_ALL_PARTS.index(VIEW_FRAMES)]]:
        told["views_judged_by"] = [_named(artefacts.get(("model", key))) for key in models]
    return hashlib.sha256(_encode(told).encode()).digest()


def _named(artefact: Artefact | None) -> list[str] | None:
    return None if artefact is None else [artefact.name, artefact.version, artefact.sha256]


def _plain(
    table: Table, row: Any, says_nothing: Mapping[str, Callable[[Any], bool]] = MappingProxyType({})
) -> dict[str, Any]:
    """A row as JSON holds it, without what is null: a column that comes later does not alter what was sealed."""
    plain = {}
    for name, convert in _CONVERTERS[table.name]:
        if (value := row.get(name)) is None or (name in says_nothing and says_nothing[name](value)):
            continue
        plain[name] = convert(value)
    return plain


def _converters(table: Table) -> list[tuple[str, Callable[[Any], Any]]]:
    """(column, what makes its values JSON), always in the same order."""
    return [
        (column.name, next((by for kind, by in _BY_TYPE if isinstance(column.type, kind)), str))
        for column in sorted(table.columns, key=lambda column: str(column.name))
        if column.name not in _OTHERS_KEYS
    ]


_encode = json.JSONEncoder(separators=(",", ":")).encode
_BY_TYPE: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (Boolean, bool),
    (Integer, int),
    (Float, lambda number: float(number) + 0.0),  # -0.0 comes back as 0.0
    (DateTime, lambda moment: as_utc(moment).isoformat()),
    (LargeBinary, lambda content: base64.b64encode(content).decode()),
    (JSON, lambda value: dict(sorted(value.items())) if isinstance(value, dict) else value),
)
_CONVERTERS = {table.name: _converters(table) for table in (DECISIONS, *_ALL_PARTS)}


def _by_sequence(rows: Sequence[Any]) -> dict[int, list[Any]]:
    return {int(sequence): list(several) for sequence, several in groupby(rows, lambda row: row["sequence"])}


def known_artefacts(connection: Connection) -> Artefacts:
    """All recipes and models that the store knows."""
    a = ARTEFACTS.c
    rows = connection.execute(select(a.id, a.role, a.name, a.version, a.sha256))
    return {(role, int(key)): Artefact(name, version, sha256) for key, role, name, version, sha256 in rows}
