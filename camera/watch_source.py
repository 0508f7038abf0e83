"""Takes the images that another system drops into a folder, each when it is complete."""

import time
from dataclasses import dataclass
from pathlib import Path

from camera.errors import SettingsError, UnreadableImage
from camera.file_frames import FileFrames
from camera.frame import Pixels, Reading
from camera.image_file import IMAGE_SUFFIXES, read_image
from camera.settings import WatchSettings
from camera.source import SourceStatus

_POLL_S = 0.02


@dataclass(slots=True)
class _Arrival:
    """A file that has appeared and is not taken yet."""

    first_seen_s: float
    size: int
    unchanged_since_s: float


class WatchSource:
    """Hands files on in the order in which they appeared (by name among those seen at once)."""

    waits_for_station = True

    def __init__(self, settings: WatchSettings) -> None:
        self._settings = settings
        self._taken_folder = settings.folder / "taken"
        self._arrivals: dict[Path, _Arrival] = {}
        self._frames = FileFrames(settings.name, settings.pixel_pitch_um, settings.bit_depth)
        self._trouble: str | None = "not started"

    def start(self) -> None:
        """Checks that files can be seen and moved. Raises SettingsError."""
        folder = self._settings.folder
        if not folder.is_dir():
            raise SettingsError(
                f"folder {folder}: is no folder; create it, or name the one that images are dropped into"
            )
        try:
            self._taken_folder.mkdir(exist_ok=True)
            probe = self._taken_folder / ".writable"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise SettingsError(
                f"folder {self._taken_folder}: can't be written ({error.strerror}); taken images are moved there"
            ) from error
        self._trouble = None

    def read(self, timeout_s: float) -> Reading | None:
        """The next complete image; an image that stays incomplete is handed on as unreadable after `give_up_ms`."""
        end = time.monotonic() + timeout_s
        while True:
            self._look()
            reading = self._take_first()
            if reading is not None:
                return reading
            left = end - time.monotonic()
            if left <= 0:
                return None
            time.sleep(min(_POLL_S, left))

    def stop(self) -> None:
        """Leaves the files that were not taken where they are."""
        self._arrivals.clear()
        self._trouble = "stopped"

    def status(self) -> SourceStatus:
        """Not connected while the folder can't be listed."""
        return SourceStatus(
            camera=self._settings.name,
            kind="watch",
            is_connected=self._trouble is None,
            detail=self._trouble or f"watches {self._settings.folder}",
            counters=dict(self._frames.counters),
            last_frame_age_s=self._frames.last_frame_age_s,
        )

    def _look(self) -> None:
        now = time.monotonic()
        try:
            found = {
                path: path.stat().st_size
                for path in self._settings.folder.iterdir()
                if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")
            }
        except FileNotFoundError:  # a file was renamed between listing and stat, or the folder is gone
            if not self._settings.folder.is_dir():
                self._trouble = f"folder {self._settings.folder} is gone; waiting for it to come back"
            return
        except OSError as error:
            self._trouble = f"folder {self._settings.folder} can't be listed ({error.strerror}); waiting"
            return
        self._trouble = None
        for path in [p for p in self._arrivals if p not in found]:
            del self._arrivals[path]
        for path in sorted(found):
            arrival = self._arrivals.setdefault(path, _Arrival(now, found[path], now))
            if arrival.size != found[path]:
                arrival.size, arrival.unchanged_since_s = found[path], now

    def _take_first(self) -> Reading | None:
        if not self._arrivals:
            return None
        path, arrival = next(iter(self._arrivals.items()))
        now = time.monotonic()
        if now - arrival.unchanged_since_s < self._settings.settle_ms / 1000.0:
            return None
        outcome: Pixels | UnreadableImage
        try:
            outcome = read_image(path)
        except UnreadableImage as error:
            if now - arrival.first_seen_s < self._settings.give_up_ms / 1000.0:
                return None
            outcome = error
        del self._arrivals[path]
        path.replace(self._taken_folder / path.name)
        return self._frames.reading(path.name, outcome)
