"""E28, bent or folded tab (numbers note, sections 2.1 and 4.7)."""

from dataclasses import dataclass

import numpy as np

from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Figure, Kind, Look, Occasion, Place, Rates
from camera.web.kinds.bend import Bend
from camera.web.kinds.tab_outline import TAB_WIDTH_MM, TabOutline, outward
from camera.web.settings import ELECTRODES


@dataclass(frozen=True, slots=True)
class TabBend(Figure):
    """A tab that is bent up or folded over, as a whole or at a corner."""

    tab: TabOutline
    bend: Bend
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return 0.5 * TAB_WIDTH_MM + self.tab.height_mm

    @property
    def half_cd_mm(self) -> float:
        """See Figure."""
        return self.tab.height_mm + 0.4

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        rng = np.random.default_rng(self.seed)
        foil = canvas.bare(ground, rng)
        roller = canvas.bare(ground, rng) * np.float32(ground.through_dn / ground.bare_dn)
        self.bend.paint(canvas, ground, self.tab.distance, foil, roller)


@dataclass(frozen=True, slots=True)
class LeaningTab(Figure):
    """A tab drawn aside in the plane of the web, by the grippers or a worn notching die."""

    tab: TabOutline
    angle: float
    """From the cross direction, radians."""
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return 0.5 * TAB_WIDTH_MM + self.tab.height_mm * abs(float(np.tan(self.angle))) + 3.0

    @property
    def half_cd_mm(self) -> float:
        """See Figure."""
        return self.tab.height_mm + 0.4

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        rng = np.random.default_rng(self.seed)
        sharp = max(0.02, canvas.step_mm)
        out = -canvas.x * np.float32(self.tab.side)
        off_web = self.tab.off_web(canvas.x, canvas.step_mm)
        should = self.tab.distance(canvas.x, canvas.y)
        leaning = self.tab.distance(canvas.x, canvas.y - np.maximum(out, 0.0) * np.float32(np.tan(self.angle)))
        is_tab, was_tab = soft(leaning, sharp) * off_web, soft(should, sharp) * off_web
        roller = canvas.bare(ground, rng) * np.float32(ground.through_dn / ground.bare_dn)
        canvas.replace(soft(should - np.float32(0.3), 0.03) * off_web * (1.0 - is_tab), roller)
        canvas.replace(is_tab * (1.0 - was_tab), canvas.bare(ground, rng))
        canvas.claim(np.abs(is_tab - was_tab))


def _draw(rng: np.random.Generator, occasion: Occasion) -> Figure:
    """Angles of 1 to 180 degrees about the limit of 3, folds about the limit of 1 mm2: from the note. Three in ten
    lean aside, three are bent up, two folded over and two folded at a corner: judged.
    """
    height = occasion.room_mm
    tab = TabOutline(occasion.side, height)
    seed = int(rng.integers(2**62))
    form = rng.random()
    if form < 0.3:
        angle = float(np.deg2rad(np.clip(4.0 * np.exp(0.6 * rng.standard_normal()), 1.0, 20.0)))
        return LeaningTab(tab, angle if rng.random() < 0.5 else -angle, seed)
    crease = Look(float(rng.uniform(-0.7, -0.3)), float(rng.uniform(0.8, 2.5)), 0.0)
    shadow = Look(float(rng.uniform(0.2, 0.5)), float(rng.uniform(0.3, 0.7)), 0.0)
    if form < 0.6:
        # Tilted foil mirrors the light past the camera.
        tone = Look(float(rng.uniform(0.25, 0.7)), float(rng.uniform(0.6, 2.5)), 1.0)
        at, turn = float(rng.uniform(0.1, 0.6)) * height, outward(occasion.side, float(rng.normal(0.0, 0.06)))
        bend = Bend(-occasion.side * at, 0.0, turn, float(np.deg2rad(rng.uniform(20.0, 75.0))), tone, crease, shadow)
        return TabBend(tab, bend, seed)
    # The reverse of foil is matt.
    tone = Look(float(rng.uniform(0.6, 0.9)), float(rng.uniform(0.9, 1.8)), 1.0)
    angle = float(np.deg2rad(rng.uniform(150.0, 180.0)))
    if form < 0.8:
        at, turn = float(rng.uniform(0.55, 0.9)) * height, outward(occasion.side, float(rng.normal(0.0, 0.05)))
        return TabBend(tab, Bend(-occasion.side * at, 0.0, turn, angle, tone, crease, shadow), seed)
    leg = float(np.clip(2.5 * np.exp(0.5 * rng.standard_normal()), 1.2, 0.6 * height))
    end = 1.0 if rng.random() < 0.5 else -1.0
    lean = float(np.deg2rad(rng.uniform(30.0, 60.0)))
    x, y = -occasion.side * (height - leg), end * 0.5 * TAB_WIDTH_MM
    return TabBend(tab, Bend(x, y, outward(occasion.side, end * lean), angle, tone, crease, shadow), seed)


E28 = Kind("E28", ELECTRODES, Place.TAB, Rates(0.01, 0.05, 0.5), _draw)
