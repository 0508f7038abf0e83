"""Domain randomisation for training: rolls, cameras and objects as different as they may be anywhere.

After section 4.8 of the numbers note: what a network has seen vary it does not rely on. Faithful webs (tests, trials of
optics, evaluation) are drawn without any of this, and their bytes don't depend on it.
"""

import zlib
from dataclasses import dataclass, replace

import numpy as np

from camera.web import lattice
from camera.web.materials import Roll, Surface

_LEVEL_RANGE = (0.92, 1.08)
"""On top of what rolls differ by anyway."""
_TEXTURE_SIGMA = 0.3
"""Each component's CV is multiplied by LogN(1, 0.3)."""
_SPARKS_SIGMA = 0.7
"""Spread of glints and dark pores, which differ most between slurries."""
_PSF_RANGE_PX = (0.4, 1.0)
_COLUMNS_RANGE = (0.5, 2.5)
_MARKS_RATE = 6.0
_SEAM_SHARE = 0.3
_STRENGTH_SIGMA, _STRENGTH_RANGE = 0.15, (0.7, 1.3)


@dataclass(frozen=True, slots=True)
class Variation:
    """What one web differs by from a faithful one."""

    roll: Roll
    column_error: float = 1.0
    """Errors of the columns' gains and offsets, and what the flat-field correction leaves of the light's ripple."""
    marks_rate: float = 1.0
    """Dust and wrong columns: so many times as often."""
    has_seam: bool = False
    """Two cameras look at it."""
    strength_seed: int | None = None
    """None: each object has the contrast that its kind draws."""

    def strength(self, key: str) -> float:
        """By how much the difference between an object and the web is stronger than its kind draws it; LogN(1, 0.15)
        within 0.7 to 1.3.

        >>> faithful = Variation(Roll(appearance=None, psf_px=0.6))
        >>> faithful.strength("E01-3-0")
        1.0
        """
        if self.strength_seed is None:
            return 1.0
        normal = float(lattice.normal(self.strength_seed, np.array([zlib.crc32(key.encode())]))[0])
        return float(np.clip(np.exp(_STRENGTH_SIGMA * normal), *_STRENGTH_RANGE))


def randomised(roll: Roll, seed: int) -> Variation:
    """A web far from the usual: its roll's levels and textures, the lens' focus, the camera's columns, its objects."""
    rng = np.random.default_rng([seed, 91])
    look = roll.appearance
    gain = float(rng.uniform(*_LEVEL_RANGE))
    return Variation(
        Roll(
            replace(look, coat=_varied(look.coat, gain, rng), bare=_varied(look.bare, gain, rng)),
            psf_px=float(rng.uniform(*_PSF_RANGE_PX)),
        ),
        column_error=float(rng.uniform(*_COLUMNS_RANGE)),
        marks_rate=_MARKS_RATE,
        has_seam=bool(rng.random() < _SEAM_SHARE),
        strength_seed=int(rng.integers(2**61)),
    )


def _varied(surface: Surface, gain: float, rng: np.random.Generator) -> Surface:
    def factor(sigma: float) -> float:
        return float(np.exp(sigma * np.clip(rng.standard_normal(), -2.5, 2.5)))

    return replace(
        surface,
        level_dn=surface.level_dn * gain,
        grain_cv=surface.grain_cv * factor(_TEXTURE_SIGMA),
        mottle_cv=surface.mottle_cv * factor(_TEXTURE_SIGMA),
        drying_cv=surface.drying_cv * factor(_TEXTURE_SIGMA),
        streak_cv=surface.streak_cv * factor(_TEXTURE_SIGMA),
        bars_cv=surface.bars_cv * factor(_TEXTURE_SIGMA),
        rolling_cv=surface.rolling_cv * factor(_TEXTURE_SIGMA),
        glints_per_px=surface.glints_per_px * factor(_SPARKS_SIGMA),
        glint_dn=surface.glint_dn * factor(_TEXTURE_SIGMA),
        pores_per_px=surface.pores_per_px * factor(_SPARKS_SIGMA),
    )
