"""Divides frames into parts for training, choosing and testing: by roll, never by frame. Pure."""

from collections.abc import Mapping, Sequence

PARTS: Mapping[str, float] = {"train": 0.7, "validation": 0.15, "test": 0.15}


def split_rolls(
    frames: Mapping[str, int], known: Mapping[str, str] | None = None, parts: Mapping[str, float] = PARTS
) -> dict[str, str]:
    """The part of each roll. `frames`: how many each has; `known`: parts that must not change, of an earlier version.

    A roll that a model was ever trained on can't test the next one: what an earlier version dealt stays. The others,
    large ones first, go where most frames are missing. One roll alone is for training, of two the smaller one is for
    validation, without which no thresholds can be chosen.

    >>> split_rolls({"a": 60, "b": 20, "c": 20})
    {'a': 'train', 'b': 'validation', 'c': 'test'}
    >>> split_rolls({"a": 60, "b": 20}, known={"b": "train"})
    {'b': 'train', 'a': 'validation'}
    """
    dealt = {roll: part for roll, part in (known or {}).items() if roll in frames}
    total = sum(frames.values())
    missing = {part: share * total for part, share in parts.items()}
    for roll, part in dealt.items():
        missing[part] = missing.get(part, 0.0) - frames[roll]
    for roll in sorted(set(frames) - dealt.keys(), key=lambda each: (-frames[each], each)):
        part = _part_for(missing, dealt)
        dealt[roll] = part
        missing[part] -= frames[roll]
    return dealt


def _part_for(missing: Mapping[str, float], dealt: Mapping[str, str]) -> str:
    """First something to train on, then to choose by, then to test; after that wherever most is missing."""
    taken = set(dealt.values())
    bare: Sequence[str] = [part for part in ("train", "validation", "test") if part in missing and part not in taken]
    return bare[0] if bare else max(missing, key=lambda part: missing[part])
