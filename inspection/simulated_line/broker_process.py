"""A broker of one's own for the time of a run: Mosquitto, on a free port of this machine."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

from inspection.errors import LineError

_START_S = 20.0


class BrokerProcess:
    """Use it as a context. Raises LineError: there is no Mosquitto, or it does not start."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder, self._port = folder, port
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "BrokerProcess":
        program = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
        if program is None:
            raise LineError("--output mqtt needs a broker: install mosquitto (Debian, Ubuntu: apt install mosquitto).")
        settings = self._folder / "mosquitto.conf"
        settings.write_text(f"listener {self._port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 100000\n")
        self._process = subprocess.Popen(
            [program, "-c", str(settings)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until_s = time.monotonic() + _START_S
        while time.monotonic() < until_s and self._process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self._port), 0.5):
                    return self
            except OSError:
                time.sleep(0.05)
        self.__exit__()
        raise LineError(f"Mosquitto did not start with {settings}: see what it says about it.")

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
