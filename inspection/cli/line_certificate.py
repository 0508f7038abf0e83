"""`inspection line certificate`: the certificate of a door for OPC UA, and those of partners that it trusts."""

from pathlib import Path
from typing import Annotated

import typer

from inspection.cli.console import OUT
from inspection.errors import SettingsError
from inspection.line.process_door import FOLDER
from inspection.station.door_settings import OpcUaSettings
from inspection.station.settings import StationSettings, load_settings

MISSING = "This needs asyncua's packages: pip install 'web-inspection-station[line]'."


def certificate(
    config: Annotated[Path, typer.Option(help="The station's settings (station.toml).")],
    door: Annotated[str | None, typer.Option(help="The door's name.", show_default="the only one for OPC UA")] = None,
    new: Annotated[
        bool, typer.Option("--new", help="Make a new key and certificate in place of the present ones.")
    ] = False,
    host: Annotated[
        list[str] | None,
        typer.Option(help="With --new: name or address that partners reach the station by; may be repeated."),
    ] = None,
    trust: Annotated[str | None, typer.Option(help="Let the partner in whose rejected certificate begins so.")] = None,
) -> None:
    """Show or make an OPC UA door's certificate, and show which partners are trusted and which were rejected."""
    settings = load_settings(config)
    name = _door_of(settings, door)
    try:
        from inspection.line.opcua.certificates import Certificates, application_uri, fingerprint
    except ImportError as error:
        raise SettingsError(MISSING) from error
    found = Certificates(settings.state_dir / FOLDER / name)
    try:
        if new or not found.has_own():
            found.make(application_uri(settings.name, name), f"{settings.name} {name}", host or ())
            OUT.print("a new certificate; the door takes it when the station is started anew", markup=False)
        if trust is not None:
            told = found.trust(trust)
            if told is None:
                raise SettingsError(f"No certificate in {found.rejected} has a fingerprint that begins {trust}.")
            OUT.print(f"trusted from now on: {told}", markup=False)
        own = fingerprint(found.certificate.read_bytes())
    except OSError as error:
        raise SettingsError(f"{found.folder} can't be used: {error.strerror}. Check its rights.") from error
    OUT.print(f"own       {own}  {found.certificate}", markup=False, highlight=False, soft_wrap=True)
    for word, listed in (("trusted", found.listed(found.trusted)), ("rejected", found.listed(found.rejected))):
        for told, subject in listed:
            OUT.print(f"{word:<10}{told}  {subject}", markup=False, highlight=False, soft_wrap=True)


def _door_of(settings: StationSettings, asked: str | None) -> str:
    names = [name for name, told in settings.doors.items() if isinstance(told, OpcUaSettings)]
    if asked is None and len(names) == 1:
        return names[0]
    if asked not in names:
        there = f"These are: {', '.join(names)}." if names else "Add [doors.NAME] with kind = 'opcua'."
        raise SettingsError(f"The settings have no door {asked or ''} for OPC UA that is meant. {there}")
    assert asked is not None
    return asked
