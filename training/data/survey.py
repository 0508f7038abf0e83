"""Looks at every image of a data set once: how much of what there is, and what is wrong with the labels."""

import re
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import combinations
from statistics import quantiles

import numpy as np
from numpy.typing import NDArray

from inspection.values.kinds import KINDS, is_nuisance
from training.data.item import DataSet, Item
from training.data.likeness import SAME, fingerprint, likest
from training.data.marks import MarkedObject
from training.data.problem import BrokenItemError, Check, Problem

_SAME_PLACE = 0.5
"""Overlap (intersection over union) from which two objects are one thing with two names."""
_SAME_OBJECT = 0.9
"""The same, from which two objects of one kind are one."""
_SAME_WORD = 0.8
_DECILES = 10


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large objects are: the longer side of their boxes in px."""

    min_px: int
    p10_px: float
    median_px: float
    p90_px: float
    max_px: int

    @classmethod
    def of(cls, values: Sequence[int]) -> "Sizes":
        """Sizes of one object or more, in px.

        >>> Sizes.of([1, 2, 3])
        Sizes(min_px=1, p10_px=1.2, median_px=2.0, p90_px=2.8, max_px=3)
        """
        cuts = quantiles(values, n=_DECILES, method="inclusive") if len(values) > 1 else [float(values[0])] * 9
        rounded = [round(cut, 1) for cut in cuts]
        return cls(min(values), rounded[0], rounded[4], rounded[8], max(values))


@dataclass(slots=True)
class Tally:
    """Counts of one split, or of all."""

    images: int = 0
    good: int = 0
    bad: int = 0
    unlabelled: int = 0
    """Neither known to be good nor what they show."""
    images_of: Counter[str] = field(default_factory=Counter)
    """Images that show a kind."""
    objects_of: Counter[str] = field(default_factory=Counter)
    """Marked objects of a kind, nuisance too; those that nobody is sure of are not counted."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What is in a data set."""

    data_set: DataSet
    splits: Mapping[str, Tally]
    """By split; the empty name is that of images in no split."""
    views: Mapping[str, int]
    """Images of each view, as far as they say one."""
    groups: int
    image_sizes: Counter[tuple[int, int]]
    """Images by (width, height) in px."""
    object_sizes: Mapping[str, Sizes]
    """By kind, of marked objects."""
    problems: tuple[Problem, ...]


def survey(data_set: DataSet, report: Callable[[int], None] = lambda _: None) -> Survey:
    """Look at all images, one by one; of each only its fingerprint is kept (1 KB). `report`: images done so far."""
    splits: dict[str, Tally] = {}
    image_sizes: Counter[tuple[int, int]] = Counter()
    lengths: dict[str, array[int]] = {}
    problems = list(data_set.problems)
    seen: list[Item] = []
    fingerprints: list[NDArray[np.float32]] = []
    for number, item in enumerate(data_set.items, start=1):
        tally = splits.setdefault(item.split, Tally())
        _count(tally, item)
        try:
            pixels = item.pixels()
        except BrokenItemError as error:
            problems.append(error.problem)
        else:
            height, width = pixels.shape
            image_sizes[width, height] += 1
            seen.append(item)
            fingerprints.append(fingerprint(pixels))
            objects, faults = item.found((height, width))
            problems += faults
            sure = [each for each in objects if each.is_sure]
            problems += label_problems(item, sure)
            for each in sure:
                tally.objects_of[each.kind] += 1
                lengths.setdefault(each.kind, array("q")).append(max(each.mask.shape))
        report(number)
    total = sum((tally.objects_of | tally.images_of for tally in splits.values()), Counter[str]())
    problems += misspelt_kinds(data_set, total)
    problems += torn_groups(data_set.items)
    problems += duplicates(data_set.items)
    if fingerprints:
        problems += near_duplicates(seen, np.stack(fingerprints))
    return Survey(
        data_set=data_set,
        splits={name: splits[name] for name in sorted(splits, key=_split_order)},
        views=dict(sorted(Counter(item.view for item in data_set.items if item.view).items())),
        groups=len({item.group for item in data_set.items if item.group}),
        image_sizes=image_sizes,
        object_sizes={kind: Sizes.of(lengths[kind]) for kind in sorted(lengths)},
        problems=tuple(dict.fromkeys(problems)),
    )


def _split_order(name: str) -> tuple[int, str]:
    """As splits are used; those of other names after them, and last what is in none."""
    usual = ("train", "validation", "test")
    return (usual.index(name), "") if name in usual else (len(usual) + (not name), name)


def _count(tally: Tally, item: Item) -> None:
    tally.images += 1
    tally.good += item.is_good
    tally.bad += bool(item.kinds)
    tally.unlabelled += not item.is_good and not item.kinds
    tally.images_of.update(item.kinds)


def label_problems(item: Item, objects: Sequence[MarkedObject]) -> Iterator[Problem]:
    """Objects on a good image, and one thing marked under two names."""
    defects = sorted({each.kind for each in objects if not is_nuisance(each.kind)})
    if item.is_good and defects:
        what = f"It is said to be good, and {', '.join(defects)} is marked on it."
        yield Problem(Check.NOT_GOOD, item.name, what, "Remove the marks, or move the image to the bad ones.")
    for one, other in combinations(objects, 2):
        if one.kind == other.kind:
            if _overlap(one, other) >= _SAME_OBJECT:
                what = f"At column {one.left_px} row {one.top_px} the same {one.kind} is marked twice."
                yield Problem(Check.MARKED_TWICE, item.name, what, "Remove one of the marks.")
        elif _overlap(one, other) >= _SAME_PLACE:
            what = f"At column {one.left_px} row {one.top_px} the same thing is marked as {one.kind} and {other.kind}."
            yield Problem(Check.TWO_KINDS, item.name, what, "Keep the kind that it is.")


def _overlap(one: MarkedObject, other: MarkedObject) -> float:
    """Intersection over union."""
    top, left = max(one.top_px, other.top_px), max(one.left_px, other.left_px)
    bottom = min(one.top_px + one.mask.shape[0], other.top_px + other.mask.shape[0])
    right = min(one.left_px + one.mask.shape[1], other.left_px + other.mask.shape[1])
    if top >= bottom or left >= right:
        return 0.0
    windows = (
        each.mask[top - each.top_px : bottom - each.top_px, left - each.left_px : right - each.left_px]
        for each in (one, other)
    )
    shared = np.count_nonzero(np.logical_and(*windows))
    return float(shared / (np.count_nonzero(one.mask) + np.count_nonzero(other.mask) - shared))


def misspelt_kinds(data_set: DataSet, counts: Mapping[str, int]) -> Iterator[Problem]:
    """Kinds that are no code of the catalogue and nearly spelt as one, or as a more frequent kind of the set."""
    for kind in data_set.kinds:
        if kind in KINDS:
            continue
        others = [each for each in data_set.kinds if (counts[each], each) > (counts[kind], kind)]
        close = [each for each in [*others, *KINDS] if each != kind and _is_slip(kind, each)]
        if close:
            best = max(close, key=lambda each: _likeness(kind, each))
            what = f"The kind {kind!r} ({counts[kind]} of them) is nearly spelt as {best!r}."
            where = next((item.name for item in data_set.items if kind in item.kinds), kind)
            yield Problem(Check.MISSPELT, where, what, f"Rename it to {best!r}, or give it a name that differs more.")


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one.lower(), other.lower(), autojunk=False).ratio()


def _is_slip(one: str, other: str) -> bool:
    """Nearly the same, and not just numbered differently.

    >>> _is_slip("scratchs", "scratches"), _is_slip("e1", "E01"), _is_slip("type 1", "type 2")
    (True, True, False)
    """
    words, numbers = (_parts(r"[^\d\s_-]+", one, other), _parts(r"[1-9]\d*", one, other))
    if words[0] == words[1]:
        return numbers[0] == numbers[1]
    return _likeness(one, other) >= _SAME_WORD


def _parts(pattern: str, *names: str) -> tuple[list[str], ...]:
    return tuple(re.findall(pattern, name.lower()) for name in names)


def torn_groups(items: Sequence[Item]) -> Iterator[Problem]:
    """Groups that are in more than one split."""
    splits: dict[str, dict[str, str]] = {}
    for item in items:
        if item.group and item.split:
            splits.setdefault(item.group, {}).setdefault(item.split, item.name)
    for group, names in splits.items():
        if len(names) > 1:
            what = f"Its group {group!r} is in {' and in '.join(sorted(names))}, so that figures come out too good."
            yield Problem(Check.TORN_GROUP, names[min(names)], what, "Move all images of the group to one split.")


def duplicates(items: Sequence[Item]) -> Iterator[Problem]:
    """Files of the same content, in whatever split."""
    first: dict[str, Item] = {}
    for item in items:
        other = first.setdefault(item.sha256, item)
        if other is not item:
            what = f"The file is the same as {other.name}."
            if (other.is_good, other.kinds) != (item.is_good, item.kinds):
                what += f" It is said to be {_said(item)}, the other {_said(other)}."
            yield Problem(Check.DUPLICATE, item.name, what, "Remove one of them.")


def _said(item: Item) -> str:
    return "good" if item.is_good else ", ".join(item.kinds) or "unknown"


def near_duplicates(items: Sequence[Item], fingerprints: NDArray[np.float32]) -> Iterator[Problem]:
    """Images outside train that show the same as one in another split, each with the likest one."""
    names = [item.split for item in items]
    if len(set(names)) < 2:
        return
    numbers = {name: number for number, name in enumerate(sorted(set(names)))}
    nearest, agreement = likest(fingerprints, np.array([numbers[name] for name in names], np.intp))
    for item, near, agreed in zip(items, nearest, agreement, strict=True):
        other = items[int(near)]
        if item.split != "train" and agreed >= SAME and item.sha256 != other.sha256:
            what = (
                f"It shows the same as {other.name} (agreement {agreed:.2f} of 1), so that figures come out too good."
            )
            yield Problem(Check.NEAR_DUPLICATE, item.name, what, "Move both to the same split.")
