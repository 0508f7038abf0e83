"""Everything about one decision, gathered for its page."""

from collections.abc import Mapping
from dataclasses import dataclass

from camera.frame import FrameId
from inspection.archive.archive import ArchiveSearch, Found
from inspection.errors import EvidenceError
from inspection.pages.frame.desk import PagesDesk
from inspection.review.cases import Review
from inspection.rolls.roll_book import RollBook
from inspection.store.decisions import StoredDecision
from inspection.store.seal_check import DecisionSeal, check_seal_of
from inspection.values.roll import Roll

_EACH_WAY = 3
_MOST_NUMBER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class DecisionFile:
    """A decision with what surrounds it."""

    stored: StoredDecision
    roll: Roll | None
    neighbours: tuple[Found, ...]
    """What the same camera saw before and after, in order, itself included."""
    reviews: tuple[Review, ...]
    """Those that the reader may know."""
    is_reading_due: bool
    """There are more: a second, blind reading is due."""
    seal: DecisionSeal


@dataclass(frozen=True, slots=True)
class Missing:
    """No decision has the address; at most one of these says why."""

    epoch: str | None = None
    """The address names another store."""
    frame: FrameId | None = None
    """Nobody decided on this frame."""
    gap: str | None = None
    """Why no decision has the number, a sentence."""


def find_decision(desk: PagesDesk, path: Mapping[str, str], start: str | None, reader: str) -> DecisionFile | Missing:
    """By epoch and sequence, by sequence alone, or by camera, run and number (`start`: which start of the station).

    `reader`: of what other readers said nothing is told that would spoil a blind reading. Raises StoreError.
    """
    store = desk.store
    if "camera" in path:
        run, number = _number(path["run"]), _number(path["number"])
        frame = FrameId(path["camera"], run or 0, number or 0)
        known = None if run is None or number is None else store.sequence_of(frame, _number(start or ""))
        if known is None:
            return Missing(frame=frame)
        sequence = known
    else:
        wanted = _number(path.get("sequence", ""))
        if wanted is None:
            return Missing()
        sequence = wanted
    stored = store.decision(sequence)
    epoch = path.get("epoch")
    if epoch is not None and epoch != (stored.epoch if stored else store.epoch):
        return Missing(epoch=epoch)
    if stored is None:
        gap = store.gap_at(sequence)
        return Missing(gap=gap.why if gap else None)
    database = desk.database
    rolls = RollBook(database).rolls()
    reviews = desk.reviews.reviews_of(sequence, reader)
    try:
        keys = [database.evidence.key_to_check()] if database.evidence else []
    except EvidenceError:
        keys = []  # the seal is told as not checked
    return DecisionFile(
        stored,
        next((roll for roll in rolls if roll.first_sequence <= sequence <= roll.last_sequence), None),
        tuple(ArchiveSearch(database).neighbours(sequence, _EACH_WAY)),
        tuple(reviews),
        len(desk.reviews.reviews_of(sequence)) > len(reviews),
        check_seal_of(database, keys, sequence),
    )


def _number(word: str) -> int | None:
    """None for what is no number that a store may hold."""
    is_number = word.removeprefix("-").isascii() and word.removeprefix("-").isdigit() and len(word) < 20
    return int(word) if is_number and abs(int(word)) <= _MOST_NUMBER else None
