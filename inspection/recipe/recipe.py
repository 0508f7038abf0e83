"""What a product may look like: one TOML file, checked to the last key, that turns measurements into verdicts."""

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from camera.checked import Checked
from inspection.errors import RecipeError
from inspection.mistakes import in_words
from inspection.recipe.limits import WIDEST_WEB_MM, AcrossMm, Limit, Sizes, limits_exceeded
from inspection.recipe.views import Fusing, ImageRules, Kind, ModelChoice, View
from inspection.text_file import TextError, decode_text, parse_toml, read_bytes
from inspection.values import Artefact, Light, Side

ViewName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
_LEADS = (("view", "light"), ("model", "model"), ("image", "image"))
"""What stands for the leading view in a recipe, and what it is called there."""
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
    view: Light
    """How it is lit; the model has to know it. With `model` and `image` the short way to write a recipe's only view."""
    deadline_ms: float = Field(default=500.0, gt=0, le=LONGEST_DEADLINE_MS)
    """Time from the last line exposed to the decision."""
    model: ModelChoice
    """What looks at the frames of the only view."""
    image: ImageRules
    """What makes frames of the only view fit to be judged."""
    views: dict[ViewName, View] = Field(default_factory=dict, max_length=8)
    """Several views of the web by name, in place of `view`, `model` and `image`. The first one leads: its frames are
    the pieces. A recipe with one view needs no table of them."""
    fusing: Fusing = Fusing()
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

    @model_validator(mode="before")
    @classmethod
    def _one_way_to_name_views(cls, data: Any) -> Any:
        """The leading view under `view`, `model` and `image`, however the file is written."""
        if not isinstance(data, dict) or not isinstance(views := data.get("views"), dict) or not views:
            return data
        if twice := [key for key in ("view", "model", "image") if key in data]:
            raise ValueError(
                f"{', '.join(twice)} beside [views]: with views each has its own light, model and image; keep one way"
            )
        lead = next(iter(views.values()))
        if not isinstance(lead, dict):
            return data
        return data | {key: lead[name] for key, name in _LEADS if name in lead}

    @model_validator(mode="after")
    def _views_go_together(self) -> Self:
        if not self.views:
            only = View(light=self.view, model=self.model, image=self.image)
            object.__setattr__(self, "views", {self.view.value: only})
            return self
        lead, first = next(iter(self.views.items()))
        if not first.is_required:
            raise ValueError(f"views.{lead}: the first view leads, its frames are the pieces: it has to be required")
        seen: dict[tuple[Light, Side], str] = {}
        for name, view in self.views.items():
            if (other := seen.setdefault((view.light, view.side), name)) != name:
                raise ValueError(
                    f"views.{other} and views.{name} are both {view.light} from the {view.side}: one view, one light "
                    "and side; several cameras side by side serve one view"
                )
        for kind, names in self.fusing.clears.items():
            if unknown := [name for name in names if name not in self.views]:
                raise ValueError(
                    f"fusing.clears.{kind}: no view is named {', '.join(unknown)}; there are {', '.join(self.views)}"
                )
        return self

    @model_validator(mode="after")
    def _can_be_exceeded(self) -> Self:
        if self.image.width_px is None or len(self.views) > 1:
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

    @property
    def lead(self) -> str:
        """Name of the view whose frames are the pieces."""
        return next(iter(self.views))

    def through(self, view: str, layout: Layout | None = None) -> "Recipe":
        """The same rules for one of its views alone, with the lanes as that view's camera sees them (None: as they
        are). Raises KeyError.
        """
        seen = self.views[view]
        changes: dict[str, Any] = {} if layout is None else {"layout": layout}
        if len(self.views) > 1:
            alone = seen.model_copy(update={"is_required": True})
            changes |= {"view": seen.light, "model": seen.model, "image": seen.image, "views": {view: alone}}
        return self.model_copy(update=changes) if changes else self

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

    >>> [path.stem for path in shipped_recipe_paths()]
    ['anode', 'cathode', 'separator', 'separator-back-light', 'separator-bright-field']
    """
    return sorted(_FOLDER.glob("*.toml"), key=lambda path: path.stem)


def default_recipe(material: str, view: str) -> Recipe:
    """The recipe shipped for a material and view, with the default limits of the domain's tables 2.1 and 2.2.

    >>> default_recipe("anode", "bright-field").limits["E01"].reject_above[0].diameter_mm
    0.5
    """
    return Recipe.load(default_recipe_path(material, view))
