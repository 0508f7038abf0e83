"""The PLC's side of the Modbus door, polled each 10 ms: our own map, or the one that smart cameras have in common."""

import queue
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress

from pymodbus.client import ModbusTcpClient
from pymodbus.exceptions import ModbusException

from inspection.line.modbus.blocks import ASKED, CAMERA_STATUS, CONTROL, INPUT, OUTPUT, RESULT, STATUS
from inspection.line.modbus.layouts import IN_SIGHT, STATION
from inspection.line.modbus.registers import Block, Layout, WordOrder
from inspection.simulated_line.plc import PITCH_UM, Word

_CYCLE_S = 0.01
_TIMEOUT_S = 1.0
_ORDER = WordOrder.HIGH_FIRST
_OLD_S = 2.0


def counts(place_mm: float) -> int:
    """A place on the web as the simulated camera's encoder counts it."""
    return round(place_mm * 1000.0 / PITCH_UM)


class ModbusPartner(ABC):
    """One thread, as a PLC's cycle: read all that is told, act on it, write all that is asked."""

    def __init__(self, port: int) -> None:
        self._client = ModbusTcpClient("127.0.0.1", port=port, timeout=_TIMEOUT_S, retries=0)
        self._sheets: queue.SimpleQueue[tuple[int, float, float]] = queue.SimpleQueue()
        self._goes, self._is_over = threading.Event(), threading.Event()
        self._goes.set()
        self._thread: threading.Thread | None = None
        self._heartbeat: int | None = None

    def start(self, hears: Callable[[Word], None], beats: Callable[[], None]) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._run, args=(hears, beats), name="modbus partner", daemon=True)
        self._thread.start()

    def tell_sheet(self, number: int, place_mm: float) -> None:
        """Told in the next cycle that can."""
        self._sheets.put((number, place_mm, time.monotonic()))

    def stall(self, *, stalls: bool) -> None:
        """Stop the cycle."""
        (self._goes.clear if stalls else self._goes.set)()

    def close(self) -> None:
        """End."""
        self._is_over.set()
        self._goes.set()
        if self._thread is not None:
            self._thread.join(3 * _TIMEOUT_S)
        self._client.close()  # type: ignore[no-untyped-call]

    def _run(self, hears: Callable[[Word], None], beats: Callable[[], None]) -> None:
        while not self._is_over.wait(_CYCLE_S):
            self._goes.wait()
            try:
                if not self._client.connected and not self._client.connect():  # type: ignore[no-untyped-call]
                    continue
                self.cycle(hears, beats)
            except (ModbusException, OSError):
                with suppress(OSError):
                    self._client.close()  # type: ignore[no-untyped-call]

    @abstractmethod
    def cycle(self, hears: Callable[[Word], None], beats: Callable[[], None]) -> None:
        """One cycle."""

    def _read(self, layout: Layout, *blocks: Block) -> dict[str, int]:
        """Numbers of blocks that lie side by side, by one request."""
        first = next(place for place in layout.places if place.block is blocks[0])
        assert first.inputs is not None
        answer = self._client.read_input_registers(first.inputs, count=sum(block.size for block in blocks))
        if answer.isError():
            raise ModbusException(f"refused: {answer}")
        words = list(answer.registers)
        told: dict[str, int] = {}
        for block in blocks:
            told |= block.decode(words[: block.size], _ORDER)
            words = words[block.size :]
        return told

    def _write(self, layout: Layout, block: Block, values: dict[str, int]) -> bool:
        """A whole block by one request. Returns whether it was taken in."""
        place = next(place for place in layout.places if place.block is block)
        assert place.holding is not None
        return not self._client.write_registers(place.holding, block.encode(values, _ORDER)).isError()

    def _beat(self, heartbeat: int, beats: Callable[[], None]) -> None:
        if heartbeat != self._heartbeat:
            self._heartbeat = heartbeat
            beats()

    def _next_sheet(self) -> tuple[int, float] | None:
        """The next one to be told; those whose time is over are not."""
        with suppress(queue.Empty):
            while True:
                number, place_mm, since_s = self._sheets.get_nowait()
                if time.monotonic() - since_s < _OLD_S:
                    return number, place_mm
        return None


class StationMapPartner(ModbusPartner):
    """On our own map: sequence numbers acknowledge, counters ask."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self._asked: dict[str, int] = {}
        self._told: dict[str, int] = {}

    def cycle(self, hears: Callable[[Word], None], beats: Callable[[], None]) -> None:
        """One cycle."""
        told = self._read(STATION, STATUS, RESULT)
        self._beat(told["heartbeat"], beats)
        asked = dict(self._asked)
        asked["partner_heartbeat"] = asked.get("partner_heartbeat", 0) % 0xFFFF + 1
        sequence = told["result_sequence"]
        if told["result_valid"] and sequence == told["result_sequence_again"]:
            if sequence != asked.get("result_acknowledged"):
                sheet = told["piece_id"] if told["knows_piece_id"] else None
                hears(Word(sequence, sheet, told["verdict"], time.monotonic()))
            asked["result_acknowledged"] = sequence
        is_free = told["trigger_answered"] == asked.get("trigger_count", 0) or not asked.get("trigger_count")
        if is_free and told["ready"] and (sheet_told := self._next_sheet()) is not None:
            number, place_mm = sheet_told
            asked["new_trigger_id"] = number + 1
            asked["new_piece_id"] = number
            asked["encoder_position"] = counts(place_mm)
            asked["trigger_count"] = asked.get("trigger_count", 0) % 0xFFFF + 1
        if self._write(STATION, ASKED, asked):
            self._asked = asked


class InSightPartner(ModbusPartner):
    """On the cameras' common map: bits ask and acknowledge by their edges."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self._control: dict[str, int] = {"trigger_enable": 1, "buffer_results_enable": 1}
        self._pending: tuple[int, float] | None = None

    def cycle(self, hears: Callable[[Word], None], beats: Callable[[], None]) -> None:
        """One cycle."""
        status = self._read(IN_SIGHT, CAMERA_STATUS)
        output = self._read(IN_SIGHT, OUTPUT)
        self._beat(self._read(IN_SIGHT, STATUS)["heartbeat"], beats)
        control = dict(self._control)
        if status["results_valid"] and not control.get("results_ack"):
            sheet = output["piece_id"] if output["knows_piece_id"] else None
            hears(Word(output["result_sequence"], sheet, output["result_code"], time.monotonic()))
            control["results_ack"] = 1
        elif not status["results_valid"]:
            control["results_ack"] = 0
        self._trigger(status, control)
        if self._write(IN_SIGHT, CONTROL, control):
            self._control = control

    def _trigger(self, status: dict[str, int], control: dict[str, int]) -> None:
        """User data first, the trigger when they were taken in, one edge after the other."""
        if control.get("trigger"):
            if status["trigger_ack"] or status["acquisition_error"]:
                control["trigger"] = control["set_user_data"] = 0
            return
        if control.get("set_user_data"):
            if status["set_user_data_ack"]:
                control["trigger"] = 1
            return
        if status["trigger_ready"] and not status["trigger_ack"] and not status["set_user_data_ack"]:
            sheet = self._next_sheet()
            if sheet is not None:
                number, place_mm = sheet
                values = {"new_piece_id": number, "encoder_position": counts(place_mm)}
                if self._write(IN_SIGHT, INPUT, values):
                    control["set_user_data"] = 1
