from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from inspection.pages.frame.chart_style import ChartStyle
from inspection.pages.statistics.statistics_charts import control_options
from inspection.pages.texts import texts_in
from inspection.pages.texts.quantities import Quantities
from inspection.people.person import Language
from inspection.quality.control_charts import DimensionGroup, Subgroup, p_chart, size_histogram, x_bar_chart
from inspection.quality.figures import Figures
from inspection.quality.shifts import shifts_between
from inspection.store.spans import Span, span_between
from inspection.values import Artefact, Dimension, Reason, Verdict
from tests.support.review_fixtures import BEGAN
from tests.support.rig import MODEL, RECIPE, defect

NOON = datetime(2030, 1, 2, 12, tzinfo=UTC)


def subgroup(number, inspected, rejected):
    return Subgroup(number, number, NOON, inspected, rejected, 0)


def test_p_chart_limits_are_three_standard_deviations_of_each_subgroup():
    chart = p_chart([subgroup(1, 100, 10), subgroup(2, 400, 90), subgroup(3, 0, 0)])
    assert chart.centre == pytest.approx(0.2)
    assert [point.high for point in chart.points] == pytest.approx([0.32, 0.26])
    assert [point.low for point in chart.points] == pytest.approx([0.08, 0.14])
    assert [point.is_out for point in chart.points] == [False, False]
    assert p_chart([subgroup(1, 0, 0)]) is None


def test_a_sudden_rise_is_out_of_the_p_chart():
    calm = [subgroup(n, 200, 10 + n % 3) for n in range(20)]
    chart = p_chart([*calm, subgroup(20, 200, 40)])
    assert [point.first_sequence for point in chart.points if point.is_out] == [20]


def test_restless_shares_widen_the_p_charts_limits():
    chart = p_chart([subgroup(n, 5000, 500 + (n % 2) * 300) for n in range(20)])
    assert chart.widened > 3
    assert not any(point.is_out for point in chart.points)


def test_x_bar_limits_follow_from_the_scatter_within_subgroups():
    groups = [DimensionGroup(n, n + 4, NOON, 5, mean, 0.01) for n, mean in enumerate((100.0, 100.0, 100.06))]
    chart = x_bar_chart(groups)
    assert chart.centre == pytest.approx(100.02)
    # A3 = 1.427 for n = 5 (Montgomery, appendix VI)
    assert chart.points[0].high - chart.centre == pytest.approx(1.427 * 0.01, rel=1e-3)
    assert [point.is_out for point in chart.points] == [True, True, True]
    assert x_bar_chart([DimensionGroup(1, 1, NOON, 1, 100.0, 0.0)]) is None


def test_sizes_fall_into_bins_of_equal_ratio():
    found = size_histogram([0.1, 0.2, 0.4, 0.8, 0.8], bins=3)
    assert found.counts == (1, 1, 3)
    assert found.edges[1] / found.edges[0] == pytest.approx(found.edges[2] / found.edges[1])
    assert size_histogram([]).counts == ()
    assert sum(size_histogram([0.3] * 4).counts) == 4


def test_shifts_keep_to_the_clock_on_the_wall_when_summer_time_begins():
    paris = ZoneInfo("Europe/Paris")
    first = datetime(2030, 3, 30, 23, tzinfo=paris)
    shifts = list(shifts_between(first, first + timedelta(hours=12), paris))
    assert [shift.name for shift in shifts] == ["2030-03-30 night", "2030-03-31 early"]
    assert shifts[0].ends.astimezone(UTC).hour == 4


@pytest.fixture
def filled(plant):
    other = Artefact("electrode", "0.2", "c" * 64)
    for sequence in range(1, 41):
        verdict = Verdict.REJECT if sequence % 4 == 0 else Verdict.ACCEPT
        model = MODEL if sequence <= 20 else other
        wide = (Dimension("coat_width", 100.0 + 0.01 * (sequence % 2), 0.01),)
        plant.add(sequence, verdict, is_saved=False, model=model, dimensions=wide)
    plant.add(41, Verdict.UNINSPECTED, is_saved=False, reasons=(Reason("late", ""),), defects=(), dimensions=())
    storm = (Reason("storm", ""),)
    plant.add(42, is_saved=False, reasons=storm, defects=(defect(kind="N04"),), model=other)
    return Figures(plant.database)


def test_counts_by_verdict_model_recipe_lane_and_kind(filled):
    whole = filled.whole()
    assert whole == Span(1, 42)
    everything = filled.verdicts(whole)
    assert (everything.accepted, everything.rejected, everything.uninspected) == (30, 11, 1)
    assert everything.reject_rate == pytest.approx(11 / 41)
    assert [(each.name[:13], each.rejected) for each in filled.by_model(whole)] == [
        ("electrode 0.1", 5),
        ("electrode 0.2", 6),
    ]
    assert [each.name for each in filled.by_recipe(whole)] == [f"{RECIPE.name} {RECIPE.version} (aaaaaaaa)"]
    assert [(each.name, each.rejected, each.accepted) for each in filled.by_lane(whole)] == [("1", 10, 31)]
    assert filled.reject_kinds(whole) == {"E01": 10, "storm": 1}
    assert filled.reject_kinds(whole, lane=1) == {"E01": 10}
    assert filled.reject_kinds(Span(1, 8)) == {"E01": 2}
    assert len(filled.sizes(whole)) == 20
    assert len(filled.sizes(whole, kind="E04", lane=1)) == 0


def test_counts_over_time(filled):
    groups = filled.subgroups(filled.whole(), points=4, smallest=1)
    assert [(each.first_sequence, each.last_sequence) for each in groups] == [(1, 11), (12, 22), (23, 33), (34, 42)]
    assert [each.rejected for each in groups] == [2, 3, 3, 3]
    assert groups[-1].uninspected == 1
    assert len(filled.subgroups(filled.whole())) == 2
    assert filled.dimension_codes() == ["coat_width"]
    wide = filled.dimension_groups(Span(1, 40), "coat_width", points=4)
    assert [each.count for each in wide] == [10, 10, 10, 10]
    assert wide[0].mean_mm == pytest.approx(100.005)
    assert wide[0].deviation_mm == pytest.approx(0.00527, abs=1e-5)
    assert filled.dimension_groups(Span(1, 40), "margin") == []


def test_times_become_stretches_of_decisions(plant, filled):
    span = span_between(plant.database, BEGAN + timedelta(seconds=5), BEGAN + timedelta(seconds=11))
    assert span == Span(5, 10)
    assert span_between(plant.database, None, BEGAN) == Span(1, 0)
    (shift,) = filled.by_shift(filled.whole(), UTC)
    assert (shift.name, shift.rejected) == ("2030-01-01 night", 11)


def add_at(plant, first, count, began, every_min=10):
    for n in range(count):
        at = began + timedelta(minutes=every_min * n)
        verdict = Verdict.REJECT if n % 3 == 0 else Verdict.ACCEPT
        plant.add(first + n, verdict, captured_utc=at, decided_utc=at, is_saved=False)


@pytest.mark.parametrize(
    ("second_part", "expected"),
    [
        # Set back within a shift, to the shift before, by years (a flat battery), and forward by years.
        (datetime(2030, 1, 2, 7, tzinfo=UTC), {"2030-01-02 early": 18 + 12, "2030-01-02 late": 6}),
        (datetime(2030, 1, 2, 3, tzinfo=UTC), {"2030-01-02 early": 18, "2030-01-02 late": 6, "2030-01-01 night": 12}),
        (datetime(2000, 1, 1, 6, tzinfo=UTC), {"2030-01-02 early": 18, "2030-01-02 late": 6, "2000-01-01 early": 12}),
        (datetime(2040, 1, 1, 6, tzinfo=UTC), {"2030-01-02 early": 18, "2030-01-02 late": 6, "2040-01-01 early": 12}),
    ],
)
def test_each_decision_counts_in_one_shift_however_the_clock_was_set(plant, second_part, expected):
    add_at(plant, 1, 24, datetime(2030, 1, 2, 11, tzinfo=UTC))
    add_at(plant, 25, 12, second_part)
    figures = Figures(plant.database)
    groups = figures.by_shift(figures.whole(), UTC)
    assert {group.name: group.accepted + group.rejected for group in groups} == expected
    last = figures.by_shift(Span(25, 36), UTC)
    assert sum(group.accepted + group.rejected for group in last) == 12


def test_a_wrong_clock_for_a_while_does_not_empty_a_stretch_of_time(plant):
    add_at(plant, 1, 6, NOON)
    add_at(plant, 7, 3, datetime(2040, 1, 1, tzinfo=UTC))
    add_at(plant, 10, 6, NOON + timedelta(hours=2))
    day = (NOON.replace(hour=0), NOON.replace(hour=23))
    assert span_between(plant.database, *day) == Span(1, 15)
    assert span_between(plant.database, day[0], None) == Span(1, 15)
    add_at(plant, 16, 6, NOON - timedelta(hours=5))
    both = (NOON - timedelta(hours=5), NOON + timedelta(minutes=30))
    assert span_between(plant.database, *both) == Span(1, 21), "set back: what lies between is taken along"
    assert span_between(plant.database, datetime(2039, 1, 1, tzinfo=UTC), datetime(2041, 1, 1, tzinfo=UTC)) == Span(
        7, 9
    )


def test_a_chart_whose_times_go_back_names_decisions_instead():
    texts, style = texts_in(Language.ENGLISH).statistics, ChartStyle(16.0, *["#123456"] * 8)
    for times, labels in (((10, 11, 12), None), ((10, 3, 4), ["#1", "#2", "#3"])):
        groups = [Subgroup(n, n, NOON.replace(hour=hour), 100, 10, 0) for n, hour in enumerate(times, start=1)]
        options = control_options(p_chart(groups), texts, Quantities(Language.ENGLISH), style, is_share=True)
        assert (options["xAxis"]["data"] == labels) is (labels is not None)
