"""Where `inspection check` puts the pictures that it draws: one for each image, and never over anything of others."""

import os
import struct
import zlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.files.file_names import printable
from inspection.cli.found_images import FoundImage
from inspection.errors import InspectionError
from inspection.whole_file import write_whole

_HEADER_BYTES = 33
"""A PNG's signature and header (IHDR); what follows may be a text."""
_MOST_NAME_BYTES = 200
_TEXT = b"tEXt" + b"Software\x00inspection check --overlays"
_MARK = struct.pack(">I", len(_TEXT) - 4) + _TEXT + struct.pack(">I", zlib.crc32(_TEXT))
"""The text chunk by which a picture is known as one that was drawn here and may be drawn again."""


def overlay_paths(folder: Path, images: Sequence[FoundImage]) -> list[Path]:
    """A file for each image, made ready to be written. Raises InspectionError if something of others is in the way."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InspectionError(
            f"--overlays {printable(folder)}: can't be made a folder ({error.strerror}); name another one"
        ) from error
    if folder.resolve() in {image.path.resolve().parent for image in images} | {
        image.path.parent.resolve() for image in images
    }:
        raise InspectionError(
            f"--overlays {printable(folder)}: the images themselves lie there and would be written over; "
            "name another folder"
        )
    paths = [folder / name for name in _names(images)]
    for path in paths:
        if os.path.lexists(path) and not _is_overlay(path):
            raise InspectionError(
                f"{printable(path)}: is there already and was not drawn by this command; "
                "name another folder for --overlays"
            )
    return paths


def write_overlay(path: Path, picture: NDArray[np.uint8]) -> None:
    """Write a picture, marked as an overlay. Raises OSError."""
    png = cv2.imencode(".png", picture)[1].tobytes()
    write_whole(path, png[:_HEADER_BYTES] + _MARK + png[_HEADER_BYTES:])


def _names(images: Sequence[FoundImage]) -> list[str]:
    """As short as keeps them apart: by stem, by name, by folder and name, by number."""
    choices = [
        (
            printable(image.path.stem),
            printable(image.path.name),
            printable(f"{image.path.absolute().parent.name}-{image.path.name}"),
        )
        for image in images
    ]
    uses = Counter(key for choice in choices for key in {_key(text) for text in choice})
    names = []
    for number, choice in enumerate(choices, start=1):
        text = next((text for text in choice if uses[_key(text)] == 1), f"{number}-{choice[1]}")
        while uses[_key(text)] > 1 or (text not in choice and uses[_key(text)]):
            text = f"{number}-{text}"
        uses[_key(text)] += 1
        names.append(f"{_cut(text)}.png")
    return names


def _key(text: str) -> str:
    """Equal for names that a file system may take for one."""
    return _cut(text).casefold()


def _cut(text: str) -> str:
    return text.encode()[:_MOST_NAME_BYTES].decode(errors="ignore")


def _is_overlay(path: Path) -> bool:
    if not path.is_file() or path.is_symlink():
        return False
    try:
        with path.open("rb") as file:
            return file.read(_HEADER_BYTES + len(_MARK)).endswith(_MARK)
    except OSError:
        return False
