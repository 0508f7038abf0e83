"""The Modbus TCP server: connections, and what bounds them. `serve` is what the door's process runs."""

import asyncio
import socket
from collections.abc import Sequence
from ipaddress import ip_address, ip_network

from inspection.errors import SettingsError
from inspection.line.modbus.camera_words import CameraWords
from inspection.line.modbus.conversation import Conversation
from inspection.line.modbus.frames import HEAD_BYTES, BadFrame, answer, rest_of
from inspection.line.modbus.layouts import LAYOUTS
from inspection.line.modbus.register_file import RegisterFile, Table
from inspection.line.modbus.registers import WordOrder
from inspection.line.modbus.station_words import StationWords
from inspection.line.station_link import StationGone, StationLink
from inspection.serving.listening import claim_port
from inspection.station.door_settings import ModbusSettings

_FRAME_S = 10.0
"""A request that has begun must have come whole within this time."""
_TAKE_S = 5.0
"""Answers must be taken within this time."""
_MOST_UNTAKEN_BYTES = 8192
"""What is kept for a partner that takes no answers; the kernel keeps about as much again."""
_BURST_S = 0.25
"""A connection may be ahead of its rate by what it may ask in this time."""
_IDLE_S = 1.0
"""A connection that asks for nothing for so long may lose its place to a new one."""
_WRITES = frozenset({5, 6, 15, 16, 22, 23})


class _Connection:
    """One partner's connection, as the registers see it: it remembers what was told over it."""

    def __init__(self, server: "ModbusServer", partner: str, writer: asyncio.StreamWriter) -> None:
        self._server = server
        self.partner = partner
        self.writer = writer
        self.asked_s = server.talk.now_s()
        """When it asked last."""
        self.allowed_s = self.asked_s
        """From when on it may ask again."""
        self._told = self._had = 0

    def begin(self) -> None:
        """It asks for something."""
        self.asked_s = self._server.talk.now_s()
        self._had, self._told = self._told, 0
        self._server.talk.heard(self.partner)

    def end(self, *, has_written: bool) -> None:
        """Its request was carried out; and who asks again has had what it was told before.

        Only now that is noted: function blocks read status and output one after the other, and both must be about the
        same result.
        """
        if self._had:
            self._server.talk.results.had(self._had, self.asked_s)
        self._server.talk.answered(self.partner, has_written=has_written)

    def check(self, table: Table, address: int, count: int) -> None:
        """Whether all that can be read. Raises Refusal."""
        self._server.registers.check(table, address, count)

    def read(self, table: Table, address: int, count: int) -> list[int]:
        """What is told. Raises Refusal."""
        found = self._server.registers.read(table, address, count)
        if self._server.registers.tells_verdict(table, address, count):
            self._told = self._server.talk.results.read()
        return found

    def write(self, table: Table, address: int, values: Sequence[int]) -> None:
        """Taken in, whole or not at all. Raises Refusal."""
        self._server.registers.write(table, address, values)


class ModbusServer:
    """One door's. Belongs to one event loop."""

    def __init__(self, link: StationLink, settings: ModbusSettings) -> None:
        self._settings = settings
        is_ours = settings.layout == "station"
        self.talk = Conversation(link, settings, has_heartbeat=is_ours)
        words: StationWords | CameraWords = StationWords(self.talk) if is_ours else CameraWords(self.talk)
        self.registers = RegisterFile(
            LAYOUTS[settings.layout],
            WordOrder(settings.word_order),
            words.tell,
            words.judge,
            is_writable=not self.talk.is_reader,
        )
        self._networks = settings.partners or (ip_network("127.0.0.0/8"), ip_network("::1/128"))
        self._connections: dict[asyncio.Task[None], _Connection] = {}

    def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Somebody connects: talk with it if it may, and if there is room."""
        partner = str(writer.get_extra_info("peername", ("",))[0]).removeprefix("::ffff:").partition("%")[0]
        if not self._is_allowed(partner):
            self.talk.counters["strangers"] += 1
        elif self._has_room():
            connection = _Connection(self, partner, writer)
            task = asyncio.create_task(self._converse(connection, reader))
            self._connections[task] = connection
            task.add_done_callback(self._left)
            self.talk.connected = len(self._connections)
            return
        else:
            self.talk.counters["connections_refused"] += 1
        writer.transport.abort()

    async def close(self) -> None:
        """Hang up on everybody."""
        tasks = list(self._connections)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _is_allowed(self, partner: str) -> bool:
        try:
            address = ip_address(partner)
        except ValueError:
            return False
        return any(address in network for network in self._networks)

    def _has_room(self) -> bool:
        """Whether there is a place, if need be that of the connection that has been idle for longest."""
        if len(self._connections) < self._settings.most_connections:
            return True
        idlest = min(self._connections.values(), key=lambda each: each.asked_s)
        if self.talk.now_s() - idlest.asked_s < _IDLE_S:
            return False
        self.talk.counters["connections_dropped"] += 1
        idlest.writer.transport.abort()
        for task, each in list(self._connections.items()):
            if each is idlest:
                task.cancel()
                self._left(task)
        return True

    def _left(self, task: asyncio.Task[None]) -> None:
        self._connections.pop(task, None)
        self.talk.connected = len(self._connections)

    async def _converse(self, connection: _Connection, reader: asyncio.StreamReader) -> None:
        """Answer one request after the other, until the partner leaves or breaks a bound."""
        writer = connection.writer
        writer.transport.set_write_buffer_limits(_MOST_UNTAKEN_BYTES)
        try:
            while first := await reader.read(1):
                async with asyncio.timeout(_FRAME_S):
                    head = first + await reader.readexactly(HEAD_BYTES - 1)
                    body = await reader.readexactly(rest_of(head))
                await self._wait(connection)
                connection.begin()
                reply, refused = await answer(head, body, connection, self._settings.unit_id)
                is_write = body[0] in _WRITES
                if refused is not None:
                    self.talk.counters["refused_requests"] += 1
                    self.talk.counters["writes_refused"] += is_write
                connection.end(has_written=is_write and refused is None)
                writer.write(reply)
                async with asyncio.timeout(_TAKE_S):
                    await writer.drain()
        except BadFrame:
            self.talk.counters["bad_frames"] += 1
        except TimeoutError:
            self.talk.counters["slow_partners"] += 1
        except (OSError, asyncio.IncompleteReadError):
            pass  # it has left
        finally:
            writer.transport.abort()

    async def _wait(self, connection: _Connection) -> None:
        """Keep a connection to its rate, and let others have their turn."""
        now_s = self.talk.now_s()
        connection.allowed_s = max(connection.allowed_s + 1 / self._settings.most_requests_per_s, now_s - _BURST_S)
        await asyncio.sleep(max(0.0, connection.allowed_s - now_s))


async def serve(link: StationLink) -> None:
    """Answer partners until this is cancelled. Raises OSError: the address can't be had."""
    settings = ModbusSettings.model_validate(link.settings)
    server = ModbusServer(link, settings)
    try:
        claimed = claim_port(settings.host, settings.port, f"doors.{link.name}")
    except SettingsError as error:
        raise OSError(str(error)) from error
    claimed.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _MOST_UNTAKEN_BYTES)  # all connections inherit it
    host, port = claimed.getsockname()[:2]
    listening = await asyncio.start_server(server.connected, sock=claimed)
    async with listening:
        await link.tell_open(f"modbus://{f'[{host}]' if ':' in host else host}:{port}")
        try:
            await server.talk.run()
        except* StationGone:
            link.gone.set()
        finally:
            await server.close()
