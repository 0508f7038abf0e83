import numpy as np
import pytest
import torch

from training.networks.grid import MULTIPLE_PX, STRIDE_PX
from training.networks.losses import focal_loss
from training.networks.web_network import AuditorNetwork, WebNetwork


@pytest.fixture(scope="module", params=[WebNetwork, AuditorNetwork])
def network(request):
    torch.manual_seed(3)
    network = request.param(4)
    network.train()
    with torch.no_grad():
        for _ in range(3):
            network(torch.randint(0, 256, (2, 1, 128, 128), dtype=torch.uint8))
    return network.eval()


def scores_of(network, image):
    with torch.no_grad():
        return network.logits(torch.from_numpy(np.ascontiguousarray(image))[None, None])[0].numpy()


def test_one_score_for_each_kind_and_cell(network):
    assert scores_of(network, np.zeros((64, 96), np.uint8)).shape == (4, 8, 12)
    assert STRIDE_PX == 8


def test_scores_lie_between_zero_and_one(network):
    with torch.no_grad():
        scores = network(torch.randint(0, 256, (1, 1, 64, 64), dtype=torch.uint8))
    assert 0.0 <= float(scores.min()) <= float(scores.max()) <= 1.0


def test_a_tile_with_its_halo_gives_the_scores_of_the_whole_image(network):
    image = np.random.default_rng(1).integers(0, 256, (512, 640), dtype=np.uint8)
    whole = scores_of(network, image)
    halo = -(-network.halo_px // MULTIPLE_PX) * MULTIPLE_PX
    top, left, height, width = 192, 240, 64, 128
    tile = image[top - halo : top + height + halo, left - halo : left + width + halo]
    edge = halo // STRIDE_PX
    core = scores_of(network, tile)[:, edge:-edge, edge:-edge]
    rows, columns = slice(top // 8, (top + height) // 8), slice(left // 8, (left + width) // 8)
    np.testing.assert_allclose(core, whole[:, rows, columns], atol=2e-4)


def test_the_halo_is_exactly_as_far_as_a_cell_looks(network):
    reach = 0
    for cell in (32, 33):
        # Random signs, so that no influence cancels out.
        probe = 120.0 + torch.randn((1, 1, 512, 512), generator=torch.Generator().manual_seed(cell)) * 30.0
        probe.requires_grad_()
        network.logits(probe)[0, :, cell, cell].sum().backward()
        rows = np.flatnonzero(probe.grad[0, 0].abs().sum(dim=1).numpy())
        reach = max(reach, cell * 8 - rows[0], rows[-1] - (cell * 8 + 7))
    # Some of the outermost pixels may lose against stronger neighbours or fall silent, hence the two.
    assert network.halo_px - 2 <= reach <= network.halo_px


def test_the_scores_move_with_the_image(network):
    image = np.random.default_rng(2).integers(0, 256, (448, 448), dtype=np.uint8)
    moved = np.roll(image, (MULTIPLE_PX, 2 * MULTIPLE_PX), axis=(0, 1))
    inner = slice(16, -16)
    expected = np.roll(scores_of(network, image), (2, 4), axis=(1, 2))[:, inner, inner]
    np.testing.assert_allclose(scores_of(network, moved)[:, inner, inner], expected, atol=2e-4)


def test_a_single_pixel_is_not_lost_in_the_stride(network):
    for offset in range(8):
        plain = np.full((256, 256), 100, np.uint8)
        dotted = plain.copy()
        dotted[128 + offset, 128 + (3 * offset) % 8] = 255
        assert np.abs(scores_of(network, dotted) - scores_of(network, plain))[:, 16, 16].max() > 1e-3


def test_a_missed_object_costs_more_than_an_untrained_background():
    wanted = torch.zeros(1, 1, 48, 48)
    weight = torch.ones_like(wanted)
    quiet = torch.full_like(wanted, -4.6)
    background = focal_loss(quiet, wanted, weight)
    wanted[0, 0, 10, 10] = 1.0
    assert focal_loss(quiet, wanted, weight) > background + 3.0


def test_cells_without_weight_do_not_count():
    logits = torch.full((1, 1, 4, 4), 5.0)
    wanted = torch.zeros_like(logits)
    assert float(focal_loss(logits, wanted, torch.zeros_like(logits))) == 0.0
    assert float(focal_loss(logits, wanted, torch.ones_like(logits))) > 10.0
