"""Two cameras side by side that see the web alike: the texture of the few columns that both show tells their places.

Frames of both are laid over each other at every number of shared columns and every shift along; where the texture
agrees in stretch after stretch, there they belong. Each stretch of web then says by itself where.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.frame import Frame
from inspection.errors import RegistrationError
from inspection.vision.placement import Across, Placement
from inspection.vision.registration.fit import FEWEST_MARKS, Pairs, Registration, Search, fit, flipped

_FEWEST_COLUMNS = 6
_WIDEST_MM = 20.0
_COARSE_PX = 10.0
"""What is smoother than this is shading."""
_CLIP_SIGMAS = 5.0
"""Strength at which an object counts in full; a stronger one counts no more than that."""
_MOST_STRETCHES = 24
_CLEAR = 1.3
"""The texture must agree so much better than at any other place, or nobody knows which is right."""
_NEAR_PX = 12
"""One and the same peak."""
_STEADY_SIGMAS = 3.5
_STEADY_PX = 0.5
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Stretch:
    """What both cameras show of a stretch of web near their common border, columns from the drive side on."""

    leading: Floats
    """(lines, columns) of the camera whose place is known."""
    other: Floats
    """(lines + twice the search, columns)."""
    position_mm: float
    """Place of the middle of `leading`, by the encoder."""
    late_mm: float
    """Place of the first line of `other` less that of `leading`, by the encoder."""


@dataclass(frozen=True, slots=True)
class _Agreement:
    """Correlation for each number of shared columns (rows) and each shift along (columns)."""

    fewest: int
    scores: NDArray[np.float64]

    def peak(self, near: tuple[int, int] | None = None) -> tuple[int, int]:
        """Where it is highest, nowhere but `near` if given."""
        scores = self.scores
        if near is not None:
            at, to = near
            mask = np.full(scores.shape, -np.inf)
            part = np.s_[max(0, at - _NEAR_PX) : at + _NEAR_PX + 1, max(0, to - _NEAR_PX) : to + _NEAR_PX + 1]
            mask[part] = scores[part]
            scores = mask
        row, column = np.unravel_index(int(np.argmax(scores)), scores.shape)
        return int(row), int(column)

    def clearness(self) -> float:
        """The highest score over the highest elsewhere."""
        row, column = self.peak()
        rest = self.scores.copy()
        rest[max(0, row - _NEAR_PX) : row + _NEAR_PX + 1, max(0, column - _NEAR_PX) : column + _NEAR_PX + 1] = 0.0
        return float(self.scores[row, column] / max(float(rest.max()), 1e-9))


def match_texture(
    frames: Sequence[Frame],
    others: Sequence[Frame],
    other: Placement,
    told: Placement,
    search: Search,
) -> Registration:
    """The place of the camera that took `frames`, by those of its neighbour, whose place is known.

    `told`: where it is thought to be, mirrored or not as it may be. Raises RegistrationError: they share no texture, or
    too few columns.
    """
    width_mm = frames[0].width_px * frames[0].pixel_pitch_x_um / 1000.0
    found = [
        measured
        for place in (told, flipped(told, width_mm))
        if (measured := _matched(frames, others, other, place, search)) is not None
    ]
    if not found:
        raise RegistrationError(
            f"the two cameras show no texture in common at their border, within {search.along_mm:g} mm along and "
            f"{search.across_mm:g} mm across of where they were told. See that their views overlap, take more web "
            "(--frames), or look farther (--along-mm, --across-mm)."
        )
    best = max(found, key=lambda each: each[0])[1]
    if best.marks < FEWEST_MARKS:
        raise RegistrationError(
            f"only {best.marks} stretches of web say where it looks, at least {FEWEST_MARKS} are needed. Take more web "
            "(--frames)."
        )
    return best


def shared_mm(one: Across, other: Across) -> float:
    """How much of the width both see.

    >>> shared_mm(Across(0.0, 50.0), Across(48.5, 98.0))
    1.5
    """
    return max(0.0, min(one.right_mm, other.right_mm) - max(one.left_mm, other.left_mm))


def _matched(
    frames: Sequence[Frame], others: Sequence[Frame], other: Placement, told: Placement, search: Search
) -> tuple[float, Registration] | None:
    first = others[0]
    pitch_x_mm, pitch_y_mm = first.pixel_pitch_x_um / 1000.0, first.pixel_pitch_y_um / 1000.0
    field = told.field(frames[0].width_px * frames[0].pixel_pitch_x_um / 1000.0)
    known = other.field(first.width_px * pitch_x_mm)
    is_right = field.left_mm + field.right_mm >= known.left_mm + known.right_mm
    expected_mm = known.right_mm - field.left_mm if is_right else field.right_mm - known.left_mm
    least = max(_FEWEST_COLUMNS, int((expected_mm - search.across_mm) / pitch_x_mm))
    most = min(
        int((expected_mm + search.across_mm) / pitch_x_mm),
        int(_WIDEST_MM / pitch_x_mm),
        first.width_px,
        int(frames[0].width_px * frames[0].pixel_pitch_x_um / first.pixel_pitch_x_um),
    )
    if most < least + 2:
        return None
    stretches = list(_stretches(frames, others, other, told, search, most, is_right))
    if not stretches:
        return None
    shifts = 2 * round(search.along_mm / pitch_y_mm) + 1
    each = [_agreement(stretch, least, most, shifts, is_right) for stretch in stretches]
    together = _Agreement(least, sum((one.scores for one in each[1:]), each[0].scores))
    if together.clearness() < _CLEAR:
        return None
    row, column = together.peak()
    points = []
    for stretch, one in zip(stretches, each, strict=True):
        shared, shift = _exact(one, one.peak((row, column)))
        if abs(shared - least - row) < _NEAR_PX and abs(shift - column) < _NEAR_PX:
            points.append((shared, shift, stretch))
    kept = _steady(np.array([(shared, shift) for shared, shift, _ in points]).reshape(-1, 2))
    points = [point for point, is_kept in zip(points, kept, strict=True) if is_kept]
    width_mm = frames[0].width_px * frames[0].pixel_pitch_x_um / 1000.0
    pairs = _pairs(points, first.width_px, width_mm, other, told, (pitch_x_mm, pitch_y_mm), is_right)
    return together.clearness(), fit(pairs, told)


def _steady(found: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Those that lie by the median of all."""
    if not len(found):
        return np.zeros(0, bool)
    off = np.hypot(*(found - np.median(found, axis=0)).T)
    return np.asarray(off <= max(_STEADY_SIGMAS * float(np.median(off)), _STEADY_PX))


def _pairs(
    points: Sequence[tuple[float, float, _Stretch]],
    known_px: int,
    width_mm: float,
    other: Placement,
    told: Placement,
    pitch_mm: tuple[float, float],
    is_right: bool,
) -> Pairs:
    """One point a stretch, in the middle of what both show."""
    pitch_x_mm, pitch_y_mm = pitch_mm
    x_mm, position_mm, cd_mm, md_mm = [], [], [], []
    for shared, shift, stretch in points:
        inside_mm = shared / 2.0 * pitch_x_mm
        # From its border at the drive side; of a mirrored camera the columns count from the other one.
        here = inside_mm if is_right else width_mm - inside_mm
        there = known_px * pitch_x_mm - inside_mm if is_right else inside_mm
        here = width_mm - here if told.is_mirrored else here
        there = known_px * pitch_x_mm - there if other.is_mirrored else there
        x_mm.append(here)
        cd_mm.append(other.cd_mm(there))
        md_mm.append(other.md_mm(stretch.position_mm, there))
        position_mm.append(stretch.position_mm + stretch.late_mm + shift * pitch_y_mm)
    return Pairs(np.array(x_mm), np.array(position_mm), np.array(cd_mm), np.array(md_mm))


def _stretches(
    frames: Sequence[Frame],
    others: Sequence[Frame],
    other: Placement,
    told: Placement,
    search: Search,
    columns: int,
    is_right: bool,
) -> Iterator[_Stretch]:
    """What the neighbour's frames show, each with all that the camera may show of it."""
    pitch_y_mm = others[0].pixel_pitch_y_um / 1000.0
    like = others[0]
    run = _Run(
        [_band(frame, columns, at_drive_side=is_right, is_mirrored=told.is_mirrored, like=like) for frame in frames],
        frames,
        pitch_y_mm,
    )
    way_mm = told.along_mm - other.along_mm
    for frame in others[:_MOST_STRETCHES]:
        start_mm = frame.position_mm + way_mm - round(search.along_mm / pitch_y_mm) * pitch_y_mm
        part = run.lines(start_mm, frame.height_px + 2 * round(search.along_mm / pitch_y_mm))
        if part is None:
            continue
        pixels, began_mm = part
        yield _Stretch(
            _flat(_band(frame, columns, at_drive_side=not is_right, is_mirrored=other.is_mirrored, like=like)),
            _flat(pixels),
            frame.position_mm + frame.length_mm / 2.0,
            began_mm - frame.position_mm,
        )


class _Run:
    """Lines of one camera by their place; a lost frame leaves a gap."""

    def __init__(self, bands: Sequence[Floats], frames: Sequence[Frame], pitch_mm: float) -> None:
        self._pitch_mm = pitch_mm
        self._parts: list[tuple[float, Floats]] = []
        for band, frame in zip(bands, frames, strict=True):
            if self._parts:
                start_mm, before = self._parts[-1]
                if abs(start_mm + len(before) * pitch_mm - frame.position_mm) < pitch_mm / 2.0:
                    self._parts[-1] = (start_mm, np.concatenate([before, band]))
                    continue
            self._parts.append((frame.position_mm, band))

    def lines(self, start_mm: float, count: int) -> tuple[Floats, float] | None:
        """The lines from the one next to that place, and its place; None where some are missing."""
        for began_mm, band in self._parts:
            first = round((start_mm - began_mm) / self._pitch_mm)
            if first >= 0 and first + count <= len(band):
                return band[first : first + count], began_mm + first * self._pitch_mm
        return None


def _band(frame: Frame, columns: int, *, at_drive_side: bool, is_mirrored: bool, like: Frame) -> Floats:
    """(lines, columns) at one border of what it sees, columns from the drive side on, by the pixel pitch of `like`."""
    own = columns * like.pixel_pitch_x_um / frame.pixel_pitch_x_um
    wanted = min(frame.width_px, int(np.ceil(own)))
    takes_first = at_drive_side != is_mirrored
    chosen = np.s_[:, :wanted] if takes_first else np.s_[:, frame.width_px - wanted :]
    part: Floats = frame.pixels[chosen].astype(np.float32)
    if is_mirrored:
        part = part[:, ::-1]
    lines = round(frame.height_px * frame.pixel_pitch_y_um / like.pixel_pitch_y_um)
    if (lines, columns) != part.shape:
        part = np.asarray(cv2.resize(part, (columns, lines), interpolation=cv2.INTER_AREA), np.float32)
    return np.ascontiguousarray(part, np.float32)


def _flat(band: Floats) -> Floats:
    """Its texture: without shading and what each line shows in the same column, every column as strong as all."""
    level = np.asarray(band - np.median(band, axis=0), np.float32)
    band = np.asarray(cv2.GaussianBlur(level, (0, 0), 1.0) - cv2.GaussianBlur(level, (0, 0), _COARSE_PX), np.float32)
    sigma = np.maximum(1.4826 * np.median(np.abs(band), axis=0), 1e-6)
    band = np.clip(band / sigma, -_CLIP_SIGMAS, _CLIP_SIGMAS)
    return np.asarray(band / np.maximum(band.std(axis=0), 1e-6), np.float32)


def _agreement(stretch: _Stretch, least: int, most: int, shifts: int, is_right: bool) -> _Agreement:
    lines = len(stretch.leading)
    size = 1 << (len(stretch.other) - 1).bit_length()
    known = np.conj(np.fft.rfft(stretch.leading, size, axis=0)).T
    sought = np.fft.rfft(stretch.other, size, axis=0).T
    sums = np.empty((most - least + 1, known.shape[1]), np.complex64)
    for shared in range(least, most + 1):
        here, there = (sought[:shared], known[most - shared :]) if is_right else (
            sought[most - shared :], known[:shared])  # fmt: skip
        sums[shared - least] = np.einsum("cf,cf->f", here, there)
    scores = np.fft.irfft(sums, size, axis=1)[:, :shifts].astype(np.float64)
    # A sum over more columns scatters more by chance.
    scores /= lines * np.sqrt(np.arange(least, most + 1))[:, None]
    return _Agreement(least, scores)


def _exact(agreement: _Agreement, peak: tuple[int, int]) -> tuple[float, float]:
    """Shared columns and shift along at the top of a peak, between pixels."""
    row, column = peak
    scores = agreement.scores
    weights = np.sqrt(np.arange(scores.shape[0]) + agreement.fewest)
    across, along = scores[:, column] / weights, scores[row]
    return agreement.fewest + row + _top(across, row), column + _top(along, column)


def _top(scores: NDArray[np.float64], at: int) -> float:
    """Top of the parabola through a highest score and its neighbours, from there."""
    if not 0 < at < len(scores) - 1:
        return 0.0
    left, middle, right = scores[at - 1 : at + 2]
    bend = left - 2.0 * middle + right
    return float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5)) if bend < 0.0 else 0.0
