"""Every layout takes the one form, and is identified by what it holds."""

from collections import Counter

import cv2
import numpy as np
import pytest

from tests.training.data import layouts
from tests.training.data.layouts import HEIGHT, RUNS, WIDTH, coco, coco_annotation, coco_images, mask_of, picture, write
from training.data import BrokenItemError, read_data_set
from training.data.coco import TRUTH
from training.data.dataset import all_items, folder_rng, shuffled
from training.data.run_lengths import PackedRuns, decode_mask, drawn_polygons
from training.errors import DataError
from training.family import family_of


def told(data_set):
    return {item.name: (item.split, item.group, item.is_good, item.kinds, item.is_marked) for item in data_set.items}


LAYOUTS = {
    "mvtec": (
        layouts.mvtec,
        "mvtec",
        ("crack", "spot"),
        {
            "train/good/000.png": ("train", "", True, (), True),
            "test/good/000.png": ("test", "", True, (), True),
            "test/spot/000.png": ("test", "", False, ("spot",), True),
        },
    ),
    "mvtec with masks named as the images": (
        lambda root: layouts.mvtec(root, ending=""),
        "mvtec",
        ("crack", "spot"),
        {"test/crack/000.png": ("test", "", False, ("crack",), True)},
    ),
    "mask folders": (
        layouts.mask_folders,
        "mask-folders",
        ("crack", "spot"),
        {
            "train/crack/crack-train-0.png": ("train", "", False, ("crack",), True),
            "test/spot/spot-test-1.png": ("test", "", False, ("spot",), True),
        },
    ),
    "images beside masks": (
        layouts.images_and_masks,
        "images-and-masks",
        ("defect",),
        {"images/0.png": ("", "", True, (), True), "images/1.png": ("", "", False, ("defect",), True)},
    ),
    "images beside masks of each kind": (
        layouts.images_and_masks_of_kinds,
        "images-and-masks",
        ("crack", "spot"),
        {"val/images/a.jpg": ("validation", "", False, ("crack", "spot"), True)},
    ),
    "kinds without masks": (
        layouts.kind_folders,
        "kind-folders",
        ("crack",),
        {"good/a.png": ("", "", True, (), True), "crack/b.bmp": ("", "", False, ("crack",), False)},
    ),
    "coco": (
        coco,
        "coco",
        ("crack",),
        {"0.png": ("", "", True, (), True), "1.png": ("", "", False, ("crack",), True)},
    ),
    "coco in annotations and images": (
        lambda root: coco(root, file="annotations/instances_val2017.json", folder="images/val2017"),
        "coco",
        ("crack",),
        {"images/val2017/1.png": ("validation", "", False, ("crack",), True)},
    ),
    "coco with a file in each split": (
        lambda root: [coco(root, file=f"{split}/_annotations.coco.json", folder=split) for split in ("train", "valid")],
        "coco",
        ("crack",),
        {
            "train/1.png": ("train", "", False, ("crack",), True),
            "valid/0.png": ("validation", "", True, (), True),
        },
    ),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_each_layout_is_found_out_and_says_what_its_folders_say(name, tmp_path):
    make, layout, kinds, expected = LAYOUTS[name]
    make(tmp_path)
    data_set = read_data_set(tmp_path)
    assert (data_set.layout, data_set.kinds, data_set.problems) == (layout, kinds, ())
    assert expected.items() <= told(data_set).items()
    for item in data_set.items:
        assert item.pixels().shape == (HEIGHT, WIDTH)
        assert {label.kind for label in item.labels()} == (set(item.kinds) if item.is_marked else set())


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_set_keeps_its_hash_in_another_place_and_loses_it_with_any_pixel(name, tmp_path):
    LAYOUTS[name][0](tmp_path / "one")
    first = read_data_set(tmp_path / "one")
    layouts.copy(tmp_path / "one", tmp_path / "elsewhere/two")
    assert read_data_set(tmp_path / "elsewhere/two").sha256 == first.sha256
    changed = first.items[-1].path
    pixels = cv2.imread(str(changed), cv2.IMREAD_UNCHANGED)
    pixels[0, 0] ^= 64
    write(changed, pixels)
    assert read_data_set(tmp_path / "one").sha256 != first.sha256


def test_a_changed_mask_split_or_group_changes_the_hash(tmp_path):
    layouts.mask_folders(tmp_path)
    hashes = [read_data_set(tmp_path).sha256]
    write(tmp_path / "ground_truth/test/crack/crack-test-0.png", mask_of((4, 5, 8, 13)))
    hashes.append(read_data_set(tmp_path).sha256)
    (tmp_path / "groups.csv").write_text("image,group\ntest/crack/crack-test-0.png,roll 7\n")
    hashes.append(read_data_set(tmp_path).sha256)
    for folder in (tmp_path, tmp_path / "ground_truth"):
        (folder / "test").rename(folder / "validation")
    (tmp_path / "groups.csv").unlink()
    hashes.append(read_data_set(tmp_path).sha256)
    assert len(set(hashes)) == 4


def test_the_order_of_a_coco_file_does_not_matter_to_the_hash_and_its_labels_do(tmp_path):
    annotations = [coco_annotation(1, segmentation=RUNS), coco_annotation(2, category=8, bbox=[30, 20, 6, 5])]
    for name, order in (("one", annotations), ("turned", annotations[::-1]), ("less", annotations[:1])):
        coco(tmp_path / name, order)
    one, turned, less = (read_data_set(tmp_path / name).sha256 for name in ("one", "turned", "less"))
    assert one == turned != less


def test_a_regions_label_is_where_it_was_drawn_with_its_contrast_measured(tmp_path):
    pixels = np.full((HEIGHT, WIDTH), 100, np.uint8)
    mask = mask_of((4, 5, 8, 12), (30, 40, 31, 41), (31, 41, 32, 42))
    pixels[mask > 0] = 80
    # Another object in the ring does not count as surroundings, nor does what lies far off.
    pixels[4:8, 5:12], pixels[:, 50:] = 60, 255
    write(tmp_path / "test/spot/a.png", pixels)
    write(tmp_path / "ground_truth/spot/a.png", mask)
    one, other = read_data_set(tmp_path).items[0].labels()
    assert (one.kind, one.top_px, one.left_px, one.mask.shape, int(one.mask.sum())) == ("spot", 4, 5, (4, 7), 28)
    assert one.contrast_percent == pytest.approx(-40.0)
    assert (other.top_px, other.left_px, other.mask.tolist()) == (30, 40, [[True, False], [False, True]])
    assert other.contrast_percent == pytest.approx(-20.0)
    assert np.isinf(one.snr)


def test_an_object_that_fills_the_image_has_no_contrast(tmp_path):
    write(tmp_path / "test/uneven/a.png", picture(1))
    write(tmp_path / "ground_truth/uneven/a.png", mask_of((0, 0, HEIGHT, WIDTH)))
    (label,) = read_data_set(tmp_path).items[0].labels()
    assert np.isnan(label.contrast_percent)


SQUARE = ((5.0, 4.0, 12.0, 4.0, 12.0, 8.0, 5.0, 8.0),)
DRAWN = {
    "run lengths": {"segmentation": RUNS},
    "packed run lengths": {"segmentation": {"size": [HEIGHT, WIDTH], "counts": "d74\\100000000000l]2"}},
    "a polygon": {"segmentation": SQUARE, "bbox": [5, 4, 7, 4]},
    "a box": {"segmentation": [], "bbox": [5, 4, 7, 4]},
    "a box between pixels": {"bbox": [5.4, 4.3, 6.8, 4.1]},
}


@pytest.mark.parametrize("name", DRAWN)
def test_every_form_of_a_coco_object_is_the_same_label(name, tmp_path):
    coco(tmp_path, [coco_annotation(**DRAWN[name])])
    _, image = read_data_set(tmp_path).items
    (label,) = image.labels()
    assert (label.kind, label.top_px, label.left_px) == ("crack", 4, 5)
    assert label.mask.shape == (4, 7)
    assert label.mask.all()


def test_packed_run_lengths_are_those_that_cocos_own_tools_write():
    # What pycocotools 2.0.11 gives for a 6 x 5 image with rows 1 to 3 of columns 1 to 2 on the object.
    mask = decode_mask(PackedRuns(size=(6, 5), counts="7330;"))
    assert np.argwhere(mask).tolist() == [[row, column] for row in (1, 2, 3) for column in (1, 2)]


def test_a_polygon_has_the_area_that_it_encloses():
    angles = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    for radius in (2.0, 5.0, 20.0, 200.0):
        outline = np.stack([250.3 + radius * np.cos(angles), 249.6 + radius * np.sin(angles)], axis=1)
        mask = drawn_polygons((tuple(outline.ravel()),), (500, 500))
        assert mask.sum() == pytest.approx(np.pi * radius**2, rel=0.12 / radius + 0.003)


def test_coco_keys_beyond_the_usual_say_roll_split_and_verdict(tmp_path):
    images = coco_images(count=3)
    images[0] |= {"roll": "R7", "split": "test", "is_good": False, "kinds": ["spot"]}
    images[1] |= {"roll": "R8", "split": "val", "pixel_pitch_um": 40.0, "decision": 4711}
    images[2] |= {"is_good": False}
    coco(tmp_path, images=images)
    data_set = read_data_set(tmp_path)
    assert told(data_set) == {
        "0.png": ("test", "R7", False, ("spot",), False),
        "1.png": ("validation", "R8", False, ("crack",), True),
        "2.png": ("", "", False, (), False),
    }
    assert data_set.items[1].pixel_pitch_um == 40.0
    assert data_set.kinds == ("crack", "spot")


def test_nuisance_objects_are_labels_on_a_good_image(tmp_path):
    coco(tmp_path, categories=[{"id": 7, "name": "N04"}])
    image = read_data_set(tmp_path).items[1]
    assert (image.is_good, image.kinds) == (True, ())
    assert [label.kind for label in image.labels()] == ["N04"]


def test_deeper_folders_and_a_table_name_the_groups(tmp_path):
    write(tmp_path / "train/good/roll-1/a.png", picture(1))
    write(tmp_path / "train/good/b.png", picture(2))
    assert [item.group for item in read_data_set(tmp_path).items] == ["", "roll-1"]
    (tmp_path / "groups.csv").write_text("image,group\ntrain/good/b.png,roll-2\ntrain/good/gone.png,roll-3\n")
    data_set = read_data_set(tmp_path)
    assert [item.group for item in data_set.items] == ["roll-2", "roll-1"]
    assert "names train/good/gone.png" in str(data_set.problems[0])
    (tmp_path / "groups.csv").write_text("picture;roll\n")
    (tmp_path / "groups.csv").write_text("picture,roll\na,b\n")
    with pytest.raises(DataError, match="columns image and group"):
        read_data_set(tmp_path)


def test_images_below_images_may_lie_in_folders_of_their_roll(tmp_path):
    write(tmp_path / "images/roll-1/a.png", picture(1))
    write(tmp_path / "masks/spot/roll-1/a.png", mask_of((4, 5, 8, 12)))
    (item,) = read_data_set(tmp_path).items
    assert (item.group, item.kinds) == ("roll-1", ("spot",))


def test_colour_becomes_grey_and_deep_images_are_refused(tmp_path):
    grey = picture(1)
    write(tmp_path / "good/grey.png", grey)
    write(tmp_path / "good/colour.png", np.repeat(grey[:, :, np.newaxis], 3, axis=2))
    write(tmp_path / "good/with-alpha.png", np.dstack([grey, grey, grey, np.full_like(grey, 9)]))
    write(tmp_path / "good/sixteen.png", grey.astype(np.uint16) * 100)
    items = {item.path.stem: item for item in read_data_set(tmp_path).items}
    for name in ("grey", "colour", "with-alpha"):
        assert np.array_equal(items[name].pixels(), grey)
    with pytest.raises(BrokenItemError, match=r"sixteen\.png: Expected 8 bits per pixel, got uint16"):
        items["sixteen"].pixels()


UNUSABLE = {
    "no folder": (lambda root: root.rmdir(), "expected a folder, there is none"),
    "an empty folder": (lambda root: None, "expected images.*training synth"),
    "a truth.json that is none": (
        lambda root: (root / TRUTH).write_text("{"),
        r"truth\.json: The file can't be read: it is cut short",
    ),
    "images that are not there": (
        lambda root: (coco(root), [path.unlink() for path in root.glob("*.png")]),
        r"found none that can be used\. The first of 2 problems: 0.png: The file can't be read",
    ),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_what_can_not_be_used_at_all_is_one_clear_error(name, tmp_path):
    spoil, words = UNUSABLE[name]
    (tmp_path / "set").mkdir()
    spoil(tmp_path / "set")
    with pytest.raises(DataError, match=words):
        read_data_set(tmp_path / "set")


def test_file_names_that_lead_out_of_the_folder_are_left_out(tmp_path):
    write(tmp_path / "secret.png", picture(1))
    coco(tmp_path / "set", images=[])
    images = [*coco_images(count=1), {"id": 1, "file_name": "../secret.png", "width": WIDTH, "height": HEIGHT}]
    coco(tmp_path / "set", images=images)
    data_set = read_data_set(tmp_path / "set")
    assert [item.name for item in data_set.items] == ["0.png"]
    assert "leads out of the data set's folder" in str(data_set.problems)


def test_training_takes_every_layout_and_leaves_test_images_alone(tmp_path):
    write(tmp_path / "train/S01/a.png", np.full((HEIGHT, WIDTH), 90, np.uint8))
    write(tmp_path / "ground_truth/S01/a.png", mask_of((4, 5, 8, 12)))
    write(tmp_path / "test/good/b.png", np.full((HEIGHT, 2 * WIDTH), 90, np.uint8))
    items, rng = all_items([tmp_path], family_of("separator")), folder_rng(1)
    shown = [image for _ in range(6) for image in shuffled(items, rng)]
    assert {image.pixels.shape for image in shown} == {(HEIGHT, WIDTH)}
    assert [label.kind for image in shown for label in image.labels] == ["S01"] * 6


REFUSED = {
    "kinds of other trades": (layouts.mask_folders, "objects of kind crack, spot; the catalogue's kinds"),
    "defects that nobody marked": (
        lambda root: (write(root / "good/a.png", picture(1)), write(root / "S01/b.png", picture(2))),
        "S01/b.png: nobody marked where its defects are",
    ),
    "empty masks": (
        lambda root: (write(root / "S01/a.png", picture(1)), write(root / "ground_truth/S01/a.png", mask_of())),
        "mask is empty, and it is said to show S01",
    ),
    "test images only": (
        lambda root: write(root / "test/good/a.png", picture(1)),
        "images for validation and test only",
    ),
    "masks without images": (
        lambda root: (write(root / "good/a.png", picture(1)), write(root / "masks/S01/b.png", mask_of())),
        "b.png: The mask belongs to no image.*training data check",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_can_not_teach_the_familys_model_is_refused(name, tmp_path):
    make, words = REFUSED[name]
    make(tmp_path)
    with pytest.raises(DataError, match=words):
        next(shuffled(all_items([tmp_path], family_of("separator")), folder_rng(1)))


COUNTS = {
    "magnetic-tile": ("mvtec", {("train", "good"): 240, ("test", "good"): 120, ("test", "fray"): 32}, 552),
    "steel-surface": ("mask-folders", {("train", "patches"): 90, ("test", "scratches"): 40}, 390),
}


@pytest.mark.parametrize("name", layouts.REAL)
def test_real_sets_are_read_as_they_are(name, pytestconfig):
    layout, expected, images = COUNTS[name]
    data_set = read_data_set(layouts.real(name, pytestconfig.rootpath))
    counts = Counter((item.split, item.kinds[0] if item.kinds else "good") for item in data_set.items)
    assert (data_set.layout, len(data_set.items), data_set.problems) == (layout, images, ())
    assert expected.items() <= counts.items()
    assert all(item.is_marked for item in data_set.items)
    bad = next(item for item in data_set.items if item.kinds)
    assert bad.labels()
