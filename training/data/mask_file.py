"""Masks as labelling tools write them, read by what they mean: where is the object, where is nothing?

Understood are black with any one brightness or colour on the object (255, 1, 65535, a palette's colour, a palette that
has numbers and no colours), softened edges, JPEG's ringing, and an object in the alpha channel. What can be read in two
ways is refused, with what is there: several kinds in one file, no black, white nearly everywhere but for the object.
"""

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from training.data.pictures import decoded, read_file
from training.data.problem import BrokenItemError, Check, Problem

_DARK, _BRIGHT = 0.125, 0.75
"""Parts of the largest value: darker is nothing, or the tail of an edge; brighter is the object."""
_FEW = 8
"""A mask of no more values than that was not softened by JPEG or by scaling."""
_NEAR_PX, _FAR_PX = 2, 8
"""How far a softened edge reaches from the object: drawn with smooth lines; scaled, blurred or a block of JPEG."""
_MOST_BETWEEN = 0.25
"""Part of an image that edges cover; more is a picture."""
_CLASSES = 64
"""Below this the values are numbers of kinds, if there are several."""
_SAME_COLOUR = 0.35
_MOST, _MOST_OF_BORDER = 0.5, 0.75
"""Real objects were seen to cover 70 % of an image, and then half of its border."""
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PALETTE = 3


def read_mask(path: Path, name: str, *, may_be_full: bool = False) -> NDArray[np.bool_]:
    """(height, width) True on the object, of a mask that the data set calls `name`; nothing is True if all is black.

    `may_be_full`: the object may be all of the image. Raises BrokenItemError for a file that can't be read, or can be
    read in two ways.
    """
    values = _values(read_file(path, name), name)
    low, high = float(values.min()), float(values.max())
    if high == 0.0:
        return np.zeros(values.shape, np.bool_)
    if low == high:
        mask = np.ones(values.shape, np.bool_)
    elif low > 2.0 * _DARK * high:
        raise _unclear(name, f"The mask has no black: its values reach from {low:g} to {high:g}.")
    else:
        _require_one_kind(values - low, name)
        mask = values > (low + high) / 2.0
    _require_some_background(mask, name, may_be_full=may_be_full)
    return mask


def _values(data: bytes, name: str) -> NDArray[np.float32]:
    """(height, width) 0 where nothing is, and more on the object."""
    planes = decoded(data, name, deep=True)
    if planes.ndim == 2 or planes.shape[2] == 1:
        return planes.reshape(planes.shape[:2]).astype(np.float32)
    colours = planes[:, :, :3].astype(np.float32)
    if planes.shape[2] == 4 and (alpha := planes[:, :, 3].astype(np.float32)).min() < alpha.max():
        return _with_alpha(colours, alpha, name)
    numbers = _palette_numbers(data, name)
    if numbers is not None and np.ptp(colours.reshape(-1, 3), axis=0).max() == 0.0:
        return numbers  # of one colour, and yet not the same everywhere
    return _of_one_colour(colours, name)


def _of_one_colour(colours: NDArray[np.float32], name: str) -> NDArray[np.float32]:
    """Brightness of an object on black. Raises BrokenItemError where bright pixels have several colours."""
    brightness = colours.max(axis=2)
    bright = colours[brightness > brightness.max() / 2.0]
    if len(bright):
        hues = bright / bright.max(axis=1, keepdims=True)
        if float(np.ptp(hues, axis=0).max()) > _SAME_COLOUR:
            shown = np.unique(bright.astype(np.int64)[:, ::-1], axis=0)
            words = "; ".join(" ".join(map(str, colour)) for colour in shown[:4])
            raise _unclear(name, f"The mask has several colours ({words} in red, green, blue): of kinds, it seems.")
    return np.asarray(brightness, np.float32)


def _with_alpha(colours: NDArray[np.float32], alpha: NDArray[np.float32], name: str) -> NDArray[np.float32]:
    """The alpha channel where it shows the object; the colours where they say the same."""
    seen = alpha > alpha.max() / 2.0
    if np.ptp(colours.reshape(-1, 3), axis=0).max() == 0.0:
        return alpha
    drawn = _of_one_colour(colours * seen[:, :, np.newaxis], name)
    painted = drawn > drawn.max() / 2.0
    # Softened edges may differ; black that is seen may be an object, or the background.
    agreed = cv2.dilate((painted & seen).astype(np.uint8), np.ones((2 * _NEAR_PX + 1,) * 2, np.uint8)) > 0
    if not (seen & ~agreed).any():
        return alpha
    raise _unclear(name, "What the mask's alpha channel shows differs from what its colours show.")


def _require_one_kind(values: NDArray[np.float32], name: str) -> None:
    """Raises BrokenItemError where values between black and the largest are more than softened edges."""
    high = float(values.max())
    levels = np.unique(values)
    if len(levels) == 2:
        return
    shown = ", ".join(f"{level:g}" for level in levels[:_FEW]) + ", ..." * (len(levels) > _FEW)
    strange = _unclear(name, f"The mask has the values {shown}: numbers of classes, it seems.")
    if high < _CLASSES:
        raise strange
    is_lossless = len(levels) <= _FEW
    # Where all neighbours are the same lies no edge.
    square = np.ones((3, 3), np.uint8)
    flat = values[cv2.erode(values, square) == cv2.dilate(values, square)]
    flat = (
        flat[(flat > 0.0) & (flat < high)] if is_lossless else flat[(flat > _DARK * high) & (flat < (1 - _DARK) * high)]
    )
    if flat.size:
        raise strange
    reach = _NEAR_PX if is_lossless else _FAR_PX
    between = float(np.mean((values > _DARK * high) & (values < _BRIGHT * high)))
    near = cv2.dilate((values >= _BRIGHT * high).astype(np.uint8), np.ones((2 * reach + 1,) * 2, np.uint8)) > 0
    if between > _MOST_BETWEEN or (values[~near] > (0.0 if is_lossless else _DARK * high)).any():
        raise strange


def _require_some_background(mask: NDArray[np.bool_], name: str, *, may_be_full: bool) -> None:
    share = float(mask.mean())
    border = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    if (share == 1.0 and may_be_full) or share <= _MOST or float(border.mean()) <= _MOST_OF_BORDER:
        return
    what = (
        f"The mask is white on {share:.0%} of the image and on {border.mean():.0%} of its border: inverted, it seems."
    )
    raise BrokenItemError(Problem(Check.INVERTED, name, what, "Write it again, black, and white on the object."))


def _palette_numbers(data: bytes, name: str) -> NDArray[np.float32] | None:
    """(height, width) a PNG's numbers of colours, as they are in the file; None for one without a palette."""
    if not data.startswith(_SIGNATURE) or data[25:26] != bytes([_PALETTE]):
        return None
    parts = [_SIGNATURE]
    place = len(_SIGNATURE)
    while place + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, place)
        kind, content = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        if kind == b"PLTE":
            # Each number as its own grey: what is decoded then are the numbers.
            content = bytes(value for number in range(length // 3) for value in (number, number, number))
        if kind != b"tRNS":
            checked = zlib.crc32(kind + content)
            parts.append(struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checked))
        place += 12 + length
    numbers = decoded(b"".join(parts), name)
    return numbers.reshape(*numbers.shape[:2], -1)[:, :, 0].astype(np.float32)


def _unclear(name: str, what: str) -> BrokenItemError:
    remedy = "Write one mask for each kind, black, and white on the object, in a folder of the kind's name."
    return BrokenItemError(Problem(Check.MASK_VALUES, name, what, remedy))
