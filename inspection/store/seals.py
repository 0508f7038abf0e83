"""The chain of seals over the decisions, made in the transaction that writes them; `seal_check` follows it again.

A seal holds a digest of each decision that it covers (with reasons, defects, dimensions, recipe and model, the frames
of its views and what each of them saw), and its mac covers these and the mac of the seal before. Without the key
nobody can alter, add, remove or swap a decision within the chain and make it fit again; that its end was cut off is
shown by anchors alone. A decision that was withdrawn before anybody heard of it has a second seal, and the later one
counts. Decisions of an earlier program have none.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from sqlalchemy import Connection, insert, select

from inspection.store.anchors import Head
from inspection.store.database import Database
from inspection.store.decision_digests import Artefacts, digests_of, known_artefacts, stored_digests
from inspection.store.rows import DecisionRows
from inspection.store.schema import SEALS, STATION_RUNS, STORE_IDENTITY
from inspection.store.sealing_key import SealingKey

START = "0" * 64
"""Stands where the first seal would name the one before."""
DIGEST_BYTES = 32


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
        """The decisions that it covers, in words."""
        return f"decisions {self.first_sequence} to {self.last_sequence}"


def seal_rows(
    connection: Connection, key: SealingKey, newest: Seal | None, rows: DecisionRows, artefacts: Artefacts
) -> Seal | None:
    """Seal decisions in the transaction that writes them, behind the `newest` seal there is. Returns the last one."""
    return _add_seals(connection, key, newest, digests_of(rows, artefacts))


def seal_again(connection: Connection, key: SealingKey, newest: Seal | None, sequences: Sequence[int]) -> Seal | None:
    """Seal what is stored of decisions that were just amended, in the transaction that amended them."""
    artefacts = known_artefacts(connection)
    digests: dict[int, bytes] = {}
    for sequence in sequences:
        digests |= stored_digests(connection, artefacts, sequence, sequence)
    return _add_seals(connection, key, newest, digests)


def _add_seals(
    connection: Connection, key: SealingKey, newest: Seal | None, digests: Mapping[int, bytes]
) -> Seal | None:
    made: list[Seal] = []
    for run in runs_of(sorted(digests)):
        number, previous = (newest.number + 1, newest.mac) if newest else (1, START)
        seal = Seal(number, run[0], run[-1], b"".join(digests[sequence] for sequence in run), key.name, "")
        newest = replace(seal, mac=mac_of(key, seal, previous))
        made.append(newest)
    if made:
        connection.execute(insert(SEALS), [asdict(seal) for seal in made])
    return newest


def last_seal(connection: Connection) -> Seal | None:
    """The end of the chain, None where nothing was sealed yet."""
    found = connection.execute(select(SEALS).order_by(SEALS.c.number.desc()).limit(1)).first()
    return None if found is None else seal_of(found)


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


def mac_of(key: SealingKey, seal: Seal, previous: str) -> str:
    """What proves a seal to whoever has the key; `previous`: the mac of the seal before."""
    head = json.dumps(["decisions", seal.number, seal.first_sequence, seal.last_sequence, previous])
    return key.mac([head.encode(), seal.digests])


def runs_of(numbers: Sequence[int]) -> list[list[int]]:
    """Ascending numbers in stretches of consecutive ones.

    >>> runs_of([1, 2, 5, 6, 9])
    [[1, 2], [5, 6], [9]]
    """
    if not numbers:
        return []
    array = np.asarray(numbers, np.int64)
    return [run.tolist() for run in np.split(array, np.flatnonzero(np.diff(array) != 1) + 1)]


def seal_of(row: Any) -> Seal:
    """The seal in a row of SEALS."""
    return Seal(
        int(row.number),
        int(row.first_sequence),
        int(row.last_sequence),
        bytes(row.digests),
        str(row.key_name),
        str(row.mac),
    )
