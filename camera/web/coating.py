"""The web without defects and without noise: coating, bare bands and the edges between them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from camera.web import lattice
from camera.web.layout import Layout
from camera.web.materials import Appearance
from camera.web.optics import blur
from camera.web.texture import STRIP_LINES, EndlessTexture, Field, make_plate, plate_columns

_INSIDE_MM, _OUTSIDE_MM = 1.3, 0.5
"""How far an edge reaches into the coating and onto the bare band."""
_PROFILE_STEP_MM = 0.002


@dataclass(frozen=True, slots=True)
class _Edge:
    """One border of a bare band."""

    position_mm: float
    coating_side: int
    """+1: the coating lies at larger columns."""
    columns: slice
    """Columns of the web that the transition touches."""
    seed: int


@dataclass(frozen=True, slots=True)
class _Band:
    """Columns without coating, transitions included."""

    columns: slice
    edges: tuple[_Edge, ...]


class Coating:
    """Renders the defect-free web in strips, in 8-bit DN under even light."""

    def __init__(
        self, appearance: Appearance, layout: Layout, width_px: int, pitch_um: float, psf_px: float, seed: int
    ) -> None:
        rng = np.random.default_rng([seed, 41])
        self._coat, self._bare = appearance.coat, appearance.bare
        self._width_px, self._pitch_mm, self._psf_px = width_px, pitch_um / 1000.0, psf_px
        self._seeds = [int(value) for value in rng.integers(2**62, size=12)]
        self._x_mm = (np.arange(width_px) + 0.5) * self._pitch_mm
        self._bands = self._find_bands(layout)
        widest = max([512, *(band.columns.stop - band.columns.start for band in self._bands)])
        self.coat_plate = make_plate(self._coat, pitch_um, psf_px, plate_columns(width_px), self._seeds[0])
        self.bare_plate = make_plate(self._bare, pitch_um, psf_px, plate_columns(widest), self._seeds[1])
        self._coat_texture = EndlessTexture(self.coat_plate, self._seeds[2])
        self._bare_texture = EndlessTexture(self.bare_plate, self._seeds[3])
        self._bars_period_mm = float(rng.uniform(8.0, 60.0))
        self._edge_alpha, self._edge_gain = self._edge_profile(float(rng.uniform(0.05, 0.15)))
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
        along = np.arange(STRIP_LINES, dtype=np.float32)[:, None] / np.float32(STRIP_LINES)
        bars_column = (1.0 + np.sqrt(2.0) * self._coat.bars_cv * bars).astype(np.float32)[:, None]
        scene += along * (end - start)
        scene += start
        scene += bars_column
        scene *= np.float32(self._coat.level_dn)
        self._add_sparks(scene, first_line)
        for number, band in enumerate(self._bands):
            self._lay_bare(scene, first_line, band, number)
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
        for down in (-1, 0, 1):
            row = lines.astype(np.int64) + down
            shown = (row >= 0) & (row < STRIP_LINES)
            for aside in (-1, 0, 1):
                value = height * self._spark[down + 1, aside + 1]
                np.add.at(scene, (row[shown], columns.astype(np.int64)[shown] + aside), value[shown])

    def _find_bands(self, layout: Layout) -> tuple[_Band, ...]:
        bands = []
        for number, (left, right) in enumerate(layout.bare_bands()):
            edges = []
            for side, position in ((-1, left), (1, right)):
                if 0.0 < position < layout.width_mm:
                    low, high = (_INSIDE_MM, _OUTSIDE_MM) if side < 0 else (_OUTSIDE_MM, _INSIDE_MM)
                    seed = self._seeds[7] + 10 * number + side
                    edges.append(_Edge(position, side, self._columns(position - low, position + high), seed))
            first = min([edge.columns.start for edge in edges] + [self._columns(left, right).start])
            last = max([edge.columns.stop for edge in edges] + [self._columns(left, right).stop])
            bands.append(_Band(slice(first, last), tuple(edges)))
        return tuple(bands)

    def _columns(self, left_mm: float, right_mm: float) -> slice:
        return slice(
            max(0, int(left_mm / self._pitch_mm)), min(self._width_px, int(np.ceil(right_mm / self._pitch_mm)))
        )

    def _edge_profile(self, transition_mm: float) -> tuple[Field, Field]:
        """(n,) share of bare surface, and gain of the coating, by distance into the coating.

        Transition 50 to 150 um, a thin bright rim, a bead of +4 % 0.3 to 0.8 mm inside (section 4.6).
        """
        depth = np.arange(-_OUTSIDE_MM - 0.3, _INSIDE_MM + 0.3, _PROFILE_STEP_MM)
        softness = np.hypot(transition_mm / 2.5, self._psf_px * self._pitch_mm)
        alpha = 0.5 * (1.0 - np.tanh(depth / softness * 0.8))
        gain = 1.0 + 0.04 * np.exp(-(((depth - 0.55) / 0.22) ** 2)) + 0.05 * np.exp(-((depth / 0.15) ** 2))
        return alpha.astype(np.float32), gain.astype(np.float32)

    def _lay_bare(self, scene: Field, first_line: int, band: _Band, number: int) -> None:
        width = band.columns.stop - band.columns.start
        bare = self._bare_texture.strip(first_line, width, salt=number + 1)
        bare += np.float32(1.0)
        bare *= np.float32(self._bare.level_dn)
        md_mm = np.arange(first_line, first_line + STRIP_LINES) * self._pitch_mm
        for edge in band.edges:
            place = edge.position_mm + 0.03 * lattice.smooth(edge.seed, md_mm / 0.5)
            place += 0.05 * lattice.smooth(edge.seed + 5, md_mm / 20.0)
            depth = edge.coating_side * (self._x_mm[edge.columns][None, :] - place[:, None])
            index = ((depth + _OUTSIDE_MM + 0.3) * (1.0 / _PROFILE_STEP_MM)).astype(np.int32)
            alpha = np.take(self._edge_alpha, index, mode="clip")
            gain = np.take(self._edge_gain, index, mode="clip")
            part = slice(edge.columns.start - band.columns.start, edge.columns.stop - band.columns.start)
            coat = scene[:, edge.columns] * gain
            bare[:, part] = coat + alpha * (bare[:, part] - coat)
        scene[:, band.columns] = bare
