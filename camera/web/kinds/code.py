"""N03, printed or lasered code: no defect (numbers note, section 2.1)."""

from dataclasses import dataclass

import numpy as np

from camera.web.canvas import Canvas, Ground
from camera.web.figure import Figure, Kind, Look, Occasion, Place, Rates, Size
from camera.web.settings import Material
from camera.web.texture import Field


@dataclass(frozen=True, slots=True)
class Code(Figure):
    """A 2-D code: square modules, two solid sides and two dotted ones, like Data Matrix (ISO/IEC 16022)."""

    modules: tuple[tuple[bool, ...], ...]
    module_mm: float
    turn: float
    gain: Look
    """Change of a printed module's grey level."""
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return float(0.5 * len(self.modules) * self.module_mm * (1.0 + abs(np.sin(self.turn))) + 0.2)

    def size(self) -> Size:
        """Sides of the square; the area is that of the printed modules; see Figure."""
        side = len(self.modules) * self.module_mm
        return Size(side, side, sum(map(sum, self.modules)) * self.module_mm**2)

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        rng = np.random.default_rng(self.seed)
        cos, sin = np.float32(np.cos(self.turn)), np.float32(np.sin(self.turn))
        noise = np.float32(0.06 * self.module_mm) * canvas.noise(rng, 0.5 * self.module_mm)
        half = np.float32(0.5 * len(self.modules))
        u = (cos * canvas.x - sin * canvas.y + noise) / np.float32(self.module_mm) + half
        v = (cos * canvas.y + sin * canvas.x + noise) / np.float32(self.module_mm) + half
        # A ring of empty modules stands for everything outside.
        grid = np.pad(np.asarray(self.modules), 1)
        limit = grid.shape[0] - 1
        alpha: Field = grid[
            np.clip(np.floor(v).astype(np.int64) + 1, 0, limit), np.clip(np.floor(u).astype(np.int64) + 1, 0, limit)
        ].astype(np.float32)
        patchy = 1.0 + 0.15 * canvas.noise(rng, 0.8)
        canvas.scale((1.0 + np.float32(self.gain.at(ground.view) - 1.0) * alpha * patchy).astype(np.float32))
        canvas.claim(alpha)


def _draw(rng: np.random.Generator, occasion: Occasion) -> Code:
    count = int(rng.choice([10, 12, 14]))
    cells = rng.random((count, count)) < 0.5
    cells[:, 0] = cells[-1, :] = True
    cells[0, :] = np.arange(count) % 2 == 0
    cells[:, -1] = np.arange(count) % 2 == 1
    if occasion.is_on_bare or not occasion.material.is_electrode:
        seen = float(rng.uniform(0.25, 0.6))
    else:
        seen = float(rng.uniform(1.4, 2.2))
    # Ink scatters a little where foil mirrors all grazing light away.
    is_on_foil = occasion.is_on_bare and occasion.material.is_electrode
    grazed = float(rng.uniform(0.5, 1.6)) if is_on_foil else seen
    gain = Look(seen, grazed, 1.0 if occasion.material.is_electrode else seen)
    return Code(
        tuple(tuple(bool(cell) for cell in row) for row in cells),
        module_mm=min(float(rng.uniform(0.3, 0.55)), 0.8 * occasion.room_mm / count),
        turn=float(rng.normal(0.0, 0.03)),
        gain=gain,
        seed=int(rng.integers(2**62)),
    )


N03 = Kind("N03", tuple(Material), Place.MARK, Rates(0.08, 0.08, 0.08, dense=0.4, per="m"), _draw)
