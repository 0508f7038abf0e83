"""What `training evaluate` leaves behind: a page, the figures beside it, a few lines on the screen."""

import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from inspection.cli.console import ERR, OUT
from training.errors import DataError
from training.evaluation.report.evidence import Evidence


def record_of(collected: Sequence[Evidence], page: Path | None) -> dict[str, Any]:
    """The figures of the first evidence, compared with the second if there is one; `page`: to be written, too.

    Raises DataError if that can't be, or nothing can be compared.
    """
    from training.evaluation.report.comparison import compare
    from training.evaluation.report.figures import figures_of
    from training.evaluation.report.page import as_page
    from training.evaluation.report.record import as_record

    evidence = collected[0]
    figures = figures_of(evidence)
    comparison = compare(evidence, collected[1]) if len(collected) > 1 else None
    record = as_record(evidence, figures, comparison)
    if page:
        _write_whole(page, as_page(evidence, figures, comparison))
        _write_whole(page.with_suffix(".json"), json.dumps(record, indent=2) + "\n")
        ERR.print(f"{page}: {page.stat().st_size / 1e6:.1f} MB. Open it in a browser.", markup=False)
    return record


def show(record: dict[str, Any]) -> None:
    """For people."""
    from training.evaluation.report.figures import NO_SCORES
    from training.evaluation.report.pod import seen_size

    show_verdict(record)
    for words in record["too_few"]:
        OUT.print(f"Too few: {words}")
    table = Table("figure", "value", "")
    for name in ("image_auroc", "image_ap", "pixel_ap", "aupro30", "mean_iou", "image_kind_accuracy", "mpx_s"):
        value = record[name]
        if record["why_not"].get(name) == NO_SCORES:
            continue
        table.add_row(name, "-" if value is None else f"{value:g}", record["why_not"].get(name, ""))
    OUT.print(table)
    unit = record["size_unit"]
    table = Table("kind", "objects", "missed", "escape rate", "95 % interval", f"a90, {unit}", f"a90/95, {unit}")
    for kind, figures in record["by_kind"].items():
        escapes, pod = figures["escapes"], figures["pod"]
        low, high = escapes["ci95"]
        sizes = ["-" if pod[name] is None else seen_size(pod[name], pod["largest_seen"]) for name in ("a90", "a90_95")]
        table.add_row(
            kind,
            str(escapes["total"]),
            str(escapes["count"]),
            f"{escapes['rate']:.1%}",
            f"{low:.1%} .. {high:.1%}",
            *sizes,
        )
    OUT.print(table)


def show_verdict(record: dict[str, Any]) -> None:
    """The plain sentences alone."""
    OUT.print(record["verdict"], markup=False)
    if "against" in record:
        OUT.print(record["against"]["verdict"], markup=False)


def _write_whole(path: Path, text: str) -> None:
    """All of it or nothing. Raises DataError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as beside:
            whole = Path(beside) / path.name
            whole.write_text(text, encoding="utf-8")
            os.replace(whole, path)
    except OSError as error:
        raise DataError(f"{path}: can't be written ({error.strerror}). Name a file that you may write.") from error
