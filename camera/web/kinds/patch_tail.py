"""E23, tail or ragged edge where a skip-coated patch starts or stops (numbers note, sections 2.1 and 4.7)."""

from dataclasses import dataclass

import numpy as np

from camera.web import lattice
from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Figure, Kind, Occasion, Place, Rates
from camera.web.settings import ELECTRODES, View
from camera.web.texture import Field


@dataclass(frozen=True, slots=True)
class Finger:
    """Coating drawn out over the foil."""

    x_mm: float
    width_mm: float
    length_mm: float


@dataclass(frozen=True, slots=True)
class PatchTail(Figure):
    """Fingers of coating that run out from the patch's end onto the foil, thinner and thinner, and ragged."""

    side: int
    """+1: the coating lies at later lines."""
    fingers: tuple[Finger, ...]
    fade: float
    """Share of the coating that is left at the tips."""
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return max(1.15 * finger.length_mm for finger in self.fingers) + 0.4

    @property
    def half_cd_mm(self) -> float:
        """See Figure."""
        return max(abs(finger.x_mm) + 1.6 * finger.width_mm for finger in self.fingers) + 0.2

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        rng = np.random.default_rng(self.seed)
        outside = -canvas.y * np.float32(self.side)
        x = canvas.x[0].astype(np.float64)
        reach = np.zeros(x.shape)
        for finger in self.fingers:
            pulse = np.exp(-np.log(2.0) * (2.0 * np.abs(x - finger.x_mm) / finger.width_mm) ** 3)
            reach = np.maximum(reach, finger.length_mm * pulse)
        reach *= 1.0 + 0.06 * lattice.smooth(self.seed % 2**60, x / 0.3)
        # Where there is no finger, the patch's end lies as it should.
        reach_mm = reach.astype(np.float32)[None, :]
        ragged = np.float32(0.08) * canvas.noise(rng, 0.3) * np.minimum(reach_mm, 1.0)
        alpha = soft(outside - reach_mm + ragged, 0.2) * soft(np.float32(0.25) - reach_mm, 0.3)
        # The good end wanders by 0.1 mm and is soft over half a millimetre: the tail joins it inside.
        alpha *= soft(-outside - np.float32(0.5), 0.4)
        far = np.clip(outside / np.maximum(reach_mm, np.float32(0.1)), 0.0, 1.0)
        thin = 1.0 - np.float32(1.0 - self.fade) * far * far
        thin *= np.clip(1.0 + 0.25 * far * canvas.noise(rng, 0.4), 0.2, 1.0)
        coated: Field = (alpha * thin).astype(np.float32)
        # Against the light coating is as black as foil.
        if ground.view is not View.BACK_LIGHT:
            canvas.replace(coated, canvas.coating(ground, rng))
        canvas.claim(alpha * soft(-outside, canvas.step_mm))


def _draw(rng: np.random.Generator, occasion: Occasion) -> PatchTail:
    """Fingers W U(0.5, 3), L LogN(1.5, 0.6) within 0.5 to 15 mm from the note; how many lie side by side is judged."""
    count = int(rng.integers(1, 6 if occasion.is_dense else 13))
    fingers, place = [], 0.0
    for _ in range(count):
        width = float(rng.uniform(0.5, 3.0))
        place += 0.5 * width
        length = float(np.clip(1.5 * np.exp(0.6 * rng.standard_normal()), 0.5, 15.0))
        fingers.append(Finger(place, width, length))
        place += 0.5 * width + float(rng.uniform(0.2, 3.0))
    middle = 0.5 * (fingers[0].x_mm + fingers[-1].x_mm)
    return PatchTail(
        occasion.side,
        tuple(Finger(finger.x_mm - middle, finger.width_mm, finger.length_mm) for finger in fingers),
        fade=float(rng.uniform(0.4, 0.9)),
        seed=int(rng.integers(2**62)),
    )


E23 = Kind("E23", ELECTRODES, Place.PATCH_END, Rates(0.01, 0.05, 0.5), _draw)
