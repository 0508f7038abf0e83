"""Reads decisions for clients: the newest from memory, older ones from the store, and waits for those to come."""

import asyncio
import time
from collections.abc import AsyncIterator

from starlette.concurrency import run_in_threadpool

from camera.files.file_names import printable
from inspection.api.problems import ApiProblem
from inspection.api.stream_places import StreamPlaces
from inspection.api.wire import DecisionOut
from inspection.api.wire_decisions import decision_out
from inspection.station.feed import DecisionFeed
from inspection.store.decisions import Store
from inspection.values import Decision

_PAGE = 100
"""Decisions that are read and written down at once; larger pages come together from several."""
_REST = 2.0
"""Rest of all who read the past, in times of what their page took: meanwhile the line's frames have the processor."""


class DecisionReader:
    """Belongs to the API's event loop: `open` and `close` there, once."""

    def __init__(self, feed: DecisionFeed, store: Store) -> None:
        self._feed = feed
        self.store = store
        """The store that is asked for the past."""
        self._news = asyncio.Event()
        self._past = asyncio.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.places = StreamPlaces()
        self.is_closing = False
        """True once the station stops: streams end after what is left."""

    def open(self) -> None:
        """Listen to the feed."""
        self._loop = asyncio.get_running_loop()
        self._feed.listen(self._wake)

    def close(self) -> None:
        """Listen no more."""
        self._feed.forget(self._wake)
        self._loop = None

    def end_streams(self) -> None:
        """Let every stream end; from any thread."""
        self.is_closing = True
        self._wake()

    async def after(self, sequence: int, limit: int, wait_s: float = 0.0) -> list[DecisionOut]:
        """Decisions with a higher sequence number; waits up to `wait_s` for the first. Raises ApiProblem (409)."""
        self.check(sequence)
        end_s = asyncio.get_running_loop().time() + wait_s
        while True:
            news = self._news
            found = await self._gather(sequence, limit)
            patience_s = end_s - asyncio.get_running_loop().time()
            if found or patience_s <= 0 or self.is_closing:
                return found
            try:
                await asyncio.wait_for(news.wait(), patience_s)
            except TimeoutError:
                return []

    async def follow(self, sequence: int, alive_s: float) -> AsyncIterator[list[DecisionOut]]:
        """All decisions after `sequence`, as they come; an empty list each `alive_s` seconds without any."""
        while True:
            found = await self.after(sequence, _PAGE, alive_s)
            if not found and self.is_closing:
                return
            if found:
                sequence = found[-1].sequence
            yield found

    def check(self, sequence: int, epoch: str | None = None) -> None:
        """Refuse a client of another store, or that knows more decisions than there are: it would wait in silence."""
        if epoch is not None and epoch != self.store.epoch:
            raise ApiProblem(
                409,
                "other-epoch",
                f"This station's decisions are those of epoch {self.store.epoch}, not of {printable(epoch)}: its "
                "store was lost, replaced or put back, or it is another station. Begin anew with this epoch and its "
                f"last sequence number, {self._feed.last_sequence}; numbers of the two don't mean the same.",
            )
        if sequence > self._feed.last_sequence:
            raise ApiProblem(
                409,
                "sequence-ahead",
                f"There is no decision {sequence} yet, the last one is {self._feed.last_sequence}: the client talks "
                "to another station or store than before. Begin anew with the last sequence number of this one.",
            )

    async def _gather(self, sequence: int, limit: int) -> list[DecisionOut]:
        """What is new at once; many decisions, or those of the past, for one client after the other and in pieces."""
        if limit <= _PAGE and (newest := self._feed.after(sequence, limit)) is not None:
            return [self._told(decision, self.store.epoch) for decision in newest]
        gathered: list[DecisionOut] = []
        while len(gathered) < limit:
            wanted = min(_PAGE, limit - len(gathered))
            async with self._past:
                began_s = time.monotonic()
                piece = [self._told(*each) for each in await self._read(sequence, wanted)]
                gathered += piece
                if len(piece) < wanted:
                    break
                sequence = piece[-1].sequence
                if not self.is_closing:
                    await asyncio.sleep(_REST * (time.monotonic() - began_s))
        return gathered

    def _told(self, decision: Decision, epoch: str) -> DecisionOut:
        return decision_out(decision, epoch=epoch, is_recorded=self._feed.is_recorded(decision.sequence))

    async def _read(self, sequence: int, limit: int) -> list[tuple[Decision, str]]:
        """Decisions, each with the epoch that it was told in."""
        found = self._feed.after(sequence, limit)
        if found is None:
            begins_after = self._feed.begins_after
            stored = await run_in_threadpool(self.store.decisions_after, sequence, limit)
            if stored:
                return [(item.decision, item.epoch) for item in stored]
            # The store explains the numbers in between as a gap.
            found = self._feed.after(max(sequence, begins_after), limit) or []
        return [(decision, self.store.epoch) for decision in found]

    def _wake(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._ring)

    def _ring(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()
