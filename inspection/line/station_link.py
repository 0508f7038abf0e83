"""A door's process, seen from inside: what it hears of the station, and how it asks for what it wants. asyncio."""

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from inspection.line.line_status import LineStatus
from inspection.line.orders import (
    LONGEST_WAIT_S,
    MOST_RESULTS,
    Acknowledge,
    AskResults,
    Order,
    TellPartners,
)
from inspection.line.refusal import Refused
from inspection.line.result import Result

MOST_MESSAGE_BYTES = 16 * 2**20
_ALIVE_EVERY_S = 1.0
FRESH_S = 3.0
"""A station that has said nothing for so long is taken for dead: it tells its status twice in a second."""


class StationGone(Exception):
    """The station has ended, or let go of this door: the process is to end."""


class StationLink:
    """Belongs to one event loop. `open`, then `tell_open` once partners are answered."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._next_id = 0
        self._news = asyncio.Event()
        self._heard_s = time.monotonic()
        self._partners = TellPartners(connected=0)
        self.gone = asyncio.Event()
        """Set when the station has ended."""
        self.settings: dict[str, Any] = {}
        """The door's settings, as JSON knows them."""
        self.name = ""
        """The door's name in the settings."""
        self.folder: Path
        """A folder of the door's own, below the station's state_dir; the door makes it when it needs it."""
        self.acknowledged = 0
        """All results up to this number are the partner's: a door begins behind it."""
        self.status: LineStatus
        """The newest snapshot, half a second old at most while `is_fresh`."""

    async def open(self) -> None:
        """Hear what the station says first, and go on listening. Raises StationGone."""
        self._reader, self._writer = await asyncio.open_connection(sock=self._connection, limit=MOST_MESSAGE_BYTES)
        begin = await self._message()
        self.settings, self.name = begin["settings"], begin["name"]
        self.folder = Path(begin["folder"])
        self.acknowledged, self.status = begin["acknowledged"], LineStatus.model_validate(begin["status"])
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._live())]

    @property
    def is_fresh(self) -> bool:
        """Whether the station was heard of just now; if not, no heartbeat may go out to the line."""
        return not self.gone.is_set() and time.monotonic() - self._heard_s < FRESH_S

    async def next_status(self) -> LineStatus:
        """The next snapshot, when it comes. Raises StationGone."""
        self._check()
        await self._news.wait()
        self._check()
        return self.status

    async def results(self, after: int, wait_s: float = 0.0, limit: int = MOST_RESULTS) -> list[Result]:
        """Results after a number, in order; waits up to `wait_s` for the first. Raises Refused, StationGone."""
        order = AskResults(after=after, wait_s=min(wait_s, LONGEST_WAIT_S), limit=limit)
        return [Result.model_validate(each) for each in await self.ask(order)]

    async def follow(self, after: int) -> AsyncIterator[Result]:
        """All results after a sequence number, as they come, without end. Raises Refused, StationGone."""
        while True:
            for result in await self.results(after, LONGEST_WAIT_S):
                after = result.sequence
                yield result

    async def acknowledge(self, up_to: int, by: str = "", *, by_door: bool = False) -> None:
        """The partner has taken all results up to a number. Raises Refused, StationGone.

        `by_door`: the door itself has handed them on; also where partners may only read.
        """
        if up_to > self.acknowledged:
            self.acknowledged = up_to
            await self.ask(Acknowledge(up_to=up_to, by=by, by_door=by_door))

    async def ask(self, order: Order) -> Any:
        """Have the station do something; its answer. Raises Refused, StationGone."""
        self._check()
        self._next_id += 1
        number, answer = self._next_id, asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        try:
            await self._send({"id": number, "order": order.model_dump(mode="json")})
            return await answer
        finally:
            self._answers.pop(number, None)

    async def tell_open(self, address: str) -> None:
        """Partners are answered from now on."""
        await self._send({"open": address})

    def tell_partners(self, partners: TellPartners) -> None:
        """Have the station show how the door is doing; it goes out with the next sign of life, within a second."""
        self._partners = partners

    async def close(self) -> None:
        """Let go."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._writer.close()

    async def _live(self) -> None:
        told: TellPartners | None = None
        with contextlib.suppress(StationGone):
            while True:
                if told is not self._partners:
                    told = self._partners
                    await self._send({"id": 0, "order": told.model_dump(mode="json")})
                else:
                    await self._send({"alive": True})
                await asyncio.sleep(_ALIVE_EVERY_S)

    async def _listen(self) -> None:
        try:
            while True:
                self._take(await self._message())
        except StationGone as gone:
            self.gone.set()
            for answer in self._answers.values():
                if not answer.done():
                    answer.set_exception(gone)
            self._ring()

    def _take(self, message: dict[str, Any]) -> None:
        self._heard_s = time.monotonic()
        if "status" in message:
            self.status = LineStatus.model_validate(message["status"])
            self._ring()
            return
        answer = self._answers.get(message["id"])
        if answer is None or answer.done():
            return
        if "refused" in message:
            answer.set_exception(Refused(message["refused"]["name"], message["refused"]["sentence"]))
        else:
            answer.set_result(message["answer"])

    def _ring(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    def _check(self) -> None:
        if self.gone.is_set():
            raise StationGone

    async def _message(self) -> dict[str, Any]:
        try:
            line = await self._reader.readline()
        except OSError as error:
            raise StationGone from error
        if not line:
            raise StationGone
        message: dict[str, Any] = json.loads(line)
        return message

    async def _send(self, message: dict[str, Any]) -> None:
        try:
            self._writer.write(json.dumps(message).encode() + b"\n")
            await self._writer.drain()
        except OSError as error:
            self.gone.set()
            raise StationGone from error
