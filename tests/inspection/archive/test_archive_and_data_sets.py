import json
import os
import shlex
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import pytest

import training.data.dataset
from camera.frame import FrameId
from inspection.archive.archive import ArchiveSearch
from inspection.archive.data_set import export, fit_command, freeze
from inspection.archive.outlook import FEWEST_GOOD, Lack, lacks, outlook
from inspection.archive.provenance import list_data_sets, verify
from inspection.archive.search import Search, read_search
from inspection.archive.selection import Source
from inspection.errors import DataSetError, ReviewError
from inspection.review.cases import Answer, Correction, NewReview, ReviewOutcome
from inspection.review.queue import ReviewQueue
from inspection.rolls.roll_book import RollBook
from inspection.values import Piece, Verdict
from tests.support.review_fixtures import BEGAN
from tests.support.rig import HEIGHT, TOO_LARGE, WIDTH, defect
from training.data import read_data_set
from training.data.dataset import all_items, labelled, usable_set
from training.data.survey import survey
from training.errors import DataError
from training.family import own_family
from training.fitting.fit_settings import read_fit_settings


@pytest.fixture
def filled(plant):
    """Two rolls of ten pieces: rejects 1 to 5 and 11 to 15, the others accepted."""
    for sequence in range(1, 21):
        is_reject = sequence % 10 in (1, 2, 3, 4, 5)
        piece = Piece(FrameId("cam0", 1, sequence), 3.2 * sequence, 3.2)
        kind = "E01" if sequence < 10 else "E04"
        found = (defect(kind=kind, score=0.05 * sequence, lane=1 + sequence % 2),)
        reasons = (replace(TOO_LARGE, rule=f"limit.{kind}.diameter_mm", kind=kind),)
        verdict = Verdict.REJECT if is_reject else Verdict.ACCEPT
        said = {"defects": found, "reasons": reasons} if is_reject else {}
        plant.add(sequence, verdict, piece=piece, **said)
    plant.rolls = RollBook(plant.line)
    plant.rolls.begin("A", 1, "plc")
    plant.rolls.begin("B", 11, "plc")
    plant.queue.enrol()
    plant.archive = ArchiveSearch(plant.database)
    return plant


def at(seconds):
    return BEGAN + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ({}, range(20, 0, -1)),
        ({"rolls": ["B"], "verdicts": ["reject"]}, [15, 14, 13, 12, 11]),
        ({"rolls": ["A"], "from_m": 0.0105, "to_m": 0.014}, [5, 4]),
        ({"kinds": ["E04"], "lanes": [1]}, [14, 12]),
        ({"from_score": 0.59, "to_score": 0.71}, [14, 13, 12]),
        ({"from_mm": 0.8}, []),
        ({"severities": ["S1"]}, []),
        ({"from_utc": at(18), "to_utc": at(100)}, [20, 19, 18]),
        ({"first_sequence": 3, "last_sequence": 4}, [4, 3]),
        ({"models": ["electrode 0.1"], "recipes": ["anode 1.0"], "last_sequence": 1}, [1]),
        ({"models": ["electrode 9"]}, []),
        ({"outcomes": ["confirmed"]}, [1]),
        ({"is_reviewed": True}, [2, 1]),
        ({"is_reviewed": False, "verdicts": ["reject"], "rolls": ["A"]}, [5, 4, 3]),
        ({"has_image": False}, [20]),
    ],
)  # fmt: skip
def test_the_archive_finds_decisions_by_what_is_known_of_them(filled, search, expected):
    filled.book.record(NewReview(1, "ann", Answer.CONFIRMED))
    filled.book.record(NewReview(2, "ann", Answer.UNSURE))
    filled.store.frame_index.note_deleted_frames([filled.store.frame_index.saved_frame(20)], datetime.now(UTC))
    wanted = Search.model_validate(search)
    assert [found.sequence for found in filled.archive.find(wanted)] == list(expected)
    assert filled.archive.count(wanted) == len(list(expected))


def test_pages_of_results_and_their_columns(filled):
    filled.book.record(NewReview(15, "ann", Answer.CONFIRMED))
    first = filled.archive.find(Search(verdicts=(Verdict.REJECT,)), limit=3)
    assert [each.sequence for each in first] == [15, 14, 13]
    after = filled.archive.find(Search(verdicts=(Verdict.REJECT,)), limit=3, before=13)
    assert [each.sequence for each in after] == [12, 11, 5]
    found = first[0]
    assert (found.kinds, found.lanes, found.outcome, found.has_image) == (("E04",), (2,), ReviewOutcome.CONFIRMED, True)
    largest = max(filled.store.decision(15).decision.defects, key=lambda defect: defect.diameter_mm)
    assert (found.largest_mm, found.largest) == (largest.diameter_mm, largest.box)
    assert [each.sequence for each in filled.archive.neighbours(2, each_way=2)] == [1, 2, 3, 4]


def test_the_archive_does_not_tell_what_a_second_reader_must_not_know(filled):
    filled.add(21)
    ReviewQueue(filled.database, second_reader_share=1.0).enrol()
    filled.book.record(NewReview(21, "ann", Answer.OVERRULED))
    assert filled.archive.find(Search(outcomes=(ReviewOutcome.OVERRULED,))) == []
    assert filled.archive.find(Search(), limit=1)[0].outcome is None
    assert filled.archive.sequences(Search(outcomes=(ReviewOutcome.OVERRULED,)), with_image=True, is_blind=False) == [
        21
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "Invalid JSON"),
        ('{"colour": "red"}', "colour"),
        ('{"from_m": 3}', "name one roll"),
        ('{"from_mm": 3, "to_mm": 2}', "above"),
        ('{"kinds": ["pinhole"]}', "kinds.0"),
    ],
)
def test_a_search_that_makes_no_sense_is_refused(text, says):
    with pytest.raises(ReviewError, match=says):
        read_search(text)


def test_an_unknown_roll_is_named(filled):
    with pytest.raises(ReviewError, match="no roll 'C'"):
        filled.archive.find(Search(rolls=("C",)))


def test_searches_are_kept_replaced_and_removed(filled):
    archive = filled.archive
    archive.save("pinholes", Search(kinds=("E01",)), "ann")
    archive.save("pinholes", Search(kinds=("E01",), from_mm=0.5), "bob")
    (kept,) = archive.saved()
    assert (kept.search.from_mm, kept.saved_by) == (0.5, "bob")
    archive.remove("pinholes", "ann")
    assert archive.saved() == []
    with pytest.raises(ReviewError, match="No search"):
        archive.remove("pinholes", "ann")
    with pytest.raises(ReviewError, match="printable"):
        archive.save("a\nb", Search(), "ann")


def source_of(plant):
    return Source(plant.store, plant.book, plant.rolls, plant.archive, plant.frames_dir, "slitter-2")


@pytest.fixture
def reviewed(filled):
    """Confirmed, overruled, corrected, an escape, an unsure one; frame 6 is a good accept."""
    box = Correction(change="added", kind="E09", box_px=(5, 6, 25, 9))
    for sequence, answer, corrections in (
        (1, Answer.CONFIRMED, ()),
        (2, Answer.OVERRULED, ()),
        (3, Answer.UNSURE, ()),
        (6, Answer.CONFIRMED, ()),
        (7, Answer.OVERRULED, (box,)),
        (8, Answer.OVERRULED, ()),
        (11, Answer.CONFIRMED, ()),
        (12, Answer.OVERRULED, ()),
        (16, Answer.CONFIRMED, ()),
    ):
        filled.book.record(NewReview(sequence, "ann", answer, corrections=corrections))
    return filled


def test_a_frozen_set_is_read_by_training_as_it_is(reviewed, tmp_path):
    made = freeze(source_of(reviewed), tmp_path / "datasets", "anode", Search(), "ann", "first try")
    told = made.provenance
    assert made.folder.name == "anode-1"
    assert (told.images, told.good, told.objects) == (7, 4, {"E01": 1, "E04": 1, "E09": 1})
    assert told.left_out == {"The reviewer was not sure.": 1, "It is bad, but nobody drew where.": 1}
    data_set = read_data_set(made.folder)
    found = survey(data_set)
    assert found.problems == ()
    assert data_set.kinds == ("E01", "E04", "E09")
    assert {item.group for item in data_set.items} == {"A", "B"}
    assert {item.group: item.split for item in data_set.items} == told.parts
    items = {int(item.name[:10]): item for item in data_set.items}
    assert items[2].is_good
    assert items[1].pixel_pitch_um == pytest.approx(50.0)
    (escape,) = labelled(items[7]).labels
    assert (escape.kind, escape.top_px, escape.left_px, escape.mask.shape) == ("E09", 6, 5, (3, 20))
    (pinhole,) = labelled(items[1]).labels
    assert (pinhole.kind, int(pinhole.mask.sum())) == ("E01", 6 * 14)
    saved = cv2.imread(str(next(reviewed.frames_dir.glob("*/0000000001-*.png"))), cv2.IMREAD_UNCHANGED)
    assert (items[1].pixels() == saved).all()
    assert usable_set(data_set, own_family(data_set.kinds)).items


def test_versions_follow_each_other_and_rolls_keep_their_part(reviewed, tmp_path):
    source, folder = source_of(reviewed), tmp_path / "datasets"
    only_b = freeze(source, folder, "anode", Search(rolls=("B",)), "ann")
    both = freeze(source, folder, "anode", Search(), "ann")
    assert (only_b.provenance.parts, both.folder.name) == ({"B": "train"}, "anode-2")
    assert both.provenance.parts == {"A": "validation", "B": "train"}
    assert [each.folder.name for each in list_data_sets(folder)] == ["anode-1", "anode-2"]
    assert only_b.provenance.sha256 != both.provenance.sha256


def test_a_frozen_set_is_read_only_and_a_change_is_noticed(reviewed, tmp_path):
    made = freeze(source_of(reviewed), tmp_path / "datasets", "anode", Search(), "ann")
    assert verify(made.folder) == []
    modes = {path.stat().st_mode & 0o222 for path in (made.folder, *made.folder.iterdir())}
    assert modes == {0}
    truth = made.folder / "truth.json"
    os.chmod(made.folder, 0o755)
    os.chmod(truth, 0o644)
    truth.write_text(truth.read_text() + " ")
    (made.folder / "more.png").write_bytes(b"")
    assert verify(made.folder) == ["more.png was added", "truth.json was altered"]


def test_the_command_to_copy_runs_up_to_the_files(reviewed, tmp_path):
    folder = tmp_path / "line 2" / "datasets"
    made = freeze(source_of(reviewed), folder, "e01", Search(), "ann")
    words = shlex.split(fit_command(made.folder))
    assert words[:2] == ["training", "fit"]
    assert shlex.quote(str(made.folder)) in fit_command(made.folder)
    given = dict(zip(words[2::2], map(Path, words[3::2]), strict=True))
    settings, out = read_fit_settings(None, {"data": (given["--data"],), "out": given["--out"]})
    assert settings.data == (made.folder,)
    assert out == Path("runs/e01-1")
    assert set(all_items(settings.data, own_family(["E01", "E04"])))


ONE_ROLL = Search(rolls=("A",))


def test_one_roll_is_told_to_be_too_little_before_it_is_frozen_and_training_refuses_it(reviewed, tmp_path):
    source = source_of(reviewed)
    assert outlook(source, tmp_path, "e01", Search()).lacks == ()
    ahead = outlook(source, tmp_path, "e01", ONE_ROLL)
    assert (ahead.lacks, ahead.parts) == ((Lack.ROLLS,), {"A": "train"})
    made = freeze(source, tmp_path, "e01", ONE_ROLL, "ann")
    with pytest.raises(DataError, match="can't be divided"):
        all_items([made.folder], own_family(["E01"]))


def test_a_roll_that_an_earlier_version_keeps_for_choosing_is_nothing_to_train_on(reviewed, tmp_path):
    source = source_of(reviewed)
    parts = freeze(source, tmp_path, "e01", Search(), "ann").provenance.parts
    kept = next(roll for roll, part in parts.items() if part == "validation")
    assert Lack.FRAMES in outlook(source, tmp_path, "e01", Search(rolls=(kept,))).lacks


def test_few_good_frames_alone_are_too_few_as_training_says(plant, tmp_path):
    assert FEWEST_GOOD == training.data.dataset._FEWEST_GOOD
    assert lacks({"A": "train", "B": "validation"}, FEWEST_GOOD - 1, 0) == (Lack.GOOD,)


def test_what_is_frozen_is_the_list_that_is_shown_and_nothing_beside_it(reviewed, tmp_path):
    """Not reviewed ones are shown: a data set of these would be of others."""
    source = source_of(reviewed)
    with pytest.raises(DataSetError, match="none of which can be used"):
        freeze(source, tmp_path, "e01", Search(is_reviewed=False), "ann")
    shown = Search(outcomes=(ReviewOutcome.OVERRULED,), last_sequence=15)
    listed = {each.sequence for each in reviewed.archive.find(shown)}
    made = freeze(source, tmp_path, "e01", shown, "ann")
    assert {int(name[:10]) for name in made.provenance.files if name.endswith(".png")} <= listed


@pytest.mark.parametrize("name", ["", "../out", "Anode", "a b", "a--", "-a", "x" * 60])
def test_a_name_that_is_no_folder_name_is_refused(reviewed, tmp_path, name):
    with pytest.raises(DataSetError, match="small letters"):
        freeze(source_of(reviewed), tmp_path / "datasets", name, Search(), "ann")


def test_nothing_is_left_of_a_set_without_usable_frames(reviewed, tmp_path):
    for search in (Search(first_sequence=8, last_sequence=8), Search(kinds=("E13",))):
        with pytest.raises(DataSetError, match=r"no frame could be taken|none of which can be used"):
            freeze(source_of(reviewed), tmp_path / "datasets", "anode", search, "ann")
    assert not (tmp_path / "datasets").exists() or not list((tmp_path / "datasets").iterdir())


def test_a_missing_file_is_left_out_and_told(reviewed, tmp_path):
    next(reviewed.frames_dir.glob("*/0000000001-*.png")).unlink()
    made = freeze(source_of(reviewed), tmp_path / "datasets", "anode", Search(), "ann")
    assert made.provenance.left_out["Its file is missing or damaged."] == 1
    assert made.provenance.images == 6


def test_a_selection_is_exported_with_labels_of_people_and_of_the_station(reviewed, tmp_path):
    made = export(source_of(reviewed), tmp_path / "out", "coco", Search(verdicts=(Verdict.REJECT,)), "ann")
    truth = json.loads((made.folder / "truth.json").read_text())
    by_people = {image["sequence"]: image["is_reviewed"] for image in truth["images"]}
    assert len(by_people) == 10
    assert (by_people[1], by_people[4]) == (True, False)
    assert read_data_set(made.folder).items
    with pytest.raises(DataSetError, match="there already"):
        export(source_of(reviewed), tmp_path / "out", "coco", Search(), "ann")


def test_a_selection_is_exported_as_mvtec_has_it(reviewed, tmp_path):
    reviewed.rolls.begin("C", 16, "plc")
    made = export(source_of(reviewed), tmp_path / "out", "mvtec", Search(is_reviewed=True), "ann")
    data_set = read_data_set(made.folder)
    assert data_set.layout == "mvtec"
    assert survey(data_set).problems == ()
    assert sum(item.is_good for item in data_set.items) == 4
    assert {item.group: item.split for item in data_set.items} == {"A": "test", "B": "test", "C": "train"}
    (mask,) = made.folder.glob("ground_truth/E09/*.png")
    drawn = cv2.imread(str(mask), cv2.IMREAD_UNCHANGED)
    assert drawn.shape == (HEIGHT, WIDTH)
    assert (drawn > 0).sum() == 60
