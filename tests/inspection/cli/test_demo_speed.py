"""How fast the demo's line runs, and when its faults come."""

import pytest

from camera.simulated.simulated_camera import Fault
from camera.web import Material, View, WebSettings
from inspection.cli.demo_cost import measured_cost
from inspection.cli.demo_faults import FaultTimes, Turn
from inspection.cli.demo_speed import (
    FASTEST_HZ,
    SLOWEST_HZ,
    Cost,
    Throttle,
    deadline_at,
    fitting_line_rate_hz,
)
from inspection.model.shelf import find_model
from inspection.pipeline import Pipeline
from inspection.recipe.recipe import default_recipe
from tests.scenarios.test_demo import PROJECT

LINES = 1024


def rate_hz(show_s: float, inspect_s: float, apart_s: float, free_cores: float) -> float:
    return fitting_line_rate_hz(Cost(show_s, inspect_s, apart_s, free_cores), LINES)


@pytest.mark.parametrize("free_cores", [0.6, 1.3, 2.0])
@pytest.mark.parametrize("block_s", [0.1, 0.25, 0.5])
def test_two_thirds_of_what_is_free_stay_for_others(free_cores, block_s):
    rate = rate_hz(0.4 * block_s, 0.6 * block_s, block_s / 2.0, free_cores)
    taken = rate / LINES * block_s
    assert taken <= 0.37 * free_cores or rate == SLOWEST_HZ
    assert taken >= 0.30 * free_cores


def test_a_line_is_no_faster_than_half_of_what_the_workers_inspect_and_than_the_preset():
    assert rate_hz(0.01, 0.1, 0.2, 64.0) / LINES <= 0.51 / 0.2
    assert rate_hz(0.01, 0.01, 0.001, 64.0) == FASTEST_HZ


def test_where_nothing_is_free_the_web_still_moves():
    assert rate_hz(0.1, 0.2, 5.0, 0.0) == SLOWEST_HZ


def test_a_slower_line_reaches_the_reject_gate_later_and_a_faster_one_no_earlier_than_the_recipe_says():
    assert deadline_at(FASTEST_HZ / 4.0, 500.0) == 2_000.0
    assert deadline_at(2.0 * FASTEST_HZ, 500.0) == 500.0


def test_a_line_that_is_too_fast_becomes_slower_but_no_slower_than_the_camera_bears():
    throttle = Throttle(4_000.0, 1_000.0)
    rates = [throttle.line_rate_hz for _ in range(40) if throttle.decided(700.0, None)]
    assert rates == [2_800.0, 2_000.0]


@pytest.mark.parametrize("rule", ["late", "late.frame", "late.store", "overload", "lost.overrun"])
def test_one_block_that_came_too_fast_is_enough(rule):
    throttle = Throttle(4_000.0, 1_000.0)
    assert throttle.decided(1_000.0, rule)
    assert throttle.line_rate_hz < 4_000.0


@pytest.mark.parametrize("rule", ["lost.device_lost", "lost.dropped", "image.black", "limit.E01"])
def test_what_a_fault_took_does_not_slow_the_line_down(rule):
    throttle = Throttle(4_000.0, 1_000.0)
    assert not any(throttle.decided(300.0, rule) for _ in range(200))


def test_a_line_that_was_slowed_down_runs_at_its_first_speed_again_when_all_is_easy():
    throttle = Throttle(4_000.0, 1_000.0)
    throttle.decided(1_000.0, "late")
    rates = [throttle.line_rate_hz for _ in range(300) if throttle.decided(50.0, None)]
    assert rates == pytest.approx([3_360.0, 4_000.0])


def test_one_slow_block_among_many_changes_nothing():
    throttle = Throttle(4_000.0, 1_000.0)
    assert not any(throttle.decided(900.0 if block % 6 == 0 else 100.0, None) for block in range(200))


def turns(fault: Fault, line_rate_hz: float, frames: int | None, until: int) -> list[tuple[int, Turn]]:
    times = FaultTimes(fault, line_rate_hz, frames)
    blocks_s = line_rate_hz / LINES
    found = [(decisions, times.turn(decisions, decisions / blocks_s)) for decisions in range(until)]
    return [(decisions, turn) for decisions, turn in found if turn is not None]


def test_faults_come_back_every_twenty_seconds_and_lasting_ones_are_mended_in_between():
    assert turns(Fault.DROP, 2_048.0, None, 100) == [(12, Turn.SPOIL), (52, Turn.SPOIL), (92, Turn.SPOIL)]
    assert turns(Fault.UNPLUG, 10_240.0, None, 300) == [
        (60, Turn.SPOIL),
        (80, Turn.MEND),
        (260, Turn.SPOIL),
        (280, Turn.MEND),
    ]


def test_a_fault_of_a_short_demo_comes_in_time_to_be_seen():
    assert turns(Fault.BLACK, 10_240.0, 36, 36) == [(12, Turn.SPOIL)]
    assert turns(Fault.DROP, 10_240.0, 1, 3) == [(1, Turn.SPOIL)]


def test_a_web_that_stands_moves_on_though_nothing_is_decided_meanwhile():
    times = FaultTimes(Fault.STAND, 10_240.0, 30)
    assert times.turn(10, 1.0) is Turn.SPOIL
    assert [times.turn(10, now_s) for now_s in (3.0, 5.9, 6.1, 7.0)] == [None, None, Turn.MEND, None]


@pytest.mark.slow
def test_what_a_block_costs_is_measured_on_the_web_that_is_shown():
    recipe = default_recipe("separator", "bright-field")
    pipeline = Pipeline(recipe, find_model(PROJECT / "models", recipe.model.name, recipe.model.sha256))
    web = WebSettings(material=Material.SEPARATOR, view=View.BRIGHT_FIELD, severity="dense", width_px=512)
    narrow = measured_cost(web, 128, pipeline, workers=2)
    wide = measured_cost(web.model_copy(update={"width_px": 4096}), 512, pipeline, workers=2)
    assert 0.0 < narrow.show_s < wide.show_s
    assert 0.0 < narrow.inspect_s < wide.inspect_s
    assert narrow.apart_s > 0.0
    assert narrow.free_cores > 0.0
