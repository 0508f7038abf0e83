"""One device opened through harvesters, with its six known hazards kept inside this file.

1. It holds the GIL while it waits: poll with no timeout, sleep in between; and live in a process of your own.
2. Re-queueing a buffer blackens it: copy first, and queue without clearing.
3. Its waits may never end: only `try_fetch` with a short timeout is used.
4. It discards incomplete frames silently: the INCOMPLETE_BUFFER callback counts them.
5. It doesn't notice that a device is gone: `check` asks the access status and reads a feature.
6. It makes pictures of what it believes of a buffer, padding and short frames left out: only raw buffers are fetched,
   and `buffer_geometry` says what is in them.

harvesters leaks when it is created again and again: open one device once for each process.
"""

import ctypes
import logging
import signal
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from camera.errors import DeviceLost, ProducerError, SettingsError
from camera.frame import Pixels
from camera.gentl import features
from camera.gentl.buffer_geometry import BIT_DEPTHS, Announced, Geometry, Unfit, picture_of
from camera.gentl.device_info import DeviceInfo, choose
from camera.loading import loading_advice
from camera.settings import GenTLSettings

POLL_TIMEOUT_S = 1e-4
BUFFERS_MIN = 8
NO_ACCESS = 3
"""DEVICE_ACCESS_STATUS_NOACCESS: what an open device answers once it is gone."""
INT64_END = 2**63


@dataclass(frozen=True, slots=True)
class RawFrame:
    """A frame in the producer's buffer: its pixels are valid until `GenTLDevice.release`."""

    number: int | None
    """The camera's own counter, None where the producer does not tell or tells rubbish (all bits set)."""
    content: Pixels | Unfit
    """(height, width) of the lines that came, or why there is no picture."""
    encoder: int | None
    device_ns: int | None


def load_harvesters() -> tuple[ModuleType, ModuleType]:
    """The core of harvesters and the genicam binding. Raises ProducerError if either can't be loaded."""
    try:
        import genicam.gentl
        import harvesters.core
    except ImportError as error:
        raise ProducerError(
            f"GenICam cameras need the packages harvesters and genicam, and they can't be loaded: {error}. "
            f"{loading_advice(error, 'camera')}"
        ) from error
    return harvesters.core, genicam.gentl


def open_producer(path: Path) -> Any:
    """A Harvester with this one producer and its devices listed. Raises ProducerError if it is no GenTL producer.

    Only ever called in a process of its own: a damaged library may take the process down.
    """
    core, gentl = load_harvesters()
    if not path.is_file():
        raise ProducerError(
            f"GenTL producer {path}: there is no such file; set `producer` to your camera vendor's .cti"
        )
    try:
        library = ctypes.CDLL(str(path))
    except OSError as error:
        raise ProducerError(
            f"GenTL producer {path} can't be loaded: {error}; is it damaged, or for another system?"
        ) from error
    if not hasattr(library, "GCInitLib"):
        raise ProducerError(f"GenTL producer {path} is a library, but no GenTL producer: it has no GCInitLib")
    quiet = logging.getLogger("camera.harvesters")
    quiet.setLevel(logging.CRITICAL)  # what it warns of is counted and reported here
    harvester = core.Harvester(logger=quiet)
    try:
        harvester.add_file(str(path))
        harvester.update()
    except gentl.GenericException as error:
        raise ProducerError(f"GenTL producer {path} fails to list its devices: {error}") from error
    return harvester


def devices_of(harvester: Any) -> tuple[DeviceInfo, ...]:
    """What the producer offers now."""
    _, gentl = load_harvesters()
    statuses = {1: "free", 2: "read only", 3: "not accessible", 4: "in use", 5: "open", 6: "open, read only"}

    def text(info: Any, name: str) -> str:
        try:
            return str(getattr(info, name) or "")
        except gentl.GenericException:  # many producers leave some of them out
            return ""

    found = []
    for info in harvester.device_info_list:
        status = text(info, "access_status")
        found.append(
            DeviceInfo(
                vendor=text(info, "vendor"),
                model=text(info, "model"),
                serial_number=text(info, "serial_number"),
                user_defined_name=text(info, "user_defined_name"),
                id=text(info, "id_"),
                tl_type=text(info, "tl_type"),
                access=statuses.get(int(status), "unknown") if status.isdigit() else "unknown",
            )
        )
    return tuple(found)


class GenTLDevice:
    """A device that is open, set up and, after `start`, delivering."""

    def __init__(self, producer: Path, settings: GenTLSettings) -> None:
        """Raises ProducerError, SettingsError or DeviceLost."""
        self._core, self._gentl = load_harvesters()
        self._incomplete = 0
        self._held: Any = None
        self._harvester = open_producer(producer)
        offered = devices_of(self._harvester)
        self.info = choose(offered, settings.device, str(producer))
        try:
            self._acquirer = self._harvester.create(offered.index(self.info))
        except self._gentl.GenericException as error:
            raise DeviceLost(
                f"{self.info.name}: can't be opened, is another program using it, or another camera of this station? "
                f"{error}"
            ) from error
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # harvesters has taken it over; the station ends this process
        self._nodes = self._acquirer.remote_device.node_map
        features.apply(self._nodes, settings)
        self.geometry = self._read_geometry()
        self.exposure_us = float(self._nodes.ExposureTime.value) if self._has("ExposureTime") else None
        self._wants_encoder = settings.chunks and getattr(self._nodes, "ChunkEncoderValue", None) is not None
        self._has_live_encoder = self._has("EncoderValue")

    def start(self, ring_slots: int) -> None:
        """Begin the acquisition. Raises DeviceLost if the device won't."""
        self._acquirer.num_buffers = max(BUFFERS_MIN, ring_slots // 2, self._acquirer.min_num_buffers)
        self._acquirer.timeout_period_on_update_event_data_call = 0
        self._acquirer.add_callback(self._core.ImageAcquirer.Events.INCOMPLETE_BUFFER, self._incomplete_callback())
        try:
            self._acquirer.start()
        except self._errors as error:
            raise DeviceLost(f"{self.info.name}: the acquisition does not start: {error}") from error

    def poll(self) -> RawFrame | None:
        """The next frame, or None if there is none now. Raises DeviceLost if the producer fails."""
        try:
            self._held = self._acquirer.try_fetch(timeout=POLL_TIMEOUT_S, is_raw=True)
            return None if self._held is None else self._describe(self._held)
        except self._errors as error:
            raise DeviceLost(f"{self.info.name}: the producer fails: {error}") from error

    def release(self) -> None:
        """Give the polled frame's buffer back; its pixels are not valid any more."""
        raw, self._held = self._held, None
        raw.parent.queue_buffer(raw, False)

    def take_incomplete(self) -> int:
        """How many frames arrived with lines missing since last asked."""
        count, self._incomplete = self._incomplete, 0
        return count

    def underruns(self) -> int:
        """Frames that the producer had no buffer for, 0 if it does not count them."""
        try:
            return int(self._acquirer.data_streams[0].num_underrun)
        except self._gentl.GenericException:
            return 0

    def live_encoder(self) -> int | None:
        """Where the web is now by EncoderValue, None where the device does not tell."""
        if not self._has_live_encoder:
            return None
        try:
            return _int64(self._nodes.EncoderValue.value)
        except self._errors:
            return None

    def set_output(self, output: str, *, level: bool) -> bool:
        """Set a user output, as UserOutputSelector names it. False: the device does not do it."""
        if getattr(self._nodes, "UserOutputValue", None) is None:
            return False
        try:
            self._nodes.UserOutputSelector.value = output
            self._nodes.UserOutputValue.value = level
        except self._errors:
            return False
        return True

    def check(self) -> None:
        """Raises DeviceLost if the device does not answer."""
        try:
            status = self._acquirer.device.access_status
        except self._gentl.GenericException:
            status = None  # some producers don't tell; the feature below will
        if status == NO_ACCESS:
            raise DeviceLost(f"{self.info.name}: gone; look at cable and power")
        try:
            _ = self._nodes.Width.value
        except self._errors as error:
            raise DeviceLost(f"{self.info.name}: does not answer, look at cable and power: {error}") from error

    def close(self) -> None:
        """Stop and let go. A device that is gone makes harvesters stumble; what is left over ends with the process."""
        for step in (self._acquirer.stop, self._acquirer.destroy, self._harvester.reset):
            try:
                step()
            except self._errors:
                continue

    @property
    def _errors(self) -> tuple[type[Exception], ...]:
        import genicam.genapi

        return self._gentl.GenericException, genicam.genapi.GenericException

    def _has(self, feature: str) -> bool:
        return features.has_readable(self._nodes, feature)

    def _read_geometry(self) -> Geometry:
        geometry = Geometry(
            int(self._nodes.Width.value), int(self._nodes.Height.value), str(self._nodes.PixelFormat.value)
        )
        if geometry.pixel_format not in BIT_DEPTHS:
            raise SettingsError(
                f"{self.info.name}: its PixelFormat is {geometry.pixel_format}, this station reads "
                f"{', '.join(BIT_DEPTHS)}: set `pixel_format` (the device offers "
                f"{', '.join(self._nodes.PixelFormat.symbolics)})"
            )
        return geometry

    def _incomplete_callback(self) -> Any:
        device = self

        class Incomplete(self._core.Callback):  # type: ignore[misc, name-defined]
            def emit(self, context: Any = None) -> None:
                device._incomplete += 1

        return Incomplete()

    def _describe(self, raw: Any) -> RawFrame:
        announced = Announced(
            payload_type=self._told(raw, "payload_type"),
            has_image=self._is_told(raw, "contains_image"),
            pixel_format=self._told(raw, "pixel_format"),
            endianness=self._told(raw, "pixel_endianness"),
            width_px=self._told(raw, "width"),
            height_px=self._told(raw, "height"),
            delivered_height_px=self._told(raw, "delivered_image_height"),
            line_padding_bytes=self._told(raw, "padding_x"),
            image_padding_bytes=self._told(raw, "padding_y"),
            image_offset_bytes=self._told(raw, "image_offset"),
            filled_bytes=self._told(raw, "size_filled"),
            chunk_bytes=self._told(raw, "delivered_chunk_payload_size"),
            is_cut=self._is_told(raw, "has_received_larger_payload"),
        )
        content = picture_of(announced, raw.raw_buffer, self.geometry)
        return RawFrame(_int64(self._told(raw, "frame_id")), content, self._encoder(), self._device_ns(raw))

    def _told(self, raw: Any, name: str) -> int | None:
        """A number of the buffer, None where the producer does not tell."""
        try:
            value = getattr(raw, name)
            return int(value() if callable(value) else value)
        except self._gentl.GenericException:
            return None

    def _is_told(self, raw: Any, name: str) -> bool | None:
        told = self._told(raw, name)
        return None if told is None else bool(told)

    def _encoder(self) -> int | None:
        if not self._wants_encoder or not self._has("ChunkEncoderValue"):
            return None
        return _int64(self._nodes.ChunkEncoderValue.value)

    def _device_ns(self, raw: Any) -> int | None:
        return _int64(self._told(raw, "timestamp_ns")) or None


def _int64(value: Any) -> int | None:
    """A counter that fits into 64 bits with a sign, else None: a producer that does not know it sets all bits.

    >>> _int64(7), _int64(2**64 - 1), _int64(None)
    (7, None, None)
    """
    return int(value) if value is not None and -INT64_END < int(value) < INT64_END else None
