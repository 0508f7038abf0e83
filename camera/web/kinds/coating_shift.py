"""S15, coating misalignment or uncoated edge of a separator (numbers note, section 2.2)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camera.web import lattice
from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import LONGEST_MM, Figure, Kind, Occasion, Place, Rates, Size
from camera.web.settings import COATED_SEPARATORS
from camera.web.texture import Field

_OVERLAP_MM = 0.6
"""The edge of the good coating wanders and has a profile: so far must a new one reach over it."""


@dataclass(frozen=True, slots=True)
class CoatingShift(Figure):
    """For a while the coating's edge lies aside: film is left bare, or coated that should be bare."""

    side: int
    """+1: the coating lies at larger columns."""
    length_mm: float
    shift_mm: float
    """Positive: the coating ends inside its nominal edge, film is bare."""
    ramp_mm: float
    """Along the machine, over which the edge moves there and back."""
    edge_mm: float
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return 0.5 * self.length_mm + self.ramp_mm

    @property
    def half_cd_mm(self) -> float:
        """See Figure."""
        return abs(self.shift_mm) + 1.3

    @property
    def is_windowed(self) -> bool:
        """See Figure."""
        return True

    def size(self) -> Size:
        """Length at half the shift, width and area of the stretch that is bare or coated wrongly; see Figure."""
        y = np.arange(-self.half_md_mm, self.half_md_mm, 0.1)
        wrong = np.clip(np.sign(self.shift_mm) * self._edge(y), 0.0, None) * self._painted(y)
        width = abs(self.shift_mm)
        return Size(max(self.length_mm, width), min(self.length_mm, width), float(wrong.sum() * 0.1))

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        y = canvas.y[:, 0].astype(np.float64)
        depth = canvas.x * np.float32(self.side)
        inside = depth - self._edge(y)[:, None]
        painted = self._painted(y)[:, None]
        bare = self._texture(canvas, ground.bare_plate, 0) * np.float32(ground.bare_dn)
        if self.shift_mm > 0.0:
            laid = soft(inside, self.edge_mm) * soft(-_OVERLAP_MM - depth, 0.3)
            canvas.scale(1.0 + painted * _bead(inside) * soft(-inside, self.edge_mm))
            canvas.replace(painted * laid, bare)
            wrong = soft(np.maximum(inside, -depth), canvas.step_mm)
        else:
            laid = soft(-inside, self.edge_mm) * soft(depth - _OVERLAP_MM, 0.3)
            coat = self._texture(canvas, ground.coat_plate, 1) * np.float32(ground.coat_dn) * (1.0 + _bead(inside))
            canvas.replace(painted * laid, coat)
            wrong = soft(np.maximum(-inside, depth), canvas.step_mm)
        canvas.claim(wrong * painted)

    def _edge(self, y: NDArray[np.float64]) -> Field:
        """(n,) where the coating ends at positions along the machine, mm inside its nominal edge."""
        share = soft((np.abs(y) - 0.5 * self.length_mm).astype(np.float32), self.ramp_mm)
        wander = 0.03 * lattice.smooth(self.seed, y / 0.5) + 0.06 * lattice.smooth(self.seed + 1, y / 20.0)
        return np.asarray(share * np.float32(self.shift_mm) + wander, np.float32)

    def _painted(self, y: NDArray[np.float64]) -> Field:
        """(n,) how far the old edge has given way to the new one; where the shift has faded out it stays."""
        away = np.abs(y) - 0.5 * self.length_mm - 0.4 * self.ramp_mm
        return soft(away.astype(np.float32), 0.1 * self.ramp_mm)

    def _texture(self, canvas: Canvas, plate: Field, number: int) -> Field:
        """(lines, columns) about 1, from a surface's plate: the same whatever part of the object the canvas shows."""
        height, width = plate.shape
        top, left = np.random.default_rng([self.seed, number]).integers([height, width])
        rows = _whole(canvas.y[:, 0], canvas.step_mm)
        columns = _whole(canvas.x[0], canvas.step_mm)
        return plate[np.ix_((top + rows) % height, (left + columns) % width)] + np.float32(1.0)


def _whole(position_mm: Field, step_mm: float) -> NDArray[np.int64]:
    return np.asarray(np.floor(position_mm / np.float32(step_mm)), np.int64)


def _bead(inside: Field) -> Field:
    """Extra brightness of the coating along its edge: +4 % 0.3 to 0.8 mm inside (section 4.6)."""
    return np.asarray(np.float32(0.04) * np.exp(-(((inside - np.float32(0.55)) / np.float32(0.22)) ** 2)), np.float32)


def _draw(rng: np.random.Generator, occasion: Occasion) -> CoatingShift:
    # The table has 0.2 to 5 mm and a limit of 0.5 mm.
    if occasion.is_dense:
        length = float(np.clip(60.0 * np.exp(0.7 * rng.standard_normal()), 10.0, 200.0))
        shift = occasion.lognormal(rng, 0.5, 0.7, 0.2, 4.0)
    else:
        length = float(np.clip(500.0 * np.exp(1.0 * rng.standard_normal()), 20.0, LONGEST_MM - 500.0))
        shift = occasion.lognormal(rng, 0.8, 0.7, 0.2, 5.0)
    return CoatingShift(
        occasion.side,
        length,
        shift if rng.random() < 0.7 else -shift,
        ramp_mm=float(rng.uniform(0.05, 0.25)) * length,
        edge_mm=float(rng.uniform(0.05, 0.15)),
        seed=int(rng.integers(2**60)),
    )


S15 = Kind("S15", COATED_SEPARATORS, Place.COATING_EDGE, Rates(0.01, 0.05, 0.5), _draw)
