import hashlib
import json
import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from onnx import TensorProto, helper
from pydantic import ValidationError

from inspection.errors import ModelError
from inspection.model.card import NameWeights, read_card
from inspection.model.onnx_detector import OnnxDetector
from inspection.model.shelf import Model, find_model, list_models, verify
from inspection.model.tiles import tile_grid
from inspection.values import Box
from inspection.vision.candidates import Storm, find_candidates
from tests.support.network import KINDS, build_network, card_for, write_model

NETWORK = build_network()


def noise(height: int, width: int, seed: int = 1) -> np.ndarray:
    return np.clip(np.random.default_rng(seed).normal(80, 12, (height, width)), 0, 255).astype(np.uint8)


def untiled(image: np.ndarray, border: int = 64) -> np.ndarray:
    """The slow twin: the whole image, its border repeated far enough, in one run."""
    import onnxruntime as ort

    height, width = image.shape
    padded = np.pad(image, ((border, border + -height % 32), (border, border + -width % 32)), mode="edge")
    session = ort.InferenceSession(NETWORK, providers=["CPUExecutionProvider"])
    (scores,) = session.run(["scores"], {"image": padded[None, None]})
    edge = border // 8
    return scores[0][:, edge : edge + -(-height // 8), edge : edge + -(-width // 8)]


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(512, 1024), (1024, 2048), (700, 1500), (100, 3000), (33, 47), (1201, 2049)])
def test_tiles_give_the_same_scores_as_the_whole_frame(shape):
    image = noise(*shape)
    scores = OnnxDetector(card_for(NETWORK), NETWORK).scores(image)
    expected = untiled(image)
    assert scores.shape == expected.shape
    assert np.abs(scores - expected).max() < 1e-4
    assert expected.std() > 0.01


@pytest.mark.slow
@pytest.mark.parametrize("border", [0, 32])
@pytest.mark.parametrize("shape", [(1024, 2048), (700, 1500), (200, 200), (1201, 2049)])
def test_a_card_says_how_far_the_border_is_repeated(shape, border):
    image = noise(*shape)
    scores = OnnxDetector(card_for(NETWORK, border_px=border), NETWORK).scores(image)
    expected = untiled(image, border)
    assert scores.shape == expected.shape
    assert np.abs(scores - expected).max() < 1e-4


def test_an_image_without_a_border_costs_no_more_than_its_pixels():
    grid = tile_grid(200, 200, multiple_px=16, halo_px=100, border_px=0)
    assert grid.window(0, 0) == (slice(0, 208), slice(0, 208))


@pytest.mark.slow
def test_a_halo_that_is_too_small_shows():
    """The comparison above can fail: without overlap the tiles' borders differ."""
    image = noise(1024, 2048)
    scores = OnnxDetector(card_for(NETWORK, halo_px=0), NETWORK).scores(image)
    assert np.abs(scores - untiled(image)).max() > 1e-3


def test_tiles_cover_the_frame_and_are_few():
    for height, width in [(1024, 4096), (16, 16), (777, 333), (2048, 16384)]:
        grid = tile_grid(height, width, multiple_px=32, halo_px=40)
        assert grid.rows * grid.core_height_px >= height
        assert grid.columns * grid.core_width_px >= width
        assert grid.rows * grid.columns * grid.core_height_px * grid.core_width_px <= 1.5 * (height + 32) * (width + 32)


def test_threads_share_one_detector():
    detector = OnnxDetector(card_for(NETWORK), NETWORK)
    images = [noise(256, 512, seed) for seed in range(8)]
    alone = [detector.scores(image) for image in images]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(detector.scores, images))
    assert all(np.array_equal(one, other) for one, other in zip(alone, together, strict=True))


def score_map(rows: int = 40, columns: int = 60) -> np.ndarray:
    return np.zeros((len(KINDS), rows, columns), np.float32)


def candidates(scores: np.ndarray, **changes):
    options = {"stride": 8, "height_px": 320, "width_px": 475, "max_candidates": 10} | changes
    return find_candidates(scores, KINDS, {"E01": 0.5, "E04": 0.2, "E06": 0.5, "N01": 0.5}, **options)


def test_cells_that_touch_are_one_candidate_with_the_best_score_of_each_kind():
    scores = score_map()
    scores[0, 3, 4], scores[0, 4, 5], scores[1, 4, 5] = 0.6, 0.9, 0.1
    (found,) = candidates(scores)
    assert found.box == Box(32, 24, 48, 40)
    assert found.kind == "E01"
    assert found.scores == pytest.approx({"E01": 0.9, "E04": 0.1, "E06": 0.0, "N01": 0.0})
    assert found.cells.tolist() == [[True, False], [False, True]]


def test_the_kind_is_the_one_that_stands_highest_above_its_own_threshold():
    scores = score_map()
    scores[0, 3, 4], scores[1, 3, 4] = 0.6, 0.5
    (found,) = candidates(scores)
    assert found.kind == "E04"


def test_scores_below_the_threshold_are_no_candidates():
    scores = score_map()
    scores[0], scores[1] = 0.49, 0.19
    assert candidates(scores) == ()


def test_a_box_ends_at_the_images_border():
    scores = score_map()
    scores[0, 39, 59] = 0.9
    (found,) = candidates(scores)
    assert found.box == Box(472, 312, 475, 320)


def test_a_broken_streak_is_one_candidate_and_a_pinhole_beside_it_another():
    scores = score_map()
    scores[2, ::5, 10] = 0.9
    scores[0, 20, 11] = 0.9
    found = candidates(scores)
    assert sorted((c.kind, c.box.height_px) for c in found) == [("E01", 8), ("E06", 36 * 8)]


def test_print_on_a_label_belongs_to_the_label():
    scores = score_map()
    scores[3, 10:20, 10:30] = 0.7
    scores[0, 15, 20] = 0.95
    scores[0, 30, 20] = 0.95
    found = candidates(scores)
    assert sorted(c.kind for c in found) == ["E01", "N01"]
    assert next(c for c in found if c.kind == "E01").box.top == 240


def test_a_spot_as_large_as_the_nuisance_is_named_by_the_better_score():
    for nuisance_score, kinds in [(0.6, ["E01", "N01"]), (0.99, ["N01"])]:
        scores = score_map()
        scores[3, 10, 10], scores[0, 10, 10] = nuisance_score, 0.8
        assert sorted(c.kind for c in candidates(scores)) == kinds


def columns_and(scores_of_column, rows, spot):
    """Candidates of a map in which a wrong column (N07) and a pinhole are seen."""
    scores = np.zeros((2, 40, 60), np.float32)
    scores[1, rows, 10] = scores_of_column
    scores[0, 20, 10] = spot
    found = find_candidates(
        scores, ("E01", "N07"), {"E01": 0.5, "N07": 0.5}, stride=8, height_px=320, width_px=475, max_candidates=10
    )
    return sorted(candidate.kind for candidate in found)


def test_a_pinhole_on_a_wrong_column_stays_a_pinhole():
    everywhere = slice(None)
    assert columns_and(0.8, everywhere, 0.9) == ["E01", "N07"]
    assert columns_and(0.8, everywhere, 0.6) == ["N07"], "the better name for what lies on it"


def test_a_column_that_ends_is_none_and_explains_nothing():
    assert columns_and(0.8, slice(10, 30), 0.6) == ["E01", "N07"]


def test_large_pieces_of_one_kind_close_together_are_one_candidate():
    scores = score_map()
    scores[1, 5:8, 5:15] = 0.6
    scores[1, 11:17, 8:10] = 0.7
    (found,) = candidates(scores)
    assert found.box == Box(40, 40, 120, 136)
    assert found.scores["E04"] == pytest.approx(0.7)
    assert found.cells.sum() == 30 + 12
    far = score_map()
    far[1, 5:8, 5:15], far[1, 12:18, 8:10] = 0.6, 0.7
    assert len(candidates(far)) == 2
    small = score_map()
    small[1, 5:8, 5:15], small[1, 11:13, 8:10] = 0.6, 0.7
    assert len(candidates(small)) == 2, "a small piece may be another object"


def test_more_candidates_than_allowed_are_a_storm():
    scores = score_map()
    scores[0, ::4, ::4] = 0.9
    assert candidates(scores) == Storm(150)


def test_a_model_on_disk_is_loaded_and_tested(tmp_path):
    write_model(tmp_path / "electrode-0.9")
    write_model(tmp_path / "electrode-0.10", version="0.10")
    assert [folder.name for folder in list_models(tmp_path)] == ["electrode-0.9", "electrode-0.10"]
    model = find_model(tmp_path, "electrode")
    verify(model)
    assert (model.artefact.version, model.artefact.sha256) == ("0.10", model.card.card_sha256)


def test_a_missing_model_says_which_there_are(tmp_path):
    write_model(tmp_path / "electrode-0.1")
    with pytest.raises(ModelError, match=r"No model 'separator'.*electrode-0\.1"):
        find_model(tmp_path, "separator")
    with pytest.raises(ModelError, match="SHA-256 ffff"):
        find_model(tmp_path, "electrode", "f" * 64)
    with pytest.raises(ModelError, match=r"card\.json can't be read"):
        Model.load(tmp_path / "nowhere")


def test_an_altered_model_file_is_refused(tmp_path):
    folder = write_model(tmp_path / "electrode-0.1")
    content = bytearray((folder / "model.onnx").read_bytes())
    content[-20] ^= 1
    (folder / "model.onnx").write_bytes(content)
    with pytest.raises(ModelError, match="altered or damaged"):
        Model.load(folder)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"stride": 16}, "shape"),
        ({"kinds": KINDS[:3], "thresholds": dict.fromkeys(KINDS[:3], 0.5)}, "shape"),
        ({"output": "heat"}, "output 'heat'"),
        ({"input": {"name": "picture"}}, "input 'picture'"),
    ],
)
def test_a_graph_that_is_not_as_the_card_says_is_refused(tmp_path, changes, sentence):
    folder = write_model(tmp_path / "electrode-0.1", **changes)
    with pytest.raises(ModelError, match=sentence):
        Model.load(folder)


def test_a_file_that_is_no_graph_is_refused(tmp_path):
    folder = write_model(tmp_path / "electrode-0.1", b"not a graph")
    with pytest.raises(ModelError, match="can't load the graph"):
        Model.load(folder)


def test_scores_outside_0_to_1_are_refused(tmp_path):
    graph = helper.make_graph(
        [
            helper.make_node("Cast", ["image"], ["float"], to=TensorProto.FLOAT),
            helper.make_node("AveragePool", ["float"], ["scores"], kernel_shape=[8, 8], strides=[8, 8]),
        ],
        "raw",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["n", 1, "h", "w"])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", 1, "rows", "columns"])],
    )
    network = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
    folder = write_model(tmp_path / "m-1", network, kinds=("E01",), thresholds={"E01": 0.5})
    with pytest.raises(ModelError, match="from 0 to 1"):
        Model.load(folder)


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("stride", 0, "stride"),
        ("thresholds", {"E01": 0.5}, "missing"),
        ("multiple_px", 12, "multiple of stride"),
        ("colour", "grey", "colour"),
    ],
)
def test_a_broken_card_is_refused_by_the_name_of_its_key(tmp_path, key, value, sentence):
    folder = write_model(tmp_path / "electrode-0.1")
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps(card | {key: value}))
    with pytest.raises(ModelError, match=sentence):
        Model.load(folder)


def test_a_card_with_a_byte_order_mark_is_the_same(tmp_path):
    folder = write_model(tmp_path / "electrode-0.1")
    before = read_card(folder / "card.json")
    (folder / "card.json").write_bytes(b"\xef\xbb\xbf" + (folder / "card.json").read_bytes())
    after = read_card(folder / "card.json")
    assert after.model_copy(update={"card_sha256": before.card_sha256}) == before
    assert after.card_sha256 == hashlib.sha256((folder / "card.json").read_bytes()).hexdigest()


CARD_BOMBS = {
    "a hundred megabytes": (lambda text: text.replace('"limits": "', '"limits": "' + "x" * 100_000_000), "larger than"),
    "lists in lists": (
        lambda text: text.replace('"metrics": {', '"metrics": {"a": ' + "[" * 100_000 + "], "),
        "too deep",
    ),
    "a key twice": (lambda text: text.replace("{", '{"seed": 9, ', 1), "the key 'seed' is there twice"),
    "cut short": (lambda text: text[: len(text) // 2], "cut short"),
    "nothing": (lambda text: "", "it is empty"),
    "no number as a threshold": (lambda text: text.replace('"E01": 0.5', '"E01": NaN'), "thresholds.E01: expected"),
    "an infinite figure": (lambda text: text.replace('"metrics": {', '"metrics": {"a": [1e999]'), "metrics: expected"),
    "an infinite pitch": (lambda text: text.replace('"max": 55.0', '"max": Infinity'), "pixel_pitch_um.max: expected"),
    "a seed of 70 bits": (lambda text: text.replace('"seed": 0', f'"seed": {2**70}'), "seed: expected"),
}


@pytest.mark.parametrize("name", CARD_BOMBS)
def test_a_card_that_no_export_writes_is_refused_in_a_few_words(name, tmp_path):
    spoil, words = CARD_BOMBS[name]
    path = write_model(tmp_path / "electrode-0.1") / "card.json"
    text = path.read_text()
    path.write_text(spoil(text))
    assert path.read_text() != text
    with pytest.raises(ModelError, match=words) as caught:
        read_card(path)
    assert len(str(caught.value)) < 1000


def test_weights_of_names_that_are_no_numbers_are_refused():
    for changes in ({"bias": (math.nan, 0.0)}, {"mean": (math.inf,)}, {"weights": ((1.0,), (-math.inf,))}):
        given = {"kinds": KINDS[:2], "mean": (0.0,), "scale": (1.0,), "weights": ((1.0,), (1.0,)), "bias": (0.0, 0.0)}
        with pytest.raises(ValidationError, match="finite number"):
            NameWeights(**(given | changes), method="by hand")
