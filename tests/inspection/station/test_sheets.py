"""Sheets by triggers: jittered, doubled and missing ones; by the pitch alone."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from inspection.station.sheets import Sheet, SheetCutter
from inspection.values import Span

PITCH_MM, TOLERANCE_MM = 300.0, 5.0


def cut(
    marks: list[tuple[float, str]], to_mm: float, *, by_triggers: bool = True
) -> tuple[list[Sheet[str]], SheetCutter[str]]:
    """The sheets of a web that is read in frames of 50 mm."""
    cutter: SheetCutter[str] = SheetCutter(PITCH_MM, TOLERANCE_MM, by_triggers=by_triggers)
    sheets, waiting = cutter.passed(0.0), sorted(marks)
    for reached in np.arange(50.0, to_mm + 50.0, 50.0):
        while waiting and waiting[0][0] <= reached:
            sheets += cutter.mark(*waiting.pop(0))
        sheets += cutter.passed(float(reached))
    return sheets, cutter


def test_two_thousand_sheets_with_jitter_doubled_and_missing_triggers_each_come_once_with_their_own_id():
    rng = np.random.default_rng(8)
    marks, names = [], {}
    for number in range(2001):
        place = 100.0 + number * PITCH_MM + float(rng.uniform(-2.0, 2.0))
        if rng.random() < 0.02:
            continue
        names[number] = f"sheet {number}"
        marks.append((place, names[number]))
        if rng.random() < 0.02:
            marks.append((place + float(rng.uniform(0.1, 40.0)), f"again {number}"))
    sheets, cutter = cut(marks, 100.0 + 2000 * PITCH_MM + 10.0)
    first = next(number for number, sheet in enumerate(sheets) if sheet.mark == "sheet 0")
    told = sheets[first:]
    assert len(told) == 2000
    for number, sheet in enumerate(told):
        assert sheet.mark == names.get(number)
        assert abs(sheet.span.start_mm - (100.0 + number * PITCH_MM)) <= 2.0 + TOLERANCE_MM
    assert all(one.span.end_mm == other.span.start_mm for one, other in itertools.pairwise(told)), "no gap"
    assert cutter.doubled == len(marks) - len(names)


def test_a_trigger_that_comes_late_by_less_than_the_tolerance_begins_the_sheet_where_it_says():
    sheets, _ = cut([(20.0, "a"), (324.0, "b")], 700.0)
    told = [(sheet.span.start_mm, sheet.span.end_mm, sheet.mark) for sheet in sheets]
    assert told == [(0.0, 20.0, None), (20.0, 324.0, "a"), (324.0, 624.0, "b")]


def test_without_any_trigger_the_watchdog_cuts_all_the_same():
    sheets, cutter = cut([], 1000.0)
    assert [sheet.span.start_mm for sheet in sheets] == [0.0, 300.0, 600.0]
    assert {sheet.mark for sheet in sheets} == {None}
    assert cutter.missed == 3


def test_by_the_pitch_alone_what_the_line_tells_names_the_sheet_that_it_falls_into():
    sheets, _ = cut([(310.0, "second"), (620.0, "third")], 950.0, by_triggers=False)
    assert [(sheet.span.start_mm, sheet.mark) for sheet in sheets] == [(0.0, None), (300.0, "second"), (600.0, "third")]


def test_while_nobody_knows_where_the_web_is_each_sheet_that_the_line_tells_of_has_its_word():
    cutter: SheetCutter[str] = SheetCutter(PITCH_MM, TOLERANCE_MM, by_triggers=True)
    cutter.passed(0.0)
    assert cutter.mark(10.0, "a") == [Sheet(Span(0.0, 10.0), None)]
    assert cutter.lost([]) == [Sheet(None, "a")]
    assert cutter.lost(["b", "c"]) == [Sheet(None, "b"), Sheet(None, "c")]
    assert cutter.lost([]) == []
    assert cutter.passed(900.0) == cutter.passed(1100.0) == [], "that is the rest of c, which has its word"
    assert cutter.mark(1120.0, "d") == []
    assert cutter.mark(1420.0, "e") == [Sheet(Span(1120.0, 1420.0), "d")]


def test_a_line_that_tells_nothing_after_a_loss_is_cut_by_the_watchdog_again():
    cutter: SheetCutter[str] = SheetCutter(PITCH_MM, TOLERANCE_MM, by_triggers=True)
    cutter.mark(10.0, "a")
    cutter.lost([])
    assert cutter.passed(500.0) == []
    assert [sheet.span for sheet in cutter.passed(1200.0)] == [Span(500.0, 800.0), Span(800.0, 1100.0)]


@settings(deadline=None)
@given(st.lists(st.floats(0.0, 5000.0), max_size=60), st.booleans())
def test_whatever_is_told_the_web_is_cut_without_gap_or_overlap(places, by_triggers):
    sheets, _cutter = cut([(place, str(n)) for n, place in enumerate(places)], 5000.0, by_triggers=by_triggers)
    assert all(one.span.end_mm == other.span.start_mm for one, other in itertools.pairwise(sheets))
    assert all(0.0 < sheet.span.length_mm <= PITCH_MM + TOLERANCE_MM for sheet in sheets)
    told = [sheet.mark for sheet in sheets if sheet.mark is not None]
    assert len(told) == len(set(told))
    if sheets:
        assert sheets[-1].span.end_mm >= 5000.0 - PITCH_MM - TOLERANCE_MM - 50.0
