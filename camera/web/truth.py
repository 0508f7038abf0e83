"""What is really on the simulated web: the answer sheet."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class PlantedObject:
    """One object that the simulation put on the web. Lengths are true ones, whatever the camera makes of them."""

    kind: str
    """Catalogue code: E01 ..., S01 ..., N01 ..."""
    key: str
    """Names the object on its web: the same object has the same key in every block that shows a part of it."""
    md_mm: float
    """Machine direction: centre (of irregular objects the centroid), from line 0 of the web."""
    cd_mm: float
    """Cross direction: centre, from column 0."""
    length_mm: float
    """What the camera leaves in every line (N06, N07, N08) is as long as the lines asked for."""
    width_mm: float
    area_mm2: float
    """Physical area at 50 % coverage, the whole object's."""
    contrast_percent: float
    """Weber contrast as drawn, before optics: (object - background) / background * 100, mean over the object, signed;
    grey levels clipped as the sensor clips them."""
    snr: float
    """Visibility in this view, the whole object's (of larger ones, what 1024 lines and columns show): of its noise-free
    difference image after optics against texture and sensor noise, each at its frequency (`camera.web.visibility`)."""
    top_line: int
    """First line of `mask` on the web."""
    left_px: int
    """First column of `mask`."""
    mask: NDArray[np.bool_]
    """(lines, columns) True where the object covers half a pixel or more, as far as the asked lines show it; if it
    fills no pixel, those that it covers at least half as much as its best one. At least one is True."""

    @property
    def diameter_mm(self) -> float:
        """Diameter of the circle of the same area."""
        return float(2.0 * np.sqrt(self.area_mm2 / np.pi))

    @property
    def is_nuisance(self) -> bool:
        """No defect: tape, edge mark, code, ink, dust on the lens."""
        return self.kind.startswith("N")
