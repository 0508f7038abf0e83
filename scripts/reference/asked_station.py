"""What a real station answers, which runs as long as it takes to ask: `inspection run` on a simulated web."""

import socket
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

_SETTINGS = """\
recipe = "anode"
models_dir = "{models}"

[[cameras]]
kind = "simulated"
lines = 64
line_rate_hz = 640.0
web = {{ width_px = 256, severity = "clean" }}

[api]
port = {port}

[archive]
min_free_gb = 0
"""
_LONGEST_START_S, _LONGEST_STOP_S, _PAUSE_S = 120.0, 60.0, 0.1


def openapi_document(models: Path) -> dict[str, Any]:
    """The API's own description. `models`: folder of the models. Raises RuntimeError when no station starts."""
    with TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
        free.close()
        config = Path(folder) / "station.toml"
        config.write_text(_SETTINGS.format(models=models, port=port), encoding="utf-8")
        command = [sys.executable, "-m", "inspection.cli", "run", "--config", str(config)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as station:
            try:
                return _document(f"http://127.0.0.1:{port}/openapi.json", station)
            finally:
                station.terminate()
                station.communicate(timeout=_LONGEST_STOP_S)


def _document(address: str, station: "subprocess.Popen[str]") -> dict[str, Any]:
    end_s = time.monotonic() + _LONGEST_START_S
    while time.monotonic() < end_s and station.poll() is None:
        try:
            document: dict[str, Any] = httpx.get(address).raise_for_status().json()
        except httpx.TransportError:  # not there yet, or on its way
            time.sleep(_PAUSE_S)
        else:
            return document
    if station.poll() is None:
        raise RuntimeError(f"The station that was started did not answer at {address} for {_LONGEST_START_S:g} s.")
    raise RuntimeError(f"The station ended with {station.returncode}: {station.communicate()[1]}")
