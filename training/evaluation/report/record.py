"""The report's figures as JSON, under names that scripts may rely on."""

from typing import Any

from training.evaluation.report.comparison import Comparison, Pairs
from training.evaluation.report.evidence import Evidence
from training.evaluation.report.figures import Figures, KindFigures, headline
from training.evaluation.report.intervals import Proportion
from training.evaluation.report.pod import NoCurve, PodCurve

_FALSE_REJECT_RATES = (0.001, 0.003, 0.01, 0.02, 0.05, 0.1)
_DIGITS = 5


def as_record(evidence: Evidence, figures: Figures, comparison: Comparison | None) -> dict[str, Any]:
    """Plain values for `json.dumps`; a figure that does not apply is null, and `why_not` says why."""
    accuracy = figures.image_kind_accuracy
    record: dict[str, Any] = {
        "verdict": headline(evidence, figures),
        "image_auroc": _rounded(figures.image_auroc),
        "image_ap": _rounded(figures.image_ap),
        "pixel_ap": _rounded(figures.pixel_ap),
        "aupro30": _rounded(figures.aupro30),
        "mean_iou": _rounded(figures.mean_iou),
        "image_kind_accuracy": _rounded(accuracy.rate if accuracy else None),
        "mpx_s": None if evidence.mpx_s is None else round(evidence.mpx_s, 1),
        "why_not": figures.why_not,
        "size_unit": evidence.unit,
        "operating_point": {"words": evidence.operating_point, "threshold": evidence.threshold},
        "false_rejects": _proportion(figures.false_rejects),
        "escapes": _proportion(figures.overall.escapes) if figures.overall else None,
        "safety_escapes": _proportion(figures.safety_escapes),
        "all_kinds": _kind(figures.overall) if figures.overall else None,
        "by_kind": {each.kind: _kind(each) for each in figures.by_kind},
        "escape_rate_at_false_reject_rate": {
            curve.kind or "all": {f"{rate:g}": _rounded(curve.escapes_at(rate)) for rate in _FALSE_REJECT_RATES}
            for curve in figures.curves
        },
        "false_alarms": None
        if figures.alarms is None
        else {
            "count": figures.alarms.count,
            "area": _rounded(figures.alarms.area),
            "area_unit": "m2" if evidence.unit == "mm" else "megapixel",
            "rate": _rounded(figures.alarms.rate),
            "ci95": [_rounded(end) for end in figures.alarms.interval],
        },
        "confusion": {
            "rows": list(figures.confusion.rows),
            "columns": list(figures.confusion.columns),
            "counts": figures.confusion.counts.tolist(),
        },
        "calibration": None
        if figures.calibration is None
        else {
            "expected_error": _rounded(figures.calibration.expected_error),
            "bins": [
                {"mean_score": _rounded(each.mean_score), "bad": _proportion(each.bad)}
                for each in figures.calibration.bins
            ],
        },
        "pixels": None
        if evidence.pixels is None
        else {
            "images": evidence.pixels.images,
            "regions": evidence.pixels.regions,
            "by_kind": {
                kind: {
                    "iou": _rounded(each.iou),
                    "threshold": each.threshold,
                    "best_iou": _rounded(each.best_iou),
                    "best_threshold": _rounded(each.best_threshold),
                }
                for kind, each in evidence.pixels.overlaps.items()
            },
        },
        "with_card_thresholds": None
        if evidence.as_shipped is None
        else {
            "false_rejects": evidence.as_shipped.false_rejects,
            "good_images": evidence.as_shipped.good_images,
            "escapes": evidence.as_shipped.escapes,
            "objects": evidence.as_shipped.objects,
        },
        "too_few": list(figures.too_few),
        "model": {
            "name": evidence.model.name,
            "version": evidence.model.version,
            "sha256": evidence.model.sha256,
            "kinds": list(evidence.model_kinds),
        },
        "data": {
            "name": evidence.data.name,
            "layout": evidence.data.layout,
            "split": evidence.data.split,
            "sha256": evidence.data.sha256,
            "images": len(evidence.images),
            "left_out": evidence.data.left_out,
            "good_images": sum(each.is_good for each in evidence.images),
            "uninspected": dict(evidence.uninspected),
            "objects": len(evidence.asked),
        },
    }
    if comparison is not None:
        record["against"] = {
            "model": comparison.other,
            "standing": comparison.standing.value,
            "verdict": comparison.sentence,
            "objects": _pairs(comparison.objects),
            "good_images": _pairs(comparison.good_images),
        }
    return record


def _kind(figures: KindFigures) -> dict[str, Any]:
    return {
        "escapes": _proportion(figures.escapes),
        "named_right": _proportion(figures.named_right),
        "iou": _rounded(figures.iou),
        "escapes_by_size": {name: _proportion(escapes) for name, escapes in figures.by_size.items()},
        "pod": _pod(figures.pod),
    }


def _pod(pod: PodCurve | NoCurve) -> dict[str, Any]:
    if isinstance(pod, NoCurve):
        return {"a90": None, "a90_95": None, "largest_seen": None, "words": pod.reason}
    return {
        "a90": _rounded(pod.a90),
        "a90_95": _rounded(pod.a90_95),
        "largest_seen": _rounded(pod.largest),
        "intercept": _rounded(pod.intercept),
        "slope": _rounded(pod.slope),
        "words": pod.caution,
    }


def _proportion(proportion: Proportion | None) -> dict[str, Any] | None:
    if proportion is None:
        return None
    return {
        "count": proportion.count,
        "total": proportion.total,
        "rate": _rounded(proportion.rate),
        "ci95": [_rounded(end) for end in proportion.interval],
    }


def _pairs(pairs: Pairs) -> dict[str, Any]:
    return {
        "both_judged": pairs.total,
        "only_new_right": pairs.only_first,
        "only_other_right": pairs.only_second,
        "p_value": pairs.p_value,
        "gain_ci95": [_rounded(end) for end in pairs.gain] if pairs.total else None,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), _DIGITS)
