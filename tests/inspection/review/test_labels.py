from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from pydantic import ValidationError

from camera.frame import FrameId
from inspection.archive.splitting import split_rolls
from inspection.errors import ReviewError
from inspection.review.cases import Answer, Correction, Reading, Review
from inspection.review.labels import check_places, polygon_mask, reviewed_labels, station_labels
from inspection.values import Box, Reason, Severity, Sighting, Verdict
from tests.support.rig import decision, defect
from tests.support.views import above, below, of_two_views

REJECT = decision(1, defects=(defect(), defect(kind="E14", box=Box(80, 10, 100, 20)), defect(kind="N04")))
ACCEPT = decision(2, Verdict.ACCEPT)
SMALL = decision(3, Verdict.ACCEPT, defects=(defect(kind="E14", severity=Severity.S3),))
UNINSPECTED = decision(4, Verdict.UNINSPECTED, defects=())


def review(answer, kind=None, *corrections):
    drawn = tuple(Correction.model_validate(each) for each in corrections)
    return Review(1, 1, Reading.FIRST, "ann", datetime.now(UTC), Answer(answer), kind, "", drawn, None, None)


ADDED = {"change": "added", "kind": "E09", "box_px": (2, 3, 12, 5)}


@pytest.mark.parametrize(
    ("judged", "said", "is_good", "kinds"),
    [
        (REJECT, review("confirmed"), False, ["E01", "E14", "N04"]),
        (REJECT, review("overruled"), True, ["N04"]),
        (REJECT, review("confirmed", "E13"), False, ["E13", "E14", "N04"]),
        (REJECT, review("overruled", "N02"), True, ["N02", "N04"]),
        (REJECT, review("overruled", "E21"), False, ["E21", "N04"]),
        (REJECT, review("confirmed", None, {"change": "removed", "defect": 1}), False, ["E01", "N04"]),
        (REJECT, review("confirmed", None, {"change": "relabelled", "defect": 0, "kind": "E13"}), False,
         ["E13", "E14", "N04"]),
        (REJECT, review("confirmed", None, ADDED), False, ["E01", "E14", "N04", "E09"]),
        (ACCEPT, review("confirmed"), True, []),
        (ACCEPT, review("overruled", None, ADDED), False, ["E09"]),
        (SMALL, review("confirmed"), True, ["E14"]),
        (UNINSPECTED, review("overruled"), True, []),
        (UNINSPECTED, review("confirmed", None, ADDED), False, ["E09"]),
    ],
)  # fmt: skip
def test_a_review_turns_the_stations_marks_into_labels(judged, said, is_good, kinds):
    labels = reviewed_labels(judged, said)
    assert labels.not_usable is None
    assert (labels.is_good, [mark.kind for mark in labels.marks]) == (is_good, kinds)


def test_of_what_broke_no_limit_an_answer_says_nothing():
    sure = {mark.kind: mark.is_sure for mark in reviewed_labels(REJECT, review("confirmed")).marks}
    assert sure == {"E01": True, "E14": False, "N04": True}
    relabelled = {"change": "relabelled", "defect": 1, "kind": "E13"}
    assert all(mark.is_sure for mark in reviewed_labels(REJECT, review("confirmed", None, relabelled)).marks)
    assert not reviewed_labels(SMALL, review("confirmed")).marks[0].is_sure


def test_where_nobody_knows_who_is_to_blame_an_answer_makes_no_label_sure():
    unknown = replace(REJECT, reasons=(Reason("cluster", "of an earlier version", None, 3.0, 3.0),))
    labels = reviewed_labels(unknown, review("confirmed", "E14"))
    assert {mark.kind: mark.is_sure for mark in labels.marks} == {"E01": False, "E14": False, "N04": True}
    assert "nobody drew where" in labels.not_usable


@pytest.mark.parametrize(
    ("judged", "said", "why"),
    [
        (REJECT, review("unsure"), "not sure"),
        (ACCEPT, review("overruled"), "nobody drew where"),
        (UNINSPECTED, review("confirmed", "E01"), "nobody drew where"),
        (REJECT, review("confirmed", None, {"change": "removed", "defect": 0}, {"change": "removed", "defect": 1}),
         "nobody drew where"),
    ],
)  # fmt: skip
def test_what_nobody_can_learn_from_says_why(judged, said, why):
    assert why in reviewed_labels(judged, said).not_usable


def test_a_redrawn_defect_lies_where_the_person_drew_it():
    drawn = {"change": "redrawn", "defect": 0, "polygon_px": ((10, 10), (20, 10), (20, 15), (10, 15))}
    mark = reviewed_labels(REJECT, review("confirmed", None, drawn)).marks[0]
    on_frame = mark.on((64, 128))
    assert on_frame.sum() == 50
    assert on_frame[10:15, 10:20].all()


def test_a_mask_that_reaches_back_into_the_frame_before_is_put_by_its_last_row():
    reaching = defect(box=Box(30, -5, 50, 5), mask=np.ones((5, 20), bool))
    (mark,) = station_labels(replace(REJECT, defects=(reaching,))).marks
    assert mark.on((64, 128))[0:5, 30:50].all()
    assert mark.on((64, 128)).sum() == 100


def test_a_frame_is_labelled_with_what_it_shows_itself_and_not_with_what_another_view_does():
    told = of_two_views(7)
    hole, stain = told.defects
    below_first = replace(hole, box=hole.sightings[1].defect.box, sightings=hole.sightings[::-1])
    elsewhere = replace(below_first, sightings=below_first.sightings[:1])
    (mark, _) = station_labels(replace(told, defects=(below_first, stain))).marks
    assert (mark.kind, mark.left_px, mark.top_px) == (hole.kind, hole.box.left, hole.box.top)
    assert [mark.kind for mark in station_labels(replace(told, defects=(elsewhere, stain))).marks] == [stain.kind]
    only_below = replace(told, defects=(elsewhere,), reasons=(replace(told.reasons[0], defects=(0,)),))
    above_it = reviewed_labels(only_below, review("confirmed"))
    assert (above_it.is_good, above_it.marks, above_it.not_usable) == (True, (), None)
    (mark,) = reviewed_labels(only_below, review("confirmed"), below(17)).marks
    assert (mark.kind, mark.left_px, mark.top_px, mark.is_sure) == (hole.kind, 90, 40, True)


def test_what_is_bad_in_no_frame_at_all_can_be_learnt_from_in_none():
    told = replace(of_two_views(7), reasons=())
    for frame in (above(7), below(17)):
        assert "nobody drew where" in reviewed_labels(told, review("confirmed"), frame).not_usable


def test_an_object_that_a_camera_saw_in_two_parts_is_labelled_in_both():
    told = of_two_views(7)
    hole = told.defects[0]
    second = replace(hole.sightings[1], defect=replace(hole.sightings[1].defect, box=Box(10, 50, 20, 60)))
    broken = replace(hole, sightings=(*hole.sightings, second))
    marks = reviewed_labels(replace(told, defects=(broken,)), review("confirmed"), below(17)).marks
    assert [(mark.left_px, mark.top_px) for mark in marks] == [(90, 40), (10, 50)]


DRAWN_BELOW = {"change": "added", "kind": "E09", "box_px": (2, 3, 12, 5), "view": 1}
IN_BOTH = DRAWN_BELOW | {"elsewhere": ({"box_px": (60, 3, 70, 5), "view": 0},)}


@pytest.mark.parametrize(
    ("drawn", "own", "other"),
    [
        (DRAWN_BELOW | {"view": None}, [(2, 3)], []),
        (DRAWN_BELOW | {"view": 0}, [(2, 3)], []),
        (DRAWN_BELOW, [], [(2, 3)]),
        (IN_BOTH, [(60, 3)], [(2, 3)]),
    ],
    ids=["no view named", "the leading one", "another one", "both"],
)  # fmt: skip
def test_a_missed_object_is_labelled_in_the_frames_that_it_was_drawn_in(drawn, own, other):
    judged = replace(of_two_views(7, Verdict.ACCEPT), defects=())
    said = review("overruled", None, drawn)
    for frame, expected in ((above(7), own), (below(17), other)):
        labels = reviewed_labels(judged, said, frame)
        assert [(mark.left_px, mark.top_px) for mark in labels.marks] == expected
        assert (labels.is_good, labels.not_usable) == (not expected, None)


def test_an_object_redrawn_in_one_view_stays_what_it_was_in_the_other():
    redrawn = {"change": "redrawn", "defect": 0, "kind": "E14", "box_px": (2, 3, 12, 5), "view": 1}
    told, said = of_two_views(7), review("confirmed", None, redrawn)
    (here, _), (there,) = (reviewed_labels(told, said, frame).marks for frame in (above(7), below(17)))
    assert (here.kind, here.left_px, here.top_px) == ("E14", 30, 10)
    assert (there.kind, there.left_px, there.top_px) == ("E14", 2, 3)
    gone = review("confirmed", None, {"change": "removed", "defect": 0}, ADDED)
    assert [mark.kind for mark in reviewed_labels(told, gone, below(17)).marks] == []


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"change": "removed", "defect": 0, "view": 1}, "nothing is"),
        (ADDED | {"elsewhere": ({"view": 1},)}, "each needs a box"),
        (ADDED | {"elsewhere": ({"box_px": (1, 1, 2, 2)},)}, "a frame of its own"),
        (ADDED | {"view": -1}, "greater than or equal to 0"),
    ],
)
def test_a_correction_that_is_drawn_nowhere_or_twice_is_refused(told, says):
    with pytest.raises(ValidationError, match=says):
        Correction.model_validate(told)


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (ADDED | {"view": 3}, "judged on 3 frames"),
        (ADDED | {"view": 2}, "was lost"),
        (ADDED | {"elsewhere": ({"box_px": (1, 1, 2, 2), "view": 0},)}, "twice in one frame"),
        ({"change": "removed", "defect": 2}, "it has 2"),
    ],
)
def test_a_correction_about_what_its_decision_does_not_have_is_refused(told, says):
    with pytest.raises(ReviewError, match=says):
        check_places(of_two_views(7), [Correction.model_validate(told)])
    check_places(of_two_views(7), [Correction.model_validate(IN_BOTH)])
    with pytest.raises(ReviewError, match="judged on 0 frames"):
        check_places(REJECT, [Correction.model_validate(DRAWN_BELOW)])


def test_an_outline_covers_the_pixels_whose_centres_it_holds():
    top, left, mask = polygon_mask(((0.0, 0.0), (4.0, 0.0), (0.0, 4.0)))
    assert (top, left) == (0, 0)
    assert mask.astype(int).tolist() == [[1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]
    for tiny in (((3.1, 3.1), (3.3, 3.1), (3.2, 3.3)), ((3.0, 3.0), (3.0, 3.0), (3.0, 3.0))):
        assert polygon_mask(tiny)[2].sum() == 1


def test_rolls_are_dealt_whole_and_keep_their_part():
    frames = {f"R-{n}": 10 + n for n in range(20)}
    dealt = split_rolls(frames)
    sizes = {part: sum(frames[roll] for roll in dealt if dealt[roll] == part) for part in set(dealt.values())}
    assert sizes["train"] / sum(frames.values()) == pytest.approx(0.7, abs=0.06)
    assert set(sizes) == {"train", "validation", "test"}
    later = split_rolls(frames | {"R-new": 500}, known=dealt)
    assert {roll: later[roll] for roll in frames} == dealt
    assert split_rolls({"only": 3}) == {"only": "train"}


def test_of_several_views_a_label_lies_where_the_decisions_own_frame_shows_the_object():
    """What another camera alone saw has no place on this frame, unless a reader draws it there."""
    mine, beyond = defect(box=Box(30, 10, 50, 20)), defect(kind="E14", box=Box(90, 40, 110, 50))
    own, other = FrameId("cam0", 1, 1), FrameId("cam1", 1, 8)
    both = replace(beyond, kind="E09", sightings=(Sighting("back", other, beyond), Sighting("front", own, mine)))
    alone = replace(beyond, sightings=(Sighting("back", other, beyond),))
    judged = decision(1, defects=(both, alone))
    assert judged.piece.frame == own
    for labels in (reviewed_labels(judged, review("confirmed")), station_labels(judged)):
        assert [(mark.kind, mark.left_px, mark.top_px) for mark in labels.marks] == [("E09", 30, 10)]
    redrawn = review("confirmed", None, {"change": "redrawn", "defect": 1, "box_px": (2, 3, 12, 5)})
    marks = reviewed_labels(judged, redrawn).marks
    assert [(mark.kind, mark.left_px, mark.top_px) for mark in marks] == [("E09", 30, 10), ("E14", 2, 3)]
    gone = review("confirmed", None, {"change": "removed", "defect": 1})
    assert [mark.kind for mark in reviewed_labels(judged, gone).marks] == ["E09"]
