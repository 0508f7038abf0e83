"""Draws what was found onto the frame: outlines, kinds, sizes and the verdict, in colours and line styles that also
people who see few colours can tell apart.
"""

from collections.abc import Iterable
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.frame import FrameId
from inspection.values import Decision, Defect, Severity, Verdict

# Okabe and Ito's palette (jfly.uni-koeln.de/color), as BGR.
_VERMILLION = (0, 94, 213)
_ORANGE = (0, 159, 230)
_YELLOW = (66, 228, 240)
_SKY_BLUE = (233, 180, 86)
_GREY = (190, 190, 190)
_GREEN = (115, 158, 0)
_BLACK = (0, 0, 0)
_WHITE = (255, 255, 255)

_COLOUR = {
    Severity.S1: _VERMILLION,
    Severity.S2: _ORANGE,
    Severity.S3: _YELLOW,
    Severity.S4: _SKY_BLUE,
    Severity.N: _GREY,
}
_CORNERS_ONLY = (Severity.S4, Severity.N)
_BANNER = {Verdict.ACCEPT: ("ACCEPT", _GREEN), Verdict.REJECT: ("REJECT", _VERMILLION)}
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def to_grey8(pixels: NDArray[np.uint8] | NDArray[np.uint16], bit_depth: int) -> NDArray[np.uint8]:
    """(height, width) uint8 for the eye, from any bit depth.

    >>> int(to_grey8(np.full((1, 1), 4095, np.uint16), 12)[0, 0])
    255
    """
    if pixels.dtype == np.uint8:
        return np.asarray(pixels, np.uint8)
    return np.asarray(np.right_shift(pixels, max(0, bit_depth - 8)).clip(0, 255), np.uint8)


def draw_overlay(
    image: NDArray[np.uint8], decision: Decision, frame: FrameId | None = None
) -> NDArray[np.uint8]:  # fmt: skip
    """(height, width, 3) BGR: the grey frame with every defect outlined, and the verdict on a strip above it.

    frame: which of the decision's frames it is, with each defect as it was seen there; None: the one in which its piece
    begins.

    Solid boxes: severities S1 to S3; corners only: S4 and objects that are no defects. What a reason is about is drawn
    twice as thick.
    """
    scale = max(1.0, image.shape[1] / 1600.0)
    picture = np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR), np.uint8)
    guilty = decision.guilty
    for place, defect in enumerate(decision.defects):
        for seen in _seen_in(frame or decision.piece.frame, defect):
            _draw_defect(picture, seen, scale, is_guilty=place in guilty)
    banner = _banner(picture.shape[1], decision, scale)
    return np.asarray(np.vstack([banner, picture]), np.uint8)


def _seen_in(frame: FrameId, defect: Defect) -> list[Defect]:
    """A defect as a frame shows it, under the name and severity that it has in the end."""
    if not defect.sightings:
        return [defect]
    return [
        replace(sighting.defect, kind=defect.kind, severity=defect.severity)
        for sighting in defect.sightings
        if sighting.frame == frame
    ]


def _draw_defect(picture: NDArray[np.uint8], defect: Defect, scale: float, *, is_guilty: bool) -> None:
    colour = _COLOUR[defect.severity]
    thickness = max(1, round(scale)) * (2 if is_guilty else 1)
    box = defect.box
    if defect.mask.size:
        contours, _ = cv2.findContours(defect.mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        # A mask's last row is its box's last: rows of an earlier frame are not in it.
        offset = (box.left, box.bottom - defect.mask.shape[0])
        cv2.drawContours(picture, contours, -1, colour, 1, offset=offset)
    room = round(6 * scale)
    corners = (box.left - room, box.top - room, box.right + room, box.bottom + room)
    if defect.severity in _CORNERS_ONLY:
        _draw_corners(picture, corners, colour, thickness)
    else:
        cv2.rectangle(picture, corners[:2], corners[2:], colour, thickness)
    size = f"{defect.kind} {defect.severity.value} {max(defect.length_mm, defect.diameter_mm):.2f} mm"
    font = 0.5 * scale
    (width, height), _ = cv2.getTextSize(size, _FONT, font, 1)
    x = int(np.clip(corners[0], 0, max(0, picture.shape[1] - width)))
    y = corners[1] - round(4 * scale)
    if y < height:
        y = min(corners[3] + height + round(4 * scale), picture.shape[0] - 2)
    _text(picture, size, (x, y), font, colour)


def _draw_corners(
    picture: NDArray[np.uint8], corners: tuple[int, int, int, int], colour: tuple[int, int, int], thickness: int
) -> None:
    left, top, right, bottom = corners
    arm_x, arm_y = max(2, (right - left) // 4), max(2, (bottom - top) // 4)
    for x, toward_x in ((left, arm_x), (right, -arm_x)):
        for y, toward_y in ((top, arm_y), (bottom, -arm_y)):
            cv2.line(picture, (x, y), (x + toward_x, y), colour, thickness)
            cv2.line(picture, (x, y), (x, y + toward_y), colour, thickness)


def _text(
    picture: NDArray[np.uint8], text: str, at: tuple[int, int], font: float, colour: tuple[int, int, int]
) -> None:
    line = max(1, round(2 * font))
    cv2.putText(picture, text, at, _FONT, font, _BLACK, line + 2, cv2.LINE_AA)
    cv2.putText(picture, text, at, _FONT, font, colour, line, cv2.LINE_AA)


def _banner(width_px: int, decision: Decision, scale: float) -> NDArray[np.uint8]:
    word, colour = _BANNER.get(decision.verdict, ("UNINSPECTED", _SKY_BLUE))
    height = round(28 * scale)
    banner = np.zeros((height, width_px, 3), np.uint8)
    font = 0.6 * scale
    (word_width, _), _ = cv2.getTextSize(word, _FONT, font, 1)
    baseline = round(20 * scale)
    edge = word_width + round(16 * scale)
    cv2.rectangle(banner, (0, 0), (edge, height), colour, cv2.FILLED)
    _text(banner, word, (round(8 * scale), baseline), font, _WHITE)
    rules = ", ".join(_unique(reason.rule for reason in decision.reasons)[:3])
    line = f"#{decision.sequence}  {decision.piece.frame}  {rules}"
    _text(banner, line, (edge + round(10 * scale), baseline), font * 0.8, _WHITE)
    return banner


def _unique(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))
