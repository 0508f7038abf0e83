"""The chain of seals followed again: the whole of it, or what covers one decision."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from sqlalchemy import select

from inspection.store.anchors import Anchor
from inspection.store.database import Database
from inspection.store.decision_digests import Artefacts, known_artefacts, stored_digests
from inspection.store.schema import DECISIONS, SEALS
from inspection.store.sealing_key import SealingKey
from inspection.store.seals import DIGEST_BYTES, START, Seal, mac_of, runs_of, seal_of, store_epoch

_CHUNK = 500
"""Most decisions, or seals, looked at in one transaction."""
_MOST_FAULTS = 100


@dataclass(frozen=True, slots=True)
class SealCheck:
    """What following the chain has found."""

    decisions: int
    """Number of decisions there are."""
    sealed: int
    """Number of decisions that are as they were sealed."""
    before_seals: int
    """Number written before the first seal, by a program that made none: nobody can tell whether they were altered."""
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
        elif seal.number == number + 1 and seal.mac != mac_of(key, seal, previous):
            faults.append(f"Seal {seal.number} ({seal.span}) does not follow from the one before: it was altered.")
        number, previous = seal.number, seal.mac
        if (ends := macs.get(seal.last_sequence)) is not None:
            ends.append(seal.mac)
        for place, sequence in enumerate(range(seal.first_sequence, seal.last_sequence + 1)):
            found = digests.get(sequence)
            wanted = seal.digests[place * DIGEST_BYTES : (place + 1) * DIGEST_BYTES]
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
        faults += [f"{_named(run)}: {what}." for run in runs_of([n for n in sorted(strange) if strange[n] == what])]
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
        seal = seal_of(row)
        before = connection.execute(select(s.mac).where(s.number == seal.number - 1)).scalar()
        artefacts = known_artefacts(connection)
    found = _readable_digests(database, artefacts, sequence, sequence).get(sequence)
    place = (sequence - seal.first_sequence) * DIGEST_BYTES
    key = next((key for key in keys if key.name == seal.key_name), None)
    if found != seal.digests[place : place + DIGEST_BYTES]:
        return DecisionSeal(SealState.ALTERED, seal)
    if key is None:
        return DecisionSeal(SealState.NOT_CHECKED, seal)
    is_chained = seal.mac == mac_of(key, seal, before if before is not None else START)
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
        artefacts = known_artefacts(connection)
    number = 0
    while True:
        query = select(SEALS).where(SEALS.c.number > number).order_by(SEALS.c.number).limit(_CHUNK)
        with database.transaction("read seals") as connection:
            seals = [seal_of(row) for row in connection.execute(query)]
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
            return stored_digests(connection, artefacts, first, last)
    except (ValueError, TypeError):  # somebody wrote there what no program of ours writes
        if first == last:
            return {first: b""}
        middle = (first + last) // 2
        lower = _readable_digests(database, artefacts, first, middle)
        return lower | _readable_digests(database, artefacts, middle + 1, last)


def _named(run: Sequence[int]) -> str:
    """Some decisions, in words.

    >>> _named([4, 5, 6]), _named([7])
    ('Decisions 4 to 6', 'Decision 7')
    """
    return f"Decision {run[0]}" if len(run) == 1 else f"Decisions {run[0]} to {run[-1]}"
