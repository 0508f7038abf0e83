"""What the simulated web is made of and what is planted on it."""

from enum import StrEnum
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Material(StrEnum):
    """The webs that can be simulated."""

    ANODE = "anode"
    """Calendered graphite on copper foil."""
    CATHODE = "cathode"
    """Calendered NMC on aluminium foil."""
    SEPARATOR = "separator"
    """Ceramic-coated polyethylene film."""


class View(StrEnum):
    """How the web is lit."""

    BRIGHT_FIELD = "bright-field"
    BACK_LIGHT = "back-light"


class PlantingRate(StrEnum):
    """How many defects lie on the web (section 4.7 of the numbers note, and one rate for tests)."""

    GOOD = "good"
    NORMAL = "normal"
    BAD = "bad"
    DENSE = "dense"
    """Far worse than any plant: about one object in every other block of 50 mm, all kinds alike.
    For demos, training and tests."""
    CLEAN = "clean"
    """Nothing planted, no nuisance either."""


class WebSettings(BaseModel):
    """One simulated web under one camera."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    material: Material = Material.ANODE
    view: View = View.BRIGHT_FIELD
    """Back-light is offered for the separator only: an electrode lets no light through."""
    severity: PlantingRate = PlantingRate.NORMAL
    seed: int = Field(default=1, ge=0)
    """The same seed gives the same web."""
    width_px: int = Field(default=2048, ge=64, le=16384)
    pixel_pitch_um: float = Field(default=50.0, ge=10.0, le=200.0)
    """Square pixels."""
    bit_depth: Literal[8, 12] = 8
    flat_field: Literal["camera", "none"] = "camera"
    """`camera`: the camera corrects shading itself, with an imperfect reference; `none`: raw lines, to be corrected
    by the station."""
    target: Literal["web", "white", "dark"] = "web"
    """What is in front of the camera: the web, a white reference, or the closed lens cap."""

    @model_validator(mode="after")
    def _view_fits_material(self) -> Self:
        if self.view is View.BACK_LIGHT and self.material is not Material.SEPARATOR:
            raise ValueError(
                f"view: back-light shows nothing of a coated {self.material.value}: foil is opaque; "
                "use bright-field, or material separator"
            )
        return self
