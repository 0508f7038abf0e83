"""The web without defects and without noise: coating, bare bands and the edges between them."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from camera.web import lattice
from camera.web.edges import INSIDE_MM, OUTSIDE_MM, Edges, Profile, coating_profile, plain_profile
from camera.web.layout import Border, Layout, Stretch, Surface
from camera.web.materials import Appearance
from camera.web.motion import Track
from camera.web.optics import blur
from camera.web.outline import Outline
from camera.web.texture import CACHED_LINES, STRIP_LINES, EndlessTexture, Field, make_plate, plate_columns

_RANK = {Surface.COATING: 0, Surface.FOIL: 1, Surface.INSULATION: 2, Surface.OUTSIDE: 3}
"""What lies over what where two surfaces meet."""
_BELOW_MM = 1.0
"""A band goes on so far below what lies over it."""
_BELOW_TAB_MM = 0.5
"""Coating or ceramic reaches so far onto a tab, so that a cut never leaves a thread of foil."""
_NEAR = np.array([-1.0, 0.0, 1.0])
"""Lines, and columns, over which the lens spreads a spark."""


@dataclass(frozen=True, slots=True)
class _Band:
    """Columns that one surface covers, the transitions to lower surfaces included."""

    surface: Surface
    columns: slice
    edges: tuple[tuple[Border, int], ...]
    """Each with the side of the lower surface: +1 if that lies at larger columns."""


@dataclass(frozen=True, slots=True)
class Window:
    """One camera's part of a web."""

    left_mm: float
    """Place of column 0 on the web."""
    width_px: int
    pitch_mm: float
    psf_px: float
    track: Track


class Coating:
    """Renders the defect-free web in strips, in 8-bit DN under even light."""

    def __init__(self, appearance: Appearance, layout: Layout, edges: Edges, window: Window, seed: int) -> None:
        rng = np.random.default_rng([seed, 41])
        self._coat, self._appearance = appearance.coat, appearance
        self._layout, self._border_places, self._window = layout, edges, window
        self._width_px, self._pitch_mm = window.width_px, window.pitch_mm
        pitch_um, psf_px, track = 1000.0 * window.pitch_mm, window.psf_px, window.track
        self._seeds = [int(value) for value in rng.integers(2**62, size=12)]
        self._x_mm = np.asarray((np.arange(window.width_px) + 0.5) * self._pitch_mm, np.float64)
        self._outline = Outline(layout, edges) if layout.tabs or layout.sheets else None
        self._bands = self._find_bands(layout)
        widest = max([512, *(band.columns.stop - band.columns.start for band in self._bands)])
        if layout.gaps is not None or self._outline is not None:
            widest = max(widest, window.width_px)
        coat_plate = make_plate(self._coat, pitch_um, psf_px, plate_columns(window.width_px), self._seeds[0])
        self.coat_plate = track.smear(coat_plate)
        self.bare_plate = track.smear(
            make_plate(appearance.bare, pitch_um, psf_px, plate_columns(widest), self._seeds[1])
        )
        self._coat_texture = EndlessTexture(self.coat_plate, self._seeds[2])
        self._bare_texture = EndlessTexture(self.bare_plate, self._seeds[3])
        self._bars_period_mm = float(rng.uniform(8.0, 60.0))
        across_mm, along_mm = psf_px * self._pitch_mm, np.hypot(psf_px, track.smear_px) * self._pitch_mm
        self._edge_profile = coating_profile(float(rng.uniform(0.05, 0.15)), across_mm)
        # The slurry's flow starts and stops less sharply than a die's side wall cuts it.
        self._end_profile = coating_profile(float(rng.uniform(0.3, 0.6)), float(along_mm))
        self._ceramic_profile = plain_profile(float(np.hypot(across_mm, 0.04)))
        self._cut_profile = plain_profile(across_mm)
        self._slow: Callable[[int], Field] = lru_cache(maxsize=4)(self._slow_columns)
        self._knots: Callable[[int, int, float], NDArray[np.float64]] = lru_cache(maxsize=16)(self._knot_line)
        self._sparks: Callable[[int], NDArray[np.float64]] = lru_cache(maxsize=8)(self._draw_sparks)
        spark = np.zeros((3, 3), np.float32)
        spark[1, 1] = 1.0
        spark = blur(np.pad(spark, 3), psf_px)[3:6, 3:6]
        self._spark = spark / spark.max()

    def strip(self, first_line: int) -> Field:
        """(STRIP_LINES, width_px) DN; `first_line` is a multiple of STRIP_LINES."""
        scene = self._coat_texture.strip(first_line, self._width_px)
        start, end = self._slow(first_line), self._slow(first_line + STRIP_LINES)
        line = np.arange(first_line, first_line + STRIP_LINES)
        bars = np.cos((line * self._pitch_mm) % self._bars_period_mm * (2.0 * np.pi / self._bars_period_mm))
        along = np.arange(STRIP_LINES, dtype=np.float32) / np.float32(STRIP_LINES)
        bars_gain = (1.0 + np.sqrt(2.0) * self._coat.bars_cv * bars).astype(np.float32)
        lines = np.stack([1.0 - along, along, bars_gain], axis=1) * np.float32(self._coat.level_dn)
        columns = np.concatenate([start, end, np.ones_like(start)])
        for first in range(0, STRIP_LINES, CACHED_LINES):
            rows = slice(first, first + CACHED_LINES)
            scene[rows] *= np.float32(self._coat.level_dn)
            scene[rows] += lines[rows] @ columns
        self._add_sparks(scene, first_line)
        md_mm = self._window.track.md_mm(first_line, STRIP_LINES)
        # Where the web's position 0 is seen, across.
        origin_mm = self._window.track.weave_mm(md_mm) - self._window.left_mm
        coated = self._lay_gaps(scene, first_line, md_mm, origin_mm)
        for number, band in enumerate(self._bands):
            self._lay_band(scene, first_line, md_mm, origin_mm, band, number, coated)
        if self._outline is not None:
            self._cut_out(scene, first_line, md_mm, origin_mm, self._outline)
        return scene

    def _slow_columns(self, line: int) -> Field:
        """(1, width_px) relative coat weight and natural streaks at a line."""
        md_mm = line * self._pitch_mm
        total = np.zeros(self._width_px)
        total += self._coat.drying_cv * self._sheet(self._seeds[4], md_mm / 15.0, 15.0)
        for salt, (cd_mm, share) in enumerate(((0.4, 0.5), (1.6, 0.6), (5.0, 0.63))):
            streaks = self._sheet(self._seeds[5] + salt, md_mm / 3000.0, cd_mm)
            total += share * self._coat.streak_cv * streaks
        return total.astype(np.float32)[None, :]

    def _sheet(self, seed: int, along: float, spacing_mm: float) -> NDArray[np.float64]:
        """A smooth random sheet of deviation 1, read along one line."""
        knot = int(np.floor(along))
        fraction = along - knot
        turn = fraction * fraction * (3.0 - 2.0 * fraction) * np.pi / 2.0
        return np.asarray(
            np.cos(turn) * self._knots(seed, knot, spacing_mm) + np.sin(turn) * self._knots(seed, knot + 1, spacing_mm)
        )

    def _knot_line(self, seed: int, knot: int, spacing_mm: float) -> NDArray[np.float64]:
        return lattice.smooth((seed + 104_729 * knot) % 2**62, self._x_mm / spacing_mm)

    def _draw_sparks(self, strip: int) -> NDArray[np.float64]:
        """(n, 3) line within the strip, column and DN of glints and dark pores."""
        rng = np.random.default_rng([self._seeds[6], strip + 1])
        pixels = STRIP_LINES * self._width_px
        glints = rng.poisson(self._coat.glints_per_px * pixels)
        pores = rng.poisson(self._coat.pores_per_px * pixels)
        height = np.concatenate(
            [
                rng.exponential(self._coat.glint_dn, glints),
                -self._coat.level_dn * rng.uniform(0.1, 0.35, pores),
            ]
        )
        lines = rng.integers(0, STRIP_LINES, height.size)
        columns = rng.integers(1, self._width_px - 1, height.size)
        return np.stack([lines, columns, height], axis=1)

    def _add_sparks(self, scene: Field, first_line: int) -> None:
        own = first_line // STRIP_LINES
        near = [self._sparks(own + n) + np.array([n * STRIP_LINES, 0, 0]) for n in (-1, 0, 1)]
        lines, columns, height = np.concatenate(near).T
        line = np.broadcast_to((lines[:, None] + _NEAR).astype(np.int64)[:, :, None], (lines.size, 3, 3))
        column = np.broadcast_to((columns[:, None] + _NEAR).astype(np.int64)[:, None, :], line.shape)
        height = height[:, None, None] * self._spark
        shown = (line >= 0) & (line < STRIP_LINES)
        np.add.at(scene, (line[shown], column[shown]), height[shown])

    def _find_bands(self, layout: Layout) -> tuple[_Band, ...]:
        stretches = _below_outline(layout) if self._outline is not None else layout.stretches()
        bands = []
        for number, stretch in enumerate(stretches):
            if stretch.surface is Surface.COATING:
                continue
            edges = []
            ends = [stretch.left_mm, stretch.right_mm]
            for end, side, neighbour in ((0, -1, number - 1), (1, 1, number + 1)):
                if not 0 <= neighbour < len(stretches):
                    continue
                other = stretches[neighbour].surface
                if _RANK[other] > _RANK[stretch.surface]:
                    ends[end] += side * _BELOW_MM
                    continue
                left, right = (other, stretch.surface) if end == 0 else (stretch.surface, other)
                edges.append((Border(ends[end], left, right), side))
                ends[end] += side * INSIDE_MM
            columns = self._columns(ends[0], ends[1])
            if columns.stop > columns.start:
                bands.append(_Band(stretch.surface, columns, tuple(edges)))
        return tuple(sorted(bands, key=lambda band: _RANK[band.surface]))

    def _columns(self, left_mm: float, right_mm: float) -> slice:
        """Where that stretch of the web may be seen."""
        weave = self._window.track.most_weave_mm + 0.5
        return self._columns_seen(left_mm - self._window.left_mm - weave, right_mm - self._window.left_mm + weave)

    def _columns_seen(self, left_mm: float, right_mm: float) -> slice:
        """Columns between two places in the image."""
        first, last = np.clip([left_mm / self._pitch_mm, right_mm / self._pitch_mm], 0.0, self._width_px).tolist()
        return slice(int(first), max(int(first), math.ceil(last)))

    def _lay_gaps(
        self, scene: Field, first_line: int, md_mm: NDArray[np.float64], origin_mm: NDArray[np.float64]
    ) -> Field:
        """Lay the gaps between patches bare; (lines, 1) share of coating that is left on each line."""
        coated = np.ones((STRIP_LINES, 1), np.float32)
        if self._layout.gaps is None:
            return coated
        reach = INSIDE_MM + OUTSIDE_MM
        for gap in self._layout.gaps.touching(md_mm[0] - reach, md_mm[-1] + reach):
            rows = slice(*np.searchsorted(md_mm, (gap.start_mm - reach, gap.end_mm + reach)))
            place, part = md_mm[rows, None], scene[rows]
            if part.size == 0:
                continue
            cd_mm = self._x_mm - float(origin_mm[rows].mean())
            start = gap.start_mm + self._border_places.end_wander_mm(2 * gap.number, cd_mm)
            end = gap.end_mm + self._border_places.end_wander_mm(2 * gap.number + 1, cd_mm)
            alpha, gain = self._end_profile.at(np.maximum(start - place, place - end))
            assert gain is not None, "coating piles up at its ends"
            part *= gain
            bare = self._texture(Surface.FOIL, first_line, self._width_px, salt=900)[rows]
            part += alpha * (bare - part)
            np.minimum(coated[rows], 1.0 - alpha.mean(axis=1, keepdims=True), out=coated[rows])
        return coated

    def _texture(
        self, surface: Surface, first_line: int, width_px: int, salt: int, columns: slice | None = None
    ) -> Field:
        """(STRIP_LINES, width_px) DN of what is not coating, or these columns of it."""
        if surface is Surface.INSULATION:
            # Ceramic particles are finer than those of a coating.
            texture = self._coat_texture.strip(first_line, width_px, salt, columns)
            texture *= np.float32(0.5)
            level = self._appearance.insulation_dn
        else:
            texture = self._bare_texture.strip(first_line, width_px, salt, columns)
            level = self._appearance.bare.level_dn
            if surface is Surface.OUTSIDE:
                level = self._appearance.through_dn
        texture += np.float32(1.0)
        texture *= np.float32(level)
        return texture

    def _lay_band(
        self,
        scene: Field,
        first_line: int,
        md_mm: NDArray[np.float64],
        origin_mm: NDArray[np.float64],
        band: _Band,
        number: int,
        coated: Field,
    ) -> None:
        width_px = band.columns.stop - band.columns.start
        over = self._texture(band.surface, first_line, width_px, salt=number + 1)
        first, last = band.columns.start, band.columns.stop
        for border, side in band.edges:
            place = self._border_places.place_mm(border, md_mm) + origin_mm
            low, high = (INSIDE_MM, OUTSIDE_MM) if side < 0 else (OUTSIDE_MM, INSIDE_MM)
            columns = self._columns_seen(float(place.min()) - low, float(place.max()) + high)
            first, last = (max(first, columns.start), last) if side < 0 else (first, min(last, columns.stop))
            if columns.stop <= columns.start:
                continue
            depth = side * (self._x_mm[columns][None, :] - place[:, None])
            alpha, gain = self._profile(border).at(depth)
            below = scene[:, columns]
            if gain is not None:
                below = below * (1.0 + (gain - 1.0) * coated)
            part = slice(columns.start - band.columns.start, columns.stop - band.columns.start)
            over[:, part] = below + alpha * (over[:, part] - below)
        if last > first:
            scene[:, first:last] = over[:, first - band.columns.start : last - band.columns.start]

    def _cut_out(
        self,
        scene: Field,
        first_line: int,
        md_mm: NDArray[np.float64],
        origin_mm: NDArray[np.float64],
        outline: Outline,
    ) -> None:
        """Lay the roller around tabs and sheets."""
        reach = self._columns(*outline.reach_mm)
        for beyond in (slice(0, reach.start), slice(reach.stop, self._width_px)):
            if beyond.stop > beyond.start:
                scene[:, beyond] = self._texture(Surface.OUTSIDE, first_line, self._width_px, 901, beyond)
        for left, right in outline.spans(md_mm):
            columns = self._columns(left, right)
            if columns.stop <= columns.start:
                continue
            x_mm = (self._x_mm[columns][None, :] - origin_mm[:, None]).astype(np.float32)
            alpha, _ = self._cut_profile.at(outline.depth_mm(x_mm, md_mm))
            part = scene[:, columns]
            part += alpha * (self._texture(Surface.OUTSIDE, first_line, self._width_px, 901, columns) - part)

    def _profile(self, border: Border) -> Profile:
        surfaces = (border.left, border.right)
        if Surface.OUTSIDE in surfaces:
            return self._cut_profile
        return self._edge_profile if Surface.COATING in surfaces else self._ceramic_profile


def _below_outline(layout: Layout) -> list[Stretch]:
    """The stretches of a web whose shape is cut out afterwards: they go on beyond its edges."""
    stretches = list(layout.stretches())
    beyond, first = stretches[:2]
    if layout.tabs is None or first.surface is Surface.FOIL:
        stretches[:2] = [replace(first, left_mm=beyond.left_mm)]
    else:
        root_mm = first.left_mm - _BELOW_TAB_MM
        stretches[:2] = [Stretch(beyond.left_mm, root_mm, Surface.FOIL), replace(first, left_mm=root_mm)]
    if layout.sheets is not None:
        last, beyond = stretches[-2:]
        stretches[-2:] = [replace(last, right_mm=beyond.right_mm)]
    return stretches
