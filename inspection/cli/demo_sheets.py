"""What a line does that cuts sheets: its sensor sees where one begins, and it tells the station over the API."""

import json
import threading
import time
import urllib.error
import urllib.request
from types import TracebackType
from typing import Self

import structlog

from camera.simulated.simulated_camera import SimulatedCamera
from inspection.station.places import SheetSettings

SHEETS = SheetSettings(pitch_mm=102.0, tolerance_mm=15.0)
"""The tabs' pitch of layout L5. The tolerance is wide, for a busy machine tells late what its line saw."""
_LOOK_S = 0.002
_PATIENCE_S = 5.0
_log = structlog.get_logger("inspection.cli.demo_sheets")


class SheetLine:
    """Sends a trigger, with the sheet's id, whenever a sheet begins under the leading camera."""

    def __init__(self, rig: SimulatedCamera, camera: str, pitch_um: float) -> None:
        self._rig = rig
        self._camera = camera
        self._pitch_mm = pitch_um / 1000.0
        self._url = ""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="demo-sheets", daemon=True)

    def tell(self, api_url: str) -> Self:
        """From now on, to that API; use it as a context."""
        self._url = f"{api_url}/v1/triggers"
        self._thread.start()
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join(timeout=_PATIENCE_S)

    def _run(self) -> None:
        number = int(self._rig.encoder_lines() * self._pitch_mm // SHEETS.pitch_mm) + 1
        while not self._stopping.wait(_LOOK_S):
            if self._rig.encoder_lines() * self._pitch_mm >= number * SHEETS.pitch_mm:
                self._send(number)
                number += 1

    def _send(self, number: int) -> None:
        body = {
            "trigger_id": f"cut-{number}-{time.monotonic_ns()}",
            "piece_id": f"sheet-{number}",
            "camera": self._camera,
        }
        request = urllib.request.Request(
            self._url, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE_S):
                pass
        except (urllib.error.URLError, OSError) as error:
            _log.warning("the station did not take a trigger", sheet=number, error=str(error))
