"""The demo's line: how wide its web is, which cameras look at it from where, and by which recipe it is judged."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from camera.errors import SettingsError
from camera.web import CameraPlace, Material, PlantingRate, SimulatedWeb, View, WebSettings
from camera.web.layout import Stretch, Surface
from camera.web.layouts import lay_out
from camera.web.settings import LayoutName
from inspection.cli.demo_sheets import SHEETS
from inspection.errors import RecipeError
from inspection.model.shelf import find_model
from inspection.recipe.recipe import Recipe, default_recipe_path, recipe_path
from inspection.station.places import PieceSettings, PlaceSettings
from inspection.values import Cut, Light

LINES = 1024
"""Lines of a block."""
_USUAL_PX, _WIDEST_PX = 2048, 4096
"""Columns of a camera: over a web that is as wide as the cameras see, and the most over one that has its own width."""
_OVERLAP_PX = 30
"""Columns that two cameras side by side would share if they hung where they should."""
_OFF_MM = 0.31
"""No camera but the first hangs where it should: so far aside and downstream of there. The station is told, as after
`inspection cameras align`."""
_FOIL_MM, _INSIDE_MM = 2.0, 0.6
"""Foil that the cameras see beside a named layout's outermost lanes; where there is less, so much less than the lanes,
for the web weaves."""
_RECIPE_FILE = "demo-recipe.toml"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What whoever starts the demo asked for."""

    material: Material = Material.ANODE
    views: tuple[View, ...] = (View.BRIGHT_FIELD,)
    severity: PlantingRate = PlantingRate.DENSE
    seed: int = 5_000_000
    cameras: int = 1
    """Side by side, of each view."""
    layout: LayoutName = "auto"
    cut: Cut = Cut.BLOCK
    way_mm: float = 0.0
    """From the first view's roller to the next one's, and so on."""


@dataclass(frozen=True, slots=True)
class DemoLine:
    """What is simulated, and what the station is told of it."""

    web: WebSettings
    """All of the web, as the first camera's light shows it."""
    places: tuple[CameraPlace, ...]
    """Places of cam0, cam1 ...: those of the leading view first; empty where one camera sees all there is."""
    camera_px: int
    recipe: Recipe
    recipe_file: str
    recipe_text: str | None
    """To be written into the recipe's file; None: it is one that is shipped."""
    cut: Cut

    @property
    def cameras(self) -> int:
        """Number of cameras."""
        return max(1, len(self.places))

    @property
    def views(self) -> tuple[WebSettings, ...]:
        """The whole web in each light that a camera sees it by, the leading view's first."""
        return tuple(dict.fromkeys(place.looks_at(self.web) for place in self.places)) or (self.web,)

    @property
    def told_places(self) -> dict[str, PlaceSettings]:
        """What the station is told of where its cameras look: the truth."""
        return {
            f"cam{number}": PlaceSettings(
                light=Light(place.view.value),
                across_mm=place.across_mm,
                along_mm=place.along_mm,
                is_mirrored=place.is_mirrored,
                scale=place.scale,
                rotation_mrad=place.rotation_mrad,
            )
            for number, place in enumerate(self.places)
        }

    @property
    def pieces(self) -> PieceSettings:
        """What the station decides about."""
        return PieceSettings(cut=self.cut, sheet=SHEETS if self.cut is Cut.SHEET else None)

    def write_recipe(self) -> None:
        """Put the recipe where the station reads it."""
        if self.recipe_text is not None:
            path = Path(self.recipe_file)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.recipe_text)


def plan_line(wishes: Wishes, models_dir: Path, state_dir: Path) -> DemoLine:
    """The line that was asked for. Raises SettingsError, RecipeError or ModelError: what can't be had, and why."""
    shipped = _shipped_recipe(wishes)
    recipe = Recipe.load(shipped)
    # Of other kinds the models say nothing, so that finding them would be luck.
    names = dict.fromkeys(view.model.name for view in recipe.views.values())
    kinds = dict.fromkeys(kind for name in names for kind in find_model(models_dir, name).card.kinds)
    web = WebSettings(
        material=wishes.material,
        view=wishes.views[0],
        severity=wishes.severity,
        seed=wishes.seed,
        kinds=tuple(kinds),
        layout=wishes.layout,
    )
    left_mm, width_mm = _in_sight(web)
    camera_px, step_px = _widths(width_mm, web.pixel_pitch_um, wishes.cameras)
    all_px = camera_px + (wishes.cameras - 1) * step_px
    if wishes.cameras > 1:
        all_px += math.ceil(_OFF_MM * 1000.0 / web.pixel_pitch_um)
    web = web.model_copy(update={"width_px": all_px, "left_mm": left_mm})
    places = _places(wishes, camera_px, left_mm, step_px * web.pixel_pitch_um / 1000.0)
    text, file = None, shipped
    if wishes.cut is Cut.LANE or wishes.layout != "auto":
        text = _with_lanes(shipped.read_text(), web, places)
        file = state_dir / _RECIPE_FILE
        recipe = Recipe.parse(text.encode(), str(file))
    return DemoLine(web, places, camera_px, recipe, str(file), text, wishes.cut)


def _shipped_recipe(wishes: Wishes) -> Path:
    views = [view.value for view in wishes.views]
    if len(views) == 1:
        return default_recipe_path(wishes.material.value, views[0])
    if len(set(views)) < len(views):
        raise SettingsError(f"--views {','.join(views)}: each view once; for cameras side by side there is --cameras")
    path = recipe_path(wishes.material.value)
    if path.is_file() and list(Recipe.load(path).views) == views:
        return path
    raise RecipeError(
        f"No recipe is shipped for material {wishes.material.value!r} in the views {', '.join(views)}; there is one "
        "for separator in bright-field,back-light. Name these, or one view."
    )


def _in_sight(web: WebSettings) -> tuple[float, float | None]:
    """Where on the web the cameras' view begins, and how wide it is: all lanes, with bare foil beside them, but neither
    cut edges nor ceramic, which the shipped models do not know. No width: the web is as wide as the cameras see.
    """
    if web.layout == "auto":
        return 0.0, None
    stretches = lay_out(web).stretches()
    coated = [number for number, stretch in enumerate(stretches) if stretch.surface is Surface.COATING]
    first, last = coated[0], coated[-1]
    left_mm = stretches[first].left_mm + _beside_mm(stretches[first - 1], -1.0)
    right_mm = stretches[last].right_mm + _beside_mm(stretches[last + 1], 1.0)
    return left_mm, right_mm - left_mm


def _beside_mm(beside: Stretch, outwards: float) -> float:
    """From the border of the outermost lane to that of the view."""
    is_bare = beside.surface is Surface.FOIL and beside.right_mm - beside.left_mm > _FOIL_MM
    return outwards * (_FOIL_MM if is_bare else -_INSIDE_MM)


def _widths(width_mm: float | None, pitch_um: float, cameras: int) -> tuple[int, int]:
    """Columns of each camera, and from one camera to the next."""
    if width_mm is None:
        return _USUAL_PX, _USUAL_PX - _OVERLAP_PX
    shared_px = (cameras - 1) * _OVERLAP_PX
    camera_px = min(_WIDEST_PX, math.floor((width_mm * 1000.0 / pitch_um + shared_px) / cameras))
    return camera_px, camera_px - _OVERLAP_PX


def _places(wishes: Wishes, camera_px: int, left_mm: float, step_mm: float) -> tuple[CameraPlace, ...]:
    if len(wishes.views) * wishes.cameras == 1:
        return ()
    return tuple(
        CameraPlace(
            view=view,
            width_px=camera_px,
            across_mm=left_mm + beside * step_mm + (_OFF_MM if number + beside else 0.0),
            along_mm=number * wishes.way_mm + (_OFF_MM if number + beside else 0.0),
        )
        for number, view in enumerate(wishes.views)
        for beside in range(wishes.cameras)
    )


def _with_lanes(text: str, web: WebSettings, places: Sequence[CameraPlace]) -> str:
    """A shipped recipe for a web whose lanes are the product, as far as each view sees them, not what lies beside."""
    left_mm, right_mm = 0.0, web.width_px * web.pixel_pitch_um / 1000.0
    if places:  # places across are on the web then, else in the only image
        by_view = [[place for place in places if place.view is view] for view in {place.view for place in places}]
        left_mm = max(min(place.across_mm for place in seeing) for seeing in by_view)
        width_mm = places[0].width_on(web) * web.pixel_pitch_um / 1000.0
        right_mm = min(max(place.across_at(width_mm) for place in seeing) for seeing in by_view)
    offset_mm = web.left_mm if places else 0.0
    tables = ""
    for lane in SimulatedWeb(web).lanes:
        left = math.ceil(100.0 * max(left_mm, offset_mm + lane.left_mm)) / 100.0
        right = math.floor(100.0 * min(right_mm, offset_mm + lane.right_mm)) / 100.0
        tables += f"\n[[layout.lanes]]\nleft_mm = {left}\nright_mm = {right}\n"
    return text.replace('name = "default-', 'name = "demo-', 1) + tables
