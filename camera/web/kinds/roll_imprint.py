"""E21, imprint of a roll that carries dirt: the same mark again with each turn (numbers note, section 4.7)."""

from dataclasses import dataclass, replace

import numpy as np

from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import LONGEST_MM, Contrast, Figure, Kind, Look, Occasion, Place, Rates
from camera.web.settings import ELECTRODES
from camera.web.shapes import Blob, draw_blob


@dataclass(frozen=True, slots=True)
class RollImprint(Figure):
    """One dent or pressed spot, softer at its border than a crater."""

    blob: Blob
    change: Look
    """Change of the grey level, in parts."""
    steepness: float
    """Slope of its border, um per um; negative: pressed in."""
    later: tuple[tuple[float, float, float], ...]
    """The marks of the roll's next turns: metres of web later in mm, to the side in mm, and how much stronger."""
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return self.blob.reach_mm + 0.3

    def repeats(self) -> tuple[tuple[float, float, Figure], ...]:
        """Later marks: mm along the machine and across from this one, and the figure of each."""
        return tuple((md_mm, cd_mm, self._pressed(gain)) for md_mm, cd_mm, gain in self.later)

    def _pressed(self, gain: float) -> "RollImprint":
        change = Look(self.change.bright * gain, self.change.dark * gain, self.change.back)
        return replace(self, change=change, steepness=self.steepness * gain, later=())

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        rng = np.random.default_rng(self.seed)
        diameter = self.blob.diameter_mm
        distance = self.blob.distance(canvas.x, canvas.y)
        distance += np.float32(0.02 * diameter) * canvas.noise(rng, 0.2 * diameter)
        edge_mm = min(0.3, 0.05 + 0.15 * diameter)
        alpha = soft(distance, edge_mm)
        uneven = 1.0 + 0.15 * canvas.noise(rng, 0.3 * diameter)
        canvas.scale((1.0 + self.change.at(ground.view) * alpha * uneven).astype(np.float32))
        canvas.raise_by(np.float32(1000.0 * self.steepness * edge_mm / 1.5) * alpha)
        canvas.claim(alpha)


def _draw(rng: np.random.Generator, occasion: Occasion) -> RollImprint:
    diameter = min(occasion.lognormal(rng, 1.0, 0.7, 0.2, 10.0), 0.5 * occasion.room_mm)
    change = float(rng.uniform(0.03, 0.15)) * -1.0 if rng.random() < 0.6 else float(rng.uniform(0.03, 0.25))
    return RollImprint(
        draw_blob(rng, diameter, 0.2, aspect=float(rng.uniform(1.0, 1.8))),
        Look(change, float(np.sign(change) * rng.uniform(0.20, 0.30)), 0.0),
        steepness=float(rng.uniform(0.10, 0.30)) * (-1.0 if rng.random() < 0.7 else 1.0),
        later=_draw_turns(rng),
        seed=int(rng.integers(2**62)),
    )


def _draw_turns(rng: np.random.Generator) -> tuple[tuple[float, float, float], ...]:
    """A calender roll of 700 to 1000 mm (section 1.1) or a guide roll of 100 to 160 mm: pi D (1 + N(0, 0.001)) from
    turn to turn, within 0.3 mm of the same place across, strength LogN(1, 0.2), 10 % missing.
    """
    is_calender = rng.random() < 0.3
    turn_mm = np.pi * float(rng.uniform(700.0, 1000.0) if is_calender else rng.uniform(100.0, 160.0))
    turns = np.arange(1, int(LONGEST_MM / turn_mm) + 1)
    along = turns * turn_mm * (1.0 + 0.001 * rng.standard_normal(turns.size))
    aside = np.clip(0.15 * rng.standard_normal(turns.size), -0.3, 0.3)
    gains = np.exp(0.2 * rng.standard_normal(turns.size))
    is_left = (rng.random(turns.size) >= 0.1) & (along <= LONGEST_MM)
    return tuple(
        (float(md), float(cd), float(gain))
        for md, cd, gain in zip(along[is_left], aside[is_left], gains[is_left], strict=True)
    )


E21 = Kind(
    "E21",
    ELECTRODES,
    Place.COATING,
    # Events per roll of 3 km; in a dense web each leaves some seven marks.
    Rates(0.02 / 3000.0, 0.1 / 3000.0, 1.0 / 3000.0, dense=0.15, per="m"),
    _draw,
    contrast=Contrast(bright=((-15, 25),), dark=((20, 80), (-80, -20))),
)
