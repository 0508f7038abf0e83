"""What the network hears of a piece that several cameras see; what it heard before means what it meant."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from inspection.api.wire import EXAMPLE_DECISION
from inspection.api.wire_decisions import decision_out
from inspection.recipe.recipe import default_recipe
from inspection.station.feed import Publication
from inspection.station.places import PlaceSettings
from inspection.station.status import place_status
from inspection.values import Fate, Light, Reason, Side, Verdict
from inspection.vision.overlay import draw_overlay
from tests.support.api_rig import FRAMES, is_problem
from tests.support.patience import until
from tests.support.rig import decision, frame
from tests.support.views import BACK_LIGHT_MODEL, below, of_two_views

FIRST, LAST = FRAMES + 1, FRAMES + 5


@pytest.fixture(scope="module")
def pieces(station):
    """Behind the station's own decisions, some that two cameras saw, with the frames that there are."""
    made = [of_two_views(sequence) for sequence in range(FIRST, LAST + 1)]
    leading, other, lost = made[1].view_frames
    # Two frames of one camera: the second shows more of the piece.
    made[1] = replace(
        made[1], view_frames=(leading, replace(other, frame=below(77), start_mm=other.start_mm - 30.0), other, lost)
    )
    made[2] = replace(made[2], piece=replace(made[2].piece, lane=2))
    station.store.append(made)
    told = []
    for each in made:
        names = [seen.frame for seen in each.view_frames if seen.outcome is Fate.SEEN]
        frames = {name: frame(name.number, camera=name.camera, run=name.run) for name in names}
        told.append(Publication(each, frames.get(each.piece.frame), frames))
    told[3] = Publication(made[3], None, {below(made[3].piece.number + 10): frame(1)})
    saved = station.archive.counters["saved"]
    for each in told:  # one by one: what comes faster than the disk is dropped
        saved += len(each.frames)
        station.archive.take([each])
        until(lambda wanted=saved: station.archive.counters["saved"] >= wanted)
    return made


def pixels(answer):
    assert answer.headers["content-type"] == "image/png", answer.text
    return cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_UNCHANGED)


def test_a_decision_tells_its_piece_its_views_and_what_each_saw(client, pieces):
    told = client.get(f"/v1/decisions/{FIRST}").json()
    assert told["piece"] == {"number": FIRST, "cut": "block", "lane": None}
    names = ("view", "camera", "run", "number", "fate", "has_image")
    assert [tuple(view[name] for name in names) for view in told["views"]] == [
        ("bright-field", "above", 1, FIRST, "seen", True),
        ("back-light", "below", 2, FIRST + 10, "seen", True),
        ("back-light", "below", 2, FIRST + 1000, "lost", False),
    ]
    assert told["models"]["back-light"] == {
        "name": BACK_LIGHT_MODEL.name,
        "version": BACK_LIGHT_MODEL.version,
        "sha256": BACK_LIGHT_MODEL.sha256,
    }
    assert set(told["models"]) == {"bright-field", "back-light"}
    assert told["reasons"][0]["view"] == "back-light"
    hole, stain = told["defects"]
    first, second = hole["sightings"]
    assert (first["view"], first["camera"], first["kind"], first["box"]) == (
        "bright-field", "above", "E13", hole["box"],
    )  # fmt: skip
    assert (second["kind"], second["box"], second["scores"]) == ("E01", [90, 40, 110, 50], {"E01": 0.75})
    assert (second["length_mm"], second["number"]) == (1.25, FIRST + 10)
    assert [each["view"] for each in stain["sightings"]] == ["bright-field"]


def test_fields_that_were_there_before_are_of_the_leading_view(client, pieces):
    told = client.get(f"/v1/decisions/{FIRST}").json()
    assert (told["camera"], told["run"], told["number"]) == ("above", 1, FIRST)
    assert told["model"] == told["models"]["bright-field"]
    assert told["defects"][0]["box"] == [30, 10, 50, 20]
    assert told["has_image"] is True


def test_a_list_tells_the_same_but_for_what_has_become_of_the_frames(client, pieces):
    listed = decision_out(pieces[2], is_recorded=True).model_dump(mode="json")
    one = client.get(f"/v1/decisions/{FIRST + 2}").json()
    assert listed["piece"] == one["piece"] == {"number": FIRST + 2, "cut": "block", "lane": 2}
    assert listed["views"] == [{k: v for k, v in view.items() if k != "has_image"} for view in one["views"]]
    assert listed["defects"] == one["defects"]


def test_a_decision_of_one_camera_has_one_view_without_a_name(client, station):
    told = client.get("/v1/decisions/1").json()
    (view,) = told["views"]
    assert view == {
        "view": None, "camera": "cam0", "run": told["run"], "number": told["number"], "fate": "seen",
        "has_image": told["has_image"],
    }  # fmt: skip
    assert (told["models"], told["piece"]["cut"]) == ({}, "block")
    assert all(defect["sightings"] == [] for defect in told["defects"])


@pytest.mark.parametrize(
    ("verdict", "changes", "fate"),
    [
        (Verdict.ACCEPT, {}, "seen"),
        (Verdict.UNINSPECTED, {"reasons": (Reason("lost.dropped", ""),), "stage_ms": {}}, "lost"),
        (Verdict.UNINSPECTED, {"reasons": (Reason("image.black", ""),), "stage_ms": {"prepare": 1.0}}, "not_judged"),
        (Verdict.UNINSPECTED, {"reasons": (Reason("late", ""),), "stage_ms": {}}, "not_judged"),
        (Verdict.UNINSPECTED, {"reasons": (Reason("hold", ""),)}, "seen"),
    ],
)
def test_what_became_of_the_only_frame_follows_from_what_was_decided(verdict, changes, fate):
    (view,) = decision_out(decision(4, verdict, **changes), is_recorded=True).views
    assert view.fate == fate


def test_nothing_that_was_told_before_has_gone():
    before = {
        *("sequence", "epoch", "is_recorded", "camera", "run", "number", "trigger_id", "piece_id", "verdict"),
        *("verdict_code", "severity", "start_mm", "length_mm", "reasons", "defects", "dimensions", "recipe", "model"),
        *("setup_sha256", "captured_utc", "decided_utc", "latency_ms", "deadline_met", "stage_ms", "links"),
    }
    told = decision_out(of_two_views(1), is_recorded=True, epoch="5c0ffee").model_dump(mode="json")
    assert set(told) == before | {"piece", "views", "models"}
    assert set(told) == set(EXAMPLE_DECISION)


def test_each_view_has_its_image(client, pieces):
    at = f"/v1/decisions/{FIRST}/image"
    leading = pixels(client.get(at))
    np.testing.assert_array_equal(leading, frame(FIRST).pixels)
    np.testing.assert_array_equal(pixels(client.get(at, params={"view": "bright-field"})), leading)
    other = pixels(client.get(at, params={"view": "back-light"}))
    np.testing.assert_array_equal(other, frame(FIRST + 10).pixels)
    np.testing.assert_array_equal(pixels(client.get(at, params={"camera": "below"})), other)
    np.testing.assert_array_equal(pixels(client.get(f"/v1/frames/below/2/{FIRST + 10}/image")), other)


def test_of_two_frames_of_a_view_the_one_that_shows_most_of_the_piece_is_its_image(client, pieces):
    both = {"view": "back-light", "camera": "below"}
    shown = pixels(client.get(f"/v1/decisions/{FIRST + 1}/image", params=both))
    np.testing.assert_array_equal(shown, frame(FIRST + 11).pixels)
    np.testing.assert_array_equal(pixels(client.get("/v1/frames/below/2/77/image")), frame(77).pixels)


def test_an_overlay_marks_what_that_view_saw_where_it_saw_it(client, pieces):
    hole, stain = pieces[0].defects
    seen_below = replace(hole.sightings[1].defect, kind=hole.kind, severity=hole.severity)
    seen_above = (hole.sightings[0].defect, stain.sightings[0].defect)
    for view, number, seen in (("back-light", FIRST + 10, (seen_below,)), ("bright-field", FIRST, seen_above)):
        drawn = client.get(f"/v1/decisions/{FIRST}/image", params={"view": view, "overlay": True})
        expected = draw_overlay(frame(number).pixels, replace(pieces[0], defects=seen))
        np.testing.assert_array_equal(pixels(drawn), expected)


def test_a_view_that_was_not_looked_at_is_refused_with_those_there_are(client, pieces):
    problem = is_problem(client.get(f"/v1/decisions/{FIRST}/image", params={"view": "dark-field"}), 404)
    assert problem["type"] == "urn:inspection:unknown-view"
    assert "no view dark-field" in problem["detail"]
    assert "bright-field (above), back-light (below)" in problem["detail"]
    crossed = {"view": "bright-field", "camera": "below"}
    assert (
        "no view bright-field of camera below"
        in is_problem(client.get(f"/v1/decisions/{FIRST}/image", params=crossed), 404)["detail"]
    )
    single = is_problem(client.get("/v1/decisions/1/image", params={"view": "bright-field"}), 404)
    assert "camera cam0 alone" in single["detail"]
    missing = is_problem(client.get("/v1/decisions/999999/image", params={"view": "bright-field"}), 404)
    assert missing["type"] == "urn:inspection:not-found"


def test_a_frame_that_is_not_kept_says_which_one(client, pieces):
    sequence = FIRST + 3
    told = client.get(f"/v1/decisions/{sequence}").json()
    assert [view["has_image"] for view in told["views"]] == [False, True, False]
    assert told["has_image"] is False
    problem = is_problem(client.get(f"/v1/decisions/{sequence}/image"), 404)
    assert f"above/1/{sequence}" in problem["detail"]
    assert client.get(f"/v1/decisions/{sequence}/image", params={"view": "back-light"}).status_code == 200


def test_the_status_says_where_each_camera_looks(client, station):
    told = client.get("/v1/status").json()
    assert (told["places"], told["cut"]) == ({}, "block")
    recipe = default_recipe("anode", "bright-field")
    places = {
        "above": PlaceSettings(light=Light.BRIGHT_FIELD, residual_mm=0.03),
        "below": PlaceSettings(light=Light.BACK_LIGHT, side=Side.BOTTOM, along_mm=1800.0, is_mirrored=True),
    }
    found = place_status(places, recipe.views)
    assert (found["above"].view, found["above"].residual_mm) == ("bright-field", 0.03)
    assert (found["below"].view, found["below"].along_mm, found["below"].is_mirrored) == (None, 1800.0, True)
