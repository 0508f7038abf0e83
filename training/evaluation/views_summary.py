"""Figures of several views of one web: all together beside each alone, with intervals and McNemar's test."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from rich.table import Table

from training.evaluation.report.comparison import Pairs
from training.evaluation.report.intervals import Proportion
from training.evaluation.several_views import FUSED, Pieces

MIXED_UP = ("S01", "S07", "S08")
"""Hole, metal particle and black spot: a single view takes the one for the other."""
_HOLE, _METAL = "S01", "S07"


def summarise_views(results: Mapping[str, Pieces]) -> dict[str, Any]:
    """Figures of all views together (FUSED) and of each by itself, all about the same webs."""
    fused = results[FUSED]
    told: dict[str, Any] = {}
    for name, pieces in results.items():
        told[name] = _figures(pieces)
        if name != FUSED:
            told[name] |= {
                "against_fused": {
                    "objects": _pairs(
                        {each.key: each.is_found for each in fused.due},
                        {each.key: each.is_found for each in pieces.due},
                    ),
                    "good_blocks": _pairs(
                        {key: not is_rejected for key, is_rejected in fused.good.items()},
                        {key: not is_rejected for key, is_rejected in pieces.good.items()},
                    ),
                }
            }
    return told


def _figures(pieces: Pieces) -> dict[str, Any]:
    found = [each for each in pieces.due if each.is_found]
    safety = [each for each in pieces.due if each.is_safety]
    holes_and_metal = [each for each in found if each.kind in (_HOLE, _METAL)]
    kinds = Counter(each.kind for each in pieces.due)
    return {
        "rejected_of_due": _share(len(found), len(pieces.due)),
        "rejected_of_those_due_in_this_light": _share(sum(pieces.due_here), len(pieces.due_here)),
        "safety_found": _share(sum(each.is_found for each in safety), len(safety)),
        "good_blocks_rejected": _share(sum(pieces.good.values()), len(pieces.good)),
        "rejected_good_blocks_for": dict(pieces.false_kinds.most_common()),
        "uninspected": dict(pieces.uninspected.most_common()),
        "named_right": _share(sum(each.named == each.kind for each in found), len(found)),
        "hole_and_metal_named_right": _share(
            sum(each.named == each.kind for each in holes_and_metal), len(holes_and_metal)
        ),
        "hole_and_metal_told_apart": _share(
            sum({each.kind, each.named} != {_HOLE, _METAL} for each in holes_and_metal), len(holes_and_metal)
        ),
        "called": {
            kind: dict(Counter(each.named for each in found if each.kind == kind).most_common()) for kind in MIXED_UP
        },
        "by_kind": {
            kind: {
                "due": count,
                "found": sum(each.kind == kind for each in found),
                "named": dict(Counter(str(each.named) for each in found if each.kind == kind).most_common()),
            }
            for kind, count in sorted(kinds.items())
        },
        "missed": [f"{each.kind} {each.key}" for each in pieces.due if not each.is_found][:20],
    }


def _share(count: int, total: int) -> dict[str, Any]:
    share = Proportion(count, total)
    return {
        "count": count,
        "of": total,
        "rate": round(share.rate, 5) if total else None,
        "ci95": [round(end, 5) for end in share.interval] if total else None,
    }


def _pairs(first: Mapping[str, bool], second: Mapping[str, bool]) -> dict[str, Any]:
    both = first.keys() & second.keys()
    pairs = Pairs(
        len(both),
        sum(first[key] and not second[key] for key in both),
        sum(second[key] and not first[key] for key in both),
    )
    return {
        "of": pairs.total,
        "right_fused_alone": pairs.only_first,
        "right_in_this_view_alone": pairs.only_second,
        "mcnemar_p": pairs.p_value,
    }


def views_tables(summary: Mapping[str, Mapping[str, Any]]) -> list[Table]:
    """For people: one row a figure, one column an arrangement; and what holes, metal and black spots are called."""
    names = list(summary)
    figures = Table("", *names, title="by piece, on the same webs")
    rows = {
        "rejected of those due": "rejected_of_due",
        "of those due in this light": "rejected_of_those_due_in_this_light",
        "safety defects found": "safety_found",
        "good blocks rejected": "good_blocks_rejected",
        "named right": "named_right",
        "hole and metal named right": "hole_and_metal_named_right",
        "hole and metal told apart": "hole_and_metal_told_apart",
    }
    for title, key in rows.items():
        figures.add_row(title, *(_words(summary[name][key]) for name in names))
    figures.add_row("uninspected", *(str(sum(summary[name]["uninspected"].values())) for name in names))
    for part in ("objects", "good_blocks"):
        title = f"McNemar, {part.replace('_', ' ')}: fused alone right / this alone, p"
        figures.add_row(title, *(_against(summary[name].get("against_fused", {}).get(part)) for name in names))
    called = Table("is", *names, title="called")
    for kind in MIXED_UP:
        told = (", ".join(f"{name} {count}" for name, count in summary[each]["called"][kind].items()) for each in names)
        called.add_row(kind, *(words or "-" for words in told))
    return [figures, called]


def _words(share: Mapping[str, Any]) -> str:
    if not share["of"]:
        return "none"
    low, high = share["ci95"]
    return (
        f"{share['count']} of {share['of']} ({100.0 * share['rate']:.2f} %; {100.0 * low:.1f} .. {100.0 * high:.1f} %)"
    )


def _against(pairs: Mapping[str, Any] | None) -> str:
    if pairs is None:
        return "-"
    return f"{pairs['right_fused_alone']} / {pairs['right_in_this_view_alone']}, {pairs['mcnemar_p']:.2g}"
