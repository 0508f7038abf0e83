"""The door to a broker: keeps a connection, tells status and alarms, hands on results, has commands carried out.

Results wait in the station's store until the broker has acknowledged them; here are never more than those in flight.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from inspection.line.line_status import LineStatus
from inspection.line.mqtt.broker import Acknowledgement, Broker, Heard, Incoming, Will
from inspection.line.mqtt.commands import Commands
from inspection.line.mqtt.sparkplug_client import SparkplugClient
from inspection.line.mqtt.standing import Standing, is_farewell
from inspection.line.mqtt.topics import (
    ALARMS,
    OFFLINE_BY_BROKER,
    RESULT,
    STATUS,
    Answer,
    DoorAlarms,
    DoorStatus,
    answer_topic,
    command_of,
    topic_filter,
)
from inspection.line.mqtt.trouble import Trouble, broken_often
from inspection.line.orders import Acknowledge, role_needed
from inspection.line.refusal import Refused
from inspection.line.station_link import StationGone, StationLink
from inspection.station.door_settings import MqttSettings

_FIRST_REST_S, _LONGEST_REST_S, _STEADY_S = 0.25, 5.0, 60.0
"""Between two attempts; doubled as long as connections don't last."""
_AGAIN_S = 1.0
"""A result that nobody hears is offered again so often."""
_STATUS_S = 1.0


async def serve(link: StationLink) -> None:
    """Serve until the station ends. The broker may come and go."""
    told = MqttSettings.model_validate(link.settings)
    standing = Standing(link, f"{told.host}:{told.port}")
    door = _Door(link, told, standing)
    standing.tell()
    await link.tell_open(told.address)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(
                _keep(door.converse, lambda trouble: standing.trouble("broker", trouble), told, told.client_name)
            )
            if told.sparkplug is not None:
                sparkplug = SparkplugClient(link, told, told.sparkplug, standing)
                node_name = sparkplug.client_name
                group.create_task(
                    _keep(sparkplug.converse, lambda trouble: standing.trouble("sparkplug", trouble), told, node_name)
                )
    except* StationGone:
        pass


async def _keep(
    converse: Callable[[], Awaitable[None]], tell: Callable[[Trouble], None], told: MqttSettings, client_name: str
) -> None:
    """Have one connection after the other, for ever."""
    rest_s = _FIRST_REST_S
    broken_s: deque[float] = deque(maxlen=100)
    while True:
        began_s = time.monotonic()
        try:
            await converse()
        except* Trouble as troubles:
            trouble = _first(troubles)
            assert isinstance(trouble, Trouble)
            if trouble.is_wordless:
                broken_s.append(time.monotonic())
                times = sum(each > time.monotonic() - _STEADY_S for each in broken_s)
                if times > 1:
                    trouble = broken_often(f"{told.host}:{told.port}", client_name, times)
            tell(trouble)
        rest_s = _FIRST_REST_S if time.monotonic() - began_s > _STEADY_S else min(2 * rest_s, _LONGEST_REST_S)
        # Stations of one broker don't all call at once.
        await asyncio.sleep(rest_s * random.uniform(0.5, 1.0))


def _first(found: BaseExceptionGroup[Any]) -> BaseException:
    first = found.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


class _NotTaken(Exception):
    """A result that nobody heard, or that the broker refused."""


class _Door:
    """The plain topics."""

    def __init__(self, link: StationLink, told: MqttSettings, standing: Standing) -> None:
        self._link, self._told, self._standing = link, told, standing
        self._counters = standing.counters
        self._commands = Commands(link, told.commands_per_s, self._counters)
        self._heartbeat = 0
        self._alarms: DoorAlarms | None = None

    async def converse(self) -> None:
        """One connection, from its beginning to its end. Raises Trouble, alone or in a group."""
        told = self._told
        will = Will(self._topic(STATUS), OFFLINE_BY_BROKER.model_dump_json().encode(), qos=1, retain=True)
        try:
            async with Broker(told, told.client_name, will) as broker:
                self._counters["connections"] += 1
                words = await broker.subscribe([topic_filter(told.prefix)])
                self._standing.is_connected = True
                self._standing.trouble("commands", words)
                self._standing.trouble("broker", "")
                try:
                    async with asyncio.TaskGroup() as group:
                        group.create_task(broker.wait_until_broken())
                        group.create_task(self._hear(broker))
                        group.create_task(self._tell_status(broker))
                        group.create_task(self._hand_on(broker))
                except BaseException as error:
                    if is_farewell(error):
                        gone = self._status(self._link.status, "The station has ended, or this door was closed.")
                        await broker.say_goodbye(self._topic(STATUS), gone.model_dump_json().encode(), retain=True)
                    raise
        finally:
            self._alarms = None
            self._standing.is_connected = False
            self._standing.tell()

    async def _hand_on(self, broker: Broker) -> None:
        """All results, in order, from the first that nobody has taken."""
        while True:
            try:
                await self._stream(broker)
            except* Refused as refused:
                self._standing.trouble("results", str(_first(refused)))
            await asyncio.sleep(_AGAIN_S)

    async def _stream(self, broker: Broker) -> None:
        """Results until one is not taken. Raises Refused, in a group: the station has none to give."""
        window = asyncio.Semaphore(1)  # until it is known that somebody hears them
        sent: asyncio.Queue[tuple[int, asyncio.Future[Acknowledgement]]] = asyncio.Queue()
        taken = _Taken(self._link, by_door=not self._told.role.covers(role_needed(Acknowledge(up_to=0))))

        async def send() -> None:
            async for result in self._link.follow(self._link.acknowledged):
                await window.acquire()
                payload = result.model_dump_json().encode()
                sent.put_nowait((result.sequence, await broker.send(self._topic(RESULT), payload)))
                self._counters["results_sent"] += 1

        async def settle() -> None:
            is_first = True
            while True:
                sequence, acknowledged = await sent.get()
                if not self._is_taken(await acknowledged):
                    raise _NotTaken
                taken.note(sequence)
                for _ in range(self._told.in_flight if is_first else 1):
                    window.release()
                is_first = False

        try:
            async with asyncio.TaskGroup() as group:
                for each in (send(), settle(), taken.keep_telling()):
                    group.create_task(each)
        except* _NotTaken:
            pass

    def _is_taken(self, word: Acknowledgement) -> bool:
        """Whether a result is the partner's; tells if not."""
        is_lonely = word.heard is Heard.NOBODY
        words = word.words
        if is_lonely and self._told.needs_subscriber:
            words = (
                f"Nobody has subscribed to {self._topic(RESULT)}: results wait. Have the line's program subscribe, in "
                "a session that outlives its connection; or set needs_subscriber = false if nobody is to."
            )
        self._standing.is_connected = not words
        self._standing.trouble("results", words)
        self._counters["results_unheard"] += is_lonely
        self._counters["results_refused"] += word.heard is Heard.REFUSED
        return not words

    async def _tell_status(self, broker: Broker) -> None:
        """Status at each snapshot, alarms when they change; offline, once, when the station is silent."""
        was_fresh = True
        status = self._link.status
        while True:
            is_fresh = self._link.is_fresh
            if is_fresh or was_fresh:
                self._heartbeat += is_fresh
                told = self._status(status, None if is_fresh else "The station has said nothing for 3 s.")
                await self._retain(broker, STATUS, told.model_dump_json())
            if is_fresh:
                alarms = DoorAlarms(alarms=status.alarms)
                if alarms != self._alarms:
                    await self._retain(broker, ALARMS, alarms.model_dump_json())
                    self._alarms = alarms
            was_fresh = is_fresh
            self._standing.tell()
            with suppress(TimeoutError):
                status = await asyncio.wait_for(self._link.next_status(), _STATUS_S)

    async def _retain(self, broker: Broker, topic: str, text: str) -> None:
        word = await (await broker.send(self._topic(topic), text.encode(), retain=True))
        self._standing.trouble(topic, word.words)

    def _status(self, status: LineStatus, offline: str | None) -> DoorStatus:
        return DoorStatus(
            online=offline is None,
            offline_reason=offline,
            heartbeat=self._heartbeat,
            stop_requested=status.uninspected_in_a_row >= self._told.stop_after_uninspected,
            told_utc=datetime.now(UTC),
            station=status if offline is None else None,
        )

    async def _hear(self, broker: Broker) -> None:
        answering: set[asyncio.Task[None]] = set()
        try:
            async for message in broker.messages():
                name = command_of(self._told.prefix, message.topic)
                taken = self._commands.take(name, message.payload, message.correlation, is_retained=message.is_retained)
                if taken is not None:
                    task = asyncio.create_task(self._answer(broker, message, taken))
                    answering.add(task)
                    task.add_done_callback(answering.discard)
        finally:
            for task in answering:
                task.cancel()

    async def _answer(self, broker: Broker, message: Incoming, taken: "Answer | asyncio.Task[Answer]") -> None:
        # The connection's own tasks tell of what ends it; who asks again is answered again.
        with suppress(Trouble, StationGone):
            answer = taken if isinstance(taken, Answer) else await taken
            topic = answer_topic(self._told.prefix, message.answer_topic)
            if topic is None:
                topic = answer_topic(self._told.prefix, None)
                self._counters["answer_topics_refused"] += 1
            assert topic is not None
            word = await (await broker.send(topic, answer.model_dump_json().encode(), correlation=message.correlation))
            self._counters["answers_unheard"] += word.heard is not Heard.TAKEN

    def _topic(self, name: str) -> str:
        return f"{self._told.prefix}/{name}"


class _Taken:
    """Tells the station how far the partner is, at the station's pace: many acknowledgements may be one order."""

    def __init__(self, link: StationLink, *, by_door: bool) -> None:
        self._link = link
        self._by_door = by_door
        self._sequence = 0
        self._news = asyncio.Event()

    def note(self, sequence: int) -> None:
        """All up to this one are the partner's."""
        self._sequence = sequence
        self._news.set()

    async def keep_telling(self) -> None:
        """For ever. Raises Refused."""
        while True:
            await self._news.wait()
            self._news.clear()
            await self._link.acknowledge(self._sequence, "broker", by_door=self._by_door)
