"""What a recipe asks of each view: its light and side, the model that looks, what makes a frame fit to be judged."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from camera.checked import Checked
from inspection.values import Light, Side

Kind = Annotated[str, Field(pattern=r"^[A-Z][0-9]{2}$")]
Pitch = Annotated[float, Field(gt=0, le=10_000)]


class ModelChoice(Checked):
    """The model that this recipe was set up with."""

    name: str
    """The model's name, without its version."""
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    """Pins one very model by the SHA-256 of its card.json, thresholds and graph included; that of a model.onnx pins the
    graph alone. None takes the version in service."""
    thresholds: dict[str, Annotated[float, Field(gt=0, le=1)]] = Field(default_factory=dict)
    """Scores from which a cell counts, by kind, where they shall differ from the model card's."""
    lacks: tuple[Kind, ...] = ()
    """Kinds with limits here that the model does not know, where others look for them. A line is not changed over to a
    recipe whose model lacks any other."""


class ImageRules(Checked):
    """What makes a frame fit to be judged. Grey values are those of an 8-bit image."""

    width_px: int | None = Field(default=None, gt=0, le=1_000_000)
    """Columns of a frame; None: as the camera says."""
    min_pitch_um: Pitch
    """Smallest pixel pitch that the recipe was made for."""
    max_pitch_um: Pitch
    """Largest pixel pitch that the recipe was made for."""
    min_mean_dn: float = Field(default=15.0, ge=0, le=255)
    """A frame that is darker on average had no light."""
    min_level_dn: float | None = Field(default=None, ge=0, le=255)
    """With `max_level_dn`, what the web's grey values are after the flat-field. Where hardly a pixel has them, there is
    another light, exposure or web than recipe and model were made for. None: as the model's card says."""
    max_level_dn: float | None = Field(default=None, ge=0, le=255)
    """The other end of `min_level_dn`."""
    max_saturated_fraction: float = Field(default=0.6, gt=0, le=1)
    """With a larger part of its pixels at full scale, light or exposure are far too high."""
    max_hidden_share: float = Field(default=0.8, gt=0, le=1)
    """Part of a lane (without lanes, of the frame) that may lie under tape, labels or other things that are no defects.
    Where more is hidden the web was not seen: of a block of 51 mm 10 mm are left, which a cut beside a splice takes."""
    refuse_repeated: bool = True
    """Lines that one of the last 64 frames showed, noise and all, come from a frozen camera or old buffers."""
    short_frames: Literal["uninspected", "judge"] = "uninspected"
    """What becomes of a frame that ended early: `judge` the lines that came, where an encoder says where they lie."""
    max_encoder_gap_mm: float | None = Field(default=2.0, gt=0, le=1000)
    """Largest distance between the end of a frame and the start of the next; None where frames needn't touch."""
    psf_sigma_px: float = Field(default=0.65, ge=0.3, le=3.0)
    """Blur of lens, pixel and motion together: sizes of small objects are corrected for it.

    Give the sharpest place of the image: where it is less sharp, small objects then measure too large, never too small.
    """

    @model_validator(mode="after")
    def _ranges(self) -> Self:
        if self.max_pitch_um < self.min_pitch_um:
            raise ValueError(f"max_pitch_um {self.max_pitch_um} is below min_pitch_um {self.min_pitch_um}")
        if self.min_level_dn is not None and self.max_level_dn is not None and self.max_level_dn < self.min_level_dn:
            raise ValueError(f"max_level_dn {self.max_level_dn} is below min_level_dn {self.min_level_dn}")
        return self

    @property
    def usual_pitch_um(self) -> float:
        """Middle of the range."""
        return (self.min_pitch_um + self.max_pitch_um) / 2.0


class View(Checked):
    """One way to see the web, by one camera or several side by side."""

    light: Light
    """How it is lit; the model has to know it."""
    side: Side = Side.TOP
    """Which side of the web is looked at."""
    is_required: bool = True
    """Nothing is accepted that this view has not seen whole. A view that is not required may add reasons to reject; a
    piece that it has not seen is judged without it."""
    vouches_for: tuple[Kind, ...] | None = None
    """Kinds whose sizes are taken from here where another view saw the object, too; None: all that its model knows."""
    model: ModelChoice
    """What looks at its frames."""
    image: ImageRules
    """What makes its frames fit to be judged."""

    def may_size(self, kind: str) -> bool:
        """Whether a kind's sizes may be taken from here."""
        return self.vouches_for is None or kind in self.vouches_for


class Fusing(Checked):
    """How one object is made of what several views saw of it."""

    within_mm: float = Field(default=0.5, gt=0, le=50)
    """Sightings of different views that lie no farther apart are one object. What the cameras' places on the web are
    known to, and an object's own reach in another light."""
    names: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9-]*$")
    """The classifier that names a rejected object by what all views saw of it, from the models' folder; None: it keeps
    the gravest of the names that they gave it."""
    names_sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    """Pins one very classifier by the SHA-256 of its card.json. None takes the newest version of that name."""
    clears: dict[Kind, tuple[str, ...]] = Field(default_factory=dict)
    """By kind, views any of which may clear an object: where such a view saw its place and nothing there, what the
    others call by this name is not counted. Without an entry no view ever takes back what another one found."""

    @model_validator(mode="after")
    def _pins_what_is_named(self) -> Self:
        if self.names_sha256 is not None and self.names is None:
            raise ValueError("names_sha256 pins a classifier, but names says none: name it, or take the hash out")
        return self
