"""Where each camera looks at the web, and what the line can take out of it: settings of a station with several eyes."""

from datetime import datetime
from typing import Literal, Self

from pydantic import Field, model_validator

from camera.checked import Checked
from inspection.recipe.limits import WIDEST_WEB_MM
from inspection.values import Cut, Light, Side

_LONGEST_WAY_MM = 100_000.0


class PlaceSettings(Checked):
    """One camera's place on the web. `inspection cameras align` measures and writes it."""

    light: Light
    """The light that this camera sees by; a view of the recipe asks for it."""
    side: Side = Side.TOP
    """The side of the web that it looks at."""
    across_mm: float = Field(default=0.0, ge=-WIDEST_WEB_MM, le=WIDEST_WEB_MM)
    """Where on the web its first column's outer border lies, from the web's drive-side border. Of a mirrored camera
    that is its rightmost place."""
    along_mm: float = Field(default=0.0, ge=-_LONGEST_WAY_MM, le=_LONGEST_WAY_MM)
    """How far downstream of the leading camera it looks, along the web: over all rollers between."""
    is_mirrored: bool = False
    """Its columns count from the operator side: it looks from below, or a mirror is between."""
    scale: float = Field(default=1.0, ge=0.9, le=1.1)
    """True size across the web over that by its pixel pitch."""
    rotation_mrad: float = Field(default=0.0, ge=-50, le=50)
    """How far its line of pixels is turned against the web's width: positive, its last column looks farther
    downstream."""
    residual_mm: float | None = Field(default=None, ge=0)
    """How far off the marks were, root mean square, with which this place was measured; None: it was written by
    hand."""
    aligned_utc: datetime | None = None
    """When it was measured; None: never."""


class SheetSettings(Checked):
    """How sheets follow each other."""

    pitch_mm: float = Field(gt=0, le=10_000)
    """From one cut to the next."""
    tolerance_mm: float = Field(default=5.0, gt=0, le=1000)
    """How far from its place a cut may be told. A trigger sooner than that after the last one is told twice; without
    any by then, the sheet ends where it has to."""
    along_mm: float = Field(default=0.0, ge=-_LONGEST_WAY_MM, le=_LONGEST_WAY_MM)
    """How far downstream of the leading camera the line's sensor looks, whose signal is a trigger."""
    origin: Literal["triggers", "pitch"] = "triggers"
    """What says where a sheet begins: the line's triggers, or the pitch alone from the first frame on."""

    @model_validator(mode="after")
    def _tolerance_below_pitch(self) -> Self:
        if self.tolerance_mm >= self.pitch_mm / 2.0:
            raise ValueError(f"tolerance_mm {self.tolerance_mm:g} must be below half of pitch_mm {self.pitch_mm:g}")
        return self


class PieceSettings(Checked):
    """What one decision is about, and how long it waits for all views."""

    cut: Cut = Cut.BLOCK
    """`block`: what a frame of the leading camera shows; `lane`: each lane of it by itself; `sheet`: see `sheet`."""
    sheet: SheetSettings | None = None
    """Needed where sheets are cut."""
    longest_wait_s: float = Field(default=30.0, gt=0, le=3600)
    """A piece that a view has not seen by then is uninspected, though the web may stand on its way there."""

    @model_validator(mode="after")
    def _sheets_are_told(self) -> Self:
        if (self.cut is Cut.SHEET) != (self.sheet is not None):
            raise ValueError('sheet goes with cut = "sheet": give both, or neither')
        return self
