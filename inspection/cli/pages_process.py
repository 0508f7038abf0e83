"""The pages beside a station that runs in this process: started before it, and ended with it."""

import importlib.util
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inspection.cli.console import ERR, complain
from inspection.cli.pages import MISSING
from inspection.station.station import Station

_PATIENCE_S = 5.0
_START_S = 20.0
_LOOPBACK = "127.0.0.1"


@contextmanager
def pages_beside(station: Station, port: int) -> Iterator[None]:
    """Pages for the demo, with its guest; `port` 0: any free one. Without the extra `pages` it says so and goes on.

    It waits until they serve, at most 20 s: on two cores their start takes the time that the first blocks need.
    The only pipe between the two processes is the pages' input, into which nothing is ever written: it ends with this
    process, however it ends, and with it the pages. Pages that hang or die never hold the station up.
    """
    if importlib.util.find_spec("nicegui") is None or importlib.util.find_spec("argon2") is None:
        complain(MISSING)
        ERR.print("going on without pages")
        yield
        return
    port = port or _free_port()
    process = subprocess.Popen(_command(station, port), stdin=subprocess.PIPE)
    try:
        _wait_for(process, port)
        yield
    finally:
        process.terminate()
        try:
            process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        finally:
            assert process.stdin is not None, "made with a pipe"
            process.stdin.close()


def _free_port() -> int:
    with socket.create_server((_LOOPBACK, 0)) as server:
        return int(server.getsockname()[1])


def _wait_for(process: "subprocess.Popen[bytes]", port: int) -> None:
    """Until the pages serve, or have ended, or have had their time."""
    end_s = time.monotonic() + _START_S
    while process.poll() is None and time.monotonic() < end_s:
        try:
            socket.create_connection((_LOOPBACK, port), timeout=1.0).close()
        except OSError:
            time.sleep(0.1)
        else:
            return


def _command(station: Station, port: int) -> list[str]:
    settings = station.settings
    options: dict[str, str | Path] = {
        "--state-dir": settings.state_dir,
        "--models-dir": settings.models_dir,
        "--recipe": settings.recipe_path,
        "--name": settings.name,
        "--api-url": station.door("http").address,
        "--port": str(port),
    }
    words = [str(word) for option in options.items() for word in option]
    return [sys.executable, "-m", "inspection.cli", "pages", "--guest", "--ends-with-input", *words]
