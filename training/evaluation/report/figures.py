"""From evidence to figures: rates with their intervals, curves, and why a figure is missing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspection.values.kinds import KINDS
from training.evaluation.report.calibration import Calibration, calibration_of
from training.evaluation.report.counts import false_rejects, found_safety
from training.evaluation.report.escape_curve import escape_curve, size_class, size_classes
from training.evaluation.report.evidence import MISSED, Evidence, SeenObject
from training.evaluation.report.intervals import Proportion, percent, poisson_rate, span
from training.evaluation.report.pod import NoCurve, PodCurve, fit_pod
from training.evaluation.report.ranking import auroc, average_precision

GOOD_WEB = "good web"
_NAMED = 4
NO_SCORES = "only verdicts are known, no scores"
"""Why a figure is missing where the station judged."""
_WIDE = 0.2
"""An interval wider than this says that the objects are too few."""


@dataclass(frozen=True, slots=True)
class KindFigures:
    """Figures about the objects of one kind, or about all."""

    kind: str
    escapes: Proportion
    named_right: Proportion | None
    """Found objects that got their own name; None where none was found or the model has no such name."""
    by_size: dict[str, Proportion]
    """Escapes for each class of sizes that has an object, smallest first."""
    pod: PodCurve | NoCurve
    iou: float | None


@dataclass(frozen=True, slots=True)
class AlarmRate:
    """False alarms on good web."""

    count: int
    area: float
    """Above zero, in `unit`."""
    unit: str

    @property
    def rate(self) -> float:
        """For one `unit`."""
        return self.count / self.area

    @property
    def interval(self) -> tuple[float, float]:
        """Exact Poisson, 95 %."""
        return poisson_rate(self.count, self.area)


@dataclass(frozen=True, slots=True)
class Confusion:
    """What objects are called."""

    rows: tuple[str, ...]
    """Kinds that are there, and good web."""
    columns: tuple[str, ...]
    """What they are called; the last one is MISSED."""
    counts: NDArray[np.int64]
    """(rows, columns) objects; in the row of good web, false alarms."""


@dataclass(frozen=True, slots=True)
class EscapeCurve:
    """The price of every threshold."""

    kind: str
    """Empty: all kinds."""
    false_reject_rates: NDArray[np.float64]
    """(thresholds,) rising."""
    escape_rates: NDArray[np.float64]
    """(thresholds,)"""

    def escapes_at(self, false_reject_rate: float) -> float:
        """Lowest escape rate that costs no more good images than this."""
        return float(self.escape_rates[self.false_reject_rates <= false_reject_rate + 1e-9].min())


@dataclass(frozen=True, slots=True)
class Figures:
    """All that the report says."""

    image_auroc: float | None
    image_ap: float | None
    pixel_ap: float | None
    aupro30: float | None
    mean_iou: float | None
    image_kind_accuracy: Proportion | None
    why_not: dict[str, str]
    """For each of the above that is None, the reason."""
    false_rejects: Proportion | None
    """Good images rejected."""
    overall: KindFigures | None
    """None without a defect."""
    safety_escapes: Proportion | None
    """Escapes of the catalogue's safety kinds (S1); None without one."""
    by_kind: tuple[KindFigures, ...]
    alarms: AlarmRate | None
    confusion: Confusion
    curves: tuple[EscapeCurve, ...]
    """All kinds, then each; none without scores or good images."""
    calibration: Calibration | None
    too_few: tuple[str, ...]
    """A sentence for each kind whose interval says little."""


def figures_of(evidence: Evidence) -> Figures:
    """Pure: the same evidence gives the same figures."""
    why_not: dict[str, str] = {}
    kinds = sorted({each.kind for each in evidence.asked})
    rejected = false_rejects(evidence)
    scores = np.array([each.score for each in evidence.images if each.score is not None])
    has_scores = len(scores) == len(evidence.images) > 0
    is_bad = np.array([not each.is_good for each in evidence.images])
    if not has_scores:
        why_not |= dict.fromkeys(("image_auroc", "image_ap"), NO_SCORES)
    elif not is_bad.any() or is_bad.all():
        why_not |= dict.fromkeys(("image_auroc", "image_ap"), "needs both good and bad images")
    is_ranked = "image_auroc" not in why_not
    pixels = evidence.pixels
    if pixels is None:
        why = "no image says which of its pixels are bad" if has_scores else NO_SCORES
        why_not |= dict.fromkeys(("pixel_ap", "aupro30", "mean_iou"), why)
    else:
        if not pixels.regions:
            why_not |= dict.fromkeys(("pixel_ap", "aupro30"), "no mask marks a defect")
        if not pixels.overlaps:
            why_not["mean_iou"] = _nothing_shared(evidence)
    accuracy = _kind_accuracy(evidence) if has_scores else None
    if accuracy is None:
        why_not["image_kind_accuracy"] = _nothing_shared(evidence) if has_scores else NO_SCORES
    by_kind = tuple(
        _kind_figures(evidence, kind, [each for each in evidence.objects if each.kind == kind]) for kind in kinds
    )
    return Figures(
        image_auroc=auroc(scores, is_bad) if is_ranked else None,
        image_ap=average_precision(scores, is_bad) if is_ranked else None,
        pixel_ap=pixels.average_precision if pixels else None,
        aupro30=pixels.aupro30 if pixels else None,
        mean_iou=float(np.mean([each.iou for each in pixels.overlaps.values()]))
        if pixels and pixels.overlaps
        else None,
        image_kind_accuracy=accuracy,
        why_not=why_not,
        false_rejects=rejected if rejected.total else None,
        overall=_kind_figures(evidence, "", evidence.objects) if evidence.asked else None,
        safety_escapes=_of_safety(evidence),
        by_kind=by_kind,
        alarms=AlarmRate(len(evidence.false_alarms), evidence.good_area, "m²" if evidence.unit == "mm" else "megapixel")
        if evidence.good_area > 0.0
        else None,
        confusion=_confusion(evidence, kinds),
        curves=_curves(evidence, kinds),
        calibration=calibration_of(scores, is_bad) if is_ranked else None,
        too_few=tuple(_few_words(each) for each in by_kind if _is_wide(each.escapes)),
    )


def _kind_figures(evidence: Evidence, kind: str, objects: Sequence[SeenObject]) -> KindFigures:
    asked = [each for each in objects if each.is_asked]
    found = [each for each in asked if each.is_found]
    nameable = [each for each in found if each.kind in evidence.model_kinds]
    sized = [(each.size, each.is_found) for each in objects if each.size is not None]
    classes: dict[str, list[bool]] = {name: [] for name in size_classes(evidence.unit)}
    for each in asked:
        if each.size is not None:
            classes[size_class(each.size, evidence.unit)].append(each.is_found)
    overlap = evidence.pixels.overlaps.get(kind) if evidence.pixels else None
    return KindFigures(
        kind=kind,
        escapes=Proportion(len(asked) - len(found), len(asked)),
        named_right=Proportion(sum(each.called == each.kind for each in nameable), len(nameable)) if nameable else None,
        by_size={name: Proportion(found.count(False), len(found)) for name, found in classes.items() if found},
        pod=fit_pod(
            np.array([size for size, _ in sized], np.float64),
            np.array([is_found for _, is_found in sized], np.bool_),
            evidence.unit,
        ),
        iou=overlap.iou if overlap else None,
    )


def _of_safety(evidence: Evidence) -> Proportion | None:
    safety = found_safety(evidence)
    return Proportion(safety.total - safety.count, safety.total) if safety.total else None


def _kind_accuracy(evidence: Evidence) -> Proportion | None:
    """Bad images that are called by a kind that is on them, of those with a kind that the model knows."""
    asked = [each for each in evidence.images if set(each.kinds) & set(evidence.model_kinds)]
    return Proportion(sum(each.called in each.kinds for each in asked), len(asked)) if asked else None


def _nothing_shared(evidence: Evidence) -> str:
    there = sorted({kind for each in evidence.images for kind in each.kinds})
    return f"none of the model's kinds ({_some(evidence.model_kinds)}) is among the data set's ({_some(there)})"


def _some(names: Sequence[str]) -> str:
    """The first few of them."""
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")


def _confusion(evidence: Evidence, kinds: Sequence[str]) -> Confusion:
    counts = Counter((each.kind, each.called) for each in evidence.asked)
    counts.update((GOOD_WEB, each.called) for each in evidence.false_alarms)
    called = {name for _, name in counts} - {MISSED}
    # The kinds that are there come first, in the rows' order, so that what is right lies on the diagonal.
    own = [kind for kind in kinds if kind in called or kind in evidence.model_kinds]
    rows, columns = (*kinds, GOOD_WEB), (*own, *sorted(called - set(own)), MISSED)
    return Confusion(rows, columns, np.array([[counts[row, column] for column in columns] for row in rows], np.int64))


def _curves(evidence: Evidence, kinds: Sequence[str]) -> tuple[EscapeCurve, ...]:
    good = np.array([each.score for each in evidence.images if each.is_good and each.score is not None])
    scored = [(each.kind, each.score) for each in evidence.objects if each.score is not None]
    if not len(good) or not scored:
        return ()
    return tuple(
        EscapeCurve(kind, *escape_curve(good, np.array([score for of, score in scored if kind in ("", of)])))
        for kind in ("", *kinds)
        if not kind or any(of == kind for of, _ in scored)
    )


def _is_wide(escapes: Proportion) -> bool:
    low, high = escapes.interval
    return high - low > _WIDE


def _few_words(figures: KindFigures) -> str:
    """The kind's interval in words."""
    total, ends = figures.escapes.total, span(figures.escapes.interval)
    return f"{total} of {in_words(figures.kind)}: the interval on their escape rate is {ends}."


def in_words(kind: str) -> str:
    """A kind for people: a code of the catalogue with its name, another one as it is.

    >>> in_words("E01"), in_words("blowhole")
    ('E01 pinhole', 'blowhole')
    """
    return f"{kind} {KINDS[kind].name}" if kind in KINDS else kind


def headline(evidence: Evidence, figures: Figures) -> str:
    """The verdict in plain sentences."""
    return " ".join(filter(None, (_escape_words(evidence, figures), _alarm_words(figures), _gap_words(evidence))))


def _gap_words(evidence: Evidence) -> str:
    """What was not inspected, and why."""
    if not evidence.uninspected:
        return ""
    left_out = sum(evidence.uninspected.values())
    rules = ", ".join(f"{rule} {count}" for rule, count in evidence.uninspected.items())
    return (
        f"{left_out} of {left_out + len(evidence.images)} images were not inspected ({rules}): the line rejects them, "
        "and they count nowhere here."
    )


def _escape_words(evidence: Evidence, figures: Figures) -> str:
    name = f"{evidence.model.name} {evidence.model.version}"
    if figures.overall is None:
        return f"{name} was shown no defect: what it misses is unknown."
    escapes = figures.overall.escapes
    words = (
        f"{name} misses {escapes.count} of {escapes.total} defects {evidence.operating_point}: "
        f"{percent(escapes.rate)}, and with 95 % confidence {span(escapes.interval)}."
    )
    ranked = sorted(figures.by_kind, key=lambda each: each.escapes.rate)
    if len(ranked) > 1 and ranked[0].escapes.rate < ranked[-1].escapes.rate:
        best, worst = ranked[0], ranked[-1]
        words += (
            f" It misses most of {in_words(worst.kind)} ({worst.escapes.count} of {worst.escapes.total}) "
            f"and fewest of {in_words(best.kind)} ({best.escapes.count} of {best.escapes.total})."
        )
    return words


def _alarm_words(figures: Figures) -> str:
    if not figures.false_rejects:
        return "No good image was shown: how many of them it rejects is unknown, and may be all."
    words = f"Of {figures.false_rejects.total} good images it rejects {figures.false_rejects.count}."
    if figures.alarms:
        low, high = figures.alarms.interval
        words += (
            f" That is {figures.alarms.rate:.2g} false alarms for each {figures.alarms.unit} of good web "
            f"({low:.2g} to {high:.2g})."
        )
    return words
