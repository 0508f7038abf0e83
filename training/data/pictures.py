"""Image files: which they are, and their pixels in grey."""

import hashlib
import unicodedata
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from training.data.problem import BrokenItemError, Check, Problem

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".pgm", ".webp"})


def image_files(folder: Path) -> list[Path]:
    """All image files below a folder, hidden ones left out, in the order of their names.

    Raises OSError where a folder can't be read.
    """
    found = (path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    return sorted(
        path for path in found if not any(part.startswith((".", "__")) for part in path.relative_to(folder).parts)
    )


class FileIndex:
    """Finds image files whose names are written in another way: capitals, accents as one character or as two."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._by_name: dict[str, list[Path]] | None = None

    def like(self, path: Path) -> Path | None:
        """The one image file of the folder that is called so; None for none, and for several."""
        if self._by_name is None:
            self._by_name = {}
            for each in image_files(self._root):
                self._by_name.setdefault(folded(each), []).append(each)
        found = self._by_name.get(folded(path), [])
        return found[0] if len(found) == 1 else None


def folded(path: Path | str) -> str:
    """A name as it is compared where capitals and accents may be written in another way.

    >>> folded("É.PNG") == folded("e\u0301.png")
    True
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", str(path)).casefold())


def read_grey(path: Path, name: str) -> NDArray[np.uint8]:
    """(height, width) 8-bit pixels of an image file that the data set calls `name`; colour becomes grey.

    Raises BrokenItemError for a file that is missing, cut short, no image, or not of 8 bits.
    """
    pixels = decoded(read_file(path, name), name)
    if pixels.ndim == 3:
        code = {1: None, 3: cv2.COLOR_BGR2GRAY, 4: cv2.COLOR_BGRA2GRAY}[pixels.shape[2]]
        pixels = pixels[:, :, 0] if code is None else cv2.cvtColor(pixels, code)
    return np.asarray(pixels, np.uint8)


def read_file(path: Path, name: str) -> bytes:
    """All of a file that the data set calls `name`. Raises BrokenItemError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise _broken(name, f"The file can't be read ({error.strerror}).", "Restore it.") from error


def decoded(data: bytes, name: str, *, deep: bool = False) -> NDArray[np.integer[Any] | np.floating[Any]]:
    """(height, width) or (height, width, channels) as an image file has them, blue before green before red.

    `deep`: 16 bits may come. Raises BrokenItemError.
    """
    try:
        # From memory, for there OpenCV refuses a file that is cut short; from disk it fills up with grey.
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if data else None
    except cv2.error:
        pixels = None
    if pixels is None:
        what = f"Expected an image, got {len(data)} bytes that can't be decoded: cut short, or no image at all."
        raise _broken(name, what, "Copy it again from where it came, or take it out.")
    if pixels.dtype != np.uint8 and not (deep and pixels.dtype == np.uint16):
        what = f"Expected {'8 or 16' if deep else '8'} bits per pixel, got {pixels.dtype}."
        raise _broken(name, what, "Convert all images to 8 bits with one and the same scale.")
    return np.asarray(pixels)


def file_sha256(path: Path, name: str) -> str:
    """SHA-256 of a file's bytes, read piece by piece. Raises BrokenItemError where it can't be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _broken(name, f"The file can't be read ({error.strerror}).", "Restore it.") from error


def _broken(name: str, what: str, remedy: str) -> BrokenItemError:
    return BrokenItemError(Problem(Check.UNREADABLE, name, what, remedy))
