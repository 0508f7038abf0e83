"""The live line: one poller in the pages' process, whatever the number of browsers."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from inspection.database import Database
from inspection.errors import LineError
from inspection.pages.station_client import StationClient
from inspection.station_status import StationStatus

POLL_S = 1.0
_log = structlog.get_logger("inspection.pages")


@dataclass(frozen=True, slots=True)
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

    @property
    def is_connected(self) -> bool:
        """Whether the station was heard at the last try."""
        return self.trouble is None and self.status is not None


class LiveLine:
    """Polls the station and the store once a second."""

    def __init__(self, station: StationClient, database: Database) -> None:
        self._station = station
        self._database = database
        self.view = LineView(0, None, None, None)

    async def run(self) -> None:
        """Poll until cancelled."""
        while True:
            await self.poll()
            await asyncio.sleep(POLL_S)

    async def poll(self) -> None:
        """Look once."""
        before = self.view
        status, told_utc, trouble = before.status, before.told_utc, None
        try:
            status, told_utc = await self._station.status(), datetime.now(UTC)
        except LineError as error:
            trouble = str(error)
            if before.trouble is None:
                _log.info("the station is not heard", reason=trouble)
        self.view = LineView(before.number + 1, status, told_utc, trouble)
