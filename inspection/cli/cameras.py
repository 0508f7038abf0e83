"""`inspection cameras`: what every GenTL producer on this machine offers, and where on the web each one looks."""

import dataclasses
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from typer.core import TyperGroup

from camera.errors import CameraError
from camera.gentl.discovery import find_producers, list_devices
from inspection.cli.console import ERR, OUT, complain, print_json
from inspection.errors import RegistrationError
from inspection.station.aligning import Alignment, align, measured_now, read_settings, write_places
from inspection.vision.registration.fit import Search

_USUAL = "list"
_HELP = ("--help", "--version")


class _ListsUnlessTold(TyperGroup):
    """Without a command's name it lists."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        if not args or (args[0] not in self.commands and args[0] not in _HELP):
            args = [_USUAL, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_ListsUnlessTold,
    help="What GenTL producers offer (list, also without a command), and where on the web cameras look (align).",
    rich_markup_mode=None,
)


@app.command(_USUAL)
def list_cameras(
    producers: Annotated[
        list[Path] | None,
        typer.Argument(help="Producer files (.cti) or folders of them; without any, those of GENICAM_GENTL64_PATH."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List the devices that each GenTL producer offers; exit code 1 if a producer fails or none is found."""
    table = Table("producer", "serial number", "user name", "vendor", "model", "transport", "access")
    found = find_producers(producers)
    faulty = not found
    for producer in found:
        try:
            devices = list_devices(producer)
        except CameraError as error:
            complain(f"{producer}: {error}")
            faulty = True
            continue
        for device in devices:
            if as_json:
                print_json({"producer": str(producer), **dataclasses.asdict(device)})
            table.add_row(
                producer.name,
                device.serial_number,
                device.user_defined_name,
                device.vendor,
                device.model,
                device.tl_type,
                device.access,
            )
        if not devices:
            complain(f"{producer}: offers no device; check power, cable and, for GigE, the network card's address")
    if not found:
        complain(
            "no GenTL producer found: set GENICAM_GENTL64_PATH to the folder of your camera vendor's .cti file, "
            "or name the file"
        )
    elif not as_json:
        OUT.print(table)
    if faulty:
        raise typer.Exit(1)


@app.command("align")
def align_cameras(
    config: Annotated[Path, typer.Option(help="The station's settings (station.toml) with [places].")],
    camera: Annotated[
        list[str] | None, typer.Option(help="Measure this one (may be given again); else all but the leading one.")
    ] = None,
    frames: Annotated[int, typer.Option(min=1, max=500, help="Frames of the leading camera to measure by.")] = 40,
    along_mm: Annotated[
        float, typer.Option(min=0.1, max=1000.0, help="Look so far from along_mm of the settings, both ways.")
    ] = 30.0,
    across_mm: Annotated[
        float, typer.Option(min=0.1, max=100.0, help="Look so far from across_mm of the settings, both ways.")
    ] = 5.0,
    timeout: Annotated[float, typer.Option(min=1.0, max=3600.0, help="Seconds to wait for that web.")] = 120.0,
    is_agreed: Annotated[bool, typer.Option("--yes", help="Write without asking.")] = False,
) -> None:
    """Measure where cameras look at the web, by a target or the web's own marks, and write it into the settings.

    The web has to run, and the station must not. Places that the settings tell say where to look. Exit code 1 if a
    place can't be found: nothing is written then.
    """
    settings, text = read_settings(config)
    ERR.print(f"taking {frames} frames of web and measuring; Ctrl-C changes nothing")
    try:
        found = align(
            settings, chosen=camera or (), frames=frames, search=Search(along_mm, across_mm), timeout_s=timeout
        )
    except RegistrationError as error:
        complain(f"{error} Nothing was written.")
        raise typer.Exit(1) from error
    OUT.print(_table(found))
    places = measured_now(found)
    if not is_agreed and not typer.confirm(f"Write this into {config}?", err=True):
        ERR.print("nothing was written")
        return
    write_places(config, text, places)
    ERR.print(f"written to {config}; the station reads it at its next start", markup=False)


def _table(found: list[Alignment]) -> Table:
    table = Table(
        "camera", "by", "across, mm", "along, mm", "mirrored", "scale", "turned, mrad", "marks", "residual, mm"
    )
    for each in found:
        told, measured = each.told, each.measured.placement
        is_wide = each.measured.is_wide
        table.add_row(
            each.camera,
            each.against,
            f"{told.across_mm:.3f} -> {measured.across_mm:.3f}",
            f"{told.along_mm:.3f} -> {measured.along_mm:.3f}",
            _changed("yes" if told.is_mirrored else "no", "yes" if measured.is_mirrored else "no"),
            f"{told.scale:.5f} -> {measured.scale:.5f}" if is_wide else f"{told.scale:.5f} as told",
            f"{told.rotation_mrad:.2f} -> {measured.rotation_mrad:.2f}"
            if is_wide
            else f"{told.rotation_mrad:.2f} as told",
            str(each.measured.marks),
            f"{each.measured.residual_mm:.3f}",
        )
    return table


def _changed(before: str, now: str) -> str:
    return before if before == now else f"{before} -> {now}"
