"""Whether each sheet of a fast line has its one decision, by its own id, though the line tells of it badly.

A whole station looks through a simulated GenICam camera at sheets of 300 mm that pass at 80 m/min. The line tells it
over HTTP where each begins: a little early or late, one in fifty twice, and of one in fifty not at all. By `frame` it
names the camera's frame ahead of time, as a controller that counts lines can; by `time` it tells when the sheet is
there. Both want a machine that keeps up, and by time a busy machine's lateness counts as the line's. With `--speed 0`
there is no camera between and the web moves as fast as the station takes it, which any machine can do. Exits with 1
unless each sheet that passed has one decision, in order, under its own id if it was told.

    python benchmarks/benchmark_sheets.py [--sheets 2000] [--by frame] [--speed 80] [--json]
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import structlog
from rich.console import Console
from rich.table import Table

from camera.settings import SimulatedSettings
from camera.simulated.simulated_camera import SimulatedCamera
from camera.web import PlantingRate, WebSettings
from inspection.doors import make_doors
from inspection.station.feed import Publication
from inspection.station.places import PieceSettings, SheetSettings
from inspection.station.settings import ApiSettings, ArchiveSettings, StationSettings
from inspection.station.station import Station
from inspection.values import Cut, Decision

MODELS = Path(__file__).parents[1] / "models"
PITCH_MM, TOLERANCE_MM = 300.0, 60.0
LINES, PX_MM = 1024, 0.05
FRAME_MM = LINES * PX_MM
WEB = WebSettings(width_px=128, severity=PlantingRate.NORMAL, seed=8_016)
JITTER_MM = 2.0
_AHEAD_MM = 400.0
"""A sheet whose frame is named is told so long before it comes."""
_FAR_AHEAD_MM = 60.0 * PITCH_MM
"""The same where the web waits for nobody but the station."""
_DEADLINE_MS = 20_000.0
"""The machine may have other things to do: what is late isn't the question here."""
_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Word:
    """What the line tells at a place of its encoder."""

    at_mm: float
    sheet: int
    begins_mm: float
    """Where it takes the sheet to begin."""
    is_again: bool = False

    @property
    def trigger_id(self) -> str:
        """No two are alike."""
        return f"cut {self.sheet}{' again' if self.is_again else ''}"


def main() -> None:
    """Run, print, and exit with 1 if a sheet has no decision of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sheets", type=int, default=2000)
    parser.add_argument("--by", default="frame", choices=("frame", "time"))
    parser.add_argument("--speed", type=float, default=80.0, help="of the web, m/min (default: 80); 0: see above")
    parser.add_argument("--json", action="store_true", help="figures as JSON on standard output")
    options = parser.parse_args()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger("error"),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    with tempfile.TemporaryDirectory() as name:
        result = measure(Path(name), options.sheets, options.by, options.speed)
    if options.json:
        sys.stdout.write(json.dumps(result) + "\n")
    else:
        table = Table("", "")
        for key, value in result.items():
            table.add_row(key, str(value))
        Console().print(table)
    sys.exit(0 if result["sheets without a decision of their own"] == 0 and result["decisions too many"] == 0 else 1)


def words(first_mm: float, sheets: int, ahead_mm: float, random: np.random.Generator) -> list[Word]:
    """What the line tells of so many sheets, in the order in which it does. The first and the last it tells rightly."""
    told = []
    for sheet in range(sheets + 1):
        is_inside = 0 < sheet < sheets
        if is_inside and random.random() < 0.02:
            continue
        said_mm = first_mm + sheet * PITCH_MM + float(random.uniform(-JITTER_MM, JITTER_MM))
        told.append(Word(said_mm - ahead_mm, sheet, said_mm))
        if is_inside and random.random() < 0.02:
            told.append(Word(said_mm - ahead_mm + 5.0, sheet, said_mm + 5.0, is_again=True))
    return told


def measure(folder: Path, sheets: int, by: str, speed_m_per_min: float) -> dict[str, Any]:
    """The web runs until all sheets are decided."""
    decisions: list[Decision] = []

    def take(publications: Sequence[Publication]) -> None:
        decisions.extend(each.decision for each in publications)

    def decided_mm() -> float:
        return next(each.piece.start_mm for each in reversed(decisions) if each.piece.start_mm is not None)

    with ExitStack() as line:
        if speed_m_per_min > 0.0:
            rate_hz = speed_m_per_min * 1000.0 / 60.0 / PX_MM
            rig = line.enter_context(SimulatedCamera(WEB, lines=LINES, line_rate_hz=rate_hz))
            camera = rig.settings(name="cam0", ring_slots=256)
            now_mm, ahead_mm = (lambda: rig.encoder_lines() * PX_MM), _AHEAD_MM if by == "frame" else 0.0
        else:
            camera = SimulatedSettings(name="cam0", web=WEB, lines=LINES, line_rate_hz=None)
            now_mm, ahead_mm = decided_mm, _FAR_AHEAD_MM
        settings = StationSettings(
            cameras=(camera,),
            recipe="anode",
            models_dir=MODELS,
            state_dir=folder,
            deadline_ms=_DEADLINE_MS,
            pieces=PieceSettings(cut=Cut.SHEET, sheet=SheetSettings(pitch_mm=PITCH_MM, tolerance_mm=TOLERANCE_MM)),
            archive=ArchiveSettings(max_gb=0.001),
            api=ApiSettings(port=0),
        )
        station = line.enter_context(Station(settings, doors=make_doors(settings), sinks=[take]))
        while not decisions:  # the watchdog cuts sheets until the line tells of one
            time.sleep(0.01)
        told = words(now_mm() + ahead_mm + 3.0 * PITCH_MM, sheets, ahead_mm, np.random.default_rng(sheets))
        frame_0_mm = _frame_0_mm(decisions[0]) if by == "frame" else None
        late_mm, refused = tell(station.door("http").address, told, now_mm, frame_0_mm)
        last_mm = told[-1].begins_mm + 2.0 * PITCH_MM
        while decided_mm() < last_mm:
            time.sleep(0.2)
    return counted(decisions, told, sheets) | {
        "told late by (mm): median, 99 %, most": [
            round(float(each), 1) for each in (np.median(late_mm), np.percentile(late_mm, 99), max(late_mm))
        ],
        "refused by the station": refused,
    }


def tell(
    url: str, told: Sequence[Word], now_mm: Callable[[], float], frame_0_mm: float | None
) -> tuple[list[float], int]:
    """Each word when the web has come to it, naming frames where it is known where these lie. Returns how late each
    was, and how many were refused.
    """
    late_mm, refused = [], 0
    with httpx.Client(base_url=url, timeout=_PATIENCE_S) as line:
        for number, word in enumerate(told):
            while now_mm() < word.at_mm:
                time.sleep(0.002)
            body: dict[str, Any] = {"trigger_id": word.trigger_id, "piece_id": f"sheet {word.sheet}", "camera": "cam0"}
            if frame_0_mm is not None:
                body["frame_number"] = int((word.begins_mm - frame_0_mm) / FRAME_MM)
            refused += line.post("/v1/triggers", json=body).status_code != 202
            late_mm.append(now_mm() - word.at_mm)
            if number % 100 == 0:
                sys.stderr.write(f"{number} told, {late_mm[-1]:.1f} mm late\n")
    return late_mm, refused


def _frame_0_mm(decision: Decision) -> float:
    """Where the camera's frame 0 would have begun."""
    shown = next(each for each in decision.view_frames if each.start_mm is not None)
    return shown.start_mm - shown.frame.number * FRAME_MM


def counted(decisions: Sequence[Decision], told: Sequence[Word], sheets: int) -> dict[str, Any]:
    """What became of the sheets that passed from the first one that the line told of to the last."""
    ids = [each.piece.piece_id for each in decisions]
    first, last = ids.index("sheet 0"), ids.index(f"sheet {sheets}") if f"sheet {sheets}" in ids else len(ids) - 1
    passed = decisions[first : last + 1]
    named = Counter(each.piece.piece_id for each in passed if each.piece.piece_id is not None)
    once = {word.sheet for word in told}
    starts = [each.piece.start_mm for each in passed]
    far_mm = [
        abs(each.piece.start_mm - by_sheet[each.piece.piece_id])
        for by_sheet in [{f"sheet {word.sheet}": word.begins_mm for word in told if not word.is_again}]
        for each in passed
        if each.piece.piece_id is not None and each.piece.start_mm is not None
    ]
    return {
        "sheets that passed": sheets + 1,
        "told of": len(once),
        "told twice": sum(word.is_again for word in told),
        "decisions": len(passed),
        "sheets without a decision of their own": sum(named[f"sheet {sheet}"] != 1 for sheet in once),
        "decisions too many": len(passed) - (sheets + 1),
        "in order": starts == sorted(starts, key=lambda each: each or 0.0)
        and [each.sequence for each in passed] == list(range(passed[0].sequence, passed[0].sequence + len(passed))),
        "begin where told within (mm)": round(max(far_mm), 1),
        "verdicts": dict(Counter(each.verdict.value for each in passed)),
        "rules": dict(Counter(each.reasons[0].rule for each in passed if each.reasons)),
        "latency (ms): median, most": [
            round(float(each))
            for each in (np.median([e.latency_ms for e in passed]), max(e.latency_ms for e in passed))
        ],
    }


if __name__ == "__main__":
    main()
