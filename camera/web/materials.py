"""What the webs look like: grey levels and texture of each surface (numbers note, sections 4.3 and 4.4)."""

from dataclasses import dataclass, replace

import numpy as np

from camera.web.settings import Material, View

WHITE_LEVEL_DN = 200.0
"""Grey level (8 bit) of the white reference in the middle of the field."""


@dataclass(frozen=True, slots=True)
class Surface:
    """One surface under one light. CV: standard deviation in parts of the mean, per pixel before optics."""

    level_dn: float
    """Mean grey level, 8 bit; above 255 the sensor saturates."""
    grain_cv: float
    """White, or of 15 um correlation length where pixels are smaller."""
    mottle_cv: float
    """Correlation length 0.3 to 2 mm."""
    drying_cv: float = 0.0
    """Coat weight and drying, 10 to 100 mm."""
    streak_cv: float = 0.0
    """Natural profile across the web that lasts for metres."""
    bars_cv: float = 0.0
    """Faint bars across the web, one every 3 to 60 mm."""
    rolling_cv: float = 0.0
    """Rolling lines of foil: 35 um across, 10 mm along."""
    glints_per_px: float = 0.0
    glint_dn: float = 0.0
    """Mean of the exponential amplitude."""
    pores_per_px: float = 0.0


@dataclass(frozen=True, slots=True)
class Appearance:
    """One material in one view."""

    coat: Surface
    bare: Surface
    """What lies beneath the coating: copper, aluminium, or base film."""
    through_dn: float
    """What is seen through a hole in the web: the roller in bright-field, the lamp in back-light."""


_COPPER = Surface(242.0, grain_cv=0.02, mottle_cv=0.015, rolling_cv=0.06)
_ALUMINIUM = Surface(246.0, grain_cv=0.02, mottle_cv=0.01, rolling_cv=0.08)
_GRAPHITE = Surface(
    95.0, grain_cv=0.045, mottle_cv=0.010, drying_cv=0.008, streak_cv=0.006, bars_cv=0.002,
    glints_per_px=2e-5, glint_dn=40.0, pores_per_px=2e-6,
)  # fmt: skip
_NMC = Surface(
    80.0, grain_cv=0.035, mottle_cv=0.010, drying_cv=0.008, streak_cv=0.005, bars_cv=0.002,
    glints_per_px=2e-6, glint_dn=20.0, pores_per_px=1e-6,
)  # fmt: skip
_CERAMIC = Surface(
    185.0, grain_cv=0.012, mottle_cv=0.008, drying_cv=0.006, streak_cv=0.004, bars_cv=0.003, pores_per_px=1e-6
)
_FILM = Surface(130.0, grain_cv=0.010, mottle_cv=0.015, streak_cv=0.008)

APPEARANCES: dict[tuple[Material, View], Appearance] = {
    (Material.ANODE, View.BRIGHT_FIELD): Appearance(_GRAPHITE, _COPPER, through_dn=40.0),
    (Material.CATHODE, View.BRIGHT_FIELD): Appearance(_NMC, _ALUMINIUM, through_dn=40.0),
    (Material.SEPARATOR, View.BRIGHT_FIELD): Appearance(_CERAMIC, _FILM, through_dn=105.0),
    # Re-gained: ceramic from 75 to 110 DN, base film from 110 to 161, and free path far into saturation.
    (Material.SEPARATOR, View.BACK_LIGHT): Appearance(
        replace(_CERAMIC, level_dn=110.0), replace(_FILM, level_dn=161.0), through_dn=420.0
    ),
}


@dataclass(frozen=True, slots=True)
class Roll:
    """What differs from roll to roll (section 4.8): drawn once for a web."""

    appearance: Appearance
    psf_px: float
    """Gaussian sigma of lens and pixel in the middle of the field."""


def draw_roll(material: Material, view: View, rng: np.random.Generator) -> Roll:
    """A roll of the material: levels +-4 %, texture x LogN(1, 0.2), focus.

    >>> roll = draw_roll(Material.ANODE, View.BRIGHT_FIELD, np.random.default_rng(1))
    >>> bool(88 < roll.appearance.coat.level_dn < 102)
    True
    """
    look = APPEARANCES[material, view]
    gain = float(np.clip(1.0 + 0.03 * rng.standard_normal(), 0.93, 1.07))
    rough = float(np.clip(np.exp(0.2 * rng.standard_normal()), 0.7, 1.4))
    coat = replace(
        look.coat,
        level_dn=look.coat.level_dn * gain,
        grain_cv=look.coat.grain_cv * rough,
        mottle_cv=look.coat.mottle_cv * float(rng.uniform(0.7, 1.4)),
        streak_cv=look.coat.streak_cv * float(rng.uniform(0.6, 1.4)),
    )
    bare = replace(look.bare, level_dn=look.bare.level_dn * float(rng.uniform(0.985, 1.015)))
    return Roll(Appearance(coat, bare, look.through_dn), psf_px=float(rng.uniform(0.5, 0.75)))
