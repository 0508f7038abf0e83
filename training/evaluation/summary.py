"""Evaluation's counts as figures: per material and kind, with confidence intervals, as JSON and as a table."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from rich.table import Table

from inspection.quality.intervals import clopper_pearson
from training.evaluation.simulated_web import Deviation, WebResult
from training.family import FAMILIES, is_safety

_LISTED = 20


def summarise(results: Iterable[WebResult]) -> dict[str, dict[str, Any]]:
    """Figures for each material, in alphabetical order of materials. Rates without a case are null."""
    by_material: dict[str, list[WebResult]] = {}
    for result in sorted(results, key=lambda each: (each.material, each.view)):
        by_material.setdefault(result.material, []).append(result)
    return {material: _material_summary(parts) for material, parts in by_material.items()}


def _material_summary(results: Sequence[WebResult]) -> dict[str, Any]:
    figures = _figures(results)
    views = sorted({each.view for each in results})
    if len(views) > 1:
        figures["by_view"] = {view: _figures([each for each in results if each.view == view]) for view in views}
    return figures


def _figures(results: Sequence[WebResult]) -> dict[str, Any]:
    planted = sum((Counter(each.planted) for each in results), Counter[str]())
    found = sum((Counter(each.found) for each in results), Counter[str]())
    safety = [kind for kind in planted if is_safety(kind)]
    good = sum(each.good_blocks for each in results)
    false_rejects = sum(each.false_rejects for each in results)
    minor = sum(each.minor_blocks for each in results)
    minor_rejects = sum(each.minor_rejects for each in results)
    named: dict[str, Counter[str]] = {}
    for each in results:
        for kind, names in each.named.items():
            named.setdefault(kind, Counter()).update(names)
    missed = [words for each in results for words in each.missed]
    right = sum(names[kind] for kind, names in named.items())
    faint, faint_found = sum(each.faint_planted for each in results), sum(each.faint_found for each in results)
    return {
        "recall": _rate(found.total(), planted.total()),
        "recall_s1": _rate(sum(found[kind] for kind in safety), sum(planted[kind] for kind in safety)),
        "false_reject_rate": _rate(false_rejects, good),
        "by_kind": {
            kind: {
                "n": planted[kind],
                "recall": _rate(found[kind], planted[kind]),
                "found": found[kind],
                "ci95": _interval(found[kind], planted[kind]),
                "named": dict(named[kind].most_common()) if kind in named else {},
            }
            for kind in sorted(planted)
        },
        "kind_right": _rate(right, sum(names.total() for names in named.values())),
        "kind_right_up_to_alike": _rate(_right_up_to_alike(named), sum(names.total() for names in named.values())),
        "snr_5_to_8": {
            "n": faint,
            "found": faint_found,
            "recall": _rate(faint_found, faint),
            "ci95": _interval(faint_found, faint),
        },
        "n": planted.total(),
        "recall_ci95": _interval(found.total(), planted.total()),
        "blocks": sum(each.blocks for each in results),
        "uninspected": sum(each.uninspected for each in results),
        "good_blocks": good,
        "false_rejects": false_rejects,
        "false_reject_ci95": _interval(false_rejects, good),
        "false_kinds": dict(sorted(sum((Counter(each.false_kinds) for each in results), Counter[str]()).items())),
        "sub_limit_blocks": minor,
        "sub_limit_rejects": minor_rejects,
        "measurement": _measurement([deviation for each in results for deviation in each.deviations]),
        "missed": missed[:_LISTED],
    }


def _right_up_to_alike(named: Mapping[str, Mapping[str, int]]) -> int:
    """Found objects with their own name, or one that a single view mixes up with it by its nature."""
    return sum(
        count
        for kind, names in named.items()
        for name, count in names.items()
        if any(family.are_alike(kind, name) for family in FAMILIES.values())
    )


def _measurement(deviations: Sequence[Deviation]) -> dict[str, dict[str, float | int]]:
    """Median absolute errors for each kind."""
    kinds: dict[str, list[Deviation]] = {}
    for deviation in deviations:
        kinds.setdefault(deviation.kind, []).append(deviation)
    return {kind: _medians(kinds[kind]) for kind in sorted(kinds)}


def _medians(parts: Sequence[Deviation]) -> dict[str, float | int]:
    length = np.array([abs(each.length_error_mm) for each in parts])
    width = np.array([abs(each.width_error_mm) for each in parts])
    true_length = np.array([each.length_mm for each in parts])
    true_width = np.array([each.width_mm for each in parts])
    position = np.array([each.position_error_mm for each in parts])
    return {
        "n": len(parts),
        "length_error_mm": round(float(np.median(length)), 4),
        "length_error_percent": round(float(np.median(100.0 * length / true_length)), 1),
        "width_error_mm": round(float(np.median(width)), 4),
        "width_error_percent": round(float(np.median(100.0 * width / true_width)), 1),
        "position_error_mm": round(float(np.median(position)), 4),
    }


def _rate(hits: int, total: int) -> float | None:
    return round(hits / total, 5) if total else None


def _interval(hits: int, total: int) -> list[float] | None:
    return [round(end, 5) for end in clopper_pearson(hits, total)] if total else None


def tables(summary: dict[str, dict[str, Any]]) -> list[Table]:
    """For people: one table for each material."""
    return [_table(material, figures) for material, figures in summary.items()]


def _table(material: str, figures: dict[str, Any]) -> Table:
    false = f"{figures['false_rejects']} of {figures['good_blocks']} good blocks rejected"
    caption = f"{false} ({_percent(figures['false_reject_rate'])}); {figures['uninspected']} blocks uninspected"
    table = Table(
        "kind", "n", "recall", "95 % interval", "length", "width", "position", "called", title=material, caption=caption
    )
    for kind, row in figures["by_kind"].items():
        size = figures["measurement"].get(kind)
        errors = (
            (
                f"{size['length_error_mm']:.3f} mm",
                f"{size['width_error_mm']:.3f} mm",
                f"{size['position_error_mm']:.3f} mm",
            )
            if size
            else ("-", "-", "-")
        )
        called = ", ".join(f"{name} {count}" for name, count in row["named"].items())
        table.add_row(kind, str(row["n"]), _percent(row["recall"]), _span(row["ci95"]), *errors, called)
    table.add_row("all", str(figures["n"]), _percent(figures["recall"]), _span(figures["recall_ci95"]))
    table.add_row("S1", "", _percent(figures["recall_s1"]))
    faint = figures["snr_5_to_8"]
    table.add_row("SNR 5 to 8", str(faint["n"]), _percent(faint["recall"]), _span(faint["ci95"]))
    table.add_row("named right", "", _percent(figures["kind_right"]))
    table.add_row("or as its like", "", _percent(figures["kind_right_up_to_alike"]))
    return table


def _percent(rate: float | None) -> str:
    return "-" if rate is None else f"{100.0 * rate:.2f} %"


def _span(ends: list[float] | None) -> str:
    return "-" if ends is None else f"{100.0 * ends[0]:.1f} .. {100.0 * ends[1]:.1f} %"
