"""Labels that lie in a folder of images and are in no form that is read: nobody shall think that they count."""

from collections.abc import Collection, Iterable
from pathlib import Path

from training.data.pictures import SUFFIXES, folded
from training.data.problem import Check, Problem

_BESIDE = frozenset({".xml", ".txt", ".json", ".yaml", ".npy", ".mat"})
"""Endings of files named as an image: Pascal VOC and CVAT, YOLO, LabelMe, arrays."""
_NO_LABELS = ("readme", "licen", "thumbs.db", "desktop.ini")
_SHOWN = 3


def unread_labels(root: Path, images: Iterable[Path], mask_folders: Collection[str]) -> list[Problem]:
    """What lies among masks and is no image, and files of other forms that are named as an image."""
    stems = {folded(path.stem) for path in images}
    strays: dict[tuple[Path, str], list[str]] = {}
    for path in sorted(root.rglob("*")):
        place = path.relative_to(root)
        suffix = path.suffix.lower()
        if suffix in SUFFIXES or any(part.startswith((".", "__")) for part in place.parts) or not path.is_file():
            continue
        is_among_masks = any(part.lower() in mask_folders for part in place.parts[:-1])
        if path.name.lower().startswith(_NO_LABELS):
            continue
        if is_among_masks or (suffix in _BESIDE and folded(path.stem) in stems):
            strays.setdefault((place.parent, suffix), []).append(path.name)
    return [
        Problem(
            Check.NOT_READ,
            (folder / names[0]).as_posix(),
            f"{len(names)} file(s) {suffix or 'without an ending'} lie where labels are, and are not read "
            f"({', '.join(names[:_SHOWN])}{', ...' * (len(names) > _SHOWN)}).",
            "Export the labels as COCO or as masks (PNG); or take the files out.",
        )
        for (folder, suffix), names in strays.items()
    ]
