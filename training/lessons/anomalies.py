"""Made-up anomalies on images of good web, for a product of which nobody has seen a defect yet.

Shapes and fillings are generic: whatever differs from its surroundings in grey value, texture or sharpness, from
specks of two pixels to a third of the image. After Zavrtanik et al. 2021 (DRAEM: noise-shaped masks), Li et al. 2021
(CutPaste) and Schlüter et al. 2022 (NSA: labels by what changed visibly). Nothing depends on where in the image it
lies.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.float32]
Rng = np.random.Generator
_VISIBLE = 1.0
"""A pixel has changed visibly if, smoothed over 5 x 5, it differs by so many deviations of the local texture."""
_LEAST_NOISE_DN = 1.0
_LEAST_COVER = 0.05


@dataclass(frozen=True, slots=True)
class Altered:
    """An image with an anomaly."""

    pixels: NDArray[np.uint8]
    """(height, width)"""
    is_anomalous: NDArray[np.bool_]
    """(height, width) where the anomaly shows."""
    is_uncertain: NDArray[np.bool_]
    """(height, width) where something was changed, but too little to ask for."""


def altered(image: NDArray[np.uint8], donor: NDArray[np.uint8], rng: Rng) -> Altered:
    """One anomaly on a good image, (height, width), at a random place. `donor`: another one, to take texture from.

    The anomaly may turn out invisible: then nothing is marked anomalous.
    """
    before = image.astype(np.float32)
    shape, filling = _SHAPES[int(rng.integers(len(_SHAPES)))], _FILLINGS[int(rng.integers(len(_FILLINGS)))]
    cover = shape((image.shape[0], image.shape[1]), rng)
    if cover.max() < _LEAST_COVER:
        nowhere = np.zeros(image.shape, np.bool_)
        return Altered(image, nowhere, nowhere)
    noise_dn = texture_dn(before)
    after = before + cover * (filling(before, donor.astype(np.float32), noise_dn, rng) - before)
    pixels = np.asarray(np.clip(np.rint(after), 0, 255), np.uint8)
    change = pixels.astype(np.float32) - before
    # A step shows by its mean, roughness by its deviation beyond that of the texture.
    seen = np.maximum(np.abs(cv2.blur(change, (5, 5))), np.sqrt(cv2.blur(change * change, (5, 5))) - 0.7 * noise_dn)
    is_anomalous = np.asarray((cover > 0.3) & (seen > _VISIBLE * noise_dn), np.bool_)
    return Altered(pixels, is_anomalous, np.asarray((cover > 0.1) & ~is_anomalous, np.bool_))


def texture_dn(image: Grey) -> float:
    """Deviation of the texture from its surroundings of some 15 px: the median over the image, of absolute values."""
    detail = image - cv2.GaussianBlur(image, (0, 0), 5.0)
    return max(_LEAST_NOISE_DN, 1.4826 * float(np.median(np.abs(detail))))


def _noise(shape: tuple[int, int], spacing_px: tuple[float, float], rng: Rng) -> Grey:
    """Smooth noise of deviation about 1 with knots so many pixels apart, (down, across)."""
    knots = [int(np.ceil(size / spacing)) + 3 for size, spacing in zip(shape, spacing_px, strict=True)]
    coarse = rng.standard_normal((knots[0], knots[1]), dtype=np.float32)
    size = (int(knots[1] * spacing_px[1]) + 1, int(knots[0] * spacing_px[0]) + 1)
    fine = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
    top, left = (int(rng.integers(fine.shape[axis] - shape[axis] + 1)) for axis in (0, 1))
    return np.asarray(fine[top : top + shape[0], left : left + shape[1]] * np.float32(1.3), np.float32)


def _axes(shape: tuple[int, int], rng: Rng) -> tuple[Grey, Grey]:
    """Coordinates in pixels from a random centre, turned by a random angle: along and aside."""
    angle = float(rng.uniform(0.0, np.pi))
    y, x = (np.arange(size, dtype=np.float32) - np.float32(rng.uniform(0.0, size)) for size in shape)
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return x[None, :] * cos + y[:, None] * sin, y[:, None] * cos - x[None, :] * sin


def _log_uniform(low: float, high: float, rng: Rng) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _spot(shape: tuple[int, int], rng: Rng) -> Grey:
    """An ellipse with a ragged border, 2 px to a third of the image."""
    along, aside = _axes(shape, rng)
    size = _log_uniform(2.0, max(4.0, min(shape) / 3.0), rng)
    ratio = float(rng.uniform(0.3, 1.0))
    radius = np.sqrt((along / (0.5 * size)) ** 2 + (aside / (0.5 * size * ratio)) ** 2)
    ragged = 1.0 + 0.25 * _noise(shape, (max(2.0, 0.3 * size),) * 2, rng) if size > 6.0 else np.float32(1.0)
    softness = float(rng.uniform(0.6, 2.5)) / (0.5 * size)
    return np.asarray(np.clip((ragged - radius) / softness + 0.5, 0.0, 1.0), np.float32)


def _cloud(shape: tuple[int, int], rng: Rng) -> Grey:
    """Thresholded noise in a round window: ragged, often in several pieces."""
    along, aside = _axes(shape, rng)
    reach = _log_uniform(8.0, max(16.0, min(shape) / 2.5), rng)
    window = np.exp(-0.5 * (along**2 + (aside / float(rng.uniform(0.3, 1.0))) ** 2) / (0.5 * reach) ** 2)
    spacing = _log_uniform(3.0, max(6.0, reach), rng)
    field = _noise(shape, (spacing * float(rng.uniform(0.7, 2.0)), spacing), rng) + 2.5 * window - 1.8
    cover = np.clip(field / float(rng.uniform(0.2, 0.8)), 0.0, 1.0)
    return np.asarray(cover * np.clip(20.0 * (window - 0.1), 0.0, 1.0), np.float32)


def _line(shape: tuple[int, int], rng: Rng) -> Grey:
    """A bent line of 1 to 5 px, whole or broken."""
    along, aside = _axes(shape, rng)
    length, width = _log_uniform(10.0, 1.2 * max(shape), rng), _log_uniform(1.0, 5.0, rng)
    spacing = max(6.0, length / float(rng.uniform(2.0, 8.0)))
    bend = _noise((1, int(length) + 2), (1.0, spacing), rng)[0] * np.float32(rng.uniform(0.0, 0.12) * spacing)
    place = np.clip(along + 0.5 * length, 0.0, length).astype(np.int64)
    ends = np.clip(0.5 * length - np.abs(along), 0.0, 1.0)
    cover = np.clip(0.5 * width - np.abs(aside - bend[place]) + 0.5, 0.0, 1.0) * ends
    if rng.random() < 0.4:
        pieces = _noise((1, int(length) + 2), (1.0, float(rng.uniform(3.0, 15.0))), rng)[0]
        cover = cover * (pieces > float(rng.uniform(-1.0, 0.3)))[place]
    return np.asarray(cover, np.float32)


def _region(shape: tuple[int, int], rng: Rng) -> Grey:
    """A band between two wavy borders: uneven treatment. It stays the smaller part, else nobody could say which is."""
    _, aside = _axes(shape, rng)
    wave = 0.06 * min(shape) * _noise(shape, (0.3 * min(shape),) * 2, rng)
    softness = _log_uniform(1.0, 12.0, rng)
    border = aside + wave
    width = _log_uniform(0.05, 0.35, rng) * min(shape)
    inside = np.minimum(border, width - border)
    return np.asarray(np.clip(inside / softness + 0.5, 0.0, 1.0), np.float32)


def _level(image: Grey, donor: Grey, noise_dn: float, rng: Rng) -> Grey:
    """Brighter or darker, its texture kept; by 1.5 deviations of the texture up to saturation."""
    step = _log_uniform(1.5, 25.0, rng) * noise_dn * (1.0 if rng.random() < 0.4 else -1.0)
    return np.asarray(image + np.float32(step), np.float32)


def _flat(image: Grey, donor: Grey, noise_dn: float, rng: Rng) -> Grey:
    """One grey value with little texture: something lies on it, or is missing."""
    anything, alike = float(rng.uniform(0.0, 255.0)), float(np.median(image)) * float(rng.uniform(0.2, 1.8))
    grey = anything if rng.random() < 0.5 else alike
    roughness = noise_dn * float(rng.uniform(0.0, 1.0))
    return np.asarray(grey + roughness * rng.standard_normal(image.shape, dtype=np.float32), np.float32)


def _foreign(image: Grey, donor: Grey, noise_dn: float, rng: Rng) -> Grey:
    """Texture of another good place, mostly turned by a right angle, at another contrast and level."""
    turned = cv2.flip(np.ascontiguousarray(donor.T if rng.random() < 0.7 else donor), int(rng.integers(-1, 2)))
    missing = [(0, max(0, wanted - there)) for wanted, there in zip(image.shape, turned.shape, strict=True)]
    texture = np.pad(turned, missing, mode="symmetric")[: image.shape[0], : image.shape[1]]
    contrast, step = float(rng.uniform(0.3, 2.5)), float(rng.normal(0.0, 2.0)) * noise_dn
    return np.asarray(float(image.mean()) + contrast * (texture - float(texture.mean())) + step, np.float32)


def _smeared(image: Grey, donor: Grey, noise_dn: float, rng: Rng) -> Grey:
    """Blurred along one direction, or roughened."""
    if rng.random() < 0.5:
        sigma = float(rng.uniform(1.5, 8.0))
        across = float(rng.uniform(0.5, 1.0)) * sigma
        step = float(rng.normal(0.0, 1.5)) * noise_dn
        return np.asarray(cv2.GaussianBlur(image, (0, 0), sigmaX=sigma, sigmaY=across) + step, np.float32)
    spacing = float(rng.uniform(1.0, 5.0))
    grain = _noise((image.shape[0], image.shape[1]), (spacing, spacing), rng)
    return np.asarray(image + noise_dn * float(rng.uniform(2.0, 8.0)) * grain, np.float32)


_SHAPES: tuple[Callable[[tuple[int, int], Rng], Grey], ...] = (_spot, _spot, _cloud, _cloud, _line, _line, _region)
_FILLINGS: tuple[Callable[[Grey, Grey, float, Rng], Grey], ...] = (_level, _level, _flat, _foreign, _smeared)
