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
    coat_dn: float
    """The coating, wherever the object lies."""
    coat_plate: Field
    """Its relative texture, periodic."""
    beyond_dn: float
    """At an edge: what lies on its other side; elsewhere `level_dn`."""
    towards: tuple[int, int] = (0, 0)
    """(x, y) signs of where `level_dn` lies, seen from the object's centre: (1, 0) at an edge with the coating at
    larger columns, (-1, 1) at a corner of what lies at smaller columns and later lines; (0, 0) away from edges."""
    tab_mm: tuple[float, float] = (0.0, 0.0)
    """(length, height): so much of what lies at the edge stands out over it about the object's centre, as a tab."""

    @property
    def is_opaque(self) -> bool:
        """No light comes through the web: of the lamp below it, the camera sees only stray light."""
        return self.material.is_electrode and self.view is View.BACK_LIGHT

    def below(self, x: Field, y: Field) -> Field | np.float32:
        """DN of the nominal web without the object; at an edge (m, n), for x (1, n) and y (m, 1) from its centre."""
        if self.towards == (0, 0):
            return np.float32(self.level_dn)
        towards_x, towards_y = self.towards
        is_here = (x * towards_x >= 0.0) & (y * towards_y >= 0.0)
        length_mm, height_mm = self.tab_mm
        if length_mm > 0.0:
            is_here = is_here | ((np.abs(y) <= 0.5 * length_mm) & (x * towards_x >= -height_mm))
        return np.where(is_here, np.float32(self.level_dn), np.float32(self.beyond_dn))


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
    centroid_mm: tuple[float, float]
    """(machine, cross direction) of what is covered, from the object's nominal centre."""
    middle_mm: tuple[float, float]
    """Upright box around what is half covered, likewise."""


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

    def veil(self, ground: Ground) -> None:
        """On an opaque web: stray light lies over web and object alike, so that what lets no light through looks like
        the web around it.
        """
        stray_dn = np.float32(max(ground.level_dn, ground.bare_dn, ground.coat_dn, ground.insulation_dn))
        through = np.maximum(self._add - stray_dn * np.maximum(1.0 - self._keep, 0.0), 0.0)
        self._add = np.float32(ground.level_dn) * (1.0 - self._keep) + through

    def claim(self, alpha: Field) -> None:
        """Say what belongs to the object: its true extent."""
        np.maximum(self._coverage, alpha, out=self._coverage)

    def bare(self, ground: Ground, rng: np.random.Generator) -> Field:
        """Foil or base film with its own texture, DN, at a random place of the foil."""
        return self._cut_from(ground.bare_plate, rng) * np.float32(ground.bare_dn)

    def coating(self, ground: Ground, rng: np.random.Generator) -> Field:
        """Coating with its own texture, DN, at a random place."""
        return self._cut_from(ground.coat_plate, rng) * np.float32(ground.coat_dn)

    def _cut_from(self, plate: Field, rng: np.random.Generator) -> Field:
        height, width = plate.shape
        top, left = int(rng.integers(height)), int(rng.integers(width))
        rows = (top + np.arange(self.shape[0]) // self._fine) % height
        columns = (left + np.arange(self.shape[1]) // self._fine) % width
        return plate[np.ix_(rows, columns)] + np.float32(1.0)

    def noise(self, rng: np.random.Generator, spacing_mm: float) -> Field:
        """Smooth noise of deviation about 1 with that spacing. For figures that are painted whole."""
        knots = [max(2, int(np.ceil(n * self.step_mm / spacing_mm)) + 2) for n in self.shape]
        coarse = rng.standard_normal((knots[0], knots[1]), dtype=np.float32)
        smooth = cv2.resize(coarse, (self.shape[1], self.shape[0]), interpolation=cv2.INTER_CUBIC)
        return np.asarray(smooth, np.float32) * np.float32(1.3)

    def develop(self, psf_px: float, smear_px: float, ground: Ground, strength: float = 1.0) -> Painted:
        """What the camera gets of it: with the blur of the lens, and along the machine that of the moving web too.

        `strength` multiplies the difference between the object and the web around.
        """
        if self._relief is not None:
            self.scale(ground.shading.gain(self._relief, self.step_mm))
        if strength != 1.0:
            self._keep = np.maximum(1.0 + np.float32(strength) * (self._keep - 1.0), 0.0)
            self._add *= np.float32(strength)
        weight = float(self._coverage.sum())
        contrast = 0.0
        if weight > 0.0:
            below = ground.below(self.x, self.y)
            seen = np.clip(self._keep * below + self._add, 0.0, 255.0)
            level = float((np.minimum(below, 255.0) * self._coverage).sum()) / weight
            contrast = 100.0 * (float((seen * self._coverage).sum()) / weight / level - 1.0)
        keep, add, coverage = (self._shrink(field) for field in (self._keep, self._add, self._coverage))
        length, width = self._sides()
        area = weight * self.step_mm**2
        keep, add = (blur(field, psf_px, smear_px) for field in (keep, add))
        return Painted(keep, add, coverage, contrast, length, width, area, self._centroid(weight), self._middle())

    def _centroid(self, weight: float) -> tuple[float, float]:
        if weight <= 0.0:
            return 0.0, 0.0
        lines, columns = self._coverage.sum(axis=1), self._coverage.sum(axis=0)
        return float(lines @ self.y[:, 0]) / weight, float(columns @ self.x[0]) / weight

    def _middle(self) -> tuple[float, float]:
        covered = self._coverage >= max(1e-6, min(0.5, 0.5 * float(self._coverage.max())))
        lines, columns = np.flatnonzero(covered.any(axis=1)), np.flatnonzero(covered.any(axis=0))
        if lines.size == 0:
            return 0.0, 0.0
        y, x = self.y[:, 0], self.x[0]
        return 0.5 * float(y[lines[0]] + y[lines[-1]]), 0.5 * float(x[columns[0]] + x[columns[-1]])

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
