"""What reviews say of the station's errors: false rejects, escapes, confirmation, load. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inspection.quality.intervals import Estimate, Stratum, clopper_pearson, stratified
from inspection.review.cases import ReviewOutcome, Risk
from inspection.values import Verdict

_EACH = 0.975
"""Two intervals of 97.5 % hold together with at least 95 % (Bonferroni)."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Decisions of one risk, and what became of their review."""

    decisions: int
    """All there are, saved or not."""
    outcomes: Mapping[ReviewOutcome, int]

    @property
    def judged(self) -> int:
        """Confirmed or overruled."""
        return self.outcomes.get(ReviewOutcome.CONFIRMED, 0) + self.outcomes.get(ReviewOutcome.OVERRULED, 0)

    @property
    def overruled(self) -> int:
        """Verdicts that were wrong."""
        return self.outcomes.get(ReviewOutcome.OVERRULED, 0)


@dataclass(frozen=True, slots=True)
class ReviewEstimates:
    """All with 95 % confidence intervals; None where too little was reviewed to say anything."""

    decisions: Mapping[Verdict, int]
    reviewed: Mapping[Verdict, int]
    """Cases with a clear outcome, confirmed or overruled."""
    unsure: int
    disputed: int
    confirmation: Estimate | None
    """Share of rejects that are right, each risk weighted by how many rejects have it."""
    bad_accepts: Estimate | None
    """Share of accepted pieces that are bad, from the random sample."""
    false_rejects: Estimate | None
    """Good pieces rejected, of all good pieces."""
    escapes: Estimate | None
    """Bad pieces accepted, of all bad pieces."""


def estimates(tallies: Mapping[Risk, Tally]) -> ReviewEstimates:
    """Rates over all decisions, from those that were reviewed.

    Accepts are a random sample of all accepts, and count for as many as they stand for. Rejects are reviewed by risk:
    within one risk the reviewed ones stand for all, and the risks are weighted by their numbers. Uninspected pieces
    carry no verdict that could be wrong: they are counted apart.

    The intervals of false rejects and escapes join those of rejects and accepts at 97.5 % each, which gives at least
    95 % together (Bonferroni).
    """
    rejects = [tally for risk, tally in tallies.items() if risk not in (Risk.UNINSPECTED, Risk.ACCEPT_SAMPLE)]
    accepts = tallies.get(Risk.ACCEPT_SAMPLE, Tally(0, {}))
    wrong_rejects = [Stratum(each.decisions, each.judged, each.overruled) for each in rejects]
    wrong_accepts = [Stratum(accepts.decisions, accepts.judged, accepts.overruled)]
    overruled = stratified(wrong_rejects)
    wide_rejects, wide_accepts = stratified(wrong_rejects, _EACH), stratified(wrong_accepts, _EACH)
    rejected = sum(each.decisions for each in rejects)
    false_rejects = escapes = None
    if wide_accepts is not None and (wide_rejects is not None or rejected == 0):
        of_rejects = wide_rejects or Estimate(0.0, 0.0, 0.0)
        false_rejects = _share(rejected, of_rejects, accepts.decisions, _other(wide_accepts))
        escapes = _share(accepts.decisions, wide_accepts, rejected, _other(of_rejects))
    uninspected = tallies.get(Risk.UNINSPECTED, Tally(0, {}))
    every = (*rejects, accepts, uninspected)
    return ReviewEstimates(
        {
            Verdict.ACCEPT: accepts.decisions,
            Verdict.REJECT: rejected,
            Verdict.UNINSPECTED: uninspected.decisions,
        },
        {
            Verdict.ACCEPT: accepts.judged,
            Verdict.REJECT: sum(each.judged for each in rejects),
            Verdict.UNINSPECTED: uninspected.judged,
        },
        sum(each.outcomes.get(ReviewOutcome.UNSURE, 0) for each in every),
        sum(each.outcomes.get(ReviewOutcome.DISPUTED, 0) for each in every),
        None if overruled is None else _other(overruled),
        stratified(wrong_accepts),
        false_rejects,
        escapes,
    )


def proportion(hits: int, total: int) -> Estimate | None:
    """Hits of a total with Clopper and Pearson's interval; None of nothing.

    >>> proportion(0, 10).high > 0.3
    True
    """
    return Estimate(hits / total, *clopper_pearson(hits, total)) if total else None


def _other(estimate: Estimate) -> Estimate:
    """Estimate of those that are not."""
    return Estimate(1.0 - estimate.rate, 1.0 - estimate.high, 1.0 - estimate.low)


def _share(many: int, among: Estimate, others: int, among_others: Estimate) -> Estimate | None:
    """Share of all pieces of a sort that is among the `many` rather than among the `others`.

    >>> _share(100, Estimate(0.5, 0.5, 0.5), 50, Estimate(1.0, 1.0, 1.0)).rate
    0.5
    """

    def ratio(one: float, other: float) -> float | None:
        whole = many * one + others * other
        return many * one / whole if whole else None

    rate = ratio(among.rate, among_others.rate)
    low, high = ratio(among.low, among_others.high), ratio(among.high, among_others.low)
    return None if rate is None else Estimate(rate, low or 0.0, 1.0 if high is None else high)


def review_load(seconds: Sequence[float]) -> tuple[float, float] | None:
    """(median, 90th percentile) of the time from a frame on screen to its answer, in s; None without any.

    >>> review_load([1.0, 2.0, 9.0])
    (2.0, 9.0)
    """
    if not seconds:
        return None
    ordered = sorted(seconds)
    return ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, int(0.9 * len(ordered)))]
