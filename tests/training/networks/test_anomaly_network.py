import numpy as np
import pytest
import torch
from torch.nn import functional

from training.networks.anomaly_network import AnomalyNetwork, whitening_of
from training.networks.lite_network import DeepLite, ShallowLite, weights_file

MULTIPLE = AnomalyNetwork.multiple_px
STRIDE = AnomalyNetwork.stride_px


def grey(seed, *shape):
    return torch.randint(60, 160, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(3)
    network = AnomalyNetwork(1)
    network.shallow.load_pretrained()
    network.train()
    with torch.no_grad():
        for seed in range(30):
            network.learning(grey(seed, 2, 1, 128, 128))
    network.eval().learn_usual([grey(seed, 1, 1, 128, 128) for seed in range(8)])
    return network


def logits_of(network, image):
    with torch.no_grad():
        return network.logits(torch.from_numpy(np.ascontiguousarray(image))[None, None])[0, 0].numpy()


def test_a_score_at_a_quarter_of_the_image(network):
    with torch.no_grad():
        scores = network(grey(9, 1, 1, 64, 96))
    assert scores.shape == (1, 1, 16, 24)
    assert 0.0 <= float(scores.min()) <= float(scores.max()) <= 1.0


def test_a_tile_with_its_halo_gives_the_scores_of_the_whole_image(network):
    image = np.random.default_rng(1).integers(60, 160, (864, 896), dtype=np.uint8)
    whole = logits_of(network, image)
    halo = -(-AnomalyNetwork.halo_px // MULTIPLE) * MULTIPLE
    top, left, height, width = 384, 384, 32, 64
    tile = image[top - halo : top + height + halo, left - halo : left + width + halo]
    edge = halo // STRIDE
    core = logits_of(network, tile)[edge:-edge, edge:-edge]
    rows, columns = (slice(at // STRIDE, (at + size) // STRIDE) for at, size in ((top, height), (left, width)))
    np.testing.assert_allclose(core, whole[rows, columns], rtol=1e-3, atol=1e-2)


def test_the_halo_is_as_far_as_a_cell_looks(network):
    reach = 0
    for cell in (97, 102):
        probe = 110.0 + 10.0 * torch.randn((1, 1, 800, 800), generator=torch.Generator().manual_seed(cell))
        probe.requires_grad_()
        network.logits(probe)[0, 0, cell, cell].backward()
        rows = np.flatnonzero(probe.grad[0, 0].abs().sum(dim=1).numpy())
        reach = max(reach, cell * STRIDE - rows[0], rows[-1] - (cell * STRIDE + STRIDE - 1))
    # Some of the outermost pixels fall silent, hence the eight.
    assert AnomalyNetwork.halo_px - 8 <= reach <= AnomalyNetwork.halo_px


def test_the_scores_move_with_the_image(network):
    image = np.random.default_rng(2).integers(60, 160, (768, 768), dtype=np.uint8)
    moved = np.roll(image, (MULTIPLE, 2 * MULTIPLE), axis=(0, 1))
    cells = MULTIPLE // STRIDE
    inside = (slice(96, 112), slice(96, 112))
    expected = np.roll(logits_of(network, image), (cells, 2 * cells), axis=(0, 1))[inside]
    np.testing.assert_allclose(logits_of(network, moved)[inside], expected, rtol=1e-3, atol=1e-2)
    assert expected.std() > 0.01


def test_what_is_unlike_the_good_images_raises_the_score(network):
    plain = grey(20, 1, 1, 256, 256)
    marked = plain.clone()
    marked[..., 96:160, 96:160] = 255
    with torch.no_grad():
        _, usual = network._both(plain)
        _, unusual = network._both(marked)
    assert float(unusual[0, 0, 4, 4]) > 1.5 * float(usual.max())
    assert float(network.gain) > 0.0


def test_what_the_head_learns_does_not_reach_the_student_nor_what_imagenet_taught():
    network = AnomalyNetwork(1)
    logits, _ = network.learning(grey(7, 1, 1, 64, 64))
    logits.sum().backward()
    taught = {name.split(".")[0] for name, weight in network.named_parameters() if weight.grad is not None}
    assert taught == {"side", "join", "head"}


def test_whitened_features_have_covariance_one():
    mixing = torch.tensor([[3.0, 0.0, 0.0], [2.0, 1.0, 0.0], [0.0, 0.5, 2.0]])
    features = torch.randn((6, 3, 30, 30), generator=torch.Generator().manual_seed(1))
    mixed = torch.einsum("ij,njrc->nirc", mixing, features) + torch.tensor([5.0, -2.0, 0.5])[:, None, None]
    mean, whitening = whitening_of(mixed.split(2))
    cells = (mixed.movedim(1, -1).flatten(0, -2) - mean) @ whitening.T
    np.testing.assert_allclose(cells.mean(0).numpy(), 0.0, atol=1e-4)
    np.testing.assert_allclose(torch.cov(cells.T).numpy(), np.eye(3), atol=0.1)


def test_the_first_features_are_those_of_lite0_at_half_the_size():
    shallow, deep = ShallowLite(), DeepLite()
    shallow.load_pretrained()
    published = torch.load(weights_file(), weights_only=True)
    image = grey(5, 1, 1, 64, 64).float()
    half = functional.avg_pool2d((image - 127.0) / 128.0, 2).expand(-1, 3, -1, -1)
    statistics = [published[f"_bn0.{name}"] for name in ("running_mean", "running_var", "weight", "bias")]
    plain = functional.conv2d(functional.pad(half, (0, 1, 0, 1)), published["_conv_stem.weight"], stride=2)
    expected = functional.batch_norm(plain, *statistics, eps=1e-3)
    given = shallow.stem(functional.pad(image - 127.0, (0, 2, 0, 2)))
    np.testing.assert_allclose(given.numpy(), expected.numpy(), atol=1e-4)
    assert [each.shape[1:] for each in shallow(image)] == [(16, 16, 16), (24, 8, 8), (40, 4, 4)]
    assert deep(image).shape == (1, 192, 2, 2)
