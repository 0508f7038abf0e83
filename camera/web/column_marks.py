"""What the camera itself leaves in the picture: columns that differ in every line, and the seam between two cameras
(numbers note, section 4.5; catalogue N06, N07, N08). None of it lies on the web.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

COLUMNS_PER_SENSOR = 16_384
"""The numbers note counts dust and bad columns for a sensor of this width."""
_DUST_PER_SENSOR = 0.3
_BAD_COLUMNS_PER_SENSOR = 0.2


@dataclass(frozen=True, slots=True)
class ColumnMark:
    """A few neighbouring columns that are wrong in every line of the web."""

    code: Literal["N06", "N07", "N08"]
    """N06: camera seam. N07: columns that the flat-field correction gets wrong, dead and hot ones among them.
    N08: dust on the lens or on the sensor's window."""
    first_column: int
    width_px: int
    gain: float
    """Mean factor of the grey level over these columns."""
    offset_dn: float = 0.0
    """Added whatever the light, 8-bit DN: a hot column."""

    def contrast_percent(self, level_dn: float) -> float:
        """Weber contrast on a surface of that grey level.

        >>> round(ColumnMark("N08", 100, 3, gain=0.95).contrast_percent(80.0), 1)
        -5.0
        """
        return 100.0 * (self.gain - 1.0 + self.offset_dn / level_dn)


def draw_marks(
    width_px: int, is_corrected: bool, rng: np.random.Generator, rate: float = 1.0
) -> tuple[ColumnMark, ...]:
    """Dust and bad columns of one camera, in no order; as a rule there are none.

    Dust: 0.3 on 16384 columns, 1 to 6 px wide, -2 to -10 %. Dead or hot columns: 0.2 on 16384. A camera that corrects
    its own flat field shows dust that came after its white reference was taken (N08) and, just as often, the bright
    trace of dust that has gone since (N07). `rate` multiplies all three.
    """
    share = rate * width_px / COLUMNS_PER_SENSOR
    marks = [_dust(width_px, rng) for _ in range(rng.poisson(_DUST_PER_SENSOR * share))]
    if is_corrected:
        for _ in range(rng.poisson(_DUST_PER_SENSOR * share)):
            gone = _dust(width_px, rng)
            marks.append(ColumnMark("N07", gone.first_column, gone.width_px, 1.0 / gone.gain))
    for _ in range(rng.poisson(_BAD_COLUMNS_PER_SENSOR * share)):
        column = int(rng.integers(width_px))
        if rng.random() < 0.5:
            marks.append(ColumnMark("N07", column, 1, gain=float(rng.uniform(0.0, 0.3))))
        else:
            marks.append(ColumnMark("N07", column, 1, gain=1.0, offset_dn=float(rng.uniform(20.0, 120.0))))
    return tuple(marks)


def _dust(width_px: int, rng: np.random.Generator) -> ColumnMark:
    width = int(rng.integers(1, 7))
    first = int(rng.integers(max(1, width_px - width + 1)))
    return ColumnMark("N08", first, width, gain=1.0 - float(rng.uniform(0.02, 0.10)))


def column_gain(marks: Iterable[ColumnMark], code: str, width_px: int) -> NDArray[np.float32]:
    """(width_px,) factor by the marks of one code; soft towards their borders, as dust out of focus is.

    >>> column_gain([ColumnMark("N08", 1, 1, gain=0.9)], "N08", 3).tolist()
    [1.0, 0.8999999761581421, 1.0]
    """
    gain = np.ones(width_px)
    for mark in marks:
        if mark.code == code:
            place = (np.arange(mark.width_px) + 0.5) / mark.width_px
            profile = np.sin(np.pi * place)
            profile /= profile.mean()
            gain[mark.first_column : mark.first_column + mark.width_px] *= 1.0 + (mark.gain - 1.0) * profile
    return gain.astype(np.float32)


def column_offset_dn(marks: Iterable[ColumnMark], width_px: int) -> NDArray[np.float32]:
    """(width_px,) 8-bit DN that hot columns add."""
    offset = np.zeros(width_px, np.float32)
    for mark in marks:
        offset[mark.first_column : mark.first_column + mark.width_px] += np.float32(mark.offset_dn)
    return offset


@dataclass(frozen=True, slots=True)
class Seam:
    """Where the pictures of two cameras meet: the right one is a little brighter or darker, aside and late."""

    column: int
    """First column of the right camera."""
    gain: float
    """Gain of the right camera against the left one."""
    aside_px: float
    """By so much farther right than they are does the right camera show things; 0 .. 2."""
    late_lines: int
    """By so many lines later does it show them."""

    @property
    def mark(self) -> ColumnMark:
        """The two columns that meet."""
        return ColumnMark("N06", self.column - 1, 2, gain=0.5 * (1.0 + self.gain))

    def join(self, scene: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the two cameras make of a scene: (late_lines + lines, columns), the first `late_lines` from before the
        wanted ones, gives (lines, columns).

        >>> scene = np.arange(12, dtype=np.float32).reshape(3, 4)
        >>> Seam(column=2, gain=1.0, aside_px=0.0, late_lines=1).join(scene).tolist()
        [[4.0, 5.0, 2.0, 3.0], [8.0, 9.0, 6.0, 7.0]]
        """
        lines, columns = scene.shape[0] - self.late_lines, scene.shape[1]
        joined = scene[self.late_lines :].copy()
        source = np.arange(self.column, columns) - self.aside_px
        left = np.floor(source).astype(np.int64)
        share = (source - left).astype(np.float32)
        late = scene[:lines]
        right = np.minimum(left + 1, columns - 1)
        joined[:, self.column :] = np.float32(self.gain) * (late[:, left] * (1.0 - share) + late[:, right] * share)
        return joined


def draw_seam(width_px: int, rng: np.random.Generator) -> Seam:
    """A seam near the middle of the web: gain 1 % (0 to 3), 0.5 px (0 to 2) aside, 1 line (0 to 4) late."""
    return Seam(
        column=int(width_px * rng.uniform(0.4, 0.6)),
        gain=1.0 + float(np.clip(0.01 * rng.standard_normal(), -0.03, 0.03)),
        aside_px=float(min(2.0, abs(0.5 * rng.standard_normal()))),
        late_lines=int(min(4, rng.poisson(1.0))),
    )
