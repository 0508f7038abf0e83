"""The station that a simulated line runs: a process of its own, so that it can be stalled, killed and started again."""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from camera.child_process import spawn
from inspection.client import Client, ClientError
from inspection.errors import LineError

_START_S = 120.0
_END_S = 60.0


class StationProcess:
    """`inspection run` on settings that were written for it. Use it as a context."""

    def __init__(self, settings: Mapping[str, Any], folder: Path, port: int) -> None:
        """`settings`: as in station.toml; `folder` of its file, its state and its log; `port` of its API."""
        self.url = f"http://127.0.0.1:{port}"
        self._settings = folder / "station.toml"
        self._settings.write_text(as_toml(settings))
        self._log = folder / "station.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "StationProcess":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it; returns once it inspects. Raises LineError: what its log says last."""
        with self._log.open("ab") as log:
            self._process = spawn(
                "inspection.cli",
                ["run", "--config", str(self._settings), "--log-format", "json"],
                stdout=log.fileno(),
                stderr=log.fileno(),
            )
        until_s = time.monotonic() + _START_S
        with Client(self.url) as station:
            while time.monotonic() < until_s:
                if self._process.poll() is not None:
                    break
                with contextlib.suppress(ClientError):
                    if station.status().state == "running":
                        return
                time.sleep(0.1)
        self.kill()
        last = self._log.read_text(errors="replace").strip().splitlines()[-5:]
        raise LineError(f"The simulated line's station did not start, see {self._log}: {' '.join(last)[-2000:]}")

    def stop(self) -> None:
        """Let it decide what it has read, then end it."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(_END_S)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """Kill -9: nothing is handed on, nothing tidied."""
        if self._process is not None and self._process.poll() is None:
            for each in psutil.Process(self._process.pid).children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    each.kill()
            self._process.kill()
            self._process.wait()

    def stall(self, *, stalls: bool) -> None:
        """Freeze it, or let it go on."""
        if self._process is not None and self._process.poll() is None:
            os.kill(self._process.pid, signal.SIGSTOP if stalls else signal.SIGCONT)

    def kill_doors(self) -> None:
        """Kill -9 for the processes of its doors."""
        if self._process is None:
            return
        for each in psutil.Process(self._process.pid).children():
            with contextlib.suppress(psutil.Error):
                if "inspection.line.door_process" in each.cmdline():
                    each.kill()


def as_toml(settings: Mapping[str, Any]) -> str:
    """Settings without empty values, as TOML.

    >>> as_toml({"name": "a", "api": {"port": 1}, "cameras": [{"name": "c", "device": {"serial_number": "7"}}]})
    'name = "a"\\napi = { port = 1 }\\ncameras = [{ name = "c", device = { serial_number = "7" } }]\\n'
    """
    return "".join(f"{name} = {_value(value)}\n" for name, value in settings.items() if value is not None)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        told = ", ".join(f"{name} = {_value(each)}" for name, each in value.items() if each is not None)
        return f"{{ {told} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(each) for each in value)}]"
    return json.dumps(value)
