import json
from dataclasses import replace

import numpy as np
import pytest

from camera.frame import FrameId, Shortage
from inspection.errors import ReferencesError
from inspection.model.card import GreyRange
from inspection.recipe.recipe import Layout, default_recipe
from inspection.vision.checks.plausibility import check_frame, check_level, check_sequence
from inspection.vision.prepare import FlatField, prepare
from inspection.vision.references import load_references, record_references, save_references
from tests.support.drawing import frame
from tests.support.network import build_network, card_for

RECIPE = default_recipe("anode", "bright-field")
RULES = RECIPE.image
CARD = card_for(build_network())
WIDTH = 200
SHADING = 1.0 - 0.3 * np.linspace(-1, 1, WIDTH) ** 2
OFFSET = 5.0 + np.arange(WIDTH) % 3


def seen(level: float, *, bit_depth: int = 8, seed: int = 1, lines: int = 256, light: np.ndarray = SHADING):
    """What a camera with uneven light and dark columns sees of a uniform target of `level` (8-bit grey values)."""
    scale = 2.0 ** (bit_depth - 8)
    noisy = (level * light + OFFSET + np.random.default_rng(seed).normal(0, 0.6, (lines, WIDTH))) * scale
    pixels = np.clip(np.round(noisy), 0, 2**bit_depth - 1).astype(np.uint8 if bit_depth == 8 else np.uint16)
    return frame(pixels, bit_depth=bit_depth)


@pytest.mark.parametrize("bit_depth", [8, 12])
def test_the_flat_field_makes_a_uniform_web_uniform(bit_depth):
    references = record_references([seen(200, bit_depth=bit_depth)], [seen(0, bit_depth=bit_depth, seed=2)])
    raw = seen(80, bit_depth=bit_depth, seed=3)
    corrected = prepare(raw.pixels, bit_depth, FlatField(references))
    columns = corrected.mean(axis=0)
    assert corrected.dtype == np.uint8
    assert columns.std() < 0.3
    assert columns.mean() == pytest.approx(80 * SHADING.mean(), abs=0.5)
    assert prepare(raw.pixels, bit_depth, None).mean(axis=0).std() > 5


@pytest.mark.parametrize(
    ("shortage", "short_frames", "rule"),
    [
        (None, "uninspected", None),
        (Shortage(512, is_placed=True), "uninspected", "image.short"),
        (Shortage(512, is_placed=True), "judge", None),
        (Shortage(512, is_placed=False), "judge", "image.short.unplaced"),
        (Shortage(512, is_placed=False), "uninspected", "image.short.unplaced"),
    ],
)
def test_a_short_frame_is_judged_if_the_recipe_says_so_and_an_encoder_says_where_it_lies(shortage, short_frames, rule):
    short = replace(seen(80), shortage=shortage)
    problem = check_frame(short, RULES.model_copy(update={"short_frames": short_frames}), CARD, None)
    assert (problem.rule if problem else None) == rule
    assert problem is None or (problem.measured, problem.limit) == (256, 512)


def test_the_flat_field_is_what_plain_arithmetic_gives():
    references = record_references([seen(200)], [seen(0, seed=2)])
    raw = seen(90, seed=3, lines=77).pixels
    slow = np.clip(np.rint((raw - references.dark_dn) * references.gain), 0, 255)
    assert np.abs(prepare(raw, 8, FlatField(references)) - slow).max() <= 1


@pytest.mark.parametrize(("bit_depth", "full"), [(10, 1023), (12, 4095), (16, 65535)])
def test_without_references_only_the_depth_changes(bit_depth, full):
    pixels = np.array([[0, full // 2, full]], np.uint16)
    assert prepare(pixels, bit_depth, None).tolist() == [[0, 127, 255]]


def test_a_dead_column_is_listed_and_filled_from_its_neighbours():
    light = SHADING.copy()
    light[50] = 0.05
    references = record_references([seen(200, light=light)], [seen(0, seed=2)])
    assert references.dead_columns == (50,)
    corrected = prepare(seen(80, light=light, seed=3).pixels, 8, FlatField(references))
    assert corrected[:, 50].mean() == pytest.approx(corrected[:, 49].mean(), abs=1.0)


def test_references_come_back_from_disk_as_they_were(tmp_path):
    references = record_references([seen(200)], [seen(0, seed=2)])
    save_references(references, tmp_path / "flat" / "cam0.npz")
    again = load_references(tmp_path / "flat" / "cam0.npz")
    assert np.array_equal(again.white_dn, references.white_dn)
    assert replace(again, white_dn=references.white_dn, dark_dn=references.dark_dn) == references


@pytest.mark.parametrize(
    ("white", "dark", "sentence"),
    [
        ([seen(0)], [seen(200)], "swapped"),
        ([seen(400)], [seen(0)], "saturated"),
        ([seen(20)], [seen(0)], "tenth of full scale"),
        ([seen(200, lines=20)], [seen(0)], "20 white lines"),
        ([seen(200, light=np.where(np.arange(WIDTH) % 20 == 0, 0.01, 1.0))], [seen(0)], "10 of 200 columns"),
        ([seen(200, bit_depth=12)], [seen(0)], "same settings"),
        ([], [seen(0)], "No frames"),
    ],
)
def test_references_that_cannot_serve_are_refused(white, dark, sentence):
    with pytest.raises(ReferencesError, match=sentence):
        record_references(white, dark)


def test_damaged_references_are_refused(tmp_path):
    path = tmp_path / "cam0.npz"
    save_references(record_references([seen(200)], [seen(0, seed=2)]), path)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ReferencesError, match=r"cam0\.npz can't be used"):
        load_references(path)


SPOILT = {
    "white that is no number": (lambda white, dark, notes: white.__setitem__(7, np.nan), "no finite numbers"),
    "dark without end": (lambda white, dark, notes: dark.__setitem__(7, -np.inf), "no finite numbers"),
    "dark above white": (lambda white, dark, notes: dark.__iadd__(300), "not above dark"),
    "a dead column beside the image": (lambda white, dark, notes: notes.update(dead_columns=[WIDTH]), "none of the"),
    "an infinite pitch": (lambda white, dark, notes: notes.update(pixel_pitch_um=1e999), "above 0"),
    "no exposure": (lambda white, dark, notes: notes.update(exposure_us=-1.0), "above 0"),
    "bits without end": (lambda white, dark, notes: notes.update(bit_depth=1e999), "can't be used"),
    "99 bits": (lambda white, dark, notes: notes.update(bit_depth=99), "expected 8 to 16"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_references_that_would_turn_frames_into_nonsense_are_refused(name, tmp_path):
    spoil, words = SPOILT[name]
    path = tmp_path / "cam0.npz"
    references = record_references([seen(200)], [seen(0, seed=2)])
    save_references(references, path)
    notes = json.loads(path.with_suffix(".json").read_text())
    white, dark = references.white_dn.copy(), references.dark_dn.copy()
    spoil(white, dark, notes)
    np.savez(path, white_dn=white, dark_dn=dark)
    path.with_suffix(".json").write_text(json.dumps(notes))
    with pytest.raises(ReferencesError, match=words):
        load_references(path)


def test_references_that_would_fill_the_memory_are_refused(tmp_path):
    path = tmp_path / "cam0.npz"
    save_references(record_references([seen(200)], [seen(0, seed=2)]), path)
    np.savez_compressed(path, white_dn=np.zeros(20_000_000, np.float32), dark_dn=np.zeros(1, np.float32))
    with pytest.raises(ReferencesError, match="76 MiB"):
        load_references(path)


def test_references_with_a_byte_order_mark_are_read(tmp_path):
    path = tmp_path / "cam0.npz"
    save_references(record_references([seen(200)], [seen(0, seed=2)]), path)
    notes = path.with_suffix(".json")
    notes.write_bytes(b"\xef\xbb\xbf" + notes.read_bytes())
    assert load_references(path).camera


GOOD = np.random.default_rng(1).normal(80, 3, (64, 96)).astype(np.uint8)
BAD_FRAMES = [
    ("black", frame(np.full((64, 96), 3, np.uint8)), "image.black"),
    ("saturated", frame(np.full((64, 96), 255, np.uint8)), "image.saturated"),
    ("black in 12 bits", frame(np.full((64, 96), 100, np.uint16), bit_depth=12), "image.black"),
    ("more than its bits can hold", frame(np.full((64, 96), 5000, np.uint16), bit_depth=12), "image.depth"),
    ("8 bits announced as 12", frame(GOOD, bit_depth=12), "image.depth"),
    ("floating point", frame(GOOD.astype(np.float32)), "image.depth"),
    ("three channels", frame(np.repeat(GOOD[:, :, None], 3, axis=2)), "image.size"),
    ("a few lines", frame(GOOD[:8]), "image.size"),
    ("empty", frame(GOOD[:0]), "image.size"),
    ("another pixel pitch", frame(GOOD, pixel_pitch_x_um=25.0), "image.pitch"),
    ("another line pitch", frame(GOOD, pixel_pitch_y_um=80.0), "image.pitch"),
]


@pytest.mark.parametrize(("bad", "rule"), [case[1:] for case in BAD_FRAMES], ids=[case[0] for case in BAD_FRAMES])
def test_a_frame_that_cannot_be_judged_says_why(bad, rule):
    reason = check_frame(bad, RULES, CARD, None)
    assert reason is not None
    assert reason.rule == rule
    assert "cam0/1/1" in reason.sentence


def test_a_good_frame_passes_and_one_of_another_width_does_not():
    assert check_frame(frame(GOOD), RULES, CARD, None) is None
    assert check_frame(frame(GOOD), RULES, CARD, 96) is None
    assert check_frame(frame(GOOD), RULES, CARD, 95).rule == "image.size"
    assert check_frame(frame(GOOD), RULES.model_copy(update={"width_px": 100}), CARD, 96).rule == "image.size"


LANES = Layout(lanes=[{"left_mm": 15.0, "right_mm": 45.0}])


def lit(level, columns=slice(None), *, lanes=False, recipe=(70, 120), learnt=None):
    """What is said of a textured web of level 95 whose columns have another one, and foil over a third of the lines."""
    image = np.random.default_rng(2).normal(95, 2, (96, 1024)).astype(np.uint8)
    image[:, columns] = level
    image[:32] = 250
    rules = RULES.model_copy(update={"min_level_dn": recipe[0], "max_level_dn": recipe[1]})
    layout = LANES if lanes else Layout()
    card = CARD.model_copy(update={"grey_level_dn": learnt and GreyRange(min=learnt[0], max=learnt[1])})
    return check_level(frame(image), image, RECIPE.model_copy(update={"image": rules, "layout": layout}), card)


@pytest.mark.parametrize(
    ("level", "recipe", "learnt", "is_known"),
    [
        (95, (70, 120), None, True),
        (69, (70, 120), None, False),
        (121, (70, 120), None, False),
        (130, (None, None), (60, 130), True),
        (30, (None, None), (60, 130), False),
        (75, (70, 120), (80, 130), False),
        (115, (70, 120), (50, 110), False),
        (31, (None, None), None, True),
    ],
)
def test_light_that_recipe_or_model_do_not_know_is_no_light(level, recipe, learnt, is_known):
    reason = lit(level, recipe=recipe, learnt=learnt)
    assert (reason is None) == is_known
    if reason is not None:
        assert reason.rule == "image.level"
        assert f"median is {level}" in reason.sentence


def test_a_lamp_that_fails_over_a_part_of_the_width_is_seen():
    assert "columns 512 to 767" in lit(40, slice(500, 780)).sentence
    assert lit(40, slice(500, 640)) is None


def test_with_lanes_only_these_must_be_lit():
    assert lit(40, slice(0, 280), lanes=True) is None
    assert "columns 300 to 899" in lit(40, slice(290, 900), lanes=True).sentence


BEFORE = (FrameId("cam0", 1, 7), 100.0, 51.2)


@pytest.mark.parametrize(
    ("number", "run", "start_mm", "rule"),
    [
        (8, 1, 151.2, None),
        (8, 1, 152.0, None),
        (8, 1, 90.0, "encoder.backwards"),
        (8, 1, 100.0, "encoder.backwards"),
        (8, 1, 160.0, "encoder.jump"),
        (8, 1, 145.0, "encoder.jump"),
        (9, 1, 202.4, None),
        (1, 2, 0.0, None),
    ],
)
def test_frames_must_follow_one_another(number, run, start_mm, rule):
    reason = check_sequence(FrameId("cam0", run, number), start_mm, BEFORE, RULES)
    assert (reason.rule if reason else None) == rule


def test_rules_of_sequence_can_be_switched_off_for_single_shots():
    loose = RULES.model_copy(update={"max_encoder_gap_mm": None})
    assert check_sequence(FrameId("cam0", 1, 8), 300.0, BEFORE, loose) is None
