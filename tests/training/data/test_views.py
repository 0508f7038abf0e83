"""Data sets whose images are of several views: what learns one light takes one of them, and no mixture unasked."""

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from training.cli import app
from training.data import read_data_set
from training.data.dataset import all_items, content_digest, good_items, kinds_in
from training.data.survey import survey
from training.data.views import of_views
from training.errors import DataError
from training.family import family_of, own_family
from training.fitting.fit_settings import FitSettings, read_fit_settings, to_toml
from training.fitting.mode import Mode, mode_for

MODELS = Path(__file__).parents[3] / "models"
LIGHTS = ("back-light", "bright-field")


def lay(folder: Path, views: tuple[str, ...] = LIGHTS, pieces: int = 20) -> Path:
    """COCO: each piece in each view; a dent on every third one, in bright-field alone."""
    folder.mkdir()
    images, annotations = [], []
    for piece in range(pieces):
        for view in views:
            number = len(images) + 1
            name = f"{piece:02d}-{view}.png"
            rng = np.random.default_rng(number)
            cv2.imwrite(str(folder / name), rng.integers(90, 110, (64, 96), np.uint8))
            told = {"id": number, "file_name": name, "width": 96, "height": 64, "roll": f"R-{piece % 5}"}
            images.append(told | ({"view": view} if view else {}))
            if piece % 3 == 0 and view != "back-light":
                box = {"image_id": number, "category_id": 1, "bbox": [10, 10, 12, 9]}
                annotations.append(box | {"id": len(annotations) + 1})
    truth = {"images": images, "categories": [{"id": 1, "name": "dent"}], "annotations": annotations}
    (folder / "truth.json").write_text(json.dumps(truth))
    return folder


def test_a_view_is_chosen_with_its_own_kinds(tmp_path):
    folder = lay(tmp_path / "both")
    data_set = read_data_set(folder)
    assert survey(data_set).views == {"back-light": 20, "bright-field": 20}
    bright, back = (of_views(data_set, [view]) for view in ("bright-field", "back-light"))
    assert ({item.view for item in bright.items}, bright.kinds) == ({"bright-field"}, ("dent",))
    assert ({item.view for item in back.items}, back.kinds) == ({"back-light"}, ())
    assert len(of_views(data_set, LIGHTS).items) == 40
    assert kinds_in([folder], ["back-light"]) == ()
    assert (mode_for([folder], ["back-light"]), mode_for([folder], ["bright-field"])) == (
        Mode.GOOD_ONLY,
        Mode.SUPERVISED,
    )


def test_frames_of_a_roll_stay_in_one_part_whichever_views_are_taken(tmp_path):
    folder = lay(tmp_path / "both")
    parts = {}
    for item in all_items([folder], own_family(["dent"]), LIGHTS):
        parts.setdefault(item.group, set()).add(item.split)
    assert set().union(*parts.values()) == {"train"}
    assert 0 < len(parts) < 5, "whole rolls are kept for validation, with both views"


def test_a_mixture_is_refused_wherever_a_fit_reads_it(tmp_path):
    folder = lay(tmp_path / "both")
    for read in (
        lambda: kinds_in([folder]),
        lambda: mode_for([folder]),
        lambda: good_items([folder]),
        lambda: all_items([folder], own_family(["dent"])),
    ):
        with pytest.raises(DataError, match=r"mixes views, back-light \(20 images\), bright-field \(20 images\)"):
            read()
    assert good_items([folder], ["back-light"]).train


def test_a_family_of_both_lights_takes_both_and_none_that_it_does_not_know(tmp_path):
    separator, electrode = family_of("separator"), family_of("electrode")
    both = read_data_set(lay(tmp_path / "both"))
    assert of_views(both, (), separator.views) is both
    with pytest.raises(DataError, match="images in back-light, and the model is one for bright-field"):
        of_views(both, (), electrode.views)
    with pytest.raises(DataError, match="in back-light"):
        of_views(both, ["back-light"], electrode.views)
    named = read_data_set(lay(tmp_path / "named", ("top", "bottom")))
    with pytest.raises(DataError, match="mixes views"):
        of_views(named, (), electrode.views)
    assert len(of_views(named, ["top", "bottom"], electrode.views).items) == 40, "lit alike, as somebody says"
    alone = read_data_set(lay(tmp_path / "alone", ("",)))
    assert of_views(alone, (), electrode.views) is alone
    with pytest.raises(DataError, match="do not say which view"):
        of_views(alone, ["top"])


def test_another_choice_of_views_is_another_content(tmp_path):
    folders = [lay(tmp_path / "both")]
    digests = {content_digest(folders, views) for views in ((), ("back-light",), ("bright-field",), LIGHTS)}
    assert len(digests) == 4


def test_a_table_of_groups_may_say_the_views_of_images_in_folders(tmp_path):
    for name in ("good/1.png", "good/2.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / name), np.full((32, 32), 90 + int(name[5]), np.uint8))
    with (tmp_path / "groups.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("image", "group", "view"), ("good/1.png", "A", "top"), ("good/2.png", "A", "")])
    data_set = read_data_set(tmp_path)
    assert [(item.group, item.view) for item in data_set.items] == [("A", "top"), ("A", "")]
    with (tmp_path / "groups.csv").open("a") as file:
        file.write("good/1.png,A,bottom\n")
    (problem,) = read_data_set(tmp_path).problems
    assert "'bottom' and 'top'" in problem.what


def test_the_view_of_a_fit_is_an_option_and_stands_in_its_settings(tmp_path):
    settings, _ = read_fit_settings(None, {"data": (tmp_path,), "view": ("top",), "out": tmp_path / "run"})
    assert settings.view == ("top",)
    assert 'view = ["top"]' in to_toml(settings)
    with pytest.raises(ValueError, match="Give --view with --data"):
        FitSettings(material="electrode", simulated=True, steps=1, view=("bright-field",))


def test_a_model_of_one_light_is_judged_by_images_of_one_view(tmp_path):
    folder = lay(tmp_path / "named", ("top", "bottom"), 3)
    words = ["evaluate", str(MODELS / "electrode-1.2.0"), str(folder), "--json"]
    with pytest.raises(DataError, match="mixes views"):
        CliRunner().invoke(app, words, catch_exceptions=False)
    told = CliRunner().invoke(app, [*words, "--view", "bottom"], catch_exceptions=False)
    assert told.exit_code == 0
    with pytest.raises(DataError, match="simulated web is lit in bright-field"):
        CliRunner().invoke(app, ["evaluate", "--simulated", "--view", "top"], catch_exceptions=False)
