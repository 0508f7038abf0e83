"""E15, fibre or hair on the electrode (numbers note, sections 2.1 and 4.7)."""

import numpy as np

from camera.web.figure import Contrast, Kind, Look, Occasion, Place, Rates
from camera.web.kinds.fibre import Fibre, draw_curl
from camera.web.settings import ELECTRODES


def _draw(rng: np.random.Generator, occasion: Occasion) -> Fibre:
    """Darker than the coating or lighter; it shines in grazing light, and nothing is seen of it against the foil."""
    if occasion.is_dense:
        length = occasion.lognormal(rng, 1.3, 0.7, 0.5, 10.0)
        width = float(rng.uniform(0.012, 0.05))
    else:
        length = occasion.lognormal(rng, 3.0, 0.6, 0.5, 15.0)
        width = float(rng.uniform(0.012, 0.04))
    drop = float(rng.uniform(0.15, 0.60)) * (1.0 if rng.random() < 0.6 else -1.0)
    return Fibre(draw_curl(rng, length), width, Look(drop, -float(rng.uniform(0.30, 1.50)), 0.0))


E15 = Kind(
    "E15",
    ELECTRODES,
    Place.COATING,
    Rates(0.01, 0.05, 0.5),
    _draw,
    contrast=Contrast(bright=((-60, 60),), dark=((30, 150),)),
)
