"""`inspection cameras`: what every GenTL producer on this machine offers."""

import dataclasses
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from camera.errors import CameraError
from camera.gentl.discovery import find_producers, list_devices
from inspection.cli.console import OUT, complain, print_json


def cameras(
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
