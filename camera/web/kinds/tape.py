"""N01, splice tape across the web: no defect (numbers note, section 2.1)."""

from dataclasses import dataclass

import numpy as np

from camera.web import lattice
from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Figure, Kind, Look, Occasion, Place, Rates, Size
from camera.web.settings import Material, View


@dataclass(frozen=True, slots=True)
class SpliceTape(Figure):
    """A smooth band over the full width, cut a little askew, with a shadow at its edges and a faint sheen."""

    web_mm: float
    length_mm: float
    """Along the machine."""
    level: Look
    """Grey level, relative to the coating."""
    see_through: float
    """Share of the web below that shows through."""
    skew: float
    """Machine-direction shift over cross-direction length."""
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return 0.5 * self.length_mm + 0.5 * self.web_mm * abs(self.skew) + 1.0

    @property
    def half_cd_mm(self) -> float:
        """See Figure."""
        return 0.5 * self.web_mm + 1.0

    @property
    def is_windowed(self) -> bool:
        """See Figure."""
        return True

    def size(self) -> Size:
        """See Figure."""
        return Size(self.web_mm, self.length_mm, self.web_mm * self.length_mm)

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        x, y = canvas.x[0].astype(np.float64), canvas.y[:, 0].astype(np.float64)
        ragged = 0.03 * lattice.smooth(self.seed, x / 0.7)
        middle = (self.skew * x + ragged).astype(np.float32)[None, :]
        distance = np.abs(canvas.y - middle) - np.float32(0.5 * self.length_mm)
        # In grazing light the edge that faces the lamp shines, and the other throws a longer shadow.
        facing = np.zeros(distance.shape, np.float32)
        if ground.view is View.DARK_FIELD:
            at_edge = np.exp(-((distance / np.float32(0.5)) ** 2))
            facing = np.sign(canvas.y - middle) * np.float32(ground.shading.towards_y) * at_edge
        shadow = (0.25 - 0.25 * facing) * np.exp(-((np.maximum(distance, 0.0) / (0.15 - 0.08 * facing)) ** 2))
        canvas.scale((1.0 - shadow).astype(np.float32))
        alpha = soft(distance, 0.08)
        sheen = 0.03 * (
            lattice.smooth(self.seed + 1, x / 6.0)[None, :] + lattice.smooth(self.seed + 2, y / 9.0)[:, None]
        )
        rim = (0.18 + 0.5 * np.maximum(facing, 0.0)) * np.exp(-(((distance + 0.15) / 0.08) ** 2))
        level = np.float32(self.level.at(ground.view) * ground.level_dn) * (1.0 + sheen.astype(np.float32) + rim)
        canvas.replace(alpha * np.float32(1.0 - self.see_through), level)
        canvas.claim(alpha)


def _draw(rng: np.random.Generator, occasion: Occasion) -> SpliceTape:
    if occasion.material.is_electrode:
        level = Look(float(rng.uniform(1.3, 2.1)), float(rng.uniform(1.2, 2.5)), 1.0)
    else:
        level = Look(float(rng.uniform(0.55, 0.85)), float(rng.uniform(0.5, 1.3)), float(rng.uniform(0.3, 0.6)))
    return SpliceTape(
        occasion.room_mm,
        length_mm=float(rng.uniform(20.0, 50.0)),
        level=level,
        see_through=float(rng.uniform(0.05, 0.2)),
        skew=float(rng.normal(0.0, 0.004)),
        seed=int(rng.integers(2**60)),
    )


N01 = Kind("N01", tuple(Material), Place.ACROSS, Rates(0.003, 0.003, 0.003, dense=0.12, per="m"), _draw)
