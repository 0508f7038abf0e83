"""Where one of several cameras looks at a web, and how: what is true of it, whatever the station was told."""

from typing import Literal, Self

from pydantic import Field, model_validator

from camera.checked import Checked
from camera.web.settings import LightFrom, View, WebSettings

FARTHEST_MM = 100_000.0
"""No roller with a camera lies farther down the line."""


class CameraPlace(Checked):
    """One camera over a web that others see, too. What it shows x mm (pixel pitch times scale) from its first column,
    in the line that the encoder counts as L mm, lies on the web at L - along_mm - rotation * x along, and at
    across_mm + x across, or - x where it is mirrored.
    """

    view: View = View.BRIGHT_FIELD
    """How it sees the web lit."""
    light_from: LightFrom = "upstream"
    """Where slanting light comes from."""
    side: Literal["A", "B"] = "A"
    """The side of the web that it looks at; both show the same objects."""
    width_px: int | None = Field(default=None, ge=64, le=16384)
    """Columns of the camera; None: as many as the web's."""
    across_mm: float = Field(default=0.0, ge=-10_000.0, le=10_000.0)
    """Where on the web its first column's outer border lies. Of a mirrored camera that is its rightmost place."""
    along_mm: float = Field(default=0.0, ge=-100.0, le=FARTHEST_MM)
    """How far downstream it looks: what it shows has passed the place 0 so much earlier."""
    is_mirrored: bool = False
    """Its columns count from the other side of the web."""
    scale: float = Field(default=1.0, ge=0.9, le=1.1)
    """True size across the web over that by its pixel pitch."""
    rotation_mrad: float = Field(default=0.0, ge=-50.0, le=50.0)
    """How far its line of pixels is turned against the web's width; positive: its last column looks farther
    downstream."""
    seed: int | None = Field(default=None, ge=0)
    """The same seed gives the same camera and lamp: noise, columns, dust and flicker; None: the web's own."""

    @model_validator(mode="after")
    def _looks_from_above_or_below(self) -> Self:
        if self.view is View.BACK_LIGHT and self.side == "B":
            raise ValueError("side B in back-light: light that comes through the web shows both sides; leave side out")
        return self

    def looks_at(self, web: WebSettings) -> WebSettings:
        """The web as this camera's light shows it, over the whole width that is simulated."""
        return web.model_copy(update={"view": self.view, "light_from": self.light_from, "side": self.side})

    def width_on(self, web: WebSettings) -> int:
        """Columns of the camera over that web."""
        return web.width_px if self.width_px is None else self.width_px

    def seen_at(self, md_mm: float, cd_mm: float) -> tuple[float, float]:
        """Where it shows a point of the web: place of the line by the encoder, and across from its first column's
        outer border by its pixel pitch; both in mm.

        >>> CameraPlace(across_mm=50.0, along_mm=400.0, is_mirrored=True).seen_at(10.0, 48.0)
        (410.0, 2.0)
        """
        x_mm = self.across_mm - cd_mm if self.is_mirrored else cd_mm - self.across_mm
        return md_mm + self.along_mm + self.rotation_mrad * 1e-3 * x_mm, x_mm / self.scale

    def across_at(self, x_mm: float) -> float:
        """Where across the web its image shows a place that lies `x_mm` from its first column, by its pixel pitch.

        >>> CameraPlace(across_mm=50.0, is_mirrored=True).across_at(2.0)
        48.0
        """
        return self.across_mm + self.scale * (-x_mm if self.is_mirrored else x_mm)
