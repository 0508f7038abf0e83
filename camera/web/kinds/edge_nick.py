"""S16, tear, edge nick and burr thread of a separator (numbers note, section 2.2)."""

from dataclasses import dataclass

import numpy as np

from camera.web import lattice
from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Figure, Kind, Look, Occasion, Place, Rates
from camera.web.settings import SEPARATORS
from camera.web.shapes import Curve


@dataclass(frozen=True, slots=True, eq=False)
class EdgeNick(Figure):
    """A piece missing at the cut edge, or a tear that runs into the web; the film at its lips is stretched white."""

    side: int
    """+1: the web lies at larger columns."""
    depth_mm: float
    mouth_mm: float
    """Its opening along the machine, at the edge."""
    lean: float
    """Machine-direction shift of its tip over its depth."""
    sharpness: float
    """Profile: 1 for a V, 2 and more for a U, below 1 for a tear."""
    lips: Look
    """Change of the grey level beside it, in parts."""
    thread: Curve | None
    """Burr thread that hangs out over the edge."""
    thread_mm: float
    """Its thickness."""
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        thread = 0.0 if self.thread is None else float(np.abs(self.thread.points[:, 1]).max()) + self.thread_mm
        return max(0.6 * self.mouth_mm + abs(self.lean) * self.depth_mm, thread) + 0.4

    @property
    def half_cd_mm(self) -> float:
        """See Figure."""
        thread = 0.0 if self.thread is None else float(np.abs(self.thread.points[:, 0]).max()) + self.thread_mm
        return max(self.depth_mm, thread) + 0.4

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        inside = canvas.x * np.float32(self.side)
        depth = np.maximum(inside, 0.0)
        x = canvas.x[0].astype(np.float64)
        ragged = lattice.smooth(self.seed, x / 0.15) + 0.6 * lattice.smooth(self.seed + 1, x / 0.04)
        wobble = min(0.03, 0.06 * self.mouth_mm) * ragged.astype(np.float32)[None, :]
        middle = np.float32(self.lean) * depth + wobble
        part = np.clip(1.0 - depth / np.float32(self.depth_mm), 0.0, 1.0)
        half = np.float32(0.5 * self.mouth_mm) * part ** np.float32(1.0 / self.sharpness)
        # The border's slant makes its true distance shorter than that along the machine.
        slant = np.float32(np.hypot(1.0, 0.5 * self.mouth_mm / self.depth_mm))
        distance = np.maximum((np.abs(canvas.y - middle) - half) / slant, inside - np.float32(self.depth_mm))
        reach = np.float32(0.06 + 0.06 * min(1.0, self.depth_mm))
        lips = np.exp(-((np.maximum(distance, 0.0) / reach) ** 2)) * soft(-inside, canvas.step_mm)
        canvas.scale(1.0 + np.float32(self.lips.at(ground.view)) * lips)
        missing = soft(distance, max(0.015, canvas.step_mm))
        canvas.replace(missing, ground.through_dn)
        canvas.claim(missing * soft(-inside, canvas.step_mm))
        if self.thread is not None:
            away, _ = self.thread.distance(canvas.x, canvas.y, 0.5 * self.thread_mm + 4.0 * canvas.step_mm)
            hanging = soft(away - np.float32(0.5 * self.thread_mm), max(canvas.step_mm, 0.3 * self.thread_mm))
            canvas.replace(np.float32(0.9) * hanging, 0.85 * ground.level_dn)


def _draw_thread(rng: np.random.Generator, side: int, mouth_mm: float) -> Curve:
    """A thread from one corner of the nick's mouth outwards, curling."""
    count = 14
    step = float(rng.uniform(0.4, 1.2)) * (0.4 + mouth_mm) / count
    bend = rng.normal(0.0, 0.9) + rng.normal(0.0, 0.5) * np.linspace(-1.0, 1.0, count)
    heading = rng.normal(0.0, 0.4) + np.cumsum(bend) * 2.0 / count
    outwards = -side * np.cos(heading)
    points = np.cumsum(np.stack([outwards, np.sin(heading)], axis=1), axis=0) * step
    start = np.array([0.0, 0.5 * mouth_mm * (1.0 if rng.random() < 0.5 else -1.0)])
    return Curve(np.concatenate([np.zeros((1, 2)), points]) + start)


def _draw(rng: np.random.Generator, occasion: Occasion) -> EdgeNick:
    # The table has 0.1 to 10 mm and a limit of 0.3 mm; a third are tears, long and narrow.
    if occasion.is_dense:
        depth = occasion.lognormal(rng, 0.35, 0.7, 0.1, 5.0)
    else:
        depth = occasion.lognormal(rng, 0.6, 0.8, 0.1, 10.0)
    if rng.random() < 0.33:
        mouth, sharpness = float(rng.uniform(0.15, 0.4)) * depth, float(rng.uniform(0.7, 1.2))
        lean = float(rng.normal(0.0, 0.4))
    else:
        mouth, sharpness = float(rng.uniform(0.6, 2.5)) * depth, float(rng.uniform(1.0, 3.0))
        lean = float(rng.normal(0.0, 0.15))
    mouth = max(0.05, mouth)
    return EdgeNick(
        occasion.side,
        depth,
        mouth,
        lean,
        sharpness,
        lips=Look(float(rng.uniform(0.03, 0.12)), float(rng.uniform(0.1, 0.6)), -float(rng.uniform(0.05, 0.2))),
        thread=_draw_thread(rng, occasion.side, mouth) if rng.random() < 0.3 else None,
        thread_mm=float(rng.uniform(0.02, 0.08)),
        seed=int(rng.integers(2**60)),
    )


S16 = Kind("S16", SEPARATORS, Place.CUT_EDGE, Rates(0.01, 0.05, 0.5), _draw)
