"""Brings planted objects to camera pixels, and says how well each can be seen."""

from collections import OrderedDict
from dataclasses import dataclass, replace

import numpy as np

from camera.web.canvas import Canvas, Ground, Painted, as_mask
from camera.web.coating import Window
from camera.web.figure import Place, Size
from camera.web.layout import Layout, Surface
from camera.web.optics import psf_sigma_px
from camera.web.planting import Planting
from camera.web.randomise import Variation
from camera.web.texture import STRIP_LINES, Field
from camera.web.truth import PlantedObject
from camera.web.visibility import Visibility

_SNR_PX = 1024
"""Lines and columns about the middle of longer or wider objects that count for their SNR."""
_KEPT_PX = 6_000_000
"""Painted objects kept, in pixels."""
_CUT = (Place.CUT_EDGE, Place.TAB, Place.CORNER)


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
    md_mm: float
    """Its centre on the web."""
    aside_mm: float
    """Its centre, across from the nominal one."""


class Painter:
    """Paints the objects of one web under one camera."""

    def __init__(
        self,
        ground: Ground,
        seen: dict[Surface, Visibility],
        levels_dn: dict[Surface, float],
        window: Window,
        layout: Layout,
        variation: Variation,
    ) -> None:
        """`ground`: the coating, away from edges; `seen` and `levels_dn`: of each surface."""
        self._variation = variation
        self._on_coating, self._visibility, self._levels_dn = ground, seen, levels_dn
        self._window, self._track, self._layout = window, window.track, layout
        self._width_px, self._pitch_mm, self._psf_px = window.width_px, window.pitch_mm, window.psf_px
        self._patches: OrderedDict[str, Patch] = OrderedDict()
        self._facts: OrderedDict[str, Facts] = OrderedDict()

    def patch(self, planting: Planting, first_line: int, lines: int) -> Patch | None:
        """The part of the object within these lines of the web, None if there is none."""
        top, bottom, left, right = self._box(planting)
        if right <= left:
            return None
        if planting.figure.is_windowed:
            top, bottom = max(top, first_line), min(bottom, first_line + lines)
            return self._paint_strips(planting, top, bottom, left, right) if bottom > top else None
        whole = self._patches.get(planting.key)
        if whole is None:
            whole = self._paint(planting, top, bottom, left, right, planting.md_mm)
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
            facts.md_mm,
            self._column_mm(planting, planting.md_mm) + facts.aside_mm,
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
            told = planting.figure.size()
            size = told or Size(painted.length_mm, painted.width_mm, painted.area_mm2)
            along_mm, aside_mm = _centre(painted, told, is_windowed=planting.figure.is_windowed)
            facts = Facts(
                size,
                painted.contrast_percent,
                self._snr(planting, painted),
                planting.md_mm + along_mm,
                aside_mm,
            )
            self._facts[planting.key] = facts
            while len(self._facts) > 4096:
                self._facts.popitem(last=False)
        return facts

    def _snr(self, planting: Planting, painted: Painted) -> float:
        """SNR of the noise-free difference image in DN, after optics, clipped as the sensor clips."""
        ground = self._ground(planting)
        top, _, left, _ = self._box(planting)
        height, width = painted.keep.shape
        lines = np.arange(height) + 0.5 + top - self._track.line(planting.md_mm)
        columns = np.arange(width) + 0.5 + left - self._column_mm(planting, planting.md_mm) / self._pitch_mm
        y, x = ((pixels * self._pitch_mm).astype(np.float32) for pixels in (lines[:, None], columns[None, :]))
        below = np.broadcast_to(np.minimum(ground.below(x, y), np.float32(255.0)), (height, width))
        inner = tuple(slice(max(0, (size - _SNR_PX) // 2), (size + _SNR_PX) // 2) for size in (height, width))
        seen = np.clip(painted.keep[inner] * below[inner] + painted.add[inner], 0.0, 255.0) - below[inner]
        return self._visibility[planting.site.surface].snr(seen)

    def _ground(self, planting: Planting) -> Ground:
        """What it lies on, and at an edge what lies on the other side."""
        site = planting.site
        level_dn = self._levels_dn[site.surface]
        tabs = self._layout.tabs if planting.kind.place is Place.TAB else None
        return replace(
            self._on_coating,
            level_dn=level_dn,
            is_bare=site.surface is Surface.FOIL,
            beyond_dn=level_dn if site.beyond is None else self._levels_dn[site.beyond],
            towards=site.towards,
            tab_mm=(0.0, 0.0) if tabs is None else (tabs.width_mm, tabs.height_mm),
        )

    def _column_mm(self, planting: Planting, md_mm: float) -> float:
        """Where it is seen, from column 0, when that place of the web passes."""
        return self._track.column_mm(planting.cd_mm, md_mm) - self._window.left_mm

    def _box(self, planting: Planting) -> tuple[int, int, int, int]:
        """(top, bottom, left, right) in pixels of the web; columns cut to the web."""
        pad = 3
        md, half_md = self._track.line(planting.md_mm), planting.half_md_mm / self._pitch_mm
        half_cd_mm, cd_mm = planting.half_cd_mm, self._column_mm(planting, planting.md_mm)
        if planting.figure.is_windowed:
            # It weaves along its length.
            half_cd_mm, cd_mm = half_cd_mm + self._track.most_weave_mm, planting.cd_mm - self._window.left_mm
        return (
            int(np.floor(md - half_md)) - pad,
            int(np.ceil(md + half_md)) + pad,
            max(0, int(np.floor((cd_mm - half_cd_mm) / self._pitch_mm)) - pad),
            min(self._width_px, int(np.ceil((cd_mm + half_cd_mm) / self._pitch_mm)) + pad),
        )

    def _paint_strips(self, planting: Planting, top: int, bottom: int, left: int, right: int) -> Patch:
        """Each strip of the web lies aside by its own weave, whatever part of it is asked for."""
        starts = range(top // STRIP_LINES * STRIP_LINES, bottom, STRIP_LINES)
        parts = []
        for start in starts:
            md_mm = (start + 0.5 * STRIP_LINES) * self._pitch_mm
            first, last = max(top, start), min(bottom, start + STRIP_LINES)
            parts.append(self._paint(planting, first, last, left, right, md_mm).painted)
        if planting.kind.place in (Place.COATING, Place.LANE):
            share = self._layout.coated_share(np.asarray((np.arange(top, bottom) + 0.5) * self._pitch_mm, np.float64))
        else:
            share = np.ones(bottom - top)
        return Patch(top, left, _joined(parts, share.astype(np.float32)[:, None]))

    def _paint(self, planting: Planting, top: int, bottom: int, left: int, right: int, md_mm: float) -> Patch:
        """These lines and columns of it, as far aside as the web lies when the place `md_mm` passes."""
        pixels = (bottom - top) * (right - left)
        fine = 1 if planting.figure.is_windowed else 8 if pixels <= 1_600 else 4 if pixels <= 40_000 else 2
        if pixels > 1_000_000:
            fine = 1
        column = self._column_mm(planting, md_mm) / self._pitch_mm
        centre = (self._track.line(planting.md_mm) - top, column - left)
        canvas = Canvas(centre, (bottom - top, right - left), fine, self._pitch_mm)
        ground = self._ground(planting)
        planting.figure.paint(canvas, ground)
        if ground.is_opaque:
            canvas.veil(ground)
        sigma = psf_sigma_px(self._psf_px, column, self._width_px)
        # What is cut away shows the roller, and no half of it.
        strength = 1.0 if planting.kind.place in _CUT else self._variation.strength(planting.key)
        return Patch(top, left, canvas.develop(sigma, self._track.smear_px, ground, strength))


def _centre(painted: Painted, told: Size | None, *, is_windowed: bool) -> tuple[float, float]:
    """(machine, cross direction) in mm from the nominal centre: nominal for what is painted in strips; of lines, which
    tell their size, the middle between their ends; of irregular objects the centroid.
    """
    if is_windowed:
        return 0.0, 0.0
    return painted.centroid_mm if told is None else painted.middle_mm


def _joined(parts: list[Painted], share: Field) -> Painted:
    """Strips of one object below each other; of each line only that share is there."""
    weights = np.array([max(float(part.coverage.sum()), 1e-9) for part in parts])
    contrast = float(np.average([part.contrast_percent for part in parts], weights=weights))
    keep = np.concatenate([part.keep for part in parts])
    return Painted(
        np.asarray(np.float32(1.0) + share * (keep - np.float32(1.0)), np.float32),
        share * np.concatenate([part.add for part in parts]),
        share * np.concatenate([part.coverage for part in parts]),
        contrast,
        sum(part.length_mm for part in parts),
        max(part.width_mm for part in parts),
        sum(part.area_mm2 for part in parts),
        (0.0, 0.0),
        (0.0, 0.0),
    )


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
