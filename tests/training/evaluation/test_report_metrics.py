import numpy as np
import pytest
from scipy.integrate import trapezoid
from scipy.optimize import minimize
from scipy.stats import binom, chi2, mannwhitneyu, poisson

from training.evaluation.report.calibration import calibration_of
from training.evaluation.report.comparison import Pairs, Standing
from training.evaluation.report.escape_curve import escape_curve, size_class, size_classes, threshold_at
from training.evaluation.report.intervals import Proportion, percent, poisson_rate
from training.evaluation.report.pixels import LEVELS, LevelCounts, RegionOverlap, at_image_size, level_of, score_of
from training.evaluation.report.pod import NoCurve, PodCurve, fit_pod
from training.evaluation.report.ranking import auroc, average_precision


def made_scores(seed=1, count=200, decimals=2):
    """Overlapping scores with ties."""
    rng = np.random.default_rng(seed)
    is_bad = rng.random(count) < 0.3
    return np.clip(rng.normal(0.4 + 0.3 * is_bad, 0.2), 0, 1).round(decimals), is_bad


# Ranking


def test_auroc_is_the_mann_whitney_statistic_also_with_ties():
    scores, is_bad = made_scores(decimals=1)
    expected = mannwhitneyu(scores[is_bad], scores[~is_bad]).statistic / (is_bad.sum() * (~is_bad).sum())
    assert auroc(scores, is_bad) == pytest.approx(expected)


def test_scores_that_are_all_equal_tell_nothing():
    is_bad = np.array([True, False, False, True, False])
    assert auroc(np.full(5, 0.3), is_bad) == 0.5
    assert average_precision(np.full(5, 0.3), is_bad) == pytest.approx(2 / 5)


@pytest.mark.parametrize("is_bad", [np.zeros(4, bool), np.ones(4, bool)], ids=["no bad", "no good"])
def test_there_is_no_auroc_without_both(is_bad):
    assert auroc(np.arange(4) / 4, is_bad) is None


def test_there_is_no_average_precision_without_a_bad_one():
    assert average_precision(np.arange(4) / 4, np.zeros(4, bool)) is None
    assert average_precision(np.arange(4) / 4, np.ones(4, bool)) == 1.0


def test_average_precision_steps_through_the_distinct_scores():
    scores, is_bad = np.array([0.9, 0.8, 0.8, 0.7, 0.1]), np.array([True, True, False, False, True])
    # Thresholds 0.9, 0.8, 0.7, 0.1: recall 1/3, 2/3, 2/3, 1; precision 1, 2/3, 2/4, 3/5.
    assert average_precision(scores, is_bad) == pytest.approx((1 + 2 / 3 + 3 / 5) / 3)


# Pixels


def test_levels_rise_with_the_score_and_lead_back_to_it():
    scores = np.linspace(0.0, 1.0, 1001)
    levels = level_of(scores)
    assert (np.diff(levels) > 0).all()
    assert levels[0] == 0
    assert levels[-1] == LEVELS - 1
    assert max(abs(score_of(int(level)) - score) for level, score in zip(levels, scores, strict=True)) < 2e-4
    assert level_of(np.float32(1.0) - np.float32(6e-8)) < LEVELS - 1, "the score nearest to 1 is not 1"


def maps(seed=3, count=5):
    """Score maps and masks of some images, the last one good."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        mask = np.zeros((40, 50), bool)
        if number < count - 1:
            mask[5:12, 5:9] = True
            mask[20:35, 30:32] = True
        yield np.clip(rng.normal(0.3 + 0.3 * mask, 0.2), 0.0, 1.0).astype(np.float32), mask


def test_average_precision_over_pixels_is_that_of_all_pixels_at_once():
    counts = LevelCounts()
    scores, masks = zip(*maps(), strict=True)
    for score, mask in zip(scores, masks, strict=True):
        counts.add(score, mask)
    exact = average_precision(np.concatenate(scores).ravel(), np.concatenate(masks).ravel())
    assert counts.average_precision() == pytest.approx(exact, abs=1e-4)


def test_intersection_over_union_counts_pixels_of_all_images():
    counts = LevelCounts()
    mask = np.array([[True, True, False, False]])
    counts.add(np.array([[0.9, 0.2, 0.8, 0.1]], np.float32), mask)
    counts.add(np.array([[0.9, 0.9, 0.1, 0.1]], np.float32), mask)
    assert counts.intersection_over_union(0.5) == pytest.approx(3 / 5)
    assert counts.intersection_over_union(0.15) == pytest.approx(4 / 5)
    best = counts.best_threshold()
    assert 0.1 < best <= 0.2
    assert counts.intersection_over_union(best) == pytest.approx(4 / 5)


def test_there_are_no_pixel_figures_without_an_object():
    counts, overlap = LevelCounts(), RegionOverlap()
    for each in (counts, overlap):
        each.add(np.full((3, 3), 0.5, np.float32), np.zeros((3, 3), bool))
    assert counts.average_precision() is None
    assert counts.intersection_over_union(0.5) is None
    assert counts.best_threshold() is None
    assert overlap.area() is None


def slow_aupro(scores, masks, limit):
    """Threshold by threshold, as the paper tells it; regions are known here."""
    off = np.concatenate([score[~mask] for score, mask in zip(scores, masks, strict=True)])
    regions = []
    for score, mask in zip(scores, masks, strict=True):
        if mask.any():
            regions += [score[5:12, 5:9].ravel(), score[20:35, 30:32].ravel()]
    fpr, overlap = [0.0], [0.0]
    for threshold in np.unique(np.concatenate([score.ravel() for score in scores]))[::-1]:
        fpr.append((off >= threshold).mean())
        overlap.append(np.mean([(region >= threshold).mean() for region in regions]))
    fine = np.linspace(0.0, limit, 20_001)
    return trapezoid(np.interp(fine, fpr, overlap), fine) / limit


def test_aupro_is_the_mean_overlap_by_region_up_to_the_limit():
    scores, masks = zip(*maps(), strict=True)
    overlap = RegionOverlap()
    for score, mask in zip(scores, masks, strict=True):
        overlap.add(score, mask)
    assert overlap.regions == 8
    assert overlap.area() == pytest.approx(slow_aupro(scores, masks, 0.3), abs=1e-3)
    assert overlap.area(0.1) == pytest.approx(slow_aupro(scores, masks, 0.1), abs=1e-3)


def test_aupro_of_a_perfect_map_is_one_and_of_a_level_one_that_of_chance():
    mask = np.zeros((10, 10), bool)
    mask[2:4, 2:4] = mask[4, 4] = True  # touching by a corner: one region
    perfect, level = RegionOverlap(), RegionOverlap()
    perfect.add(mask.astype(np.float32), mask)
    level.add(np.full(mask.shape, 0.5, np.float32), mask)
    assert perfect.regions == 1
    assert perfect.area() == pytest.approx(1.0)
    assert level.area() == pytest.approx(0.15)


def test_a_small_region_counts_as_much_as_a_large_one():
    mask = np.zeros((20, 20), bool)
    mask[0, 0] = True
    mask[5:15, 5:15] = True
    scores = np.zeros(mask.shape, np.float32)
    scores[0, 0] = 1.0
    overlap = RegionOverlap()
    overlap.add(scores, mask)
    # Half at no false positive, then straight up to all of it at all of them.
    assert overlap.area() == pytest.approx(0.5 + 0.5 * 0.15, abs=1e-6)


def test_a_score_map_is_laid_over_its_image_cell_by_cell():
    scores = np.zeros((3, 4), np.float32)
    scores[1, 2] = 1.0
    full = at_image_size(scores, 8, 20, 30)
    assert full.shape == (20, 30)
    assert np.unravel_index(full.argmax(), full.shape) in {(y, x) for y in (11, 12) for x in (19, 20)}


# Rates


@pytest.mark.parametrize(("count", "exposure"), [(0, 1.0), (3, 2.5), (40, 0.1)])
def test_a_poisson_interval_leaves_a_fortieth_at_either_side(count, exposure):
    low, high = poisson_rate(count, exposure)
    assert poisson.cdf(count, high * exposure) == pytest.approx(0.025)
    if count:
        assert poisson.sf(count - 1, low * exposure) == pytest.approx(0.025)
    else:
        assert low == 0.0


def test_a_proportion_comes_with_the_exact_binomial_interval():
    low, high = Proportion(3, 14).interval
    assert binom.sf(2, 14, low) == pytest.approx(0.025)
    assert binom.cdf(3, 14, high) == pytest.approx(0.025)


def test_a_rate_that_is_not_quite_all_is_never_said_to_be_all():
    assert percent(0.99999) == "99.99 %"
    assert percent(0.00001) == "0.01 %"


def test_the_threshold_rejects_as_many_good_ones_as_are_allowed():
    good = np.arange(100) / 100
    assert (good >= threshold_at(good, 0.05)).sum() == 5
    assert (good >= threshold_at(good, 0.009)).sum() == 0
    assert threshold_at(good, 1.0) == 0.0


def test_ties_among_the_good_are_not_rejected_beyond_the_allowance():
    good = np.array([0.1, 0.5, 0.5, 0.5])
    assert (good >= threshold_at(good, 0.5)).sum() == 0


def test_the_escape_curve_runs_through_every_threshold():
    good, objects = np.array([0.1, 0.2, 0.2, 0.6]), np.array([0.05, 0.2, 0.7])
    false_rejects, escapes = escape_curve(good, objects)
    # Just above 0.6, just above 0.2 (0.2 itself escapes), just above 0.1, and at nothing.
    assert false_rejects.tolist() == [0.0, 0.25, 0.75, 1.0]
    assert escapes.tolist() == pytest.approx([2 / 3, 2 / 3, 1 / 3, 0.0])


def test_every_size_falls_into_one_of_the_classes():
    for unit in ("mm", "px"):
        assert {size_class(size, unit) for size in np.geomspace(0.01, 500, 300)} == set(size_classes(unit))


def test_calibration_compares_scores_with_shares():
    scores = np.array([0.1] * 10 + [0.75] * 4 + [1.0])
    is_bad = np.array([True] * 3 + [False] * 7 + [True] * 3 + [False] + [True])
    calibration = calibration_of(scores, is_bad)
    assert [(each.bad.count, each.bad.total) for each in calibration.bins] == [(3, 10), (3, 4), (1, 1)]
    assert calibration.expected_error == pytest.approx(10 * 0.2 / 15)


# Two models


@pytest.mark.parametrize(("first", "second"), [(0, 0), (5, 0), (6, 0), (3, 11), (10, 10)])
def test_mcnemar_is_the_binomial_test_of_the_pairs_that_differ(first, second):
    p_value = min(1.0, 2.0 * binom.cdf(min(first, second), first + second, 0.5))
    pairs = Pairs(50, first, second)
    assert pairs.p_value == pytest.approx(p_value)
    low, high = pairs.gain
    assert low <= (first - second) / 50 <= high


def test_six_to_nothing_is_the_least_that_tells_two_models_apart():
    assert Pairs(50, 5, 0).standing is Standing.UNDECIDED
    assert Pairs(50, 6, 0).standing is Standing.BETTER
    assert Pairs(50, 0, 6).standing is Standing.WORSE


# Probability of detection


def hits(seed=5, count=120, slope=3.0, middle=0.3):
    """Sizes in mm and whether they were found; half of those of `middle` are."""
    rng = np.random.default_rng(seed)
    sizes = rng.lognormal(np.log(middle), 0.8, count)
    return sizes, rng.random(count) < 1.0 / (1.0 + (sizes / middle) ** -slope)


def test_the_curve_is_the_most_likely_one():
    sizes, is_found = hits()
    curve = fit_pod(sizes, is_found, "mm")
    assert isinstance(curve, PodCurve)

    def loss(beta):
        return np.logaddexp(0.0, -np.where(is_found, 1, -1) * (beta[0] + beta[1] * np.log(sizes))).sum()

    best = minimize(loss, [0.0, 1.0], method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-10}).x
    assert [curve.intercept, curve.slope] == pytest.approx(best, rel=1e-4)
    assert curve.intercept + curve.slope * np.log(curve.a90) == pytest.approx(np.log(9.0))
    assert curve.caution == ""


def test_the_bound_is_where_the_likelihood_ratio_reaches_its_limit():
    sizes, is_found = hits()
    curve = fit_pod(sizes, is_found, "mm")
    sign, log_size = np.where(is_found, 1, -1), np.log(sizes)
    most = -np.logaddexp(0.0, -sign * (curve.intercept + curve.slope * log_size)).sum()

    def drop(at, logit):
        """Twice the log likelihood lost by the best curve that has this logit at a size."""
        slopes = np.linspace(0.0, 10.0, 20_001)[:, np.newaxis]
        margin = sign * (logit + slopes * (log_size - np.log(at)))
        return 2.0 * (most + np.logaddexp(0.0, -margin).sum(axis=1).min())

    assert curve.a90_95 > curve.a90
    assert drop(curve.a90_95, np.log(9.0)) == pytest.approx(chi2.ppf(0.90, 1), abs=1e-3)
    for place in (0, 20, 59):
        lower = curve.lower[place]
        assert lower < curve.probability[place]
        assert drop(curve.sizes[place], np.log(lower / (1.0 - lower))) == pytest.approx(chi2.ppf(0.90, 1), abs=1e-2)


def test_the_bound_on_the_curve_and_on_the_size_are_one():
    curve = fit_pod(*hits(), "mm")
    assert np.interp(np.log(curve.a90_95), np.log(curve.sizes), curve.lower) == pytest.approx(0.9, abs=0.005)


def test_the_unit_of_sizes_does_not_matter():
    sizes, is_found = hits()
    small, large = fit_pod(sizes, is_found, "mm"), fit_pod(sizes * 1000.0, is_found, "um")
    assert large.a90_95 == pytest.approx(1000.0 * small.a90_95, rel=1e-4)


def test_more_objects_bring_the_bound_nearer():
    few, many = fit_pod(*hits(count=60), "mm"), fit_pod(*hits(count=2000), "mm")
    assert many.a90_95 / many.a90 < few.a90_95 / few.a90


def refusal(sizes, is_found):
    answer = fit_pod(np.asarray(sizes, float), np.asarray(is_found, bool), "px")
    assert isinstance(answer, NoCurve)
    return answer.reason


def test_a_curve_is_refused_in_words():
    sizes = np.arange(1, 41)
    assert "14 objects" in refusal(sizes[:14], sizes[:14] > 5)
    assert "All 40 were found, down to 1 px" in refusal(sizes, sizes > 0)
    assert "None of 40 was found, up to 40 px" in refusal(sizes, sizes > 99)
    assert "All from 21 px on were found and none up to 20 px" in refusal(sizes, sizes > 20)
    assert "Only 2 of 40 missed" in refusal(sizes, ~np.isin(sizes, (3, 9)))
    assert "not clearly found more often" in refusal(sizes, sizes % 2 == 0)
    assert "not clearly found more often" in refusal(sizes, ~((sizes > 20) ^ (sizes % 9 == 0)))


def test_few_objects_and_extrapolation_are_cautioned_against():
    sizes, is_found = hits(count=40)
    assert "the handbook wants 60" in fit_pod(sizes, is_found, "mm").caution
    sizes, is_found = hits(count=400)
    small = sizes < 0.4
    assert "extrapolated" in fit_pod(sizes[small], is_found[small], "mm").caution
