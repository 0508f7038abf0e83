"""Light that falls in at a slant brightens one flank of a bump and darkens the other (numbers note, section 4.1)."""

from dataclasses import dataclass

import numpy as np

from camera.web.settings import LightFrom, View
from camera.web.texture import Field

_STRENGTH = {View.BRIGHT_FIELD: 0.35, View.DARK_FIELD: 1.4, View.BACK_LIGHT: 0.0}
"""k_d: 0.2 to 0.5 in bright-field, 1.0 to 1.8 at 15 to 25 degrees of grazing light; none through the web."""
_TOWARDS: dict[LightFrom, tuple[float, float]] = {
    "upstream": (0.0, -1.0),
    "downstream": (0.0, 1.0),
    "drive-side": (-1.0, 0.0),
    "operator-side": (1.0, 0.0),
}
"""(x, y) of the lamp seen from the object; y grows downstream of line 0."""
_MOST = 4.0


@dataclass(frozen=True, slots=True)
class Shading:
    """The light of one view."""

    strength: float
    towards_x: float
    towards_y: float

    @classmethod
    def of(cls, view: View, light_from: LightFrom) -> "Shading":
        """The usual light of a view."""
        return cls(_STRENGTH[view], *_TOWARDS[light_from])

    def gain(self, height_um: Field, step_mm: float) -> Field:
        """(lines, columns) factor 0..4: 1 + k_d (slope down towards the lamp), for a relief on a grid of `step_mm`.

        >>> ramp = np.arange(5, dtype=np.float32)[None, :].repeat(5, axis=0)  # rises by 1 um each 0.01 mm: 10 %
        >>> float(Shading(1.0, -1.0, 0.0).gain(ramp, 0.01)[2, 2])  # its slope faces the drive side
        1.100000023841858
        """
        if self.strength == 0.0 or min(height_um.shape) < 2:
            return np.ones_like(height_um)
        down, across = np.gradient(height_um, np.float32(1000.0 * step_mm))
        slope = across * np.float32(self.towards_x) + down * np.float32(self.towards_y)
        return np.asarray(np.clip(1.0 - np.float32(self.strength) * slope, 0.0, _MOST), np.float32)
