"""The report as one page: HTML with everything in it, for the screen by day and night, and for paper."""

import html
from collections.abc import Sequence

from training.evaluation.report.charts import interval_bar
from training.evaluation.report.comparison import Comparison, Standing
from training.evaluation.report.diagrams import calibration_diagram, escape_diagram, pod_diagram
from training.evaluation.report.escape_curve import size_classes
from training.evaluation.report.evidence import Evidence, worst_false_alarms, worst_misses
from training.evaluation.report.figures import GOOD_WEB, Confusion, Figures, KindFigures, headline, in_words
from training.evaluation.report.gallery import figure
from training.evaluation.report.intervals import Proportion, percent, span
from training.evaluation.report.pod import NoCurve, PodCurve, seen_size
from training.evaluation.report.style import STYLE

_SHOWN = 12
_FEW_SHOWN = 4
_RATES = (0.001, 0.003, 0.01, 0.02, 0.05, 0.1)
_TILES = (
    ("image_auroc", "image AUROC", "chance that a bad image scores above a good one"),
    ("image_ap", "image AP", "average precision over images"),
    ("pixel_ap", "pixel AP", "average precision over pixels"),
    ("aupro30", "AUPRO", "mean overlap by region, up to 30 % false positives"),
    ("mean_iou", "mean IoU", "by kind, at the card's thresholds"),
)


def as_page(evidence: Evidence, figures: Figures, comparison: Comparison | None = None) -> str:
    """The whole page, self-contained."""
    name = f"{evidence.model.name} {evidence.model.version}"
    title = f"{name} on {evidence.data.name}"
    sections = [
        _section("By kind", _kind_table(evidence, figures)),
        _section("Sizes", _size_table(evidence, figures)),
        _section("Probability of detection against size", _pod_part(evidence, figures)),
        _section("Escapes against false rejects", _escape_part(figures)),
        _section("What is called what", _confusion_table(figures.confusion)),
        _section("Are scores probabilities?", _calibration_part(figures)),
        _section("False alarms on good web", _alarm_part(evidence, figures)),
        _section("Worst misses", _misses(evidence)),
        _section("Worst false alarms", _alarms(evidence)),
        _section("What was evaluated", _identity(evidence)),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{STYLE}</style></head><body><header><h1>{html.escape(title)}</h1>"
        f'<p class="verdict">{html.escape(headline(evidence, figures))}</p>{_comparison(comparison)}'
        f"{_few(figures)}</header><main>{_tiles(evidence, figures)}{''.join(sections)}</main></body></html>\n"
    )


def _section(title: str, body: str) -> str:
    return f"<section><h2>{title}</h2>{body}</section>" if body else ""


def _comparison(comparison: Comparison | None) -> str:
    if comparison is None:
        return ""
    sign = {Standing.BETTER: "▲ better", Standing.WORSE: "▼ worse", Standing.UNDECIDED: "● undecided"}
    return (
        f'<p class="against {comparison.standing}"><b>{sign[comparison.standing]}</b> '
        f"{html.escape(comparison.sentence)}</p>"
    )


def _few(figures: Figures) -> str:
    if not figures.too_few:
        return ""
    words = html.escape(" ".join(figures.too_few))
    if len(figures.too_few) <= _FEW_SHOWN:
        return f'<p class="few"><b>Too few to say much.</b> {words}</p>'
    count = len(figures.too_few)
    return f'<details class="few"><summary><b>Too few to say much of {count} kinds.</b></summary>{words}</details>'


def _tiles(evidence: Evidence, figures: Figures) -> str:
    tiles = [_rate_tile("defects missed", figures.overall.escapes)] if figures.overall else []
    if figures.safety_escapes:
        tiles.append(_rate_tile("safety defects missed", figures.safety_escapes))
    if figures.false_rejects:
        tiles.append(_rate_tile("good images rejected", figures.false_rejects))
    if figures.overall and figures.overall.named_right:
        tiles.append(_rate_tile("found and named right", figures.overall.named_right))
    has_scores = any(each.score is not None for each in evidence.images)
    for key, name, meaning in _TILES if has_scores else ():
        value = getattr(figures, key)
        tiles.append(_tile(name, "–" if value is None else f"{value:.3f}", figures.why_not.get(key, meaning)))
    accuracy = figures.image_kind_accuracy
    if has_scores:
        meaning = (
            f"{accuracy.count} of {accuracy.total} bad images" if accuracy else figures.why_not["image_kind_accuracy"]
        )
        tiles.append(_tile("kind of image right", f"{accuracy.rate:.3f}" if accuracy else "–", meaning))
    if evidence.mpx_s is not None:
        tiles.append(_tile("Mpx/s", f"{evidence.mpx_s:.0f}", "network alone, ONNX Runtime, 2 threads, median image"))
    return f'<div class="tiles">{"".join(tiles)}</div>'


def _rate_tile(name: str, share: Proportion) -> str:
    return _tile(name, percent(share.rate), f"{share.count} of {share.total}; 95 %: {span(share.interval)}")


def _tile(name: str, value: str, meaning: str) -> str:
    return f"<div><b>{value}</b><span>{name}</span><small>{html.escape(meaning)}</small></div>"


def _kind_table(evidence: Evidence, figures: Figures) -> str:
    if figures.overall is None:
        return "<p>The data set shows no defect.</p>"
    has_iou = figures.mean_iou is not None
    rows = "".join(_kind_row(in_words(each.kind), each, has_iou=has_iou) for each in figures.by_kind)
    total = _kind_row("all", figures.overall, has_iou=has_iou)
    shipped = evidence.as_shipped
    card = ""
    if shipped and evidence.threshold is not None:
        card = (
            f"<p>With the thresholds of the model's card instead: {shipped.escapes} of {shipped.objects} defects "
            f"missed, {shipped.false_rejects} of {shipped.good_images} good images rejected.</p>"
        )
    at = f" Threshold: {evidence.threshold:.4g}." if evidence.threshold is not None else ""
    return (
        f"<p>Found or missed {html.escape(evidence.operating_point)}.{at} a90 is the size found with 90 % probability, "
        "a90/95 the size of which that can be said with 95 % confidence.</p>"
        "<table><thead><tr><th>kind</th><th class=n>objects</th><th class=n>missed</th><th class=n>escape rate</th>"
        f"<th>95 % interval</th><th></th><th class=n>named right</th>{'<th class=n>IoU</th>' if has_iou else ''}"
        f"<th class=n>a90, {evidence.unit}</th><th class=n>a90/95, {evidence.unit}</th></tr></thead>"
        f"<tbody>{rows}</tbody><tfoot>{total}</tfoot></table>{card}"
    )


def _kind_row(name: str, figures: KindFigures, *, has_iou: bool) -> str:
    escapes, right = figures.escapes, figures.named_right
    pod = figures.pod
    sizes = (
        [html.escape(seen_size(size, pod.largest)) for size in (pod.a90, pod.a90_95)]
        if isinstance(pod, PodCurve)
        else ["–", "–"]
    )
    iou = f"<td class=n>{'–' if figures.iou is None else f'{figures.iou:.3f}'}</td>" if has_iou else ""
    return (
        f"<tr><th>{html.escape(name)}</th><td class=n>{escapes.total}</td><td class=n>{escapes.count}</td>"
        f"<td class=n>{percent(escapes.rate)}</td><td class=keep>{span(escapes.interval)}</td>"
        f"<td>{interval_bar(escapes.rate, escapes.interval)}</td>"
        f"<td class=n>{f'{right.count} of {right.total}' if right else '–'}</td>"
        f"{iou}"
        f"<td class=n>{sizes[0]}</td><td class=n>{sizes[1]}</td></tr>"
    )


def _size_table(evidence: Evidence, figures: Figures) -> str:
    if figures.overall is None or not figures.overall.by_size:
        return ""
    classes = [name for name in size_classes(evidence.unit) if name in figures.overall.by_size]
    heads = "".join(f"<th class=n>{name}</th>" for name in classes)
    rows = "".join(
        f"<tr><th>{html.escape(in_words(each.kind) or 'all')}</th>"
        + "".join(_size_cell(each.by_size.get(name)) for name in classes)
        + "</tr>"
        for each in (*figures.by_kind, figures.overall)
    )
    return (
        "<p>Escapes by size: missed of those there, with the 95 % interval. Size is the diameter of a disc of the "
        f"object's area. The darker, the more are missed.</p><table><thead><tr><th></th>{heads}</tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def _size_cell(escapes: Proportion | None) -> str:
    if escapes is None:
        return "<td class=n></td>"
    return (
        f'<td class="n shade" style="--share:{escapes.rate:.3f}">{escapes.count} of {escapes.total}'
        f"<small>{span(escapes.interval)}</small></td>"
    )


def _pod_part(evidence: Evidence, figures: Figures) -> str:
    if figures.overall is None:
        return ""
    shown, refused = [], []
    for each in (figures.overall, *figures.by_kind):
        name = in_words(each.kind) or "all kinds"
        if isinstance(each.pod, NoCurve):
            refused.append(f"<li><b>{html.escape(name)}</b>: {html.escape(each.pod.reason)}</li>")
            continue
        objects = [one for one in evidence.objects if each.kind in ("", one.kind) and one.size is not None]
        caution = f" {each.pod.caution}" if each.pod.caution else ""
        shown.append(
            f"<figure>{pod_diagram(name, each.pod, objects, evidence.unit)}<figcaption><b>{html.escape(name)}</b>: a90 "
            f"{html.escape(seen_size(each.pod.a90, each.pod.largest))} {evidence.unit}, "
            f"a90/95 {html.escape(seen_size(each.pod.a90_95, each.pod.largest))} {evidence.unit}."
            f"{html.escape(caution)}</figcaption></figure>"
        )
    none = f"<p>No curve for:</p><ul>{''.join(refused)}</ul>" if refused else ""
    return (
        "<p>Hits and misses fitted after MIL-HDBK-1823A: logit of the probability against the logarithm of the size. "
        "Shaded: down to the one-sided 95 % bound by likelihood ratio. Strokes above are objects found, below missed."
        f'{_lesser(evidence)}</p><div class="charts">{"".join(shown)}</div>{none}'
    )


def _lesser(evidence: Evidence) -> str:
    """What else the curves are drawn from."""
    others = len(evidence.objects) - len(evidence.asked)
    return (
        f" {others} of the objects need not be found, being within their limits or faint (SNR 3 to 8): here they count "
        "as found where a defect was measured."
        if others
        else ""
    )


def _escape_part(figures: Figures) -> str:
    if not figures.curves:
        return ""
    heads = "".join(f"<th class=n>{100 * rate:g} %</th>" for rate in _RATES)
    rows = "".join(
        f"<tr><th>{html.escape(in_words(curve.kind) or 'all')}</th>"
        + "".join(f"<td class=n>{percent(curve.escapes_at(rate))}</td>" for rate in _RATES)
        + "</tr>"
        for curve in figures.curves
    )
    good = figures.false_rejects.total if figures.false_rejects else 0
    return (
        f'<div class="charts"><figure>{escape_diagram(figures.curves, good)}</figure>'
        "<div><p>Escape rate when at most so many good images are rejected, one threshold for all kinds. "
        f"With {good} good images the smallest step is {percent(1 / max(1, good))}; below it none may be rejected.</p>"
        f"<table><thead><tr><th></th>{heads}</tr></thead><tbody>{rows}</tbody></table></div></div>"
    )


def _confusion_table(confusion: Confusion) -> str:
    if not confusion.counts.size:
        return ""
    heads = "".join(
        f'<th class=n title="{html.escape(in_words(name))}">{html.escape(name)}</th>' for name in confusion.columns
    )
    rows = []
    for name, counts in zip(confusion.rows, confusion.counts, strict=True):
        total = int(counts.sum())
        cells = "".join(
            f'<td class="n shade{" right" if name == column else ""}" '
            f'style="--share:{count / total if total else 0.0:.3f}">{count or ""}</td>'
            for column, count in zip(confusion.columns, counts.tolist(), strict=True)
        )
        rows.append(f"<tr><th>{html.escape(in_words(name))}</th>{cells}</tr>")
    return (
        "<p>Rows: what is there; columns: what the model calls it. The darker, the larger the part of the row; framed: "
        f"right. The row of {GOOD_WEB} counts false alarms.</p>"
        f"<table class=matrix><thead><tr><th></th>{heads}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _calibration_part(figures: Figures) -> str:
    if figures.calibration is None:
        return ""
    return (
        f'<div class="charts"><figure>{calibration_diagram(figures.calibration)}</figure><p>Images by score, in '
        "tenths: on the dashed line a score is the share of bad images among those that have it. Bars are 95 % "
        f"intervals. Expected calibration error: {figures.calibration.expected_error:.3f}. It depends on how "
        "many images are bad; on a line far fewer are than in a test set.</p></div>"
    )


def _alarm_part(evidence: Evidence, figures: Figures) -> str:
    if figures.alarms is None or figures.false_rejects is None:
        return "<p>No good web was shown.</p>"
    low, high = figures.alarms.interval
    pitch = "" if evidence.unit == "mm" else " With the pixel pitch given, this is told for each m²."
    return (
        f"<p>{figures.alarms.count} place{'s' if figures.alarms.count != 1 else ''} on {figures.alarms.area:.3g} "
        f"{figures.alarms.unit}{'s' if evidence.unit == 'px' else ''} of good web "
        f"{html.escape(evidence.operating_point)}: {figures.alarms.rate:.3g} for each {figures.alarms.unit}, exact "
        f"Poisson interval {low:.3g} to {high:.3g} (95 %). Good images rejected: {figures.false_rejects}.{pitch}</p>"
    )


def _misses(evidence: Evidence) -> str:
    figures = [
        figure(each.picture, in_words(each.kind), _facts(each.size, each.score, evidence.unit), each.image)
        for each in worst_misses(evidence.objects, _SHOWN)
        if each.picture
    ]
    return _gallery(figures, "Safety kinds first, then the largest.")


def _alarms(evidence: Evidence) -> str:
    unit = evidence.unit
    figures = [
        figure(each.picture, f"called {in_words(each.called)}", _facts(each.size, each.score, unit), each.image)
        for each in worst_false_alarms(evidence.false_alarms, _SHOWN)
        if each.picture
    ]
    return _gallery(figures, "Highest scores first; outlined is what was taken for a defect.")


def _gallery(figures: Sequence[str], order: str) -> str:
    return f'<p>{order}</p><div class="gallery">{"".join(figures)}</div>' if figures else ""


def _facts(size: float | None, score: float | None, unit: str) -> str:
    facts = [f"{size:.3g} {unit}"] if size is not None else []
    return ", ".join(facts + ([f"score {score:.3g}"] if score is not None else []))


def _identity(evidence: Evidence) -> str:
    good = sum(each.is_good for each in evidence.images)
    split = f", split {evidence.data.split}" if evidence.data.split else ""
    pixels = evidence.pixels
    left_out = f"; {evidence.data.left_out} more left out, of unknown content" if evidence.data.left_out else ""
    masks = f"; pixels judged on {pixels.images} images with {pixels.regions} regions" if pixels else ""
    rows = (
        ("model", f"{evidence.model.name} {evidence.model.version}, kinds {', '.join(evidence.model_kinds)}"),
        ("SHA-256 of model.onnx", evidence.model.sha256),
        ("data set", f"{evidence.data.name} ({evidence.data.layout}{split})"),
        ("SHA-256 of the data set", evidence.data.sha256),
        (
            "images",
            f"{len(evidence.images)}, {good} of them good; {len(evidence.asked)} defects{masks}{left_out}",
        ),
    )
    return (
        "<table>"
        + "".join(f"<tr><th>{name}</th><td>{html.escape(value)}</td></tr>" for name, value in rows)
        + "</table>"
    )
