"""A simulated line-scan camera that is acquired like any other: through a GenTL producer and harvesters.

with SimulatedCamera(WebSettings(), lines=1024, line_rate_hz=10_000) as camera:
    source = GenTLSource(camera.settings())
    ...
    camera.fault(Fault.DROP, frames=3)
"""

import contextlib
import json
import math
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from camera.child_process import spawn
from camera.errors import ProducerError, SettingsError
from camera.settings import DeviceChoice, GenTLSettings
from camera.simulated.producer.build import build_producer, cache_folder
from camera.simulated.web_feed import FOREVER, BufferInfo, Fault, Feed, FeedShape
from camera.web.place import CameraPlace
from camera.web.settings import WebSettings

__all__ = ["BufferInfo", "Fault", "SimulatedCamera"]

DEVICES_MAX = 4
FIRST_BLOCK_TIMEOUT_S = 60.0


class SimulatedCamera:
    """A rig of up to four simulated cameras, each with its own cable to pull. The first start compiles the producer
    (`camera.simulated.producer`).

    With places all look at one web, each from its own: it moves on when all have rendered it, so that one encoder
    counts for all, also where a camera is unplugged or frozen. Without, device k has a web of its own, of seed + k.
    """

    def __init__(
        self,
        web: WebSettings | None = None,
        *,
        lines: int = 1024,
        line_rate_hz: float = 10_000.0,
        devices: int = 1,
        places: Sequence[CameraPlace] = (),
        first_line: int = 0,
        slots: int = 8,
        renderer: str | None = None,
        cache: Path | None = None,
    ) -> None:
        """`lines` of a block, `slots` blocks that the sensor's memory holds, `renderer` a `module:Class` (Renderer).

        `places`: one for each device, in place of `devices`. The encoder begins at `first_line`, or later: where it has
        counted so far that the web's line 0 has come to the last roller with a camera. A camera without a seed has the
        web's plus its number.
        """
        devices = len(places) or devices
        if not 1 <= devices <= DEVICES_MAX:
            raise SettingsError(f"devices: a simulated rig has 1 to {DEVICES_MAX}, not {devices}")
        if lines < 1 or line_rate_hz <= 0 or slots < 4:
            raise SettingsError("a simulated rig needs lines >= 1, line_rate_hz > 0 and slots >= 4")
        self._web = web or WebSettings()
        self._lines = lines
        self._line_rate_hz = line_rate_hz
        self._devices = devices
        self.places = tuple(
            place if place.seed is not None else place.model_copy(update={"seed": self._web.seed + device})
            for device, place in enumerate(places)
        )
        """Where each device looks at the web that all see; none where each has a web of its own."""
        farthest_mm = max((place.along_mm for place in places), default=0.0)
        self._first_line = max(first_line, math.ceil(farthest_mm * 1000.0 / self._web.pixel_pitch_um))
        self._slots = slots
        self._renderer = renderer or ("camera.web:PlacedWeb" if places else "camera.web:SimulatedWeb")
        self._cache = cache or cache_folder()
        self._folder: Path | None = None
        self._feed_paths: list[Path] = []
        self._feeds: list[Feed] = []
        self._generators: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Build the producer if need be, and let the web run; returns once every device has seen its first block.

        Raises ProducerError if there is no compiler, or if the web can't be rendered.
        """
        built = build_producer(self._cache)
        _remove_stale_rigs(self._cache)
        token = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._folder = self._cache / f"rig-{token}"
        try:
            self._folder.mkdir()
            shutil.copyfile(built, self.producer)  # each rig has its own, with its feeds beside it
            for device in range(self._devices):
                self._make_feed(device, token)
            for device in range(self._devices):
                self._start_device(device)
            self._await_first_blocks()
        except OSError as error:
            self.stop()
            raise ProducerError(f"the simulated camera could not be set up in {self._cache}: {error}") from error
        except BaseException:
            self.stop()
            raise

    @property
    def producer(self) -> Path:
        """The .cti to name in a camera's settings; it exists from `start` to `stop`."""
        return self._rig_folder / "simulated.cti"

    @property
    def _rig_folder(self) -> Path:
        if self._folder is None:
            raise SettingsError(
                "the simulated camera is not running: call start() first, or use it in a with statement"
            )
        return self._folder

    def web_settings(self, device: int = 0) -> WebSettings:
        """What this device looks at: render it again (from its place, if any) to know what must have been seen."""
        return self._web if self.places else self._web.model_copy(update={"seed": self._web.seed + device})

    @property
    def first_line(self) -> int:
        """Where the encoder begins to count."""
        return self._first_line

    def serial_number(self, device: int = 0) -> str:
        """By which the device is chosen."""
        return f"WEB{device:05d}"

    def settings(self, device: int = 0, /, **changes: Any) -> GenTLSettings:
        """Settings of a camera of this rig, with `changes` to any field of GenTLSettings."""
        fields: dict[str, Any] = {
            "name": f"cam{device}",
            "producer": self.producer,
            "device": DeviceChoice(serial_number=self.serial_number(device)),
            "pixel_pitch_x_um": self._web.pixel_pitch_um,
            "pixel_pitch_y_um": self._web.pixel_pitch_um,
            "line_rate_hz": self._line_rate_hz,
        }
        return GenTLSettings.model_validate({**fields, **changes})

    def fault(self, fault: Fault, *, frames: int | None = None, device: int | None = None) -> None:
        """Spoil the next `frames` frames (None: until cleared) of one device, or of all.

        Unplugging and standing still have no count. A web that several see stands for all, whichever device is named.
        """
        if fault in (Fault.UNPLUG, Fault.STAND) and frames is not None:
            raise SettingsError(
                f"a pulled cable or a web that stands has no number of frames: fault({fault.name}), then clear_faults()"
            )
        for feed in self._feeds_of(device):
            feed.set_fault(fault, FOREVER if frames is None else frames)

    def lay_out(
        self,
        *,
        line_padding_bytes: int = 0,
        image_padding_bytes: int = 0,
        image_offset_bytes: int = 0,
        frames: int | None = None,
        device: int | None = None,
    ) -> None:
        """Put the next frames' pixels into their buffers with bytes between, and announce that truly.

        Up to 64 bytes behind each line, 8 KiB before and behind the image.
        """
        for feed in self._feeds_of(device):
            feed.set_layout(
                line_padding=line_padding_bytes,
                image_padding=image_padding_bytes,
                image_offset=image_offset_bytes,
                frames=FOREVER if frames is None else frames,
            )

    def announce(
        self, info: BufferInfo, value: int | None, *, frames: int | None = None, device: int | None = None
    ) -> None:
        """Let the producer say something else than the truth of the next frames' buffers; None: "not implemented"."""
        for feed in self._feeds_of(device):
            feed.set_saying(info, value, FOREVER if frames is None else frames)

    def number_frames(self, *, modulus: int = 0, offset: int = 0, device: int | None = None) -> None:
        """Let frame ids begin again at 1 after `modulus` (0: never); `offset` is added to each from now on."""
        for feed in self._feeds_of(device):
            feed.set_ids(modulus=modulus, offset=offset)

    def clear_faults(self, *, device: int | None = None) -> None:
        """All is well again: a pulled cable is back in, the web moves, buffers are plain and truly told."""
        for feed in self._feeds_of(device):
            for fault in Fault:
                feed.set_fault(fault, 0)
            for info in BufferInfo:
                feed.set_saying(info, None, 0)
            feed.set_layout(line_padding=0, image_padding=0, image_offset=0, frames=0)
            feed.set_ids(modulus=0, offset=0)

    def line_rate_hz(self, device: int = 0) -> float:
        """How fast the web passes now: the camera's AcquisitionLineRate sets it; the lowest, where all see one web."""
        return min(feed.line_rate_hz for feed in self._feeds_of(None if self.places else device))

    def run_at(self, line_rate_hz: float, *, device: int | None = None) -> None:
        """Let the web pass so fast from the next block on, until the camera is told another AcquisitionLineRate."""
        if line_rate_hz <= 0:
            raise SettingsError(f"a web can't pass at {line_rate_hz:g} lines per second: fault(Fault.STAND) stops it")
        for feed in self._feeds_of(device):
            feed.set_line_rate(line_rate_hz)

    def blocks_passed(self, device: int = 0) -> int:
        """How many blocks of web have gone by since the start, seen or not."""
        return self._feeds[device].newest_block

    def encoder_lines(self) -> float:
        """What the first device's encoder has counted by now: where the line's other sensors take it to be."""
        return self._feeds[0].encoder_lines()

    def output(self, device: int = 0) -> tuple[bool, list[int]]:
        """Level of a device's UserOutput0, and where the web was, in lines, whenever it rose; the last 128 times."""
        return self._feeds[device].output

    @property
    def pids(self) -> tuple[int, ...]:
        """The generators' processes."""
        return tuple(process.pid for process in self._generators)

    def stop(self) -> None:
        """Stop the web and remove everything; safe in any state."""
        for process in self._generators:
            process.kill()
            process.wait()
            if process.stderr is not None:
                process.stderr.close()
        for path in self._feed_paths:
            path.unlink(missing_ok=True)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._generators, self._feeds, self._feed_paths, self._folder = [], [], [], None

    def _feeds_of(self, device: int | None) -> list[Feed]:
        return [feed for index, feed in enumerate(self._feeds) if device in (None, index)]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _make_feed(self, device: int, token: str) -> None:
        web = self.web_settings(device)
        width_px = self.places[device].width_on(web) if self.places else web.width_px
        shape = FeedShape(width_px, self._lines, web.bit_depth, self._slots)
        path = _shared_memory_folder() / f"web-feed-{token}-{device}"
        self._feed_paths.append(path)
        self._feeds.append(
            Feed.create(
                path,
                shape,
                line_rate_hz=self._line_rate_hz,
                serial_number=self.serial_number(device),
                user_id=f"web-{device}",
            )
        )
        (self._rig_folder / f"feed-{device}").symlink_to(path)

    def _start_device(self, device: int) -> None:
        order = {
            "feed": str(self._feed_paths[device]),
            "folder": str(self._rig_folder),
            "web": self.web_settings(device).model_dump(mode="json"),
            "place": self.places[device].model_dump(mode="json") if self.places else None,
            "is_led": bool(self.places) and device > 0,
            "led": [str(path) for path in self._feed_paths[1:]] if self.places and device == 0 else [],
            "renderer": self._renderer,
            "first_line": self._first_line,
            "parent": os.getpid(),
        }
        self._generators.append(spawn("camera.simulated.web_feed", [json.dumps(order)], stderr=subprocess.PIPE))

    def _await_first_blocks(self) -> None:
        give_up_s = time.monotonic() + FIRST_BLOCK_TIMEOUT_S
        while not all(feed.newest_block for feed in self._feeds):
            for device, process in enumerate(self._generators):
                if process.poll() is not None:
                    words = process.stderr.read().decode(errors="replace") if process.stderr else ""
                    raise ProducerError(
                        f"the simulated web of device {device} could not be rendered "
                        f"(its process ended with {process.returncode}): {words.strip()[-2000:]}"
                    )
            if time.monotonic() > give_up_s:
                raise ProducerError(f"the simulated web gave no block within {FIRST_BLOCK_TIMEOUT_S:.0f} s")
            time.sleep(0.005)


def _shared_memory_folder() -> Path:
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and os.access(memory, os.W_OK) else Path(tempfile.gettempdir())


def _remove_stale_rigs(cache: Path) -> None:
    """What rigs left behind that were killed together with their generators."""
    for folder in cache.glob("rig-*-*"):
        owner = folder.name.split("-")[1]
        if owner.isdigit() and not Path("/proc", owner).exists():
            for link in folder.glob("feed-*"):
                with contextlib.suppress(OSError):
                    link.readlink().unlink()
            shutil.rmtree(folder, ignore_errors=True)
