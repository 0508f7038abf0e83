"""Where an object is drawn: what it keeps of the web below, what it adds, and how much of each pixel it covers."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.web.optics import blur
from camera.web.settings import Material, View
from camera.web.shading import Shading
from camera.web.texture import Field


@dataclass(frozen=True, slots=True)
class Ground:
    """What an object lies on or lays bare; grey levels in 8-bit DN."""

    material: Material
    view: View
    level_dn: float
    """The surface around the object."""
    bare_dn: float
    """Foil or base film below the coating."""
    bare_plate: Field
    """Its relative texture, periodic."""
    through_dn: float
    """Seen through a hole in the web."""
    insulation_dn: float
    """The ceramic stripe beside a cathode's coating."""
    shading: Shading
    is_bare: bool
    """The surface around is foil or base film itself."""


@dataclass(frozen=True, slots=True)
class Painted:
    """An object in camera pixels: the web below is multiplied by `keep`, then `add` (DN) is added."""

    keep: Field
    add: Field
    coverage: Field
    """Share of each pixel that the object covers, before optics."""
    contrast_percent: float
    """Weber contrast before optics, mean over the covered area; 0 where nothing is covered."""
    length_mm: float
    """Sides of the smallest rectangle around what is half covered, and its area, on the fine grid."""
    width_mm: float
    area_mm2: float


class Canvas:
    """A grid `fine` times finer than the pixels, with coordinates in mm from the object's centre."""

    def __init__(self, centre_px: tuple[float, float], shape: tuple[int, int], fine: int, pitch_mm: float) -> None:
        """`centre_px`: (line, column) of the object's centre from the canvas's first pixel border."""
        self._fine = fine
        self.step_mm = pitch_mm / fine
        lines = (np.arange(shape[0] * fine) + 0.5) / fine - centre_px[0]
        columns = (np.arange(shape[1] * fine) + 0.5) / fine - centre_px[1]
        self.y: Field = (lines * pitch_mm).astype(np.float32)[:, None]
        """(n, 1) machine direction, mm."""
        self.x: Field = (columns * pitch_mm).astype(np.float32)[None, :]
        """(1, n) cross direction, mm."""
        self.shape = (self.y.shape[0], self.x.shape[1])
        self._keep = np.ones(self.shape, np.float32)
        self._add = np.zeros(self.shape, np.float32)
        self._coverage = np.zeros(self.shape, np.float32)
        self._relief: Field | None = None

    def raise_by(self, height_um: Field) -> None:
        """Lift the surface; slopes towards the lamp shine, those away from it lie in shade."""
        self._relief = height_um.astype(np.float32) if self._relief is None else self._relief + height_um

    def replace(self, alpha: Field, level_dn: float | Field) -> None:
        """Lay something opaque of that grey level over what is there, as far as `alpha` (0..1) goes."""
        self._keep *= 1.0 - alpha
        self._add += alpha * (level_dn - self._add)

    def scale(self, gain: Field) -> None:
        """Brighten or darken what is there; the texture below shows through."""
        self._keep *= gain
        self._add *= gain

    def claim(self, alpha: Field) -> None:
        """Say what belongs to the object: its true extent."""
        np.maximum(self._coverage, alpha, out=self._coverage)

    def bare(self, ground: Ground, rng: np.random.Generator) -> Field:
        """Foil or base film with its own texture, DN, at a random place of the foil."""
        height, width = ground.bare_plate.shape
        top, left = int(rng.integers(height)), int(rng.integers(width))
        rows = (top + np.arange(self.shape[0]) // self._fine) % height
        columns = (left + np.arange(self.shape[1]) // self._fine) % width
        return (ground.bare_plate[np.ix_(rows, columns)] + np.float32(1.0)) * np.float32(ground.bare_dn)

    def noise(self, rng: np.random.Generator, spacing_mm: float) -> Field:
        """Smooth noise of deviation about 1 with that spacing. For figures that are painted whole."""
        knots = [max(2, int(np.ceil(n * self.step_mm / spacing_mm)) + 2) for n in self.shape]
        coarse = rng.standard_normal((knots[0], knots[1]), dtype=np.float32)
        smooth = cv2.resize(coarse, (self.shape[1], self.shape[0]), interpolation=cv2.INTER_CUBIC)
        return np.asarray(smooth, np.float32) * np.float32(1.3)

    def develop(self, psf_px: float, level_dn: float, shading: Shading) -> Painted:
        """What the camera gets of it, on a surface of `level_dn`."""
        if self._relief is not None:
            self.scale(shading.gain(self._relief, self.step_mm))
        weight = float(self._coverage.sum())
        contrast = 0.0
        if weight > 0.0:
            seen = np.clip(self._keep * np.float32(level_dn) + self._add, 0.0, 255.0)
            contrast = 100.0 * (float((seen * self._coverage).sum()) / weight / level_dn - 1.0)
        keep, add, coverage = (self._shrink(field) for field in (self._keep, self._add, self._coverage))
        length, width = self._sides()
        area = weight * self.step_mm**2
        return Painted(blur(keep, psf_px), blur(add, psf_px), coverage, contrast, length, width, area)

    def _sides(self) -> tuple[float, float]:
        covered = self._coverage >= max(1e-6, min(0.5, 0.5 * float(self._coverage.max())))
        lines = np.flatnonzero(covered.any(axis=1))
        if lines.size == 0:
            return 0.0, 0.0
        first = covered[lines].argmax(axis=1)
        last = covered.shape[1] - 1 - covered[lines, ::-1].argmax(axis=1)
        points = np.stack([np.concatenate([first, last]), np.concatenate([lines, lines])], axis=1)
        _, sides, _ = cv2.minAreaRect(points.astype(np.float32))
        # The points are the middles of cells: half a cell is missing on each side.
        return (max(sides) + 1.0) * self.step_mm, (min(sides) + 1.0) * self.step_mm

    def _shrink(self, field: Field) -> Field:
        if self._fine == 1:
            return field
        size = (self.shape[1] // self._fine, self.shape[0] // self._fine)
        return np.asarray(cv2.resize(field, size, interpolation=cv2.INTER_AREA), np.float32)


def soft(distance_mm: Field, width_mm: float) -> Field:
    """Coverage across a border: 1 well inside (negative distance), 0 well outside, half on it.

    >>> soft(np.array([-1.0, 0.0, 1.0], np.float32), 0.1).tolist()
    [1.0, 0.5, 0.0]
    """
    t = np.clip(np.float32(0.5) - distance_mm / np.float32(width_mm), 0.0, 1.0).astype(np.float32)
    return np.asarray(t * t * (3.0 - 2.0 * t), np.float32)


def as_mask(coverage: Field, peak: float) -> NDArray[np.bool_]:
    """Pixels that belong to an object whose coverage is `peak` at most: half covered or more; if it is thinner than
    a pixel and fills none, those that it covers at least half as much as its best one.

    >>> as_mask(np.array([0.1, 0.3, 0.4], np.float32), peak=0.4).tolist()
    [False, True, True]
    """
    return np.asarray(coverage >= (0.5 if peak >= 0.8 else max(0.5 * peak, 1e-6)))
