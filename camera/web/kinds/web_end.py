"""N09, the web's end: no defect (numbers note, section 2.1)."""

from dataclasses import dataclass

import numpy as np

from camera.web import lattice
from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Figure, Kind, Occasion, Place, Rates, Size
from camera.web.settings import Material


@dataclass(frozen=True, slots=True)
class WebEnd(Figure):
    """The tail of one web, a stretch of roller, and the head of the next, both cut by hand and lifting a little."""

    web_mm: float
    length_mm: float
    """Length of the stretch without web, in the middle of the web."""
    skews: tuple[float, float]
    """Machine-direction shift over cross-direction length, of the tail and of the head."""
    ragged_mm: float
    curl_um: float
    """How far the ends rise."""
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return 0.5 * self.length_mm + 0.5 * self.web_mm * max(map(abs, self.skews)) + 10.0

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
        sides = sorted((self.web_mm, self.length_mm))
        return Size(sides[1], sides[0], self.web_mm * self.length_mm)

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        x, y = canvas.x[0].astype(np.float64), canvas.y[:, 0].astype(np.float64)
        outside = []
        for number, (sign, skew) in enumerate(zip((-1.0, 1.0), self.skews, strict=True)):
            hand = 3.0 * lattice.smooth(self.seed + number, x / 15.0) + 0.5 * lattice.smooth(
                self.seed + 2 + number, x / 0.8
            )
            end = sign * 0.5 * self.length_mm + skew * x + self.ragged_mm * hand
            outside.append(np.float32(sign) * (canvas.y - end.astype(np.float32)[None, :]))
        distance = np.maximum(*outside)
        rise = np.exp(-np.maximum(distance, 0.0) / np.float32(3.0))
        canvas.raise_by(np.float32(self.curl_um) * rise)
        # Rollers are ground around: lines along the machine, and a sheen that changes slowly.
        ground_lines = 0.03 * lattice.smooth(self.seed + 4, x / 0.15) + 0.06 * lattice.smooth(self.seed + 5, x / 25.0)
        sheen = 0.05 * lattice.smooth(self.seed + 6, y / 30.0)
        roller = np.float32(ground.through_dn) * (1.0 + ground_lines[None, :] + sheen[:, None]).astype(np.float32)
        canvas.scale(1.0 - np.float32(0.2) * np.exp(-((np.maximum(distance, 0.0) / np.float32(0.25)) ** 2)))
        canvas.replace(soft(distance, 0.05), roller)
        canvas.claim(soft(distance, canvas.step_mm))


def _draw(rng: np.random.Generator, occasion: Occasion) -> WebEnd:
    return WebEnd(
        occasion.room_mm,
        length_mm=float(rng.uniform(40.0, 90.0) if occasion.is_dense else rng.uniform(60.0, 400.0)),
        skews=(float(rng.normal(0.0, 0.02)), float(rng.normal(0.0, 0.02))),
        ragged_mm=float(rng.uniform(0.02, 0.15)),
        curl_um=float(rng.uniform(50.0, 300.0)),
        seed=int(rng.integers(2**60)),
    )


# Rolls are 2000 to 5000 m long (section 1.1): one end in 3 km.
N09 = Kind("N09", tuple(Material), Place.ACROSS, Rates(0.0003, 0.0003, 0.0003, dense=0.03, per="m"), _draw)
