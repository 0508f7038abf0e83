"""`inspection reference record`: teach the station what the camera sees of a white target and of nothing."""

import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from camera.errors import DeviceLost
from camera.frame import EndOfFrames, Frame, LostFrame
from camera.settings import CameraSettings, SimulatedSettings
from camera.source import HoldsUntilDecided
from camera.sources import open_source
from inspection.cli.console import ERR, OUT
from inspection.errors import SettingsError
from inspection.station.settings import load_settings
from inspection.vision.references import record_references, save_references

_PATIENCE_S = 30.0

app = typer.Typer(help="White and dark references for the flat-field.", no_args_is_help=True)


class Target(StrEnum):
    """What has to be in front of the camera."""

    DARK = "dark"
    WHITE = "white"


_WHAT_TO_DO = {
    Target.DARK: "Cover the lens (or switch the light off).",
    Target.WHITE: "Uncover the lens and put the white target, in motion if it can be, under the light.",
}


@app.callback()
def reference() -> None:
    """White and dark references for the flat-field."""


@app.command("record")
def record(
    config: Annotated[Path, typer.Option(help="The station's settings (station.toml).")],
    out: Annotated[Path, typer.Option(help="File to write (.npz); a .json of the same name goes beside it.")],
    camera: Annotated[str | None, typer.Option(help="Name of the camera; needed when the station has several.")] = None,
    frames: Annotated[int, typer.Option(min=1, max=1000, help="Frames to average of each target.")] = 8,
    yes: Annotated[
        bool, typer.Option("--yes", help="Don't ask; the simulated web changes its target by itself.")
    ] = False,
) -> None:
    """Record dark and white frames of one camera and write the references for its flat-field."""
    settings = _choose(load_settings(config).cameras, camera)
    if yes and not isinstance(settings, SimulatedSettings):
        raise SettingsError("--yes works for a simulated camera only: at a real one somebody has to move the target")
    seen: dict[Target, list[Frame]] = {}
    for target in (Target.DARK, Target.WHITE):
        if isinstance(settings, SimulatedSettings):
            web = settings.web.model_copy(update={"target": target.value})
            settings = settings.model_copy(update={"web": web, "frame_limit": None})
        if not yes:
            typer.confirm(f"{_WHAT_TO_DO[target]} Ready?", abort=True, err=True)
        seen[target] = _frames(settings, frames)
        mean = sum(float(f.pixels.mean()) for f in seen[target]) / frames
        ERR.print(f"{target.value}: {frames} frames, mean grey value {mean:.1f}")
    references = record_references(seen[Target.WHITE], seen[Target.DARK])
    path = out.with_suffix(".npz")
    save_references(references, path)
    dead = f", dead columns: {', '.join(map(str, references.dead_columns))}" if references.dead_columns else ""
    OUT.print(
        f"wrote {path}: {references.width_px} columns{dead}. Name it under `references` in the station's settings."
    )


def _choose(cameras: tuple[CameraSettings, ...], name: str | None) -> CameraSettings:
    matching = [camera for camera in cameras if name in (None, camera.name)]
    if len(matching) != 1:
        names = ", ".join(camera.name for camera in cameras)
        raise SettingsError(f"--camera: expected one of {names}, got {name or 'nothing'}")
    return matching[0]


def _frames(settings: CameraSettings, count: int) -> list[Frame]:
    source = open_source(settings)
    source.start()
    taken: list[Frame] = []
    end = time.monotonic() + _PATIENCE_S
    try:
        while len(taken) < count:
            reading = source.read(1.0)
            if isinstance(reading, Frame | LostFrame) and isinstance(source, HoldsUntilDecided):
                source.decided(reading.id)  # an image of a target is none of the web: it is not inspected later
            if isinstance(reading, Frame):
                taken.append(reading)
            elif isinstance(reading, EndOfFrames) or time.monotonic() > end:
                raise DeviceLost(
                    f"camera {settings.name}: {len(taken)} of {count} frames in {_PATIENCE_S:.0f} s; "
                    f"{source.status().detail}; see that it is triggered, or ask for fewer --frames"
                )
    finally:
        source.stop()
    return taken
