"""What a product may look like: one TOML file, checked to the last key, that turns measurements into verdicts."""

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from camera.checked import Checked
from inspection.errors import RecipeError
from inspection.mistakes import in_words
from inspection.recipe.limits import WIDEST_WEB_MM, AcrossMm, Limit, Sizes, limits_exceeded
from inspection.text_file import TextError, decode_text, parse_toml, read_bytes
from inspection.values import Artefact

Positive = Annotated[float, Field(gt=0)]
Kind = Annotated[str, Field(pattern=r"^[A-Z][0-9]{2}$")]
Pitch = Annotated[float, Field(gt=0, le=10_000)]
_FOLDER = Path(__file__).parent / "shipped"
LONGEST_DEADLINE_MS = 3_600_000.0
"""Longest deadline, an hour: later no line waits for anything."""


class Lane(Checked):
    """A stretch across the web that becomes a product, from the image's drive-side border."""

    left_mm: float = Field(ge=0, le=WIDEST_WEB_MM)
    """Where the lane begins."""
    right_mm: AcrossMm
    """Where it ends."""

    @model_validator(mode="after")
    def _has_width(self) -> Self:
        if self.right_mm <= self.left_mm:
            raise ValueError(f"right_mm {self.right_mm} must be above left_mm {self.left_mm}")
        return self


class Layout(Checked):
    """Where the lanes lie; without lanes the whole image is the product."""

    lanes: tuple[Lane, ...] = ()
    """One table for each lane; without any the whole image is the product."""

    def lane_at(self, cd_mm: float) -> int | None:
        """1-based number of the lane, None on margins and gaps or where no lanes are given.

        >>> Layout(lanes=[{"left_mm": 5, "right_mm": 45}]).lane_at(12.0)
        1
        """
        for number, lane in enumerate(self.lanes, start=1):
            if lane.left_mm <= cd_mm < lane.right_mm:
                return number
        return None


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


class ClusterRule(Checked):
    """Objects near each other that are a defect together, though each is within its limits."""

    objects: int = Field(ge=2, le=10_000)
    """Number of objects that make a cluster."""
    within_mm: AcrossMm
    """Distance from one of them in which the others lie."""
    from_diameter_mm: AcrossMm
    """Objects of this diameter or more count."""


class StormRule(Checked):
    """A rule for a process out of hand: a frame with too many candidates is rejected as it is, before time runs out."""

    max_candidates: int = Field(default=400, gt=0, le=10_000)
    """Places that look bad and are examined one by one; above, the frame is rejected."""


class GuardBand(Checked):
    """How far below a limit a measured size already rejects, for the measurement's own uncertainty."""

    size_px: float = Field(default=1.0, ge=0, le=100)
    """Usually 1 to 1.5 px (section 5.1 of the numbers note); never more than a third of the limit."""


class Recipe(Checked):
    """One product's rules. Load it with `Recipe.load`, which also takes its SHA-256."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    """What the product's rules are called: small letters, digits and hyphens."""
    version: str
    """Raised whenever the rules change, so that each decision names the rules it was made by."""
    material: Literal["anode", "cathode", "separator"]
    """What the web is; the model has to know it."""
    view: Literal["bright-field", "back-light"]
    """How it is lit; the model has to know it."""
    deadline_ms: float = Field(default=500.0, gt=0, le=LONGEST_DEADLINE_MS)
    """Time from the last line exposed to the decision."""
    model: ModelChoice
    image: ImageRules
    layout: Layout = Layout()
    guard: GuardBand = GuardBand()
    limits: dict[Kind, Limit]
    """What is allowed of each kind, by its catalogue code."""
    unknown: Limit
    """For any object of a kind without limits of its own."""
    cluster: tuple[ClusterRule, ...] = ()
    storm: StormRule = StormRule()
    sha256: str = Field(default="", exclude=True)
    """Set by `load`, never written in the file."""

    @model_validator(mode="after")
    def _can_be_exceeded(self) -> Self:
        if self.image.width_px is None:
            return self
        across_mm = self.image.width_px * self.image.max_pitch_um / 1000.0
        for kind, limit in (*self.limits.items(), ("unknown", self.unknown)):
            for condition in limit.reject_above:
                largest = max(condition.diameter_mm or 0.0, condition.width_mm or 0.0)
                if largest > across_mm:
                    raise ValueError(
                        f"{kind} rejects above {largest:g} mm across, which nothing exceeds in an image of "
                        f"{across_mm:g} mm ({self.image.width_px} px)"
                    )
        return self

    @cached_property
    def artefact(self) -> Artefact:
        """Name, version and SHA-256 of the file's bytes."""
        return Artefact(self.name, self.version, self.sha256)

    def limit_for(self, kind: str) -> Limit:
        """A kind's limits as written, those for unknown objects if it has none."""
        return self.limits.get(kind, self.unknown)

    def fits(
        self,
        kind: str,
        *,
        diameter_mm: float,
        length_mm: float,
        width_mm: float,
        area_mm2: float,
        contrast_percent: float,
        pixel_pitch_um: float | None = None,
    ) -> bool:
        """Whether an object of these true sizes is above its limits, and so has to be rejected.

        `pixel_pitch_um`: what `min_px` refers to; None takes the middle of the recipe's range.
        """
        pitch_um = self.image.usual_pitch_um if pixel_pitch_um is None else pixel_pitch_um
        sizes = Sizes(diameter_mm, length_mm, width_mm, area_mm2, abs(contrast_percent))
        return limits_exceeded(self.limit_for(kind).at_pitch(pitch_um), sizes)

    @classmethod
    def load(cls, path: Path | str) -> "Recipe":
        """Read and check a recipe. Raises RecipeError that names the key, what was expected and what was found."""
        path = Path(path)
        try:
            content = read_bytes(path)
        except FileNotFoundError as error:
            shipped = ", ".join(each.stem for each in shipped_recipe_paths())
            raise RecipeError(
                f"Recipe {path}: there is no such file. Shipped are {shipped}: name one of them, or a file."
            ) from error
        except OSError as error:
            raise RecipeError(f"Recipe {path} can't be read: {error.strerror}. Check the path.") from error
        except TextError as error:
            raise RecipeError(f"Recipe {path} can't be read: {error}.") from error
        return cls.parse(content, str(path))

    @classmethod
    def parse(cls, content: bytes, name: str) -> "Recipe":
        """Check a recipe file's content; `name` is what errors call it. Raises RecipeError, as `load` does."""
        try:
            data = parse_toml(decode_text(content))
        except TextError as error:
            raise RecipeError(f"Recipe {name} is no valid TOML: {error}.") from error
        if "sha256" in data:
            raise RecipeError(f"Recipe {name}: sha256: is taken from the file itself. Remove that line.")
        try:
            return cls.model_validate(data | {"sha256": hashlib.sha256(content).hexdigest()})
        except ValidationError as error:
            raise RecipeError(f"Recipe {name}: {in_words(error)}") from error


def default_recipe_path(material: str, view: str) -> Path:
    """The file of the recipe shipped for a material and view. Raises RecipeError if there is none."""
    name = f"{material}-{view}" if material == "separator" else material
    path = _FOLDER / f"{name}.toml"
    if not path.is_file() or (material != "separator" and view != "bright-field"):
        raise RecipeError(
            f"No recipe is shipped for material {material!r} in view {view!r}; there are "
            "anode and cathode in bright-field, separator in bright-field and back-light. "
            "Choose one of them, or write your own and name its file."
        )
    return path


def recipe_path(name: str) -> Path:
    """The file that is meant: `name` itself if it ends in .toml, else the shipped recipe of that name.

    >>> recipe_path("anode").name, recipe_path("mine/anode.toml").name
    ('anode.toml', 'anode.toml')
    """
    return Path(name) if Path(name).suffix == ".toml" else _FOLDER / f"{name}.toml"


def shipped_recipe_paths() -> list[Path]:
    """Files of all recipes that come with the station, by name.

    >>> len(shipped_recipe_paths())
    4
    """
    return sorted(_FOLDER.glob("*.toml"))


def default_recipe(material: str, view: str) -> Recipe:
    """The recipe shipped for a material and view, with the default limits of the domain's tables 2.1 and 2.2.

    >>> default_recipe("anode", "bright-field").limits["E01"].reject_above[0].diameter_mm
    0.5
    """
    return Recipe.load(default_recipe_path(material, view))
