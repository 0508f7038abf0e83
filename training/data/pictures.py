"""Image files: which they are, and their pixels in grey."""

import hashlib
from pathlib import Path

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


def read_grey(path: Path, name: str) -> NDArray[np.uint8]:
    """(height, width) 8-bit pixels of an image file that the data set calls `name`; colour becomes grey.

    Raises BrokenItemError for a file that is missing, cut short, no image, or not of 8 bits.
    """
    try:
        data = np.fromfile(path, np.uint8)
    except OSError as error:
        raise _broken(name, f"The file can't be read ({error.strerror}).", "Restore it.") from error
    try:
        # From memory, for there OpenCV refuses a file that is cut short; from disk it fills up with grey.
        pixels = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if data.size else None
    except cv2.error:
        pixels = None
    if pixels is None:
        what = f"Expected an image, got {data.size} bytes that can't be decoded: cut short, or no image at all."
        raise _broken(name, what, "Copy it again from where it came, or take it out.")
    if pixels.dtype != np.uint8:
        what = f"Expected 8 bits per pixel, got {pixels.dtype}."
        raise _broken(name, what, "Convert all images to 8 bits with one and the same scale.")
    if pixels.ndim == 3:
        code = {1: None, 3: cv2.COLOR_BGR2GRAY, 4: cv2.COLOR_BGRA2GRAY}[pixels.shape[2]]
        pixels = pixels[:, :, 0] if code is None else cv2.cvtColor(pixels, code)
    return np.asarray(pixels, np.uint8)


def file_sha256(path: Path, name: str) -> str:
    """SHA-256 of a file's bytes, read piece by piece. Raises BrokenItemError where it can't be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _broken(name, f"The file can't be read ({error.strerror}).", "Restore it.") from error


def _broken(name: str, what: str, remedy: str) -> BrokenItemError:
    return BrokenItemError(Problem(Check.UNREADABLE, name, what, remedy))
