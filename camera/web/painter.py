"""Brings planted objects to camera pixels, and says how well each can be seen."""

from collections import OrderedDict
from dataclasses import dataclass, replace

import numpy as np

from camera.web.canvas import Canvas, Ground, Painted, as_mask
from camera.web.figure import Size
from camera.web.optics import psf_sigma_px
from camera.web.planting import Planting
from camera.web.texture import Field
from camera.web.truth import PlantedObject
from camera.web.visibility import Visibility

_SNR_PX = 1024
"""Of longer or wider objects, what so many lines and columns about their middle show counts."""
_KEPT_PX = 6_000_000
"""Painted objects kept, in pixels."""


@dataclass(frozen=True, slots=True)
class Patch:
    """Painted pixels and where they lie on the web."""

    top: int
    left: int
    painted: Painted


@dataclass(frozen=True, slots=True)
class Facts:
    """What is true of an object whatever part of it is asked for."""

    size: Size
    contrast_percent: float
    snr: float


class Painter:
    """Paints the objects of one web under one camera."""

    def __init__(
        self,
        coating: Ground,
        bare: Ground,
        visibility: tuple[Visibility, Visibility],
        width_px: int,
        pitch_mm: float,
        psf_px: float,
        line_offset: float = 0.0,
    ) -> None:
        """`visibility`: on the coating and on bare surface."""
        self._coating, self._bare, self._visibility = coating, bare, visibility
        self._width_px, self._pitch_mm, self._psf_px = width_px, pitch_mm, psf_px
        self._line_offset = line_offset
        self._patches: OrderedDict[str, Patch] = OrderedDict()
        self._facts: OrderedDict[str, Facts] = OrderedDict()

    def patch(self, planting: Planting, first_line: int, lines: int) -> Patch | None:
        """The part of the object within these lines of the web, None if there is none."""
        top, bottom, left, right = self._box(planting)
        if right <= left:
            return None
        if planting.figure.is_windowed:
            top, bottom = max(top, first_line), min(bottom, first_line + lines)
            return self._paint(planting, top, bottom, left, right) if bottom > top else None
        whole = self._patches.get(planting.key)
        if whole is None:
            whole = self._paint(planting, top, bottom, left, right)
            self._patches[planting.key] = whole
            kept = sum(patch.painted.keep.size for patch in self._patches.values())
            while kept > _KEPT_PX and len(self._patches) > 1:
                _, dropped = self._patches.popitem(last=False)
                kept -= dropped.painted.keep.size
        return _crop(whole, first_line, lines)

    def truth(self, planting: Planting, first_line: int, lines: int) -> PlantedObject | None:
        """The object's line on the answer sheet, None if no pixel of it lies within these lines."""
        patch = self.patch(planting, first_line, lines)
        if patch is None:
            return None
        # The threshold is the whole object's, whatever part is asked for.
        if planting.figure.is_windowed:
            peak = 1.0 if self._facts_of(planting).size.width_mm > 2.0 * self._pitch_mm else 0.0
            peak = max(peak, float(patch.painted.coverage.max()))
        else:
            peak = float(self._patches[planting.key].painted.coverage.max())
        mask = as_mask(patch.painted.coverage, peak)
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if rows.size == 0:
            return None
        mask = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].copy()
        facts = self._facts_of(planting)
        return PlantedObject(
            planting.kind.code,
            planting.key,
            planting.md_mm,
            planting.cd_mm,
            facts.size.length_mm,
            facts.size.width_mm,
            facts.size.area_mm2,
            facts.contrast_percent,
            facts.snr,
            patch.top + int(rows[0]),
            patch.left + int(columns[0]),
            mask,
        )

    def _facts_of(self, planting: Planting) -> Facts:
        facts = self._facts.get(planting.key)
        if facts is None:
            top, bottom, _, _ = self._box(planting)
            middle = (top + bottom) // 2
            start = max(top, middle - _SNR_PX // 2) if planting.figure.is_windowed else top
            lines = min(bottom - start, _SNR_PX) if planting.figure.is_windowed else bottom - top
            patch = self.patch(planting, start, lines)
            assert patch is not None, "an object's own box shows it"
            painted = patch.painted
            size = planting.figure.size() or Size(painted.length_mm, painted.width_mm, painted.area_mm2)
            facts = Facts(size, painted.contrast_percent, self._snr(planting, painted))
            self._facts[planting.key] = facts
            while len(self._facts) > 4096:
                self._facts.popitem(last=False)
        return facts

    def _snr(self, planting: Planting, painted: Painted) -> float:
        """Of the noise-free difference image in DN, after optics, clipped as the sensor clips."""
        level = min(self._ground(planting).level_dn, 255.0)
        inner = tuple(slice(max(0, (size - _SNR_PX) // 2), (size + _SNR_PX) // 2) for size in painted.keep.shape)
        seen = np.clip(painted.keep[inner] * np.float32(level) + painted.add[inner], 0.0, 255.0) - np.float32(level)
        return self._visibility[int(planting.is_on_bare)].snr(seen)

    def _ground(self, planting: Planting) -> Ground:
        return self._bare if planting.is_on_bare else self._coating

    def _line(self, planting: Planting) -> float:
        """Its centre in lines of this camera."""
        return planting.md_mm / self._pitch_mm - self._line_offset

    def _box(self, planting: Planting) -> tuple[int, int, int, int]:
        """(top, bottom, left, right) in pixels of the web; columns cut to the web."""
        pad = 3
        md, cd = self._line(planting), planting.cd_mm / self._pitch_mm
        half_md = planting.half_md_mm / self._pitch_mm
        half_cd = planting.half_cd_mm / self._pitch_mm
        return (
            int(np.floor(md - half_md)) - pad,
            int(np.ceil(md + half_md)) + pad,
            max(0, int(np.floor(cd - half_cd)) - pad),
            min(self._width_px, int(np.ceil(cd + half_cd)) + pad),
        )

    def _paint(self, planting: Planting, top: int, bottom: int, left: int, right: int) -> Patch:
        pixels = (bottom - top) * (right - left)
        fine = 1 if planting.figure.is_windowed else 8 if pixels <= 1_600 else 4 if pixels <= 40_000 else 2
        if pixels > 1_000_000:
            fine = 1
        centre = (self._line(planting) - top, planting.cd_mm / self._pitch_mm - left)
        canvas = Canvas(centre, (bottom - top, right - left), fine, self._pitch_mm)
        ground = self._ground(planting)
        planting.figure.paint(canvas, ground)
        sigma = psf_sigma_px(self._psf_px, planting.cd_mm / self._pitch_mm, self._width_px)
        return Patch(top, left, canvas.develop(sigma, min(ground.level_dn, 255.0), ground.shading))


def lay(scene: Field, first_line: int, patch: Patch) -> None:
    """Put painted pixels onto (lines, width) DN of web that begin at `first_line`."""
    start = patch.top - first_line
    height, width = patch.painted.keep.shape
    below = scene[start : start + height, patch.left : patch.left + width]
    below *= patch.painted.keep
    below += patch.painted.add


def _crop(patch: Patch, first_line: int, lines: int) -> Patch | None:
    height = patch.painted.keep.shape[0]
    start, end = max(0, first_line - patch.top), min(height, first_line + lines - patch.top)
    if end <= start:
        return None
    if (start, end) == (0, height):
        return patch
    whole = patch.painted
    part = replace(whole, keep=whole.keep[start:end], add=whole.add[start:end], coverage=whole.coverage[start:end])
    return Patch(patch.top + start, patch.left, part)
