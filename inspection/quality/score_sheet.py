"""Holds decisions against what was really on a simulated web: found, missed, rejected without cause.

The demo's summary and `training evaluate` both count with this, so that their figures mean the same.
"""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from camera.web.truth import PlantedObject
from camera.web.web import SimulatedWeb
from inspection.recipe.recipe import Recipe
from inspection.values import Box, Defect, Verdict
from inspection.values.kinds import is_nuisance

VISIBLE_SNR = 8.0
"""From here on an object counts as visible in this view."""
_SLACK_PX = 12
"""A defect's box may lie so far from the object's and still mean it: a cell and a half of the detector's map."""
_BLUR_LINES = 3


@dataclass(slots=True)
class _Record:
    """What the sheet knows of one object."""

    planted: PlantedObject
    was_found: bool = False
    was_seen: bool = False
    named: str | None = None
    is_cut: bool = False
    """Part of it lies in lines that nobody judged."""
    pixels: int = 0
    """Pixels of it in judged lines."""
    top_line: int = 0
    bottom_line: int = 0
    """Judged lines that show it."""


@dataclass(frozen=True, slots=True)
class ObjectOutcome:
    """What became of an object, as far as it was shown."""

    planted: PlantedObject
    is_above_limits: bool
    """Its true sizes, as far as it was shown, are above the recipe's limits."""
    is_due: bool
    """It had to be rejected: it is visible, and above the limits."""
    was_found: bool
    """A block that shows it was rejected, and a defect was measured there."""
    was_seen: bool
    """A defect was measured there, whatever the verdict."""
    named: str | None
    """What it was called where it was found: by the name of the defect nearest to its centre."""
    diameter_mm: float
    """Diameter of a disc of the area that was shown."""


@dataclass(slots=True)
class ScoreSheet:
    """What blocks show, object by object. One in several blocks counts once, found if one of them was rejected for it.

    Of an object that goes on into lines that were not judged (before the first block, after the last one, in a block
    that was not inspected), only what was shown is held against the limits.
    """

    recipe: Recipe
    pixel_pitch_um: float
    false_rejects: int = 0
    """Rejected blocks without any defect, nuisance allowed."""
    _records: dict[str, _Record] = field(default_factory=dict)
    _going_on: list[_Record] = field(default_factory=list)
    """Objects that reach the end of the last judged block."""
    _judged_to: int | None = None

    def must_be_rejected(self, planted: PlantedObject) -> bool:
        """Visible (SNR of at least 8) and above the recipe's limits, by its true sizes."""
        return planted.snr >= VISIBLE_SNR and self._is_above(planted, planted.length_mm, planted.area_mm2)

    def add(
        self, first_line: int, lines: int, planted: Iterable[PlantedObject], verdict: Verdict, defects: Iterable[Defect]
    ) -> None:
        """Count one block. An uninspected block is left out: the line rejects it anyway."""
        is_next = self._judged_to == first_line
        if verdict is Verdict.UNINSPECTED or not is_next:
            for record in self._going_on:
                record.is_cut = True
        self._going_on = []
        if verdict is Verdict.UNINSPECTED:
            self._judged_to = None
            return
        self._judged_to = first_line + lines
        on_block = [p for p in planted if not p.is_nuisance]
        seen = [d for d in defects if not is_nuisance(d.kind)]
        is_rejected = verdict is Verdict.REJECT
        self.false_rejects += is_rejected and not on_block
        for planted_object in on_block:
            there = [d for d in seen if touches(planted_object, first_line, d.box)]
            record = self._note(planted_object, first_line, lines, is_next=is_next)
            record.was_seen |= bool(there)
            record.was_found |= bool(there) and is_rejected
            if record.was_found and record.named is None:
                record.named = min(there, key=lambda d: _distance_mm(planted_object, d)).kind

    def _note(self, planted: PlantedObject, first_line: int, lines: int, *, is_next: bool) -> _Record:
        """Note that a block shows it."""
        top, bottom = planted.top_line, planted.top_line + planted.mask.shape[0]
        end = first_line + lines
        record = self._records.setdefault(planted.key, _Record(planted, top_line=max(top, first_line)))
        record.is_cut |= top <= first_line and not is_next
        if bottom >= end:
            self._going_on.append(record)
        record.bottom_line = min(bottom, end)
        record.pixels += int(np.count_nonzero(planted.mask[max(0, first_line - top) : max(0, end - top)]))
        return record

    def _due(self) -> list[_Record]:
        """Objects that had to be rejected, as far as they were shown."""
        return [each for each in self._records.values() if self._was_due(each)]

    def _is_cut(self, record: _Record) -> bool:
        """Only a part of it was shown."""
        return record.is_cut or any(record is other for other in self._going_on)

    def _was_due(self, record: _Record) -> bool:
        return record.planted.snr >= VISIBLE_SNR and self._was_above(record)

    def _was_above(self, record: _Record) -> bool:
        planted = record.planted
        if not self._is_cut(record):
            return self._is_above(planted, planted.length_mm, planted.area_mm2)
        if record.pixels == 0:
            return False
        pitch_mm = self.pixel_pitch_um / 1000.0
        shown_mm = math.hypot((record.bottom_line - record.top_line) * pitch_mm, planted.mask.shape[1] * pitch_mm)
        return self._is_above(
            planted, min(planted.length_mm, shown_mm), min(planted.area_mm2, record.pixels * pitch_mm**2)
        )

    def _is_above(self, planted: PlantedObject, length_mm: float, area_mm2: float) -> bool:
        return not planted.is_nuisance and self.recipe.fits(
            planted.kind,
            diameter_mm=2.0 * math.sqrt(area_mm2 / math.pi),
            length_mm=length_mm,
            width_mm=min(planted.width_mm, length_mm),
            area_mm2=area_mm2,
            contrast_percent=planted.contrast_percent,
            pixel_pitch_um=self.pixel_pitch_um,
        )

    @property
    def planted(self) -> dict[str, int]:
        """Objects that had to be rejected, by kind."""
        return dict(sorted(Counter(each.planted.kind for each in self._due()).items()))

    @property
    def found(self) -> dict[str, int]:
        """Those that were."""
        return self._count(was_found=True)

    @property
    def missed(self) -> dict[str, int]:
        """Those that were not: escapes."""
        return self._count(was_found=False)

    @property
    def outcomes(self) -> list[ObjectOutcome]:
        """All objects that were shown, also those within their limits and those too faint to be asked for."""
        return [self._outcome(each) for each in self._records.values() if each.pixels]

    def _outcome(self, record: _Record) -> ObjectOutcome:
        planted = record.planted
        area_mm2 = planted.area_mm2
        if self._is_cut(record):
            area_mm2 = min(area_mm2, record.pixels * (self.pixel_pitch_um / 1000.0) ** 2)
        return ObjectOutcome(
            planted,
            self._was_above(record),
            self._was_due(record),
            record.was_found,
            record.was_seen,
            record.named,
            2.0 * math.sqrt(area_mm2 / math.pi),
        )

    def _count(self, *, was_found: bool) -> dict[str, int]:
        kinds = Counter(each.planted.kind for each in self._due() if each.was_found is was_found)
        return dict(sorted(kinds.items()))


def objects_about(web: SimulatedWeb, first_line: int, lines: int) -> tuple[PlantedObject, ...]:
    """The planted objects of a block, and those that end so near to it that their blurred edge shows in it."""
    start = max(0, first_line - _BLUR_LINES)
    return web.objects(start, first_line + lines + _BLUR_LINES - start)


def _distance_mm(planted: PlantedObject, defect: Defect) -> float:
    return math.hypot(defect.md_mm - planted.md_mm, defect.cd_mm - planted.cd_mm)


def touches(planted: PlantedObject, first_line: int, box: Box) -> bool:
    """Whether a defect's box and an object's lie within the slack of each other."""
    top, left = planted.top_line - first_line, planted.left_px
    height, width = planted.mask.shape
    return near(Box(left, top, left + width, top + height), box)


def near(one: Box, other: Box) -> bool:
    """Whether two boxes lie within the slack of each other: they may mean the same object.

    >>> near(Box(0, 0, 10, 10), Box(20, 0, 30, 10)), near(Box(0, 0, 10, 10), Box(22, 0, 30, 10))
    (True, False)
    """
    return (
        other.left - _SLACK_PX < one.right
        and one.left < other.right + _SLACK_PX
        and other.top - _SLACK_PX < one.bottom
        and one.top < other.bottom + _SLACK_PX
    )
