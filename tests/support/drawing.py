"""Webs with objects of known geometry, drawn at eight times the resolution, blurred and noisy like a camera's."""

from collections.abc import Callable
from datetime import UTC, datetime

import cv2
import numpy as np

from camera.frame import Frame, FrameId
from inspection.values import Box, Candidate

PSF_PX = 0.7
FINE = 8
Shape = Callable[[np.ndarray, np.ndarray], np.ndarray]


def disc(diameter: float) -> Shape:
    return lambda x, y: x * x + y * y <= (diameter / 2) ** 2


def rod(length: float, width: float, degrees: float) -> Shape:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return lambda x, y: (np.abs(x * c + y * s) <= length / 2) & (np.abs(-x * s + y * c) <= width / 2)


def coverage(shape: Shape, height: int, width: int, x: float, y: float) -> np.ndarray:
    """(height, width) part of each pixel that the object covers, its centre at (x, y)."""
    fine_y, fine_x = np.mgrid[0 : height * FINE, 0 : width * FINE].astype(np.float32)
    inside = shape((fine_x + 0.5) / FINE - x, (fine_y + 0.5) / FINE - y).astype(np.float32)
    return cv2.resize(inside, (width, height), interpolation=cv2.INTER_AREA)


def web(height: int, width: int, *, level: float = 80.0) -> np.ndarray:
    return np.full((height, width), level, np.float64)


def plant(scene: np.ndarray, shape: Shape, x: float, y: float, contrast_percent: float, reach: int = 40) -> None:
    """Put an object into a scene, in place."""
    left, top = max(0, int(x) - reach), max(0, int(y) - reach)
    right, bottom = min(scene.shape[1], int(x) + reach), min(scene.shape[0], int(y) + reach)
    alpha = coverage(shape, bottom - top, right - left, x - left, y - top)
    scene[top:bottom, left:right] *= 1.0 + alpha * contrast_percent / 100.0


def expose(scene: np.ndarray, *, noise: float = 1.5, seed: int = 1) -> np.ndarray:
    """Blur, noise, 8 bits."""
    blurred = cv2.GaussianBlur(scene, (0, 0), PSF_PX)
    noisy = blurred + np.random.default_rng(seed).normal(0.0, noise, scene.shape)
    return np.clip(np.round(noisy), 0, 255).astype(np.uint8)


def candidate(kind: str, x: float, y: float, half_width: float, half_height: float, image: np.ndarray) -> Candidate:
    """What a perfect network of stride 8 would answer: all cells that the object's box touches."""
    left, top = max(0, int(x - half_width) // 8), max(0, int(y - half_height) // 8)
    right = min(-(-image.shape[1] // 8), int(x + half_width) // 8 + 1)
    bottom = min(-(-image.shape[0] // 8), int(y + half_height) // 8 + 1)
    box = Box(left * 8, top * 8, min(right * 8, image.shape[1]), min(bottom * 8, image.shape[0]))
    return Candidate(box, kind, {kind: 0.9}, np.ones((bottom - top, right - left), bool), 8)


def frame(pixels: np.ndarray, *, number: int = 1, start_mm: float = 0.0, bit_depth: int = 8, **changes) -> Frame:
    fields = {
        "id": FrameId("cam0", 1, number),
        "pixels": pixels,
        "bit_depth": bit_depth,
        "pixel_pitch_x_um": 50.0,
        "pixel_pitch_y_um": 50.0,
        "position_mm": start_mm,
        "exposure_us": None,
        "captured_utc": datetime(2025, 1, 1, tzinfo=UTC),
        "captured_ns": 0,
    }
    return Frame(**(fields | changes))
