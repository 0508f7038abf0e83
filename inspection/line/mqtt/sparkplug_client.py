"""Speaks to the broker as a Sparkplug edge node: a connection of its own, so that it never delays a result."""

import asyncio
import json
import time
from collections.abc import Sequence
from contextlib import suppress

from inspection.line.line_status import LineStatus
from inspection.line.mqtt.broker import Broker, Incoming, Will
from inspection.line.mqtt.commands import Allowance
from inspection.line.mqtt.sparkplug_node import NAMESPACE, REBIRTH, Outgoing, SparkplugNode
from inspection.line.mqtt.sparkplug_payload import NoPayload, decode_flags
from inspection.line.mqtt.standing import Standing, is_farewell
from inspection.line.refusal import Refused
from inspection.line.station_link import StationLink
from inspection.station.door_settings import MqttSettings, SparkplugSettings

_REBIRTHS_PER_S = 2.0
_AGAIN_S = 1.0


class SparkplugClient:
    """One door's."""

    def __init__(self, link: StationLink, told: MqttSettings, node: SparkplugSettings, standing: Standing) -> None:
        self._link, self._told, self._standing = link, told, standing
        self.client_name = f"{told.client_name}-sparkplug"
        """What the broker knows the node by: it has a connection of its own."""
        self._every_s = node.every_s
        self._host = node.primary_host_id
        self._node = SparkplugNode(node.group_id, node.edge_node_id or link.status.station)
        self._rebirths = Allowance(_REBIRTHS_PER_S)
        self._rebirth = asyncio.Event()
        self._follows_after = link.status.last_sequence

    async def converse(self) -> None:
        """One session, from its CONNECT to its death. Raises Trouble, alone or in a group."""
        while not self._link.is_fresh:
            await self._link.next_status()
        self._node.connect()
        death = self._node.death(_now_ms())
        # The standard's words: QoS 1, not retained.
        will = Will(death.topic, death.payload, qos=1, retain=False)
        async with Broker(self._told, self.client_name, will) as broker:
            host = _Host(self._host)
            words = await broker.subscribe([*self._node.commands, *host.topics])
            self._standing.trouble("sparkplug", words)
            try:
                await self._have_session(broker, host)
            except BaseException as error:
                if is_farewell(error):
                    await self._die(broker)
                raise
            await self._die(broker)

    async def _have_session(self, broker: Broker, host: "_Host") -> None:
        """Until the node has to die by itself."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(broker.wait_until_broken())
                group.create_task(self._hear(broker, host))
                group.create_task(self._live(broker, host))
                group.create_task(self._count())
        except* _Dies:
            pass

    async def _live(self, broker: Broker, host: "_Host") -> None:
        """Births, then what changes. Raises _Dies."""
        await host.is_online.wait()
        self._rebirth.clear()
        await self._send(broker, self._node.births(self._link.status, _now_ms(), stop_requested=self._stops()))
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._rebirth.wait(), self._every_s)
            if not self._link.is_fresh:
                raise _Dies
            status = self._link.status
            if self._rebirth.is_set():
                self._rebirth.clear()
                self._standing.counters["sparkplug_rebirths"] += 1
                told = self._node.births(status, _now_ms(), stop_requested=self._stops())
            else:
                told = self._node.news(status, _now_ms(), stop_requested=self._stops())
            await self._send(broker, told)

    async def _count(self) -> None:
        """Results, for what is said of lanes; a store that can't be read costs the monitor some, and nobody else."""
        while True:
            try:
                async for result in self._link.follow(self._follows_after):
                    self._follows_after = result.sequence
                    self._node.take(result)
            except Refused:
                self._follows_after = self._link.status.last_sequence
                await asyncio.sleep(_AGAIN_S)

    async def _hear(self, broker: Broker, host: "_Host") -> None:
        """Commands, and whether the primary host is there. Raises _Dies."""
        async for message in broker.messages():
            if message.topic in host.topics:
                host.take(message)
            elif message.is_retained:
                self._standing.counters["commands_retained"] += 1
            elif message.topic == self._node.commands[0] and _asks_for_rebirth(message.payload):
                if self._rebirths.take():
                    self._rebirth.set()
            else:
                self._standing.counters["sparkplug_ignored"] += 1

    async def _send(self, broker: Broker, told: Sequence[Outgoing]) -> None:
        for each in told:
            await broker.send(each.topic, each.payload, qos=0)
        self._standing.counters["sparkplug_sent"] += len(told)

    async def _die(self, broker: Broker) -> None:
        death = self._node.death(_now_ms())
        await broker.say_goodbye(death.topic, death.payload, retain=False)

    def _stops(self) -> bool:
        status: LineStatus = self._link.status
        return status.uninspected_in_a_row >= self._told.stop_after_uninspected


class _Dies(Exception):
    """The session is to end: the station is silent, or the primary host is gone."""


class _Host:
    """The primary host, if the node waits for one."""

    def __init__(self, host: str | None) -> None:
        self.topics = [f"{NAMESPACE}/STATE/{host}"] if host else []
        self.is_online = asyncio.Event()
        self._told_ms = -1
        if host is None:
            self.is_online.set()

    def take(self, message: Incoming) -> None:
        """What the host says of itself: JSON, as the standard has it. Raises _Dies: it was there, and is gone."""
        try:
            told = json.loads(message.payload)
            is_online, told_ms = told["online"], told["timestamp"]
        except (ValueError, TypeError, KeyError, RecursionError):
            return
        if not isinstance(is_online, bool) or not isinstance(told_ms, int) or told_ms < self._told_ms:
            return
        self._told_ms = told_ms
        if is_online:
            self.is_online.set()
        elif self.is_online.is_set():
            raise _Dies


def _asks_for_rebirth(payload: bytes) -> bool:
    try:
        return decode_flags(payload).get(REBIRTH, False)
    except NoPayload:
        return False


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
