import hashlib
import shutil

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

from inspection.errors import ModelError
from inspection.model.card import read_card
from inspection.model.onnx_detector import OnnxDetector
from inspection.model.shelf import Model
from training.data.labels import Label, LabelledImage
from training.errors import ExportError
from training.family import family_of
from training.fitting.fit_settings import FitSettings
from training.fitting.fitting import fit
from training.fitting.run_folder import load_run
from training.lessons.pool import make_batch
from training.lessons.tiles import TILE_PX, cut_tiles
from training.networks.grid import STRIDE_PX
from training.networks.losses import focal_loss
from training.networks.web_network import AuditorNetwork, WebNetwork
from training.release.exporting import PARITY_TOLERANCE, check_parity, export, fold, parity_tiles, split_name, to_onnx
from training.release.thresholds import HIGHEST, LOWEST, ScoreEvidence, choose

SEPARATOR = family_of("separator")
THREE_STEPS = FitSettings(material="separator", simulated=True, seed=2, steps=3)


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "separator"
    fit(THREE_STEPS, folder)
    return folder


@pytest.fixture(scope="module")
def exported(run_folder, tmp_path_factory):
    return export(run_folder, tmp_path_factory.mktemp("models") / "separator-0.1", selection_blocks=2)


def test_a_few_steps_on_a_few_tiles_make_the_loss_fall_and_find_the_planted_blob():
    torch.manual_seed(1)
    rng = np.random.default_rng(1)
    pixels = rng.integers(95, 115, (400, 400), dtype=np.uint8)
    pixels[200:206, 230:236] = 200
    blob = Label("S01", 200, 230, np.ones((6, 6), bool), 50.0, 90.0)
    batch = make_batch(cut_tiles(LabelledImage(pixels, (blob,)), SEPARATOR, rng, per_object=2, empty=0))
    network = WebNetwork(len(SEPARATOR.kinds))
    optimiser = torch.optim.AdamW(network.parameters(), lr=5e-3)
    losses = []
    for _ in range(40):
        loss = focal_loss(network.logits(batch.pixels), batch.wanted, batch.weight)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.2 * losses[0]
    with torch.no_grad():
        scores = network(batch.pixels)[:, SEPARATOR.kinds.index("S01")]
    wanted = batch.wanted[:, SEPARATOR.kinds.index("S01")] > 0
    assert float(scores[wanted].min()) > 0.5
    assert float(scores[~wanted].median()) < 0.1


def test_folding_the_normalisation_into_the_convolutions_changes_no_score(run_folder):
    network = load_run(run_folder)[1]
    folded = fold(network)
    assert not any(isinstance(part, torch.nn.BatchNorm2d) for part in folded.modules())
    image = torch.randint(0, 256, (1, 1, 128, 128), dtype=torch.uint8)
    with torch.no_grad():
        torch.testing.assert_close(folded(image), network(image), atol=1e-5, rtol=1e-4)


def test_an_exported_model_passes_the_stations_checks(exported):
    model = Model.load(exported.folder)
    card = read_card(exported.folder / "card.json")
    assert (card.name, card.version, card.kinds) == ("separator", "0.1", SEPARATOR.kinds)
    assert card.sha256 == hashlib.sha256(model.onnx).hexdigest()
    assert card.views == ("bright-field", "back-light")
    assert card.parity.max_abs_difference < PARITY_TOLERANCE
    assert "seeds 1000000" in card.threshold_method
    assert exported.bytes < 5_000_000


def test_the_graph_takes_any_number_and_size_of_tiles(exported):
    detector = OnnxDetector(exported.card, (exported.folder / "model.onnx").read_bytes())
    for shape in ((64, 64), (100, 333), (1024, 512)):
        scores = detector.scores(np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8))
        assert scores.shape == (len(SEPARATOR.kinds), -(-shape[0] // 8), -(-shape[1] // 8))


def test_the_graph_names_no_file_of_the_machine_that_made_it(exported):
    graph = (exported.folder / "model.onnx").read_bytes()
    assert b".py" not in graph
    assert b"/home" not in graph
    assert b"/work" not in graph


def test_a_graph_that_is_not_the_network_is_refused(run_folder, exported):
    network = load_run(run_folder)[1]
    graph = onnx.load_from_string((exported.folder / "model.onnx").read_bytes())
    weights = next(each for each in graph.graph.initializer if each.dims and len(each.dims) == 4)
    changed = numpy_helper.to_array(weights) * 1.5
    weights.CopyFrom(numpy_helper.from_array(changed, weights.name))
    tiles = [next(parity_tiles(SEPARATOR))]
    assert check_parity(network, exported.card, to_onnx(network), tiles).max_abs_difference < PARITY_TOLERANCE
    with pytest.raises(ExportError, match="differ by"):
        check_parity(network, exported.card, graph.SerializeToString(), tiles)


def test_of_a_fit_that_went_astray_no_model_is_written(run_folder, tmp_path):
    astray = tmp_path / "astray"
    shutil.copytree(run_folder, astray)
    weights = torch.load(astray / "network.pt", weights_only=True)
    weights["head.bias"].fill_(float("nan"))
    torch.save(weights, astray / "network.pt")
    with pytest.raises(ModelError, match="expected finite scores"):
        export(astray, tmp_path / "separator-9.9", selection_blocks=1)
    assert not (tmp_path / "separator-9.9").exists()


def test_a_tampered_model_file_is_refused_by_the_station(exported, tmp_path):
    folder = tmp_path / exported.folder.name
    shutil.copytree(exported.folder, folder)
    content = bytearray((folder / "model.onnx").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "model.onnx").write_bytes(content)
    with pytest.raises(ModelError, match="altered or damaged"):
        Model.load(folder)


@pytest.mark.parametrize("name", ["separator", "separator-one", "-1.0"])
def test_a_model_folder_without_name_and_version_is_refused(name, tmp_path):
    with pytest.raises(ExportError, match="NAME-VERSION"):
        split_name(tmp_path / name)


def test_a_run_of_another_family_is_refused(run_folder, tmp_path):
    with pytest.raises(ExportError, match="fitted as separator"):
        export(run_folder, tmp_path / "electrode-1.0", selection_blocks=1)


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(ExportError, match=r"network\.pt and run\.json"):
        load_run(tmp_path)


def peaks(false, objects, kind="E01"):
    return choose(ScoreEvidence({kind: list(false)}, {kind: {str(n): peak for n, peak in enumerate(objects)}}))[kind]


def test_a_threshold_lies_between_false_alarms_and_objects():
    assert 0.2 < peaks([0.01] * 900 + [0.1] * 100, [0.9] * 50) < 0.8


def test_where_false_alarms_and_objects_overlap_the_budget_for_false_alarms_decides():
    assert peaks([0.7] * 1000, [0.4] * 50) == pytest.approx(0.7)


def test_a_single_freak_does_not_move_the_threshold():
    objects = [0.9] * 200
    assert peaks([0.1] * 1000, [*objects, 0.01]) == pytest.approx(peaks([0.1] * 1000, objects), abs=0.01)


def test_an_object_counts_with_its_best_view():
    joined = ScoreEvidence({"E01": [0.1]}, {"E01": {"a": 0.2}}).join(ScoreEvidence({"E01": [0.3]}, {"E01": {"a": 0.8}}))
    assert joined == ScoreEvidence({"E01": [0.1, 0.3]}, {"E01": {"a": 0.8}})


def test_thresholds_stay_within_their_bounds():
    assert peaks([1e-9] * 10, [1e-9]) == LOWEST
    assert peaks([0.99] * 10, [0.999]) == HIGHEST


def test_a_tile_is_larger_than_all_that_a_cell_looks_at():
    assert 2 * max(WebNetwork.halo_px, AuditorNetwork.halo_px) + STRIDE_PX < TILE_PX
