"""A folder of images, shown as if a camera saw them again."""

from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path

from camera.errors import SettingsError, UnreadableImage
from camera.file_frames import FileFrames
from camera.frame import EndOfFrames, Pixels, Reading
from camera.image_file import IMAGE_SUFFIXES, read_image
from camera.pace import Pace
from camera.settings import ReplaySettings
from camera.source import SourceStatus


def image_paths(folder: Path) -> list[Path]:
    """The folder's images in the order of their names. Raises SettingsError if it is missing or holds none."""
    if not folder.is_dir():
        raise SettingsError(f"folder {folder}: is no folder; give the folder that holds the images")
    paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES)
    if not paths:
        suffixes = ", ".join(sorted(IMAGE_SUFFIXES))
        raise SettingsError(f"folder {folder}: holds no image; expected files ending in {suffixes}")
    return paths


class ReplaySource:
    """Shows each image of a folder once, or for ever; a file that can't be read is a lost frame."""

    def __init__(self, settings: ReplaySettings) -> None:
        self._settings = settings
        self._pace = Pace(settings.line_rate_hz)
        self._frames = FileFrames(settings.name, settings.pixel_pitch_um, settings.bit_depth)
        self._paths: Iterator[Path] = iter(())
        self._next: tuple[str, Pixels | UnreadableImage] | None = None
        self._is_open = False

    @property
    def waits_for_station(self) -> bool:
        """A folder loses nothing by being read late, unless a line rate is asked for."""
        return self._settings.line_rate_hz is None

    def start(self) -> None:
        """Lists the folder. Raises SettingsError."""
        paths = image_paths(self._settings.folder)
        self._paths = chain.from_iterable(repeat(paths) if self._settings.repeat else (paths,))
        self._is_open = True

    def read(self, timeout_s: float) -> Reading | None:
        """The next image, when its last line is due."""
        if self._next is None:
            path = next(self._paths, None)
            if path is None:
                return EndOfFrames(f"all images of {self._settings.folder} were shown")
            self._next = (path.name, _outcome(path))
        name, image = self._next
        lines = self._frames.lines_px if isinstance(image, UnreadableImage) else int(image.shape[0])
        if not self._pace.wait(lines, timeout_s):
            return None
        self._next = None
        return self._frames.reading(name, image)

    def stop(self) -> None:
        """Forgets the folder."""
        self._paths, self._next, self._is_open = iter(()), None, False

    def status(self) -> SourceStatus:
        """Counters and the age of the last image."""
        return SourceStatus(
            camera=self._settings.name,
            kind="replay",
            is_connected=self._is_open,
            detail=f"replays {self._settings.folder}" if self._is_open else "stopped",
            counters=dict(self._frames.counters),
            last_frame_age_s=self._frames.last_frame_age_s,
        )


def _outcome(path: Path) -> Pixels | UnreadableImage:
    try:
        return read_image(path)
    except UnreadableImage as error:
        return error
