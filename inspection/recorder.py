"""Puts decisions on disk before they are published, and keeps them in order while the store does not answer."""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import replace

import structlog

from inspection.errors import StoreError
from inspection.store import Store
from inspection.uninspected import not_stored
from inspection.values import Decision, Verdict

_RETRY_S = 0.5
_CHUNK = 200
"""Decisions written at once when catching up, so that this takes no longer than a line can wait."""

_log = structlog.get_logger("inspection.recorder")


class Recorder:
    """Hands decisions to the store. `record` and `catch_up` are called by one thread, the rest by any."""

    def __init__(self, store: Store, capacity: int = 20_000) -> None:
        self._store = store
        self._capacity = capacity
        self._kept: deque[Decision] = deque()
        self._amended: dict[int, Decision] = {}
        self._retry_at_s = 0.0
        self.trouble: str | None = None
        """Why the store takes nothing, None while it does."""
        self.not_kept = 0
        """Decisions that came when memory for them was used up: published, but lost to the store."""
        self.recorded_up_to = store.last_sequence()
        """Highest sequence number on disk; with none missing below it unless `not_kept` says so."""
        self.write_ms = 0.0
        """How long the last write took."""

    @property
    def waiting(self) -> int:
        """Decisions that wait for the store."""
        return len(self._kept) + len(self._amended)

    def record(self, decisions: Sequence[Decision]) -> list[Decision]:
        """The decisions as they may be published: as they are once on disk, else UNINSPECTED, kept to be written."""
        self.catch_up()
        if self.trouble is None and not self._kept and self._write(list(decisions)):
            return list(decisions)
        unsure = [_without_store(decision, self.trouble) for decision in decisions]
        for decision in unsure:
            if len(self._kept) < self._capacity:
                self._kept.append(decision)
            else:
                self.not_kept += 1
        return unsure

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
            if not self._write(chunk, again=True):
                return
            for _ in chunk:
                self._kept.popleft()
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
        except StoreError as error:
            self._failed(error)
            return False
        finally:
            self.write_ms = (time.monotonic() - began) * 1000.0
        self._amended.clear()
        return True

    def _failed(self, error: StoreError) -> None:
        if self.trouble is None:
            _log.error("the store takes no decisions; they are UNINSPECTED until it does", error=str(error))
        self.trouble = str(error)
        self._retry_at_s = time.monotonic() + _RETRY_S

    def _write(self, decisions: list[Decision], *, again: bool = False) -> bool:
        began = time.monotonic()
        last = decisions[-1].sequence if decisions else self.recorded_up_to
        try:
            if again:
                # An earlier try may have succeeded although its answer was lost.
                there = self._store.existing([decision.sequence for decision in decisions])
                decisions = [decision for decision in decisions if decision.sequence not in there]
            if decisions:
                self._store.append(decisions)
            else:
                self._store.probe()
        except StoreError as error:
            self._failed(error)
            return False
        finally:
            self.write_ms = (time.monotonic() - began) * 1000.0
        self.trouble = None
        self.recorded_up_to = last
        return True


def _without_store(decision: Decision, trouble: str | None) -> Decision:
    reason = not_stored(trouble or "earlier decisions wait for the store")
    return replace(decision, verdict=Verdict.UNINSPECTED, reasons=(reason, *decision.reasons))
