"""Puts decisions on disk before they are published, and keeps them in order while the store does not answer."""

import math
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import replace

import structlog

from camera.files.file_names import printable
from inspection.errors import NotStorable, StoreError
from inspection.judging.uninspected import not_storable, not_stored
from inspection.store.decisions import Store
from inspection.store.identity import SequenceGap
from inspection.store.number_mark import NumberMark
from inspection.values import Decision, Verdict

_RETRY_S = 0.5
_CHUNK = 200
"""Decisions written at once when catching up, so that this takes no longer than a line can wait."""
_LONGEST_ID = 128

_log = structlog.get_logger("inspection.station.recorder")


class Recorder:
    """Hands decisions to the store. `record` and `catch_up` are called by one thread, the rest by any.

    Nothing that a decision holds, and nothing that becomes of the store, ends in an error here: the decision that can't
    be stored, or not now, is UNINSPECTED.
    """

    def __init__(self, store: Store, mark: NumberMark | None = None, capacity: int = 20_000) -> None:
        """`mark`: told of each number that is told before the store has it; None for a store that nobody counts on."""
        self._store = store
        self._mark = mark
        self._capacity = capacity
        self._kept: deque[Decision] = deque()
        self._amended: dict[int, Decision] = {}
        self._lost: list[SequenceGap] = []
        self._retry_at_s = 0.0
        self.trouble: str | None = None
        """Why the store takes nothing, None while it does."""
        self.not_kept = 0
        """Decisions that came when memory for them was used up, or that can't be stored: published, but not on disk."""
        self.recorded_up_to = store.last_number()
        """Each number up to here is a decision on disk, or one of the store's explained gaps. The next one is free."""
        self.write_ms = 0.0
        """How long the last write took."""

    @property
    def waiting(self) -> int:
        """Decisions that wait for the store."""
        return len(self._kept) + len(self._amended)

    def record(self, decisions: Sequence[Decision]) -> list[Decision]:
        """The decisions as they may be published: as they are once on disk, else UNINSPECTED, kept to be written."""
        self.catch_up()
        decisions = [_printable(decision) for decision in decisions]
        told: list[Decision] = []
        if self.trouble is None and not self._kept:
            told = self._write(decisions)
        unsure = [_without_store(decision, self.trouble) for decision in decisions[len(told) :]]
        for decision in unsure:
            if len(self._kept) < self._capacity:
                self._kept.append(decision)
            else:
                self._lose(decision, "the store took nothing for so long that memory was used up")
        if unsure and self._mark is not None:
            self._mark.reserve(unsure[-1].sequence)
        return told + unsure

    def amend(self, decisions: Sequence[Decision]) -> None:
        """Put other words in the place of decisions just recorded, which nobody has heard of yet."""
        self._amended |= {decision.sequence: decision for decision in decisions}
        self._kept = deque(self._amended.pop(kept.sequence, kept) for kept in self._kept)
        if self.trouble is None:
            self._write_amended()

    def catch_up(self, *, at_once: bool = False) -> None:
        """Write what waits, if it is time to try again."""
        if self.trouble is None and not self._kept and not self._amended:
            return
        if not at_once and time.monotonic() < self._retry_at_s:
            return
        if not self._write_amended():
            return
        while self._kept or self.trouble is not None:
            chunk = [self._kept[i] for i in range(min(_CHUNK, len(self._kept)))]
            for _ in self._write(chunk, again=True):
                self._kept.popleft()
            if self.trouble is not None:
                return
            if not self._kept or not at_once:
                break
        if not self._kept:
            _log.warning("the store answers again; all decisions that waited are written", not_kept=self.not_kept)

    def _write_amended(self) -> bool:
        if not self._amended:
            return True
        began = time.monotonic()
        try:
            self._store.amend(list(self._amended.values()))
        except Exception as error:  # noqa: BLE001 - whatever the store does, the line hears of each piece
            self._failed(error)
            return False
        finally:
            self.write_ms = (time.monotonic() - began) * 1000.0
        self._amended.clear()
        return True

    def _failed(self, error: Exception) -> None:
        if self.trouble is None:
            _log.error("the store takes no decisions; they are UNINSPECTED until it does", error=str(error))
        self.trouble = printable(str(error) if isinstance(error, StoreError) else _named(error))
        self._retry_at_s = time.monotonic() + _RETRY_S

    def _write(self, decisions: list[Decision], *, again: bool = False) -> list[Decision]:
        """Those that are settled now, as they are told; when some are missing `trouble` says why."""
        began = time.monotonic()
        settled: list[Decision] = []
        try:
            if decisions:
                self._settle(decisions, settled, again=again)
            else:
                self._store.probe()
            if len(self._kept) == (len(settled) if again else 0):
                self._explain_lost()
        except Exception as error:  # noqa: BLE001 - whatever the store does, the line hears of each piece
            if not settled:
                settled = self._there_all_the_same(decisions)
            self._failed(error)
        else:
            self.trouble = None
        self.write_ms = (time.monotonic() - began) * 1000.0
        if settled:
            self.recorded_up_to = max(self.recorded_up_to, settled[-1].sequence)
        if self._mark is not None:
            if self._lost:
                self._mark.reserve(self._lost[-1].last_sequence)
            elif self.trouble is None and len(self._kept) <= len(settled):
                self._mark.note_recorded(self.recorded_up_to)
        return settled

    def _settle(self, decisions: list[Decision], settled: list[Decision], *, again: bool) -> None:
        """Write decisions, adding to `settled` what is on disk. Raises StoreError: the store takes nothing."""
        try:
            # An earlier try may have succeeded although its answer was lost.
            there = self._store.already_written(decisions) if again else set()
            if there:
                self._store.amend([decision for decision in decisions if decision.sequence in there])
            if missing := [decision for decision in decisions if decision.sequence not in there]:
                self._store.append(missing)
            settled += decisions
        except Exception as error:
            if _is_the_stores(error):
                raise
            if len(decisions) > 1 or not again:
                for decision in decisions:
                    self._settle([decision], settled, again=True)
            else:
                settled.append(self._settle_without_detail(decisions[0], error))

    def _settle_without_detail(self, decision: Decision, error: Exception) -> Decision:
        what = _named(error)
        _log.error("a decision can't be stored as it is", frame=str(decision.piece.frame), exc_info=error)
        bare = _without_detail(decision, what)
        try:
            self._store.append([bare])
        except Exception as again:
            if _is_the_stores(again):
                raise
            self._lose(decision, f"the store can't hold what was decided about frame {decision.piece.frame}: {what}")
            return _without_store(bare, what)
        return bare

    def _there_all_the_same(self, decisions: list[Decision]) -> list[Decision]:
        """What a write that failed has put on disk after all: it must be told as it is stored."""
        try:
            there = self._store.already_written(decisions)
        except Exception:  # noqa: BLE001 - the store is in trouble: then nothing is sure
            return []
        return decisions if there and len(there) == len(decisions) else []

    def _lose(self, decision: Decision, why: str) -> None:
        self.not_kept += 1
        last = self._lost[-1] if self._lost else None
        if last is not None and last.last_sequence == decision.sequence - 1 and last.why == why:
            self._lost[-1] = replace(last, last_sequence=decision.sequence)
        else:
            self._lost.append(SequenceGap(decision.sequence, decision.sequence, printable(why)))

    def _explain_lost(self) -> None:
        while self._lost:
            self._store.note_gap(self._lost[0])
            self.recorded_up_to = max(self.recorded_up_to, self._lost[0].last_sequence)
            del self._lost[0]


def _is_the_stores(error: Exception) -> bool:
    """Whether an error says something of the store, not of what was written."""
    return isinstance(error, StoreError) and not isinstance(error, NotStorable)


def _named(error: Exception) -> str:
    return printable(f"{type(error).__name__}: {error}")[:500]


def _printable(decision: Decision) -> Decision:
    """What is told is what is stored: text that no database or network can hold is spelt out in both."""
    piece = decision.piece
    return replace(
        decision,
        piece=replace(piece, trigger_id=_short(piece.trigger_id), piece_id=_short(piece.piece_id)),
        reasons=tuple(replace(reason, sentence=printable(reason.sentence)) for reason in decision.reasons),
    )


def _without_store(decision: Decision, trouble: str | None) -> Decision:
    reason = not_stored(trouble or "earlier decisions wait for the store")
    return replace(decision, verdict=Verdict.UNINSPECTED, reasons=(reason, *decision.reasons))


def _without_detail(decision: Decision, error: str) -> Decision:
    """What can be stored of it in any case."""
    piece = decision.piece
    return replace(
        decision,
        verdict=Verdict.UNINSPECTED,
        reasons=(not_storable(error),),
        defects=(),
        dimensions=(),
        stage_ms={},
        latency_ms=decision.latency_ms if math.isfinite(decision.latency_ms) else 0.0,
        piece=replace(piece, start_mm=_finite(piece.start_mm), length_mm=_finite(piece.length_mm)),
    )


def _finite(length_mm: float | None) -> float | None:
    return float(length_mm) if length_mm is not None and math.isfinite(length_mm) else None


def _short(name: str | None) -> str | None:
    return None if name is None else printable(name)[:_LONGEST_ID]
