"""Which images `inspection check` looks at, and what in the same folders it does not."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from camera.errors import UnreadableImage
from camera.files.file_names import natural_order, printable
from camera.files.image_file import IMAGE_SUFFIXES, is_image

_LEFT_BY_SYSTEMS = frozenset({"thumbs.db", "desktop.ini", "__macosx"})
_OTHER_PICTURES = frozenset(
    {
        *(".apng", ".avif", ".dib", ".dng", ".exr", ".gif", ".hdr", ".heic", ".j2k", ".jfif", ".jp2", ".jpe", ".jxl"),
        *(".mng", ".pbm", ".pcx", ".pfm", ".pgm", ".pnm", ".ppm", ".psd", ".ras", ".raw", ".tga", ".webp"),
    }
)


@dataclass(frozen=True, slots=True)
class FoundImage:
    """An image to judge."""

    path: Path
    shown: str
    """Its name for the eye: with its subfolder where it lies in one."""


@dataclass(frozen=True, slots=True)
class FoundImages:
    """What was found where the user said."""

    images: tuple[FoundImage, ...]
    """In the order in which they were named, in a folder in the natural order of names."""
    passed_over: tuple[str, ...]
    """A sentence for each thing that looks like an image or holds some, and is not judged."""


def find_images(given: Sequence[Path], *, is_recursive: bool) -> FoundImages:
    """All images that are named, or lie in folders that are. Raises UnreadableImage if something named is not there."""
    images: list[FoundImage] = []
    passed_over: list[str] = []
    for path in given:
        if not path.is_dir():
            if not os.path.lexists(path):
                raise UnreadableImage(f"{printable(path)}: no such file; check the path")
            images.append(FoundImage(path, printable(path.name)))
            continue
        before = len(images), len(passed_over)
        for found in _in_folder(path, "", is_recursive=is_recursive, entered=frozenset()):
            if isinstance(found, FoundImage):
                images.append(found)
            else:
                passed_over.append(found)
        if len(images) == before[0]:
            others = "".join(f"\n{sentence}" for sentence in passed_over[before[1] :])
            suffixes = ", ".join(sorted(IMAGE_SUFFIXES))
            raise UnreadableImage(f"{printable(path)}: this folder holds no image ({suffixes}){others}")
    return FoundImages(tuple(images), tuple(passed_over))


def _in_folder(
    folder: Path, prefix: str, *, is_recursive: bool, entered: frozenset[Path]
) -> Iterator[FoundImage | str]:
    """Images, and sentences about what is passed over. `entered`: the folders above; no link leads in circles."""
    entered |= {folder.resolve()}
    for path in _entries(folder):
        shown = prefix + printable(path.name)
        if path.is_dir():
            if path.resolve() in entered:
                continue
            if is_recursive:
                yield from _in_folder(path, f"{shown}/", is_recursive=True, entered=entered)
            elif (why := _why_passed_over(path)) is not None:
                yield f"{shown}: {why}"
        elif path.suffix.lower() in IMAGE_SUFFIXES:
            yield FoundImage(path, shown)
        elif _looks_like_image(path):
            yield (
                f"{shown}: an image, it seems, but files with this ending aren't read; "
                f"save it as PNG, or name it as what it is ({', '.join(sorted(IMAGE_SUFFIXES))})"
            )


def _why_passed_over(subfolder: Path) -> str | None:
    """None for a subfolder that holds nothing to look at."""
    try:
        entries = _entries(subfolder)
    except UnreadableImage as error:
        return str(error)
    if any(p.is_dir() or _looks_like_image(p) for p in entries):
        return "a subfolder; add --recursive"
    return None


def _entries(folder: Path) -> list[Path]:
    """What lies in a folder, by name, without what systems leave there (`._*`, Thumbs.db)."""
    try:
        found = [p for p in folder.iterdir() if not p.name.startswith(".") and p.name.lower() not in _LEFT_BY_SYSTEMS]
    except OSError as error:
        raise UnreadableImage(
            f"{printable(folder)}: this folder can't be listed ({error.strerror}); check its rights"
        ) from error
    return sorted(found, key=lambda path: natural_order(path.name))


def _looks_like_image(path: Path) -> bool:
    """By its ending, or by how it begins."""
    if path.suffix.lower() in IMAGE_SUFFIXES | _OTHER_PICTURES:
        return True
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return is_image(file.read(8))
    except OSError:
        return False
