"""Which cameras look at one web, and how its pieces are cut: the station's plan, made of settings and recipe."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from camera.settings import CameraSettings, GenTLSettings, SimulatedSettings
from inspection.errors import SettingsError
from inspection.recipe.recipe import Recipe
from inspection.station.pieces import Eye, PieceLedger
from inspection.station.places import PlaceSettings, SheetSettings
from inspection.station.settings import StationSettings
from inspection.station.sheets import SheetCutter
from inspection.station.triggers import Trigger
from inspection.values import Cut
from inspection.vision.placement import Across, Placement, uncovered

_USUAL_WIDTH_MM = 1000.0
"""What a camera is taken to see of the width where only it knows, to tell how much a turned line misses."""


@dataclass(frozen=True, slots=True)
class WebPlan:
    """One web: its cameras, the leading one first, and what is decided about it."""

    cameras: tuple[str, ...]
    cut: Cut = Cut.BLOCK
    longest_wait_s: float = 30.0
    ways_mm: Mapping[str, float] | None = None
    """How far downstream of the leading camera each one looks; None: there is only that one."""
    skews_mm: Mapping[str, float] | None = None
    """How much less than its middle column each one's frames show for certain at their ends, its line being turned."""
    share_encoder: bool = True
    """All of them count the line's encoder."""
    sheet: SheetSettings | None = None
    """How sheets follow each other; None: the leading camera's frames are the pieces."""
    joint_mm: float = math.inf
    """Gap between two frames of a camera, one number after the other, that is the encoder's slip."""

    @property
    def lead(self) -> str:
        """The camera whose frames are the pieces."""
        return self.cameras[0]


def plan_webs(settings: StationSettings, recipe: Recipe) -> tuple[WebPlan, ...]:
    """The webs of a station. Without places each camera has its own. Raises SettingsError: places and recipe differ."""
    names = [camera.name for camera in settings.cameras]
    cut, wait_s = settings.pieces.cut, settings.pieces.longest_wait_s
    if not settings.places:
        if len(recipe.views) > 1:
            raise SettingsError(
                f"Recipe {recipe.name} {recipe.version} has the views {', '.join(recipe.views)}, but the settings do "
                "not say which camera sees which: give each camera its place, [places.NAME] with light and side."
            )
        _check_lanes(cut, recipe)
        sheet = settings.pieces.sheet
        return tuple(WebPlan((name,), cut, wait_s, sheet=sheet, joint_mm=_joint_mm(recipe)) for name in names)
    places = placements(settings, recipe)
    _check_lanes(cut, recipe)
    _check_coverage(settings, recipe, places)
    ordered = sorted(names, key=lambda name: (places[name].view != recipe.lead, names.index(name)))
    ways = {name: places[name].along_mm - places[ordered[0]].along_mm for name in ordered}
    share = all(isinstance(camera, GenTLSettings | SimulatedSettings) for camera in settings.cameras)
    widths = {camera.name: _width_mm(camera) or _USUAL_WIDTH_MM for camera in settings.cameras}
    skews = {name: places[name].skew_mm(widths[name]) for name in ordered}
    sheet = settings.pieces.sheet
    return (WebPlan(tuple(ordered), cut, wait_s, ways, skews, share, sheet, _joint_mm(recipe)),)


def make_ledger(plan: WebPlan) -> PieceLedger[Any]:
    """The account of a web's pieces."""
    ways, skews = plan.ways_mm or {}, plan.skews_mm or {}
    eyes = [Eye(camera, ways.get(camera, 0.0), skews.get(camera, 0.0), plan.share_encoder) for camera in plan.cameras]
    return PieceLedger(
        eyes,
        longest_wait_ns=int(plan.longest_wait_s * 1e9),
        joint_mm=plan.joint_mm,
        cuts_sheets=plan.sheet is not None,
    )


def make_cutter(plan: WebPlan) -> SheetCutter[Trigger] | None:
    """What cuts a web into sheets; None where the leading camera's frames are the pieces."""
    told = plan.sheet
    if told is None:
        return None
    return SheetCutter(told.pitch_mm, told.tolerance_mm, by_triggers=told.origin == "triggers")


def _joint_mm(recipe: Recipe) -> float:
    joints = [view.image.max_encoder_gap_mm for view in recipe.views.values()]
    return min((joint for joint in joints if joint is not None), default=math.inf)


def placements(settings: StationSettings, recipe: Recipe) -> dict[str, Placement]:
    """Each camera's place, with the view that it serves; empty without places. Raises SettingsError."""
    found: dict[str, Placement] = {}
    for name, place in settings.places.items():
        view = _view_of(place, recipe)
        if view is None:
            asked = ", ".join(f"{each} ({told.light} from the {told.side})" for each, told in recipe.views.items())
            raise SettingsError(
                f"places.{name}: recipe {recipe.name} {recipe.version} has no view in {place.light} from the "
                f"{place.side}; it has {asked}. Correct light and side, choose another recipe, or take the camera out."
            )
        found[name] = Placement(
            view, place.across_mm, place.along_mm, place.is_mirrored, place.scale, place.rotation_mrad
        )
    if found and (idle := [view for view in recipe.views if view not in {place.view for place in found.values()}]):
        raise SettingsError(
            f"Recipe {recipe.name} {recipe.version} has the view {', '.join(idle)}, which no camera in [places] sees: "
            "say which camera has that light and side, or choose a recipe without it."
        )
    return found


def _view_of(place: PlaceSettings, recipe: Recipe) -> str | None:
    return next(
        (name for name, view in recipe.views.items() if (view.light, view.side) == (place.light, place.side)), None
    )


def _check_lanes(cut: Cut, recipe: Recipe) -> None:
    if cut is Cut.LANE and not recipe.layout.lanes:
        raise SettingsError(
            f'pieces.cut = "lane": recipe {recipe.name} {recipe.version} has no lanes. Give it [[layout.lanes]], or '
            "cut whole blocks."
        )


def _check_coverage(settings: StationSettings, recipe: Recipe, places: Mapping[str, Placement]) -> None:
    """A view's cameras see all lanes, and without lanes leave no gap, as far as the settings tell their widths."""
    for view in recipe.views:
        cameras = [camera for camera in settings.cameras if places[camera.name].view == view]
        fields = [places[camera.name].field(width) for camera in cameras if (width := _width_mm(camera)) is not None]
        if len(fields) < len(cameras):
            continue
        wanted = wanted_across(fields, recipe)
        gap = uncovered(fields, wanted)
        if gap is not None:
            told = ", ".join(
                f"{camera.name} sees {field.left_mm:.1f} to {field.right_mm:.1f} mm"
                for camera, field in zip(cameras, fields, strict=True)
            )
            raise SettingsError(
                f"View {view} does not see the web from {gap.left_mm:.2f} to {gap.right_mm:.2f} mm across: {told}. "
                "Correct across_mm in [places], the lanes in the recipe, or add a camera."
            )


def wanted_across(fields: Sequence[Across], recipe: Recipe) -> list[Across]:
    """What a view has to see of the width: the recipe's lanes, without them all that lies between its outer borders."""
    if recipe.layout.lanes:
        return [Across(lane.left_mm, lane.right_mm) for lane in recipe.layout.lanes]
    return [Across(min(field.left_mm for field in fields), max(field.right_mm for field in fields))]


def web_setup_sha256(setups: Mapping[str, str]) -> str:
    """One hash over all that judges a web: of its only camera's setup, else SHA-256 over the lines `CAMERA HASH`.

    >>> web_setup_sha256({"cam0": "a" * 64})[:4]
    'aaaa'
    """
    if len(setups) == 1:
        return next(iter(setups.values()))
    told = "".join(f"{camera} {setups[camera]}\n" for camera in sorted(setups))
    return hashlib.sha256(told.encode()).hexdigest()


def _width_mm(camera: CameraSettings) -> float | None:
    """Width of a camera's image by its pixel pitch, None where only the camera knows."""
    if isinstance(camera, GenTLSettings):
        return camera.width_px * camera.pixel_pitch_x_um / 1000.0 if camera.width_px else None
    if isinstance(camera, SimulatedSettings):
        width_px = camera.web.width_px if camera.place is None else camera.place.width_on(camera.web)
        return width_px * camera.web.pixel_pitch_um / 1000.0
    return None
