"""Divides a data set into parts for training, choosing and testing: by roll or group, never by frame."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from training.data.item import DataSet, Item
from training.data.likeness import SAME, alike, fingerprint
from training.errors import DataError

_GOOD = "good"
_ROUNDING = 1e-6


def split(data_set: DataSet, fractions: Mapping[str, float], seed: int) -> DataSet:
    """The same data set with every image in a part, for example `{"train": 0.8, "validation": 0.2}`.

    A part other than train that the data set has already stays as it is; what is in train, or in none, is dealt to
    train and the parts that are not there yet, in the proportion of their fractions. Groups stay whole. An image of
    unknown group is one of its own, together with those that look the same (see `training.data.likeness`).

    Each kind, and good, is dealt in the wanted proportion, rare ones first, as far as whole groups allow (iterative
    stratification: Sechidis, Tsoumakas and Vlahavas 2011); where a kind is in as many groups as there are parts, every
    part gets some. The same seed gives the same split.

    Raises DataError for fractions that don't add up, too few groups, and an image that can't be read.
    """
    if not fractions or min(fractions.values()) <= 0.0 or abs(sum(fractions.values()) - 1.0) > _ROUNDING:
        raise DataError(f"Split into {dict(fractions)}: expected fractions above 0, in all 1. Correct them.")
    there = {item.split for item in data_set.items} - {"", "train"}
    wanted = {part: share for part, share in fractions.items() if part not in there}
    pool = [item for item in data_set.items if item.split not in there]
    if not pool or not wanted:
        return data_set
    groups = _groups(pool)
    if len(groups) < len(wanted):
        names = ", ".join(sorted({item.group or item.name for item in pool})[:5])
        raise DataError(
            f"Data set {data_set.root}: {len(groups)} group(s) ({names}) can't be divided into {len(wanted)} parts "
            f"({', '.join(wanted)}): a group stays whole, for its images resemble each other. "
            "Add images of another roll, or of another seed if they are simulated."
        )
    part_of = _deal(groups, wanted, np.random.default_rng(seed))
    return replace(
        data_set, items=tuple(replace(item, split=part_of.get(item.name, item.split)) for item in data_set.items)
    )


def _groups(items: Sequence[Item]) -> list[list[Item]]:
    """Items that have to stay together, in the order of names."""
    unknown = [item for item in items if not item.group]
    groups: dict[tuple[str, int], list[Item]] = {}
    for item in items:
        if item.group:
            groups.setdefault((item.group, 0), []).append(item)
    if unknown:
        numbers = alike(np.stack([fingerprint(item.pixels()) for item in unknown]), SAME)
        for item, number in zip(unknown, numbers, strict=True):
            groups.setdefault(("", int(number)), []).append(item)
    return list(groups.values())


def _deal(groups: Sequence[Sequence[Item]], wanted: Mapping[str, float], rng: np.random.Generator) -> dict[str, str]:
    """Part of each item by its name."""
    contents = [Counter(kind for item in group for kind in item.kinds or (_GOOD,)) for group in groups]
    total = sum(contents, Counter[str]())
    shares = {part: share / sum(wanted.values()) for part, share in wanted.items()}
    missing = {part: {kind: share * count for kind, count in total.items()} for part, share in shares.items()}
    seen: dict[str, set[str]] = {part: set() for part in shares}
    left = [int(number) for number in rng.permutation(len(groups))]
    part_of: dict[str, str] = {}
    while left:
        spread = Counter(kind for number in left for kind in contents[number])
        rarest = min(spread, key=lambda kind: (spread[kind], kind))
        # Large groups first: small ones then make up for what is left over.
        number = max((each for each in left if rarest in contents[each]), key=lambda each: contents[each][rarest])
        bare = [part for part in shares if rarest not in seen[part]]
        empty = [part for part in shares if not seen[part]]
        open_to = empty if len(left) <= len(empty) else bare if spread[rarest] <= len(bare) else list(shares)
        part = max(open_to, key=lambda each: (missing[each][rarest], sum(missing[each].values())))
        for kind, count in contents[number].items():
            missing[part][kind] -= count
            seen[part].add(kind)
        part_of |= {item.name: part for item in groups[number]}
        left.remove(number)
    return part_of
