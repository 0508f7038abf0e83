"""The pages beside a station that runs in this process: started, and ended with it; never waited for."""

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inspection.cli.console import ERR, complain
from inspection.cli.pages import MISSING
from inspection.station import Station

_PATIENCE_S = 5.0


@contextmanager
def pages_beside(station: Station, port: int) -> Iterator[None]:
    """Pages for the demo, with its guest. Without the extra `pages` it says so and goes on.

    No pipe lies between the two processes: pages that hang or die never hold the station up.
    """
    if importlib.util.find_spec("nicegui") is None or importlib.util.find_spec("argon2") is None:
        complain(MISSING)
        ERR.print("going on without pages")
        yield
        return
    process = subprocess.Popen(_command(station, port), stdin=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _command(station: Station, port: int) -> list[str]:
    settings = station.settings
    options: dict[str, str | Path] = {
        "--state-dir": settings.state_dir,
        "--models-dir": settings.models_dir,
        "--recipe": settings.recipe_path,
        "--name": settings.name,
        "--api-url": station.api_url,
        "--port": str(port),
    }
    words = [str(word) for option in options.items() for word in option]
    return [sys.executable, "-m", "inspection.cli", "pages", "--guest", *words]
