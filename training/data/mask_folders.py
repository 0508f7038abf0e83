"""Folders of images and folders of masks, told apart by their names (see `training.data`)."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from training.data.folder_names import GOOD_FOLDERS, IMAGE_FOLDERS, MASK_FOLDERS, split_of, without_ending
from training.data.item import Item
from training.data.label_traces import unread_labels
from training.data.marks import Found, MarkedObject, regions
from training.data.mask_file import read_mask
from training.data.pictures import file_sha256, folded, image_files
from training.data.problem import BrokenItemError, Check, Problem

UNNAMED = "defect"
"""The kind of what a mask marks where no folder names it."""


class MaskFile(NamedTuple):
    """One mask of an image."""

    kind: str
    path: Path
    name: str
    """Its path inside the data set."""
    sha256: str


@dataclass(frozen=True, slots=True)
class MaskMarks:
    """The masks of one image: each connected region is an object."""

    masks: tuple[MaskFile, ...]
    may_be_empty: bool
    """An all-black mask says that nothing of its kind is there."""

    def objects(self, shape: tuple[int, int]) -> Found:
        """The regions of all masks; see `training.data.mask_file` for what a mask may look like."""
        objects: list[MarkedObject] = []
        problems: list[Problem] = []
        for kind, path, name, _ in self.masks:
            try:
                # A folder may say that all of the image is of its kind; a mask beside an image may not.
                mask = read_mask(path, name, may_be_full=not self.may_be_empty)
            except BrokenItemError as error:
                problems.append(error.problem)
                continue
            if mask.shape != shape:
                what = f"The mask is {mask.shape[1]} x {mask.shape[0]} px, its image {shape[1]} x {shape[0]} px."
                problems.append(Problem(Check.MASK_SIZE, name, what, "Export it again in the image's own size."))
            elif not mask.any():
                if not self.may_be_empty:
                    what = "The mask is all black, and its folder says that there is a defect."
                    problems.append(Problem(Check.EMPTY_MASK, name, what, "Draw it, or move the image to the good."))
            else:
                drawn = regions(mask, kind)
                objects += drawn
                problems += _stray_pixels(name, drawn)
        return Found(tuple(objects), tuple(problems))

    def sha256(self) -> str:
        """SHA-256 of kinds and mask files."""
        lines = sorted(f"{mask.kind} {mask.sha256}" for mask in self.masks)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _stray_pixels(name: str, drawn: Sequence[MarkedObject]) -> list[Problem]:
    strays = [f"column {each.left_px} row {each.top_px}" for each in drawn if each.mask.size == 1]
    if not strays:
        return []
    what = f"Single pixels are marked ({', '.join(strays[:3])}; {len(strays)} in all): slips of the pen, most likely."
    return [Problem(Check.TOO_SMALL, name, what, "Erase them: each counts as an object.")]


class _Place(NamedTuple):
    """What the folders of a file say."""

    split: str
    folders: tuple[str, ...]
    """Those that are no split and no common name: kind, then group; below `images` the group alone."""
    stem: str
    is_mask: bool
    is_beside_masks: bool
    """It lies below `images`."""


def read_mask_folders(root: Path) -> tuple[str, list[Item], list[Problem]]:
    """(layout, all images, what is wrong with the folders)."""
    places = {path: _place(path.relative_to(root)) for path in image_files(root)}
    masks = {path: place for path, place in places.items() if place.is_mask}
    images = {path: place for path, place in places.items() if not place.is_mask}
    layout = _layout(list(images.values()), list(masks.values()))
    problems = unread_labels(root, images, MASK_FOLDERS)
    own_masks, doubles = _masks_of(root, images, masks)
    problems += doubles
    items: list[Item] = []
    for path, place in images.items():
        own = own_masks[path]
        try:
            item, faults = _item(root, path, place, [(_kind(place, masks[mask]), mask) for mask in own])
        except BrokenItemError as error:
            problems.append(error.problem)
            continue
        items.append(item)
        problems += faults
        if masks and not own and not item.is_good:
            what = "The image has no mask."
            remedy = "Draw one, or move the image to a folder `good`."
            if place.is_beside_masks:
                remedy = "Draw one, all black if nothing is to see."
            problems.append(Problem(Check.NO_MASK, item.name, what, remedy))
    for path in masks.keys() - {mask for own in own_masks.values() for mask in own}:
        name = path.relative_to(root).as_posix()
        what = "The mask belongs to no image: none has its name in the folder that it should be in."
        problems.append(Problem(Check.NO_IMAGE, name, what, "Restore the image, rename the mask, or remove it."))
    return layout, items, sorted(problems, key=lambda problem: problem.name)


def _masks_of(
    root: Path, images: Mapping[Path, _Place], masks: Mapping[Path, _Place]
) -> tuple[dict[Path, list[Path]], list[Problem]]:
    """The masks of each image, and those that more than one image may mean, or that say twice what is on one."""
    by_name: dict[tuple[str, str], list[Path]] = {}
    stems = {place.stem for place in images.values()}
    known = set(images.values())
    for path, place in masks.items():
        stem = place.stem if place.stem in stems else without_ending(place.stem)
        by_name.setdefault((place.split, folded(stem)), []).append(path)
    owners: dict[Path, list[Path]] = {}
    for path, place in images.items():
        candidates = by_name.get((place.split, folded(place.stem)), [])
        # Masks that are in no split are those of test, where train has an image of the same name, too.
        if place.split and (place.split == "test" or place._replace(split="test") not in known):
            candidates = candidates + by_name.get(("", folded(place.stem)), [])
        for mask in candidates:
            if _belongs(place, masks[mask]):
                owners.setdefault(mask, []).append(path)
    own_masks: dict[Path, list[Path]] = {path: [] for path in images}
    problems: list[Problem] = []
    for mask, several in owners.items():
        name = mask.relative_to(root).as_posix()
        # Spelt just so goes before other capitals.
        exact = [path for path in several if _is_exact(images[path].stem, masks[mask].stem)]
        chosen = exact or several
        if len(chosen) > 1:
            names = " and ".join(path.relative_to(root).as_posix() for path in chosen)
            what = f"The mask may be that of {names}, which are called the same."
            problems.append(Problem(Check.DOUBLE_NAME, name, what, "Rename one of the images, and its mask."))
        for path in chosen:
            own_masks[path].append(mask)
    for path, own in own_masks.items():
        kinds: dict[str, list[Path]] = {}
        for mask in own:
            kinds.setdefault(_kind(images[path], masks[mask]), []).append(mask)
        for several in kinds.values():
            if len(several) > 1:
                names = " and ".join(mask.relative_to(root).as_posix() for mask in several)
                what = f"{names} are masks of one kind for the same image."
                name = path.relative_to(root).as_posix()
                problems.append(Problem(Check.DOUBLE_NAME, name, what, "Keep the one that is right."))
    return own_masks, problems


def _is_exact(image: str, mask: str) -> bool:
    return image in (mask, without_ending(mask))


def _place(path: Path) -> _Place:
    folders = path.parts[:-1]
    lower = [part.lower() for part in folders]
    common = MASK_FOLDERS | IMAGE_FOLDERS
    return _Place(
        split=next(filter(None, map(split_of, folders)), ""),
        folders=tuple(part for part in folders if not split_of(part) and part.lower() not in common),
        stem=path.stem,
        is_mask=not MASK_FOLDERS.isdisjoint(lower),
        is_beside_masks=not IMAGE_FOLDERS.isdisjoint(lower),
    )


def _layout(images: Sequence[_Place], masks: Sequence[_Place]) -> str:
    if any(place.is_beside_masks for place in images):
        return "images-and-masks"
    if not masks:
        return "kind-folders"
    is_split = any(place.split for place in images)
    return "mvtec" if is_split and not any(place.split for place in masks) else "mask-folders"


def _belongs(image: _Place, mask: _Place) -> bool:
    """Whether a mask of the same name is the image's: the same folders, or below `images` without that of the kind."""
    return mask.folders == image.folders or (image.is_beside_masks and mask.folders[1:] == image.folders)


def _kind(image: _Place, mask: _Place) -> str:
    if not image.is_beside_masks:
        return _kind_of_folder(image.folders)
    return UNNAMED if mask.folders == image.folders else mask.folders[0]


def _kind_of_folder(folders: tuple[str, ...]) -> str:
    """Kind that the first folder names; empty for none."""
    return folders[0] if folders else ""


def _item(root: Path, path: Path, place: _Place, masks: Sequence[tuple[str, Path]]) -> tuple[Item, tuple[Problem, ...]]:
    """The image, and what is wrong with its masks where these had to be looked at."""
    name = path.relative_to(root).as_posix()
    files = [(kind or UNNAMED, mask, mask.relative_to(root).as_posix()) for kind, mask in masks]
    kept = tuple(MaskFile(kind, mask, own, file_sha256(mask, own)) for kind, mask, own in files)
    folder = "" if place.is_beside_masks else _kind_of_folder(place.folders)
    is_good = folder.lower() in GOOD_FOLDERS
    kinds: tuple[str, ...] = () if is_good or not folder else (folder,)
    faults: tuple[Problem, ...] = ()
    if not folder and kept:
        kinds, faults = _marked_kinds(kept)
        is_good = not kinds
    item = Item(
        name=name,
        path=path,
        split=place.split,
        group="/".join(place.folders if place.is_beside_masks else place.folders[1:]),
        is_good=is_good,
        kinds=kinds,
        sha256=file_sha256(path, name),
        marks=MaskMarks(kept, may_be_empty=is_good or not folder) if kept else None,
    )
    return item, faults


def _marked_kinds(masks: Sequence[MaskFile]) -> tuple[tuple[str, ...], tuple[Problem, ...]]:
    """Kinds whose mask is not all black; one that can't be read may hold something, and is a problem."""
    kinds: set[str] = set()
    faults: list[Problem] = []
    for mask in masks:
        try:
            is_marked = bool(read_mask(mask.path, mask.name).any())
        except BrokenItemError as error:
            faults.append(error.problem)
            is_marked = True
        if is_marked:
            kinds.add(mask.kind)
    return tuple(sorted(kinds)), tuple(faults)
