"""A line in real time: sheets pass camera and gate, a PLC acts on what a door tells it, wrong actions are counted."""

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from camera.simulated.sheet_web import SHEET_MM, is_bad
from camera.simulated.simulated_camera import Fault, SimulatedCamera
from camera.web import Material, PlantingRate, WebSettings
from inspection.client import Client
from inspection.errors import LineError
from inspection.simulated_line.cable import Cable
from inspection.simulated_line.outputs import WAYS, Output, beside, partner_of
from inspection.simulated_line.partner import Partner
from inspection.simulated_line.plc import PITCH_UM, Plc, Why, Word
from inspection.simulated_line.station_process import StationProcess

_LINES, _WIDTH_PX = 512, 512
_LOOK_S = 0.001
_TOLERANCE_MM = 15.0
_WATCHDOG_S = 1.0
_SPARE_MS = 20.0
"""Kept between a decision's deadline and the gate: the way through door and network."""
_LAST_S = 30.0
"""Patience with a door that still has results to hand on when the last sheet has passed."""


class LineFault(StrEnum):
    """What can go wrong between station and PLC, every so often."""

    CABLE = "cable"
    """The cable between door and PLC is pulled."""
    STALL_PLC = "stall-plc"
    """The PLC stops, and goes on."""
    STALL_STATION = "stall-station"
    """The station's process is frozen, and goes on."""
    KILL_STATION = "kill-station"
    """The station's process is killed, and started again."""
    KILL_DOOR = "kill-door"
    """The door's process is killed; the station starts it again."""
    CAMERA = "camera"
    """The camera's cable is pulled."""


@dataclass(frozen=True, slots=True)
class LinePlan:
    """What is to be run."""

    output: Output
    sheets: int
    speed_m_per_min: float
    gate_mm: float
    """Web that passes between a sheet's last line under the camera and the gate's action."""
    models_dir: Path
    folder: Path
    """For the station's settings, state and log."""
    fault: LineFault | None = None
    every_s: float = 20.0
    for_s: float = 3.0

    @property
    def line_rate_hz(self) -> float:
        """Lines per second."""
        return self.speed_m_per_min / 60.0 * 1e6 / PITCH_UM

    @property
    def deadline_ms(self) -> float:
        """What the station has from a block's last line on, so that the gate hears in time."""
        mm_per_ms = self.speed_m_per_min / 60.0
        block_ms = _LINES / self.line_rate_hz * 1000.0
        return self.gate_mm / mm_per_ms - block_ms - _SPARE_MS


@dataclass(slots=True)
class LineOutcome:
    """What happened, sheet by sheet."""

    sheets: int = 0
    bad_sheets: int = 0
    bad_passed: int = 0
    """Bad sheets that the gate let through: there must never be one."""
    good_rejected: int = 0
    late: int = 0
    """Sheets without a result when they were at the gate."""
    whys: Counter[str] = field(default_factory=Counter)
    """Sheets by why the gate acted as it did."""
    latency_ms: list[float] = field(default_factory=list)
    """From a sheet's last line to its result at the PLC."""
    decisions: int = 0
    """Decisions that the station has made meanwhile."""
    missed: int = 0
    """Those of them that the PLC never heard of."""
    repeated: int = 0
    """Results that the PLC heard again."""
    out_of_order: int = 0
    """Results with a lower number than one before, told for the first time."""
    faults: int = 0
    """How many times something was made to go wrong."""

    def told(self) -> dict[str, Any]:
        """As JSON."""
        values = np.array(self.latency_ms or [0.0])
        p50, p99, p999 = np.percentile(values, [50, 99, 99.9])
        return {
            "sheets": self.sheets,
            "bad_sheets": self.bad_sheets,
            "bad_passed": self.bad_passed,
            "good_rejected": self.good_rejected,
            "late": self.late,
            "latency_ms": {
                "p50": round(float(p50), 1),
                "p99": round(float(p99), 1),
                "p999": round(float(p999), 1),
                "max": round(float(values.max()), 1),
            },
            "actions": dict(self.whys),
            "decisions": self.decisions,
            "missed": self.missed,
            "repeated": self.repeated,
            "out_of_order": self.out_of_order,
            "faults": self.faults,
        }


def run_line(plan: LinePlan, says: Callable[[str], None]) -> LineOutcome:
    """Run the line until all sheets have passed the gate. Raises LineError or a CameraError: what can't be had."""
    if plan.deadline_ms <= 0:
        raise LineError(
            f"At {plan.speed_m_per_min:g} m/min a gate {plan.gate_mm:g} mm behind the camera leaves no time for a "
            "decision: set it farther away (--gate-mm), or run slower."
        )
    plan.folder.mkdir(parents=True, exist_ok=True)
    web = WebSettings(material=Material.ANODE, severity=PlantingRate.CLEAN, width_px=_WIDTH_PX, pixel_pitch_um=PITCH_UM)
    with ExitStack() as stack:
        rig = SimulatedCamera(
            web, lines=_LINES, line_rate_hz=plan.line_rate_hz, renderer="camera.simulated.sheet_web:SheetWeb", slots=16
        )
        stack.enter_context(rig)
        api_port, door_port = _free_port(), _free_port()
        way = WAYS[plan.output]
        told = None if way.settings is None else {**way.settings, "port": door_port}
        stack.enter_context(beside(plan.output, plan.folder, door_port))
        station = stack.enter_context(StationProcess(_settings(plan, rig, api_port, told), plan.folder, api_port))
        says(f"the station runs, its API on {station.url}; its settings and log are in {plan.folder}")
        where = urlsplit(station.url)
        cable = stack.enter_context(Cable("127.0.0.1", door_port if told else where.port or 80))
        partner = partner_of(plan.output, cable.port)
        stack.callback(partner.close)
        line = _Line(plan, rig, station, cable, partner, says)
        return line.run()


class _Line:
    """The moving parts, in one thread's hands; results come in on the partner's."""

    def __init__(
        self,
        plan: LinePlan,
        rig: SimulatedCamera,
        station: StationProcess,
        cable: Cable,
        partner: Partner,
        says: Callable[[str], None],
    ) -> None:
        self._plan, self._rig, self._station, self._cable = plan, rig, station, cable
        self._partner, self._says = partner, says
        self._lock = threading.Lock()
        self._plc = Plc(_WATCHDOG_S)
        self._outcome = LineOutcome()
        self._ended_s: dict[int, float] = {}
        """When each sheet's last line was under the camera."""
        self._heard: set[int] = set()
        self._last_heard = 0
        self._faults: threading.Thread | None = None
        self._is_over = threading.Event()

    def run(self) -> LineOutcome:
        plan = self._plan
        with Client(self._station.url) as station:
            before = station.last_sequence()
        self._partner.start(self._hears, self._beats)
        mm_per_s = plan.speed_m_per_min * 1000.0 / 60.0
        first = int(self._place_mm() // SHEET_MM) + 1
        told = ended = at_gate = first
        counted = first + 2  # the first two belong to the line's start
        last = counted + plan.sheets
        if plan.fault is not None:
            self._faults = threading.Thread(target=self._break_things, args=(plan.fault,), daemon=True)
            self._faults.start()
        while at_gate < last:
            time.sleep(_LOOK_S)
            place_mm, now_s = self._place_mm(), time.monotonic()
            while place_mm >= told * SHEET_MM:
                self._partner.tell_sheet(told, told * SHEET_MM)
                told += 1
            with self._lock:
                while place_mm >= (ended + 1) * SHEET_MM:
                    self._ended_s[ended] = now_s - (place_mm - (ended + 1) * SHEET_MM) / mm_per_s
                    ended += 1
                while place_mm >= (at_gate + 1) * SHEET_MM + plan.gate_mm:
                    self._pass_gate(at_gate, now_s, counts=at_gate >= counted)
                    at_gate += 1
        self._is_over.set()
        if self._faults is not None:
            self._faults.join()
        self._take_stock(before)
        return self._outcome

    def _place_mm(self) -> float:
        return self._rig.encoder_lines() * PITCH_UM / 1000.0

    def _pass_gate(self, sheet: int, now_s: float, *, counts: bool) -> None:
        passage = self._plc.gate(sheet, now_s)
        if not counts:
            return
        outcome, bad = self._outcome, is_bad(sheet)
        outcome.sheets += 1
        outcome.bad_sheets += bad
        outcome.bad_passed += bad and passage.passes
        outcome.good_rejected += not bad and not passage.passes
        outcome.late += passage.why is Why.NO_RESULT
        outcome.whys[passage.why.value] += 1
        if outcome.sheets % 500 == 0:
            self._says(f"{outcome.sheets} sheets, {outcome.bad_passed} bad ones passed")

    def _hears(self, word: Word) -> None:
        with self._lock:
            if word.sequence in self._heard:
                self._outcome.repeated += 1
                return
            self._heard.add(word.sequence)
            self._outcome.out_of_order += word.sequence < self._last_heard
            self._last_heard = max(self._last_heard, word.sequence)
            self._plc.hears(word)
            if word.sheet is not None and (ended_s := self._ended_s.pop(word.sheet, None)) is not None:
                self._outcome.latency_ms.append((word.heard_s - ended_s) * 1000.0)

    def _beats(self) -> None:
        with self._lock:
            self._plc.beats(time.monotonic())

    def _break_things(self, fault: LineFault) -> None:
        """One fault after the other, each mended before the next."""
        while not self._is_over.wait(self._plan.every_s):
            self._outcome.faults += 1
            self._says(f"fault: {fault.value}")
            break_it, mend_it = self._hands(fault)
            break_it()
            self._is_over.wait(self._plan.for_s)
            mend_it()

    def _hands(self, fault: LineFault) -> tuple[Callable[[], None], Callable[[], None]]:
        hands: Mapping[LineFault, tuple[Callable[[], None], Callable[[], None]]] = {
            LineFault.CABLE: (self._cable.pull, self._cable.plug),
            LineFault.STALL_PLC: (lambda: self._partner.stall(stalls=True), lambda: self._partner.stall(stalls=False)),
            LineFault.STALL_STATION: (
                lambda: self._station.stall(stalls=True),
                lambda: self._station.stall(stalls=False),
            ),
            LineFault.KILL_STATION: (self._station.kill, self._station.start),
            LineFault.KILL_DOOR: (self._station.kill_doors, lambda: None),
            LineFault.CAMERA: (lambda: self._rig.fault(Fault.UNPLUG), self._rig.clear_faults),
        }
        return hands[fault]

    def _take_stock(self, before: int) -> None:
        """Let the door hand on what it still has, then hold what the PLC heard against what was decided."""
        with Client(self._station.url) as station:
            newest = station.last_sequence()
            until_s = time.monotonic() + _LAST_S
            while self._last_heard < newest and time.monotonic() < until_s:
                time.sleep(0.1)
            place, decided = before, set()
            while found := station.decisions(place, limit=1000).decisions:
                decided |= {each.sequence for each in found if each.sequence <= newest}
                place = found[-1].sequence
        with self._lock:
            self._outcome.decisions = len(decided)
            self._outcome.missed = len(decided - self._heard)


def _settings(plan: LinePlan, rig: SimulatedCamera, api_port: int, door: Mapping[str, Any] | None) -> dict[str, Any]:
    camera = rig.settings(encoder_step_um=PITCH_UM).model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    return {
        "name": "line simulation",
        "recipe": "anode",
        "models_dir": str(plan.models_dir.resolve()),
        "state_dir": str((plan.folder / "state").resolve()),
        "deadline_ms": round(plan.deadline_ms, 1),
        "api": {"port": api_port},
        "pieces": {"cut": "sheet", "sheet": {"pitch_mm": SHEET_MM, "tolerance_mm": _TOLERANCE_MM}},
        "doors": None if door is None else {"plc": dict(door)},
        "cameras": [{"kind": "gentl"} | camera],
    }


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port
