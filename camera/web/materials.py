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
    insulation_dn: float
    """The ceramic stripe along a cathode's coating; for other webs that of ceramic alike."""
    through_dn: float
    """What is seen through a hole in the web or beside it: the roller, in back-light the lamp."""


_COPPER = Surface(242.0, grain_cv=0.02, mottle_cv=0.015, rolling_cv=0.06)
_ALUMINIUM = Surface(246.0, grain_cv=0.02, mottle_cv=0.01, rolling_cv=0.08)
_GRAPHITE = Surface(
    95.0, grain_cv=0.045, mottle_cv=0.010, drying_cv=0.008, streak_cv=0.006, bars_cv=0.002,
    glints_per_px=2e-5, glint_dn=40.0, pores_per_px=2e-6,
)  # fmt: skip
_GRAPHITE_UNCALENDERED = Surface(
    62.0, grain_cv=0.055, mottle_cv=0.012, drying_cv=0.010, streak_cv=0.006, bars_cv=0.002,
    glints_per_px=2e-6, glint_dn=20.0, pores_per_px=2e-6,
)  # fmt: skip
_NMC = Surface(
    80.0, grain_cv=0.035, mottle_cv=0.010, drying_cv=0.008, streak_cv=0.005, bars_cv=0.002,
    glints_per_px=2e-6, glint_dn=20.0, pores_per_px=1e-6,
)  # fmt: skip
_LFP = Surface(
    65.0, grain_cv=0.035, mottle_cv=0.012, drying_cv=0.010, streak_cv=0.006, bars_cv=0.002,
    glints_per_px=1e-6, glint_dn=20.0, pores_per_px=1e-6,
)  # fmt: skip
_CERAMIC = Surface(
    185.0, grain_cv=0.012, mottle_cv=0.008, drying_cv=0.006, streak_cv=0.004, bars_cv=0.003, pores_per_px=1e-6
)
_FILM = Surface(130.0, grain_cv=0.010, mottle_cv=0.015, drying_cv=0.010, streak_cv=0.008, bars_cv=0.002)
_OPAQUE_DN = 3.0
"""Stray light on foil lit from below."""


def _dark(surface: Surface, level_dn: float, **changes: float) -> Surface:
    return replace(surface, level_dn=level_dn, **changes)


def _electrode(coat: Surface, foil: Surface, dark_coat_dn: float, dark_foil_dn: float) -> dict[View, Appearance]:
    foil_glints = {"glints_per_px": 1e-4, "glint_dn": 60.0}
    opaque = Surface(_OPAQUE_DN, grain_cv=0.0, mottle_cv=0.0)
    return {
        View.BRIGHT_FIELD: Appearance(coat, foil, insulation_dn=250.0, through_dn=40.0),
        View.DARK_FIELD: Appearance(
            _dark(coat, dark_coat_dn), _dark(foil, dark_foil_dn, **foil_glints), insulation_dn=140.0, through_dn=8.0
        ),
        View.BACK_LIGHT: Appearance(opaque, opaque, insulation_dn=_OPAQUE_DN, through_dn=420.0),
    }


def _separator(
    coat: Surface, below: Surface, dark_dn: tuple[float, float], back_dn: tuple[float, float]
) -> dict[View, Appearance]:
    return {
        View.BRIGHT_FIELD: Appearance(coat, below, insulation_dn=coat.level_dn, through_dn=105.0),
        View.DARK_FIELD: Appearance(
            _dark(coat, dark_dn[0]), _dark(below, dark_dn[1]), insulation_dn=dark_dn[0], through_dn=12.0
        ),
        # Re-gained, so that the web is mid-grey and a free path far into saturation.
        View.BACK_LIGHT: Appearance(
            _dark(coat, back_dn[0]), _dark(below, back_dn[1]), insulation_dn=back_dn[0], through_dn=420.0
        ),
    }


_LOOKS: dict[Material, dict[View, Appearance]] = {
    Material.ANODE: _electrode(_GRAPHITE, _COPPER, 32.0, 40.0),
    Material.ANODE_UNCALENDERED: _electrode(_GRAPHITE_UNCALENDERED, _COPPER, 28.0, 40.0),
    Material.CATHODE: _electrode(_NMC, _ALUMINIUM, 28.0, 45.0),
    Material.CATHODE_LFP: _electrode(_LFP, _ALUMINIUM, 22.0, 45.0),
    # Ceramic from 75 to 110 DN, base film from 110 to 161.
    Material.SEPARATOR: _separator(_CERAMIC, _FILM, (120.0, 90.0), (110.0, 161.0)),
    # Where one coat is missing the other remains: brighter by the ratio of the transmissions, 0.15 to 0.22.
    Material.SEPARATOR_TWO_SIDES: _separator(
        _dark(_CERAMIC, 205.0), _dark(_CERAMIC, 185.0), (130.0, 120.0), (110.0, 150.0)
    ),
    # Nothing lies below the film: "bare" is the film itself.
    Material.BASE_FILM: _separator(_FILM, _FILM, (90.0, 90.0), (110.0, 110.0)),
}

APPEARANCES: dict[tuple[Material, View], Appearance] = {
    (material, view): look for material, looks in _LOOKS.items() for view, look in looks.items()
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
    return Roll(replace(look, coat=coat, bare=bare), psf_px=float(rng.uniform(0.5, 0.75)))
