"""A whole simulated line, in real time: whatever the door and whatever goes wrong, no bad sheet passes the gate."""

import pytest

from inspection.errors import LineError
from inspection.simulated_line.outputs import Output
from inspection.simulated_line.plc import Why
from inspection.simulated_line.run import LineFault, LinePlan, run_line
from tests.inspection.pages.plant import PROJECT

pytestmark = [pytest.mark.slow, pytest.mark.process]
SHEETS = 5
SLOW_M_PER_MIN = 12.0
"""A busy machine keeps up with that, mostly: what comes late is taken out."""


def plan(tmp_path, output, **changes):
    values = {"sheets": SHEETS, "speed_m_per_min": SLOW_M_PER_MIN, "gate_mm": 900.0} | changes
    return LinePlan(output, models_dir=PROJECT / "models", folder=tmp_path / "line", **values)


@pytest.mark.parametrize("output", list(Output))
def test_every_decision_reaches_the_plc_once_and_in_order_and_no_bad_sheet_passes(tmp_path, output):
    outcome = run_line(plan(tmp_path, output), lambda _: None)
    assert outcome.sheets == SHEETS
    assert sum(outcome.whys.values()) == SHEETS
    assert (outcome.bad_passed, outcome.missed, outcome.out_of_order) == (0, 0, 0)
    assert outcome.decisions >= SHEETS
    assert outcome.latency_ms


@pytest.mark.parametrize(
    ("output", "fault"),
    [(Output.MODBUS, LineFault.CABLE), (Output.MQTT, LineFault.KILL_DOOR), (Output.HTTP, LineFault.STALL_PLC)],
)
def test_what_goes_wrong_between_station_and_plc_costs_good_sheets_and_no_decision(tmp_path, output, fault):
    broken = plan(tmp_path, output, fault=fault, every_s=3.0, for_s=2.0, sheets=8)
    outcome = run_line(broken, lambda _: None)
    assert outcome.faults >= 1
    assert (outcome.bad_passed, outcome.missed) == (0, 0)
    assert set(outcome.whys) <= {why.value for why in Why}


def test_a_gate_that_leaves_no_time_for_a_decision_is_refused(tmp_path):
    with pytest.raises(LineError, match="leaves no time for a decision"):
        run_line(plan(tmp_path, Output.HTTP, speed_m_per_min=80.0, gate_mm=40.0), lambda _: None)
