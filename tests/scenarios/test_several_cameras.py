"""The promise with several cameras over one web: one decision for each piece, accepted only if every view saw it."""

from dataclasses import replace

import numpy as np
import pytest
from structlog.testing import capture_logs

from camera.frame import Frame, FrameId
from inspection.model.shelf import Model
from inspection.recipe.recipe import Lane, Layout, default_recipe
from inspection.station.place_watch import PlaceWatch
from inspection.station.places import SheetSettings
from inspection.station.triggers import Trigger, TriggerQueue
from inspection.store.decisions import Store
from inspection.values import Cut, Fate, Verdict
from inspection.vision.placement import Placement
from tests.support.fresh_store import lay_store
from tests.support.names_cards import of_everything
from tests.support.one_web import WIDTH_MM, decided, lost, shown, two_sides
from tests.support.rig import HEIGHT, LENGTH_MM, MODEL, PITCH_UM, WIDTH, write_model


@pytest.fixture
def model(tmp_path) -> Model:
    return Model.load(write_model(tmp_path / "electrode-0.1"))


@pytest.fixture
def store(tmp_path):
    opened = Store.in_file(lay_store(tmp_path / "store.db"))
    opened.begin_run("test", "0", two_sides().artefact, MODEL)
    return opened


def sheets_of(store, model, readings, *, begin_at=(), told_again=(), origin="triggers"):
    """Decisions about sheets of four frames under one camera; triggers name the frames that they begin at."""
    triggers = TriggerQueue(["cam0"])
    for number, frame in enumerate(begin_at, start=1):
        triggers.add(Trigger(f"T{number}", f"sheet {number}", frame_number=frame))
    for number, frame in told_again:
        triggers.add(Trigger(f"T{number} again", f"sheet {number} again", frame_number=frame))
    published = decided(
        store,
        model,
        default_recipe("anode", "bright-field"),
        {"cam0": readings},
        {"cam0": None},
        cut=Cut.SHEET,
        sheet=SheetSettings(pitch_mm=4 * LENGTH_MM, tolerance_mm=0.5, origin=origin),
        triggers=triggers,
    )
    return [each.decision for each in published]


BOTH = {"cam0": Placement("top"), "cam1": Placement("bottom")}


def test_a_piece_is_accepted_when_both_views_saw_it_and_rejected_for_what_one_of_them_saw(store, model):
    readings = {
        "cam0": [shown("cam0", n, spots=[(20, 50)] if n == 2 else ()) for n in range(1, 7)],
        "cam1": [shown("cam1", n, spots=[(20, 50)] if n in (2, 4) else ()) for n in range(1, 7)],
    }
    published = decided(store, model, two_sides(), readings, BOTH)
    told = [each.decision for each in published]
    assert [decision.piece.frame.number for decision in told] == [1, 2, 3, 4, 5, 6]
    assert [decision.sequence for decision in told] == [1, 2, 3, 4, 5, 6]
    assert [decision.verdict.value[0] for decision in told] == ["a", "r", "a", "r", "a", "a"]
    assert [len(decision.defects) for decision in told] == [0, 1, 0, 1, 0, 0], "what both saw is one object"
    both, below = told[1].defects[0], told[3].defects[0]
    assert [sighting.view for sighting in both.sightings] in (["top", "bottom"], ["bottom", "top"])
    assert [sighting.view for sighting in below.sightings] == ["bottom"]
    assert [str(each.frame) for each in told[3].view_frames] == ["cam0/1/4", "cam1/1/4"]
    assert {each.view for each in told[3].view_frames} == {"top", "bottom"}
    assert set(published[3].frames) == {FrameId("cam0", 1, 4), FrameId("cam1", 1, 4)}


@pytest.mark.parametrize("pushed_px", [0, 8, 30])
def test_a_camera_that_was_pushed_is_told_by_the_objects_that_both_saw(store, model, pushed_px):
    readings = {
        camera: [shown(camera, n, spots=[(20, 30 + 3 * n + aside)]) for n in range(1, 15)]
        for camera, aside in (("cam0", 0), ("cam1", pushed_px))
    }
    watch = PlaceWatch(tuple(readings), lambda: two_sides().fusing.within_mm)
    watch.take(decided(store, model, two_sides(), readings, BOTH))
    told = {each.subject: float(each.facts["off"]) for each in watch.conditions()}
    assert told == ({"cam1": pytest.approx(pushed_px * PITCH_UM / 1000.0, abs=0.05)} if pushed_px else {})


def test_what_both_views_saw_is_called_what_the_classifier_calls_it_and_rejected_all_the_same(store, model):
    readings = {camera: [shown(camera, n, spots=[(20, 50)] if n == 2 else ()) for n in range(1, 4)] for camera in BOTH}
    names = of_everything(two_sides(), ("E01", "E04"), "E04")
    told = [each.decision for each in decided(store, model, two_sides(), readings, BOTH, names=names)]
    assert [decision.verdict.value[0] for decision in told] == ["a", "r", "a"]
    assert [defect.kind for defect in told[1].defects] == ["E04"]
    own_words = {sighting.view: sighting.defect.kind for sighting in told[1].defects[0].sightings}
    assert own_words == {"top": "E01", "bottom": "E01"}


@pytest.mark.parametrize("is_placed", [True, False])
def test_what_one_view_lost_is_uninspected_with_that_views_name_and_the_others_go_on(store, model, is_placed):
    readings = {
        "cam0": [shown("cam0", n) for n in range(1, 7)],
        "cam1": [lost("cam1", n, is_placed=is_placed) if n == 3 else shown("cam1", n) for n in range(1, 7)],
    }
    told = [each.decision for each in decided(store, model, two_sides(), readings, BOTH)]
    assert [decision.verdict.value[0] for decision in told] == ["a", "a", "u", "a", "a", "a"]
    assert {reason.view for reason in told[2].reasons} == {"bottom"}
    assert told[2].reasons[0].rule == ("lost.dropped" if is_placed else "view.missing")
    if is_placed:
        assert [each.outcome for each in told[2].view_frames] == [Fate.SEEN, Fate.LOST]


def test_a_view_that_ends_for_good_leaves_each_piece_its_decision(store, model):
    readings = {"cam0": [shown("cam0", n) for n in range(1, 9)], "cam1": [shown("cam1", n) for n in range(1, 4)]}
    told = [each.decision for each in decided(store, model, two_sides(), readings, BOTH)]
    assert [decision.piece.frame.number for decision in told] == list(range(1, 9))
    assert [decision.verdict.value[0] for decision in told] == ["a"] * 3 + ["u"] * 5
    assert {(reason.rule, reason.view) for d in told[3:] for reason in d.reasons} == {("view.missing", "bottom")}


def test_a_view_that_is_not_required_may_reject_and_its_absence_says_nothing(store, model):
    recipe = two_sides()
    optional = recipe.views["bottom"].model_copy(update={"is_required": False})
    recipe = recipe.model_copy(update={"views": recipe.views | {"bottom": optional}})
    readings = {
        "cam0": [shown("cam0", n) for n in range(1, 7)],
        "cam1": [shown("cam1", 1, spots=[(20, 50)]), lost("cam1", 2), shown("cam1", 3)],
    }
    told = [each.decision for each in decided(store, model, recipe, readings, BOTH)]
    assert [decision.verdict.value[0] for decision in told] == ["r", "a", "a", "a", "a", "a"]


def test_a_roller_further_on_and_frames_that_begin_elsewhere_are_laid_onto_the_same_pieces(store, model):
    """The second camera looks 40 mm downstream, half a frame off, and from the other side."""
    ahead = 40.0 + LENGTH_MM / 2.0
    # Row 20 of the first camera's frame 5 is row 52 of 64 of the second one's frame 4: its border cuts the spot.
    parts = {4: 52, 5: 52 - HEIGHT}
    below = [
        shown("cam1", n, start_mm=n * LENGTH_MM + ahead, spots=[(parts[n], WIDTH - 50 - 20)] if n in parts else ())
        for n in range(12)
    ]
    readings = {"cam0": [shown("cam0", n, spots=[(20, 50)] if n == 5 else ()) for n in range(1, 10)], "cam1": below}
    places = {
        "cam0": Placement("top"),
        "cam1": Placement("bottom", across_mm=WIDTH_MM, along_mm=40.0, is_mirrored=True),
    }
    told = [each.decision for each in decided(store, model, two_sides(), readings, places)]
    assert [decision.verdict.value[0] for decision in told] == ["a"] * 4 + ["r"] + ["a"] * 4
    (spot,) = told[4].defects
    one, other = (sighting.defect for sighting in spot.sightings)
    assert one.md_mm == pytest.approx(other.md_mm, abs=0.1)
    assert one.cd_mm == pytest.approx(other.cd_mm, abs=0.1)


def test_cameras_side_by_side_see_an_object_on_their_seam_as_one_and_its_size_once(store, model):
    """30 columns of overlap; the spot of 20 columns lies over the middle of the seam, or beside it, whole in one."""
    recipe = default_recipe("anode", "bright-field")
    overlap, right_mm = 30, (WIDTH - 30) * PITCH_UM / 1000.0
    places = {"cam0": Placement("bright-field"), "cam1": Placement("bright-field", across_mm=right_mm)}
    at = {2: WIDTH - 25, 3: WIDTH - 40, 4: WIDTH - 12}

    def of(camera: str, shift: int) -> list[Frame]:
        return [shown(camera, n, spots=[(20, at[n] - shift)] if n in at else ()) for n in range(1, 6)]

    readings = {"cam0": of("cam0", 0), "cam1": of("cam1", WIDTH - overlap)}
    told = [each.decision for each in decided(store, model, recipe, readings, places)]
    assert [decision.verdict.value[0] for decision in told] == ["a", "r", "r", "r", "a"]
    assert [len(decision.defects) for decision in told] == [0, 1, 1, 1, 0]
    for number, column in at.items():
        (spot,) = told[number - 1].defects
        assert spot.length_mm == pytest.approx(1.0, abs=0.12)
        assert spot.cd_mm == pytest.approx((column + 10) * PITCH_UM / 1000.0, abs=0.1)


def test_an_object_that_no_camera_sees_whole_is_put_together_over_the_seam(store, model):
    recipe = default_recipe("anode", "bright-field")
    right_mm = (WIDTH - 6) * PITCH_UM / 1000.0
    places = {"cam0": Placement("bright-field"), "cam1": Placement("bright-field", across_mm=right_mm)}
    readings = {
        "cam0": [shown("cam0", n, spots=[(20, WIDTH - 13)] if n == 2 else ()) for n in range(1, 4)],
        "cam1": [shown("cam1", n, spots=[(20, -7)] if n == 2 else ()) for n in range(1, 4)],
    }
    told = [each.decision for each in decided(store, model, recipe, readings, places)]
    (spot,) = told[1].defects
    assert spot.area_mm2 == pytest.approx(1.0, rel=0.12)
    assert spot.length_mm == pytest.approx(1.0, abs=0.12)
    assert len(spot.sightings) == 2


def test_each_lane_of_a_stretch_has_its_own_decision_and_only_what_concerns_it(store, model):
    half = WIDTH_MM / 2.0
    lanes = Layout(lanes=(Lane(left_mm=0.0, right_mm=half), Lane(left_mm=half, right_mm=WIDTH_MM)))
    recipe = default_recipe("anode", "bright-field").model_copy(update={"layout": lanes})
    readings = {"cam0": [shown("cam0", n, spots=[(20, 90)] if n == 2 else ()) for n in range(1, 4)]}
    told = [each.decision for each in decided(store, model, recipe, readings, {"cam0": None}, cut=Cut.LANE)]
    assert [(d.piece.frame.number, d.piece.lane) for d in told] == [(n, lane) for n in (1, 2, 3) for lane in (1, 2)]
    assert [d.piece.number for d in told] == [1, 1, 2, 2, 3, 3]
    assert [d.sequence for d in told] == [1, 2, 3, 4, 5, 6]
    assert [d.verdict.value[0] for d in told] == ["a", "a", "a", "r", "a", "a"]


def test_a_lane_beside_a_lost_camera_goes_on(store, model):
    """Two cameras side by side, a lane under each: one loses a frame, the other one's lane is accepted."""
    lanes = Layout(lanes=(Lane(left_mm=0.2, right_mm=6.0), Lane(left_mm=6.4, right_mm=12.0)))
    recipe = default_recipe("anode", "bright-field").model_copy(update={"layout": lanes})
    places = {"cam0": Placement("bright-field"), "cam1": Placement("bright-field", across_mm=6.2)}
    readings = {
        "cam0": [shown("cam0", n) for n in range(1, 5)],
        "cam1": [lost("cam1", n) if n == 3 else shown("cam1", n) for n in range(1, 5)],
    }
    told = [each.decision for each in decided(store, model, recipe, readings, places, cut=Cut.LANE)]
    assert [d.verdict.value[0] for d in told] == ["a", "a", "a", "a", "a", "u", "a", "a"]


def test_what_lies_between_two_cameras_is_accepted_by_nobody(store, model):
    recipe = default_recipe("anode", "bright-field")
    places = {"cam0": Placement("bright-field"), "cam1": Placement("bright-field", across_mm=WIDTH_MM + 0.5)}
    readings = {camera: [shown(camera, n) for n in range(1, 4)] for camera in places}
    told = [each.decision for each in decided(store, model, recipe, readings, places)]
    assert {d.verdict for d in told} == {Verdict.UNINSPECTED}
    assert {reason.rule for d in told for reason in d.reasons} == {"view.gap"}


def test_what_the_other_camera_alone_could_show_is_told_with_its_frame(store, model):
    """The leading camera lost its frame; one frame of the other one shows two pieces, and a spot on the first."""
    begins = {n: n * LENGTH_MM + 1.0 for n in range(4)}
    readings = {
        "cam0": [lost("cam0", n) if n == 2 else shown("cam0", n) for n in range(1, 4)],
        "cam1": [shown("cam1", n, start_mm=begins[n], spots=[(46, 50)] if n == 1 else ()) for n in range(4)],
    }
    told = [each.decision for each in decided(store, model, two_sides(), readings, BOTH)]
    assert [d.verdict.value[0] for d in told][:2] == ["a", "u"]
    (spot,) = told[1].defects
    assert [(sighting.view, sighting.frame) for sighting in spot.sightings] == [("bottom", FrameId("cam1", 1, 1))]
    assert told[0].defects == ()


def test_a_blind_view_makes_the_piece_uninspected_though_the_other_one_found_a_defect(store, model):
    blind = replace(shown("cam1", 2), pixels=np.full((HEIGHT, WIDTH), 80, np.uint8))
    readings = {
        "cam0": [shown("cam0", n, spots=[(20, 50)] if n == 2 else ()) for n in range(1, 4)],
        "cam1": [shown("cam1", 1), blind, shown("cam1", 3)],
    }
    told = [each.decision for each in decided(store, model, two_sides(), readings, BOTH)]
    assert [d.verdict.value[0] for d in told] == ["a", "u", "a"]
    assert told[1].reasons[0].view == "bottom"
    assert any(reason.rule.startswith("limit.") for reason in told[1].reasons), "what was found is told all the same"


def test_each_sheet_has_one_decision_with_its_own_id_whatever_frames_it_lies_on(store, model):
    """A spot in the third sheet, and the second one told twice."""
    readings = [shown("cam0", n, spots=[(20, 50)] if n == 10 else ()) for n in range(1, 18)]
    with capture_logs() as lines:
        told = sheets_of(store, model, readings, begin_at=(1, 5, 9, 13), told_again=[(2, 6)])
    assert [d.piece.piece_id for d in told] == ["sheet 1", "sheet 2", "sheet 3", "sheet 4"][: len(told)]
    assert len(told) >= 3
    assert [d.piece.start_mm for d in told[:3]] == pytest.approx([LENGTH_MM, 5 * LENGTH_MM, 9 * LENGTH_MM])
    assert [d.verdict.value[0] for d in told[:3]] == ["a", "a", "r"]
    (spot,) = told[2].defects
    assert [sighting.frame.number for sighting in spot.sightings] == [10], "its box lies in that frame"
    assert [each.frame.number for each in told[1].view_frames] == [5, 6, 7, 8]
    twice = [line for line in lines if line["event"] == "the line told of a sheet twice"]
    assert [(line["log_level"], line["frame"], line["count"]) for line in twice] == [("warning", "cam0/1/6", 1)]


def test_a_lost_frame_makes_the_sheet_uninspected_that_it_lies_on(store, model):
    readings = [lost("cam0", n) if n == 7 else shown("cam0", n) for n in range(18)]
    told = sheets_of(store, model, readings, origin="pitch")
    assert [d.verdict.value[0] for d in told] == ["a", "u", "a", "a"]
    assert [reason.rule for reason in told[1].reasons] == ["lost.dropped"]


def test_while_the_leading_camera_is_gone_each_sheet_that_the_line_tells_of_is_uninspected_by_its_own_id(store, model):
    readings = [lost("cam0", n, is_placed=False) if 6 <= n < 15 else shown("cam0", n) for n in range(1, 25)]
    told = sheets_of(store, model, readings, begin_at=(1, 5, 9, 13, 17))
    assert [(d.piece.piece_id, d.verdict.value[0]) for d in told[:4]] == [
        ("sheet 1", "a"),
        ("sheet 2", "u"),
        ("sheet 3", "u"),
        ("sheet 4", "u"),
    ]
    assert {d.reasons[0].rule for d in told[1:4]} == {"lost.dropped"}
    assert told[4].piece.piece_id == "sheet 5"
    assert told[4].verdict is Verdict.ACCEPT
