"""`inspection run`: the station, on the cameras of its settings, until somebody stops it."""

import os
import signal
import threading
from pathlib import Path
from types import FrameType
from typing import Annotated

import structlog
import typer

from inspection.cli.console import ERR, complain
from inspection.cli.logs import LogFormat, configure_logs
from inspection.doors import make_doors
from inspection.private_files import OTHERS
from inspection.serving.service_manager import ServiceManager
from inspection.station.settings import load_settings
from inspection.station.station import Station


def run(
    config: Annotated[Path, typer.Option(help="The station's settings (station.toml).")],
    log_format: Annotated[LogFormat, typer.Option(help="Logs for people or for programs.")] = LogFormat.CONSOLE,
    log_level: Annotated[str, typer.Option(help="DEBUG, INFO, WARNING or ERROR.")] = "INFO",
) -> None:
    """Run the station until Ctrl-C or SIGTERM, or until its cameras have shown all they had. SIGHUP changes nothing."""
    os.umask(OTHERS)
    configure_logs(log_format, log_level)
    log = structlog.get_logger("inspection")
    settings = load_settings(config)
    station = Station(settings, doors=make_doors(settings))
    is_asked_to_stop = threading.Event()

    def on_signal(number: int, _: FrameType | None) -> None:
        is_asked_to_stop.set()

    def on_hangup(number: int, _: FrameType | None) -> None:
        log.warning("SIGHUP changes nothing: settings are read at the start alone; stop and start the station for them")

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    # A service manager asks so for a reload, a terminal says so that it was closed: neither may end inspection.
    signal.signal(signal.SIGHUP, on_hangup)
    manager = ServiceManager.of(os.environ)
    try:
        station.start()
        api = station.door("http")
        ERR.print(f"station runs; API on {api.address}: {api.access}", markup=False)
        keep_running(station, manager, is_asked_to_stop)
    finally:
        manager.stopping()
        log.info("stopping: every frame that was read gets its decision")
        station.stop()
    if faults := station.runner.faults():
        complain(" ".join(faults))
        raise typer.Exit(3)


def keep_running(station: Station, manager: ServiceManager, is_asked_to_stop: threading.Event) -> None:
    """Wait for a station that was started to end, or to be asked to; meanwhile tell the service manager that it lives.

    A station with a thread that hangs or has died is not alive: then the manager hears nothing, and starts it anew.
    """
    manager.ready()
    while not is_asked_to_stop.is_set() and not station.wait(manager.period_s):
        if stuck := station.runner.stuck():
            manager.stuck(" ".join(stuck))
        else:
            manager.alive()
