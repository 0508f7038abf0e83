"""What the demo's line is made of, and what its station is told of it."""

from itertools import pairwise
from pathlib import Path

import pytest

from camera.errors import SettingsError
from camera.simulated.simulated_camera import Fault
from camera.web import Material, View
from inspection.cli.demo_faults import FaultChoice
from inspection.cli.demo_line import Wishes, plan_line
from inspection.errors import RecipeError
from inspection.recipe.recipe import default_recipe_path
from inspection.values import Cut, Light

MODELS = Path(__file__).resolve().parents[3] / "models"
BOTH = (View.BRIGHT_FIELD, View.BACK_LIGHT)


def planned(tmp_path, **wishes):
    return plan_line(Wishes(**wishes), MODELS, tmp_path / "state")


def test_one_camera_is_told_nothing_of_places_and_judged_by_the_shipped_recipe(tmp_path):
    line = planned(tmp_path)
    assert (line.places, line.told_places, line.cameras) == ((), {}, 1)
    assert line.recipe_file == str(default_recipe_path("anode", "bright-field"))
    assert (line.web.width_px, line.web.left_mm, line.web.seed) == (2048, 0.0, 5_000_000)


def test_two_lights_look_at_one_web_through_the_recipe_that_has_both(tmp_path):
    line = planned(tmp_path, material=Material.SEPARATOR, views=BOTH, way_mm=400.0)
    assert list(line.recipe.views) == ["bright-field", "back-light"]
    told = line.told_places
    assert [(place.light, place.along_mm >= 400.0) for place in told.values()] == [
        (Light.BRIGHT_FIELD, False),
        (Light.BACK_LIGHT, True),
    ]
    assert len(line.views) == 2
    assert {web.seed for web in line.views} == {line.web.seed}


def test_cameras_side_by_side_cover_the_web_with_an_overlap(tmp_path):
    line = planned(tmp_path, cameras=3)
    fields = [(place.across_mm, place.across_mm + line.camera_px * 0.05) for place in line.places]
    assert all(0.5 < one[1] - other[0] < 2.0 for one, other in pairwise(fields))
    assert fields[-1][1] <= line.web.width_px * 0.05
    assert line.cameras == 3


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["L1", "L2", "L5", "L7", "L8"])
def test_lanes_of_a_layout_lie_in_the_sight_of_every_view(tmp_path, layout):
    material = {"L1": Material.CATHODE, "L8": Material.SEPARATOR}.get(layout, Material.ANODE)
    views = BOTH if material is Material.SEPARATOR else BOTH[:1]
    line = planned(tmp_path, material=material, views=views, layout=layout, cameras=2, cut=Cut.LANE)
    assert line.recipe.layout.lanes
    for view in views:
        seeing = [place for place in line.places if place.view is view]
        left, right = seeing[0].across_mm, seeing[-1].across_mm + line.camera_px * 0.05
        assert all(left <= lane.left_mm < lane.right_mm <= right for lane in line.recipe.layout.lanes)
    assert line.recipe.name.startswith("demo-")


def test_a_recipe_of_the_demo_is_written_only_when_the_line_starts(tmp_path):
    line = planned(tmp_path, cut=Cut.LANE)
    assert not Path(line.recipe_file).exists()
    line.write_recipe()
    assert Path(line.recipe_file).read_text().count("[[layout.lanes]]") == len(line.recipe.layout.lanes) == 2


def test_views_without_a_recipe_and_twice_the_same_one_are_refused_in_words(tmp_path):
    with pytest.raises(RecipeError, match="separator in bright-field,back-light"):
        planned(tmp_path, views=BOTH)
    with pytest.raises(SettingsError, match="each view once"):
        planned(tmp_path, material=Material.SEPARATOR, views=(View.BACK_LIGHT, View.BACK_LIGHT))


def test_a_fault_befalls_all_cameras_or_the_one_that_is_named():
    assert FaultChoice.parse("stand", 2) == FaultChoice(Fault.STAND, None)
    assert FaultChoice.parse("drop:cam1", 2) == FaultChoice(Fault.DROP, 1)
    for told, words in (("melt", "there is no fault 'melt'"), ("drop:cam2", "cam0, cam1"), ("drop:left", "'left'")):
        with pytest.raises(SettingsError, match=words):
            FaultChoice.parse(told, 2)
