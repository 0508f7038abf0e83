"""Any GenICam camera, through its vendor's GenTL producer: acquired in a process of its own, restarted for ever.

The camera's process may hang, crash or lose its device; the station hears of every block that passed meanwhile.
"""

import time
from collections import Counter, deque
from datetime import UTC, datetime
from pathlib import Path

from camera import errors
from camera.camera_events import CameraEvent, Ended, FrameMissing, FrameWritten, Ready
from camera.camera_link import CameraLink
from camera.discovery import resolve_producer
from camera.errors import CameraError, DeviceLost, ProducerError
from camera.frame import Frame, FrameId, LossReason, LostFrame, Pixels, Reading
from camera.frame_ledger import Arrival, Delivered, FrameLedger, Lost
from camera.ring import SlotHeader
from camera.settings import GenTLSettings
from camera.source import SourceStatus

START_TIMEOUT_S = 30.0
BACK_OFF_FIRST_S = 0.2
BACK_OFF_MOST_S = 2.0
SHORTEST_TIMEOUT_NS = 100_000_000
UNKNOWN_RATE_TIMEOUT_NS = 1_000_000_000
LONGEST_WAIT_S = 0.05
"""So often overdue frames are looked for."""
COUNTERS = (
    *("frames", "dropped", "incomplete", "timeout", "device_lost", "process_died", "overrun", "wrong_size"),
    *("underrun", "late", "reconnects", "process_restarts"),
)


class GenTLSource:
    """A FrameSource for a GenICam camera.

    Every number of a run comes once, in order, as Frame or LostFrame. While the camera is away, LostFrame go on at its
    pace, with the old run's numbers; when it is back, a new run begins, after what the encoder shows to be missing.
    A camera whose counter paused (the web stood still) begins a new run too.
    """

    waits_for_station = False

    def __init__(self, settings: GenTLSettings) -> None:
        self._settings = settings
        self._producer: Path | None = None
        self._link: CameraLink | None = None
        self._ledger: FrameLedger | None = None
        self._starts = 0
        self._back_off_s = BACK_OFF_FIRST_S
        self._try_again_ns = 0
        self._coming: deque[Reading] = deque()
        self._counters: Counter[str] = Counter(dict.fromkeys(COUNTERS, 0))
        self._underruns_before = 0
        self._detail = "not started"
        self._last_frame_ns: int | None = None

    def start(self) -> None:
        """Open the camera and begin. Raises SettingsError, ProducerError or DeviceLost, with what to do about it."""
        self.stop()
        self._coming.clear()
        self._ledger = None
        self._counters = Counter(dict.fromkeys(COUNTERS, 0))
        self._starts = self._underruns_before = 0
        self._last_frame_ns = None
        self._producer = resolve_producer(self._settings)
        link = self._spawn(self._producer)
        try:
            self._connected(self._await_ready(link, self._producer))
        except CameraError as error:
            self._detail = str(error)
            self._end_link(kindly=False)
            raise

    def read(self, timeout_s: float) -> Reading | None:
        """The next frame number's outcome, or None if none was due within `timeout_s` seconds. Never raises."""
        give_up_s = time.monotonic() + timeout_s
        while not self._coming:
            left_s = give_up_s - time.monotonic()
            is_quiet = self._advance(max(0.0, min(left_s, LONGEST_WAIT_S)))
            if is_quiet and self._ledger is not None:  # else what is overdue may be in the ring already
                self._lose(self._ledger.tick(time.monotonic_ns()))
            if not self._coming and time.monotonic() >= give_up_s:
                return None
        return self._coming.popleft()

    def stop(self) -> None:
        """Close the camera and end its process; safe in any state."""
        self._end_link(kindly=True)
        self._producer = None
        self._detail = "stopped"

    def status(self) -> SourceStatus:
        """A snapshot."""
        link, ledger, last_ns = self._link, self._ledger, self._last_frame_ns
        counters = dict(self._counters)
        counters["late"] = ledger.late if ledger is not None else 0
        return SourceStatus(
            camera=self._settings.name,
            kind="gentl",
            is_connected=link is not None and link.ready is not None,
            detail=self._detail,
            counters=counters,
            ring_used=link.ring_used if link is not None else 0,
            ring_slots=self._settings.ring_slots,
            last_frame_age_s=None if last_ns is None else (time.monotonic_ns() - last_ns) / 1e9,
        )

    @property
    def pid(self) -> int | None:
        """Of the camera's process, None while there is none."""
        link = self._link
        return None if link is None else link.pid

    # -- the camera's process -------------------------------------------------------------------------------------

    def _spawn(self, producer: Path) -> CameraLink:
        self._starts += 1
        if self._starts > 1:
            self._counters["process_restarts"] += 1
        self._link = CameraLink(self._settings, producer, self._starts)
        return self._link

    def _await_ready(self, link: CameraLink, producer: Path) -> Ready:
        give_up_s = time.monotonic() + START_TIMEOUT_S
        while (left_s := give_up_s - time.monotonic()) > 0:
            try:
                event = link.receive(left_s)
            except EOFError as error:
                raise ProducerError(
                    f"camera {self._settings.name}: its process died while it opened the camera through {producer} "
                    f"({link.obituary()}): is the producer damaged?"
                ) from error
            if isinstance(event, Ended):
                raise _error_of(event)
            if isinstance(event, Ready):
                return event
        raise DeviceLost(f"camera {self._settings.name}: not ready within {START_TIMEOUT_S:.0f} s through {producer}")

    def _advance(self, timeout_s: float) -> bool:
        """One step: hear the process, or wait for the time to start another. True if there was nothing to hear."""
        if self._link is None:
            self._start_again(timeout_s)
            return True
        try:
            event = self._link.receive(timeout_s)
        except EOFError:
            self._lost(LossReason.PROCESS_DIED, f"the camera's process died ({self._link.obituary()})")
            return True
        if event is not None:
            self._heard(self._link, event)
            return False
        if self._link.hangs:
            self._lost(LossReason.PROCESS_DIED, "the camera's process hangs inside the producer and was killed")
        elif self._link.ready is None and time.monotonic_ns() - self._link.started_ns > START_TIMEOUT_S * 1e9:
            self._lost(LossReason.DEVICE_LOST, f"the camera was not ready within {START_TIMEOUT_S:.0f} s")
        return True

    def _start_again(self, timeout_s: float) -> None:
        wait_s = (self._try_again_ns - time.monotonic_ns()) / 1e9
        if self._producer is None or wait_s > timeout_s:
            time.sleep(timeout_s)
            return
        time.sleep(max(0.0, wait_s))
        self._spawn(self._producer)

    def _heard(self, link: CameraLink, event: CameraEvent) -> None:
        match event:
            case Ready():
                self._connected(event)
                self._counters["reconnects"] += 1
            case FrameWritten():
                self._counters["underrun"] = self._underruns_before + event.underruns
                taken = link.take()
                if taken is not None and link.ready is not None:
                    self._arrived(link.ready, *taken)
            case FrameMissing() if self._ledger is not None:
                now_ns = time.monotonic_ns()
                self._lose(self._ledger.missing(event.number, event.reason, event.detail, now_ns))
            case Ended():
                self._lost(LossReason.DEVICE_LOST, event.message)
            case _:
                pass

    def _connected(self, ready: Ready) -> None:
        """The camera is open: its process counts its own underruns from here."""
        self._detail = f"connected to {ready.device}"
        self._underruns_before = self._counters["underrun"]
        now_ns = time.monotonic_ns()
        block_mm = ready.height_px * self._settings.pixel_pitch_y_um / 1000.0
        if self._ledger is not None:
            self._ledger.connected(now_ns, block_mm)
            return
        period_ns = _period_ns(self._settings, ready.height_px)
        timeout_ns = _timeout_ns(self._settings, period_ns)
        self._ledger = FrameLedger(period_ns=period_ns, timeout_ns=timeout_ns, block_mm=block_mm, now_ns=now_ns)

    def _lost(self, reason: LossReason, message: str) -> None:
        """The process is done for: end it, and start another after a while."""
        self._end_link(kindly=False)
        self._try_again_ns = time.monotonic_ns() + int(self._back_off_s * 1e9)
        self._detail = f"{message}; next attempt in {self._back_off_s:.1f} s"
        self._back_off_s = min(2 * self._back_off_s, BACK_OFF_MOST_S)
        if self._ledger is not None:
            self._ledger.disconnected(reason, message)

    def _end_link(self, *, kindly: bool) -> None:
        if self._link is not None:
            self._link.close(kindly=kindly)
            self._link = None

    # -- frames ---------------------------------------------------------------------------------------------------

    def _arrived(self, ready: Ready, header: SlotHeader, pixels: Pixels) -> None:
        if self._ledger is None:
            return
        lost, delivered = self._ledger.arrived(
            Arrival(header.number, header.captured_ns, self._position_mm(header.encoder), header.device_ns)
        )
        self._lose(lost)
        self._back_off_s = BACK_OFF_FIRST_S
        if delivered is not None:
            self._last_frame_ns = header.captured_ns
            self._counters["frames"] += 1
            self._coming.append(self._frame(ready, header, pixels, delivered))

    def _position_mm(self, encoder: int | None) -> float | None:
        if encoder is None:
            return None
        step_um = self._settings.encoder_step_um or self._settings.pixel_pitch_y_um
        return encoder * step_um / 1000.0

    def _frame(self, ready: Ready, header: SlotHeader, pixels: Pixels, delivered: Delivered) -> Frame:
        return Frame(
            id=FrameId(self._settings.name, delivered.run, delivered.number),
            pixels=pixels,
            bit_depth=ready.bit_depth,
            pixel_pitch_x_um=self._settings.pixel_pitch_x_um,
            pixel_pitch_y_um=self._settings.pixel_pitch_y_um,
            position_mm=delivered.position_mm,
            exposure_us=ready.exposure_us,
            captured_utc=datetime.fromtimestamp(header.captured_utc_ns / 1e9, UTC),
            captured_ns=header.captured_ns,
        )

    def _lose(self, losses: list[Lost]) -> None:
        for lost in losses:
            self._counters[lost.reason.value] += 1
            self._coming.append(
                LostFrame(
                    id=FrameId(self._settings.name, lost.run, lost.number),
                    reason=lost.reason,
                    detail=lost.detail,
                    position_mm=lost.position_mm,
                    noticed_utc=datetime.now(UTC),
                    noticed_ns=time.monotonic_ns(),
                )
            )


def _period_ns(settings: GenTLSettings, height_px: int) -> int | None:
    """From frame to frame, None if the settings don't say."""
    if settings.line_rate_hz is not None:
        return int(height_px / settings.line_rate_hz * 1e9)
    if settings.frame_rate_hz is not None:
        return int(1e9 / settings.frame_rate_hz)
    return None


def _timeout_ns(settings: GenTLSettings, period_ns: int | None) -> int:
    """Silence after which frames are overdue: what the settings say, else some periods, but more than a hiccup."""
    if settings.frame_timeout_ms is not None:
        return int(settings.frame_timeout_ms * 1e6)
    return max(3 * period_ns, SHORTEST_TIMEOUT_NS) if period_ns is not None else UNKNOWN_RATE_TIMEOUT_NS


def _error_of(event: Ended) -> CameraError:
    kinds = {kind.__name__: kind for kind in (errors.SettingsError, errors.ProducerError, errors.DeviceLost)}
    return kinds.get(event.error, errors.DeviceLost)(event.message)
