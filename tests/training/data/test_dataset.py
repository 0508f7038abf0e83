import json

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera.web.settings import Material, PlantingRate, View
from camera.web.web import SimulatedWeb, WebSettings
from training.data import read_data_set
from training.data.coco import TRUTH
from training.data.dataset import all_items, content_digest, folder_rng, labelled, shuffled, usable_set
from training.data.run_lengths import decode_mask, encode_mask
from training.errors import DataError
from training.family import Family, family_of
from training.simulation.synth import kinds_of, synthesise

SEPARATOR = family_of("separator")


def read_images(folder, kinds):
    return [labelled(item) for item in usable_set(read_data_set(folder), Family("separator", (), tuple(kinds))).items]


def make(folder, seed=7, blocks=3, severity=PlantingRate.DENSE):
    return synthesise(
        folder, material=Material.SEPARATOR, view=View.BACK_LIGHT, severity=severity, blocks=blocks, seed=seed
    )


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("set") / "web"
    make(folder)
    return folder


@pytest.mark.slow
def test_a_written_set_reads_back_as_the_web_that_was_simulated(dataset):
    web = SimulatedWeb(WebSettings(material="separator", view="back-light", severity="dense", seed=7))
    images = read_images(dataset, SEPARATOR.kinds)
    assert len(images) == 3
    for number, image in enumerate(images):
        assert np.array_equal(image.pixels, web.render(number * 1024, 1024))
        planted = web.objects(number * 1024, 1024)
        assert [label.kind for label in image.labels] == [each.kind for each in planted]
        for label, each in zip(image.labels, planted, strict=True):
            assert label.mask.sum() == each.mask.sum()
            ys, xs = np.nonzero(each.mask)
            assert (label.top_px, label.left_px) == (
                ys.min() + each.top_line - number * 1024,
                xs.min() + each.left_px,
            )
            assert label.snr == pytest.approx(each.snr)
    assert sum(len(image.labels) for image in images) > 0


@pytest.mark.slow
def test_the_same_seed_writes_the_same_files(dataset, tmp_path):
    make(tmp_path / "again")
    make(tmp_path / "other", seed=8)
    assert content_digest([tmp_path / "again"]) == content_digest([dataset])
    assert content_digest([tmp_path / "other"]) != content_digest([dataset])


def test_truth_is_coco_with_whole_image_run_lengths(dataset):
    truth = json.loads((dataset / TRUTH).read_text())
    names = {category["id"]: category["name"] for category in truth["categories"]}
    assert tuple(names.values()) == kinds_of(Material.SEPARATOR)
    assert {image["file_name"] for image in truth["images"]} == {path.name for path in dataset.glob("*.png")}
    for each in truth["annotations"]:
        assert each["segmentation"]["size"] == [1024, 2048]
        assert sum(each["segmentation"]["counts"]) == 1024 * 2048
        assert sum(each["segmentation"]["counts"][1::2]) == each["area"]


def test_a_folder_with_something_in_it_is_not_written_into(dataset):
    with pytest.raises(DataError, match="empty folder"):
        make(dataset)


def test_a_persons_labels_need_only_the_keys_of_coco(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.full((64, 96), 90, np.uint8))
    mask = encode_mask(np.ones((2, 3), bool), 10, 20, (64, 96)).model_dump()
    truth = {
        "images": [{"id": 5, "file_name": "a.png", "width": 96, "height": 64}],
        "categories": [{"id": 1, "name": "S01", "supercategory": "hole"}],
        "annotations": [
            {"id": 1, "image_id": 5, "category_id": 1, "bbox": [20, 10, 3, 2], "segmentation": mask, "area": 6}
        ],
    }
    (tmp_path / TRUTH).write_text(json.dumps(truth))
    (image,) = read_images(tmp_path, SEPARATOR.kinds)
    (label,) = image.labels
    assert (label.kind, label.top_px, label.left_px, label.mask.shape) == ("S01", 10, 20, (2, 3))
    assert next(shuffled(all_items([tmp_path], SEPARATOR), folder_rng(1))).pixels.shape == (64, 96)


def test_objects_of_kinds_that_are_not_the_models_are_read_too(tmp_path):
    synthesise(
        tmp_path / "set",
        material=Material.SEPARATOR,
        view=View.BACK_LIGHT,
        severity=PlantingRate.DENSE,
        blocks=2,
        seed=1,
        kinds=["S15", "S07"],
    )
    labels = [label for image in read_images(tmp_path / "set", ["S07"]) for label in image.labels]
    assert {label.kind for label in labels} == {"S07", "S15"}


def damage(folder, change):
    truth = json.loads((folder / TRUTH).read_text())
    change(truth)
    (folder / TRUTH).write_text(json.dumps(truth))


DAMAGES = {
    "a kind of another material": (
        lambda t: t["categories"][0].update(name="E01"),
        "objects of kind E01; the catalogue.s kinds for webs of this model are S01",
    ),
    "run lengths of another size": (
        lambda t: [a["segmentation"].update(counts=[5, 5]) for a in t["annotations"]],
        "run lengths add up to 10",
    ),
    "an empty mask": (
        lambda t: [a["segmentation"].update(counts=[1024 * 2048]) for a in t["annotations"]],
        "mask is empty",
    ),
    "an image of another size": (
        lambda t: t["images"][0].update(width=2000),
        "The mask is 2048 x 1024 px, the image 2000 x 1024 px",
    ),
    "a missing image": (lambda t: t["images"][0].update(file_name="gone.png"), "gone.png: The file can.t be read"),
    "no images key": (lambda t: t.pop("images"), "lists of images, categories and annotations; images not"),
}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_set_is_refused_with_its_fault(name, tmp_path):
    change, words = DAMAGES[name]
    make(tmp_path / "set", seed=7, blocks=2)
    truth = json.loads((tmp_path / "set" / TRUTH).read_text())
    used = {each["category_id"] for each in truth["annotations"]}
    assert used, "the set needs an object for its faults to show"
    if name == "a kind of another material":
        change = lambda t: [c.update(name="E01") for c in t["categories"] if c["id"] in used]  # noqa: E731
    damage(tmp_path / "set", change)
    with pytest.raises(DataError, match=words):
        read_images(tmp_path / "set", SEPARATOR.kinds)


def test_a_folder_without_truth_says_what_to_name_instead(tmp_path):
    with pytest.raises(DataError, match="training synth"):
        next(shuffled(all_items([tmp_path], SEPARATOR), folder_rng(1)))


@given(
    st.integers(-6, 12),
    st.integers(-6, 12),
    st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=1, max_size=6),
)
def test_run_lengths_keep_every_pixel_that_lies_in_the_image(top, left, rows):
    mask = np.array(rows, bool)
    size = (9, 10)
    whole = decode_mask(encode_mask(mask, top, left, size))
    expected = np.zeros((9 + 40, 10 + 40), bool)
    expected[20 + top : 20 + top + mask.shape[0], 20 + left : 20 + left + mask.shape[1]] = mask
    assert np.array_equal(whole, expected[20:29, 20:30])
