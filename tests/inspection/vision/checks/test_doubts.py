"""What makes a place doubtful and what does not, on drawn and simulated frames."""

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from camera.frame import FrameId
from camera.web import Material, SimulatedWeb, View, WebSettings
from inspection.judging.findings import Carried
from inspection.model.shelf import Model
from inspection.pipeline import Pipeline
from inspection.recipe.recipe import Layout, default_recipe
from inspection.values import Box, Severity, Verdict
from inspection.vision.checks.doubt import Look
from inspection.vision.checks.exposure import doubts
from inspection.vision.checks.garbage import garbled
from inspection.vision.checks.line_prints import (
    KEPT_FRAMES,
    Prints,
    Remembered,
    copied_lines,
    places_in,
    repeated_lines,
)
from inspection.vision.checks.line_prints import line_prints as prints_at
from inspection.vision.checks.neighbours import compared
from inspection.vision.checks.plausibility import check_hidden
from tests.support.drawing import frame
from tests.support.network import KINDS, write_model
from tests.support.rig import defect

ANODE = default_recipe("anode", "bright-field")
KNOWN_DN = (66.0, 124.0)
LEARNT = {"electrode": (0.106, 0.125), "separator": (0.038, 0.126)}
KNOWN = {
    (Material.ANODE, View.BRIGHT_FIELD): ("electrode", (66.0, 124.0)),
    (Material.CATHODE, View.BRIGHT_FIELD): ("electrode", (56.0, 104.0)),
    (Material.SEPARATOR, View.BRIGHT_FIELD): ("separator", (130.0, 240.0)),
    (Material.SEPARATOR, View.BACK_LIGHT): ("separator", (78.0, 146.0)),
}


def noise(seed: int, height: int = 256, width: int = 512, level: float = 90.0) -> np.ndarray:
    return np.clip(np.rint(np.random.default_rng(seed).normal(level, 1.5, (height, width))), 0, 255).astype(np.uint8)


def line_prints(image: np.ndarray) -> Prints:
    return prints_at(image, places_in([(0, image.shape[1])]))


@pytest.mark.slow
@pytest.mark.parametrize(("material", "view"), KNOWN)
@pytest.mark.parametrize("randomised", [False, True])
def test_good_web_leaves_no_doubt(material, view, randomised):
    family, known_dn = KNOWN[material, view]
    for seed in range(3_000_000, 3_000_006):
        settings = WebSettings(
            material=material, view=view, severity="clean", seed=seed, width_px=1024, randomised=randomised
        )
        image = np.asarray(SimulatedWeb(settings).render(0, 512), np.uint8)
        assert doubts(image, [(0, 1024)], *LEARNT[family], known_dn) == (), f"seed {seed}"


def test_foil_beside_the_coating_may_saturate_and_a_patch_or_sharp_columns_may_not():
    web = WebSettings(material=Material.CATHODE, severity="clean", seed=6, width_px=1024)
    image = np.clip(np.rint(SimulatedWeb(web).render(0, 256) * 1.2), 0, 255).astype(np.uint8)
    assert (image[:, :30] == 255).mean() > 0.99, "its foil is saturated"
    assert doubts(image, [(0, 1024)], *LEARNT["electrode"], (56.0, 104.0)) == ()
    for patch in (np.s_[100:140, 500:540], np.s_[:, 500:520]):
        spoilt = image.copy()
        spoilt[patch] = 255
        assert [d.look for d in doubts(spoilt, [(0, 1024)], *LEARNT["electrode"], (56.0, 104.0))] == [Look.CONSTANT]


@pytest.mark.parametrize("hidden", [0.3, 0.5, 0.7])
def test_foil_that_a_label_hides_in_a_part_of_the_frame_is_foil_all_the_same(hidden):
    web = WebSettings(material=Material.CATHODE, severity="clean", seed=6, width_px=1024)
    image = np.clip(np.rint(SimulatedWeb(web).render(0, 512) * 1.2), 0, 255).astype(np.uint8)
    known_dn = (56.0 * 1.2, 104.0 * 1.2)
    assert doubts(image, [(0, 1024)], None, None, known_dn) == ()
    covered = image.copy()
    lines = round(512 * hidden)
    covered[-lines:, :104] = noise(5, lines, 104, 60.0)
    assert [d for d in doubts(covered, [(0, 1024)], None, None, known_dn) if d.look is Look.CONSTANT] == []
    covered[100:140, 500:540] = 255
    assert Look.CONSTANT in [d.look for d in doubts(covered, [(0, 1024)], None, None, known_dn)]


@pytest.mark.slow
@pytest.mark.parametrize(("first", "end"), [(256, 512), (0, 120), (200, 350)])
@pytest.mark.parametrize("light", [0.3, 0.45])
def test_dark_tape_that_fills_a_part_of_the_frame_is_told_from_web_in_less_light(first, end, light):
    settings = WebSettings(material=Material.ANODE, severity="clean", seed=8, width_px=2048)
    web = SimulatedWeb(settings).render(0, 512).astype(float)
    random = np.random.default_rng(first)
    inside = np.zeros(web.shape, np.float32)
    for column in range(2048):  # laid a little askew
        askew = column // 128
        inside[first and first + askew : end - (askew if end < 512 else 0), column] = 1.0
    inside = cv2.GaussianBlur(inside, None, 0.8)
    tape = random.normal(40.0, 1.0, web.shape)
    # Of all noise, the part that the light would not have taken.
    dimmed = light * web + random.normal(0.0, 1.8 * np.sqrt(light * (1.0 - light)), web.shape)
    for dark, may_be_explained in ((tape, True), (dimmed, False)):
        image = np.clip(np.rint(web + inside * (dark - web)), 0, 255).astype(np.uint8)
        found = doubts(image, [(0, 2048)], *LEARNT["electrode"], KNOWN_DN)
        assert [d.may_be_explained for d in found if d.look is Look.DIM] == [may_be_explained]


def test_what_lies_beside_the_lanes_is_no_matter():
    image = noise(1)
    image[:, 300:] = 0
    assert doubts(image, [(0, 280)], None, None, KNOWN_DN) == ()
    assert doubts(image, [(0, 512)], None, None, KNOWN_DN) != ()


@pytest.mark.parametrize(("height", "width"), [(16, 16), (17, 23), (100, 100), (333, 777), (64, 128)])
def test_frames_of_any_size_are_looked_at_to_the_last_line_and_column(height, width):
    image = noise(2, height, width)
    assert doubts(image, [(0, width)], None, None, KNOWN_DN) == ()
    image[-8:, -8:] = 77
    assert doubts(image, [(0, width)], None, None, KNOWN_DN)[0].look is Look.CONSTANT


@pytest.mark.parametrize("top", range(40, 48))
@pytest.mark.parametrize("left", range(40, 44))
def test_seven_by_seven_equal_pixels_are_found_anywhere(top, left):
    image = noise(3)
    image[top : top + 7, left : left + 7] = 90
    (doubt,) = doubts(image, [(0, 512)], None, None, KNOWN_DN)
    assert doubt.box.top <= top + 3 < doubt.box.bottom
    assert doubt.box.left <= left + 3 < doubt.box.right


@pytest.mark.parametrize("height", [17, 23, 41, 100])
def test_a_patch_where_the_last_tiles_overlap_is_told_with_its_place_and_grey_value(height):
    for top in range(max(0, height - 34), height - 8):
        image = noise(6, height, 64)
        image[top : top + 9, 20:40] = 77
        for doubt in doubts(image, [(0, 64)], None, None, KNOWN_DN):
            assert top - 4 <= doubt.box.top < doubt.box.bottom <= top + 13
            assert 70.0 < doubt.measured < 95.0


@pytest.mark.parametrize(("height", "width"), [(16, 23), (17, 512), (100, 129), (333, 300)])
def test_wild_lines_are_those_whose_neighbours_differ_on_average_by_more_than_thirty(height, width):
    random = np.random.default_rng(height)
    part_px = min(128, width - 1)
    found = 0
    for most in range(20, 200, 4):
        image = noise(most, height, width)
        first = int(random.integers(0, height))
        lines, left = slice(first, first + int(random.integers(1, 4))), int(random.integers(0, width - 16))
        image[lines, left:] = random.integers(0, most, image[lines, left:].shape)
        apart = np.abs(np.diff(image.astype(int), axis=1))
        starts = sorted({*range(0, width - part_px, part_px), width - 1 - part_px})
        means = np.stack([apart[:, start : start + part_px].mean(axis=1) for start in starts], axis=1)
        wild = np.flatnonzero((means > 30.0).any(axis=1))
        told = garbled(image, [(0, width)], compared(image))
        assert [(doubt.box.top, doubt.box.bottom) for doubt in told] == (
            [(wild.min(), wild.max() + 1)] if len(wild) else []
        )
        found += bool(told)
    assert 5 < found < 45


def test_lines_that_come_again_are_known_and_told_from_new_ones():
    images = [noise(seed) for seed in range(4)]
    earlier = remembered(*images[:3])
    assert copied_lines(line_prints(images[3]), earlier) is None
    again = copied_lines(line_prints(images[1]), earlier)
    assert again is not None
    assert (again.of_frame, again.share) == (FrameId("cam0", 1, 1), 1.0)
    mixed = images[3].copy()
    mixed[100:110] = images[0][100:110]
    old = copied_lines(line_prints(mixed), earlier)
    assert old is not None
    assert (old.of_frame, old.first_line, old.end_line) == (FrameId("cam0", 1, 0), 100, 110)
    mixed[100:110] = images[3][180:190]
    assert copied_lines(line_prints(mixed), earlier) is None
    assert repeated_lines(line_prints(mixed)) is not None
    assert repeated_lines(line_prints(images[3])) is None


def test_a_saturated_frame_resembles_no_other():
    white = line_prints(np.full((64, 512), 255, np.uint8))
    assert copied_lines(white, Remembered().and_also(FrameId("cam0", 1, 1), white)) is None


def test_a_frame_with_fewer_lines_is_compared_as_far_as_it_reaches_and_forgets_nothing():
    images = [noise(seed) for seed in range(3)]
    earlier = remembered(images[0], images[1][:100])
    assert copied_lines(line_prints(images[0][:60]), earlier).of_frame.number == 0
    assert copied_lines(line_prints(images[1]), earlier).of_frame.number == 1
    assert copied_lines(line_prints(images[2]), earlier) is None
    assert remembered(images[0], noise(4, 256, 1024)).frames == (FrameId("cam0", 1, 1),)


def test_what_is_remembered_stays_as_it_was_whoever_goes_on_from_it():
    images = [noise(seed, 16) for seed in range(KEPT_FRAMES + 40)]
    early = remembered(*images[:3])
    one, other = (early.and_also(FrameId("cam0", 1, 3), line_prints(images[seed])) for seed in (3, 4))
    assert copied_lines(line_prints(images[4]), one) is None
    assert copied_lines(line_prints(images[3]), other) is None
    assert copied_lines(line_prints(images[3]), one).of_frame == FrameId("cam0", 1, 3)
    for number, image in enumerate(images[4:], start=4):
        one = one.and_also(FrameId("cam0", 1, number), line_prints(image))
        known = [copied_lines(line_prints(each), one) is not None for each in (image, images[number // 2])]
        assert known == [True, number - number // 2 < KEPT_FRAMES]
    assert len(one.frames) == len(one.prints) == KEPT_FRAMES
    assert [copied_lines(line_prints(images[seed]), early) is None for seed in range(6)] == [False] * 3 + [True] * 3


def test_to_remember_one_more_frame_copies_that_frame_alone():
    early = remembered(noise(1), noise(2))
    late = early.and_also(FrameId("cam0", 1, 2), line_prints(noise(3)))
    assert np.shares_memory(early.prints, late.prints[:2])


def remembered(*images: np.ndarray) -> Remembered:
    earlier = Remembered()
    for number, image in enumerate(images):
        earlier = earlier.and_also(FrameId("cam0", 1, number), line_prints(image))
    return earlier


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Model:
    return Model.load(write_model(tmp_path_factory.mktemp("models") / "electrode-0.1"))


def shown(number: int, pixels: np.ndarray):
    return frame(pixels, number=number, start_mm=12.8 * number)


def judged(pipeline: Pipeline, *pixels: np.ndarray) -> list[tuple[Verdict, str | None]]:
    carried, verdicts = Carried.START, []
    for number, each in enumerate(pixels, start=1):
        judgement, carried = pipeline.conclude(pipeline.inspect(shown(number, each)), carried)
        verdicts.append((judgement.verdict, judgement.reasons[0].rule if judgement.reasons else None))
    return verdicts


def test_two_buffers_in_turn_are_a_frozen_camera(model):
    a, b, c = noise(1), noise(2), noise(3)
    frozen = (Verdict.UNINSPECTED, "image.frozen")
    accepted = (Verdict.ACCEPT, None)
    assert judged(Pipeline(ANODE, model), a, b, a, b, c, a) == [accepted, accepted, frozen, frozen, accepted, frozen]


def test_a_recipe_for_repeated_images_accepts_them(model):
    loose = ANODE.model_copy(update={"image": ANODE.image.model_copy(update={"refuse_repeated": False})})
    a, b = noise(1), noise(2)
    assert {verdict for verdict, _ in judged(Pipeline(loose, model), a, b, a, b)} == {Verdict.ACCEPT}


def test_lines_are_remembered_for_so_many_frames_and_no_longer(model):
    pipeline = Pipeline(ANODE, model)
    carried = Carried.START
    for number in range(1, KEPT_FRAMES + 6):
        _, carried = pipeline.conclude(pipeline.inspect(shown(number, noise(number, 64, 128))), carried)
    assert len(carried.seen.frames) == len(carried.seen.prints) == KEPT_FRAMES
    assert carried.seen.frames[-1].number == KEPT_FRAMES + 5


def test_a_patch_that_is_a_rejected_object_stays_a_reject_and_one_that_is_none_is_unseen(model):
    pipeline = Pipeline(ANODE, model)
    hole, nothing = noise(1), noise(2)
    hole[100:116, 100:116] = 255
    nothing[100:116, 100:116] = 90
    assert judged(pipeline, hole, nothing) == [
        (Verdict.REJECT, "limit.E01.diameter_mm"),
        (Verdict.UNINSPECTED, "image.blind"),
    ]


def choking_network() -> bytes:
    """Answers NaN for each 8 x 8 cell without a pixel below 150, and a small score elsewhere."""
    limit = numpy_helper.from_array(np.array(150.0, np.float32), "limit")
    spread = numpy_helper.from_array(np.full((len(KINDS), 1, 1, 1), -1.0, np.float32), "spread")
    nodes = [
        helper.make_node("Cast", ["image"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Neg", ["float"], ["negative"]),
        helper.make_node("MaxPool", ["negative"], ["darkest"], kernel_shape=[8, 8], strides=[8, 8]),
        helper.make_node("Add", ["limit", "darkest"], ["left"]),
        helper.make_node("Sqrt", ["left"], ["root"]),
        helper.make_node("Conv", ["root", "spread"], ["logits"]),
        helper.make_node("Sigmoid", ["logits"], ["scores"]),
    ]
    graph = helper.make_graph(
        nodes,
        "choking",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["n", 1, "h", "w"])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", len(KINDS), "rows", "columns"])],
        [limit, spread],
    )
    network = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(network)
    return network.SerializeToString()


def test_what_a_network_cannot_say_is_uninspected_and_the_next_frame_is_judged_again(tmp_path):
    network = choking_network()
    folder = write_model(tmp_path / "electrode-0.1", network, halo_px=0, multiple_px=8)
    pipeline = Pipeline(ANODE, Model.load(folder))
    bright = noise(2)
    bright[64:96, 64:96] = noise(5, 32, 32, 200.0)
    accepted = (Verdict.ACCEPT, None)
    verdicts = judged(pipeline, noise(1), bright, noise(3))
    assert verdicts == [accepted, (Verdict.UNINSPECTED, "model.scores"), accepted]


def lying(kind: str, box: Box):
    return defect(kind=kind, severity=Severity.N, box=box, mask=np.ones((box.height_px, box.width_px), bool))


@pytest.mark.parametrize(
    ("box", "kind", "columns", "is_hidden"),
    [
        (Box(0, 0, 400, 220), "N01", [(0, 400)], True),
        (Box(0, 0, 400, 150), "N01", [(0, 400)], False),
        (Box(0, 0, 120, 256), "N02", [(0, 120), (140, 400)], True),
        (Box(0, 0, 120, 256), "N02", [(0, 400)], False),
        (Box(0, 0, 400, 256), "E08", [(0, 400)], False),
        (Box(20, 0, 118, 256), "N01", [(0, 120), (140, 400)], True),
        (Box(150, 0, 340, 256), "N01", [(0, 120), (140, 400)], False),
    ],
)
def test_where_tape_or_a_label_hides_a_lane_nobody_saw_it(box, kind, columns, is_hidden):
    most = ANODE.image.max_hidden_share
    reason = check_hidden(FrameId("cam0", 1, 1), [lying(kind, box)], columns, (256, 400), most)
    assert (reason is not None) == is_hidden
    if reason is not None:
        assert reason.rule == "image.hidden"
        assert "lane 1" in reason.sentence


def test_several_covers_hide_a_lane_together_and_what_the_frame_before_showed_of_one_does_not_count():
    most = ANODE.image.max_hidden_share
    before = Box(0, -90, 300, 130)
    tape = defect(kind="N01", severity=Severity.N, box=before, mask=np.ones((130, 300), bool))
    label = lying("N02", Box(0, 100, 300, 256))
    columns = [(0, 300), (310, 400)]
    assert check_hidden(FrameId("cam0", 1, 1), [tape], columns, (256, 400), most) is None
    reason = check_hidden(FrameId("cam0", 1, 1), [tape, label], columns, (256, 400), most)
    assert reason is not None
    assert (reason.measured, "lane 1" in reason.sentence) == (1.0, True)


def test_a_lane_beside_which_nothing_is_seen_is_judged(model):
    lanes = ANODE.model_copy(update={"layout": Layout(lanes=[{"left_mm": 0.0, "right_mm": 12.0}])})
    dark_beside = noise(1)
    dark_beside[:, 260:] = 0
    assert judged(Pipeline(lanes, model), dark_beside)[0][0] is not Verdict.UNINSPECTED
    assert judged(Pipeline(ANODE, model), dark_beside)[0][0] is Verdict.UNINSPECTED
