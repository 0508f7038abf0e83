"""The live line: one poller in the pages' process, whatever the number of browsers."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property

import structlog

from inspection.errors import LineError, StoreError
from inspection.pages.station.station_client import StationClient
from inspection.quality.estimates import estimates
from inspection.quality.figures import Figures
from inspection.quality.intervals import Estimate
from inspection.rolls.roll_book import RollBook
from inspection.station.status import StationStatus
from inspection.store.database import Database
from inspection.store.recent import Recent, RecentDecision, RecentLine
from inspection.store.spans import span_between
from inspection.values import Verdict

POLL_S = 1.0
_ROLL_POLLS, _REVIEW_POLLS = 5, 60
"""Polls after which roll and reviews, which change seldom, are looked up again."""
_DAYS = (1, 7, 30)
StripBlock = tuple[int, str, int, list[int], float | None, int, int]
"""Sequence number, camera, verdict code, lanes of a reject (none: all), position in m; where lanes are decided one by
one its lane and the number of its stretch, else 0."""
_CODES = {Verdict.ACCEPT: 0, Verdict.REJECT: 1, Verdict.UNINSPECTED: 2}
_log = structlog.get_logger("inspection.pages")


@dataclass(frozen=True)
class LineView:
    """What is known of the line at a moment; the same value for every browser."""

    number: int
    """Counts the polls: a page that has shown it need not draw it again."""
    status: StationStatus | None
    """As the station last told; None before it ever did."""
    told_utc: datetime | None
    """When it did."""
    trouble: str | None
    """Why the station was not heard at the last try; None: it was."""
    recent: Recent | None
    """What the store holds; None as long as it could not be read."""
    store_trouble: str | None
    """Why the store could not be read at the last try; None: it could."""
    lanes: int
    """Lanes of the web, as the recipe has them; 1 where it has none."""
    roll: str | None = None
    """The roll that runs, as the line named it, else after the station's start; None as long as nothing was decided."""
    false_rejects: Mapping[int, Estimate | None] = field(default_factory=dict)
    """Share of all good pieces that were rejected, by number of last days; None where reviews are too few."""
    told_s: float | None = None
    """When the station told the status, by `time.monotonic`: nobody can set that clock."""

    @property
    def is_connected(self) -> bool:
        """Whether the station was heard at the last try."""
        return self.trouble is None and self.status is not None

    @cached_property
    def strip(self) -> Sequence[StripBlock]:
        """The newest blocks for the strip, oldest first: made once for all browsers."""
        return [strip_block(block) for block in self.recent.blocks] if self.recent else []


class Drawn:
    """What of the line each part of one page has drawn."""

    def __init__(self) -> None:
        self._views: dict[str, LineView] = {}

    def note(self, part: str, view: LineView) -> None:
        """A part has drawn this view, whole."""
        self._views[part] = view

    def age_ms(self, now_s: float) -> float | None:
        """How old the oldest news is that is drawn as if it were new; None: what is drawn says that it is old.

        `now_s`: by `time.monotonic`.
        """
        told_s = [view.told_s for view in self._views.values() if view.is_connected and view.told_s is not None]
        return max(0.0, 1000.0 * (now_s - min(told_s))) if told_s else None


class LiveLine:
    """Polls the station and the store once a second."""

    def __init__(self, station: StationClient, database: Database) -> None:
        self._station = station
        self._database = database
        self._recent = RecentLine(database)
        self._lanes_of_run = (0, 1)
        self.view = LineView(0, None, None, None, None, None, 1)

    async def run(self) -> None:
        """Poll until cancelled."""
        while True:
            await self.poll()
            await asyncio.sleep(POLL_S)

    async def poll(self) -> None:
        """Look once."""
        before = self.view
        status, told_utc, told_s, trouble = before.status, before.told_utc, before.told_s, None
        try:
            asked_s = time.monotonic()
            status, told_utc, told_s = await self._station.status(), datetime.now(UTC), asked_s
            if self._lanes_of_run[0] != status.station_run:
                self._lanes_of_run = (status.station_run, max(1, await self._station.lanes()))
        except LineError as error:
            trouble = str(error)
            if before.trouble is None:
                _log.info("the station is not heard", reason=trouble)
        recent, store_trouble = before.recent, None
        roll, false_rejects = before.roll, before.false_rejects
        try:
            recent = await asyncio.to_thread(self._recent.update)
            if before.number % _ROLL_POLLS == 0:
                roll = await asyncio.to_thread(self._running_roll)
            if before.number % _REVIEW_POLLS == 0:
                false_rejects = await asyncio.to_thread(self._false_rejects)
        except StoreError as error:
            store_trouble = str(error)
        seen = max((lane for block in recent.blocks for lane in block.lanes), default=1) if recent else 1
        lanes = max(self._lanes_of_run[1], seen)
        self.view = LineView(
            before.number + 1, status, told_utc, trouble, recent, store_trouble, lanes, roll, false_rejects, told_s
        )

    def _running_roll(self) -> str | None:
        rolls = RollBook(self._database).rolls()
        return rolls[-1].name if rolls else None

    def _false_rejects(self) -> dict[int, Estimate | None]:
        now, figures = datetime.now(UTC), Figures(self._database)
        spans = {days: span_between(self._database, now - timedelta(days=days), None) for days in _DAYS}
        return {days: estimates(figures.tallies(span)).false_rejects for days, span in spans.items()}


def strip_block(block: RecentDecision) -> StripBlock:
    """A block as the strip draws it."""
    position_m = None if block.start_mm is None else round(block.start_mm / 1000.0, 2)
    of_stretch = (block.lane, block.piece) if block.lane is not None else (0, 0)
    return block.sequence, block.camera, _CODES[block.verdict], sorted(block.lanes), position_m, *of_stretch
