"""Good frames spoilt as cameras, cables, memories and decoders spoil them; and what each way has covered.

Every spoiler takes a frame (height, width) uint8, earlier frames of the same camera (the newest last) and a random
generator, and returns a spoilt copy together with a mask of the pixels that no longer show the web as they should.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

Pixels = np.ndarray
Spoilt = tuple[Pixels, np.ndarray]
Spoiler = Callable[[Pixels, Sequence[Pixels], np.random.Generator], Spoilt]
LEAST_LINES, LEAST_PX = 3, 8
"""Shorter runs of lines and smaller patches hide no object of three pixels and its blur."""


@dataclass(frozen=True)
class Place:
    """Lines and columns, ends excluded."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def slices(self) -> tuple[slice, slice]:
        return slice(self.top, self.bottom), slice(self.left, self.right)


def _filled(pixels: Pixels, place: Place, filling) -> Spoilt:
    spoilt, mask = pixels.copy(), np.zeros(pixels.shape, bool)
    spoilt[place.slices] = np.clip(np.rint(filling), 0, 255)
    mask[place.slices] = True
    return spoilt, mask


def _span(rng: np.random.Generator, size: int, least: int, most: int) -> tuple[int, int]:
    length = int(rng.integers(least, max(least + 1, min(most, size))))
    first = int(rng.integers(0, size - length + 1))
    return first, first + length


def run_of_lines(pixels: Pixels, rng: np.random.Generator) -> Place:
    return Place(*_span(rng, pixels.shape[0], LEAST_LINES, pixels.shape[0] // 2), 0, pixels.shape[1])


def run_of_columns(pixels: Pixels, rng: np.random.Generator) -> Place:
    return Place(0, pixels.shape[0], *_span(rng, pixels.shape[1], LEAST_PX, pixels.shape[1] // 2))


def patch(pixels: Pixels, rng: np.random.Generator) -> Place:
    height, width = pixels.shape
    return Place(*_span(rng, height, LEAST_PX, height // 2), *_span(rng, width, LEAST_PX, width // 2))


def _grey(pixels: Pixels, rng: np.random.Generator) -> float:
    return float(rng.choice([0.0, 255.0, float(np.median(pixels)), float(rng.integers(0, 256))]))


def filled_lines(pixels: Pixels, earlier: Sequence[Pixels], rng: np.random.Generator) -> Spoilt:
    """Lines of one grey value."""
    return _filled(pixels, run_of_lines(pixels, rng), _grey(pixels, rng))


def filled_columns(pixels: Pixels, earlier: Sequence[Pixels], rng: np.random.Generator) -> Spoilt:
    """Columns of one grey value."""
    return _filled(pixels, run_of_columns(pixels, rng), _grey(pixels, rng))


def filled_patch(pixels: Pixels, earlier: Sequence[Pixels], rng: np.random.Generator) -> Spoilt:
    """A patch of one grey value."""
    return _filled(pixels, patch(pixels, rng), _grey(pixels, rng))


def smooth_patch(pixels: Pixels, earlier: Sequence[Pixels], rng: np.random.Generator) -> Spoilt:
    """A patch filled with a smooth slope, as decoders conceal what they lack."""
    place = patch(pixels, rng)
    place = Place(place.top, max(place.bottom, min(pixels.shape[0], place.top + 40)), place.left, place.right)
    height, width = place.bottom - place.top, place.right - place.left
    slope = np.linspace(-1, 1, height)[:, np.newaxis] * rng.uniform(-0.15, 0.15) * height / 2
    return _filled(pixels, place, np.median(pixels) + slope + np.zeros((height, width)))


def stuck_line(pixels: Pixels, earlier: Sequence[Pixels], rng: np.random.Generator) -> Spoilt:
    """One line again and again."""
    place = run_of_lines(pixels, rng)
    spoilt, mask = _filled(pixels, place, pixels[place.top])
    mask[place.top] = False
    return spoilt, mask


def doubled_lines(pixels: Pixels, earlier: Sequence[Pixels], rng: np.random.Generator) -> Spoilt:
    """Every second line is a copy of the one before."""
    first = int(rng.integers(0, 2))
    spoilt, mask = pixels.copy(), np.zeros(pixels.shape, bool)
    copies = slice(first + 1, None, 2)
    spoilt[copies] = pixels[first::2][: len(spoilt[copies])]
    mask[copies] = True
    return spoilt, mask


def lost_packets(pixels: Pixels, earlier: Sequence[Pixels], rng: np.random.Generator) -> Spoilt:
    """Bytes in a row that never arrived: zeros, or what the buffer held before."""
    flat, mask = pixels.copy().reshape(-1), np.zeros(pixels.size, bool)
    size = int(rng.integers(1400, 9001))
    count = max(1, -(-LEAST_LINES * pixels.shape[1] // size)) + int(rng.integers(0, 4))
    start = int(rng.integers(0, max(1, flat.size - count * size)))
    lost = slice(start, start + count * size)
    old = earlier[-1].reshape(-1)[lost] if len(earlier) and rng.random() < 0.5 else 0
    flat[lost] = old
    mask[lost] = True
    return flat.reshape(pixels.shape), mask.reshape(pixels.shape)


def old_lines(pixels: Pixels, earlier: Sequence[Pixels], rng: np.random.Generator) -> Spoilt:
    """Lines of an earlier frame, where the buffer was not written anew."""
    place = run_of_lines(pixels, rng)
    return _filled(pixels, place, earlier[int(rng.integers(0, len(earlier)))][place.slices])


def old_frame(pixels: Pixels, earlier: Sequence[Pixels], rng: np.random.Generator) -> Spoilt:
    """A whole buffer again."""
    return earlier[int(rng.integers(0, len(earlier)))].copy(), np.ones(pixels.shape, bool)


def dark_lines(pixels: Pixels, earlier: Sequence[Pixels], rng: np.random.Generator) -> Spoilt:
    """Lines without light, with the noise that a sensor has nevertheless."""
    place = run_of_lines(pixels, rng)
    place = Place(place.top, max(place.bottom, min(pixels.shape[0], place.top + 16)), place.left, place.right)
    shape = (place.bottom - place.top, pixels.shape[1])
    return _filled(pixels, place, np.abs(rng.normal(1.5, 0.6, shape)))


def grey_noise(pixels: Pixels, earlier: Sequence[Pixels], rng: np.random.Generator) -> Spoilt:
    """A lens cap or a test pattern: one grey with noise, in all of the frame."""
    noise = rng.normal(float(np.median(pixels)), rng.uniform(0.5, 3.0), pixels.shape)
    return np.clip(np.rint(noise), 0, 255).astype(np.uint8), np.ones(pixels.shape, bool)


def software_blur(pixels: Pixels, earlier: Sequence[Pixels], rng: np.random.Generator) -> Spoilt:
    """A band that something averaged along the machine: its noise is gone, too."""
    place = run_of_lines(pixels, rng)
    place = Place(place.top, max(place.bottom, min(pixels.shape[0], place.top + 32)), place.left, place.right)
    return _filled(pixels, place, cv2.blur(pixels, (1, 81))[place.slices])


SPOILERS: dict[str, Spoiler] = {
    spoiler.__name__: spoiler
    for spoiler in (
        filled_lines,
        filled_columns,
        filled_patch,
        smooth_patch,
        stuck_line,
        doubled_lines,
        lost_packets,
        old_lines,
        old_frame,
        dark_lines,
        grey_noise,
        software_blur,
    )
}
"""By name."""
