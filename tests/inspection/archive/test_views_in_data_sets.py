"""Data sets of a web that several cameras see: every frame of a piece, each with what its own view shows."""

import json
from dataclasses import replace

import numpy as np
import pytest

from inspection.archive.archive import ArchiveSearch
from inspection.archive.data_set import export, freeze
from inspection.archive.outlook import outlook
from inspection.archive.search import Search
from inspection.archive.selection import Source
from inspection.archive.shown_web import NOT_JUDGED
from inspection.errors import DataSetError
from inspection.review.cases import Answer, Correction, NewReview
from inspection.rolls.roll_book import RollBook
from inspection.values import Cut, Fate, Piece, Verdict, ViewFrame
from tests.support.rig import HEIGHT, WIDTH
from tests.support.views import above, below, of_two_views
from training.data import read_data_set
from training.data.dataset import all_items, kinds_in, labelled, validation_items
from training.data.survey import survey
from training.data.views import of_views
from training.errors import DataError
from training.family import family_of, own_family

FRAME_MM = 50.0


def frames_of(first: int, last: int, *, skew_mm: float = 0.0) -> tuple[ViewFrame, ...]:
    """The frames of a piece: frame k of the camera below begins 10 mm before piece k."""
    others = (
        ViewFrame("back-light", below(k), Fate.SEEN, FRAME_MM * k - 10.0, FRAME_MM, skew_mm=skew_mm)
        for k in range(first, last + 1)
    )
    return (ViewFrame("bright-field", above(first), Fate.SEEN, FRAME_MM * first, FRAME_MM), *others)


def seen_below(number: int, verdict: Verdict = Verdict.REJECT, *, skew_mm: float = 0.0, **changes):
    """A piece with a hole that both views saw, the other one in frame `number`; on good ones there is nothing."""
    told = of_two_views(number, verdict, view_frames=frames_of(number, number + 1, skew_mm=skew_mm))
    hole = told.defects[0]
    sightings = (hole.sightings[0], replace(hole.sightings[1], frame=below(number)))
    found = (replace(hole, sightings=sightings),) if verdict is Verdict.REJECT else ()
    return replace(told, **({"defects": found} | changes))


@pytest.fixture
def web(plant):
    """Eight pieces of two rolls, rejects 1, 2, 5 and 6."""
    for number in range(1, 9):
        plant.add_views(seen_below(number, Verdict.REJECT if number in (1, 2, 5, 6) else Verdict.ACCEPT))
    plant.rolls = RollBook(plant.line)
    plant.rolls.begin("A", 1, "plc")
    plant.rolls.begin("B", 5, "plc")
    plant.queue.enrol()
    plant.archive = ArchiveSearch(plant.database)
    return plant


def source_of(plant):
    return Source(plant.store, plant.book, plant.rolls, plant.archive, plant.frames_dir, "slitter-2")


def confirm(plant, *sequences, corrections=()):
    for sequence in sequences:
        plant.book.record(NewReview(sequence, "ann", Answer.CONFIRMED, corrections=corrections))


def frozen(plant, folder, search=None):
    made = freeze(source_of(plant), folder, "hole", search or Search(), "ann")
    return made, json.loads((made.folder / "truth.json").read_text())


def images_of(truth):
    """By view and frame number."""
    return {(image["view"], image["number"]): image for image in truth["images"]}


def kinds_on(truth, image):
    names = {each["id"]: each["name"] for each in truth["categories"]}
    on_it = [each for each in truth["annotations"] if each["image_id"] == image["id"]]
    return [(names[each["category_id"]], each["is_sure"], tuple(each["bbox"])) for each in on_it]


def test_every_frame_of_a_piece_is_in_the_set_with_what_its_own_view_shows(web, tmp_path):
    confirm(web, 1, 2, 3, 4)
    made, truth = frozen(web, tmp_path)
    images = images_of(truth)
    assert sorted(images) == [("back-light", n) for n in range(1, 6)] + [("bright-field", n) for n in range(1, 5)]
    assert made.provenance.views == {"back-light": 5, "bright-field": 4}
    assert len({image["id"] for image in truth["images"]}) == 9
    assert kinds_on(truth, images["bright-field", 2]) == [("E13", True, (33, 12, 14, 6))]
    assert ("E13", True, (93, 42, 14, 6)) in kinds_on(truth, images["back-light", 2])
    assert (images["bright-field", 3]["is_good"], kinds_on(truth, images["bright-field", 3])) == (True, [])
    assert images["back-light", 2]["pieces"] == [1, 2]
    assert "-back-light-below.2-2.png" in images["back-light", 2]["file_name"]
    assert images["back-light", 2]["pixel_pitch_um"] == pytest.approx(1000 * FRAME_MM / HEIGHT, abs=1e-3)
    assert "back-light 5, bright-field 4" in (made.folder / "README.md").read_text()


def test_training_reads_it_with_its_views_and_keeps_all_frames_of_a_piece_together(web, tmp_path):
    confirm(web, *range(1, 9))
    made, truth = frozen(web, tmp_path)
    data_set = read_data_set(made.folder)
    assert survey(data_set).problems == ()
    assert survey(data_set).views == made.provenance.views
    splits = {}
    for item in data_set.items:
        image = next(each for each in truth["images"] if each["file_name"] == item.name)
        assert item.view == image["view"]
        for piece in image["pieces"]:
            splits.setdefault(piece, set()).add(item.split)
    assert {tuple(several) for several in splits.values()} == {("train",), ("validation",)}
    assert {item.split for item in of_views(data_set, ["back-light"]).items} == {"train", "validation"}
    (hole, *_) = labelled(next(item for item in data_set.items if "bright-field-above.1-2" in item.name)).labels
    assert (hole.kind, hole.left_px, hole.top_px) == ("E13", 33, 12)


def test_web_on_a_frame_that_nobody_judged_teaches_nothing(web, tmp_path):
    """The frames below of piece 2 show the end of piece 1 and the beginning of piece 3 as well."""
    confirm(web, 2)
    _, truth = frozen(web, tmp_path)
    images = images_of(truth)
    tenth = HEIGHT // 5  # 10 of 50 mm
    hidden = [each for each in kinds_on(truth, images["back-light", 2]) if each[0] == NOT_JUDGED]
    assert hidden == [(NOT_JUDGED, False, (0, 0, WIDTH, tenth + 1))]
    assert kinds_on(truth, images["back-light", 3]) == [(NOT_JUDGED, False, (0, tenth + 1, WIDTH, HEIGHT - tenth - 1))]
    assert [images[key]["is_good"] for key in (("bright-field", 2), ("back-light", 3))] == [False, False]
    assert [each[0] for each in kinds_on(truth, images["bright-field", 2])] == ["E13"]
    made = tmp_path / "hole-1"
    item = next(item for item in read_data_set(made).items if "below.2-3" in item.name)
    assert (item.is_good, item.kinds, item.is_marked) == (False, (), True)
    assert not any(label.is_evident for label in labelled(item).labels)


def test_of_a_camera_that_is_turned_only_rows_that_show_the_piece_from_end_to_end_are_known(plant, tmp_path):
    for number in (1, 2):
        plant.add_views(seen_below(number, skew_mm=4.0))
    plant.rolls, plant.archive = RollBook(plant.line), ArchiveSearch(plant.database)
    plant.queue.enrol()
    confirm(plant, 1)
    _, truth = frozen(plant, tmp_path)
    (mark,) = [each for each in kinds_on(truth, images_of(truth)["back-light", 2]) if each[0] == NOT_JUDGED]
    assert mark[2][1] == int(np.floor((10.0 - 2.0) / FRAME_MM * HEIGHT + 0.51))
    confirm(plant, 2)
    _, truth = frozen(plant, tmp_path)
    assert [each[0] for each in kinds_on(truth, images_of(truth)["back-light", 2])] == ["E13"]


def test_a_missed_object_is_labelled_in_the_view_that_it_was_drawn_in(web, tmp_path):
    drawn = Correction(change="added", kind="E09", box_px=(5, 20, 25, 30), view=1)
    web.book.record(NewReview(3, "ann", Answer.OVERRULED, corrections=(drawn,)))
    confirm(web, 2, 4)
    made, truth = frozen(web, tmp_path, Search(first_sequence=3, last_sequence=3))
    images = images_of(truth)
    assert ("E09", True, (5, 20, 20, 10)) in kinds_on(truth, images["back-light", 3])
    assert (images["bright-field", 3]["is_good"], kinds_on(truth, images["bright-field", 3])) == (True, [])
    assert made.provenance.objects == {"E09": 1}
    item = next(item for item in read_data_set(made.folder).items if item.view == "back-light" and item.kinds)
    (label,) = [label for label in labelled(item).labels if label.is_sure]
    assert (label.kind, label.left_px, label.top_px, label.mask.shape) == ("E09", 5, 20, (10, 20))


def test_a_frame_with_the_web_of_two_rolls_is_in_none_of_their_parts(web, tmp_path):
    confirm(web, 4, 5)
    made, truth = frozen(web, tmp_path)
    assert ("back-light", 5) not in images_of(truth)
    assert made.provenance.left_out == {"It shows the end of one roll and the beginning of another.": 1}
    assert {image["roll"] for image in truth["images"]} == {"A", "B"}


def test_a_frame_that_is_gone_is_missing_and_the_others_of_its_piece_are_there(web, tmp_path):
    confirm(web, 3)
    gone = next(web.frames_dir.glob("*/below.2-3.png"))
    gone.unlink()
    made, truth = frozen(web, tmp_path)
    assert sorted(images_of(truth)) == [("back-light", 4), ("bright-field", 3)]
    assert made.provenance.left_out == {"Its file is missing or damaged.": 1}


def lanes_of(number: int, *verdicts: Verdict):
    """A stretch of which each lane is decided by itself, on the same frames."""
    whole = seen_below(number)
    for lane, verdict in enumerate(verdicts, start=1):
        piece = Piece(above(number), FRAME_MM * number, FRAME_MM, None, None, Cut.LANE, lane, number)
        sequence = len(verdicts) * (number - 1) + lane
        is_bad = verdict is Verdict.REJECT
        told = {"reasons": whole.reasons, "defects": whole.defects} if is_bad else {"reasons": (), "defects": ()}
        yield replace(whole, sequence=sequence, piece=piece, verdict=verdict, **told)


def test_lanes_share_their_frames_and_each_frame_is_there_once_with_what_lies_on_all_of_them(plant, tmp_path):
    for made in lanes_of(1, Verdict.ACCEPT, Verdict.REJECT):
        plant.add_views(made)
    plant.rolls, plant.archive = RollBook(plant.line), ArchiveSearch(plant.database)
    plant.queue.enrol()
    confirm(plant, 1)
    with pytest.raises(DataSetError, match="Nobody has judged all lanes"):
        frozen(plant, tmp_path)
    confirm(plant, 2)
    _, truth = frozen(plant, tmp_path)
    (image,) = [image for image in truth["images"] if image["view"] == "bright-field"]
    assert (image["pieces"], image["is_good"]) == ([1, 2], False)
    assert kinds_on(truth, image) == [("E13", True, (33, 12, 14, 6))]


def test_frames_are_exported_with_their_views_in_both_layouts_and_read_again(web, tmp_path):
    confirm(web, *range(1, 9))
    web.rolls.begin("C", 9, "plc")
    for layout in ("coco", "mvtec"):
        made = export(source_of(web), tmp_path / layout, layout, Search(is_reviewed=True), "ann")
        data_set = read_data_set(made.folder)
        assert data_set.layout == layout
        assert survey(data_set).problems == ()
        for item in data_set.items:
            assert item.view in item.name
        counts = {view: len(of_views(data_set, [view]).items) for view in ("back-light", "bright-field")}
        assert counts == (made.provenance.views if layout == "coco" else {"back-light": 7, "bright-field": 8})
        assert {item.group for item in data_set.items} == {"A", "B"}


def test_what_nobody_reviewed_is_exported_frame_by_frame_with_the_stations_marks(web, tmp_path):
    made = export(source_of(web), tmp_path / "out", "coco", Search(last_sequence=1), "ann")
    truth = json.loads((made.folder / "truth.json").read_text())
    assert [(image["view"], image["is_reviewed"], image["is_good"]) for image in truth["images"]] == [
        ("bright-field", False, False),
        ("back-light", False, False),
        ("back-light", False, False),
    ]
    assert ("E13", True, (93, 42, 14, 6)) in kinds_on(truth, images_of(truth)["back-light", 1])


def test_a_mixture_of_views_is_refused_by_what_learns_one_light_and_one_of_them_can_be_chosen(web, tmp_path):
    confirm(web, *range(1, 9))
    folders = [frozen(web, tmp_path)[0].folder]
    own = own_family(["E13"])
    for ask in (
        lambda views: all_items(folders, own, views),
        lambda views: validation_items(folders, own, views),
        lambda views: kinds_in(folders, views),
    ):
        with pytest.raises(DataError, match=r"mixes views, back-light \(8 images\), bright-field \(8 images\).*--view"):
            ask(())
        assert ask(["bright-field"])
        with pytest.raises(DataError, match="no image is of view dark-field; it has back-light"):
            ask(["dark-field"])
    assert {item.view for item in all_items(folders, own, ["back-light"])} == {"back-light"}
    with pytest.raises(DataError, match=r"images in back-light, and the model is one for bright-field"):
        all_items(folders, family_of("electrode"))
    assert {item.view for item in all_items(folders, family_of("electrode"), ["bright-field"])} == {"bright-field"}


def test_what_a_choice_would_give_is_told_by_view_before_a_file_is_looked_at(web, tmp_path):
    confirm(web, 1, 2)
    ahead = outlook(source_of(web), tmp_path, "hole", Search())
    assert (ahead.frames, ahead.views) == (5, {"back-light": 3, "bright-field": 2})
    assert web.archive.frames_by_view(Search(last_sequence=2)) == {"back-light": 3, "bright-field": 2}
    assert web.archive.saved_views([3, 99]) == {3: {"back-light": 2, "bright-field": 1}}
    made, _ = frozen(web, tmp_path)
    assert (made.provenance.images, made.provenance.views) == (ahead.frames, ahead.views)
    web.add(9)
    assert web.archive.frames_by_view(Search(first_sequence=8)) == {"": 1, "back-light": 2, "bright-field": 1}
    assert web.archive.saved_views([9]) == {}
