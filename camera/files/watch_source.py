"""Takes the images that another system drops into a folder, each when it is complete."""

import os
import time
from dataclasses import dataclass
from itertools import islice

from camera.errors import SettingsError, UnreadableImage
from camera.files.file_frames import FileFrames
from camera.files.file_names import natural_order
from camera.files.image_file import IMAGE_SUFFIXES, kind_of_entry
from camera.files.taken_folder import FileIdentity, TakenFolder, shown_name
from camera.frame import FrameId, Pixels, Reading
from camera.settings import WatchSettings
from camera.source import SourceStatus

_POLL_S = 0.02
_LISTING_SHARE = 10
"""Between two looks at the whole folder lies so many times what one takes: 20,000 names are not read every 20 ms."""
_MOST_PASSED = 50
"""Images that are still being written are asked so many at a time whether they are complete."""
_NAMED = 3


@dataclass(slots=True)
class _Arrival:
    """A file that has appeared and is not taken yet."""

    first_seen_s: float
    age_s: float
    """How old it was then, by the file system's clock: it may have lain there while no station ran."""
    identity: FileIdentity
    unchanged_since_s: float
    tried: FileIdentity | None = None
    """As it was when it did not decode."""


class WatchSource:
    """Hands files on in the order in which they appeared (by name among those seen at once)."""

    waits_for_station = True

    def __init__(self, settings: WatchSettings) -> None:
        self._settings = settings
        self._folder = settings.folder
        self._give_up_s = settings.give_up_ms / 1000.0
        self._taken = TakenFolder(settings.folder)
        self._arrivals: dict[str, _Arrival] = {}
        self._shown: dict[int, tuple[str, FileIdentity]] = {}
        """By frame number: what was handed on and still lies in the folder, since its decision is not on disk yet."""
        self._known: dict[str, FileIdentity] = {}
        """By name: what was handed on, until it is out of the folder."""
        self._others: dict[str, str] = {}
        """Entries with an image's name that are no regular files, and what they are."""
        self._growing: str | None = None
        self._list_again_s = 0.0
        self._frames = FileFrames(settings.name, settings.pixel_pitch_um, settings.bit_depth, settings.max_mpx)
        self._is_open = False
        self._trouble: str | None = "not started"

    def start(self) -> None:
        """Checks that files can be seen and moved. Raises SettingsError."""
        if not self._folder.is_dir():
            raise SettingsError(
                f"folder {self._folder}: is no folder; create it, or name the one that images are dropped into"
            )
        self._taken.check()
        self._is_open, self._trouble = True, None

    def read(self, timeout_s: float) -> Reading | None:
        """The next complete image; one that stays incomplete is handed on as unreadable after `give_up_ms`."""
        end = time.monotonic() + timeout_s
        while True:
            self._put_away()
            self._look()
            reading = self._take_first()
            if reading is not None:
                return reading
            left = end - time.monotonic()
            if left <= 0:
                return None
            time.sleep(min(_POLL_S, left))

    def decided(self, frame: FrameId) -> None:
        """Its image is moved to `taken`: by the reader, so that a slow folder holds no decision up."""
        if (shown := self._shown.pop(frame.number, None)) is not None:
            self._taken.put(*shown)
        if not self._is_open:
            self._taken.move()

    def stop(self) -> None:
        """Leaves the files that were not taken where they are; those still to be decided are moved when they are."""
        self._is_open, self._trouble = False, "stopped"
        self._arrivals.clear()
        self._taken.move()

    def status(self) -> SourceStatus:
        """Not connected while the folder can't be listed, or images that were decided can't be moved out of it."""
        trouble = self._trouble or self._taken.trouble
        waiting = len(self._arrivals)
        return SourceStatus(
            camera=self._settings.name,
            kind="watch",
            is_connected=trouble is None,
            detail=trouble or f"watches {self._folder}",
            counters=dict(self._frames.counters),
            last_frame_age_s=self._frames.last_frame_age_s,
            waiting=waiting,
            oldest_waiting_s=self._oldest_waiting_s(),
            alarm=" ".join(self._alarms()) or None,
        )

    def _alarms(self) -> list[str]:
        alarms = []
        waiting, oldest_s = len(self._arrivals), self._oldest_waiting_s()
        if waiting > self._settings.backlog_alarm_files or (oldest_s or 0.0) > self._settings.backlog_alarm_s:
            alarms.append(
                f"{waiting} images wait in {self._folder}, the oldest for {oldest_s or 0.0:.0f} s: what they show is "
                "long past when it is decided. See why the station is slower than what drops them, or has stood still."
            )
        if self._growing is not None:
            alarms.append(f"{self._growing} has been written to for long; later images are taken before it.")
        if others := list(self._others.items()):
            named = ", ".join(f"{shown_name(name)} ({what})" for name, what in others[:_NAMED])
            more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
            alarms.append(f"Not looked at, since they are no files: {named}{more} in {self._folder}. Remove them.")
        if self._frames.hint:
            alarms.append(self._frames.hint)
        return alarms

    def _oldest_waiting_s(self) -> float | None:
        now = time.monotonic()
        # Asked by any thread: a copy, since the reader changes it meanwhile.
        return max((now - a.first_seen_s + a.age_s for a in self._arrivals.copy().values()), default=None)

    def _put_away(self) -> None:
        for name, identity in self._taken.move():
            if self._known.get(name) == identity:
                del self._known[name]

    def _look(self) -> None:
        """Learn of files that have come or gone; those that were there already are not asked anything."""
        began = time.monotonic()
        if began < self._list_again_s:
            return
        try:
            self._list(began)
            self._trouble = None
        except FileNotFoundError:
            self._trouble = f"folder {self._folder} is gone; waiting for it to come back"
        except OSError as error:
            self._trouble = f"folder {self._folder} can't be listed ({error.strerror}); waiting"
        now = time.monotonic()
        self._list_again_s = now + max(_POLL_S, _LISTING_SHARE * (now - began))

    def _list(self, now: float) -> None:
        present: set[str] = set()
        others: dict[str, str] = {}
        arrived: dict[str, _Arrival] = {}
        with os.scandir(self._folder) as entries:
            for entry in entries:
                if entry.name.startswith(".") or os.path.splitext(entry.name)[1].lower() not in IMAGE_SUFFIXES:
                    continue
                present.add(entry.name)
                if entry.name in self._arrivals:
                    continue
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:  # renamed since it was listed
                    continue
                identity = FileIdentity.of(status)
                if (kind := kind_of_entry(status.st_mode)) is not None:
                    others[entry.name] = kind
                elif self._known.get(entry.name) != identity:
                    arrived[entry.name] = _Arrival(now, max(0.0, time.time() - status.st_ctime), identity, now)
        for name in [n for n in self._arrivals if n not in present]:
            del self._arrivals[name]
        for name in sorted(arrived, key=natural_order):
            self._arrivals[name] = arrived[name]
        self._others = others

    def _take_first(self) -> Reading | None:
        """The first image that is complete; none passes another, but one that is written to for too long."""
        self._growing = None
        for name in list(islice(self._arrivals, _MOST_PASSED)):
            arrival = self._arrivals[name]
            outcome = self._look_at(name, arrival)
            if outcome is not None:
                del self._arrivals[name]
                reading = self._frames.reading(outcome)
                self._known[name] = arrival.identity
                self._shown[reading.id.number] = (name, arrival.identity)
                return reading
            if name in self._arrivals:
                if time.monotonic() - arrival.first_seen_s < self._give_up_s:
                    return None
                self._growing = self._growing or shown_name(name)
        return None

    def _look_at(self, name: str, arrival: _Arrival) -> Pixels | UnreadableImage | None:
        """What the file holds, None while it may still become another; it leaves the arrivals if it has gone."""
        if not self._is_unchanged(name, arrival):
            return None
        quiet_s = time.monotonic() - arrival.unchanged_since_s
        is_last_try = quiet_s >= self._give_up_s
        if quiet_s < self._settings.settle_ms / 1000.0 or (arrival.tried == arrival.identity and not is_last_try):
            return None
        outcome = self._frames.look_at(self._folder / name, follow_links=False)
        if not self._is_unchanged(name, arrival):  # written to, replaced or taken away while it was read
            return None
        if isinstance(outcome, UnreadableImage) and not is_last_try:
            arrival.tried = arrival.identity
            return None
        return outcome

    def _is_unchanged(self, name: str, arrival: _Arrival) -> bool:
        """Whether a file is there as it was; if not, it begins anew or is no arrival any more."""
        try:
            status = (self._folder / name).lstat()
        except FileNotFoundError:
            del self._arrivals[name]
            return False
        except OSError:
            return True  # reading it says what is wrong
        if kind_of_entry(status.st_mode) is not None:
            del self._arrivals[name]
            return False
        if (identity := FileIdentity.of(status)) != arrival.identity:
            arrival.identity, arrival.unchanged_since_s = identity, time.monotonic()
            return False
        return True
