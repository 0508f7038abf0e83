"""Contrasts of planted objects against tables 2.1 and 2.2 of the numbers note."""

from collections.abc import Sequence

import cv2
import numpy as np

from camera.web.figure import SATURATED, Kind
from camera.web.settings import PlantingRate, View
from camera.web.truth import PlantedObject
from camera.web.web import SimulatedWeb
from training.simulation.catalogue.specimens import stand_for
from training.simulation.check import Check

_INNER, _OUTER = 0.6, 1.4
"""Optics take away from the contrast of what is a few pixels wide; the texture adds to it."""
_IN_BAND = 0.8
"""Share of the objects."""
_LEAST_PX = 4.0
"""Smaller objects are blurred to less than their contrast."""
_PITCHES_UM = (25.0, 10.0)
"""The second for kinds that are too thin for the first."""
_SEARCHED_MM = 6000.0
_STRETCH_LINES = 4096
_MOST_LINES = 512


def contrasts(kind: Kind, view: View, objects: int, seed: int = 1) -> Check:
    """What stands out most of each object against the same web without it, after optics."""
    material = kind.materials[0]
    found: list[tuple[float, float]] = []
    for pitch_um in _PITCHES_UM:
        settings = stand_for(kind, material, view, pitch_um, seed)
        web = SimulatedWeb(settings)
        without = SimulatedWeb(settings.model_copy(update={"severity": PlantingRate.CLEAN}))
        found = found or [
            strongest_contrast(web, without, planted, kind.contrast.share_percent) for planted in _objects(web, objects)
        ]
    ranges = kind.contrast.at(view)
    seen = "none found"
    is_ok = False
    if found:
        share = float(np.mean([any(_within(*each, *band) for band in ranges) for each in found]))
        low, median, high = np.percentile([each for each, _ in found], [10, 50, 90])
        seen = f"{low:+.0f} .. {median:+.0f} .. {high:+.0f} % ({share:.0%} of {len(found)} in band)"
        is_ok = share >= _IN_BAND
    return Check(f"{kind.code} on {material} in {view}: contrast", _in_words(ranges), seen, is_ok)


def strongest_contrast(
    web: SimulatedWeb, without: SimulatedWeb, planted: PlantedObject, share_percent: float
) -> tuple[float, float]:
    """Weber contrast in % of the share of an object that is most unlike the same web without it, and that of a
    saturated pixel.

    Both webs have the same texture and noise, so that their difference is the object alone.
    """
    middle = planted.mask.shape[0] // 2
    rows = slice(max(0, middle - _MOST_LINES // 2), middle + _MOST_LINES // 2)
    mask = cv2.dilate(planted.mask[rows].astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    first_line, columns = planted.top_line + rows.start, slice(planted.left_px, planted.left_px + mask.shape[1])
    below = without.render(first_line, mask.shape[0])[:, columns].astype(np.float64)
    change = web.render(first_line, mask.shape[0])[:, columns] - below
    low, high = np.percentile(change[mask], [share_percent, 100.0 - share_percent])
    level = float(below[mask].mean())
    return 100.0 * float(high if high > -low else low) / level, 100.0 * (255.0 / level - 1.0)


def _objects(web: SimulatedWeb, count: int) -> list[PlantedObject]:
    """Some objects of a web, each once, those that are too small to show their contrast left away."""
    found: dict[str, PlantedObject] = {}
    for first_line in range(_STRETCH_LINES, int(_SEARCHED_MM / web.pitch_mm), _STRETCH_LINES):
        for planted in web.objects(first_line, _STRETCH_LINES):
            if planted.width_mm >= _LEAST_PX * web.pitch_mm:
                found.setdefault(planted.key, planted)
        if len(found) >= count:
            break
    return list(found.values())[:count]


def _within(value: float, saturated: float, low: float, high: float) -> bool:
    """In a band, as far as optics and sensor let it.

    >>> _within(110.0, 112.0, 200.0, 1e4), _within(-20.0, 170.0, 80.0, 300.0)
    (True, False)
    """
    least = min(low * _INNER, 0.9 * saturated) if low > 0.0 else low * _OUTER
    return least <= value <= high * (_INNER if high < 0.0 else _OUTER)


def _in_words(ranges: Sequence[tuple[float, float]]) -> str:
    return " or ".join(
        f"{low:+.0f} .. " + ("saturation" if high == SATURATED else f"{high:+.0f} %") for low, high in ranges
    )
