"""Saved frames for the eye: whole or a region, at full resolution or smaller, with what was found in them."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.store.decisions import Store, StoredDecision
from inspection.store.frame_files import FrameFiles
from inspection.values import Box, Decision, Defect, Piece, ViewFrame
from inspection.vision.overlay import to_grey8

_EYE_BITS = 8
"""Bits of a pixel in frames that a browser shows as they were saved."""
_PNG = [cv2.IMWRITE_PNG_COMPRESSION, 1]
_KEPT_BYTES = 8 * 1024 * 1024
"""Bytes of small pictures: some hundred, more than all pages together show of the line's last rejects."""
_SMALL_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Picture:
    """A saved frame's pixels."""

    pixels: NDArray[np.uint8] | NDArray[np.uint16]
    """(height, width), as the camera gave them."""
    bit_depth: int


@dataclass(frozen=True, slots=True)
class Look:
    """How a frame shall be shown."""

    region: Box | None = None
    """Clipped to the frame; None: all of it."""
    scale: float = 1.0
    """Size of the picture against the frame, at most 1."""
    low: int | None = None
    """Grey value (of the frame's bit depth) that becomes black; with `high`, that becomes white."""
    high: int | None = None
    view: int | None = None
    """Place among the decision's frames of all views; None: the frame in which its piece begins."""
    defect: int | None = None
    """Place among the decision's defects: the frame that it is drawn in. None: as `view` says."""


class SavedFrames:
    """Reads frames and draws pictures of them. May be used from several threads.

    Small pictures, which many pages show at once, are kept for a while. Whole frames are not: some dozens would be all
    the memory that the pages need otherwise, and the file lies in the system's cache.
    """

    def __init__(self, files: FrameFiles, store: Store) -> None:
        self._files = files
        self._store = store
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[int, Look], bytes] = OrderedDict()
        self._kept_bytes = 0

    def png(self, sequence: int, look: Look) -> bytes | None:
        """An 8-bit PNG of a decision's frame; None when it is not kept. Raises StoreError."""
        with self._lock:
            if (known := self._kept.get((sequence, look))) is not None:
                self._kept.move_to_end((sequence, look))
                return known
        saved = self._file(sequence, look)
        if saved is None:
            return None
        png, bit_depth = saved
        if look == Look(view=look.view, defect=look.defect) and bit_depth == _EYE_BITS:
            return png
        small = cv2.imencode(".png", shown(_picture(png, bit_depth), look), _PNG)[1].tobytes()
        if len(small) <= _SMALL_BYTES:
            self._keep((sequence, look), small)
        return small

    def findings(self, sequence: int) -> dict[str, Any] | None:
        """A decision's frame size and defects with outlines, for JSON; None: no such decision. Raises StoreError."""
        stored = self._store.decision(sequence)
        if stored is None:
            return None
        form = self._files.form(sequence)
        return {
            "sequence": sequence,
            "verdict": stored.decision.verdict.value,
            "has_image": form is not None,
            "width_px": None if form is None else form.width_px,
            "height_px": None if form is None else form.height_px,
            "bit_depth": None if form is None else form.bit_depth,
            "defects": [defect_drawing(stored.decision, place) for place in range(len(stored.decision.defects))],
            "panes": panes_of(stored),
            "piece": part_of_web(stored.decision.piece),
        }

    def _file(self, sequence: int, look: Look) -> tuple[bytes, int] | None:
        if look.defect is not None:
            return self._files.png_of_sighting(sequence, look.defect)
        return self._files.png(sequence) if look.view is None else self._files.png_of_view(sequence, look.view)

    def _keep(self, key: tuple[int, Look], png: bytes) -> None:
        with self._lock:
            self._kept_bytes += len(png) - len(self._kept.pop(key, b""))
            self._kept[key] = png
            while self._kept_bytes > _KEPT_BYTES:
                self._kept_bytes -= len(self._kept.popitem(last=False)[1])


def _picture(png: bytes, bit_depth: int) -> Picture:
    return Picture(np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)), bit_depth)


def shown(picture: Picture, look: Look) -> NDArray[np.uint8]:
    """(height, width) uint8: the region, stretched and made smaller as asked.

    >>> ramp = np.arange(200, dtype=np.uint8).reshape(10, 20)
    >>> shown(Picture(ramp, 8), Look(Box(0, 0, 10, 4), 0.5)).shape
    (2, 5)
    >>> shown(Picture(ramp, 8), Look(low=0, high=100))[5, 0]
    np.uint8(255)
    """
    height, width = picture.pixels.shape
    pixels = picture.pixels
    if (region := look.region) is not None:
        top, left = min(max(region.top, 0), height - 1), min(max(region.left, 0), width - 1)
        pixels = pixels[top : max(region.bottom, top + 1), left : max(region.right, left + 1)]
    if look.low is not None and look.high is not None:
        span = max(look.high - look.low, 1)
        grey = ((pixels.astype(np.float32) - look.low) * (255.0 / span)).clip(0.0, 255.0).astype(np.uint8)
    else:
        grey = to_grey8(pixels, picture.bit_depth)
    if look.scale < 1.0:
        size = (max(1, round(grey.shape[1] * look.scale)), max(1, round(grey.shape[0] * look.scale)))
        grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
    return np.ascontiguousarray(grey)


def panes_of(stored: StoredDecision) -> list[dict[str, Any]]:
    """The frames of all views that a decision was judged on, one entry for each view, the leading one first.

    Empty where one camera alone looks at the web: then its frame is the only one.
    """
    by_view: dict[str, list[dict[str, Any]]] = {}
    for position, seen in enumerate(stored.decision.view_frames):
        by_view.setdefault(seen.view, []).append(_frame_of_view(stored, position, seen))
    return [{"view": view, "frames": frames} for view, frames in by_view.items()]


def _frame_of_view(stored: StoredDecision, position: int, seen: ViewFrame) -> dict[str, Any]:
    return {
        "position": position,
        "camera": seen.frame.camera,
        "run": seen.frame.run,
        "number": seen.frame.number,
        "fate": seen.outcome.value,
        "has_image": seen.frame in stored.saved_frames,
        "start_mm": seen.start_mm,
        "length_mm": seen.length_mm,
        "first_cd_mm": seen.first_cd_mm,
        "last_cd_mm": seen.last_cd_mm,
        "skew_mm": seen.skew_mm,
    }


def part_of_web(piece: Piece) -> dict[str, Any] | None:
    """Where along the web a piece lies, for the browser; None where nobody knows."""
    span = piece.span
    return None if span is None else {"start_mm": span.start_mm, "end_mm": span.end_mm}


def _sighting_drawings(decision: Decision, place: int) -> list[dict[str, Any]]:
    """What each frame shows of a defect, as the browser draws it; in px of that frame."""
    positions = {seen.frame: position for position, seen in enumerate(decision.view_frames)}
    return [
        {
            "view": each.view,
            "position": positions.get(each.frame),
            "kind": each.defect.kind,
            "box": _corners(each.defect.box),
            "outlines": outlines(each.defect),
        }
        for each in decision.defects[place].sightings
    ]


def _corners(box: Box) -> list[int]:
    return [box.left, box.top, box.right, box.bottom]


def defect_drawing(decision: Decision, place: int) -> dict[str, Any]:
    """A decision's defect as the browser draws it: outlines are closed polygons of [x, y] in px of the frame.

    Of a decision with several views that is the frame of its first sighting.
    """
    defect = decision.defects[place]
    return {
        "kind": defect.kind,
        "severity": defect.severity.value,
        "score": defect.score,
        "is_reason": place in decision.guilty,
        "box": _corners(defect.box),
        "outlines": outlines(defect),
        "sightings": _sighting_drawings(decision, place),
        "length_mm": defect.length_mm,
        "width_mm": defect.width_mm,
        "area_mm2": defect.area_mm2,
        "diameter_mm": defect.diameter_mm,
        "contrast_percent": defect.contrast_percent,
        "md_mm": defect.md_mm,
        "cd_mm": defect.cd_mm,
        "lane": defect.lane,
    }


def outlines(defect: Defect) -> list[list[list[int]]]:
    """The object's outlines, each a list of [x, y] in px of the frame."""
    if not defect.mask.size:
        return []
    contours, _ = cv2.findContours(defect.mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    # A mask's last row is its box's last: rows of an earlier frame are not in it.
    corner = np.array([defect.box.left, defect.box.bottom - defect.mask.shape[0]])
    return [(contour.reshape(-1, 2) + corner).tolist() for contour in contours]
