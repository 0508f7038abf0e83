"""Reads COCO files entry by entry: one that is wrong is named by its number, and all others stay usable.

What an entry that can't be understood says is not known, and an image is good without a mark only where all that its
file says is: an image that a broken annotation belongs to is `is_complete = False` and not good, and where nobody can
tell which image is meant, neither is any of the file's that shows no mark.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from inspection.mistakes import in_words
from inspection.text_file import TextError, parse_json, read_text
from inspection.values.kinds import is_nuisance
from training.data.coco import TRUTH, Category, CocoAnnotation, CocoImage, CocoMarks, undrawable
from training.data.folder_names import MASK_FOLDERS, split_of
from training.data.item import Item
from training.data.pictures import FileIndex, file_sha256, image_files
from training.data.problem import BrokenItemError, Check, Problem

MOST_BYTES = 2 * 2**30
"""COCO's own largest file has 0.5 GB."""
_IMAGE_FOLDERS = ("", "images")
_LABEL_FOLDER = "annotations"
_KEYS = ("images", "categories", "annotations")
_CALLED = re.compile(r"coco|instances|annotations|labels", re.IGNORECASE)
"""Names of files that are meant to be labels, whatever they hold."""
_SHOWN = 5

Entry = TypeVar("Entry", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class LabelFile:
    """A COCO file whose lists are there; their entries are not yet looked at."""

    path: Path
    where: str
    """Its path in the data set."""
    entries: Mapping[str, Sequence[Any]]
    """`images`, `categories` and `annotations`."""


def read_label_files(root: Path) -> tuple[list[LabelFile], list[Problem]]:
    """truth.json, or else the COCO files in the folder, in `annotations`, and in the folders of its splits.

    JSON files that can't be read may be labels, too: they are problems.
    """
    files: list[LabelFile] = []
    problems: list[Problem] = []
    for path in _json_files(root):
        where = path.relative_to(root).as_posix()
        try:
            content = parse_json(read_text(path, MOST_BYTES))
        except (OSError, TextError) as error:
            what = f"The file can't be read: {getattr(error, 'strerror', None) or error}."
            remedy = "Nobody knows what its images show. Restore it, or take it out if it holds no labels."
            problems.append(Problem(Check.UNREADABLE, where, what, remedy))
            continue
        found = {key: content[key] for key in _KEYS if key in content} if isinstance(content, dict) else {}
        is_meant = bool(_CALLED.search(path.stem)) or path.parent.name == _LABEL_FOLDER or where == TRUTH
        if not is_meant and "annotations" not in found and not {"images", "categories"} <= found.keys():
            continue  # something else than labels
        if missing := [key for key in _KEYS if not isinstance(found.get(key), list)]:
            what = f"Expected a COCO file with lists of images, categories and annotations; {_listed(missing)} not."
            remedy = "Nobody knows what its images show. Export the labels again; lists may be empty."
            problems.append(Problem(Check.UNREADABLE, where, what, remedy))
            continue
        files.append(LabelFile(path, where, found))
    return files, problems


def read_coco_items(root: Path, files: Sequence[LabelFile]) -> tuple[list[Item], list[Problem], set[str]]:
    """All images of COCO files, what is wrong with the files, and the kinds that are marked, nuisance too."""
    items: dict[str, Item] = {}
    problems: list[Problem] = []
    kinds: set[str] = set()
    index = FileIndex(root)
    for file in files:
        told = _understood(file)
        problems += told.problems
        for entry in told.images.values():
            try:
                item = _item(root, index, told, entry)
            except BrokenItemError as error:
                problems.append(error.problem)
                continue
            marked = told.marked.get(entry.id, ())
            problems += _faults_of(item.name, told.faults.get(entry.id, ()))
            kinds |= {kind for kind, each in marked if each.is_sure} | set(item.kinds)
            if item.name in items:
                what = f"{file.where} lists the image a second time."
                problems.append(Problem(Check.LISTED_TWICE, item.name, what, "Leave it in one place only."))
                items[item.name] = _of_both(items[item.name], item)
            else:
                items[item.name] = item
    return list(items.values()), problems, kinds


def unlisted_items(root: Path, items: Sequence[Item]) -> Iterator[Item]:
    """Images of the folder that no file lists, of which therefore nobody knows what they show."""
    listed = {item.path for item in items}
    for path in image_files(root):
        name = path.relative_to(root)
        if path in listed or not MASK_FOLDERS.isdisjoint(part.lower() for part in name.parts):
            continue
        split = next(filter(None, map(split_of, name.parts[:-1])), "")
        yield Item(name.as_posix(), path, split, "", False, (), file_sha256(path, name.as_posix()), is_complete=False)


@dataclass(slots=True)
class _Told:
    """What a file says, as far as it can be understood."""

    file: LabelFile
    images: dict[int, CocoImage] = field(default_factory=dict)
    marked: dict[int, list[tuple[str, CocoAnnotation]]] = field(default_factory=lambda: defaultdict(list))
    """Sound annotations with their kinds, by image."""
    faults: dict[int, list[tuple[Check, str, str]]] = field(default_factory=lambda: defaultdict(list))
    """By image: what is wrong with its annotations, and what to do."""
    unmarked: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Kinds of annotations that can't be drawn, by image."""
    doubted: set[int] = field(default_factory=set)
    """Images of which not all is known."""
    has_strays: bool = False
    """An annotation of the file may belong to any image."""
    problems: list[Problem] = field(default_factory=list)

    def complain(self, check: Check, what: str, remedy: str) -> None:
        """Complain of the file."""
        self.problems.append(Problem(check, self.file.where, what, remedy))


def _understood(file: LabelFile) -> _Told:
    told = _Told(file)
    known = _take_images(told)
    names = _take_categories(told)
    seen: Counter[int] = Counter()
    copies: dict[tuple[int, str, object, object, bool], list[int]] = defaultdict(list)
    for place, raw in enumerate(file.entries["annotations"], start=1):
        each = _entry(told, CocoAnnotation, "Annotation", place, raw)
        image = each.image_id if each is not None else _whole(raw, "image_id")
        if each is None:
            if image is not None and image in known:
                told.doubted.add(image)
            else:
                told.has_strays = True
            continue
        if image not in known:
            what = f"Annotation {each.id} belongs to image {each.image_id}, which the file does not list."
            told.complain(Check.NO_IMAGE, what, "List the image, or remove the annotation.")
            told.has_strays = True
            continue
        kind = names.get(each.category_id, "")
        if each.category_id not in names:
            what = f"Annotation {each.id} is of category {each.category_id}, which the file does not list."
            told.complain(Check.UNKNOWN_CATEGORY, what, "List the category, or correct its number.")
        if not kind or each.image_id not in told.images:
            told.doubted.add(each.image_id)
            continue
        alike = copies[each.image_id, kind, each.bbox, each.segmentation, each.is_sure]
        alike.append(each.id)
        if len(alike) > 1:
            continue
        seen[each.id] += 1
        entry = told.images[each.image_id]
        if fault := undrawable(each, (entry.height, entry.width)):
            told.doubted.add(each.image_id)
            told.unmarked[each.image_id].add(kind)
            what = f"Annotation {each.id} ({kind}) in {file.where}: {fault[1]}"
            told.faults[each.image_id].append((fault[0], what, "Draw the label again, or remove it."))
        else:
            told.marked[each.image_id].append((kind, each))
    for (image_id, kind, *_), alike in copies.items():
        if len(alike) > 1:
            what = f"Annotations {_listed(alike)} ({kind}) in {file.where} are one and the same: it counts once."
            told.faults[image_id].append((Check.MARKED_TWICE, what, "Remove all but one."))
    if twice := sorted(number for number, count in seen.items() if count > 1):
        what = f"Several annotations have the number {_listed(twice)}."
        told.complain(Check.DOUBLE_ID, what, "Give each its own number: files were joined without, it seems.")
    return told


def _take_images(told: _Told) -> set[int]:
    """Put down the images whose entries can be read and are alone under their number; returns all numbers."""
    by_number: dict[int, list[CocoImage]] = defaultdict(list)
    known: set[int] = set()
    for place, raw in enumerate(told.file.entries["images"], start=1):
        entry = _entry(told, CocoImage, "Image", place, raw)
        number = entry.id if entry is not None else _whole(raw, "id")
        if number is not None:
            known.add(number)
        if entry is not None:
            by_number[entry.id].append(entry)
    for number, entries in by_number.items():
        first = entries[0]
        if all(entry == first for entry in entries):
            told.images[number] = first
            if len(entries) > 1:
                what = f"{told.file.where} lists the image {len(entries)} times."
                told.problems.append(Problem(Check.LISTED_TWICE, first.file_name, what, "Leave it in one place only."))
            continue
        count = sum(_whole(raw, "image_id") == number for raw in told.file.entries["annotations"])
        names = _listed(sorted({entry.file_name for entry in entries}))
        what = f"Image {number} is {names}: nobody can tell which of them shows its {count} annotation(s)."
        told.complain(Check.DOUBLE_ID, what, "Give each image its own number; renumber files before they are joined.")
        # Kept under numbers that no annotation has, so that they are seen to be unlabelled.
        for offset, entry in enumerate(entries):
            stand_in = -(2**62) - len(told.images) - offset
            told.images[stand_in] = entry.model_copy(update={"id": stand_in})
            told.doubted.add(stand_in)
    return known


def _take_categories(told: _Told) -> dict[int, str]:
    """Kinds by number; empty where a number has several, or one that can't be read."""
    names: dict[int, set[str]] = defaultdict(set)
    for place, raw in enumerate(told.file.entries["categories"], start=1):
        category = _entry(told, Category, "Category", place, raw)
        number = category.id if category is not None else _whole(raw, "id")
        if number is not None:
            names[number].add(category.name.strip() if category is not None else "")
    for number, several in names.items():
        if len(several) > 1:
            count = sum(_whole(raw, "category_id") == number for raw in told.file.entries["annotations"])
            what = (
                f"Category {number} is {_listed(sorted(filter(None, several)))}: {count} annotation(s) may be either."
            )
            told.complain(
                Check.DOUBLE_ID, what, "Give each kind its own number; renumber files before they are joined."
            )
    return {number: next(iter(several)) if len(several) == 1 else "" for number, several in names.items()}


def _entry(told: _Told, kind: type[Entry], word: str, place: int, raw: object) -> Entry | None:
    """One entry; None for one that can't be read, which is put down as a problem."""
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        number = _whole(raw, "id")
        name = f"{word} {number}" if number is not None else f"The {word.lower()} in place {place}"
        what = f"{name} can't be read: {in_words(error)}"
        told.complain(Check.BROKEN_ENTRY, what, "Export the labels again, or remove the entry.")
        return None


def _whole(raw: object, key: str) -> int | None:
    """A number of an entry that may be anything."""
    value = raw.get(key) if isinstance(raw, dict) else None
    return value if isinstance(value, int) else None


def _faults_of(name: str, faults: Sequence[tuple[Check, str, str]]) -> Iterator[Problem]:
    return (Problem(check, name, what, remedy) for check, what, remedy in faults)


def _of_both(one: Item, other: Item) -> Item:
    """An image that is listed twice. Where both do not say the same, nobody knows what it shows."""
    said = [
        (each.is_good, each.kinds, each.marks and each.marks.sha256(), each.split, each.is_complete)
        for each in (one, other)
    ]
    if said[0] == said[1]:
        return one
    kinds = tuple(sorted({*one.kinds, *other.kinds}))
    return replace(one, is_good=False, kinds=kinds, marks=None, is_complete=False)


def _item(root: Path, index: FileIndex, told: _Told, entry: CocoImage) -> Item:
    """Raises BrokenItemError where the image file is missing."""
    path = told.file.path
    image = _image_path(root, index, path, entry.file_name.replace("\\", "/"))
    if ".." in image.parts or not image.is_relative_to(root):
        what = f"Image {entry.id} is {entry.file_name!r}, which leads out of the data set's folder."
        remedy = "Write file names relative to the folder, and put the images there."
        raise BrokenItemError(Problem(Check.UNREADABLE, told.file.where, what, remedy))
    name = image.relative_to(root).as_posix()
    annotations = tuple(told.marked.get(entry.id, ()))
    marked = {kind for kind, each in annotations if each.is_sure} | told.unmarked.get(entry.id, set())
    defects = {kind for kind in marked if not is_nuisance(kind)} | set(entry.kinds)
    is_bare = entry.is_good is None and not annotations
    is_complete = entry.id not in told.doubted and not (told.has_strays and is_bare)
    is_good = is_complete and (entry.is_good if entry.is_good is not None else not defects)
    words = (*PurePosixPath(name).parts, *_words(path.stem))
    split = entry.split or next(filter(None, map(split_of, words)), "")
    marks = CocoMarks(name, (entry.height, entry.width), entry.pixel_pitch_um, annotations)
    return Item(
        name=name,
        path=image,
        split=split_of(split) or split,
        group=entry.roll or "",
        is_good=is_good,
        kinds=() if is_good else tuple(sorted(defects)),
        sha256=file_sha256(image, name),
        marks=marks if annotations or is_good else None,
        pixel_pitch_um=entry.pixel_pitch_um,
        view=entry.view or "",
        is_complete=is_complete,
    )


def _image_path(root: Path, index: FileIndex, path: Path, file_name: str) -> Path:
    """Where an image lies: beside its COCO file or its folder, in `images`, there perhaps in a folder of its split."""
    split = next(filter(None, _words(path.stem)[1:]), "")
    places = [
        folder / between / deeper / file_name
        for folder in dict.fromkeys((path.parent, root))
        for between in _IMAGE_FOLDERS
        for deeper in dict.fromkeys(("", path.stem, split))
    ]
    there = next((place for place in places if place.is_file()), None)
    # Accents and capitals may be written in another way than the file has them.
    return there or next(filter(None, map(index.like, places)), None) or root / file_name


def _json_files(root: Path) -> list[Path]:
    if (root / TRUTH).exists():
        return [root / TRUTH]
    folders = [root, *(path for path in sorted(root.iterdir()) if path.is_dir() and _may_hold_labels(path.name))]
    return [
        path
        for folder in folders
        for path in sorted(folder.iterdir())
        if path.suffix.lower() == ".json" and not path.name.startswith(".")
    ]


def _may_hold_labels(folder: str) -> bool:
    return folder.lower() == _LABEL_FOLDER or bool(split_of(folder))


def _listed(things: Sequence[object]) -> str:
    """The first few of them.

    >>> _listed(["a", "b", "c"]), _listed(range(9))
    ('a, b and c', '0, 1, 2, 3, 4 and 4 more')
    """
    if len(things) > _SHOWN:
        return f"{', '.join(map(str, things[:_SHOWN]))} and {len(things) - _SHOWN} more"
    *most, last = map(str, things)
    return f"{', '.join(most)} and {last}" if most else last


def _words(stem: str) -> list[str]:
    return re.findall("[a-z0-9]+", stem.lower())
