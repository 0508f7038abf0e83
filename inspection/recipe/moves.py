"""How far a recipe's limits have moved against another version's: what a person should look at before a release."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from inspection.recipe.limits import Limit
from inspection.recipe.recipe import Recipe

FACTOR = 2.0
"""A limit that moves by more is told."""
_Key: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """A limit that is not what it was."""

    where: str
    """`E01 diameter_mm`, `cluster 1 objects`, `E13 severity`: what moved."""
    before: float | str | None
    """None: there was no such limit."""
    after: float | str | None
    """None: there is none any more."""


def moves(before: Recipe, after: Recipe) -> list[Move]:
    """Limits that moved by more than a factor of two, that are new or gone, and severities that changed.

    A kind without limits of its own is judged as unknown, and compared so.
    """
    kinds = list(dict.fromkeys([*before.limits, *after.limits]))
    then, now = dict(_numbers(before, kinds)), dict(_numbers(after, kinds))
    told = []
    for key in dict.fromkeys([*then, *now]):
        old, new = then.get(key), now.get(key)
        if _is_far(old, new):
            told.append(Move(" ".join(key), old, new))
    return told


def _is_far(old: float | str | None, new: float | str | None) -> bool:
    if old == new:
        return False
    if not isinstance(old, float) or not isinstance(new, float):
        return True
    return min(old, new) <= 0.0 or max(old, new) / min(old, new) > FACTOR


def _numbers(recipe: Recipe, kinds: list[str]) -> Iterator[tuple[_Key, float | str]]:
    for kind in kinds:
        yield from _of_limit(kind, recipe.limit_for(kind))
    yield from _of_limit("unknown", recipe.unknown)
    yield from (((f"threshold {kind}",), score) for kind, score in recipe.model.thresholds.items())
    for number, rule in enumerate(recipe.cluster, start=1):
        yield from _of_table((f"cluster {number}",), rule.model_dump())
    yield ("guard", "size_px"), recipe.guard.size_px
    yield ("storm", "max_candidates"), float(recipe.storm.max_candidates)


def _of_limit(kind: str, limit: Limit) -> Iterator[tuple[_Key, float | str]]:
    yield (kind, "severity"), limit.severity.value
    if limit.min_px:
        yield (kind, "min_px"), limit.min_px
    seen: Counter[str] = Counter()
    for condition in limit.reject_above:
        # Conditions have no names: the same numbers in the same order are the same condition.
        together = " and ".join(condition.numbers)
        seen[together] += 1
        again = f" ({seen[together]})" if seen[together] > 1 else ""
        beside = f" of {together}" if len(condition.numbers) > 1 else ""
        yield from (((kind, f"{name}{beside}{again}"), value) for name, value in condition.numbers.items())
    for number, rule in enumerate(limit.count, start=1):
        yield from _of_table((kind, f"count {number}"), rule.model_dump())


def _of_table(key: _Key, table: Mapping[str, Any]) -> Iterator[tuple[_Key, float | str]]:
    yield from (((*key, name), float(value)) for name, value in table.items())
