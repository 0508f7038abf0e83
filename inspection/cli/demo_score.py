"""What the demo's decisions are worth: counted one by one, held against what was planted."""

import time
from collections import Counter
from datetime import datetime
from itertools import pairwise
from typing import Any

import numpy as np

from camera.web import Material, SimulatedWeb, WebSettings
from inspection.quality.score_sheet import ScoreSheet, objects_about
from inspection.recipe.recipe import Recipe
from inspection.values import Decision, Verdict

LINES = 1024
"""Lines of a block."""


class Score:
    """Everything the summary tells, counted decision by decision."""

    def __init__(self, web: WebSettings, recipe: Recipe) -> None:
        self._web = SimulatedWeb(web)
        self._pitch_um = web.pixel_pitch_um
        self.sheet = ScoreSheet(recipe, web.pixel_pitch_um)
        self.verdicts = Counter(dict.fromkeys((verdict.value for verdict in Verdict), 0))
        self.uninspected_reasons: Counter[str] = Counter()
        self.latency_ms: list[float] = []
        self.sequences: list[int] = []
        self.pixels = 0
        self.first_s = self.last_s = 0.0

    def add(self, decision: Decision, published_utc: datetime) -> None:
        """Count one decision that was published then."""
        self.last_s = time.monotonic()
        self.first_s = self.first_s or self.last_s
        self.sequences.append(decision.sequence)
        self.verdicts[decision.verdict.value] += 1
        self.latency_ms.append((published_utc - decision.captured_utc).total_seconds() * 1000.0)
        if decision.verdict is Verdict.UNINSPECTED:
            self.uninspected_reasons[decision.reasons[0].rule] += 1
        elif decision.piece.start_mm is not None:
            self.pixels += LINES * self._web.settings.width_px
            first_line = round(decision.piece.start_mm * 1000.0 / self._pitch_um)
            planted = objects_about(self._web, first_line, LINES)
            self.sheet.add(first_line, LINES, planted, decision.verdict, decision.defects)

    def summary(self, source: str, material: Material, frames_read: int) -> dict[str, Any]:
        """What --summary writes; `frames_read`: numbers that the camera handed out, lost ones included."""
        p50, p99 = np.percentile(self.latency_ms, [50, 99]) if self.latency_ms else (0.0, 0.0)
        elapsed_s = self.last_s - self.first_s
        return {
            "source": source,
            "material": material.value,
            "frames": frames_read,
            "decisions": len(self.sequences),
            "first_sequence": self.sequences[0] if self.sequences else None,
            "last_sequence": self.sequences[-1] if self.sequences else None,
            **{verdict.value: self.verdicts[verdict.value] for verdict in Verdict},
            "uninspected_reasons": dict(self.uninspected_reasons),
            "planted": self.sheet.planted,
            "found": self.sheet.found,
            "missed": self.sheet.missed,
            "false_rejects": self.sheet.false_rejects,
            "latency_ms": {
                "p50": round(float(p50), 1),
                "p99": round(float(p99), 1),
                "max": round(max(self.latency_ms, default=0.0), 1),
            },
            "mpx_s": round(self.pixels / 1e6 / elapsed_s, 1) if elapsed_s > 0 else None,
        }

    @property
    def is_gapless(self) -> bool:
        """Whether the sequence numbers follow each other without gap or repeat."""
        return all(after == before + 1 for before, after in pairwise(self.sequences))
