"""What the simulated web is made of and what is planted on it."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from camera.checked import Checked


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


LayoutName = Literal["auto", "L1", "L2", "L3", "L4", "L5", "L6", "L7", "L8", "L8-slit"]
"""What lies where across and along the web (numbers note, section 4.6):

- `auto`: one to four lanes as the camera's width allows, continuous
- `L1`: cathode coat, 1400 mm: four lanes of 302 mm between ceramic stripes of 4 mm
- `L2`: anode coat, 1400 mm: four lanes of 314 mm
- `L3`: skip coating, 700 mm: two lanes of 300 mm, patches of 600 mm, gaps of 20 mm
- `L4`: slit lanes of 170 mm, eight of them side by side
- `L5`: one such lane, notched: tabs of 45 mm x 12 mm each 102 mm
- `L6`: cut sheets with a gap between them, cathode 98 mm x 300 mm, anode 101 mm x 303 mm, separator 104 mm x 306 mm
- `L7`: lane for a wound cylindrical cell, 68 mm (anode 72 mm) of coating and 8 mm of foil
- `L8`: separator, 1300 mm, 1290 mm of it coated; `L8-slit`: twelve lanes of 106 mm
"""


class Motion(Checked):
    """How the web runs past the camera (numbers note, section 4.5)."""

    speed_m_per_min: float = Field(default=30.0, gt=0.0, le=400.0)
    """How fast the web runs."""
    slow_weave_mm: float = Field(default=0.3, ge=0.0, le=1.5)
    """Amplitude of the web's sideways wander at 0.2 Hz."""
    quick_weave_mm: float = Field(default=0.1, ge=0.0, le=1.5)
    """Amplitude at 3 Hz."""
    encoder_noise_um: float = Field(default=2.0, ge=0.0, le=6.0)
    """Deviation of each line's place along the machine."""
    encoder_roller_um: float = Field(default=8.0, ge=0.0, le=30.0)
    """Amplitude of the encoder roller's once-round error."""
    encoder_roller_mm: float = Field(default=120.0, ge=30.0, le=500.0)
    """Its diameter."""
    exposure_lines: float = Field(default=0.5, ge=0.0, le=0.95)
    """Share of a line's time in which it is exposed: the web smears by so much of a line."""


STILL = Motion(slow_weave_mm=0.0, quick_weave_mm=0.0, encoder_noise_um=0.0, encoder_roller_um=0.0, exposure_lines=0.0)
"""A web that runs perfectly straight and even, under a flash."""


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


class WebSettings(Checked):
    """One simulated web under one camera."""

    material: Material = Material.ANODE
    """What the web is."""
    view: View = View.BRIGHT_FIELD
    """How it is lit."""
    light_from: LightFrom = "upstream"
    """Where slanting light comes from; with two dark-field views, one from each side, a bump differs from a dent."""
    line_offset: float = Field(default=0.0, ge=0.0, lt=1.0)
    """Part of a line by which each line is exposed later: with n strobe-multiplexed views, k / n for view k."""
    kinds: tuple[str, ...] | None = None
    """Plant these kinds only, as often as otherwise; None: all that the material can have."""
    severity: PlantingRate = PlantingRate.NORMAL
    """How many defects lie on it."""
    seed: int = Field(default=1, ge=0)
    """The same seed gives the same web."""
    camera_seed: int | None = Field(default=None, ge=0)
    """The same seed gives the same camera and lamp: noise, columns, dust and flicker; None: the web's seed."""
    randomised: bool = False
    """Rolls, cameras and objects differ far more than in one plant: for training (numbers note, section 4.8)."""
    layout: LayoutName = "auto"
    """What lies where on it; `auto`: lanes as the camera's width allows."""
    left_mm: float = Field(default=0.0, ge=-10_000.0, le=10_000.0)
    """Where on the web, from its left limit, the camera's column 0 lies; negative: it sees the roller beside the web.
    For any two cameras of one web the same objects lie where they overlap."""
    web_mm: float | None = Field(default=None, gt=0.0, le=10_000.0)
    """Width of the web, for layouts with margins; None: the layout's own."""
    side: Literal["A", "B"] = "A"
    """Side B's coating lies off that of side A by the web's misregistration."""
    motion: Motion = Motion()
    width_px: int = Field(default=2048, ge=64, le=16384)
    """Columns of the camera."""
    pixel_pitch_um: float = Field(default=50.0, ge=10.0, le=200.0)
    """Square pixels."""
    bit_depth: Literal[8, 12] = 8
    """Significant bits of a pixel."""
    flat_field: Literal["camera", "none"] = "camera"
    """`camera`: the camera corrects shading itself, with an imperfect reference; `none`: raw lines, to be corrected
    by the station."""
    seam_px: int | None = Field(default=None, ge=1)
    """First column of a second camera, whose picture is joined to the first one's: a little brighter or darker, aside
    and late, in every severity; None: one camera."""
    target: Literal["web", "white", "dark"] = "web"
    """What is in front of the camera: the web, a white reference, or the closed lens cap."""

    @property
    def seed_of_camera(self) -> int:
        """What camera and lamp are drawn from.

        >>> WebSettings(seed=3).seed_of_camera, WebSettings(seed=3, camera_seed=8).seed_of_camera
        (3, 8)
        """
        return self.seed if self.camera_seed is None else self.camera_seed
