"""Visibility SNR: what a matched filter really makes of texture and noise."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from camera.web.materials import Surface
from camera.web.optics import blur
from camera.web.texture import make_plate
from camera.web.visibility import Visibility

GRAPHITE = Surface(62.0, grain_cv=0.045, mottle_cv=0.010, drying_cv=0.008, streak_cv=0.006)


def disc(diameter_px: float, contrast_dn: float, psf_px: float) -> NDArray[np.float32]:
    """A uniform disc as the optics show it."""
    size, fine = int(diameter_px) + 16, 8
    y, x = (np.mgrid[: size * fine, : size * fine] + 0.5) / fine - size / 2
    sharp = (np.hypot(x, y) <= diameter_px / 2).astype(np.float32) * np.float32(contrast_dn)
    return blur(np.asarray(cv2.resize(sharp, (size, size), interpolation=cv2.INTER_AREA), np.float32), psf_px)


@pytest.mark.parametrize("diameter_px", [4.0, 20.0, 40.0])
def test_snr_is_that_of_the_best_linear_filter_on_real_texture(diameter_px: float) -> None:
    """The filter D / N is applied to many pieces of plate and noise; their spread gives the SNR anew."""
    surface = Surface(62.0, grain_cv=0.045, mottle_cv=0.010)
    seen = Visibility(surface, 50.0, 0.6)
    target = disc(diameter_px, 5.0, 0.6)
    size = 64 if target.shape[0] <= 32 else 128
    plate = make_plate(surface, 50.0, 0.6, 2304, seed=3) * surface.level_dn
    rng = np.random.default_rng(1)
    plate = plate + rng.normal(0.0, seen.sensor_dn, plate.shape)
    spectrum = np.fft.rfft2(target, s=(size, size))
    template = np.fft.irfft2(spectrum / seen.noise_power(size, size), s=(size, size))
    answers = [
        float((template * plate[top : top + size, left : left + size]).sum())
        for top in range(0, 1024 - size + 1, size)
        for left in range(0, 2304 - size + 1, size)
    ]
    padded = np.zeros((size, size))
    padded[: target.shape[0], : target.shape[1]] = target
    expected = float((template * padded).sum()) / float(np.std(answers))
    assert seen.snr(target) == pytest.approx(expected, rel=0.2)


def test_a_large_faint_spot_is_no_more_visible_than_the_numbers_note_says() -> None:
    """Section 4.4 lists contrasts of equal SNR for discs of 0.05 to 1 mm at 25 um: large ones gain little."""
    seen = Visibility(GRAPHITE, 25.0, 0.6)
    snr = [
        seen.snr(disc(diameter_mm / 0.025, contrast, 0.6))
        for diameter_mm, contrast in ((0.05, 21.0), (0.1, 9.5), (0.2, 5.7), (0.5, 3.8), (1.0, 2.7))
    ]
    assert max(snr) < 1.6 * min(snr)
    assert 7.0 < min(snr) < 14.0
