"""Compact objects in a camera's frames, without a model: whatever stands out, brighter or darker, small and round."""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.frame import Frame

_NEIGHBOURHOOD_MM = 3.0
"""What a mark stands out from is the mean of so much web around it."""
_LONGEST_MM = 2.5
"""Longer ones are lines and splices: their middles differ from camera to camera."""
_SIGMAS = 4.5
_LEAST_PX = 4
_MOST_A_FRAME = 60
"""The clearest of a frame; more are texture."""
_APART_MM = 2.0
_SAMPLE = 8
"""Every how many lines one says what is usual."""
_USUAL_PERCENT, _USUAL_SIGMAS = 80.0, 1.2816
"""Percent of normal noise that lie within so many standard deviations; a mark takes up less of its columns."""
_EDGE_PX = 8
"""How far beside an edge its wiggles are seen."""
_SMOOTHING_PX = 1.0
_BORDER_PX = 2


@dataclass(frozen=True, slots=True)
class Marks:
    """Points in one camera's image; arrays of one length."""

    x_mm: NDArray[np.float64]
    """From the outer border of the first column, by its pixel pitch."""
    position_mm: NDArray[np.float64]
    """Place by the encoder, in that camera's count."""
    snr: NDArray[np.float64]
    """How clearly each stands out: its highest difference over the noise around."""

    def __len__(self) -> int:
        return len(self.x_mm)

    def clearest(self, count: int) -> "Marks":
        """The marks that stand out most, so many."""
        chosen = np.argsort(-self.snr, kind="stable")[:count]
        return Marks(self.x_mm[chosen], self.position_mm[chosen], self.snr[chosen])


def find_marks(frames: Iterable[Frame]) -> Marks:
    """All compact objects in the frames; one over a frame's border counts in neither."""
    found = [_marks_of(frame) for frame in frames]
    every = np.concatenate([np.empty((0, 3)), *found])
    return Marks(every[:, 0], every[:, 1], every[:, 2])


def _marks_of(frame: Frame) -> NDArray[np.float64]:
    """(marks, 3) of x_mm, position_mm and snr."""
    difference = _standing_out(frame)
    clearness = np.abs(difference) / _noise(difference)
    mask = (clearness > _SIGMAS).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    height, width = mask.shape
    kept: list[tuple[float, float, float]] = []
    for label in range(1, count):
        left, top, columns, lines, area = (int(each) for each in stats[label])
        if area < _LEAST_PX or not left >= _BORDER_PX or left + columns > width - _BORDER_PX:
            continue
        if top < _BORDER_PX or top + lines > height - _BORDER_PX:
            continue
        if max(columns * frame.pixel_pitch_x_um, lines * frame.pixel_pitch_y_um) > 1000.0 * _LONGEST_MM:
            continue
        part = np.s_[top : top + lines, left : left + columns]
        is_mark = labels[part] == label
        weights = np.where(is_mark, np.abs(difference[part]), 0.0)
        total = float(weights.sum())
        y, x = np.indices(weights.shape) + 0.5
        clear = float(clearness[part][is_mark].max())
        kept.append((clear, left + float((weights * x).sum()) / total, top + float((weights * y).sum()) / total))
    clearest = _apart(np.array(sorted(kept, reverse=True)).reshape(-1, 3), frame)
    x_mm = clearest[:, 1] * frame.pixel_pitch_x_um / 1000.0
    position_mm = frame.position_mm + clearest[:, 2] * frame.pixel_pitch_y_um / 1000.0
    return np.column_stack([x_mm, position_mm, clearest[:, 0]])


def _standing_out(frame: Frame) -> NDArray[np.float32]:
    """(height, width): smoothed grey level less that of the neighbourhood. What each line shows in the same column is
    the camera's or a streak, and gone.
    """
    pixels = frame.pixels.astype(np.float32)
    pixels -= np.median(pixels[::_SAMPLE], axis=0)
    size = (
        _odd(1000.0 * _NEIGHBOURHOOD_MM / frame.pixel_pitch_x_um),
        _odd(1000.0 * _NEIGHBOURHOOD_MM / frame.pixel_pitch_y_um),
    )
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), _SMOOTHING_PX) - cv2.blur(pixels, size), np.float32)


def _apart(marks: NDArray[np.float64], frame: Frame) -> NDArray[np.float64]:
    """The clearest of those that lie close together, which come first: the parts of a splash fit each other anyhow."""
    places_mm = marks[:, 1:] * (frame.pixel_pitch_x_um / 1000.0, frame.pixel_pitch_y_um / 1000.0)
    kept: list[int] = []
    for index, place in enumerate(places_mm):
        if not kept or np.hypot(*(places_mm[kept] - place).T).min() > _APART_MM:
            kept.append(index)
        if len(kept) == _MOST_A_FRAME:
            break
    return marks[kept]


def _noise(difference: NDArray[np.float32]) -> NDArray[np.float32]:
    """(width,) what is usual in each column, as a standard deviation: along an edge or streak much is."""
    usual = np.percentile(np.abs(difference[::_SAMPLE]), _USUAL_PERCENT, axis=0) / _USUAL_SIGMAS
    floor = max(float(np.median(usual)), 1e-6)
    reach = np.ones((1, 2 * _EDGE_PX + 1), np.uint8)
    wide = cv2.dilate(usual[None, :].astype(np.float32), reach)[0]
    return np.asarray(np.maximum(wide, floor), np.float32)


def _odd(pixels: float) -> int:
    return 2 * max(2, round(pixels / 2.0)) + 1
