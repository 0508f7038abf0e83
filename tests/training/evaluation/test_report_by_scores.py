import json

import numpy as np
import pytest
from typer.testing import CliRunner

from inspection.model.shelf import Model
from tests.support.extremes import HEIGHT, WIDTH, grey, save, write_model
from training.cli import app
from training.data import read_data_set
from training.data.labels import Label
from training.errors import DataError
from training.evaluation.report.by_scores import chosen_items, judge
from training.evaluation.report.evidence import MISSED
from training.evaluation.report.figures import figures_of
from training.evaluation.report.network_pass import Examiner
from training.evaluation.report.photographs import photograph
from training.evaluation.report.pixel_tally import PixelTally

NAMES = ("image_auroc", "image_ap", "pixel_ap", "aupro30", "mean_iou", "image_kind_accuracy", "mpx_s")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Ten good images, one with a glint; six E01 of which one is faint; four E04, all plain; train images aside."""
    root = tmp_path_factory.mktemp("data") / "plates"
    for number in range(10):
        pixels = grey(number)
        if number == 0:
            pixels[30:34, 50:54] = 140
        save(root / f"test/good/{number}.png", pixels)
    for kind, level, count in (("E01", 200, 6), ("E04", 5, 4)):
        for number in range(count):
            pixels, mask = grey(100 + number), np.zeros((HEIGHT, WIDTH), np.uint8)
            place = (slice(16, 32), slice(24, 40))
            pixels[place] = 100 if (kind, number) == ("E01", 0) else level
            mask[place] = 255
            save(root / f"test/{kind}/{number}.png", pixels)
            save(root / f"ground_truth/{kind}/{number}.png", mask)
    save(root / "train/good/0.png", grey(500))
    return root


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return Model.load(write_model(tmp_path_factory.mktemp("models") / "extremes-0.1"))


def judged(model, root, **choices):
    identity, items = chosen_items(read_data_set(root), None)
    return judge(model, items, identity, **choices)


def test_only_the_test_split_is_judged_where_there_is_one(data):
    identity, items = chosen_items(read_data_set(data), None)
    assert identity.split == "test"
    assert len(items) == 20
    _, items = chosen_items(read_data_set(data), "train")
    assert len(items) == 1
    with pytest.raises(DataError, match="no split 'validation', but test, train"):
        chosen_items(read_data_set(data), "validation")


def test_objects_are_found_where_their_masks_are(model, data):
    seen = judged(model, data, false_reject_rate=0.0)
    assert len(seen.objects) == 10
    missed = [each for each in seen.objects if not each.is_found]
    assert [(each.kind, each.called) for each in missed] == [("E01", MISSED)]
    assert all(each.called == each.kind for each in seen.objects if each.is_found)
    assert missed[0].picture is not None
    assert missed[0].size == pytest.approx(2 * np.sqrt(256 / np.pi))
    assert seen.unit == "px"


def test_the_threshold_keeps_to_the_false_rejects_allowed(model, data):
    strict, loose = judged(model, data, false_reject_rate=0.0), judged(model, data, false_reject_rate=0.1)
    assert strict.false_alarms == ()
    assert loose.threshold < strict.threshold
    (alarm,) = loose.false_alarms
    # The glint lies in four cells, two by two.
    assert (alarm.image, alarm.called) == ("test/good/0.png", "E01")
    assert alarm.picture.mask.sum() >= 8 * 8
    assert loose.as_shipped.false_rejects == 1
    assert loose.as_shipped.escapes == 1


def test_the_pixel_pitch_gives_millimetres_and_square_metres(model, data):
    in_px, in_mm = judged(model, data), judged(model, data, pitch_um=50.0)
    assert in_mm.unit == "mm"
    assert in_mm.objects[0].size == pytest.approx(0.05 * in_px.objects[0].size)
    assert in_px.good_area == pytest.approx(10 * HEIGHT * WIDTH / 1e6)
    assert in_mm.good_area == pytest.approx(10 * HEIGHT * WIDTH * 50e-6**2)


def test_figures_of_a_model_that_knows_the_kinds(model, data):
    figures = figures_of(judged(model, data, false_reject_rate=0.1))
    assert figures.image_auroc == pytest.approx(0.99)  # the faint one lies above nine good ones and below the glint
    assert figures.image_kind_accuracy.rate == 1.0
    assert 0.5 < figures.mean_iou <= 1.0
    assert figures.aupro30 > 0.9
    assert figures.why_not == {}


def test_another_models_kinds_are_told_from_the_data_sets(data, tmp_path):
    stranger = Model.load(write_model(tmp_path / "stranger-0.1", kinds=("S01", "S04"), version="0.2"))
    figures = figures_of(judged(stranger, data))
    assert figures.image_auroc == pytest.approx(0.99)
    assert figures.mean_iou is None
    assert figures.image_kind_accuracy is None
    assert "S01" in figures.confusion.columns


def test_nuisance_counts_nowhere(model, data, tmp_path):
    blind = Model.load(write_model(tmp_path / "blind-0.1", kinds=("E01", "N01")))
    seen = judged(blind, data, false_reject_rate=0.1)
    assert not any(each.is_found for each in seen.objects if each.kind == "E04")
    assert seen.pixels.aupro30 < judged(model, data).pixels.aupro30, "dark places of E04 are not marked by N01"
    nothing = Model.load(write_model(tmp_path / "nothing-0.1", kinds=("N01", "N02")))
    with pytest.raises(DataError, match="no defects"):
        judged(nothing, data)


def test_nuisance_on_an_image_is_no_object(model, tmp_path):
    pixels, tape = grey(1), np.zeros((HEIGHT, WIDTH), np.uint8)
    pixels[:16] = 200
    tape[:16] = 255
    for kind in ("N01", "E01"):
        save(tmp_path / f"set/test/{kind}/0.png", pixels)
        save(tmp_path / f"set/ground_truth/{kind}/0.png", tape)
    assert [each.kind for each in judged(model, tmp_path / "set").objects] == ["E01"]


@pytest.mark.parametrize(("snr", "kinds"), [(2.9, []), (3.0, ["E01"]), (None, ["E01"])])
def test_what_nobody_can_see_is_no_object_and_no_false_alarm(model, tmp_path, snr, kinds):
    pixels = grey(1)
    pixels[8:16, 8:16] = 200
    save(tmp_path / "0.png", pixels)
    spot = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [8, 8, 8, 8], "snr": snr}
    truth = {
        "images": [{"id": 1, "file_name": "0.png", "width": WIDTH, "height": HEIGHT}],
        "categories": [{"id": 1, "name": "E01"}],
        "annotations": [spot | {"segmentation": [[8, 8, 16, 8, 16, 16, 8, 16]]}],
    }
    (tmp_path / "truth.json").write_text(json.dumps(truth))
    (item,) = read_data_set(tmp_path).items
    seen = Examiner(model).examine(item, PixelTally(model.card, ["E01"]))
    assert [each.kind for each in seen.objects] == kinds
    assert (seen.said.peaks.max() > 0.9) == bool(kinds)


def test_where_peaks_tie_the_larger_part_gives_the_name(model):
    scores = np.array([[1.0, 0.1, 0.1, 0.2], [1.0, 1.0, 0.9, 0.2]], np.float32)
    assert Examiner(model).said_of(scores).called == "E04"
    assert Examiner(model).said_of(scores[::-1]).called == "E01"
    assert Examiner(model).said_of(np.array([[0.3, 0.1], [0.2, 0.2]], np.float32)).called == "E01", "none above 0.5"


def test_without_good_images_the_cards_thresholds_decide(model, tmp_path):
    for number, level in enumerate((200, 120)):
        pixels = grey(number)
        pixels[16:32, 24:40] = level
        save(tmp_path / f"set/E01/{number}.png", pixels)
    seen = judged(model, tmp_path / "set")
    assert seen.threshold is None
    assert seen.operating_point == "at the thresholds of the model's card"
    assert [each.is_found for each in seen.objects] == [True, False]
    assert seen.pixels is None, "nobody said where it lies"
    assert [each.size for each in seen.objects] == [None, None]
    assert figures_of(seen).why_not["aupro30"] == "no image says which of its pixels are bad"


def test_a_photograph_shows_the_object_with_its_surroundings():
    pixels = np.arange(100 * 400, dtype=np.uint32).reshape(100, 400).astype(np.uint8)
    small = photograph(pixels, Label("E01", 90, 390, np.ones((20, 20), bool), np.inf, 0.0))
    assert small.mask.sum() == 100, "what lies outside the image is left out"
    assert (small.pixels == pixels[66:, 366:]).all()
    large = photograph(pixels, Label("E01", 0, 0, np.ones((100, 400), bool), np.inf, 0.0))
    assert max(large.pixels.shape) == 192
    assert large.mask.all()


def run(*arguments):
    return CliRunner().invoke(app, ["evaluate", *map(str, arguments)])


def test_the_command_writes_a_page_and_its_figures(model, data, tmp_path):
    out = tmp_path / "reports" / "out.html"
    done = run(model.folder, data, "--report", out, "--false-rejects", "0")
    assert done.exit_code == 0, done.output
    figures = json.loads(out.with_suffix(".json").read_text())
    assert set(NAMES) <= set(figures)
    assert figures["verdict"] in done.stdout
    assert figures["escapes"] == {"count": 1, "total": 10, "rate": 0.1, "ci95": [0.00253, 0.44502]}
    assert "misses 1 of 10 defects" in out.read_text()
    assert sorted(path.name for path in out.parent.iterdir()) == ["out.html", "out.json"]


def test_the_command_prints_json_alone_on_standard_output(model, data, tmp_path):
    other = write_model(tmp_path / "other-0.1", version="0.3", threshold=0.9)
    done = run(model.folder, data, "--json", "--against", other)
    assert done.exit_code == 0, done.output
    figures = json.loads(done.stdout)
    assert set(NAMES) <= set(figures)
    assert figures["mpx_s"] > 0
    assert figures["against"]["standing"] == "undecided"
    assert figures["against"]["objects"]["both_judged"] == 10


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["models/nowhere"], "MODEL_DIR and DATA"),
        (["--simulated", "models/nowhere", "data"], "--simulated goes without"),
        (["models/nowhere", "data", "--against", "models/other"], "card.json"),
    ],
)
def test_bad_input_is_told_in_one_sentence(arguments, words):
    done = run(*arguments)
    assert done.exit_code != 0
    assert words in str(done.exception)


def test_a_report_that_cannot_be_written_leaves_nothing(model, data, tmp_path):
    (tmp_path / "file").write_text("")
    done = run(model.folder, data, "--report", tmp_path / "file" / "out.html")
    assert isinstance(done.exception, DataError)
    assert "can't be written" in str(done.exception)
