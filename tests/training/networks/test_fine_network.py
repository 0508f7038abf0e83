import numpy as np
import pytest
import torch

from training.networks.fine_network import FineNetwork

MULTIPLE = FineNetwork.multiple_px
STRIDE = FineNetwork.stride_px


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(3)
    network = FineNetwork(2)
    network.train()
    with torch.no_grad():
        for _ in range(3):
            network(torch.randint(0, 256, (2, 1, 128, 128), dtype=torch.uint8))
    return network.eval()


def logits_of(network, image):
    with torch.no_grad():
        return network.logits(torch.from_numpy(np.ascontiguousarray(image))[None, None])[0].numpy()


def test_a_score_for_each_kind_at_a_quarter_of_the_image(network):
    with torch.no_grad():
        scores = network(torch.randint(0, 256, (1, 1, 64, 96), dtype=torch.uint8))
    assert scores.shape == (1, 2, 16, 24)
    assert 0.0 <= float(scores.min()) <= float(scores.max()) <= 1.0


def test_a_tile_with_its_halo_gives_the_scores_of_the_whole_image(network):
    image = np.random.default_rng(1).integers(0, 256, (544, 576), dtype=np.uint8)
    whole = logits_of(network, image)
    halo = -(-FineNetwork.halo_px // MULTIPLE) * MULTIPLE
    top, left, height, width = 256, 256, 32, 64
    tile = image[top - halo : top + height + halo, left - halo : left + width + halo]
    edge = halo // STRIDE
    core = logits_of(network, tile)[:, edge:-edge, edge:-edge]
    rows, columns = (slice(at // STRIDE, (at + size) // STRIDE) for at, size in ((top, height), (left, width)))
    np.testing.assert_allclose(core, whole[:, rows, columns], atol=2e-4)


def test_the_halo_is_as_far_as_a_cell_looks(network):
    reach = 0
    for cell in (64, 65, 71):
        # Random signs, so that no influence cancels out.
        probe = 120.0 + torch.randn((1, 1, 512, 512), generator=torch.Generator().manual_seed(cell)) * 30.0
        probe.requires_grad_()
        network.logits(probe)[0, :, cell, cell].sum().backward()
        rows = np.flatnonzero(probe.grad[0, 0].abs().sum(dim=1).numpy())
        reach = max(reach, cell * STRIDE - rows[0], rows[-1] - (cell * STRIDE + STRIDE - 1))
    # Some of the outermost pixels fall silent, hence the two.
    assert FineNetwork.halo_px - 2 <= reach <= FineNetwork.halo_px


def test_the_scores_move_with_the_image(network):
    image = np.random.default_rng(2).integers(0, 256, (640, 640), dtype=np.uint8)
    moved = np.roll(image, (MULTIPLE, 2 * MULTIPLE), axis=(0, 1))
    cells = MULTIPLE // STRIDE
    expected = np.roll(logits_of(network, image), (cells, 2 * cells), axis=(1, 2))[:, 68:-60, 68:-60]
    np.testing.assert_allclose(logits_of(network, moved)[:, 68:-60, 68:-60], expected, atol=2e-4)
    assert expected.std() > 0.1
