"""The chain of seals over the decisions: made in the transaction that writes them, followed again by whoever asks.

A seal holds a digest of each decision that it covers (with reasons, defects, dimensions, recipe and model), and its mac
covers these and the mac of the seal before. Without the key nobody can alter, add, remove or swap a decision within the
chain and make it fit again; that its end was cut off is shown by anchors alone. A decision that was withdrawn before
anybody heard of it has a second seal, and the later one counts. Decisions of an earlier program have none.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from itertools import groupby
from typing import Any

import numpy as np
from sqlalchemy import JSON, Boolean, Connection, DateTime, Float, Integer, LargeBinary, Table, insert, select

from inspection.store.anchors import Anchor, Head
from inspection.store.database import Database
from inspection.store.rows import DecisionRows, as_utc
from inspection.store.schema import (
    ARTEFACTS,
    DECISIONS,
    DEFECTS,
    DIMENSIONS,
    REASONS,
    SEALS,
    STATION_RUNS,
    STORE_IDENTITY,
)
from inspection.store.sealing_key import SealingKey
from inspection.values import Artefact

START = "0" * 64
"""Stands where the first seal would name the one before."""
_DIGEST_BYTES = 32
_CHUNK = 500
"""Decisions, or seals, looked at in one transaction."""
_MOST_FAULTS = 100
_PARTS = (REASONS, DEFECTS, DIMENSIONS)
_OTHERS_KEYS = ("recipe_id", "model_id")
"""Columns that hold keys of other rows: sealed is what those rows say."""
Artefacts = Mapping[tuple[str, int], Artefact]
"""Recipes and models by ("recipe" or "model", their row's key)."""


@dataclass(frozen=True, slots=True)
class Seal:
    """One row of the chain."""

    number: int
    first_sequence: int
    last_sequence: int
    digests: bytes
    """SHA-256 of each decision from the first to the last, 32 bytes each."""
    key_name: str
    mac: str

    @property
    def span(self) -> str:
        """In words."""
        return f"decisions {self.first_sequence} to {self.last_sequence}"


def seal_rows(
    connection: Connection, key: SealingKey, newest: Seal | None, rows: DecisionRows, artefacts: Artefacts
) -> Seal | None:
    """Seal decisions in the transaction that writes them, behind the `newest` seal there is. Returns the last one."""
    of = [_by_sequence(several) for several in (rows.reasons, rows.defects, rows.dimensions)]
    digests = {
        int(row["sequence"]): _digest(row, artefacts, [found.get(row["sequence"], []) for found in of])
        for row in rows.decisions
    }
    return _add_seals(connection, key, newest, digests)


def seal_again(connection: Connection, key: SealingKey, newest: Seal | None, sequences: Sequence[int]) -> Seal | None:
    """Seal what is stored of decisions that were just amended, in the transaction that amended them."""
    artefacts = _artefacts(connection)
    digests: dict[int, bytes] = {}
    for sequence in sequences:
        digests |= _stored_digests(connection, artefacts, sequence, sequence)
    return _add_seals(connection, key, newest, digests)


def _add_seals(
    connection: Connection, key: SealingKey, newest: Seal | None, digests: Mapping[int, bytes]
) -> Seal | None:
    made: list[Seal] = []
    for run in _runs(sorted(digests)):
        number, previous = (newest.number + 1, newest.mac) if newest else (1, START)
        seal = Seal(number, run[0], run[-1], b"".join(digests[sequence] for sequence in run), key.name, "")
        newest = replace(seal, mac=_mac(key, seal, previous))
        made.append(newest)
    if made:
        connection.execute(insert(SEALS), [asdict(seal) for seal in made])
    return newest


def last_seal(connection: Connection) -> Seal | None:
    """The end of the chain, None where nothing was sealed yet."""
    found = connection.execute(select(SEALS).order_by(SEALS.c.number.desc()).limit(1)).first()
    return None if found is None else _seal(found)


def seal_head(database: Database) -> tuple[str, Head | None]:
    """(which store, the end of its chain), for an anchor. Raises StoreError."""
    with database.transaction("read the last seal") as connection:
        found, store = last_seal(connection), store_epoch(connection)
    return store, None if found is None else Head(found.last_sequence, found.mac)


def store_epoch(connection: Connection) -> str:
    """Which store this is, for anchors."""
    return str(connection.execute(select(STORE_IDENTITY.c.epoch)).scalar() or "")


def store_epochs(connection: Connection) -> set[str]:
    """What this store is and was called: it has another name since it was put back, and people's part went on."""
    earlier = connection.execute(select(STATION_RUNS.c.epoch).distinct()).scalars()
    return {store_epoch(connection), *(str(epoch) for epoch in earlier if epoch)}


@dataclass(frozen=True, slots=True)
class SealCheck:
    """What following the chain has found."""

    decisions: int
    """All there are."""
    sealed: int
    """That are as they were sealed."""
    before_seals: int
    """Written before the first seal, by a program that made none: nobody can tell whether they were altered."""
    anchored_up_to: int | None
    """The last decision that an anchor names: what came behind it could be cut off unseen. None: there is no anchor."""
    faults: tuple[str, ...]
    """One sentence for each thing that does not fit, the first ones of many."""

    @property
    def is_intact(self) -> bool:
        """Whether all that was sealed is as it was written."""
        return not self.faults


def check_seals(database: Database, keys: Sequence[SealingKey], anchors: Iterable[Anchor] = ()) -> SealCheck:
    """Follow the chain from its first seal to its last, hold each decision against it, and it against the anchors.

    Anchors of other stores, and of the audit log alone, are passed over. Raises StoreError.
    """
    with database.transaction("read which store it is") as connection:
        store = store_epoch(connection)
    mine = [anchor for anchor in anchors if anchor.store == store and anchor.last_sequence is not None]
    macs: dict[int, list[str]] = {anchor.last_sequence: [] for anchor in mine if anchor.last_sequence is not None}
    known = {key.name: key for key in keys}
    faults: list[str] = []
    strange: dict[int, str] = {}
    covered: list[tuple[int, int]] = []
    number, previous = 0, START
    for seal, digests in _sealed_and_stored(database):
        if seal.number != number + 1:
            faults.append(f"Seals {number + 1} to {seal.number - 1} are missing, before that of {seal.span}.")
        if (key := known.get(seal.key_name)) is None:
            faults.append(f"Seal {seal.number} ({seal.span}) was made with key {seal.key_name}, which is not here.")
        elif seal.number == number + 1 and seal.mac != _mac(key, seal, previous):
            faults.append(f"Seal {seal.number} ({seal.span}) does not follow from the one before: it was altered.")
        number, previous = seal.number, seal.mac
        if (ends := macs.get(seal.last_sequence)) is not None:
            ends.append(seal.mac)
        for place, sequence in enumerate(range(seal.first_sequence, seal.last_sequence + 1)):
            found = digests.get(sequence)
            wanted = seal.digests[place * _DIGEST_BYTES : (place + 1) * _DIGEST_BYTES]
            if found == wanted:
                strange.pop(sequence, None)
            else:
                strange[sequence] = "missing, though sealed" if found is None else "altered since the seal was made"
        if covered and covered[-1][1] + 1 == seal.first_sequence:
            covered[-1] = (covered[-1][0], seal.last_sequence)
        else:
            covered.append((seal.first_sequence, seal.last_sequence))
    total, before, loose = _without_seal(database, covered)
    strange |= dict.fromkeys(loose, "without a seal: the key could not be had then, or somebody added this")
    for what in sorted(set(strange.values())):
        faults += [f"{_named(run)}: {what}." for run in _runs([n for n in sorted(strange) if strange[n] == what])]
    faults += _off_the_chain(mine, macs, keys, max((last for _, last in covered), default=0))
    if len(faults) > _MOST_FAULTS:
        faults[_MOST_FAULTS:] = [f"And {len(faults) - _MOST_FAULTS} more."]
    altered = sum(what.startswith("altered") for what in strange.values())
    return SealCheck(total, total - before - len(loose) - altered, before, max(macs, default=None), tuple(faults))


class SealState(StrEnum):
    """What one decision's seal says of it; the whole chain is `check_seals`'s matter."""

    INTACT = "intact"
    ALTERED = "altered"
    """What is stored is not what was sealed, or the seal itself was altered."""
    NOT_CHECKED = "not_checked"
    """It is as the seal says, but the key that made the seal is not here."""
    NONE = "none"
    """Nothing seals it: it was made before there were seals, or without the key."""


@dataclass(frozen=True, slots=True)
class DecisionSeal:
    """The seal over one decision."""

    state: SealState
    seal: Seal | None


def check_seal_of(database: Database, keys: Sequence[SealingKey], sequence: int) -> DecisionSeal:
    """Hold one decision against the last seal that covers it, and that against the one before. Raises StoreError."""
    s = SEALS.c
    covering = select(SEALS).where(s.first_sequence <= sequence, s.last_sequence >= sequence)
    with database.transaction("read a decision's seal") as connection:
        row = connection.execute(covering.order_by(s.number.desc()).limit(1)).first()
        if row is None:
            return DecisionSeal(SealState.NONE, None)
        seal = _seal(row)
        before = connection.execute(select(s.mac).where(s.number == seal.number - 1)).scalar()
        artefacts = _artefacts(connection)
    found = _readable_digests(database, artefacts, sequence, sequence).get(sequence)
    place = (sequence - seal.first_sequence) * _DIGEST_BYTES
    key = next((key for key in keys if key.name == seal.key_name), None)
    if found != seal.digests[place : place + _DIGEST_BYTES]:
        return DecisionSeal(SealState.ALTERED, seal)
    if key is None:
        return DecisionSeal(SealState.NOT_CHECKED, seal)
    is_chained = seal.mac == _mac(key, seal, before if before is not None else START)
    return DecisionSeal(SealState.INTACT if is_chained else SealState.ALTERED, seal)


def _off_the_chain(
    anchors: Sequence[Anchor], macs: Mapping[int, Sequence[str]], keys: Sequence[SealingKey], end: int
) -> list[str]:
    """What anchors say of the chain that it does not bear out."""
    beyond = [anchor for anchor in anchors if (anchor.last_sequence or 0) > end]
    odd = [
        anchor
        for anchor in anchors
        if (anchor.last_sequence or 0) <= end
        and not any(anchor.fits(key, mac, None) for key in keys for mac in macs[anchor.last_sequence or 0])
    ]
    faults = []
    if beyond:
        last = max(beyond, key=lambda anchor: anchor.last_sequence or 0)
        faults.append(
            f"The chain ends with decision {end}; the anchor of {last.utc:%Y-%m-%d %H:%M:%S} UTC says that it reached "
            f"{last.last_sequence}: its end was cut off, or an older copy of the store was put back."
        )
    if odd and keys:
        faults.append(
            f"{len(odd)} anchors don't lie on the chain, the first of {odd[0].utc:%Y-%m-%d %H:%M:%S} UTC at decision "
            f"{odd[0].last_sequence}: chain or anchors were made anew."
        )
    return faults


def _sealed_and_stored(database: Database) -> Iterator[tuple[Seal, dict[int, bytes]]]:
    """Each seal, in order, with the digests of the decisions around it as they are stored now."""
    with database.transaction("read recipes and models") as connection:
        artefacts = _artefacts(connection)
    number = 0
    while True:
        query = select(SEALS).where(SEALS.c.number > number).order_by(SEALS.c.number).limit(_CHUNK)
        with database.transaction("read seals") as connection:
            seals = [_seal(row) for row in connection.execute(query)]
        if not seals:
            return
        number = seals[-1].number
        for window in _windows(seals):
            digests = _readable_digests(database, artefacts, window[0].first_sequence, window[-1].last_sequence)
            for seal in window:
                yield seal, digests


def _windows(seals: Sequence[Seal]) -> Iterator[list[Seal]]:
    """Seals that follow each other closely, so that what they cover can be read at once."""
    window: list[Seal] = []
    for seal in seals:
        if window and not window[-1].last_sequence < seal.last_sequence < window[0].first_sequence + _CHUNK:
            yield window
            window = []
        window.append(seal)
    if window:
        yield window


def _without_seal(database: Database, covered: Sequence[tuple[int, int]]) -> tuple[int, int, list[int]]:
    """(all decisions, those before the first seal, numbers of others without one)."""
    with database.transaction("read which decisions there are") as connection:
        query = select(DECISIONS.c.sequence).order_by(DECISIONS.c.sequence)
        numbers = np.fromiter(connection.execute(query).scalars(), np.int64)
    if not covered:
        return numbers.size, numbers.size, []
    spans = np.array(sorted(covered), np.int64)
    place = np.searchsorted(spans[:, 0], numbers, side="right") - 1
    is_before = place < 0
    is_sealed = ~is_before & (numbers <= np.maximum.accumulate(spans[:, 1])[place])
    return numbers.size, int(is_before.sum()), numbers[~is_sealed & ~is_before].tolist()


def _readable_digests(database: Database, artefacts: Artefacts, first: int, last: int) -> dict[int, bytes]:
    try:
        with database.transaction("read decisions with all that is sealed") as connection:
            return _stored_digests(connection, artefacts, first, last)
    except (ValueError, TypeError):  # somebody wrote there what no program of ours writes
        if first == last:
            return {first: b""}
        middle = (first + last) // 2
        lower = _readable_digests(database, artefacts, first, middle)
        return lower | _readable_digests(database, artefacts, middle + 1, last)


def _stored_digests(connection: Connection, artefacts: Artefacts, first: int, last: int) -> dict[int, bytes]:
    """Of the decisions from a number to another one, by number."""
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


def _artefacts(connection: Connection) -> Artefacts:
    a = ARTEFACTS.c
    rows = connection.execute(select(a.id, a.role, a.name, a.version, a.sha256))
    return {(role, int(key)): Artefact(name, version, sha256) for key, role, name, version, sha256 in rows}


def _mac(key: SealingKey, seal: Seal, previous: str) -> str:
    head = json.dumps(["decisions", seal.number, seal.first_sequence, seal.last_sequence, previous])
    return key.mac([head.encode(), seal.digests])


def _runs(numbers: Sequence[int]) -> list[list[int]]:
    """Ascending numbers in stretches of consecutive ones.

    >>> _runs([1, 2, 5, 6, 9])
    [[1, 2], [5, 6], [9]]
    """
    if not numbers:
        return []
    array = np.asarray(numbers, np.int64)
    return [run.tolist() for run in np.split(array, np.flatnonzero(np.diff(array) != 1) + 1)]


def _named(run: Sequence[int]) -> str:
    """Some decisions, in words.

    >>> _named([4, 5, 6]), _named([7])
    ('Decisions 4 to 6', 'Decision 7')
    """
    return f"Decision {run[0]}" if len(run) == 1 else f"Decisions {run[0]} to {run[-1]}"


def _seal(row: Any) -> Seal:
    return Seal(
        int(row.number),
        int(row.first_sequence),
        int(row.last_sequence),
        bytes(row.digests),
        str(row.key_name),
        str(row.mac),
    )
