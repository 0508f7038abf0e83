"""Outlines that many kinds share: signed distances in mm, negative inside (numbers note, section 4.7)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camera.web.figure import Size
from camera.web.texture import Field


@dataclass(frozen=True, slots=True)
class Blob:
    """A round spot whose radius wavers: r(phi) = R (1 + sum of a_k cos(k phi + p_k)), k = 2 to 6."""

    diameter_mm: float
    aspect: float
    """Length to width, 1 for round."""
    turn: float
    """Angle of the long axis to the machine direction, radians."""
    waves: tuple[tuple[float, float], ...]
    """(a_k, p_k) for k = 2, 3 ..."""

    @property
    def reach_mm(self) -> float:
        """No point of it lies farther from its centre."""
        return float(0.5 * self.diameter_mm * np.sqrt(self.aspect) * (1.0 + sum(abs(a) for a, _ in self.waves)))

    def size(self) -> Size:
        """True size: the outline's widest span, the span across it, and its area pi R^2 (1 + sum of a_k^2 / 2)."""
        radius, root = 0.5 * self.diameter_mm, np.sqrt(self.aspect)
        phi = np.linspace(0.0, 2.0 * np.pi, 721)
        r = radius * (1.0 + sum(a * np.cos(k * phi + p) for k, (a, p) in enumerate(self.waves, start=2)))
        turns = np.linspace(0.0, np.pi, 181)[:, None]
        spans = np.ptp(np.cos(turns) * r * np.cos(phi) * root + np.sin(turns) * r * np.sin(phi) / root, axis=1)
        longest = int(spans.argmax())
        area = np.pi * radius**2 * (1.0 + 0.5 * sum(a * a for a, _ in self.waves))
        return Size(float(spans[longest]), float(spans[(longest + 90) % 180]), float(area))

    def distance(self, x: Field, y: Field) -> Field:
        """Signed distance, good near the border; x (1, n) and y (m, 1) in mm give (m, n)."""
        cos, sin = np.float32(np.cos(self.turn)), np.float32(np.sin(self.turn))
        stretch = np.float32(np.sqrt(self.aspect))
        along = (cos * y + sin * x) / stretch
        across = (cos * x - sin * y) * stretch
        radius = np.sqrt(along * along + across * across)
        border = np.full(radius.shape, 0.5 * self.diameter_mm, np.float32)
        if self.waves:
            angle = np.arctan2(across, along)
            for k, (size, phase) in enumerate(self.waves, start=2):
                border += np.float32(0.5 * self.diameter_mm * size) * np.cos(k * angle + np.float32(phase))
        return radius - border


def draw_blob(rng: np.random.Generator, diameter_mm: float, roughness: float = 0.15, aspect: float = 1.0) -> Blob:
    """A blob with random waves (a_k of deviation roughness / k) in a random direction."""
    waves = tuple((float(rng.normal(0.0, roughness / k)), float(rng.uniform(0.0, 2.0 * np.pi))) for k in range(2, 7))
    return Blob(diameter_mm, aspect, float(rng.uniform(0.0, np.pi)), waves)


@dataclass(frozen=True, slots=True)
class Polygon:
    """A convex polygon: corners on an ellipse."""

    normals: tuple[tuple[float, float, float], ...]
    """(nx, ny, offset in mm) of each side."""
    reach_mm: float

    def distance(self, x: Field, y: Field) -> Field:
        """Signed distance; x (1, n) and y (m, 1) in mm give (m, n)."""
        sides = [np.float32(nx) * x + np.float32(ny) * y - np.float32(c) for nx, ny, c in self.normals]
        return np.asarray(np.maximum.reduce(sides), np.float32)


def draw_polygon(rng: np.random.Generator, diameter_mm: float, aspect: float) -> Polygon:
    """A convex polygon of 4 to 8 corners with about the area of a circle of that diameter."""
    corners = int(rng.integers(4, 9))
    angle = 2.0 * np.pi * (np.arange(corners) + rng.uniform(-0.3, 0.3, corners)) / corners
    lack = corners * np.sin(2.0 * np.pi / corners) / (2.0 * np.pi)
    radius = 0.5 * diameter_mm / np.sqrt(lack)
    long, short = radius * np.sqrt(aspect), radius / np.sqrt(aspect)
    turn = rng.uniform(0.0, np.pi)
    u, v = long * np.cos(angle), short * np.sin(angle)
    px, py = np.cos(turn) * v - np.sin(turn) * u, np.cos(turn) * u + np.sin(turn) * v
    sides = []
    for ax, ay, bx, by in zip(px, py, np.roll(px, -1), np.roll(py, -1), strict=True):
        nx, ny = by - ay, ax - bx
        length = np.hypot(nx, ny)
        offset = (nx * ax + ny * ay) / length
        sign = 1.0 if offset >= 0.0 else -1.0
        sides.append((float(sign * nx / length), float(sign * ny / length), float(sign * offset)))
    return Polygon(tuple(sides), float(long))


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A thin line: points in mm, (n, 2) of x, y."""

    points: NDArray[np.float64]

    @property
    def arc_mm(self) -> float:
        """Length along the line."""
        return float(np.hypot(*np.diff(self.points, axis=0).T).sum())

    def distance(self, x: Field, y: Field, reach_mm: float) -> tuple[Field, Field]:
        """Distance to the line (at most `reach_mm`) and arc position in mm of the nearest point, each (m, n)."""
        away = np.full((y.shape[0], x.shape[1]), reach_mm, np.float32)
        place = np.zeros_like(away)
        arc = 0.0
        columns, rows = x[0], y[:, 0]
        for (ax, ay), (bx, by) in zip(self.points[:-1], self.points[1:], strict=True):
            length = float(np.hypot(bx - ax, by - ay))
            left, right = np.searchsorted(columns, [min(ax, bx) - reach_mm, max(ax, bx) + reach_mm])
            top, bottom = np.searchsorted(rows, [min(ay, by) - reach_mm, max(ay, by) + reach_mm])
            if right > left and bottom > top:
                px, py = x[:, left:right] - np.float32(ax), y[top:bottom] - np.float32(ay)
                ux, uy = np.float32((bx - ax) / length), np.float32((by - ay) / length)
                t = np.clip(px * ux + py * uy, 0.0, np.float32(length))
                d = np.hypot(px - t * ux, py - t * uy)
                part = away[top:bottom, left:right]
                nearer = d < part
                part[nearer] = d[nearer]
                place[top:bottom, left:right][nearer] = t[nearer] + np.float32(arc)
            arc += length
        return away, place
