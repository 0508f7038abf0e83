"""The account of trials on simulated web in short: per material and kind, with confidence intervals, as JSON and table.

Counted from the same images and objects as the report's figures; `Judged` says how they are collected.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from rich.table import Table

from training.evaluation.report.counts import false_rejects, found, found_safety
from training.evaluation.report.intervals import Proportion
from training.evaluation.simulated_web import Deviation, WebResult, all_judged, by_material
from training.family import FAMILIES

_LISTED = 20
"""Most misses that are told one by one."""


def summarise(results: Iterable[WebResult]) -> dict[str, dict[str, Any]]:
    """Figures for each material, in alphabetical order of materials. Rates without a case are null."""
    return {material: _material_summary(parts) for material, parts in by_material(results).items()}


def _material_summary(results: Sequence[WebResult]) -> dict[str, Any]:
    figures = _figures(results)
    views = sorted({each.view for each in results})
    if len(views) > 1:
        figures["by_view"] = {view: _figures([each for each in results if each.view == view]) for view in views}
    return figures


def _figures(results: Sequence[WebResult]) -> dict[str, Any]:
    judged = all_judged(results)
    in_all, rejected = found(judged), false_rejects(judged)
    minor = [each.is_rejected for each in judged.images if not each.is_good and not each.kinds]
    faint = [each.barely_found for each in judged.objects if each.barely_found is not None]
    by_kind: dict[str, Counter[str]] = {}
    planted: Counter[str] = Counter()
    for seen in judged.asked:
        planted[seen.kind] += 1
        if seen.is_found:
            by_kind.setdefault(seen.kind, Counter())[seen.called] += 1
    named = {kind: by_kind[kind] for kind in sorted(by_kind)}
    right = sum(names[kind] for kind, names in named.items())
    false_kinds = Counter(kind for each in judged.images if each.is_good and each.is_rejected for kind in each.measured)
    return {
        "recall": _rate(in_all),
        "recall_s1": _rate(found_safety(judged)),
        "false_reject_rate": _rate(rejected),
        "by_kind": {kind: _kind(planted[kind], named.get(kind, Counter())) for kind in sorted(planted)},
        "kind_right": _rate(Proportion(right, in_all.count)),
        "kind_right_up_to_alike": _rate(Proportion(_right_up_to_alike(named), in_all.count)),
        "snr_5_to_8": {
            "n": len(faint),
            "found": sum(faint),
            "recall": _rate(Proportion(sum(faint), len(faint))),
            "ci95": _interval(Proportion(sum(faint), len(faint))),
        },
        "n": in_all.total,
        "recall_ci95": _interval(in_all),
        "blocks": sum(each.blocks for each in results),
        "uninspected": judged.uninspected.total(),
        "good_blocks": rejected.total,
        "false_rejects": rejected.count,
        "false_reject_ci95": _interval(rejected),
        "false_kinds": dict(sorted(false_kinds.items())),
        "sub_limit_blocks": len(minor),
        "sub_limit_rejects": sum(minor),
        "measurement": _measurement([deviation for each in results for deviation in each.deviations]),
        "missed": [words for each in results for words in _misses(each)][:_LISTED],
    }


def _kind(planted: int, names: Counter[str]) -> dict[str, Any]:
    """One kind's objects; `names`: what those that were found are called."""
    share = Proportion(names.total(), planted)
    return {
        "n": planted,
        "recall": _rate(share),
        "found": share.count,
        "ci95": _interval(share),
        "named": dict(names.most_common()),
    }


def _misses(result: WebResult) -> list[str]:
    """Words about each miss on a web."""
    missed = (each for each in result.judged.asked if not each.is_found)
    return [each.words for each in sorted(missed, key=lambda each: each.key)]


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


def _rate(share: Proportion) -> float | None:
    return round(share.rate, 5) if share.total else None


def _interval(share: Proportion) -> list[float] | None:
    return [round(end, 5) for end in share.interval] if share.total else None


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
