"""What the demo's decisions are worth: counted one by one, held against what was planted."""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any

import numpy as np

from camera.web import Material, PlantedObject, SimulatedWeb
from inspection.cli.demo_line import LINES, DemoLine
from inspection.quality.score_sheet import ScoreSheet, objects_about
from inspection.values import Box, Cut, Decision, Defect, Piece, Verdict


class Score:
    """Everything the summary tells, counted decision by decision."""

    def __init__(self, line: DemoLine) -> None:
        self._line = line
        self._webs = [SimulatedWeb(web) for web in line.views]
        self._pitch_mm = line.web.pixel_pitch_um / 1000.0
        self._places = {f"cam{number}": place for number, place in enumerate(line.places)}
        self._sheets: dict[int | None, ScoreSheet] = {}
        """For each lane, or for the whole width."""
        self._last_planted: tuple[tuple[int, int], tuple[PlantedObject, ...]] | None = None
        self.verdicts = Counter(dict.fromkeys((verdict.value for verdict in Verdict), 0))
        self.uninspected_reasons: Counter[str] = Counter()
        self.latency_ms: list[float] = []
        self.sequences: list[int] = []
        self.pieces = 0
        """Stretches of web that were decided, whether lane by lane or as a whole."""
        self.pixels = 0
        self.first_s = self.last_s = 0.0

    def add(self, decision: Decision, published_utc: datetime) -> None:
        """Count one decision that was published then."""
        self.last_s = time.monotonic()
        self.first_s = self.first_s or self.last_s
        self.sequences.append(decision.sequence)
        self.verdicts[decision.verdict.value] += 1
        # From its last line under the last camera, which may look at another roller than the first.
        since_decided_ms = (published_utc - decision.decided_utc).total_seconds() * 1000.0
        self.latency_ms.append(decision.latency_ms + since_decided_ms)
        piece = decision.piece
        is_new = piece.lane in (None, 1)
        self.pieces += is_new
        if decision.verdict is Verdict.UNINSPECTED:
            self.uninspected_reasons[decision.reasons[0].rule] += 1
        elif piece.start_mm is not None:
            first_line, lines = self._lines_of(piece, piece.start_mm)
            self.pixels += is_new * lines * self._line.camera_px * self._line.cameras
            sheet = self._sheets.setdefault(piece.lane, ScoreSheet(self._line.recipe, self._line.web.pixel_pitch_um))
            defects = [self._on_web(defect, decision, first_line) for defect in decision.defects]
            sheet.add(first_line, lines, self._planted(first_line, lines, piece.lane), decision.verdict, defects)

    def _lines_of(self, piece: Piece, start_mm: float) -> tuple[int, int]:
        """First line on the web, and number of lines."""
        lines = LINES
        if piece.cut is Cut.SHEET and piece.length_mm is not None:
            lines = round(piece.length_mm / self._pitch_mm)
        return round(start_mm / self._pitch_mm), lines

    def _planted(self, first_line: int, lines: int, lane: int | None) -> Iterable[PlantedObject]:
        """What lies there, each object as the view shows it that shows it best."""
        where = (first_line, lines)
        if self._last_planted is None or self._last_planted[0] != where:
            best: dict[str, PlantedObject] = {}
            for web in self._webs:
                for planted in objects_about(web, first_line, lines):
                    if planted.key not in best or planted.snr > best[planted.key].snr:
                        best[planted.key] = planted
            self._last_planted = (where, tuple(best.values()))
        for planted in self._last_planted[1]:
            if lane is None or self._lies_on(planted, lane):
                yield planted

    def _lies_on(self, planted: PlantedObject, lane: int) -> bool:
        """Whether some of it lies on a lane: what lies on two has to be rejected on both."""
        told = self._line.recipe.layout.lanes[lane - 1]
        left_mm = planted.left_px * self._pitch_mm + (self._line.web.left_mm if self._places else 0.0)
        return left_mm < told.right_mm and left_mm + planted.mask.shape[1] * self._pitch_mm > told.left_mm

    def _on_web(self, defect: Defect, decision: Decision, first_line: int) -> Defect:
        """Its box in pixels of all that is simulated, from the piece's first line."""
        if not defect.sightings:
            return defect
        frame, box = defect.sightings[0].frame, defect.sightings[0].defect.box
        place = self._places.get(frame.camera)
        start_mm = next((each.start_mm for each in decision.view_frames if each.frame == frame), None)
        top = round(defect.md_mm / self._pitch_mm - box.height_px / 2.0) - first_line
        if start_mm is not None:
            top = round(start_mm / self._pitch_mm) + box.top - first_line
        left, right = box.left, box.right
        if place is not None:
            left, right = sorted(
                round((place.across_at(column * self._pitch_mm) - self._line.web.left_mm) / self._pitch_mm)
                for column in (box.left, box.right)
            )
        return replace(defect, box=Box(left, top, right, top + box.height_px))

    def summary(self, source: str, material: Material, frames_read: int) -> dict[str, Any]:
        """What --summary writes; `frames_read`: numbers that the leading camera handed out, lost ones included."""
        p50, p99 = np.percentile(self.latency_ms, [50, 99]) if self.latency_ms else (0.0, 0.0)
        elapsed_s = self.last_s - self.first_s
        sheets = self._sheets.values()
        planted, found, missed = (
            dict(sorted(sum((Counter(getattr(sheet, name)) for sheet in sheets), Counter()).items()))
            for name in ("planted", "found", "missed")
        )
        return {
            "source": source,
            "material": material.value,
            "frames": frames_read,
            "decisions": len(self.sequences),
            "first_sequence": self.sequences[0] if self.sequences else None,
            "last_sequence": self.sequences[-1] if self.sequences else None,
            **{verdict.value: self.verdicts[verdict.value] for verdict in Verdict},
            "uninspected_reasons": dict(self.uninspected_reasons),
            "planted": planted,
            "found": found,
            "missed": missed,
            "false_rejects": sum(sheet.false_rejects for sheet in sheets),
            "latency_ms": {
                "p50": round(float(p50), 1),
                "p99": round(float(p99), 1),
                "max": round(max(self.latency_ms, default=0.0), 1),
            },
            "mpx_s": round(self.pixels / 1e6 / elapsed_s, 1) if elapsed_s > 0 else None,
        }

    @property
    def counts_frames(self) -> bool:
        """Whether there is one piece for each of the leading camera's frames."""
        return self._line.cut is not Cut.SHEET

    @property
    def idle_s(self) -> float:
        """Since the last decision; 0 before the first."""
        return time.monotonic() - self.last_s if self.last_s else 0.0

    @property
    def is_gapless(self) -> bool:
        """Whether the sequence numbers follow each other without gap or repeat."""
        return all(after == before + 1 for before, after in pairwise(self.sequences))
