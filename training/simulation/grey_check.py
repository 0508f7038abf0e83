"""Grey levels, spectra and tails of clean web, and the camera's columns (numbers note, sections 4.3 to 4.5 and 4.8)."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from camera.web.materials import WHITE_LEVEL_DN, Roll, Surface, draw_roll
from camera.web.optics import blur
from camera.web.sensor import noise_sigma_dn
from camera.web.settings import Material, View, WebSettings
from camera.web.texture import transfer
from camera.web.visibility import Visibility
from camera.web.web import SimulatedWeb
from training.simulation.check import PITCH_UM, WIDTH_PX, Check, clean_web

_LEVELS_DN: dict[Material, tuple[float, float, float]] = {
    Material.ANODE: (95, 32, 3),
    # By the reflectance factors of section 4.2: near the mirror angle 0.06 to 0.12, calendered 0.12 to 0.30.
    Material.ANODE_UNCALENDERED: (62, 28, 3),
    Material.CATHODE: (80, 28, 3),
    Material.CATHODE_LFP: (65, 22, 3),
    Material.SEPARATOR: (185, 120, 110),
    # By the reflectance factors: 0.75 to 0.88, one side 0.65 to 0.80.
    Material.SEPARATOR_TWO_SIDES: (205, 130, 110),
    Material.BASE_FILM: (130, 90, 110),
}
"""Mean grey level in bright-field, dark-field and (re-gained on separators) back-light, section 4.3."""
_LEVEL_TOLERANCE = 0.12
"""Three deviations of 4 % between rolls."""
_GRAIN_PERCENT: dict[Material, tuple[float, float]] = {
    Material.ANODE: (3.0, 8.0),
    Material.ANODE_UNCALENDERED: (3.0, 8.0),
    Material.CATHODE: (2.5, 6.0),
    Material.CATHODE_LFP: (2.5, 6.0),
    # Where section 4.4 gives one number, as far around it as the ranges of the others: 0.7 to 1.7 of it.
    Material.SEPARATOR: (0.8, 2.0),
    Material.SEPARATOR_TWO_SIDES: (0.8, 2.0),
    Material.BASE_FILM: (0.7, 1.7),
}
_GRAIN_LEFT = (0.3, 0.6)
"""After optics about half of the grain remains: PSF 0.9 px and 0.5 px."""
_SLOW_PERCENT = (0.3, 3.2)
"""Mottle, coat weight, streaks and bars together with what light and columns leave, sections 4.4 and 4.5."""


def grey_levels(material: Material, view: View, webs: int) -> Iterator[Check]:
    """Mean and deviation of a few rolls."""
    blocks = [clean_web(material, view, seed).render(0, 512) for seed in range(1, webs + 1)]
    nominal = _LEVELS_DN[material][list(View).index(view)]
    # Three grey levels are stray light, to the nearest one.
    slack = max(_LEVEL_TOLERANCE * nominal, 0.5)
    means = [float(block.mean()) for block in blocks]
    yield Check(
        f"{material} {view}: mean of a roll",
        f"{nominal - slack:.1f} .. {nominal + slack:.1f} DN",
        f"{min(means):.1f} .. {max(means):.1f} DN",
        nominal - slack <= min(means) and max(means) <= nominal + slack,
    )
    sensor_dn = noise_sigma_dn(nominal)
    low, high = (
        np.hypot(sensor_dn, nominal / 100.0 * np.hypot(left * grain, slow))
        for left, grain, slow in zip(_GRAIN_LEFT, _GRAIN_PERCENT[material], _SLOW_PERCENT, strict=True)
    )
    # Rolls differ in level, and with it in noise; columns have their offsets.
    low, high = 0.9 * low, 1.1 * float(np.hypot(high, _COLUMNS["camera"][1]))
    spreads = [float(block.std()) for block in blocks]
    yield Check(
        f"{material} {view}: deviation",
        f"{low:.2f} .. {high:.2f} DN",
        f"{min(spreads):.2f} .. {max(spreads):.2f} DN",
        bool(low <= min(spreads) and max(spreads) <= high),
    )


_SQUARE_PX = 512
_BANDS = 10
_SPECTRUM_DB = 2.0
"""Section 4.8, over 0.02 to 0.5 cycles per pixel."""


def spectrum(material: Material, view: View, blocks: int, seed: int = 1) -> Check:
    """Radial power spectrum against the model that visibility reckons with."""
    web = clean_web(material, view, seed)
    squares = [web.render(number * _SQUARE_PX, _SQUARE_PX) for number in range(blocks)]
    deviation = spectral_deviation(squares, roll_of(web))
    worst = float(np.abs(deviation).max())
    return Check(
        f"{material} {view}: power spectrum, 0.02 .. 0.5 cycles/px",
        f"within {_SPECTRUM_DB:g} dB of the model",
        f"{deviation.min():+.1f} .. {deviation.max():+.1f} dB",
        worst <= _SPECTRUM_DB,
    )


def spectral_deviation(squares: Sequence[NDArray[np.uint8] | NDArray[np.uint16]], roll: Roll) -> NDArray[np.float64]:
    """(bands,) dB by which the power of squares of web lies above that of the roll's model, bands of equal ratio.

    What columns and lines have in common (column gains, streaks, jitter of the light) is left away.
    """
    window = np.outer(np.hanning(_SQUARE_PX), np.hanning(_SQUARE_PX))
    seen = np.zeros((_SQUARE_PX, _SQUARE_PX // 2 + 1))
    for square in squares:
        flat = square.astype(np.float64)
        flat = flat - flat.mean(axis=0) - flat.mean(axis=1, keepdims=True) + flat.mean()
        seen += np.abs(np.fft.rfft2(flat * window)) ** 2 / (window**2).sum() / len(squares)
    model = Visibility(roll.appearance.coat, PITCH_UM, roll.psf_px).noise_power(_SQUARE_PX, _SQUARE_PX)
    fy, fx = np.fft.fftfreq(_SQUARE_PX)[:, None], np.fft.rfftfreq(_SQUARE_PX)[None, :]
    radius = np.hypot(fy, fx)
    counted = (np.abs(fy) > 2.5 / _SQUARE_PX) & (fx > 2.5 / _SQUARE_PX)
    limits = pairwise(np.geomspace(0.02, 0.5, _BANDS + 1))
    rings = [counted & (radius >= low) & (radius < high) for low, high in limits]
    return np.array([10.0 * np.log10(seen[ring].mean() / model[ring].mean()) for ring in rings])


_HIGH_PASS_PX = 2.0
_KURTOSIS_TOLERANCE = 0.3
"""Section 4.8."""


def tails(material: Material, megapixels: int, seed: int = 1) -> Check:
    """Kurtosis of the high-passed web: glints and pores stand out of the noise as often as section 4.4 says."""
    web = clean_web(material, View.BRIGHT_FIELD, seed)
    second, fourth, count = 0.0, 0.0, 0
    for first_line in range(0, megapixels * 10**6 // WIDTH_PX, 2048):
        block = web.render(first_line, 2048).astype(np.float32)
        flat = block - blur(block, _HIGH_PASS_PX)
        flat -= flat.mean(axis=0)
        squared = np.square(flat, dtype=np.float64)
        second, fourth, count = second + squared.sum(), fourth + (squared**2).sum(), count + flat.size
    seen = float(fourth / count / (second / count) ** 2)
    model = _expected_kurtosis(roll_of(web))
    low, high = model * (1.0 - _KURTOSIS_TOLERANCE), model * (1.0 + _KURTOSIS_TOLERANCE)
    return Check(f"{material}: high-pass kurtosis", f"{low:.1f} .. {high:.1f}", f"{seen:.1f}", low <= seen <= high)


def _expected_kurtosis(roll: Roll) -> float:
    """Kurtosis of Gaussian texture with glints and pores thrown in: 3 + sum of fourth cumulants / variance^2."""
    surface, size = roll.appearance.coat, 256
    fy = np.fft.fftfreq(size).astype(np.float32)[:, None]
    fx = np.fft.fftfreq(size).astype(np.float32)[None, :]
    half = Visibility(surface, PITCH_UM, roll.psf_px).noise_power(size, size)
    # The columns that a real image's spectrum leaves away mirror those that it has.
    noise = np.concatenate([half, np.roll(half[::-1], 1, axis=0)[:, -2:0:-1]], axis=1)
    variance = float((noise * (1.0 - transfer(_HIGH_PASS_PX, fy, fx)) ** 2).mean())
    spark = np.zeros((65, 65), np.float32)
    spark[32, 32] = 1.0
    spark = blur(spark, roll.psf_px)
    spark[np.hypot(*np.mgrid[-32:33, -32:33]) > 1.5] = 0.0
    spark /= spark.max()
    spark -= blur(spark, _HIGH_PASS_PX)
    second, fourth = 0.0, 0.0
    for rate, heights in _sparks(surface):
        second += rate * float((heights**2).mean()) * float((spark**2).sum())
        fourth += rate * float((heights**4).mean()) * float((spark**4).sum())
    return 3.0 + fourth / (variance + second) ** 2


def _sparks(surface: Surface) -> Iterator[tuple[float, NDArray[np.float64]]]:
    """(per pixel, heights in DN) of glints, cut off where the sensor saturates, and of pores."""
    chance = (np.arange(4096) + 0.5) / 4096
    yield surface.glints_per_px, np.minimum(-surface.glint_dn * np.log(chance), 255.0 - surface.level_dn)
    yield surface.pores_per_px, surface.level_dn * (0.1 + 0.25 * chance)


def roll_of(web: SimulatedWeb) -> Roll:
    """The roll that a web of this material, view and seed is made of."""
    settings = web.settings
    return draw_roll(settings.material, settings.view, np.random.default_rng([settings.seed, 1]))


_COLUMNS = {"camera": (0.4, 0.3), "none": (1.2, 0.8)}
"""Column gains in % and offsets in DN, after and before flat-field correction."""
_COLUMN_TOLERANCE = 0.3
"""Section 4.8."""


def column_noise(lines: int = 1024) -> Iterator[Check]:
    """Deviation from column to column on a white reference."""
    for flat_field, (gain_percent, offset_dn) in _COLUMNS.items():
        settings = WebSettings(target="white", flat_field=flat_field, width_px=2048, pixel_pitch_um=PITCH_UM)
        columns = SimulatedWeb(settings).render(0, lines).mean(axis=0)
        steps = np.diff(columns) / np.sqrt(2.0)
        # The median keeps dust and bad columns out of it.
        seen = 1.4826 * float(np.median(np.abs(steps - np.median(steps))))
        model = float(np.hypot(gain_percent / 100.0 * WHITE_LEVEL_DN, offset_dn))
        low, high = model * (1.0 - _COLUMN_TOLERANCE), model * (1.0 + _COLUMN_TOLERANCE)
        name = "corrected by the camera" if flat_field == "camera" else "raw"
        yield Check(f"column noise, {name}", f"{low:.2f} .. {high:.2f} DN", f"{seen:.2f} DN", low <= seen <= high)
