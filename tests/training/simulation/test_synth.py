"""`training synth`: what it writes, whole or not at all."""

import json
import resource

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from camera.errors import SettingsError
from camera.web import PRESETS, Material, PlantingRate, SimulatedWeb, View, WebSettings
from training.cli import _codes
from training.data.coco import TRUTH
from training.data.dataset import TABLE, Truth
from training.data.run_lengths import decode_mask
from training.errors import DataError
from training.simulation.synth import synthesise

VIEWS = (View.BRIGHT_FIELD, View.BACK_LIGHT)
KINDS = ("S01", "S07")


def make(folder, **changes):
    wanted = {
        "material": Material.SEPARATOR,
        "view": VIEWS,
        "severity": PlantingRate.DENSE,
        "kinds": KINDS,
        "blocks": 4,
        "seed": 3,
    }
    return synthesise(folder, **(wanted | changes))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("set") / "web"
    make(path)
    return path


def read_truth(folder):
    return Truth.model_validate_json((folder / TRUTH).read_bytes())


def web(view, line_offset):
    return SimulatedWeb(
        WebSettings(material="separator", view=view, line_offset=line_offset, kinds=KINDS, severity="dense", seed=3)
    )


def test_multiplexed_views_are_one_image_each_with_their_line_offset(folder):
    truth = read_truth(folder)
    assert [(image.block, image.view, image.line_offset) for image in truth.images] == [
        (block, view.value, offset) for block in range(4) for view, offset in zip(VIEWS, (0.0, 0.5), strict=True)
    ]
    image = truth.images[3]
    assert image.first_line == 1024
    pixels = cv2.imread(str(folder / image.file_name), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(pixels, web(View.BACK_LIGHT, 0.5).render(1024, 1024))


def test_both_views_show_the_same_objects_half_a_line_apart(folder):
    truth = read_truth(folder)
    rows = {view.value: {} for view in VIEWS}
    images = {image.id: image for image in truth.images}
    for each in truth.annotations:
        image = images[each.image_id]
        rows_of, _ = np.nonzero(decode_mask(each.segmentation))
        seen_row = rows_of.mean() + 0.5
        true_row = each.md_mm / 0.05 - image.line_offset - image.first_line
        rows[image.view][each.key, image.block] = each
        if each.length_mm > 0.3 and rows_of.min() > 0 and rows_of.max() < 1023:
            assert seen_row == pytest.approx(true_row, abs=0.1 * each.length_mm / 0.05 + 0.5)
    bright, back = (rows[view.value] for view in VIEWS)
    shared = set(bright) & set(back)
    assert len(shared) >= 4
    for key in shared:
        assert (bright[key].kind, bright[key].severity) == (back[key].kind, back[key].severity)
        for fact in ("md_mm", "cd_mm"):
            assert getattr(bright[key], fact) == pytest.approx(getattr(back[key], fact), abs=0.005)
        # Bright-field shows the roller in a hole, back-light the lamp.
        if bright[key].kind == "S01":
            assert bright[key].contrast_percent < 0 < back[key].contrast_percent


def test_only_the_wanted_kinds_are_planted_and_each_fact_is_said(folder):
    truth = read_truth(folder)
    annotations = truth.annotations
    assert tuple(category.name for category in truth.categories) == KINDS
    assert {each.kind for each in annotations} == set(KINDS)
    assert {each.severity for each in annotations} == {"S1"}
    for each in annotations:
        assert each.is_visible == (each.snr >= 3.0)
        assert 0.0 < each.cd_mm < 102.4
        assert min(each.length_mm, each.width_mm, each.area_mm2) > 0.0


def test_what_one_light_hides_and_another_shows_is_said_of_each_view(tmp_path):
    # A small hole in a film that is as bright as the roller below it.
    make(tmp_path / "set", material=Material.BASE_FILM, kinds=["S01"], blocks=10)
    truth = read_truth(tmp_path / "set")
    views = {image.id: image.view for image in truth.images}
    seen = {(each.key, views[each.image_id]): each.is_visible for each in truth.annotations}
    hidden = [key for (key, view), is_visible in seen.items() if view == View.BRIGHT_FIELD and not is_visible]
    assert hidden
    assert all(seen[key, View.BACK_LIGHT] for key in hidden)


def test_dark_field_may_come_from_two_sides(tmp_path):
    truth = make(tmp_path / "set", view=(View.DARK_FIELD, View.DARK_FIELD), blocks=1)
    assert [(image.file_name, image.light_from, image.line_offset) for image in truth.images] == [
        ("separator-dark-field-0000.png", "upstream", 0.0),
        ("separator-dark-field-downstream-0000.png", "downstream", 0.5),
    ]


def test_a_preset_brings_its_width_pitch_layout_and_lights(tmp_path):
    preset = PRESETS["sep-slit-30"]
    truth = make(tmp_path / "set", preset=preset, material=None, view=None, blocks=1)
    assert {(image.width, image.pixel_pitch_um) for image in truth.images} == {(preset.width_px, 30.0)}
    assert [image.view for image in truth.images] == [light.view for light in preset.lights]
    assert (truth.info["preset"], truth.info["layout"]) == ("sep-slit-30", "L8-slit")
    with pytest.raises(SettingsError, match="preset sep-slit-30: expected separator"):
        make(tmp_path / "other", preset=preset, material=Material.ANODE)


def test_the_table_holds_what_truth_holds(folder):
    truth = json.loads((folder / TRUTH).read_text())
    images = {image["id"]: image for image in truth["images"]}
    rows = pq.read_table(folder / TABLE).to_pylist()
    assert len(rows) == len(truth["annotations"]) > 0
    for row, each in zip(rows, truth["annotations"], strict=True):
        image = images[each["image_id"]]
        shared = (set(row) & set(each)) | {"md_mm", "snr", "kind", "is_visible"}
        assert {name: row[name] for name in shared} == {name: each[name] for name in shared}
        assert (row["annotation_id"], row["file_name"], row["view"]) == (each["id"], image["file_name"], image["view"])
        assert row["line_offset"] == image["line_offset"]
        assert [row["left_px"], row["top_px"], row["box_width_px"], row["box_height_px"]] == each["bbox"]
        assert row["mask_counts"] == each["segmentation"]["counts"]
        assert [row["mask_height"], row["mask_width"]] == each["segmentation"]["size"]


def test_the_same_seed_writes_the_same_bytes(folder, tmp_path):
    make(tmp_path / "again")
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()} == files


def test_a_full_disk_leaves_nothing_behind(tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        # No file may grow beyond 100 kB: an image fails as it does on a full disk.
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
        with pytest.raises(DataError, match=r"set: can't be written \(File too large\), and nothing is left"):
            make(tmp_path / "new" / "set", blocks=1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list((tmp_path / "new").iterdir()) == []


def test_a_stop_in_the_middle_leaves_nothing_behind(tmp_path):
    def stop(_):
        assert list(tmp_path.iterdir())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make(tmp_path / "set", report=stop)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_may_be_named_and_a_full_one_may_not(folder, tmp_path):
    (tmp_path / "empty").mkdir()
    make(tmp_path / "empty", blocks=1)
    assert (tmp_path / "empty" / TRUTH).is_file()
    with pytest.raises(DataError, match="expected a new or empty folder"):
        make(folder)
    with pytest.raises(DataError, match="expected a new or empty folder"):
        make(folder / TRUTH)
    with pytest.raises(DataError, match="nothing is left of it"):
        make(folder / TRUTH / "below")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kinds": ["E01", "S01"]}, "Kinds E01: the simulated separator has none such, it has S01"),
        ({"view": (View.BACK_LIGHT, View.BACK_LIGHT)}, "back-light, back-light: expected one or more, each once"),
        ({"view": (View.DARK_FIELD,) * 5}, "dark-field up to 4 times"),
        ({"view": ()}, "expected one or more"),
    ],
)
def test_what_cannot_be_made_is_refused_in_words(changes, words, tmp_path):
    with pytest.raises(DataError, match=words):
        make(tmp_path / "set", **changes)
    assert list(tmp_path.iterdir()) == []


def test_kinds_come_one_by_one_or_as_a_list():
    assert _codes(["E01, E04", "S01"]) == ("E01", "E04", "S01")
    assert _codes(None) is None


def test_rolls_are_webs_of_their_own_and_say_which(tmp_path):
    truth = make(tmp_path / "set", view=View.BACK_LIGHT, rolls=2, blocks=2, randomised=True)
    assert [(image.roll, image.block) for image in truth.images] == [
        (f"simulated separator {seed}", block) for seed in (3, 4) for block in (0, 1)
    ]
    assert truth.info["randomised"] is True
    settings = WebSettings(
        material="separator", view=View.BACK_LIGHT, kinds=KINDS, severity="dense", seed=4, randomised=True
    )
    last = truth.images[-1]
    pixels = cv2.imread(str(tmp_path / "set" / last.file_name), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(pixels, SimulatedWeb(settings).render(1024, 1024))
