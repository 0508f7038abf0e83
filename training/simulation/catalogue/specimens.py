"""Specimens for the picture book: objects found on the simulated web, and what the camera shows of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.web.figure import Kind, Place
from camera.web.kinds import KINDS
from camera.web.settings import LayoutName, Material, PlantingRate, View, WebSettings
from camera.web.truth import PlantedObject
from camera.web.web import SimulatedWeb
from training.data.labels import INVISIBLE_SNR

PITCH_UM = 25.0
"""The usual pixel pitch of coating, slitting and notching lines (numbers note, section 1.2)."""
_WIDTH_PX = 1600
_STRETCH_LINES = 4096
_SEARCHED_STRETCHES = 400
"""40 m of web; a kind that is not found on them is left away."""
_ENOUGH = 12
"""Objects among which the small, the middle and the large one are chosen."""
_RANKS = {"small": 0.08, "middle": 0.5, "large": 0.92}
"""Quantiles of the length."""
_MOST_LINES = 4096
"""Most lines of an object that are shown; of longer ones the middle."""
_SHOWN_PX = 152
"""Sides of a picture at most; larger ones are averaged down."""
_LEAST_PX = 40
_DARK_DN = 12
"""A picture in which no pixel is brighter holds stray light alone: foil lit from below."""
_SLENDER = 6.0
"""From this ratio of the sides on, lines and columns are averaged down each as far as it needs."""


_ELECTRODE_STANDS: dict[Place, tuple[LayoutName, float]] = {
    Place.CUT_EDGE: ("L4", 160.0),
    Place.COATING_EDGE: ("L4", -1.0),
    Place.FOIL: ("L4", -1.0),
    Place.INSULATION: ("L1", 20.0),
    Place.TAB: ("L5", -5.0),
    Place.CORNER: ("L6", -5.0),
    Place.PATCH_END: ("L3", 40.0),
}
"""Layout, and where across it the camera stands (mm), for kinds that do not lie on the coating."""
_SEPARATOR_STANDS: dict[Place, tuple[LayoutName, float]] = {
    Place.CUT_EDGE: ("L8-slit", -5.0),
    Place.CORNER: ("L6", -5.0),
}


@dataclass(frozen=True, slots=True)
class Picture:
    """What one view shows of a specimen."""

    view: View
    pixels: NDArray[np.uint8]
    """(rows, columns) grey levels."""
    mask: NDArray[np.bool_]
    """(rows, columns) True on the object."""
    contrast_percent: float
    snr: float

    @property
    def is_visible(self) -> bool:
        """It can be seen in this view: above the noise, and there is light to see it by."""
        return self.snr >= INVISIBLE_SNR and int(self.pixels.max()) >= _DARK_DN


@dataclass(frozen=True, slots=True)
class Specimen:
    """One object of a kind."""

    size: str
    """small, middle or large of what is drawn."""
    planted: PlantedObject
    """Its facts in the first view."""
    lines_per_row: int
    """Number of the camera's lines that are averaged in a row of the pictures."""
    columns_per_column: int
    pictures: tuple[Picture, ...]


@dataclass(frozen=True, slots=True)
class Chapter:
    """One kind, and its specimens on each material that it is shown on."""

    kind: Kind
    specimens: dict[Material, tuple[Specimen, ...]]


def find_specimens(code: str, material: Material, views: Sequence[View], seed: int) -> tuple[Specimen, ...]:
    """A small, a middle and a large object of a kind, each in all views; fewer where the web shows fewer.

    They are looked up on a web that carries this kind alone; only the lines around them are rendered.
    """
    kind = next(kind for kind in KINDS if kind.code == code)
    webs = [SimulatedWeb(stand_for(kind, material, view, PITCH_UM, seed)) for view in views]
    return tuple(_photograph(webs, size, planted) for size, planted in _chosen(webs[0]).items())


def stand_for(kind: Kind, material: Material, view: View, pitch_um: float, seed: int) -> WebSettings:
    """A dense web that carries this kind alone, seen where the kind can lie."""
    stands = _ELECTRODE_STANDS if material.is_electrode else _SEPARATOR_STANDS
    layout, left_mm = stands.get(kind.place, ("auto", 0.0))
    return WebSettings(
        material=material,
        view=view,
        kinds=(kind.code,),
        severity=PlantingRate.DENSE,
        seed=seed,
        layout=layout,
        left_mm=left_mm,
        width_px=_WIDTH_PX,
        pixel_pitch_um=pitch_um,
    )


def _chosen(web: SimulatedWeb) -> dict[str, PlantedObject]:
    found: dict[str, PlantedObject] = {}
    for stretch in range(1, _SEARCHED_STRETCHES):
        for planted in web.objects(stretch * _STRETCH_LINES, _STRETCH_LINES):
            # None that begins before the web does.
            if planted.md_mm > planted.length_mm:
                found.setdefault(planted.key, planted)
        if len(found) >= _ENOUGH:
            break
    ordered = sorted(found.values(), key=lambda planted: (planted.length_mm, planted.key))
    if len(ordered) < len(_RANKS):
        return dict(zip(_RANKS, ordered, strict=False))
    return {size: ordered[round(rank * (len(ordered) - 1))] for size, rank in _RANKS.items()}


def _photograph(webs: Sequence[SimulatedWeb], size: str, planted: PlantedObject) -> Specimen:
    pitch_mm = webs[0].pitch_mm
    # No object reaches farther than its length, wherever its centre lies; a margin shows the web around.
    reach = min(int(planted.length_mm / pitch_mm) + 100, _MOST_LINES // 2)
    first_line = max(0, int(planted.md_mm / pitch_mm) - reach)
    lines = 2 * reach
    seen = {web.settings.view: _of(web, planted.key, first_line, lines) for web in webs}
    top, bottom, left, right = _frame([each for each in seen.values() if each], first_line, lines)
    height, width = bottom - top, right - left
    steps = [-(-side // _SHOWN_PX) for side in (height, width)]
    if max(height, width) < _SLENDER * min(height, width):
        steps = [max(steps)] * 2
    pictures = []
    for web in webs:
        planted_here = seen[web.settings.view]
        if planted_here is None:
            continue
        whole = np.zeros((height, width), np.float32)
        rows, columns = planted_here.mask.shape
        y, x = planted_here.top_line - top, planted_here.left_px - left
        whole[max(0, y) : y + rows, max(0, x) : x + columns] = planted_here.mask[max(0, -y) :, max(0, -x) :][
            : height - max(0, y), : width - max(0, x)
        ]
        pixels = web.render(top, height)[:, left:right].astype(np.float32)
        share = _shrunk(whole, steps)
        pictures.append(
            Picture(
                web.settings.view,
                np.rint(_shrunk(pixels, steps)).astype(np.uint8),
                share >= min(0.5, 0.5 * float(share.max())),
                planted_here.contrast_percent,
                planted_here.snr,
            )
        )
    return Specimen(size, planted, steps[0], steps[1], tuple(pictures))


def _of(web: SimulatedWeb, key: str, first_line: int, lines: int) -> PlantedObject | None:
    return next((each for each in web.objects(first_line, lines) if each.key == key), None)


def _frame(seen: Sequence[PlantedObject], first_line: int, lines: int) -> tuple[int, int, int, int]:
    """(top, bottom, left, right) of the part of the web that is shown: the object's box and some web around it."""
    top = min(each.top_line for each in seen)
    bottom = max(each.top_line + each.mask.shape[0] for each in seen)
    left = min(each.left_px for each in seen)
    right = max(each.left_px + each.mask.shape[1] for each in seen)
    top, bottom = _widened(top, bottom, first_line, first_line + lines)
    left, right = _widened(left, right, 0, _WIDTH_PX)
    return top, bottom, left, right


def _widened(start: int, end: int, least: int, most: int) -> tuple[int, int]:
    """A stretch with a margin of 12 to 60 px, and 40 px long at least, within limits.

    >>> _widened(100, 104, 0, 1000), _widened(5, 500, 0, 1000)
    ((82, 122), (0, 560))
    """
    size = end - start
    margin = max(int(np.clip(0.5 * size, 12, 60)), -(-(_LEAST_PX - size) // 2))
    return max(least, start - margin), min(most, end + margin)


def _shrunk(field: NDArray[np.float32], steps: Sequence[int]) -> NDArray[np.float32]:
    """Means over `steps` (lines, columns) pixels; what is left over at the ends is cut off."""
    rows, columns = (side // step for side, step in zip(field.shape, steps, strict=True))
    part = field[: rows * steps[0], : columns * steps[1]]
    return np.asarray(cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)
