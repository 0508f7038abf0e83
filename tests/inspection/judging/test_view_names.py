"""A name from all views: it parts what one view mixes up, and never decides over accept or reject."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camera.frame import FrameId
from inspection.judging.naming import rejects
from inspection.judging.sight import PieceInHand
from inspection.pipeline import conclude
from inspection.recipe.recipe import Recipe, recipe_path
from inspection.values import Piece, Verdict
from tests.support.names_cards import KINDS, view_names
from tests.support.sightings import seen, sight

RECIPE = Recipe.load(recipe_path("separator"))
BRIGHT, BACK = RECIPE.views
SHINES = {"S01": 20.0, "S07": -20.0}
"""What is brighter against the light is a hole, what is darker metal."""


def judged(*sights, names=None):
    piece = Piece(FrameId(BRIGHT, 1, 1), 0.0, 50.0, number=1)
    (judgement,), _ = conclude(PieceInHand((piece,), sights), RECIPE, {}, names)
    return judgement


def named(*objects, names):
    (defect,) = judged(*(sight(view, *(o for o in objects if o.sighting.view == view)) for view in (BRIGHT, BACK)),
                       names=names).defects  # fmt: skip
    return defect


@pytest.mark.parametrize(("contrast_percent", "kind"), [(120.0, "S01"), (-80.0, "S07")])
def test_a_hole_and_metal_that_one_view_mixes_up_are_told_apart_by_the_other(contrast_percent, kind):
    both = (
        seen(BRIGHT, "S07", 10.0, 20.0, scores={"S07": 0.6, "S01": 0.5}),
        seen(BACK, "S01", 10.0, 20.0, scores={"S01": 0.6, "S07": 0.5}, contrast_percent=contrast_percent),
    )
    defect = named(*both, names=view_names(contrast=SHINES))
    assert defect.kind == kind
    assert defect.severity is RECIPE.limits[kind].severity
    assert {s.view: s.defect.kind for s in defect.sightings} == {BRIGHT: "S07", BACK: "S01"}, "each view's own word"


def test_without_a_classifier_the_gravest_name_stands():
    both = seen(BRIGHT, "S04", 10.0, 20.0, 3.0), seen(BACK, "S07", 10.0, 20.0, 3.0)
    assert named(*both, names=None).kind == "S07"


def test_a_view_that_saw_nothing_there_says_something_too():
    names = view_names(contrast=SHINES)
    alone = named(seen(BRIGHT, "S07", 10.0, 20.0), names=names)
    assert alone.kind in ("S01", "S07")
    chances = names.probabilities([alone.sightings[0]])
    assert sum(chances.values()) == pytest.approx(1.0)
    assert chances["S01"] == pytest.approx(chances["S07"]), "what a view did not see has no contrast to weigh"


def test_a_grave_name_is_given_up_only_where_it_is_unlikely_and_only_for_one_that_rejects():
    large = seen(BRIGHT, "S07", 10.0, 20.0, 3.0)
    small = seen(BRIGHT, "S07", 10.0, 20.0, 0.3)
    assert named(large, names=view_names(0.0, 1.0, 0.0)).kind == "S07"
    assert named(large, names=view_names(0.0, 9.0, 0.0)).kind == "S04"
    assert named(small, names=view_names(0.0, 9.0, 0.0)).kind == "S07", "a gel of that size would pass"


def test_what_is_not_rejected_keeps_its_name():
    gel = seen(BRIGHT, "S04", 10.0, 20.0, 0.3)
    assert not rejects(gel.sighting.defect, RECIPE, 50.0)
    assert named(gel, names=view_names(9.0, 0.0, 0.0)).kind == "S04"


def test_a_kind_that_it_does_not_know_and_what_a_border_cuts_keep_their_names():
    hole = view_names(9.0, 0.0, 0.0)
    assert named(seen(BRIGHT, "S07", 10.0, 20.0), names=hole).kind == "S01"
    assert named(seen(BRIGHT, "S08", 10.0, 20.0), names=hole).kind == "S08"
    assert named(seen(BRIGHT, "S07", 10.0, 20.0, is_cut=True), names=hole).kind == "S07"
    assert named(seen(BRIGHT, "S07", 10.0, 20.0, reaches_leading_edge=True), names=hole).kind == "S07"


def test_where_a_view_did_not_see_the_place_the_gravest_name_stands():
    hole = view_names(9.0, 0.0, 0.0)
    metal = seen(BRIGHT, "S07", 10.0, 20.0)
    assert judged(sight(BRIGHT, metal), sight(BACK), names=hole).defects[0].kind == "S01"
    assert judged(sight(BRIGHT, metal), sight(BACK, span=(0.0, 10.2)), names=hole).defects[0].kind == "S07"
    assert judged(sight(BRIGHT, metal), names=hole).defects[0].kind == "S07"


def test_a_streak_that_another_view_takes_for_a_spot_has_no_scores_of_spots():
    both = seen(BRIGHT, "S07", 10.0, 20.0), seen(BACK, "S09", 10.0, 20.0, scores={"S09": 0.9, "S12": 0.3})
    assert named(*both, names=view_names(9.0, 0.0, 0.0)).kind == "S01"


PLACES = st.tuples(
    st.sampled_from((*KINDS, "S02", "S08", "S09", "N02")),
    st.floats(5.0, 9.0),
    st.floats(45.0, 50.0),
    st.floats(0.05, 3.0),
)


@given(st.lists(PLACES, max_size=5), st.lists(PLACES, max_size=5), st.tuples(*[st.floats(-9.0, 9.0)] * 3))
@settings(max_examples=60, deadline=None)
def test_no_verdict_depends_on_it(bright, back, bias):
    sights = [
        sight(view, *(seen(view, *place) for place in places)) for view, places in ((BRIGHT, bright), (BACK, back))
    ]
    plain, better = judged(*sights), judged(*sights, names=view_names(*bias))
    assert plain.verdict is better.verdict
    assert len(plain.defects) == len(better.defects)
    if plain.verdict is Verdict.ACCEPT:
        assert plain.defects == better.defects
