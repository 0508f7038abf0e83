"""The PLC's side of the MQTT door: it subscribes to results in a session that outlives its connection."""

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Callable

import aiomqtt

from inspection.line.mqtt.topics import COMMAND, RESULT, STATUS
from inspection.line.result import Result
from inspection.simulated_line.partner import sheet_of
from inspection.simulated_line.plc import Word

_REST_S = 0.2
_OLD_S = 2.0
_TIMEOUT_S = 2.0
_NAME = "line-simulation-plc"


class MqttPartner:
    """An event loop on a thread of its own."""

    def __init__(self, port: int, prefix: str = "line-simulation") -> None:
        self._port, self._prefix = port, prefix
        self._loop = asyncio.new_event_loop()
        self._sheets: asyncio.Queue[tuple[int, float, float]] = asyncio.Queue()
        self._goes = asyncio.Event()
        self._goes.set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mqtt partner", daemon=True)
        self._task: asyncio.Future[None] | None = None

    def start(self, hears: Callable[[Word], None], beats: Callable[[], None]) -> None:
        """Begin."""
        self._thread.start()
        self._loop.call_soon_threadsafe(self._begin, hears, beats)

    def tell_sheet(self, number: int, place_mm: float) -> None:
        """Published as soon as the connection is there."""
        self._loop.call_soon_threadsafe(self._sheets.put_nowait, (number, place_mm, time.monotonic()))

    def stall(self, *, stalls: bool) -> None:
        """Take nothing in and say nothing."""
        self._loop.call_soon_threadsafe(self._goes.clear if stalls else self._goes.set)

    def close(self) -> None:
        """End. May be repeated."""
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10.0)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10.0)
            self._loop.close()

    def _begin(self, hears: Callable[[Word], None], beats: Callable[[], None]) -> None:
        self._task = asyncio.ensure_future(self._keep(hears, beats))

    async def _end(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _keep(self, hears: Callable[[Word], None], beats: Callable[[], None]) -> None:
        while True:
            with contextlib.suppress(aiomqtt.MqttError, TimeoutError):
                async with aiomqtt.Client(
                    "127.0.0.1",
                    self._port,
                    identifier=_NAME,
                    protocol=aiomqtt.ProtocolVersion.V311,
                    clean_session=False,
                    keepalive=5,
                    timeout=_TIMEOUT_S,
                ) as client:
                    await client.subscribe([(f"{self._prefix}/{RESULT}", 1), (f"{self._prefix}/{STATUS}", 0)])
                    telling = asyncio.ensure_future(self._tell(client))
                    try:
                        await self._hear(client, hears, beats)
                    finally:
                        telling.cancel()
                        await asyncio.gather(telling, return_exceptions=True)
            await asyncio.sleep(_REST_S)

    async def _hear(self, client: aiomqtt.Client, hears: Callable[[Word], None], beats: Callable[[], None]) -> None:
        async for message in client.messages:
            await self._goes.wait()
            if message.topic.matches(f"{self._prefix}/{STATUS}"):
                if json.loads(bytes(message.payload))["online"] and not message.retain:
                    beats()
                continue
            result = Result.model_validate_json(bytes(message.payload))
            hears(Word(result.sequence, sheet_of(result.piece_id), result.verdict_code, time.monotonic()))

    async def _tell(self, client: aiomqtt.Client) -> None:
        while True:
            number, place_mm, since_s = await self._sheets.get()
            await self._goes.wait()
            if time.monotonic() - since_s > _OLD_S:
                continue
            name = f"{number}-{since_s:.3f}"
            order = {"request_id": name, "trigger_id": name, "piece_id": str(number), "place_mm": place_mm}
            with contextlib.suppress(aiomqtt.MqttError):
                await client.publish(f"{self._prefix}/{COMMAND}/trigger", json.dumps(order), qos=1)
