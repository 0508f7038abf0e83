"""A folder of images, shown as if a camera saw them again."""

import time
from collections import deque
from pathlib import Path

from camera.errors import SettingsError, UnreadableImage
from camera.files.file_frames import FileFrames
from camera.files.file_names import natural_order
from camera.files.image_file import IMAGE_SUFFIXES
from camera.frame import EndOfFrames, Pixels, Reading
from camera.pace import Pace
from camera.settings import ReplaySettings
from camera.source import SourceStatus

_LOOK_AGAIN_S = 1.0


def image_paths(folder: Path) -> list[Path]:
    """The folder's images in the natural order of their names, what systems leave beside them (`._*`) left out.

    Raises SettingsError if the folder is missing, can't be listed, or holds none.
    """
    if not folder.is_dir():
        raise SettingsError(f"folder {folder}: is no folder; give the folder that holds the images")
    try:
        paths = [p for p in folder.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES and not p.name.startswith(".")]
    except OSError as error:
        raise SettingsError(f"folder {folder}: can't be listed ({error.strerror}); check its rights") from error
    if not paths:
        suffixes = ", ".join(sorted(IMAGE_SUFFIXES))
        raise SettingsError(f"folder {folder}: holds no image; expected files ending in {suffixes}")
    return sorted(paths, key=lambda path: natural_order(path.name))


class ReplaySource:
    """Shows each image of a folder once, or for ever; a file that can't be read is a lost frame."""

    def __init__(self, settings: ReplaySettings) -> None:
        self._settings = settings
        self._pace = Pace(settings.line_rate_hz)
        self._frames = FileFrames(settings.name, settings.pixel_pitch_um, settings.bit_depth, settings.max_mpx)
        self._paths: deque[Path] = deque()
        self._next: Pixels | UnreadableImage | None = None
        self._is_open = False
        self._trouble: str | None = None

    @property
    def waits_for_station(self) -> bool:
        """A folder loses nothing by being read late, unless a line rate is asked for."""
        return self._settings.line_rate_hz is None

    def start(self) -> None:
        """Lists the folder. Raises SettingsError."""
        self._paths = deque(image_paths(self._settings.folder))
        self._is_open, self._trouble = True, None

    def read(self, timeout_s: float) -> Reading | None:
        """The next image, when its last line is due."""
        if self._next is None:
            if not self._paths and self._settings.repeat and self._is_open and not self._listed_again(timeout_s):
                return None
            if not self._paths:
                return EndOfFrames(f"all images of {self._settings.folder} were shown")
            self._next = self._frames.look_at(self._paths.popleft())
        lines = self._frames.lines_px if isinstance(self._next, UnreadableImage) else int(self._next.shape[0])
        if not self._pace.wait(lines, timeout_s):
            return None
        image, self._next = self._next, None
        return self._frames.reading(image)

    def stop(self) -> None:
        """Forgets the folder."""
        self._paths, self._next, self._is_open = deque(), None, False

    def status(self) -> SourceStatus:
        """Counters and the age of the last image."""
        return SourceStatus(
            camera=self._settings.name,
            kind="replay",
            is_connected=self._is_open and self._trouble is None,
            detail=(self._trouble or f"replays {self._settings.folder}") if self._is_open else "stopped",
            counters=dict(self._frames.counters),
            last_frame_age_s=self._frames.last_frame_age_s,
            alarm=self._frames.hint,
        )

    def _listed_again(self, timeout_s: float) -> bool:
        """Begin the folder anew; what is not there any more is waited for, not shown as lost for ever."""
        try:
            self._paths = deque(image_paths(self._settings.folder))
        except SettingsError as error:
            self._trouble = f"{error}; waiting for it to come back"
            time.sleep(min(timeout_s, _LOOK_AGAIN_S))
            return False
        self._trouble = None
        return True
