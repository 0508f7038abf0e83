"""Pieces that several cameras see, in the store: all views come back, each piece has one decision, all is sealed."""

from dataclasses import asdict, replace

import numpy as np
import pytest

from camera.frame import FrameId
from inspection.errors import StoreError
from inspection.judging.uninspected import withdrawn
from inspection.values import Cut, Piece, Verdict
from tests.inspection.store.test_seals import check, meddle
from tests.support.rig import MODEL, RECIPE, begun_store, decision, defect
from tests.support.views import above, below, of_two_views


@pytest.fixture
def store(tmp_path):
    store = begun_store(tmp_path / "store.db")
    yield store
    store.close()


def told(value):
    """A value with all within it, as Python compares it."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, dict):
        return {name: told(each) for name, each in value.items()}
    return [told(each) for each in value] if isinstance(value, (list, tuple)) else value


@pytest.mark.parametrize(
    "written",
    [
        of_two_views(1),
        of_two_views(1, lane=2),
        of_two_views(1, Verdict.ACCEPT),
        decision(1, defects=(defect(),), piece=Piece(FrameId("cam0", 1, 4), 0.0, 9.0, None, "S-1", Cut.SHEET, None, 7)),
        decision(1),
    ],
    ids=["two views", "a lane of it", "accepted", "a sheet of one camera", "one camera"],
)
def test_a_piece_comes_back_with_all_that_its_views_saw(store, written):
    store.append([written])
    found = store.decision(1)
    assert found is not None
    assert told(asdict(found.decision)) == told(asdict(written))


def test_lanes_of_one_stretch_are_decisions_of_their_own_and_each_has_one(store):
    store.append([of_two_views(n, number=7, lane=n) for n in (1, 2, 3)])
    assert [each.decision.piece.lane for each in store.decisions_after(0, 9)] == [1, 2, 3]
    with pytest.raises(StoreError, match="UNIQUE"):
        store.append([of_two_views(4, number=8, lane=1), of_two_views(5, number=7, lane=2)])
    assert store.last_sequence() == 3, "all or none"
    store.append([of_two_views(4, number=8, lane=1)])


def test_a_piece_over_the_whole_width_has_one_decision_also_where_another_frame_leads_it(store):
    store.append([of_two_views(1, number=7)])
    with pytest.raises(StoreError, match="UNIQUE"):
        store.append([of_two_views(2, piece=Piece(above(8), 400.0, 50.0, number=7))])


@pytest.mark.parametrize("lane", [None, 2])
def test_no_block_and_no_lane_has_a_second_decision_also_under_another_number(store, lane):
    store.append([of_two_views(1, number=7, lane=lane)])
    again = of_two_views(2, number=7, lane=lane)
    with pytest.raises(StoreError, match="UNIQUE"):
        store.append([replace(again, piece=replace(again.piece, number=8))])


def test_a_frame_may_show_several_sheets(store):
    pieces = [Piece(above(7), 350.0 + 20.0 * n, 20.0, None, f"S-{n}", Cut.SHEET, None, n) for n in (1, 2)]
    store.append([of_two_views(n, piece=piece) for n, piece in enumerate(pieces, start=1)])
    assert [each.decision.piece for each in store.decisions_after(0, 9)] == pieces
    assert store.sequence_of(above(7)) == 1


def test_the_same_piece_number_comes_again_after_a_restart(store):
    store.append([of_two_views(1, number=1)])
    store.begin_run("test", "0", RECIPE, MODEL)
    store.append([of_two_views(2, number=1)])
    assert store.sequence_of(above(1)) == 2
    assert store.sequence_of(above(1), station_run=1) == 1


def test_a_frame_leads_to_the_first_decision_about_it_whichever_camera_took_it(store):
    store.append([of_two_views(n, number=7, lane=n) for n in (1, 2)])
    next_one = of_two_views(3, number=8, lane=1)
    leading, other, lost = next_one.view_frames
    store.append([replace(next_one, view_frames=(leading, replace(other, frame=below(17)), other, lost))])
    assert store.sequence_of(above(7)) == 1
    assert store.sequence_of(above(8)) == 3
    assert store.sequence_of(below(17)) == 1, "it shows the end of one stretch and the begin of the next"
    assert store.sequence_of(below(18)) == 3
    assert store.sequence_of(below(1008)) == 3, "a lost one, too"
    assert store.sequence_of(below(19)) is None
    assert store.sequence_of(below(18), station_run=2) is None


def test_another_lane_or_piece_under_a_number_is_not_taken_for_the_one_that_was_written(store):
    lanes = [of_two_views(n, number=7, lane=n) for n in (1, 2)]
    store.append(lanes)
    assert store.already_written([*lanes, of_two_views(3, number=7, lane=3)]) == {1, 2}
    with pytest.raises(StoreError, match=r"under number 1 not frame above/1/7, lane 3 .* but above/1/7, lane 1"):
        store.already_written([of_two_views(1, number=7, lane=3)])
    with pytest.raises(StoreError, match="under number 2"):
        store.already_written([of_two_views(2, lane=2, piece=Piece(above(7), 350.0, 50.0, lane=2, number=8))])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE decisions SET lane = 2 WHERE sequence = 2",
        "UPDATE decisions SET piece_number = 9 WHERE sequence = 2",
        "UPDATE decisions SET piece_number = -2 WHERE sequence = 2",
        "UPDATE decisions SET cut = 'sheet' WHERE sequence = 2",
        "UPDATE reasons SET view = NULL WHERE sequence = 2",
        "UPDATE view_frames SET fate = 'seen' WHERE sequence = 2 AND position = 2",
        "UPDATE view_frames SET model_id = NULL WHERE sequence = 2 AND position = 1",
        "UPDATE view_frames SET model_id = (SELECT model_id FROM view_frames WHERE sequence = 2 AND position = 0) "
        "WHERE sequence = 2 AND position = 1",
        "DELETE FROM view_frames WHERE sequence = 2",
        "DELETE FROM sightings WHERE sequence = 2 AND position = 0 AND place = 1",
        "UPDATE sightings SET kind = 'E13' WHERE sequence = 2 AND position = 0 AND place = 1",
        "UPDATE sightings SET scores = '{}' WHERE sequence = 2 AND position = 0 AND place = 0",
        "UPDATE artefacts SET version = '9' WHERE name = 'separator-back-light'",
    ],
)
def test_what_the_views_said_is_sealed(tmp_path, store, statement):
    store.append([of_two_views(2, Verdict.REJECT)])
    store.close()
    assert check(tmp_path).faults == ()
    meddle(tmp_path, statement)
    assert check(tmp_path).faults == ("Decision 2: altered since the seal was made.",)


def test_a_lane_that_was_withdrawn_keeps_what_its_views_said_and_its_seal(tmp_path, store):
    lanes = [of_two_views(n, Verdict.ACCEPT, number=7, lane=n) for n in (1, 2)]
    store.append(lanes)
    store.amend([withdrawn(lanes[1], 250.0, 200.0)])
    found = store.decision(2)
    assert (found.decision.verdict, len(found.decision.view_frames)) == (Verdict.UNINSPECTED, 3)
    store.close()
    assert check(tmp_path).faults == ()
