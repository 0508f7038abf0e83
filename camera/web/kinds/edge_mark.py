"""N02, edge mark or label at the web's border: no defect (numbers note, section 2.1)."""

from dataclasses import dataclass

import numpy as np

from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Figure, Kind, Look, Occasion, Place, Rates, Size
from camera.web.settings import Material


@dataclass(frozen=True, slots=True)
class EdgeMark(Figure):
    """A paper or film flag with straight edges, a shadow on one side and printed bars."""

    length_mm: float
    width_mm: float
    turn: float
    level: Look
    """Grey level, relative to the surface around."""
    bars: tuple[tuple[float, float], ...]
    """(position, thickness) in mm along the machine, from the centre."""
    bar_gain: float

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return float(0.5 * self.length_mm + 0.5 * self.width_mm * abs(np.sin(self.turn)) + 0.4)

    @property
    def half_cd_mm(self) -> float:
        """See Figure."""
        return float(0.5 * self.width_mm + 0.5 * self.length_mm * abs(np.sin(self.turn)) + 0.4)

    def size(self) -> Size:
        """See Figure."""
        return Size(self.length_mm, self.width_mm, self.length_mm * self.width_mm)

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        cos, sin = np.float32(np.cos(self.turn)), np.float32(np.sin(self.turn))
        along, across = cos * canvas.y + sin * canvas.x, cos * canvas.x - sin * canvas.y
        distance = np.maximum(
            np.abs(along) - np.float32(0.5 * self.length_mm), np.abs(across) - np.float32(0.5 * self.width_mm)
        )
        canvas.scale((1.0 - 0.2 * soft(distance - np.float32(0.1), 0.25)).astype(np.float32))
        alpha = soft(distance, 0.03)
        print_gain = np.ones(canvas.shape, np.float32)
        inner = soft(np.abs(across) - np.float32(0.4 * self.width_mm), 0.04)
        for position, thickness in self.bars:
            bar = soft(np.abs(along - np.float32(position)) - np.float32(0.5 * thickness), 0.04) * inner
            print_gain *= 1.0 - np.float32(1.0 - self.bar_gain) * bar
        canvas.replace(alpha, np.float32(self.level.at(ground.view) * ground.level_dn) * print_gain)
        canvas.claim(alpha)


def _draw(rng: np.random.Generator, occasion: Occasion) -> EdgeMark:
    length = float(rng.uniform(8.0, 20.0))
    if occasion.is_on_bare:
        seen = float(rng.uniform(0.35, 0.85))
    elif occasion.material.is_electrode:
        seen = float(rng.uniform(1.5, 2.3))
    else:
        seen = float(rng.uniform(0.4, 0.75))
    # Paper scatters: in grazing light it outshines foil and coating, and is about as bright as a separator.
    scattered = float(rng.uniform(3.0, 5.5) if occasion.material.is_electrode else rng.uniform(0.9, 1.4) * seen)
    level = Look(seen, scattered, 1.0 if occasion.material.is_electrode else float(rng.uniform(0.2, 0.5)))
    place, bars = -0.42 * length, []
    while True:
        place += float(rng.uniform(0.3, 1.2))
        thickness = float(rng.uniform(0.2, 0.8))
        if place + thickness > 0.42 * length:
            break
        bars.append((place, thickness))
        place += thickness
    return EdgeMark(
        length,
        width_mm=min(float(rng.uniform(3.0, 6.0)), max(1.5, 0.7 * occasion.room_mm)),
        turn=float(rng.normal(0.0, 0.02)),
        level=level,
        bars=tuple(bars),
        bar_gain=float(rng.uniform(0.2, 0.5)),
    )


N02 = Kind("N02", tuple(Material), Place.BORDER, Rates(0.1, 0.1, 0.1, dense=0.4, per="m"), _draw)
