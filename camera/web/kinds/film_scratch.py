"""S12, scratch in a separator by a roller (numbers note, sections 2.2 and 4.7)."""

from dataclasses import dataclass

import numpy as np

from camera.web import lattice
from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Contrast, Figure, Kind, Look, Occasion, Place, Rates, Size
from camera.web.kinds.scratch import draw_line
from camera.web.settings import SEPARATORS
from camera.web.shapes import Curve


@dataclass(frozen=True, slots=True, eq=False)
class FilmScratch(Figure):
    """A nearly straight furrow: thinner film, rough walls that catch grazing light; it skips now and then."""

    curve: Curve
    width_mm: float
    change: Look
    """Change of the grey level in the furrow, in parts."""
    depth_um: float
    duty: float
    """Share of its length that is seen."""
    break_mm: float
    """Typical length of a segment."""
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return float(np.abs(self.curve.points[:, 1]).max()) + 3.0 * self.width_mm + 0.2

    @property
    def half_cd_mm(self) -> float:
        """See Figure."""
        return float(np.abs(self.curve.points[:, 0]).max()) + 3.0 * self.width_mm + 0.2

    def size(self) -> Size:
        """See Figure."""
        length = self.curve.arc_mm
        return Size(length, self.width_mm, length * self.width_mm * self.duty)

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        reach = 2.5 * self.width_mm + 2.0 * canvas.step_mm
        away, place = self.curve.distance(canvas.x, canvas.y, reach)
        along = np.arange(0.0, self.curve.arc_mm + 0.02, 0.01)
        seen = lattice.smooth(self.seed, along / self.break_mm)
        seen = np.clip((seen - np.quantile(seen, 1.0 - self.duty)) / 0.5 + 0.5, 0.0, 1.0)
        strength = seen * (1.0 + 0.15 * lattice.smooth(self.seed + 1, along / 0.8))
        # It begins and ends gently.
        strength *= np.clip(np.minimum(along, along[-1] - along) / (0.12 * along[-1]) + 0.2, 0.0, 1.0)
        wide = (
            1.0 + 0.2 * lattice.smooth(self.seed + 2, along / 1.2) + 0.1 * lattice.smooth(self.seed + 3, along / 0.15)
        )
        index = np.clip((place * np.float32(100.0)).astype(np.int32), 0, along.size - 1)
        power = strength.astype(np.float32)[index]
        # Thinner than a grid step: as much fainter as it covers less.
        shown_mm = max(self.width_mm, canvas.step_mm)
        share = np.float32(self.width_mm / shown_mm)
        half = (0.5 * shown_mm * np.clip(wide, 0.4, 1.6)).astype(np.float32)[index]
        furrow = soft(away - half, max(canvas.step_mm, 0.5 * self.width_mm))
        canvas.scale(1.0 + np.float32(self.change.at(ground.view)) * share * furrow * power)
        canvas.raise_by(np.float32(-self.depth_um) * share * furrow * power)
        sharp = soft(away - half, canvas.step_mm)
        canvas.claim(share * sharp * seen.astype(np.float32)[index])


def _draw(rng: np.random.Generator, occasion: Occasion) -> FilmScratch:
    # Lengths and widths about the limits of W 0.1 mm and L 5 mm, within W 0.02 to 0.3 mm.
    if occasion.is_dense:
        length = float(np.clip(8.0 * np.exp(0.6 * rng.standard_normal()), 1.5, 45.0))
        width = occasion.lognormal(rng, 0.11, 0.5, 0.02, 0.3)
    else:
        length = float(np.clip(15.0 * np.exp(0.9 * rng.standard_normal()), 1.0, 100.0))
        width = occasion.lognormal(rng, 0.06, 0.5, 0.02, 0.3)
    sign = 1.0 if rng.random() < 0.5 else -1.0
    return FilmScratch(
        draw_line(rng, length, occasion.room_mm),
        width,
        change=Look(
            sign * float(rng.uniform(0.04, 0.22)), float(rng.uniform(0.3, 1.6)), float(rng.uniform(0.05, 0.27))
        ),
        depth_um=min(float(rng.uniform(0.5, 3.0)), 20.0 * width),
        duty=float(rng.uniform(0.6, 1.0)),
        break_mm=float(rng.uniform(0.3, 2.0)),
        seed=int(rng.integers(2**60)),
    )


S12 = Kind(
    "S12",
    SEPARATORS,
    Place.COATING,
    Rates(0.01, 0.05, 0.5),
    _draw,
    contrast=Contrast(bright=((3, 20), (-20, -3)), dark=((20, 150),), back=((3, 25),)),
)
