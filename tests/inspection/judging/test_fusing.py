"""What several cameras saw of one object becomes one object, and never less than one of them alone would reject."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camera.frame import FrameId
from inspection.judging.decide import decide
from inspection.judging.fusing import alone, fuse
from inspection.judging.naming import rejects
from inspection.judging.sight import PieceInHand, Unseen
from inspection.pipeline import conclude
from inspection.recipe.recipe import Recipe, recipe_path
from inspection.values import Piece, Reason, Span, Verdict
from inspection.vision.placement import Across
from tests.support.sightings import PITCH_MM, seen, sight

RECIPE = Recipe.load(recipe_path("separator"))
BRIGHT, BACK = RECIPE.views
PIECE = Piece(FrameId(BRIGHT, 1, 1), 0.0, 50.0, number=1)


def fused(*objects, recipe=RECIPE, covers=lambda view, rect: True):
    by_camera = {}
    for each in objects:
        by_camera.setdefault(each.sighting.frame.camera, []).append(each)
    return fuse(by_camera, recipe, Span(0.0, 50.0), covers)


def judged(*sights, recipe=RECIPE, missing=(), names=None):
    (judgement,), _ = conclude(PieceInHand((PIECE,), sights, missing), recipe, {}, names)
    return judgement


def clearing(kind, *views):
    changed = RECIPE.fusing.model_copy(update={"clears": {kind: views}})
    return RECIPE.model_copy(update={"fusing": changed})


@pytest.mark.parametrize(("off_mm", "objects"), [(0.0, 1), (0.3, 1), (0.9, 1), (1.1, 2)])
def test_sightings_within_the_tolerance_are_one_object(off_mm, objects):
    """Half a millimetre wide, and half a millimetre of tolerance."""
    found = fused(seen(BRIGHT, "S07", 10.0, 20.0), seen(BACK, "S07", 10.0, 20.0 + off_mm))
    assert len(found) == objects
    assert sum(len(each.defect.sightings) for each in found) == 2


def test_each_object_is_matched_with_its_nearest_and_with_no_other():
    found = fused(
        seen(BRIGHT, "S07", 10.0, 20.0), seen(BRIGHT, "S07", 10.0, 20.8), seen(BACK, "S07", 10.0, 21.5, camera="b")
    )
    assert [len(each.defect.sightings) for each in found] == [1, 2]


def test_many_objects_close_together_stay_as_many():
    """Two views that see twenty each, a little aside, nearer to each other than the tolerance is wide."""
    places = [(10.0 + 0.4 * row, 20.0 + 0.4 * column) for row in range(4) for column in range(5)]
    both = [seen(view, "S01", along, across + off, 0.1) for view, off in ((BRIGHT, 0.0), (BACK, 0.15))
            for along, across in places]  # fmt: skip
    found = fused(*both)
    assert len(found) == 20
    assert {tuple(sorted(s.view for s in each.defect.sightings)) for each in found} == {(BACK, BRIGHT)}


def test_pieces_of_what_another_view_shows_whole_are_one_object():
    parts = [seen(BRIGHT, "S09", 10.0 + 2.0 * number, 20.0, 1.0, across_size_mm=0.2) for number in range(3)]
    whole = seen(BACK, "S09", 10.0, 20.0, 6.0, across_size_mm=0.2)
    (only,) = fused(*parts, whole)
    assert len(only.defect.sightings) == 4
    assert only.defect.length_mm >= 6.0 - 1e-9


def test_what_lies_beside_a_scratch_but_within_its_box_is_another_object():
    scratch = seen(BRIGHT, "S09", 10.0, 20.0, mask=np.eye(200, dtype=bool))
    aside = seen(BACK, "S01", 11.0, 28.0, 0.2)
    upon = seen(BACK, "S09", 15.0, 25.0, 0.2)
    assert len(fused(scratch, aside)) == 2
    assert len(fused(scratch, upon)) == 1


def test_a_mirrored_camera_s_mask_is_held_the_right_way_round():
    scratch = seen(BRIGHT, "S09", 10.0, 20.0, mask=np.eye(200, dtype=bool)[:, ::-1], is_mirrored=True)
    assert len(fused(scratch, seen(BACK, "S09", 15.0, 25.0, 0.2))) == 1
    assert len(fused(scratch, seen(BACK, "S09", 11.0, 28.0, 0.2))) == 2


def test_an_object_on_a_seam_is_one_with_the_sizes_of_both_parts():
    left = seen(BRIGHT, "S03", 10.0, 48.0, 1.0, across_size_mm=2.0, camera="cam0", is_cut=True)
    right = seen(BRIGHT, "S03", 10.0, 50.0, 1.0, across_size_mm=3.0, camera="cam1", is_cut=True)
    (only,) = fused(left, right)
    assert only.defect.area_mm2 == pytest.approx(5.0)
    assert only.defect.length_mm == pytest.approx(5.0, abs=2 * PITCH_MM)
    assert only.across == Across(48.0, 53.0)


def test_in_the_overlap_of_a_seam_whoever_sees_an_object_whole_knows_its_sizes():
    cut = seen(BRIGHT, "S03", 10.0, 48.0, 1.0, across_size_mm=2.0, camera="cam0", is_cut=True)
    whole = seen(BRIGHT, "S03", 10.0, 48.0, 1.0, across_size_mm=2.5, camera="cam1")
    (only,) = fused(cut, whole)
    assert only.defect.area_mm2 == pytest.approx(2.5)


def test_a_name_that_one_of_two_cameras_gives_on_a_seam_is_not_lost_for_the_larger_sighting():
    small = seen(BRIGHT, "S07", 10.0, 49.5, 0.3, camera="cam0")
    large = seen(BRIGHT, "S04", 10.0, 49.5, 0.4, camera="cam1")
    assert rejects(small.sighting.defect, RECIPE, 50.0)
    assert not rejects(large.sighting.defect, RECIPE, 50.0)
    (only,) = fused(small, large)
    assert rejects(only.defect, RECIPE, 50.0)


def test_tape_and_a_defect_at_one_place_stay_two():
    assert len(fused(seen(BRIGHT, "N02", 10.0, 20.0, 5.0), seen(BACK, "S01", 12.0, 22.0, 0.3))) == 2


def test_what_one_view_alone_saw_rejects_though_the_other_saw_its_place():
    found = judged(sight(BRIGHT), sight(BACK, seen(BACK, "S01", 10.0, 20.0)))
    assert found.verdict is Verdict.REJECT
    assert [s.view for s in found.defects[0].sightings] == [BACK]


def test_a_cluster_that_one_view_sees_rejects_though_the_other_sees_one_object_there():
    three = [seen(BACK, "S02", 10.0, 20.0 + number, 0.2) for number in range(3)]
    one = seen(BRIGHT, "S02", 10.1, 19.8, 0.05, across_size_mm=3.0)
    assert decide([each.sighting.defect for each in three], RECIPE, 50.0)[0] is Verdict.REJECT
    assert judged(sight(BRIGHT, one), sight(BACK)).verdict is Verdict.ACCEPT
    found = judged(sight(BRIGHT, one), sight(BACK, *three))
    assert found.verdict is Verdict.REJECT
    assert {reason.rule for reason in found.reasons} == {"cluster"}
    assert {place for reason in found.reasons for place in reason.defects} == {0}


def test_a_view_clears_what_the_recipe_lets_it_clear_and_nothing_else():
    crater = seen(BRIGHT, "S13", 10.0, 20.0, 3.0)
    assert judged(sight(BRIGHT, crater), sight(BACK)).verdict is Verdict.REJECT
    found = judged(sight(BRIGHT, crater), sight(BACK), recipe=clearing("S13", BACK))
    assert found.verdict is Verdict.ACCEPT
    assert found.defects[0].cleared_by == BACK
    assert judged(sight(BRIGHT, crater), sight(BACK), recipe=clearing("S04", BACK)).verdict is Verdict.REJECT
    agreed = judged(sight(BRIGHT, crater), sight(BACK, seen(BACK, "S13", 10.0, 20.0)), recipe=clearing("S13", BACK))
    assert agreed.verdict is Verdict.REJECT


@pytest.mark.parametrize(
    "back",
    [
        sight(BACK, span=(0.0, 12.0)),
        sight(BACK, span=(12.0, 50.0)),
        sight(BACK, across=(0.0, 21.0)),
        sight(BACK, across=(22.0, 100.0)),
        sight(BACK, storm=Reason("storm", "too many places")),
    ],
    ids=["ends in it", "begins in it", "ends beside it", "begins beside it", "storm"],
)
def test_a_view_that_did_not_see_the_whole_place_clears_nothing(back):
    crater = seen(BRIGHT, "S13", 10.0, 20.0, 3.0)
    found = judged(sight(BRIGHT, crater), back, recipe=clearing("S13", BACK))
    assert found.verdict is Verdict.REJECT
    assert found.defects[0].cleared_by is None


def test_a_view_with_a_hole_in_what_it_saw_clears_nothing():
    crater = seen(BRIGHT, "S13", 10.0, 20.0, 3.0)
    first, second = sight(BACK, span=(0.0, 11.0)), sight(BACK, span=(12.0, 50.0))
    second = replace(second, frame_id=replace(second.frame_id, number=2))
    recipe = clearing("S13", BACK)
    strict = recipe.views[BACK].image.model_copy(update={"max_encoder_gap_mm": 0.5})
    views = recipe.views | {BACK: recipe.views[BACK].model_copy(update={"image": strict})}
    recipe = recipe.model_copy(update={"views": views})
    assert judged(sight(BRIGHT, crater), first, second, recipe=recipe).defects[0].cleared_by is None
    joined = replace(second, span=Span(11.0, 50.0))
    assert judged(sight(BRIGHT, crater), first, joined, recipe=recipe).defects[0].cleared_by == BACK


def test_a_view_of_which_a_part_is_missing_clears_nothing():
    crater = seen(BRIGHT, "S13", 10.0, 20.0, 3.0)
    gone = Unseen(Reason("view.missing", "not shown", view=BACK))
    found = judged(sight(BRIGHT, crater), sight(BACK), recipe=clearing("S13", BACK), missing=(gone,))
    assert found.verdict is Verdict.UNINSPECTED
    assert found.defects[0].cleared_by is None


KINDS = ("S01", "S02", "S03", "S04", "S06", "S07", "S08", "S09", "S11", "S13", "N02")
SEEN = st.builds(
    seen,
    st.just(BRIGHT),
    st.sampled_from(KINDS),
    st.floats(5.0, 12.0),
    st.floats(45.0, 53.0),
    st.floats(0.05, 3.0),
    across_size_mm=st.floats(0.05, 3.0),
    score=st.floats(0.2, 1.0),
    contrast_percent=st.sampled_from([-40.0, -5.0, 5.0, 60.0]),
    is_cut=st.booleans(),
    reaches_leading_edge=st.booleans(),
)
CAMERAS = {"cam0": BRIGHT, "cam1": BRIGHT, "cam2": BACK}


def of_camera(each, camera):
    sighting = replace(each.sighting, view=CAMERAS[camera], frame=FrameId(camera, 1, 1))
    return replace(each, sighting=sighting)


@given(st.dictionaries(st.sampled_from(sorted(CAMERAS)), st.lists(SEEN, max_size=6), min_size=2))
@settings(max_examples=60, deadline=None)
def test_nothing_is_accepted_that_one_camera_alone_would_reject(found):
    """Whatever else was seen, and wherever."""
    by_camera = {camera: [of_camera(each, camera) for each in objects] for camera, objects in found.items()}
    sights = [sight(CAMERAS[camera], *objects, camera=camera) for camera, objects in by_camera.items()]
    verdict = judged(*sights).verdict
    is_whole = {CAMERAS[camera] for camera in found} == {BRIGHT, BACK}
    assert (verdict is Verdict.UNINSPECTED) != is_whole, "a view that shows nothing at all"
    for objects in by_camera.values():
        own = [alone(each, PIECE.span).defect for each in objects]
        if decide(own, RECIPE, 50.0)[0] is Verdict.REJECT:
            assert verdict is (Verdict.REJECT if is_whole else Verdict.UNINSPECTED)
    if all(decide([each.sighting.defect], RECIPE, 50.0)[0] is Verdict.ACCEPT for o in by_camera.values() for each in o):
        fused_alone = fuse(by_camera, RECIPE, PIECE.span, lambda view, rect: True)
        assert len(fused_alone) <= sum(map(len, by_camera.values()))


@given(st.lists(SEEN, max_size=8), st.lists(SEEN, max_size=8))
@settings(max_examples=40, deadline=None)
def test_every_sighting_is_in_one_object_and_in_no_other(bright, back):
    bright = [of_camera(each, "cam0") for each in bright]
    back = [of_camera(each, "cam2") for each in back]
    told = [s for each in fused(*bright, *back) for s in each.defect.sightings]
    marks = [(s.frame.camera, s.defect.box) for s in told]
    wanted = {(each.sighting.frame.camera, each.sighting.defect.box) for each in (*bright, *back)}
    assert set(marks) == wanted
