"""The report's diagrams: which figures are drawn how."""

import html
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from training.evaluation.report.calibration import Calibration
from training.evaluation.report.charts import STYLES, Chart, log_axis, share_axis
from training.evaluation.report.evidence import SeenObject
from training.evaluation.report.figures import EscapeCurve, in_words
from training.evaluation.report.pod import PodCurve


def pod_diagram(name: str, pod: PodCurve, objects: Sequence[SeenObject], unit: str) -> str:
    """The curve, its lower bound, both sizes of 90 %, and every object."""
    x = log_axis(f"size, {unit}", 0.95 * float(pod.sizes[0]), 1.05 * pod.largest)
    chart = Chart(f"Probability of detection of {name} against size", x, share_axis("found"))
    chart.band(pod.sizes, pod.lower, pod.probability)
    chart.line(pod.sizes, pod.probability, "line s0")
    chart.line(pod.sizes, pod.lower, "line bound")
    chart.ticks([each.size for each in objects if each.size and each.is_found], 1.0, "stroke s0")
    chart.ticks([each.size for each in objects if each.size and not each.is_found], 0.0, "stroke s1")
    for row, (size, words) in enumerate(((pod.a90, "a90"), (pod.a90_95, "a90/95"))):
        if size <= pod.largest:
            chart.upright(size, f"{words} = {size:.3g} {unit}", row)
    return chart.svg()


def escape_diagram(curves: Sequence[EscapeCurve], good_images: int) -> str:
    """Escape rate against false-reject rate; at most as many lines as can be told apart, with their names."""
    shown = curves[:STYLES]
    lowest = 0.5 / good_images
    beyond = log_axis("good images rejected", 1.0 / good_images, 1.0, is_share=True)
    x = replace(beyond, low=lowest, ticks=((lowest, "none"), *beyond.ticks))
    highest = max(float(curve.escape_rates.max()) for curve in shown)
    chart = Chart("Escape rate against false-reject rate", x, share_axis("escape rate", max(0.01, highest)))
    for number, curve in enumerate(shown):
        chart.steps(np.maximum(curve.false_reject_rates, lowest), curve.escape_rates, f"line s{number}")
    names = "".join(
        f'<span><svg viewBox="0 0 30 8" aria-hidden="true"><path class="line s{number}" d="M1 4H29"/></svg>'
        f"{html.escape(in_words(curve.kind) or 'all')}</span>"
        for number, curve in enumerate(shown)
    )
    more = f"<span>{len(curves) - len(shown)} more in the table</span>" if len(curves) > len(shown) else ""
    return f'{chart.svg()}<figcaption class="legend">{names}{more}</figcaption>'


def calibration_diagram(calibration: Calibration) -> str:
    """Reliability diagram."""
    chart = Chart("Share of bad images against score", share_axis("mean score"), share_axis("bad"))
    chart.line([0.0, 1.0], [0.0, 1.0], "line bound")
    scores = [each.mean_score for each in calibration.bins]
    low, high = zip(*(each.bad.interval for each in calibration.bins), strict=True)
    chart.bars(scores, low, high, "stroke s0")
    chart.dots(scores, [each.bad.rate for each in calibration.bins], "dot s0")
    return chart.svg()
