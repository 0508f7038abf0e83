"""What is sealed of a decision: a digest over all that it says, the same when it is written and when it is read."""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import JSON, Boolean, Connection, DateTime, Float, Integer, LargeBinary, Table, select

from inspection.store.rows import DecisionRows, as_utc
from inspection.store.schema import ARTEFACTS, DECISIONS, DEFECTS, DIMENSIONS, REASONS
from inspection.values import Artefact

_PARTS = (REASONS, DEFECTS, DIMENSIONS)
_OTHERS_KEYS = ("recipe_id", "model_id")
"""Columns that hold keys of other rows: sealed is what those rows say."""
Artefacts = Mapping[tuple[str, int], Artefact]
"""Recipes and models by ("recipe" or "model", their row's key)."""


def digests_of(rows: DecisionRows, artefacts: Artefacts) -> dict[int, bytes]:
    """Digests of decisions that are about to be written, by number."""
    of = [_by_sequence(several) for several in (rows.reasons, rows.defects, rows.dimensions)]
    return {
        int(row["sequence"]): _digest(row, artefacts, [found.get(row["sequence"], []) for found in of])
        for row in rows.decisions
    }


def stored_digests(connection: Connection, artefacts: Artefacts, first: int, last: int) -> dict[int, bytes]:
    """Digests of the decisions from a number to another one as they are stored, by number."""
    decisions, *parts = (
        connection.execute(
            select(table)
            .where(table.c.sequence.between(first, last))
            .order_by(table.c.sequence, *([table.c.position] if table in _PARTS else []))
        )
        .mappings()
        .all()
        for table in (DECISIONS, *_PARTS)
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
        "decision": _plain(DECISIONS, row),
        "judged_by": [None if each is None else [each.name, each.version, each.sha256] for each in judged_by],
    }
    for table, rows in zip(_PARTS, parts, strict=True):
        told[table.name] = [_plain(table, each) for each in rows]
    return hashlib.sha256(_encode(told).encode()).digest()


def _plain(table: Table, row: Any) -> dict[str, Any]:
    """A row as JSON holds it, without what is null: a column that comes later does not alter what was sealed."""
    plain = {}
    for name, convert in _CONVERTERS[table.name]:
        if (value := row.get(name)) is not None:
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
_CONVERTERS = {table.name: _converters(table) for table in (DECISIONS, *_PARTS)}


def _by_sequence(rows: Sequence[Any]) -> dict[int, list[Any]]:
    return {int(sequence): list(several) for sequence, several in groupby(rows, lambda row: row["sequence"])}


def known_artefacts(connection: Connection) -> Artefacts:
    """All recipes and models that the store knows."""
    a = ARTEFACTS.c
    rows = connection.execute(select(a.id, a.role, a.name, a.version, a.sha256))
    return {(role, int(key)): Artefact(name, version, sha256) for key, role, name, version, sha256 in rows}
