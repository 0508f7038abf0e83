"""`inspection pages`: the browser pages, in a process of their own beside the station."""

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Annotated

import typer

from inspection.cli.console import OUT
from inspection.cli.logs import LogFormat, configure_logs
from inspection.cli.places import PROJECT
from inspection.errors import SettingsError
from inspection.private_files import OTHERS
from inspection.serving.service_manager import ServiceManager
from inspection.station.settings import PagesSettings, load_settings

NICENESS = 10
"""Added to the process' own: where station and pages want the same core, the station has it."""
MISSING = "The pages need what the extra `pages` brings: pip install -c scripts/constraints.txt -e '.[pages]'"


def pages(
    config: Annotated[Path | None, typer.Option(help="The station's settings (station.toml).")] = None,
    state_dir: Annotated[
        Path | None, typer.Option(help="Instead of settings: the folder that holds a station's store.")
    ] = None,
    api_url: Annotated[
        str | None, typer.Option(help="With --state-dir: where the station's API listens, if it runs.")
    ] = None,
    models_dir: Annotated[Path | None, typer.Option(help="With --state-dir: folder that holds the models.")] = None,
    recipe: Annotated[Path | None, typer.Option(help="With --state-dir: the station's recipe file.")] = None,
    name: Annotated[str, typer.Option(help="With --state-dir: the station's name.")] = "station",
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Instead of the settings' port.")] = None,
    guest: Annotated[
        bool, typer.Option("--guest", help="For the demo: whoever is on this machine needs no password.")
    ] = False,
    ends_with_input: Annotated[
        bool, typer.Option("--ends-with-input", hidden=True, help="Ends with the process that holds its input open.")
    ] = False,
    log_format: Annotated[LogFormat, typer.Option(help="Logs for people or for programs.")] = LogFormat.CONSOLE,
    log_level: Annotated[str, typer.Option(help="DEBUG, INFO, WARNING or ERROR.")] = "WARNING",
) -> None:
    """Show the station in the browser, whether it runs or not. Ctrl-C or SIGTERM ends it."""
    os.umask(OTHERS)
    os.nice(NICENESS)  # before the imports: they take seconds that the station may need
    configure_logs(log_format, log_level)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # service managers send it for a reload, of which there is none
    if ends_with_input:
        Thread(target=_end_with_input, name="end with input", daemon=True).start()
    try:
        from inspection.pages import server
        from inspection.pages.frame import desk
    except ImportError as error:
        raise SettingsError(f"{MISSING} ({error})") from error
    if (config is None) == (state_dir is None):
        raise SettingsError("Name either --config station.toml or --state-dir FOLDER.")
    if config is not None:
        plan = desk.PagesPlan.of(load_settings(config))
    else:
        assert state_dir is not None
        plan = desk.PagesPlan(
            name=name,
            state_dir=state_dir,
            store_url=None,
            models_dir=models_dir or PROJECT / "models",
            recipe_path=recipe,
            api_url=api_url,
            api_key=None,
            settings=PagesSettings(),
        )
    settings = plan.settings if port is None else plan.settings.model_copy(update={"port": port})
    server.serve(replace(plan, settings=settings, is_guest_welcome=guest), _tell, ServiceManager.of(os.environ))


def _end_with_input() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


def _tell(address: str, password: str | None) -> None:
    if password is not None:
        OUT.print("first start: log in as [bold]admin[/] with the one-time password ", end="")
        OUT.print(password, style="bold", markup=False, end="")
        OUT.print(", which is never shown again")
    OUT.print(f"pages on [bold]{address}[/]")
