"""E29, torn, missing, short or narrow tab (numbers note, sections 2.1 and 4.7)."""

from dataclasses import dataclass

import numpy as np

from camera.web import lattice
from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Figure, Kind, Look, Occasion, Place, Rates
from camera.web.kinds.tab_outline import TAB_WIDTH_MM, TabOutline, outward
from camera.web.settings import ELECTRODES


@dataclass(frozen=True, slots=True)
class TabLoss(Figure):
    """What lies beyond a line over the tab is missing; torn foil has a ragged, stretched lip."""

    tab: TabOutline
    turn: float
    """From the cross direction to the line's normal, which points to what is missing; radians."""
    offset_mm: float
    """From the middle of the tab's root to the line, along its normal."""
    ragged_mm: float
    """Deviation of the line; 0 for a cut."""
    lip: Look
    """Change of the grey level along the line in parts."""
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return 0.5 * TAB_WIDTH_MM + 2.8

    @property
    def half_cd_mm(self) -> float:
        """See Figure."""
        return self.tab.height_mm + 0.4

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        rng = np.random.default_rng(self.seed)
        sharp = max(0.02, canvas.step_mm)
        cos, sin = np.float32(np.cos(self.turn)), np.float32(np.sin(self.turn))
        along = (cos * canvas.y - sin * canvas.x).astype(np.float64)
        ragged = lattice.smooth(self.seed, along / 2.5) + 0.4 * lattice.smooth(self.seed + 1, along / 0.5)
        line = np.float32(self.offset_mm) + np.float32(self.ragged_mm) * ragged.astype(np.float32)
        kept = cos * canvas.x + sin * canvas.y - line
        off_web = self.tab.off_web(canvas.x, canvas.step_mm)
        should = self.tab.distance(canvas.x, canvas.y)
        lip = np.exp(-((kept / np.float32(0.12)) ** 2)) * soft(should, sharp) * off_web
        canvas.scale((1.0 + self.lip.at(ground.view) * lip).astype(np.float32))
        lost = soft(-kept, sharp) * off_web
        roller = canvas.bare(ground, rng) * np.float32(ground.through_dn / ground.bare_dn)
        canvas.replace(lost * soft(should - np.float32(0.3), 0.03), roller)
        canvas.claim(lost * soft(should, sharp))


def _draw(rng: np.random.Generator, occasion: Occasion) -> TabLoss:
    """Missing, short, too narrow by 0.1 to 5 mm about the limit of 0.3 mm, or torn: the shares are judged."""
    height = occasion.room_mm
    tab = TabOutline(occasion.side, height)
    seed = int(rng.integers(2**60))
    clean = Look(0.0, float(rng.uniform(0.0, 0.5)), 0.0)
    torn = Look(-float(rng.uniform(0.2, 0.5)), float(rng.uniform(0.5, 2.0)), 0.0)
    form = rng.random()
    if form < 0.25:
        return TabLoss(tab, outward(occasion.side, 0.0), 0.0, 0.0, Look(0.0, 0.0, 0.0), seed)
    if form < 0.5:
        short = float(np.clip(1.5 * np.exp(0.7 * rng.standard_normal()), 0.3, 0.8 * height))
        return TabLoss(tab, outward(occasion.side, float(rng.normal(0.0, 0.005))), height - short, 0.0, clean, seed)
    end = 1.0 if rng.random() < 0.5 else -1.0
    if form < 0.7:
        narrow = float(np.clip(0.8 * np.exp(0.8 * rng.standard_normal()), 0.1, 5.0))
        return TabLoss(tab, 0.5 * np.pi * end, 0.5 * TAB_WIDTH_MM - narrow, 0.0, clean, seed)
    # From the outer corner, over the tab, some way towards the other end.
    lean = end * float(np.deg2rad(rng.uniform(10.0, 70.0)))
    corner = height * np.cos(lean) + 0.5 * TAB_WIDTH_MM * abs(np.sin(lean))
    offset = float(corner - rng.uniform(0.15, 0.7) * height)
    return TabLoss(tab, outward(occasion.side, lean), offset, float(rng.uniform(0.1, 0.4)), torn, seed)


E29 = Kind("E29", ELECTRODES, Place.TAB, Rates(0.01, 0.05, 0.5), _draw)
