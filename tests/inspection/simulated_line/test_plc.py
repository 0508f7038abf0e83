"""The PLC's program at the gate: a sheet passes on a timely accept alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.simulated_line.plc import Passage, Plc, Why, Word


def plc_that_hears(*words, beats_s=0.0):
    plc = Plc(watchdog_s=1.0)
    plc.beats(beats_s)
    for word in words:
        plc.hears(word)
    return plc


@pytest.mark.parametrize(
    ("code", "passes", "why"), [(1, True, Why.ACCEPTED), (2, False, Why.REJECTED), (3, False, Why.UNINSPECTED)]
)
def test_the_gate_acts_on_the_verdict(code, passes, why):
    assert plc_that_hears(Word(1, 7, code, 0.1)).gate(7, 0.5) == Passage(7, passes, why)


def test_without_a_word_in_time_a_sheet_is_taken_out_and_what_comes_then_is_late():
    plc = plc_that_hears()
    assert plc.gate(7, 0.5) == Passage(7, False, Why.NO_RESULT)
    plc.hears(Word(1, 7, 1, 0.6))
    assert plc.late == [7]


def test_a_heartbeat_that_stopped_closes_the_gate_though_the_word_was_accept():
    plc = plc_that_hears(Word(1, 7, 1, 0.1), Word(2, 8, 1, 0.1))
    assert plc.gate(7, 1.5).why is Why.WATCHDOG
    plc.beats(1.6)
    assert plc.gate(8, 1.7).passes


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 3), st.booleans()), max_size=30),
    st.lists(st.integers(0, 3), min_size=1, max_size=4, unique=True),
)
def test_whatever_is_heard_in_whatever_order_no_sheet_passes_of_which_anything_but_accept_was_said(words, at_gate):
    plc = plc_that_hears()
    said = {}
    for sequence, (sheet, code, _) in enumerate(words, 1):
        plc.hears(Word(sequence, sheet, code, 0.1))
        said.setdefault(sheet, set()).add(code)
    for sheet in at_gate:
        assert plc.gate(sheet, 0.5).passes == (said.get(sheet) == {1})
