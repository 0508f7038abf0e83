"""`figures.md`: what the shipped models find and miss, from the reports and cards that lie beside them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inspection.values.kinds import KINDS
from scripts.reference.markdown import page, table

_ABOUT = """\
What the shipped models find and miss on **simulated** web, judged as the station judges by the shipped recipes; on a
plant's own material they have to be trained and qualified again. Each figure is from `report.json` or `card.json` in
the model's folder; `report.html` there shows the same with pictures. Intervals hold with 95 % confidence
(Clopper-Pearson). An object counts where it lies above its limit. *a90* is the size from which on nine of ten are
found, *a90/95* the same with 95 % confidence (MIL-HDBK-1823A).
"""


def figures_page(models: Path) -> str:
    """The figures of each model that has a report; `models` holds a folder for each."""
    reports = sorted(models.glob("*/report.json"))
    return page("Figures of the shipped models", _ABOUT, *(_model(report.parent) for report in reports))


def _model(folder: Path) -> str:
    report, card = (json.loads((folder / name).read_text(encoding="utf-8")) for name in ("report.json", "card.json"))
    alarms, data = report["false_alarms"], report["data"]
    unseen = ", ".join(f"{count} `{rule}`" for rule, count in data["uninspected"].items())
    overall = [
        ("missed, of the objects above their limits", _share(report["escapes"])),
        ("missed, of the safety kinds", _share(report["safety_escapes"])),
        ("good images rejected", _share(report["false_rejects"])),
        (
            "false alarms for each square metre of good web",
            f"{alarms['rate']:.2g} ({alarms['ci95'][0]:.2g} to {alarms['ci95'][1]:.2g}; {alarms['count']} on "
            f"{alarms['area']:.3g} m²)",
        ),
        ("named right, of those rejected", _share(report["all_kinds"]["named_right"])),
        ("images judged, not inspected", f"{data['images']}, {unseen or 'none'}"),
        (
            "megapixels a second, the network alone on two threads of the machine that wrote the report",
            f"{report['mpx_s']:.0f}",
        ),
    ]
    webs = [(web, told) for web, told in card["metrics"].items() if isinstance(told, dict) and "recall" in told]
    parts = [
        f"## {folder.name}",
        report["verdict"],
        table(["figure", "value"], overall),
        "### By web",
        table(
            ["web", "rejected of those planted", "safety kinds", "good blocks rejected"], [_web(*web) for web in webs]
        ),
        "### By kind",
        table(
            ["kind", "missed", "named right", "a90", "a90/95", "remark"],
            [_kind(code, told, report["size_unit"]) for code, told in report["by_kind"].items()],
        ),
        "### By size",
        table(["largest extent", "missed"], [(size, _share(told)) for size, told in _sizes(report)]),
    ]
    if report["too_few"]:
        parts += ["### Too few to be sure", "\n".join(f"* {sentence}" for sentence in report["too_few"])]
    return "\n\n".join(parts)


def _sizes(report: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return list(report["all_kinds"]["escapes_by_size"].items())


def _web(name: str, told: Mapping[str, Any]) -> tuple[str, str, str, str]:
    found, planted = (sum(kind[key] for kind in told["by_kind"].values()) for key in ("found", "n"))
    return (
        name,
        f"{found} of {planted} ({_percent(told['recall'])})",
        _percent(told["recall_s1"]),
        _percent(told["false_reject_rate"]),
    )


def _kind(code: str, told: Mapping[str, Any], unit: str) -> tuple[str, ...]:
    pod = told["pod"]
    return (
        f"{code} {KINDS[code].name}" if code in KINDS else code,
        _share(told["escapes"]),
        _share(told["named_right"]),
        *(f"{float(f'{size:.2g}'):g} {unit}" if (size := pod[key]) is not None else "–" for key in ("a90", "a90_95")),
        pod["words"],
    )


def _share(told: Mapping[str, Any] | None) -> str:
    """A count of a total, with its rate and interval.

    >>> _share({"count": 26, "total": 490, "rate": 0.05306, "ci95": [0.03495, 0.07678]})
    '26 of 490: 5.3 % (3.5 to 7.7 %)'
    """
    if not told or not told["total"]:
        return "–"
    low, high = told["ci95"]
    return (
        f"{told['count']} of {told['total']}: {_percent(told['rate'])} "
        f"({_percent(low).removesuffix(' %')} to {_percent(high)})"
    )


def _percent(part: float | None) -> str:
    """A part of one as percent.

    >>> _percent(0.05306), _percent(1.0), _percent(None)
    ('5.3 %', '100 %', '–')
    """
    return "–" if part is None else f"{100 * part:.3g} %" if part >= 0.1 else f"{100 * part:.2g} %"
