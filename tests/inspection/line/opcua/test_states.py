"""The state machines of a vision system, as a table."""

import pytest

from inspection.line.opcua.states import StateMachines, WrongState

TO = {
    "Preoperational": (),
    "Halted": ("Halt",),
    "Initialized": ("SelectModeAutomatic",),
    "Ready": ("SelectModeAutomatic", "PrepareRecipe"),
    "SingleExecution": ("SelectModeAutomatic", "PrepareRecipe", "StartSingleJob"),
    "ContinuousExecution": ("SelectModeAutomatic", "PrepareRecipe", "StartContinuous"),
}
CALLS = (
    "Halt",
    "Reset",
    "SelectModeAutomatic",
    "PrepareRecipe",
    "UnprepareRecipe",
    "StartSingleJob",
    "StartContinuous",
    "Stop",
    "Abort",
)
GOOD = {
    "Preoperational": {"Halt", "SelectModeAutomatic"},
    "Halted": {"Reset"},
    "Initialized": {"Halt", "Reset", "PrepareRecipe"},
    "Ready": {"Halt", "Reset", "UnprepareRecipe", "StartSingleJob", "StartContinuous"},
    "SingleExecution": {"Halt", "Reset", "Stop", "Abort"},
    "ContinuousExecution": {"Halt", "Reset", "Stop", "Abort"},
}


def machine_in(state):
    machine = StateMachines()
    for call in TO[state]:
        machine.call(call)
    return machine


@pytest.mark.parametrize("state", GOOD)
@pytest.mark.parametrize("call", CALLS)
def test_a_method_leads_where_the_standard_says_or_nowhere_and_changes_nothing(state, call):
    machine = machine_in(state)
    before = (machine.vision, machine.automatic)
    if call in GOOD[state]:
        assert machine.call(call)
        assert (machine.vision, machine.automatic) != before
    else:
        with pytest.raises(WrongState, match=call):
            machine.call(call)
        assert (machine.vision, machine.automatic) == before


def test_a_job_outlives_an_error_that_passes_and_ends_with_a_reset():
    machine = machine_in("ContinuousExecution")
    assert [step.transition.number for step in machine.by_itself("Error")] == [430]
    with pytest.raises(WrongState):
        machine.call("Stop")
    assert machine.by_itself("Ready") == []
    assert [step.transition.number for step in machine.by_itself("Operational")] == [340]
    assert machine.automatic == "ContinuousExecution"
    machine.by_itself("Error")
    assert [step.transition.number for step in machine.call("Reset")] == [311]
    assert (machine.vision, machine.automatic) == ("Preoperational", None)


def test_a_single_job_ends_by_itself():
    machine = machine_in("SingleExecution")
    assert [step.transition.number for step in machine.by_itself("Ready")] == [760]
    assert machine.automatic == "Ready"
