"""Label sets that can't mean what they say: each fault is named, all else stays usable, nothing doubtful is good."""

import json
import math

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.training.data.layouts import (
    HEIGHT,
    RUNS,
    WIDTH,
    coco,
    coco_annotation,
    coco_images,
    kind_folders,
    picture,
    write,
)
from training.cli import app
from training.data import Check, read_data_set
from training.data.dataset import all_items, good_items
from training.data.outlines import is_crossing
from training.data.survey import survey
from training.errors import DataError
from training.family import own_family

CRACK = {"id": 7, "name": "crack"}
SPOT = {"id": 8, "name": "spot"}
HUGE = 10**30


def marked(number=1, image=1, category=7, **changes):
    return coco_annotation(number, image, category, segmentation=RUNS) | changes


def problems_of(root):
    return [(problem.check, problem.name, problem.what) for problem in survey(read_data_set(root)).problems]


def said(root):
    return {item.name: (item.is_good, item.kinds, item.is_marked) for item in read_data_set(root).items}


def rewrite(root, change, file="truth.json"):
    path = root / file
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


UNKNOWN = (False, (), False)
GOOD = (True, (), True)
CRACKED = (False, ("crack",), True)
SOMEWHERE_CRACKED = (False, ("crack",), False)

DOUBLES = {
    "two images of one number": (
        lambda d: d["images"][0].update(id=1),
        (Check.DOUBLE_ID, "truth.json", "Image 1 is 0.png and 1.png: nobody can tell which of them shows its 1 annot"),
        {"0.png": UNKNOWN, "1.png": UNKNOWN, "2.png": GOOD},
    ),
    "one image of two sizes": (
        lambda d: d["images"].append(d["images"][1] | {"width": 99}),
        (Check.DOUBLE_ID, "truth.json", "Image 1 is 1.png"),
        {"0.png": GOOD, "1.png": UNKNOWN, "2.png": GOOD},
    ),
    "an entry that is there twice": (
        lambda d: d["images"].append(d["images"][1]),
        (Check.LISTED_TWICE, "1.png", "truth.json lists the image 2 times"),
        {"0.png": GOOD, "1.png": CRACKED, "2.png": GOOD},
    ),
    "an image under two numbers, the defect at one of them": (
        lambda d: d["images"].append(d["images"][1] | {"id": 9}),
        (Check.LISTED_TWICE, "1.png", "a second time"),
        {"0.png": GOOD, "1.png": SOMEWHERE_CRACKED, "2.png": GOOD},
    ),
    "two kinds of one number": (
        lambda d: d["categories"].append({"id": 7, "name": "dent"}),
        (Check.DOUBLE_ID, "truth.json", "Category 7 is crack and dent: 1 annotation(s) may be either"),
        {"0.png": GOOD, "1.png": UNKNOWN, "2.png": GOOD},
    ),
    "two annotations of one number": (
        lambda d: d["annotations"].append(marked(bbox=[30, 20, 6, 5], segmentation=None, image=2)),
        (Check.DOUBLE_ID, "truth.json", "Several annotations have the number 1"),
        {"1.png": CRACKED, "2.png": CRACKED},
    ),
    "an annotation copied": (
        lambda d: d["annotations"].append(marked()),
        (Check.MARKED_TWICE, "1.png", "Annotations 1 and 1 (crack) in truth.json are one and the same"),
        {"1.png": CRACKED},
    ),
    "an annotation copied under other numbers": (
        lambda d: d["annotations"].extend([marked(2), marked(3)]),
        (Check.MARKED_TWICE, "1.png", "Annotations 1, 2 and 3 (crack)"),
        {"1.png": CRACKED},
    ),
}


@pytest.mark.parametrize("name", DOUBLES)
def test_what_is_there_twice_is_named_by_its_number_and_never_merged(name, tmp_path):
    change, (check, where, words), expected = DOUBLES[name]
    coco(tmp_path, [marked()], coco_images(count=3))
    rewrite(tmp_path, change)
    found = [(each, what) for each, file, what in problems_of(tmp_path) if file == where]
    assert any(each is check and words in what for each, what in found), found
    assert expected.items() <= said(tmp_path).items()
    assert CliRunner().invoke(app, ["data", "check", str(tmp_path)]).exit_code == 1


def judged_items(folder):
    """What an evaluation looks at. Its statistics take a second to load: only who asks waits for it."""
    from training.evaluation.report.by_scores import chosen_items

    _, items = chosen_items(read_data_set(folder), None)
    return items


def test_a_copied_annotation_counts_once(tmp_path):
    coco(tmp_path, [marked(), marked(), marked(2)])
    found = survey(read_data_set(tmp_path))
    assert found.splits[""].objects_of == {"crack": 1}


def test_the_same_thing_drawn_twice_in_two_forms_is_named(tmp_path):
    coco(tmp_path, [marked(), coco_annotation(2, bbox=[5, 4, 7, 4])])
    assert [each[:2] for each in problems_of(tmp_path)] == [(Check.MARKED_TWICE, "1.png")]


@pytest.mark.parametrize("name", [" crack", "crack"])
def test_one_kind_under_two_numbers_or_twice_under_one_is_one_kind(name, tmp_path):
    for number in (7, 9):
        coco(
            tmp_path, [marked(), marked(2, image=0, category=number)], categories=[CRACK, {"id": number, "name": name}]
        )
        assert read_data_set(tmp_path).kinds == ("crack",)
        assert problems_of(tmp_path) == []


def test_files_of_two_splits_count_for_themselves(tmp_path):
    for split in ("train", "test"):
        coco(tmp_path, [marked()], coco_images(), f"{split}/_annotations.coco.json", split)
    write(tmp_path / "test/0.png", picture(30))
    write(tmp_path / "test/1.png", picture(31))
    assert problems_of(tmp_path) == []


BROKEN = {
    "two corners": (lambda a: a.update(segmentation=[[4, 4, 9, 9]]), Check.BROKEN_LABEL, "Polygon 1 has 4 numbers"),
    "no corner": (lambda a: a.update(segmentation=[[]]), Check.BROKEN_LABEL, "Polygon 1 has 0 numbers"),
    "half a corner": (lambda a: a.update(segmentation=[[1, 1, 9, 1, 9, 9, 1]]), Check.BROKEN_LABEL, "has 7 numbers"),
    "a second polygon of a point": (
        lambda a: a.update(segmentation=[[1, 1, 9, 1, 9, 9], [3, 3]]),
        Check.BROKEN_LABEL,
        "Polygon 2 has 2 numbers",
    ),
    "corners without brackets": (lambda a: a.update(segmentation=[1, 1, 9, 1, 9, 9]), Check.BROKEN_ENTRY, "segmentat"),
    "sides that cross": (
        lambda a: a.update(segmentation=[[5, 5, 25, 25, 25, 5, 5, 25]]),
        Check.BROKEN_LABEL,
        "Polygon 1 crosses itself",
    ),
    "corners on one line": (lambda a: a.update(segmentation=[[1, 1, 5, 5, 9, 9]]), Check.EMPTY_MASK, "no pixel lies"),
    "an outline thinner than a pixel": (
        lambda a: a.update(segmentation=[[1, 1.1, 30, 1.1, 30, 1.3, 1, 1.3]]),
        Check.EMPTY_MASK,
        "no pixel lies half inside",
    ),
    "an empty box": (lambda a: a.update(segmentation=None, bbox=[]), Check.BROKEN_ENTRY, "bbox"),
    "a box of three numbers": (lambda a: a.update(segmentation=None, bbox=[1, 2, 3]), Check.BROKEN_ENTRY, "bbox"),
    "a box without width": (lambda a: a.update(segmentation=[], bbox=[4, 4, 0, 5]), Check.BROKEN_LABEL, "0 x 5 px"),
    "a box of negative height": (
        lambda a: a.update(segmentation=[], bbox=[4, 14, 5, -5]),
        Check.BROKEN_LABEL,
        "5 x -5 px",
    ),
    "a box between the pixels": (
        lambda a: a.update(segmentation=[], bbox=[4.6, 4.6, 0.3, 0.3]),
        Check.EMPTY_MASK,
        "no pixel",
    ),
    "an infinite box": (lambda a: a.update(bbox=[4, 4, math.inf, 5]), Check.BROKEN_ENTRY, "bbox.2: expected: "),
    "a corner that is no number": (
        lambda a: a.update(segmentation=[[1, 1, math.nan, 1, 9, 9]]),
        Check.BROKEN_ENTRY,
        "expected: a finite number; got nan",
    ),
    "a corner out of sight": (
        lambda a: a.update(segmentation=[[1, 1, 1e7, 1, 9, 9]]),
        Check.OUTSIDE,
        "from column 1 to 1e+07",
    ),
    "a corner beyond all numbers": (lambda a: a.update(segmentation=[[1, 1, 1e300, 1, 9, 9]]), Check.OUTSIDE, "1e+300"),
    "beside the image": (
        lambda a: a.update(segmentation=[], bbox=[64, 4, 5, 5]),
        Check.OUTSIDE,
        "from column 64 to 69",
    ),
    "above the image": (lambda a: a.update(segmentation=[[1, -9, 9, -9, 5, -1]]), Check.OUTSIDE, "row -9 to -1"),
    "neither box nor outline": (lambda a: a.update(segmentation=None), Check.BROKEN_LABEL, "neither a box nor"),
    "run lengths of another size": (
        lambda a: a.update(segmentation={"size": [9, 9], "counts": [81]}),
        Check.MASK_SIZE,
        "9 x 9 px, the image 64 x 48 px",
    ),
    "run lengths that do not fill the image": (
        lambda a: a["segmentation"].update(counts=[5, 5]),
        Check.MASK_SIZE,
        "add up to 10",
    ),
    "run lengths below nothing": (
        lambda a: a["segmentation"].update(counts=[-5, HEIGHT * WIDTH + 5]),
        Check.MASK_SIZE,
        "run lengths",
    ),
    "packed run lengths cut short": (
        lambda a: a["segmentation"].update(counts="d74\\1000"),
        Check.MASK_SIZE,
        "un lengths",
    ),
    "run lengths of nothing": (
        lambda a: a["segmentation"].update(counts=[HEIGHT * WIDTH]),
        Check.EMPTY_MASK,
        "mask is empty",
    ),
    "words for numbers": (lambda a: a.update(bbox="everywhere"), Check.BROKEN_ENTRY, "bbox"),
    "a length that is none": (lambda a: a.update(length_mm=math.nan), Check.BROKEN_ENTRY, "length_mm: expected"),
    "no category": (lambda a: a.pop("category_id"), Check.BROKEN_ENTRY, "category_id: missing"),
    "an unknown category": (lambda a: a.update(category_id=99), Check.UNKNOWN_CATEGORY, "of category 99"),
    "a category of 100 bits": (lambda a: a.update(category_id=HUGE), Check.BROKEN_ENTRY, "category_id: expected"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_one_broken_annotation_is_named_by_its_number_and_its_image_is_not_good(name, tmp_path):
    change, check, words = BROKEN[name]
    coco(tmp_path, [marked(4, image=0), marked(5, image=1)], coco_images(count=3))
    rewrite(tmp_path, lambda d: change(d["annotations"][1]))
    (problem,) = problems_of(tmp_path)
    assert problem[0] is check
    assert "Annotation 5" in problem[2]
    assert "truth.json" in problem[1] + problem[2]
    assert words in problem[2]
    found = said(tmp_path)
    assert (found["0.png"], found["2.png"]) == (CRACKED, GOOD)
    assert found["1.png"] in (UNKNOWN, SOMEWHERE_CRACKED)
    # Training lists the fault and stops; evaluation goes on without calling the image good.
    with pytest.raises(DataError, match="Annotation 5"):
        all_items([tmp_path], own_family(("crack",)))
    items = judged_items(tmp_path)
    assert {item.name for item in items if item.is_good} == {"2.png"}
    assert CliRunner().invoke(app, ["data", "check", str(tmp_path)]).exit_code == 1


def test_the_other_annotations_of_the_same_image_stay_usable(tmp_path):
    coco(tmp_path, [marked(4), coco_annotation(5, category=8, bbox=[30, 20, 0, 0]), marked(6, image=0)])
    found = survey(read_data_set(tmp_path))
    assert found.splits[""].objects_of == {"crack": 2}
    assert said(tmp_path)["1.png"] == (False, ("crack", "spot"), False)


STRAYS = {
    "of an image that is not listed": (lambda a: a.update(image_id=77), Check.NO_IMAGE, "image 77"),
    "of no image": (lambda a: a.pop("image_id"), Check.BROKEN_ENTRY, "image_id: missing"),
    "of an image of 100 bits": (lambda a: a.update(image_id=HUGE), Check.BROKEN_ENTRY, "image_id: expected"),
    "of an image that is a word": (lambda a: a.update(image_id="left"), Check.BROKEN_ENTRY, "image_id"),
}


@pytest.mark.parametrize("name", STRAYS)
def test_where_a_label_may_be_any_images_no_unmarked_image_of_its_file_is_good(name, tmp_path):
    change, check, words = STRAYS[name]
    images = coco_images(count=3)
    images[2]["is_good"] = True  # somebody looked at it
    coco(tmp_path, [marked(4, image=0), marked(5, image=1)], images)
    rewrite(tmp_path, lambda d: change(d["annotations"][1]))
    (problem,) = problems_of(tmp_path)
    assert problem[:2] == (check, "truth.json")
    assert words in problem[2]
    assert said(tmp_path) == {"0.png": CRACKED, "1.png": UNKNOWN, "2.png": GOOD}


def test_an_annotation_that_is_no_object_at_all_is_named_by_its_place(tmp_path):
    coco(tmp_path, [marked()])
    rewrite(tmp_path, lambda d: d["annotations"].append("crack"))
    assert "The annotation in place 2 can't be read" in problems_of(tmp_path)[0][2]


ENTRIES = {
    "without width": (lambda entry: entry.pop("width"), "Image 1 can't be read: width: missing"),
    "without height": (lambda entry: entry.update(height=None), "Image 1 can't be read: height"),
    "of no pixels": (lambda entry: entry.update(width=0), "Image 1 can't be read: width"),
    "of infinite pixels": (lambda entry: entry.update(width=math.inf), "Image 1 can't be read: width"),
    "of more pixels than any camera": (lambda entry: entry.update(width=10**12), "Image 1 can't be read: width"),
    "without a name": (lambda entry: entry.update(file_name=""), "Image 1 can't be read: file_name"),
    "without a number": (lambda entry: entry.pop("id"), "The image in place 2 can't be read: id: missing"),
}


@pytest.mark.parametrize("name", ENTRIES)
def test_one_broken_image_entry_is_left_out_and_named(name, tmp_path):
    change, words = ENTRIES[name]
    coco(tmp_path, [marked(4, image=0), marked(5, image=1)], coco_images(count=3))
    rewrite(tmp_path, lambda d: change(d["images"][1]))
    assert any(check is Check.BROKEN_ENTRY and words in what for check, _, what in problems_of(tmp_path))
    assert said(tmp_path)["0.png"] == CRACKED
    assert "1.png" not in said(tmp_path)


def test_a_bad_image_stays_out_of_what_a_good_only_fit_learns(tmp_path):
    images = coco_images(count=12)
    coco(tmp_path, [marked(image=3, segmentation=[[4, 4, 9, 9]])], images)
    good = good_items([tmp_path])
    assert "3.png" not in {item.name for item in (*good.train, *good.validation)}
    assert len(good.train) + len(good.validation) == 11


def test_an_image_that_is_said_to_show_tape_alone_is_not_good_with_a_broken_label(tmp_path):
    images = coco_images()
    images[1] |= {"kinds": ["N04"], "is_good": False}
    coco(tmp_path, [marked(category_id=99)], images)
    items = judged_items(tmp_path)
    assert [item.name for item in items] == ["0.png"]


UNREADABLE = {
    "empty": (lambda text: b"", "it is empty"),
    "blank": (lambda text: b" \n", "it is empty"),
    "cut short": (lambda text: text[: len(text) * 2 // 3].encode(), "it is cut short"),
    "in UTF-16": (lambda text: text.encode("utf-16"), "UTF-16, expected UTF-8"),
    "in Latin-1": (lambda text: text.replace("crack", "Stöße").encode("latin-1"), "not in UTF-8"),
    "zeros": (lambda text: bytes(len(text)), "UTF-16"),
    "no annotations": (lambda text: text.replace('"annotations"', '"notes"').encode(), "annotations not"),
    "annotations that are none": (
        lambda text: json.dumps(json.loads(text) | {"annotations": None}).encode(),
        "annotations not",
    ),
    "categories by name": (
        lambda text: json.dumps(json.loads(text) | {"categories": {"7": "crack"}}).encode(),
        "categories not",
    ),
    "a list": (lambda text: f"[{text}]".encode(), "images, categories and annotations not"),
    "annotations twice": (lambda text: (text[:-1] + ', "annotations": []}').encode(), "'annotations' is there twice"),
    "an image": (lambda text: b"\x89PNG\r\n\x1a\n" + text.encode(), "not in UTF-8"),
}
PLACES = (
    ("truth.json", ""),
    ("_annotations.coco.json", ""),
    ("train/_annotations.coco.json", "train"),
    ("annotations/instances_val2017.json", "images/val2017"),
    ("labels.JSON", ""),
)


@pytest.mark.parametrize("name", UNREADABLE)
@pytest.mark.parametrize(("file", "folder"), PLACES)
def test_a_label_file_that_can_not_be_read_is_a_problem_and_its_images_are_not_good(name, file, folder, tmp_path):
    change, words = UNREADABLE[name]
    coco(tmp_path, file=file, folder=folder)
    path = tmp_path / file
    path.write_bytes(change(json.dumps(json.loads(path.read_text()), ensure_ascii=False)))
    (problem,) = problems_of(tmp_path)
    assert problem[:2] == (Check.UNREADABLE, file)
    assert words in problem[2]
    assert set(said(tmp_path).values()) == {UNKNOWN}
    result = CliRunner().invoke(app, ["data", "check", str(tmp_path)])
    assert result.exit_code == 1
    assert f"{file}: " in result.output


def test_one_splits_unreadable_file_leaves_the_other_splits_as_they_are(tmp_path):
    for number, split in enumerate(("train", "valid")):
        coco(tmp_path, file=f"{split}/_annotations.coco.json", folder=split)
        write(tmp_path / split / "0.png", picture(60 + number))
        write(tmp_path / split / "1.png", picture(70 + number))
    (tmp_path / "train/_annotations.coco.json").write_bytes(b"")
    assert said(tmp_path) == {
        "train/0.png": UNKNOWN,
        "train/1.png": UNKNOWN,
        "valid/0.png": GOOD,
        "valid/1.png": CRACKED,
    }
    assert survey(read_data_set(tmp_path)).splits["train"].unlabelled == 2


def test_other_json_files_beside_the_labels_are_left_in_peace(tmp_path):
    coco(tmp_path, file="_annotations.coco.json")
    (tmp_path / "station.json").write_text('{"name": "line 3"}')
    (tmp_path / "._annotations.coco.json").write_bytes(b"\0\5\x16\7")
    assert problems_of(tmp_path) == []


def test_a_label_file_with_a_byte_order_mark_is_read(tmp_path):
    coco(tmp_path)
    sha256 = read_data_set(tmp_path).sha256
    (tmp_path / "truth.json").write_bytes(b"\xef\xbb\xbf" + (tmp_path / "truth.json").read_bytes())
    assert problems_of(tmp_path) == []
    assert read_data_set(tmp_path).sha256 == sha256


FOREIGN = {
    "Pascal VOC": ("good/a.xml", "<annotation/>"),
    "YOLO": ("crack/b.txt", "0 0.5 0.5 0.1 0.1"),
    "LabelMe": ("crack/b.json", "{}"),
    "YOLO in a folder of labels": ("labels/crack/b.txt", "0 0.5 0.5 0.1 0.1"),
    "arrays among masks": ("masks/crack/b.npy", "x"),
    "GIF masks": ("ground_truth/crack/b_mask.gif", "GIF89a"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_labels_in_forms_that_nothing_reads_are_named(name, tmp_path):
    file, content = FOREIGN[name]
    kind_folders(tmp_path)
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(content)
    assert (Check.NOT_READ, file) in [each[:2] for each in problems_of(tmp_path)]


def test_notes_beside_images_are_no_labels(tmp_path):
    kind_folders(tmp_path)
    for file in ("README.md", "notes.txt", "good/Thumbs.db", "LICENSE"):
        (tmp_path / file).write_text("hello")
    assert problems_of(tmp_path) == []


def test_a_name_may_be_spelt_with_other_capitals_or_accents_than_the_file(tmp_path):
    coco(tmp_path, [marked(image=0), marked(2, image=1)], coco_images(count=3))
    (tmp_path / "0.png").rename(tmp_path / "0.PNG")
    (tmp_path / "1.png").rename(tmp_path / "Spu\u0308le.png")
    rewrite(tmp_path, lambda d: d["images"][1].update(file_name="spüle.png"))
    assert problems_of(tmp_path) == []
    assert said(tmp_path) == {"0.PNG": CRACKED, "Spu\u0308le.png": CRACKED, "2.png": GOOD}


def test_a_name_that_several_files_have_but_for_capitals_is_none_of_them(tmp_path):
    coco(tmp_path, [marked()])
    (tmp_path / "1.png").rename(tmp_path / "A.png")
    write(tmp_path / "a.png", picture(5))
    rewrite(tmp_path, lambda d: d["images"][1].update(file_name="a.PNG"))
    assert (Check.UNREADABLE, "a.PNG") in [each[:2] for each in problems_of(tmp_path)]


def test_one_image_under_two_spellings_is_listed_twice(tmp_path):
    coco(tmp_path, [marked()])
    rewrite(tmp_path, lambda d: d["images"].append(d["images"][1] | {"id": 5, "file_name": "1.PNG"}))
    assert (Check.LISTED_TWICE, "1.png") in [each[:2] for each in problems_of(tmp_path)]
    assert said(tmp_path)["1.png"] == SOMEWHERE_CRACKED


def test_splits_of_other_names_are_counted_too(tmp_path):
    images = coco_images()
    images[1]["split"] = "holdout"
    coco(tmp_path, images=images)
    assert list(survey(read_data_set(tmp_path)).splits) == ["holdout", ""]


def test_groups_are_found_however_their_table_was_written(tmp_path):
    kind_folders(tmp_path)
    write(tmp_path / "good/é.png", picture(9))
    table = "image;group\r\nGood\\a.png;R1\r\n./crack/b.bmp;R2\r\ngood/e\u0301.png;R3\r\n"
    (tmp_path / "groups.csv").write_bytes(b"\xef\xbb\xbf" + table.encode())
    assert {item.name: item.group for item in read_data_set(tmp_path).items} == {
        "good/a.png": "R1",
        "crack/b.bmp": "R2",
        "good/é.png": "R3",
    }
    assert problems_of(tmp_path) == []


def test_an_image_in_two_groups_is_named(tmp_path):
    kind_folders(tmp_path)
    (tmp_path / "groups.csv").write_text("image,group\ngood/a.png,R1\ngood/a.png,R2\ngood/a.png,R1\n")
    assert problems_of(tmp_path) == [(Check.LISTED_TWICE, "groups.csv", "It puts good/a.png into 'R1' and 'R2'.")]


@pytest.mark.parametrize("content", ["", "image,group\ngood/a.png\n", "\ufeffimage\u0000,group\n"])
def test_a_table_of_groups_that_can_not_be_read_is_one_clear_error(content, tmp_path):
    kind_folders(tmp_path)
    (tmp_path / "groups.csv").write_text(content)
    with pytest.raises(DataError, match=r"groups\.csv can't be read: "):
        read_data_set(tmp_path)


def circle(corners, seed=None, radius=50.0):
    angles = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    points = np.stack([100 + radius * np.cos(angles), 100 + radius * np.sin(angles)], axis=1)
    if seed is not None:
        points += np.random.default_rng(seed).normal(0, 1.0, points.shape)
    return points.ravel().tolist()


def eight(corners):
    angles = np.linspace(0, 2 * np.pi, corners, endpoint=False) + 0.001
    return np.stack([100 + 50 * np.sin(angles), 100 + 30 * np.sin(2 * angles)], axis=1).ravel().tolist()


OUTLINES = {
    "a circle": (circle(300), False),
    "a trembling hand": (circle(100, seed=1), False),
    "closed by its first corner": ([0, 0, 9, 0, 9, 9, 0, 9, 0, 0], False),
    "a notch": ([0, 0, 10, 0, 10, 10, 5, 1, 0, 10], False),
    "a spike": ([0, 0, 10, 0, 10, 10, 20, 10, 10, 10, 0, 10], False),
    "a hole with a way to it": ([0, 0, 10, 0, 10, 10, 0, 10, 0, 0, 3, 3, 3, 6, 6, 6, 6, 3, 3, 3], False),
    "a slip of the pen": ([0, 0, 100, 0, 100, 100, 0, 100, 0.5, 0.2, -0.2, 0.6], False),
    "corners in the wrong order": ([0, 0, 9, 9, 9, 0, 0, 9], True),
    "a figure of eight of many corners": (eight(400), True),
    "a loop at its end": ([0, 0, 100, 0, 100, 100, 0, 100, 0, 40, -30, 20, -30, 40, 5, 10], True),
}


@pytest.mark.parametrize("name", OUTLINES)
def test_an_outline_crosses_itself_where_more_than_a_slip_does(name):
    outline, expected = OUTLINES[name]
    assert is_crossing(outline) is expected
