"""Where a station's cameras look at its web, measured against each other, and written into its settings."""

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from camera.frame import Frame
from camera.sources import open_sources
from inspection.errors import RecipeError, RegistrationError, SettingsError
from inspection.mistakes import in_words
from inspection.recipe.recipe import Recipe
from inspection.recipe.text import with_value
from inspection.station.places import PlaceSettings
from inspection.station.settings import StationSettings, load_settings
from inspection.station.sole_station import works_on
from inspection.station.web_taking import Reach, take_web
from inspection.station.webs import placements
from inspection.text_file import parse_toml, read_text
from inspection.vision.placement import Across, Placement
from inspection.vision.registration.fit import Registration, Search
from inspection.vision.registration.overlap import shared_mm
from inspection.vision.registration.register import register
from inspection.whole_file import whole_file


@dataclass(frozen=True, slots=True)
class Alignment:
    """A camera's place as it was told and as it was measured."""

    camera: str
    against: str
    """The camera whose place it was measured by."""
    told: PlaceSettings
    measured: Registration

    def place(self, now: datetime) -> PlaceSettings:
        """What the settings are to say; numbers as fine as they were measured. Raises SettingsError: it can't be."""
        found = self.measured.placement
        try:
            return PlaceSettings.model_validate(
                self.told.model_dump()
                | {
                    "across_mm": round(found.across_mm, 3),
                    "along_mm": round(found.along_mm, 3),
                    "is_mirrored": found.is_mirrored,
                    "scale": round(found.scale, 6),
                    "rotation_mrad": round(found.rotation_mrad, 3),
                    "residual_mm": round(self.measured.residual_mm, 4),
                    "aligned_utc": now.replace(microsecond=0),
                }
            )
        except ValidationError as error:
            raise SettingsError(
                f"Camera {self.camera} was measured where none can be: {in_words(error)}. Measure again."
            ) from error


def align(
    settings: StationSettings,
    *,
    chosen: Iterable[str] = (),
    frames: int,
    search: Search,
    timeout_s: float,
) -> list[Alignment]:
    """Measure where cameras look: those chosen, or all but the leading one, whose place stays as it is told.

    Each is measured by the one that shares most of the width with it, among those whose places are known by then.
    Raises SettingsError: there is nothing to measure, or a station works with the cameras; RegistrationError: which
    place could not be found, and why; CameraError.
    """
    recipe = Recipe.load(settings.recipe_path)
    places = placements(settings, recipe)
    names = [camera.name for camera in settings.cameras]
    if not places:
        raise SettingsError(
            "The settings have no [places], so each camera looks at a web of its own. Say for each camera by "
            "[places.NAME] with light, side and about where it looks; then measure."
        )
    lead = next(name for name in names if places[name].view == recipe.lead)
    wanted = tuple(chosen) or tuple(name for name in names if name != lead)
    if unknown := [name for name in wanted if name not in names]:
        raise SettingsError(f"No camera is named {', '.join(unknown)}; there are {', '.join(names)}.")
    if lead in wanted:
        raise SettingsError(
            f"Camera {lead} leads: all others are measured by it, and its place is what the settings say. Name another."
        )
    if not wanted:
        raise SettingsError(f"Camera {lead} is the only one: there is nothing to measure it by.")
    if who := works_on(settings.state_dir):
        raise SettingsError(
            f"The station runs ({who}) and uses the cameras. Stop it, measure, and start it again: it reads the places "
            "at its start."
        )
    taken = _taken(settings, places, lead, frames, search, timeout_s)
    found: list[Alignment] = []
    known = {name: places[name] for name in names if name not in wanted}
    while len(found) < len(wanted):
        name, against = _next(wanted, places, known, taken)
        try:
            measured = register(taken[name], taken[against], known[against], places[name], search)
        except RegistrationError as error:
            raise RegistrationError(f"Camera {name}, measured by {against}: {error}") from error
        known[name] = measured.placement
        found.append(Alignment(name, against, settings.places[name], measured))
    return sorted(found, key=lambda each: names.index(each.camera))


def _taken(
    settings: StationSettings,
    places: Mapping[str, Placement],
    lead: str,
    frames: int,
    search: Search,
    timeout_s: float,
) -> dict[str, list[Frame]]:
    reaches = {
        name: Reach(
            place.along_mm - places[lead].along_mm - search.along_mm,
            place.along_mm - places[lead].along_mm + search.along_mm,
        )
        for name, place in places.items()
        if name != lead
    }
    # No limits: what others see of the last frames comes later.
    cameras = [camera.model_copy(update={"frame_limit": None}) for camera in settings.cameras]
    sources = {camera.name: source for camera, source in zip(cameras, open_sources(cameras), strict=True)}
    taken = take_web(sources, lead, reaches, frames, timeout_s)
    if silent := [name for name, each in taken.items() if not each]:
        raise RegistrationError(
            f"Camera {', '.join(silent)} gave no whole frame of that web. See that the web runs, that all cameras "
            "count the line's encoder, and that along_mm in the settings is about right."
        )
    return taken


def _next(
    wanted: Iterable[str],
    places: Mapping[str, Placement],
    known: Mapping[str, Placement],
    taken: Mapping[str, Sequence[Frame]],
) -> tuple[str, str]:
    """The camera that shares most of the width with one whose place is known, and that one; the first of equal ones."""

    def field(camera: str, place: Placement) -> Across:
        first = taken[camera][0]
        return place.field(first.width_px * first.pixel_pitch_x_um / 1000.0)

    pairs = [(name, other) for name in wanted if name not in known for other in known]
    return max(pairs, key=lambda pair: shared_mm(field(pair[0], places[pair[0]]), field(pair[1], known[pair[1]])))


def write_places(path: Path, before: str, places: Mapping[str, PlaceSettings]) -> None:
    """Put measured places into a settings file: comments, order and everything else stay, owner and mode of the file
    too. It is written whole or not at all.

    `before`: its text when its settings were read. Raises SettingsError: it was changed since, or can't be written.
    """
    path = path.resolve()
    try:
        if read_text(path) != before:
            raise SettingsError(f"Settings {path} were changed while the cameras were measured. Measure again.")
        text = with_places(before, places)
        StationSettings.model_validate(parse_toml(text))
        was = path.stat()
        with whole_file(path, is_private=True) as file:
            file.write(text.encode())
            os.fchmod(file.fileno(), was.st_mode)
            with suppress(OSError):  # of another user's file only its owner's group may be kept, or nothing
                os.fchown(file.fileno(), was.st_uid, was.st_gid)
    except OSError as error:
        raise SettingsError(
            f"Settings {path} can't be written: {error.strerror}; they are as before. See to the file's and its "
            "folder's permissions and the disk."
        ) from error
    except ValidationError as error:
        raise SettingsError(f"Settings {path} would not be valid: {in_words(error, secret={'api_key'})}") from error


def with_places(text: str, places: Mapping[str, PlaceSettings]) -> str:
    """A settings file's text with these cameras' measured places. Raises SettingsError.

    >>> print(with_places('[places.cam1]  # the right one\\nlight = "dark-field"\\nacross_mm = 101.0  # roughly\\n',
    ...     {"cam1": PlaceSettings(light="dark-field", across_mm=101.31)}), end="")
    [places.cam1]  # the right one
    light = "dark-field"
    across_mm = 101.31  # roughly
    along_mm = 0.0
    is_mirrored = false
    scale = 1.0
    rotation_mrad = 0.0
    """
    keys = ("across_mm", "along_mm", "is_mirrored", "scale", "rotation_mrad", "residual_mm", "aligned_utc")
    try:
        for camera, place in places.items():
            for key in keys:
                if (value := getattr(place, key)) is not None:
                    text = with_value(text, ("places", camera, key), value)
    except RecipeError as error:
        raise SettingsError(str(error)) from error
    return text


def read_settings(path: Path) -> tuple[StationSettings, str]:
    """Settings and the text that they are written in. Raises SettingsError."""
    settings = load_settings(path)
    try:
        return settings, read_text(path)
    except OSError as error:
        raise SettingsError(f"Settings {path} can't be read: {error.strerror}. Check the path.") from error


def measured_now(found: Sequence[Alignment]) -> dict[str, PlaceSettings]:
    """What the settings are to say of them."""
    now = datetime.now(UTC)
    return {each.camera: each.place(now) for each in found}
