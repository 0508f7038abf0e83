"""E11, cracks: mud cracks of drying, bending cracks across the machine (numbers note, sections 2.1 and 4.7)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camera.web import lattice
from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Contrast, Figure, Kind, Look, Occasion, Place, Rates
from camera.web.settings import ELECTRODES
from camera.web.shapes import Curve
from camera.web.texture import Field


@dataclass(frozen=True, slots=True, eq=False)
class MudCracks(Figure):
    """A net of dark gaps between the cells that the drying coat shrinks to: borders of a Voronoi diagram."""

    seeds: NDArray[np.float64]
    """(n, 2) middle of each cell, x and y in mm."""
    cell_mm: float
    reach_mm: float
    """Radius of the patch: borders whose middle lies outside are whole."""
    closed: float
    """Share of the borders within it that did not crack."""
    width_mm: float
    change: Look
    """Change of the grey level, in parts."""
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return self.reach_mm + 1.5 * self.cell_mm

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        rng = np.random.default_rng(self.seed)
        x = canvas.x + np.float32(0.03) * canvas.noise(rng, 0.5)
        y = canvas.y + np.float32(0.03) * canvas.noise(rng, 0.5)
        border, first, second = self._nearest(canvas, x, y)
        width: Field = (self.width_mm * self._opening()).astype(np.float32)[first, second]
        shown: Field = np.maximum(width, np.float32(canvas.step_mm))
        # Thinner than a grid step: as much fainter as it covers less.
        alpha = soft(border - np.float32(0.5) * shown, max(canvas.step_mm, 0.25 * self.width_mm)) * (width / shown)
        canvas.scale((1.0 + self.change.at(ground.view) * alpha).astype(np.float32))
        canvas.claim(alpha)

    def _nearest(self, canvas: Canvas, x: Field, y: Field) -> tuple[Field, NDArray[np.intp], NDArray[np.intp]]:
        """Distance in mm to the border between the two nearest cells, and their numbers; each (lines, columns)."""
        far = np.float32(1e6)
        nearest, next_to_it = np.full(canvas.shape, far), np.full(canvas.shape, far)
        first, second = np.zeros(canvas.shape, np.intp), np.zeros(canvas.shape, np.intp)
        columns, rows = canvas.x[0], canvas.y[:, 0]
        for number, (seed_x, seed_y) in enumerate(self.seeds):
            left, right = np.searchsorted(columns, [seed_x - 2.5 * self.cell_mm, seed_x + 2.5 * self.cell_mm])
            top, bottom = np.searchsorted(rows, [seed_y - 2.5 * self.cell_mm, seed_y + 2.5 * self.cell_mm])
            part = slice(top, bottom), slice(left, right)
            away = (x[part] - np.float32(seed_x)) ** 2 + (y[part] - np.float32(seed_y)) ** 2
            is_first = away < nearest[part]
            is_second = ~is_first & (away < next_to_it[part])
            next_to_it[part] = np.where(is_first, nearest[part], np.where(is_second, away, next_to_it[part]))
            second[part] = np.where(is_first, first[part], np.where(is_second, number, second[part]))
            nearest[part] = np.where(is_first, away, nearest[part])
            first[part] = np.where(is_first, number, first[part])
        apart = np.hypot(*(self.seeds[first] - self.seeds[second]).transpose(2, 0, 1)).astype(np.float32)
        return (next_to_it - nearest) / (2.0 * np.maximum(apart, np.float32(1e-3))), first, second

    def _opening(self) -> NDArray[np.float64]:
        """(n, n) width of the crack between each two cells, in parts of the typical one; 0 where there is none."""
        count = len(self.seeds)
        low, high = np.minimum.outer(range(count), range(count)), np.maximum.outer(range(count), range(count))
        chance = lattice.uniform(self.seed, low * count + high)
        middle = 0.5 * (self.seeds[:, None] + self.seeds[None, :])
        is_inside = np.hypot(middle[..., 0], middle[..., 1]) < self.reach_mm
        is_open = is_inside & (chance > self.closed) & (low != high)
        return np.asarray(is_open * (0.6 + 0.8 * lattice.uniform(self.seed + 1, low * count + high)))


@dataclass(frozen=True, slots=True, eq=False)
class BendingCracks(Figure):
    """Fine dark lines across the machine, side by side, as a tight roller breaks the coat."""

    lines: tuple[Curve, ...]
    width_mm: float
    change: Look
    """Change of the grey level, in parts."""

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return max(float(np.abs(line.points[:, 1]).max()) for line in self.lines) + 0.3

    @property
    def half_cd_mm(self) -> float:
        """See Figure."""
        return max(float(np.abs(line.points[:, 0]).max()) for line in self.lines) + 0.3

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        edge = max(canvas.step_mm, 0.25 * self.width_mm)
        shown_mm = max(self.width_mm, canvas.step_mm)
        reach = 0.5 * shown_mm + 2.0 * edge
        alpha = np.zeros(canvas.shape, np.float32)
        for line in self.lines:
            away, place = line.distance(canvas.x, canvas.y, reach)
            # Each ends in a point.
            narrowing = np.clip(np.minimum(place, np.float32(line.arc_mm) - place) / np.float32(0.8), 0.15, 1.0)
            border = away - np.float32(0.5 * shown_mm) * narrowing
            np.maximum(alpha, soft(border, edge) * np.float32(self.width_mm / shown_mm), out=alpha)
        canvas.scale((1.0 + self.change.at(ground.view) * alpha).astype(np.float32))
        canvas.claim(alpha)


def _draw(rng: np.random.Generator, occasion: Occasion) -> MudCracks | BendingCracks:
    width = float(np.clip(0.04 * np.exp(0.4 * rng.standard_normal()), 0.02, 0.15))
    change = Look(-float(rng.uniform(0.20, 0.60)), float(rng.uniform(-0.20, 0.60)), 0.0)
    return _draw_net(rng, occasion, width, change) if rng.random() < 0.6 else _draw_lines(rng, occasion, width, change)


def _draw_net(rng: np.random.Generator, occasion: Occasion, width_mm: float, change: Look) -> MudCracks:
    """Cells from the note; the patch, of 2 to 6 cells across, is judged."""
    cell = min(float(np.clip(1.5 * np.exp(0.4 * rng.standard_normal()), 0.5, 5.0)), 0.1 * occasion.room_mm)
    reach = min(float(rng.uniform(1.0, 3.0)) * cell, 0.4 * occasion.room_mm - 1.5 * cell)
    span = int(np.ceil((reach + 1.5 * cell) / cell)) + 1
    grid = np.stack(np.meshgrid(np.arange(-span, span + 1), np.arange(-span, span + 1)), axis=-1).reshape(-1, 2)
    seeds = (grid + rng.uniform(-0.42, 0.42, grid.shape)) * cell
    closed, seed = float(rng.uniform(0.1, 0.5)), int(rng.integers(2**60))
    return MudCracks(seeds, cell, reach, closed, width_mm, change, seed)


def _draw_lines(rng: np.random.Generator, occasion: Occasion, width_mm: float, change: Look) -> BendingCracks:
    """One to six lines of 2 to 15 mm, 0.4 to 2 mm apart: judged."""
    count = int(rng.integers(1, 7))
    gaps = rng.uniform(0.4, 2.0, count)
    places = np.cumsum(gaps)
    longest = min(float(rng.uniform(3.0, 15.0)), 0.6 * occasion.room_mm)
    lines = []
    for place in places - 0.5 * (places[0] + places[-1]):
        length = longest * float(rng.uniform(0.5, 1.0))
        steps = max(4, int(length / 0.4))
        x = np.linspace(-0.5 * length, 0.5 * length, steps) + rng.uniform(-0.15, 0.15) * longest
        wander = np.cumsum(rng.normal(0.0, 0.05, steps))
        y = place + wander - wander.mean()
        lines.append(Curve(np.stack([x, y], axis=1)))
    return BendingCracks(tuple(lines), width_mm, change)


E11 = Kind(
    "E11",
    ELECTRODES,
    Place.COATING,
    Rates(0.01, 0.05, 0.5),
    _draw,
    contrast=Contrast(bright=((-60, -20),), dark=((-20, 60),)),
)
