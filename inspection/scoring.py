"""Holds decisions against what was really on a simulated web: found, missed, rejected without cause.

The demo's summary and `training evaluate` both count with this, so that their figures mean the same.
"""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from camera.web.truth import PlantedObject
from camera.web.web import SimulatedWeb
from inspection.recipe import Recipe
from inspection.values import Box, Defect, Verdict

VISIBLE_SNR = 8.0
"""From here on an object counts as visible in this view."""
_SLACK_PX = 12
"""A defect's box may lie so far from the object's and still mean it: a cell and a half of the detector's map."""


_BLUR_LINES = 3


@dataclass(slots=True)
class ScoreSheet:
    """Counts over blocks. An object in several blocks counts once, found if one of them was rejected for it."""

    recipe: Recipe
    pixel_pitch_um: float
    blocks: int = 0
    good_blocks: int = 0
    """Blocks without any defect, nuisance allowed, that were judged."""
    false_rejects: int = 0
    """Rejected good blocks."""
    minor_blocks: int = 0
    """Judged blocks whose defects are all within their limits or too faint to see."""
    minor_rejects: int = 0
    false_kinds: Counter[str] = field(default_factory=Counter)
    """What the station believed to see on good blocks that it rejected."""
    _found: dict[str, bool] = field(default_factory=dict)
    _named: dict[str, str] = field(default_factory=dict)
    _kind: dict[str, str] = field(default_factory=dict)

    def must_be_rejected(self, planted: PlantedObject) -> bool:
        """Visible (SNR of at least 8) and above the recipe's limits, by its true sizes."""
        if planted.is_nuisance or planted.snr < VISIBLE_SNR:
            return False
        return self.recipe.fits(
            planted.kind,
            diameter_mm=planted.diameter_mm,
            length_mm=planted.length_mm,
            width_mm=planted.width_mm,
            area_mm2=planted.area_mm2,
            contrast_percent=planted.contrast_percent,
            pixel_pitch_um=self.pixel_pitch_um,
        )

    def add(
        self, first_line: int, planted: Iterable[PlantedObject], verdict: Verdict, defects: Iterable[Defect]
    ) -> None:
        """Count one judged block. An uninspected block is left out: the line rejects it anyway."""
        self.blocks += 1
        if verdict is Verdict.UNINSPECTED:
            return
        on_block = [p for p in planted if not p.is_nuisance]
        seen = list(defects)
        is_rejected = verdict is Verdict.REJECT
        if not on_block:
            self.good_blocks += 1
            self.false_rejects += is_rejected
            if is_rejected:
                self.false_kinds.update({d.kind for d in seen if not d.kind.startswith("N")})
        elif not any(self.must_be_rejected(p) for p in on_block):
            self.minor_blocks += 1
            self.minor_rejects += is_rejected
        for planted_object in on_block:
            if self.must_be_rejected(planted_object):
                key = planted_object.key
                self._kind[key] = planted_object.kind
                there = [d for d in seen if touches(planted_object, first_line, d.box)] if is_rejected else []
                self._found[key] = self._found.get(key, False) or bool(there)
                if there:
                    nearest = min(there, key=lambda d: _distance_mm(planted_object, d))
                    self._named.setdefault(key, nearest.kind)

    @property
    def planted(self) -> dict[str, int]:
        """Objects that had to be rejected, by kind."""
        return dict(sorted(Counter(self._kind.values()).items()))

    @property
    def found(self) -> dict[str, int]:
        """Those that were."""
        return self._count(True)

    @property
    def missed(self) -> dict[str, int]:
        """Those that were not: escapes."""
        return self._count(False)

    @property
    def named(self) -> dict[str, dict[str, int]]:
        """By kind, what those found were called: the name of the defect nearest to the object's centre."""
        table: dict[str, Counter[str]] = {}
        for key, name in sorted(self._named.items()):
            table.setdefault(self._kind[key], Counter())[name] += 1
        return {kind: dict(names.most_common()) for kind, names in sorted(table.items())}

    @property
    def missed_keys(self) -> list[str]:
        """The escapes' names on their web."""
        return sorted(key for key, was_found in self._found.items() if not was_found)

    def _count(self, was_found: bool) -> dict[str, int]:
        kinds = Counter(self._kind[key] for key, found in self._found.items() if found is was_found)
        return dict(sorted(kinds.items()))


def objects_about(web: SimulatedWeb, first_line: int, lines: int) -> tuple[PlantedObject, ...]:
    """The planted objects of a block, and those that end so near to it that their blurred edge shows in it."""
    start = max(0, first_line - _BLUR_LINES)
    return web.objects(start, first_line + lines + _BLUR_LINES - start)


def _distance_mm(planted: PlantedObject, defect: Defect) -> float:
    return math.hypot(defect.md_mm - planted.md_mm, defect.cd_mm - planted.cd_mm)


def touches(planted: PlantedObject, first_line: int, box: Box) -> bool:
    """Whether a defect's box and an object's lie within the slack of each other."""
    top = planted.top_line - first_line
    left = planted.left_px
    height, width = planted.mask.shape
    return (
        box.left - _SLACK_PX < left + width
        and left < box.right + _SLACK_PX
        and box.top - _SLACK_PX < top + height
        and top < box.bottom + _SLACK_PX
    )
