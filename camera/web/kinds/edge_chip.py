"""E18, edge chipping at a cut (numbers note, sections 2.1 and 4.7)."""

from dataclasses import dataclass

import numpy as np

from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Contrast, Figure, Kind, Look, Occasion, Place, Rates
from camera.web.kinds.edge_notch import EdgeNotch, draw_notch
from camera.web.kinds.exposed_foil import ExposedFoil
from camera.web.settings import ELECTRODES, View
from camera.web.shapes import Polygon, draw_polygon

_CURL_MM = 0.05


@dataclass(frozen=True, slots=True)
class Flake:
    """What came off, lying on the web nearby."""

    polygon: Polygon
    x_mm: float
    y_mm: float
    change: Look
    """Change of the grey level, in parts."""
    shadow: Look
    """Darkening beside it in parts."""


@dataclass(frozen=True, slots=True, eq=False)
class EdgeChip(Figure):
    """Coating broken off along the cut, so that foil is seen, within a dark and lifted rim; where the foil itself is
    torn, the roller.
    """

    notch: EdgeNotch
    torn: EdgeNotch | None
    """Where the foil is missing too."""
    is_bare: bool
    """No coating reaches this edge: only the foil can be torn."""
    foil: ExposedFoil
    rim: Look
    """Darkening of the broken rim in parts."""
    steepness: float
    """Steepest slope of the rim, um per um."""
    ragged_mm: float
    flake: Flake | None
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        flake = 0.0 if self.flake is None else abs(self.flake.y_mm) + self.flake.polygon.reach_mm + 0.1
        return max(self.notch.half_mouth_mm + 4.0 * self.ragged_mm + 0.2, flake)

    @property
    def half_cd_mm(self) -> float:
        """See Figure."""
        flake = 0.0 if self.flake is None else abs(self.flake.x_mm) + self.flake.polygon.reach_mm + 0.1
        return max(self.notch.deepest_mm + 4.0 * self.ragged_mm + 0.2, flake)

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        rng = np.random.default_rng(self.seed)
        on_web = soft(-canvas.x * np.float32(self.notch.side), canvas.step_mm)
        ragged = np.float32(self.ragged_mm) * canvas.noise(rng, 5.0 * self.ragged_mm)
        distance = self.notch.distance(canvas.x, canvas.y, 0.4) + ragged
        if not self.is_bare:
            curl = np.exp(-(((distance - np.float32(_CURL_MM)) / np.float32(_CURL_MM)) ** 2)) * on_web
            curl *= np.clip(1.0 + 0.4 * canvas.noise(rng, 0.3), 0.2, 1.6)
            canvas.scale((1.0 - self.rim.at(ground.view) * curl).astype(np.float32))
            canvas.raise_by(np.float32(1000.0 * self.steepness * _CURL_MM / 0.86) * curl)
            chipped = soft(distance, 0.03) * on_web
            foil = self.foil.level(canvas, ground, rng)
            # Against the light foil is as black as coating.
            if ground.view is not View.BACK_LIGHT:
                canvas.replace(chipped, foil)
            canvas.claim(chipped)
        if self.torn is not None:
            away = self.torn.distance(canvas.x, canvas.y, 0.4) + 0.7 * ragged
            lip = np.exp(-((np.maximum(away, 0.0) / np.float32(0.04)) ** 2)) * on_web
            canvas.scale((1.0 + Look(-0.15, 0.5, 0.0).at(ground.view) * lip).astype(np.float32))
            missing = soft(away, 0.015)
            canvas.replace(missing, canvas.bare(ground, rng) * np.float32(ground.through_dn / ground.bare_dn))
            canvas.claim(missing * on_web)
        if self.flake is not None:
            self._lay(canvas, ground, self.flake, rng)

    def _lay(self, canvas: Canvas, ground: Ground, flake: Flake, rng: np.random.Generator) -> None:
        x, y = canvas.x - np.float32(flake.x_mm), canvas.y - np.float32(flake.y_mm)
        ragged = np.float32(0.5 * self.ragged_mm) * canvas.noise(rng, 4.0 * self.ragged_mm)
        alpha = soft(flake.polygon.distance(x, y) + ragged, 0.03)
        # The shadow falls away from the lamp.
        fall = np.float32(0.05)
        x, y = x + fall * np.float32(ground.shading.towards_x), y + fall * np.float32(ground.shading.towards_y)
        shade = soft(flake.polygon.distance(x, y) + ragged, 0.08) * (1.0 - alpha)
        mottled = 1.0 + 0.2 * canvas.noise(rng, 0.15)
        change = flake.change.at(ground.view) * alpha * mottled - flake.shadow.at(ground.view) * shade
        canvas.scale((1.0 + change).astype(np.float32))
        canvas.claim(alpha)


def _draw(rng: np.random.Generator, occasion: Occasion) -> EdgeChip:
    """Depths of 0.1 to 2 mm about the limit of 0.3 mm, a flake nearby in 30 %: from the note; how often the foil is
    torn is judged.
    """
    depth = occasion.lognormal(rng, 0.35 if occasion.is_dense else 0.5, 0.6, 0.1, 2.0)
    mouth = depth * float(rng.uniform(1.2, 4.0))
    ragged = float(np.clip(0.03 * depth, 0.006, 0.04))
    torn = None
    if occasion.is_on_bare:
        torn = draw_notch(rng, occasion.side, depth, mouth)
    elif rng.random() < 0.2:
        torn = draw_notch(rng, occasion.side, float(rng.uniform(0.3, 0.6)) * depth, 0.6 * mouth)
    flake = None
    if rng.random() < 0.3:
        size = float(rng.uniform(0.3, 0.6)) * depth
        flake = Flake(
            draw_polygon(rng, size, float(rng.uniform(1.0, 2.0))),
            occasion.side * (depth + float(rng.uniform(1.0, 3.0)) * size + 0.1),
            float(rng.uniform(-0.5, 0.5)) * mouth,
            Look(float(rng.uniform(-0.40, -0.15)), float(rng.uniform(0.2, 0.6)), 0.0),
            Look(float(rng.uniform(0.15, 0.35)), float(rng.uniform(0.3, 0.6)), 0.0),
        )
    return EdgeChip(
        draw_notch(rng, occasion.side, depth, mouth) if torn is None or not occasion.is_on_bare else torn,
        torn,
        occasion.is_on_bare,
        ExposedFoil(bright=float(rng.uniform(0.85, 1.05)), dark=float(rng.uniform(-0.20, 0.60))),
        rim=Look(float(rng.uniform(0.15, 0.30)), 0.0, 0.0),
        steepness=float(rng.uniform(0.35, 0.60)),
        ragged_mm=ragged,
        flake=flake,
        seed=int(rng.integers(2**62)),
    )


E18 = Kind(
    "E18",
    ELECTRODES,
    Place.CUT_EDGE,
    Rates(0.01, 0.05, 0.5),
    _draw,
    contrast=Contrast(bright=((80, 300),), dark=((50, 150),)),
)
