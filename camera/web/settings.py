"""What the simulated web is made of and what is planted on it."""

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Material(StrEnum):
    """The webs that can be simulated."""

    ANODE = "anode"
    """Calendered graphite on copper foil."""
    ANODE_UNCALENDERED = "anode-uncalendered"
    """Graphite on copper foil as it leaves the dryer: darker, coarser, hardly a glint."""
    CATHODE = "cathode"
    """Calendered NMC on aluminium foil."""
    CATHODE_LFP = "cathode-lfp"
    """LFP on aluminium foil, darkest of all."""
    SEPARATOR = "separator"
    """Polyethylene film, ceramic-coated on one side."""
    SEPARATOR_TWO_SIDES = "separator-two-sides"
    """Polyethylene film, ceramic-coated on both sides."""
    BASE_FILM = "base-film"
    """Bare polyethylene film."""

    @property
    def is_electrode(self) -> bool:
        """On foil, which lets no light through."""
        return self in ELECTRODES

    @property
    def is_anode(self) -> bool:
        """On copper."""
        return self in (Material.ANODE, Material.ANODE_UNCALENDERED)


ELECTRODES = (Material.ANODE, Material.ANODE_UNCALENDERED, Material.CATHODE, Material.CATHODE_LFP)
SEPARATORS = (Material.SEPARATOR, Material.SEPARATOR_TWO_SIDES, Material.BASE_FILM)
COATED_SEPARATORS = (Material.SEPARATOR, Material.SEPARATOR_TWO_SIDES)


class View(StrEnum):
    """How the web is lit."""

    BRIGHT_FIELD = "bright-field"
    """Light near the mirror angle: streaks, stains, bare foil."""
    DARK_FIELD = "dark-field"
    """Grazing light from one side: particles, scratches, bumps and dents."""
    BACK_LIGHT = "back-light"
    """A lamp below the web: holes, edges, tabs, thin spots of film."""


LightFrom = Literal["upstream", "downstream", "drive-side", "operator-side"]


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
    light_from: LightFrom = "upstream"
    """Where slanting light comes from; with two dark-field views, one from each side, a bump differs from a dent."""
    line_offset: float = Field(default=0.0, ge=0.0, lt=1.0)
    """By so many lines later is each line exposed: with n strobe-multiplexed views, k / n for view k."""
    kinds: tuple[str, ...] | None = None
    """Plant these kinds only, as often as otherwise; None: all that the material can have."""
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
