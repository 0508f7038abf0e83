"""The PLC's side of the OPC UA door: events of results, what was missed by the list, a heartbeat that it reads."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from typing import Any

import structlog
from asyncua import Client, ua

from inspection.line.opcua.content import LAYOUT_PLACES
from inspection.line.opcua.nodes import load_types
from inspection.line.opcua.table import URI
from inspection.simulated_line.partner import sheet_of
from inspection.simulated_line.plc import Word

_REST_S, _BEAT_S, _OLD_S, _TIMEOUT_S = 0.2, 0.25, 2.0, 10.0
_PERIOD_MS = 10
_RESULT_READY = 1024
_PLACES = {place.name: number for number, place in enumerate(LAYOUT_PLACES)}
_log = structlog.get_logger("inspection.simulated_line")
_LINE, _RESULTS = "VisionSystem.Line", "VisionSystem.ResultManagement"


class OpcUaPartner:
    """An event loop on a thread of its own."""

    def __init__(self, port: int) -> None:
        self._address = f"opc.tcp://127.0.0.1:{port}"
        self._loop = asyncio.new_event_loop()
        self._sheets: asyncio.Queue[tuple[int, float, float]] = asyncio.Queue()
        self._heard: asyncio.Queue[Any] = asyncio.Queue(10_000)
        self._goes = asyncio.Event()
        self._goes.set()
        self._last: int | None = None
        """The last result that was taken; None: none was yet."""
        self._thread = threading.Thread(target=self._loop.run_forever, name="opcua partner", daemon=True)
        self._task: asyncio.Future[None] | None = None

    def start(self, hears: Callable[[Word], None], beats: Callable[[], None]) -> None:
        """Begin."""
        self._thread.start()
        self._loop.call_soon_threadsafe(self._begin, hears, beats)

    def tell_sheet(self, number: int, place_mm: float) -> None:
        """Told as soon as the connection is there."""
        self._loop.call_soon_threadsafe(self._sheets.put_nowait, (number, place_mm, time.monotonic()))

    def stall(self, *, stalls: bool) -> None:
        """Take nothing in and say nothing."""
        self._loop.call_soon_threadsafe(self._goes.clear if stalls else self._goes.set)

    def close(self) -> None:
        """End. May be repeated."""
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(20.0)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10.0)
            self._loop.close()

    def event_notification(self, event: Any) -> None:
        """A result is ready; called by the client."""
        with contextlib.suppress(asyncio.QueueFull):  # it is in the list of what was missed
            self._heard.put_nowait(event)

    def _begin(self, hears: Callable[[Word], None], beats: Callable[[], None]) -> None:
        self._task = asyncio.ensure_future(self._keep(hears, beats))

    async def _end(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _keep(self, hears: Callable[[Word], None], beats: Callable[[], None]) -> None:
        while True:
            try:
                async with Client(self._address, timeout=_TIMEOUT_S) as client:
                    await self._converse(client, hears, beats)
            except (OSError, ua.UaError, TimeoutError) as error:
                _log.info("the OPC UA partner was cut off, and comes back", why=repr(error))
            await asyncio.sleep(_REST_S)

    async def _converse(self, client: Client, hears: Callable[[Word], None], beats: Callable[[], None]) -> None:
        spaces = await client.get_namespace_array()
        model = spaces.index(URI)
        own = next(place for place, uri in enumerate(spaces) if uri.endswith(":line"))
        await load_types(client, model)

        def node(path: str) -> Any:
            return client.get_node(ua.NodeId(path, own))

        async def call(path: str, *arguments: Any) -> Any:
            return await node(path.rpartition(".")[0]).call_method(node(path).nodeid, *arguments)

        if self._last is None:
            self._last = int(await node(f"{_LINE}.Acknowledged").read_value())
        subscription = await client.create_subscription(_PERIOD_MS, self)
        result_ready = client.get_node(ua.NodeId(_RESULT_READY, model))
        await subscription.subscribe_events(node("VisionSystem"), result_ready, queuesize=1000)
        await self._catch_up(call, hears)
        tasks = [
            asyncio.ensure_future(each)
            for each in (self._hear(call, hears), self._tell(call), self._listen(node, beats))
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _catch_up(self, call: Any, hears: Callable[[Word], None]) -> None:
        """All results that were missed, by the list."""
        nothing = (
            ua.Variant(0, ua.VariantType.Int32),
            ua.MeasIdDataType(),
            ua.PartIdDataType(),
            ua.RecipeIdExternalDataType(),
            ua.RecipeIdInternalDataType(),
            ua.ConfigurationIdDataType(),
            ua.ConfigurationIdDataType(),
            ua.ProductIdDataType(),
            ua.JobIdDataType(),
        )
        is_complete = False
        while not is_complete:
            start, most = ua.Variant(self._last, ua.VariantType.UInt32), ua.Variant(50, ua.VariantType.UInt32)
            timeout = ua.Variant(2000, ua.VariantType.Int32)
            told = await call(f"{_RESULTS}.GetResultListFiltered", *nothing, most, start, timeout)
            is_complete, page = told[0], told[3]
            for each in page:
                self._take(each, hears)
            if page:
                await self._acknowledge(call)

    async def _hear(self, call: Any, hears: Callable[[Word], None]) -> None:
        while True:
            event = await self._heard.get()
            await self._goes.wait()
            sequence = int(_value(event, "Sequence"))
            assert self._last is not None
            if sequence > self._last + 1:
                await self._catch_up(call, hears)
            self._take(event, hears)
            if self._heard.empty():
                await self._acknowledge(call)

    def _take(self, result: Any, hears: Callable[[Word], None]) -> None:
        """An event or an entry of the list: both have the same fields."""
        sequence = int(_value(result, "Sequence"))
        if self._last is None or sequence > self._last:
            evaluation = int(_value(result, "ResultEvaluation"))
            hears(Word(sequence, sheet_of(result.PartId.Id), evaluation, time.monotonic()))
            self._last = sequence

    async def _acknowledge(self, call: Any) -> None:
        await call(f"{_RESULTS}.AcknowledgeResults", ua.Variant(self._last, ua.VariantType.UInt64))

    async def _tell(self, call: Any) -> None:
        while True:
            number, place_mm, since_s = await self._sheets.get()
            await self._goes.wait()
            if time.monotonic() - since_s < _OLD_S:
                name = f"{number}-{since_s:.3f}"
                await call(f"{_LINE}.AddSheet", name, str(number), ua.Variant(place_mm, ua.VariantType.Double))

    async def _listen(self, node: Any, beats: Callable[[], None]) -> None:
        before: int | None = None
        while True:
            await self._goes.wait()
            heartbeat = int(await node(f"{_LINE}.Heartbeat").read_value())
            if heartbeat != before:
                before = heartbeat
                beats()
            await asyncio.sleep(_BEAT_S)


def _value(result: Any, name: str) -> Any:
    each = result.ResultContent[_PLACES[name]]
    return each.Value if isinstance(each, ua.Variant) else each
