"""Faint, large objects of which the network saw a few cells."""

import cv2
import numpy as np
import pytest

from inspection.vision.tracing.refine import refine
from inspection.vision.tracing.spread import spread_of
from tests.support.drawing import candidate

HEIGHT, WIDTH, NOISE = 1024, 1200, 6.0


def web_with_stain(diameter: float, contrast_percent: float, *, x: float = 600.0, y: float = 500.0) -> np.ndarray:
    """A lane of coating between foils, columns of uneven gain, a stain with soft edges."""
    rng = np.random.default_rng(3)
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    scene = np.where((columns > 300) & (columns < 1100), 80.0, 190.0) * (1.0 + 0.02 * rng.standard_normal(WIDTH))
    stain = cv2.GaussianBlur(np.float32((columns - x) ** 2 + (rows - y) ** 2 <= (diameter / 2) ** 2), (0, 0), 6.0)
    noisy = scene * (1.0 + stain * contrast_percent / 100.0) + rng.normal(0.0, NOISE, scene.shape)
    return np.clip(np.round(noisy), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(("diameter", "contrast"), [(80, -6.0), (180, -5.0), (300, -8.0), (120, 6.0)])
def test_the_whole_of_a_stain_is_measured_though_few_cells_fired(diameter, contrast):
    image = web_with_stain(diameter, contrast)
    largest = max(refine(image, [candidate("E24", 600, 500, 4, 4, image)], 0.75), key=lambda region: region.area_px)
    assert 2.0 * np.sqrt(largest.area_px / np.pi) == pytest.approx(diameter, rel=0.12)
    assert (largest.x_px, largest.y_px) == (pytest.approx(600, abs=8), pytest.approx(500, abs=8))
    assert 100.0 * largest.difference_dn / largest.background_dn == pytest.approx(contrast, rel=0.3)


def test_a_stain_ends_at_the_edge_of_its_lane():
    image = web_with_stain(200, -8.0, x=1080.0)
    largest = max(refine(image, [candidate("E24", 1040, 500, 4, 4, image)], 0.75), key=lambda region: region.area_px)
    assert largest.box.width_px > 80
    assert largest.box.right <= 1192


def test_good_web_has_no_spread():
    image = web_with_stain(0, 0.0)
    for x in range(340, 1080, 80):
        assert spread_of(image, candidate("E24", x, 500, 8, 8, image)) is None


def test_a_short_frame_is_left_to_the_usual_trace():
    image = web_with_stain(80, -8.0)[400:560]
    assert spread_of(image, candidate("E24", 600, 100, 8, 8, image)) is None
