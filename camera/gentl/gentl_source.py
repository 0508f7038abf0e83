"""Any GenICam camera, through its vendor's GenTL producer: acquired in a process of its own, restarted for ever.

The camera's process may hang, crash or lose its device; the station hears of every block that passed meanwhile.
"""

import time
from collections import Counter, deque
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from camera import errors
from camera.errors import CameraError, DeviceLost, ProducerError
from camera.frame import Frame, FrameId, LossReason, LostFrame, Pixels, Reading, Shortage
from camera.gentl.camera_events import CameraEvent, Ended, FrameMissing, FrameWritten, PulsesMissed, Ready
from camera.gentl.camera_link import CameraLink
from camera.gentl.discovery import resolve_producer
from camera.gentl.frame_ledger import Arrival, Delivered, FrameLedger, Lost
from camera.gentl.ring import SlotHeader
from camera.gentl.standing import StandingWatch
from camera.settings import GenTLSettings
from camera.source import SourceStatus

START_TIMEOUT_S = 30.0
BACK_OFF_FIRST_S = 0.2
BACK_OFF_MOST_S = 2.0
SHORTEST_TIMEOUT_NS = 100_000_000
UNKNOWN_RATE_TIMEOUT_NS = 1_000_000_000
STANDING_SHOWN_NS = 500_000_000
"""A web that stands is shown when frames have been overdue for so long: else it would flicker on a slow line."""
LONGEST_WAIT_S = 0.05
"""How often overdue frames are looked for."""
COUNTERS = (
    *("frames", "dropped", "incomplete", "timeout", "device_lost", "process_died", "overrun", "wrong_size"),
    *("counter", "short", "underrun", "late", "reconnects", "process_restarts", "pulses_missed"),
)


class GenTLSource:
    """A FrameSource for a GenICam camera.

    Every number of a run comes once, in order, as Frame or LostFrame. While the camera is away, LostFrame go on at its
    pace, with the old run's numbers; when it is back, a new run begins, after what the encoder shows to be missing.
    A camera whose counter paused in a silence that was told as loss begins a new run too. While the web is known to
    stand still (`camera.gentl.standing`) nothing is missing.
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
        self._standing: StandingWatch | None = None
        self._is_standing = False

    def start(self) -> None:
        """Open the camera and begin. Raises SettingsError, ProducerError or DeviceLost, with what to do about it."""
        self.stop()
        self._coming.clear()
        self._ledger = None
        self._counters = Counter(dict.fromkeys(COUNTERS, 0))
        self._starts = self._underruns_before = 0
        self._last_frame_ns = None
        self._producer = resolve_producer(self._settings)
        try:
            self._connected(self._await_ready(self._spawn(self._producer), self._producer))
        except CameraError as error:
            self._detail = str(error)
            self._end_link(kindly=False)
            raise
        except (OSError, MemoryError) as error:
            self._end_link(kindly=False)
            raise DeviceLost(f"camera {self._settings.name}: {_broken_off(error)}") from error

    def read(self, timeout_s: float) -> Reading | None:
        """The next frame number's outcome, or None if none was due within `timeout_s` seconds. Never raises."""
        give_up_s = time.monotonic() + timeout_s
        while not self._coming:
            left_s = give_up_s - time.monotonic()
            try:
                is_quiet = self._advance(max(0.0, min(left_s, LONGEST_WAIT_S)))
            except Exception as error:  # noqa: BLE001 - whatever breaks one attempt must not end the camera
                self._lost(LossReason.PROCESS_DIED, _broken_off(error))
                is_quiet = True
            if is_quiet:  # else what is overdue may be in the ring already
                self._look_for_overdue()
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
            detail=f"{self._detail}; the web stands still" if self._is_standing else self._detail,
            counters=counters,
            ring_used=link.ring_used if link is not None else 0,
            ring_slots=self._settings.ring_slots,
            last_frame_age_s=None if last_ns is None else (time.monotonic_ns() - last_ns) / 1e9,
            is_standing=self._is_standing,
        )

    @property
    def pid(self) -> int | None:
        """Process id of the camera's process, None while there is none."""
        link = self._link
        return None if link is None else link.pid

    def give_pulses(self, pulses_mm: Sequence[tuple[float, float]]) -> bool:
        """Have the camera's output give pulses, each from one place of the web up to another, by its encoder.

        False: the camera is away, or takes none now. Never waits; from any thread.
        """
        link, step_mm = self._link, self._encoder_step_mm
        counts = [(round(begin / step_mm), round(end / step_mm)) for begin, end in pulses_mm]
        return link is not None and link.give_pulses(counts)

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
                    self._arrived(link, link.ready, *taken)
            case FrameMissing() if self._ledger is not None:
                position_mm, problem = self._position_mm(event.encoder), (event.reason, event.detail)
                self._came(link, event.captured_ns, position_mm)
                arrival = Arrival(event.number, event.captured_ns, position_mm, event.device_ns, problem=problem)
                self._lose(self._ledger.arrived(arrival)[0])
            case PulsesMissed():
                self._counters["pulses_missed"] += event.count
            case Ended():
                self._lost(LossReason.DEVICE_LOST, event.message)
            case _:
                pass

    def _connected(self, ready: Ready) -> None:
        """The camera is open: its process counts its own underruns from here."""
        self._detail = f"connected to {ready.device}"
        self._underruns_before = self._counters["underrun"]
        now_ns = time.monotonic_ns()
        settings = self._settings
        block_mm = ready.height_px * settings.pixel_pitch_y_um / 1000.0
        self._standing = StandingWatch(
            is_paced_outside=settings.is_paced_outside,
            believes_silence=settings.frame_timeout_ms is None,
            block_mm=block_mm,
            step_mm=self._encoder_step_mm,
        )
        if self._ledger is not None:
            self._ledger.connected(now_ns, block_mm)
            return
        period_ns = _period_ns(settings, ready.height_px)
        self._ledger = FrameLedger(
            period_ns=period_ns,
            timeout_ns=_timeout_ns(settings, period_ns),
            block_mm=block_mm,
            now_ns=now_ns,
            is_free_running=not settings.is_paced_outside,
        )

    def _lost(self, reason: LossReason, message: str) -> None:
        """The process is done for: end it, and start another after a while."""
        self._end_link(kindly=False)
        self._is_standing = False
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

    def _look_for_overdue(self) -> None:
        """Nothing came: frames are overdue, or the web stands still."""
        ledger, link, now_ns = self._ledger, self._link, time.monotonic_ns()
        if ledger is None:
            return
        watch = self._standing if link is not None and link.ready is not None else None
        if watch is not None and link is not None and watch.stands(*link.answer, now_ns):
            ledger.stands(now_ns)
            if ledger.is_silent(now_ns - STANDING_SHOWN_NS):
                self._is_standing = watch.rests
        else:
            self._lose(ledger.tick(now_ns))
            if ledger.is_silent(now_ns):
                self._is_standing = False

    def _came(self, link: CameraLink, captured_ns: int, position_mm: float | None) -> None:
        """A frame came, so lines pass; whether the web moves is for its encoder to say."""
        if self._standing is not None:
            self._standing.frame_came(captured_ns, position_mm)
            self._is_standing = self._standing.repeats(link.answer[1])

    def _arrived(self, link: CameraLink, ready: Ready, header: SlotHeader, pixels: Pixels) -> None:
        if self._ledger is None:
            return
        position_mm = self._position_mm(header.encoder)
        self._came(link, header.captured_ns, position_mm)
        length_mm = pixels.shape[0] * self._settings.pixel_pitch_y_um / 1000.0
        lost, delivered = self._ledger.arrived(
            Arrival(header.number, header.captured_ns, position_mm, header.device_ns, length_mm)
        )
        self._lose(lost)
        self._back_off_s = BACK_OFF_FIRST_S
        if delivered is not None:
            self._last_frame_ns = header.captured_ns
            self._counters["frames"] += 1
            self._coming.append(self._frame(ready, header, pixels, delivered))

    def _position_mm(self, encoder: int | None) -> float | None:
        return None if encoder is None else encoder * self._encoder_step_mm

    @property
    def _encoder_step_mm(self) -> float:
        return (self._settings.encoder_step_um or self._settings.pixel_pitch_y_um) / 1000.0

    def _frame(self, ready: Ready, header: SlotHeader, pixels: Pixels, delivered: Delivered) -> Frame:
        is_short = pixels.shape[0] < ready.height_px
        self._counters["short"] += is_short
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
            shortage=Shortage(ready.height_px, is_placed=header.encoder is not None) if is_short else None,
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


def _broken_off(error: Exception) -> str:
    said = f"{type(error).__name__}: {error}"
    if isinstance(error, OSError | MemoryError):
        return (
            f"its process can't be started or heard ({said}): has this machine run out of files, processes or memory? "
            "Look at its limits, and at what else runs on it"
        )
    return f"reading the camera broke off ({said}): report it"


def _error_of(event: Ended) -> CameraError:
    kinds = {kind.__name__: kind for kind in (errors.SettingsError, errors.ProducerError, errors.DeviceLost)}
    return kinds.get(event.error, errors.DeviceLost)(event.message)
