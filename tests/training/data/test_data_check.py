"""`training data check`: each broken label is found, and sound sets have none."""

import json
import os
import time
from dataclasses import replace

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from camera.web.settings import Material, PlantingRate
from tests.training.data import layouts
from tests.training.data.layouts import HEIGHT, RUNS, WIDTH, coco, coco_annotation, coco_images, mask_of, picture, write
from training.cli import app
from training.data import Check, read_data_set
from training.data.likeness import SAME, fingerprint, likest
from training.data.run_lengths import encode_mask
from training.data.survey import survey
from training.errors import DataError
from training.simulation.synth import synthesise

SOUND = (
    layouts.mvtec,
    layouts.mask_folders,
    layouts.images_and_masks,
    layouts.images_and_masks_of_kinds,
    layouts.kind_folders,
    coco,
)


def problems_of(root):
    return [(problem.check, problem.name, problem.what) for problem in survey(read_data_set(root)).problems]


@pytest.mark.parametrize("make", SOUND)
def test_a_sound_set_has_no_problems(make, tmp_path):
    make(tmp_path)
    assert problems_of(tmp_path) == []


@pytest.mark.slow
def test_simulated_web_has_no_problems_and_names_its_roll(tmp_path):
    synthesise(tmp_path / "web", material=Material.SEPARATOR, severity=PlantingRate.DENSE, blocks=6, seed=3)
    data_set = read_data_set(tmp_path / "web")
    found = survey(data_set)
    assert found.problems == ()
    assert {item.group for item in data_set.items} == {"simulated separator 3"}
    assert found.object_sizes


def cut_short(path):
    path.write_bytes(path.read_bytes()[:-40])


def rename_kind(root, kind, new):
    (root / f"test/{kind}").rename(root / f"test/{new}")
    (root / f"ground_truth/test/{kind}").rename(root / f"ground_truth/test/{new}")


BOX = {"bbox": [60, 40, 9, 4]}
ONE_PIXEL_LESS = {"size": [HEIGHT, WIDTH - 1], "counts": [HEIGHT * (WIDTH - 1)]}
BROKEN = {
    "an empty mask": (
        layouts.mvtec,
        lambda root: write(root / "ground_truth/spot/000_mask.png", mask_of()),
        (Check.EMPTY_MASK, "ground_truth/spot/000_mask.png", "all black"),
    ),
    "a mask of another size": (
        layouts.mvtec,
        lambda root: write(root / "ground_truth/spot/000_mask.png", mask_of((1, 1, 5, 5), shape=(40, 64))),
        (Check.MASK_SIZE, "ground_truth/spot/000_mask.png", "64 x 40 px, its image 64 x 48 px"),
    ),
    "a mask of class numbers": (
        layouts.images_and_masks,
        lambda root: write(root / "masks/1.png", mask_of((1, 1, 5, 5), value=1) + mask_of((9, 9, 15, 15), value=2)),
        (Check.MASK_VALUES, "masks/1.png", "values 0, 1, 2"),
    ),
    "a mask cut short": (
        layouts.mvtec,
        lambda root: cut_short(root / "ground_truth/spot/000_mask.png"),
        (Check.UNREADABLE, "ground_truth/spot/000_mask.png", "can't be decoded"),
    ),
    "an image cut short": (
        layouts.mvtec,
        lambda root: cut_short(root / "test/spot/000.png"),
        (Check.UNREADABLE, "test/spot/000.png", "cut short, or no image"),
    ),
    "a photograph cut short": (
        layouts.images_and_masks_of_kinds,
        lambda root: cut_short(root / "val/images/a.jpg"),
        (Check.UNREADABLE, "val/images/a.jpg", "can't be decoded"),
    ),
    "no image at all": (
        layouts.mvtec,
        lambda root: (root / "test/spot/000.png").write_text("hello"),
        (Check.UNREADABLE, "test/spot/000.png", "5 bytes"),
    ),
    "a mask without image": (
        layouts.mvtec,
        lambda root: write(root / "ground_truth/spot/007_mask.png", mask_of((1, 1, 5, 5))),
        (Check.NO_IMAGE, "ground_truth/spot/007_mask.png", "belongs to no image"),
    ),
    "an image without mask": (
        layouts.images_and_masks,
        lambda root: (root / "masks/2.png").unlink(),
        (Check.NO_MASK, "images/2.png", "no mask"),
    ),
    "marks on a good image": (
        layouts.mvtec,
        lambda root: write(root / "ground_truth/good/000.png", mask_of((1, 1, 5, 5))),
        (Check.NOT_GOOD, "test/good/000.png", "said to be good"),
    ),
    "a stray pixel": (
        layouts.mvtec,
        lambda root: write(root / "ground_truth/spot/000_mask.png", mask_of((4, 5, 8, 9), (40, 50, 41, 51))),
        (Check.TOO_SMALL, "ground_truth/spot/000_mask.png", "column 50 row 40"),
    ),
    "one thing with two names": (
        layouts.images_and_masks_of_kinds,
        lambda root: write(root / "val/masks/spot/a.png", mask_of((4, 6, 8, 12))),
        (Check.TWO_KINDS, "val/images/a.jpg", "marked as crack and spot"),
    ),
    "a kind misspelt in some places": (
        layouts.mask_folders,
        lambda root: rename_kind(root, "crack", "Crak"),
        (Check.MISSPELT, "test/Crak/crack-test-0.png", "'Crak' (4 of them) is nearly spelt as 'crack'"),
    ),
    "a code of the catalogue misspelt": (
        coco,
        lambda root: coco(root, categories=[{"id": 7, "name": "e13"}]),
        (Check.MISSPELT, "1.png", "nearly spelt as 'E13'"),
    ),
    "a group in two splits": (
        layouts.mvtec,
        lambda root: (root / "groups.csv").write_text("image,group\ntrain/good/000.png,R1\ntest/good/000.png,R1\n"),
        (Check.TORN_GROUP, "test/good/000.png", "'R1' is in test and in train"),
    ),
    "the same file twice": (
        layouts.mvtec,
        lambda root: write(root / "test/spot/000.png", picture(1)),
        (Check.DUPLICATE, "train/good/001.png", "same as test/spot/000.png. It is said to be good, the other spot"),
    ),
    "the same thing under other light": (
        layouts.mvtec,
        lambda root: write(root / "test/good/000.png", cv2.convertScaleAbs(picture(1), alpha=1.2)),
        (Check.NEAR_DUPLICATE, "test/good/000.png", "shows the same as train/good/001.png"),
    ),
    "a box outside the image": (
        coco,
        lambda root: coco(root, [coco_annotation(**BOX)]),
        (Check.OUTSIDE, "1.png", "column 60 to 69"),
    ),
    "a polygon outside the image": (
        coco,
        lambda root: coco(root, [coco_annotation(segmentation=[[-9, 4, 5, 4, 5, 9]])]),
        (Check.OUTSIDE, "1.png", "column -9 to 5"),
    ),
    "a box smaller than a pixel": (
        coco,
        lambda root: coco(root, [coco_annotation(bbox=[10.2, 10.2, 0.6, 0.6])]),
        (Check.TOO_SMALL, "1.png", "0.6 x 0.6 px large"),
    ),
    "an object shorter than the pixel pitch": (
        coco,
        lambda root: coco(
            root,
            [coco_annotation(segmentation=RUNS, length_mm=0.03)],
            [*coco_images(count=1), *({**each, "pixel_pitch_um": 50.0} for each in coco_images()[1:])],
        ),
        (Check.TOO_SMALL, "1.png", "30 um long, a pixel is 50 um"),
    ),
    "empty run lengths": (
        coco,
        lambda root: coco(
            root,
            [coco_annotation(segmentation=encode_mask(np.zeros((1, 1), bool), 0, 0, (HEIGHT, WIDTH)).model_dump())],
        ),
        (Check.EMPTY_MASK, "1.png", "mask is empty"),
    ),
    "run lengths of another size": (
        coco,
        lambda root: coco(root, [coco_annotation(segmentation=ONE_PIXEL_LESS)]),
        (Check.MASK_SIZE, "1.png", "63 x 48 px, the image 64 x 48 px"),
    ),
    "an image of another size than its entry": (
        coco,
        lambda root: write(root / "1.png", picture(1, (HEIGHT, WIDTH + 2))),
        (Check.IMAGE_SIZE, "1.png", "66 x 48 px, its entry says 64 x 48 px"),
    ),
    "an annotation of no image": (
        coco,
        lambda root: coco(root, [coco_annotation(image=9, segmentation=RUNS)]),
        (Check.NO_IMAGE, "truth.json", "image 9"),
    ),
    "an annotation of no category": (
        coco,
        lambda root: coco(root, [coco_annotation(category=9, segmentation=RUNS)]),
        (Check.UNKNOWN_CATEGORY, "truth.json", "category 9"),
    ),
    "an image listed twice": (
        coco,
        lambda root: coco(root, images=coco_images({**coco_images()[1], "id": 5})),
        (Check.LISTED_TWICE, "1.png", "a second time"),
    ),
    "an image that is gone": (
        coco,
        lambda root: (root / "0.png").unlink(),
        (Check.UNREADABLE, "0.png", "No such file"),
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_each_broken_label_is_found_and_named(name, tmp_path):
    make, spoil, (check, file, words) = BROKEN[name]
    make(tmp_path)
    spoil(tmp_path)
    found = problems_of(tmp_path)
    assert [problem[:2] for problem in found if problem[0] is check] == [(check, file)]
    assert any(words in what for _, _, what in found), found


NOT_BROKEN = {
    "objects that cross": (
        layouts.images_and_masks_of_kinds,
        lambda root: write(root / "val/masks/spot/a.png", mask_of((2, 8, 14, 10))),
    ),
    "kinds that differ by a number": (layouts.mask_folders, lambda root: rename_kind(root, "spot", "crack2")),
    "run lengths of an object that goes on outside": (
        coco,
        lambda root: coco(root, [coco_annotation(segmentation=RUNS, bbox=[5, -30, 7, 38])]),
    ),
    "masks saved as photographs": (
        layouts.images_and_masks,
        lambda root: [
            write(root / f"masks/{n}.jpg", mask_of((8, 8, 24, 24))) or (root / f"masks/{n}.png").unlink()
            for n in (1, 2)
        ],
    ),
}


@pytest.mark.parametrize("name", NOT_BROKEN)
def test_what_is_not_broken_is_left_in_peace(name, tmp_path):
    make, change = NOT_BROKEN[name]
    make(tmp_path)
    change(tmp_path)
    assert problems_of(tmp_path) == []


def test_frames_of_one_web_are_no_near_duplicates():
    rng = np.random.default_rng(1)
    lanes = np.where(np.arange(512) % 200 < 20, 200, 60) + np.linspace(0, 20, 512)
    frames = [np.clip(lanes + rng.normal(0, 3, (256, 512)), 0, 255).astype(np.uint8) for _ in range(30)]
    _, agreement = likest(np.stack([fingerprint(frame) for frame in frames]), np.arange(30))
    assert agreement.max() < SAME - 0.15


def test_images_without_texture_are_like_nothing():
    flat = fingerprint(np.full((50, 60), 128, np.uint8))
    assert not flat.any()


@pytest.mark.slow
def test_ten_thousand_images_are_compared_within_a_minute_of_one_core():
    rng = np.random.default_rng(1)
    fingerprints = rng.choice(np.float32([-1, 1]), (10_000, 256)) / np.float32(16)
    fingerprints[9_999] = fingerprints[2]
    began = time.process_time()
    nearest, agreement = likest(fingerprints, np.arange(10_000) % 2)
    assert time.process_time() - began < 60.0
    assert (nearest[9_999], nearest[2]) == (2, 9_999)
    assert agreement[[2, 9_999]] == pytest.approx(1.0)


def test_statistics_count_images_objects_and_sizes(tmp_path):
    layouts.mask_folders(tmp_path)
    write(tmp_path / "train/good/x.png", picture(77))
    found = survey(read_data_set(tmp_path))
    train, test = found.splits["train"], found.splits["test"]
    assert (train.images, train.good, train.bad, train.unlabelled) == (9, 1, 8, 0)
    assert (test.images_of["crack"], test.objects_of["crack"]) == (2, 4)
    assert (found.object_sizes["spot"].min_px, found.object_sizes["spot"].max_px) == (6, 7)
    assert found.image_sizes == {(WIDTH, HEIGHT): 13}


def run(*arguments):
    return CliRunner().invoke(app, ["data", "check", *map(str, arguments)])


def test_the_command_says_what_is_there_and_exits_with_what_it_found(tmp_path):
    layouts.mvtec(tmp_path)
    sound = run(tmp_path)
    assert sound.exit_code == 0
    assert "No problems found" in sound.output
    assert read_data_set(tmp_path).sha256 in sound.output
    cut_short(tmp_path / "test/spot/000.png")
    broken = run(tmp_path)
    assert broken.exit_code == 1
    assert "test/spot/000.png: Expected an image" in broken.output
    with pytest.raises(DataError):
        CliRunner().invoke(app, ["data", "check", str(tmp_path / "nothing")], catch_exceptions=False)


def test_names_that_no_terminal_shows_are_shown_all_the_same(tmp_path):
    for folder in (b"good", b"[ok]", b"cr\xe9ck"):
        path = os.fsencode(tmp_path) + b"/" + folder
        os.mkdir(path)
        with open(path + b"/\xe9\n[b].png", "wb") as file:
            file.write(cv2.imencode(".png", picture(1))[1].tobytes())
    result = run(tmp_path)
    assert result.exit_code == 1
    assert "[ok]" in result.output
    assert "The file is the same as" in result.output
    assert json.loads(run(tmp_path, "--json").stdout)["images"] == 3


def test_the_command_tells_programs_everything(tmp_path):
    layouts.mvtec(tmp_path)
    write(tmp_path / "ground_truth/spot/000_mask.png", mask_of())
    result = run(tmp_path, "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (told["layout"], told["images"], told["good"], told["bad"]) == ("mvtec", 6, 4, 2)
    assert told["splits"]["train"]["images"] == 3
    assert told["object_sizes"]["crack"]["max_px"] == 7
    assert told["image_sizes"] == [{"width_px": WIDTH, "height_px": HEIGHT, "images": 6}]
    (problem,) = told["problems"]
    assert problem["check"] == "empty mask"
    assert set(problem) == {"check", "name", "what", "remedy"}


def test_a_real_sets_flaws_are_found(pytestconfig):
    data_set = read_data_set(layouts.real("magnetic-tile", pytestconfig.rootpath))
    some = tuple(item for item in data_set.items if item.kinds == ("uneven",))
    assert len(some) == 40
    checks = [problem.check for problem in survey(replace(data_set, items=some)).problems]
    assert checks.count(Check.EMPTY_MASK) == 4
