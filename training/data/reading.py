"""Finds out a data set's layout and reads it into the one form."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

from inspection.text_file import TextError, read_table
from training.data.coco_reading import read_coco_items, read_label_files, unlisted_items
from training.data.item import DataSet, Item
from training.data.mask_folders import read_mask_folders
from training.data.pictures import folded
from training.data.problem import Check, Problem
from training.errors import DataError

GROUPS = "groups.csv"


def read_data_set(root: Path) -> DataSet:
    """The data set in a folder, in any layout that `training.data` describes. Images are hashed, not yet looked at.

    Raises DataError for no folder, a folder without images, and labels that can't be read at all; what is wrong with
    single images goes into the data set's `problems`.
    """
    if not root.is_dir():
        raise DataError(f"Data set {root}: expected a folder, there is none. Name the folder that holds the images.")
    try:
        files, broken = read_label_files(root)
        if files or broken:
            layout = "coco"
            items, problems, kinds = read_coco_items(root, files)
            problems = [*broken, *problems]
            if broken:
                items += unlisted_items(root, items)
        else:
            layout, items, problems = read_mask_folders(root)
            kinds = {kind for item in items for kind in item.kinds}
    except OSError as error:
        raise DataError(
            f"Data set {root}: {error.filename} can't be read ({error.strerror}). Make it readable, or take it out."
        ) from error
    if not items:
        seen = f" The first of {len(problems)} problems: {problems[0]}" if problems else ""
        raise DataError(
            f"Data set {root}: expected images, in folders or listed in a COCO file such as truth.json, found none "
            f"that can be used.{seen} Name the folder that holds them, or make some with `training synth`."
        )
    items, strangers = _grouped(root, items)
    ordered = tuple(sorted(items, key=lambda item: item.name))
    return DataSet(root, layout, ordered, tuple(sorted(kinds)), _digest(ordered), (*problems, *strangers))


def _grouped(root: Path, items: list[Item]) -> tuple[list[Item], list[Problem]]:
    """The items with the groups that groups.csv tells, and the views if it does, where there is one."""
    path = root / GROUPS
    if not path.exists():
        return items, []
    try:
        rows = read_table(path, ("image", "group"))
    except TextError as error:
        raise DataError(f"Data set {root}: {GROUPS} can't be read: {error}.") from error
    named = {folded(item.name): item.name for item in items}
    exact = {item.name for item in items}
    groups: dict[str, set[str]] = {}
    views: dict[str, set[str]] = {}
    for row in rows:
        written = row["image"].replace("\\", "/").removeprefix("./")
        name = written if written in exact else named.get(folded(written), written)
        groups.setdefault(name, set()).add(row["group"])
        views.setdefault(name, set()).add(row.get("view", ""))
    problems = [
        Problem(Check.NO_IMAGE, GROUPS, f"It names {name}, which is no image of the set.", "Correct the path.")
        for name in sorted(groups.keys() - exact)
    ]
    for told in (groups, views):
        for name, several in sorted(told.items()):
            if len(several) > 1:
                what = f"It puts {name} into {' and '.join(map(repr, sorted(several)))}."
                problems.append(Problem(Check.LISTED_TWICE, GROUPS, what, "Leave one of them."))
    return [
        replace(
            item,
            group=min(groups.get(item.name, {item.group})),
            view=min(views.get(item.name, {""})) or item.view,
        )
        for item in items
    ], problems


def _digest(items: tuple[Item, ...]) -> str:
    """SHA-256 over what every item is, in the order of names."""
    digest = hashlib.sha256()
    for item in items:
        marks = None if item.marks is None else item.marks.sha256()
        line = [item.name, item.split, item.group, item.is_good, item.kinds, item.sha256, marks, item.pixel_pitch_um]
        digest.update(json.dumps(line).encode() + b"\n")
    return digest.hexdigest()
