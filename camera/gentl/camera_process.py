"""The process of one GenICam camera: opens the device, copies each frame once into the ring, and ends when it is lost.

It is started by `gentl_source`, which starts another when this one is gone.
"""

import os
import signal
import socket
import sys
import time
from pathlib import Path
from types import FrameType

from camera.checked import Checked
from camera.child_process import is_orphan
from camera.errors import CameraError
from camera.frame import LossReason
from camera.gentl.buffer_geometry import Unfit
from camera.gentl.camera_events import Ended, EventSender, FrameMissing, FrameWritten, PulsesMissed, Ready
from camera.gentl.gentl_device import GenTLDevice, RawFrame
from camera.gentl.output_schedule import OutputSchedule
from camera.gentl.ring import Ring, SlotHeader
from camera.settings import GenTLSettings

POLL_PAUSE_S = 0.0005
CHECK_PERIOD_NS = 100_000_000
"""How often a silent device is asked whether it is still there."""


class Order(Checked):
    """What the station wants of this process."""

    settings: GenTLSettings
    producer: Path
    run: int
    ring_descriptor: int
    socket_descriptor: int
    parent_pid: int


class CameraProcess:
    """Between the device and the ring."""

    def __init__(self, order: Order, events: EventSender, device: GenTLDevice) -> None:
        self._order = order
        self._events = events
        self._device = device
        self._is_stopped = False
        self._underruns = 0
        self._outputs = OutputSchedule()
        self._is_high = False
        geometry = device.geometry
        self._ring = Ring.create(order.ring_descriptor, order.settings.ring_slots, geometry.frame_bytes)

    def run(self) -> None:
        """Deliver until told to stop or the station is gone. Raises DeviceLost when the device is."""
        signal.signal(signal.SIGTERM, self._stop)
        self._device.start(self._order.settings.ring_slots)
        geometry = self._device.geometry
        self._ring.beat()
        self._events.send(
            Ready(
                self._device.info.name,
                geometry.width_px,
                geometry.height_px,
                geometry.bit_depth,
                self._device.exposure_us,
            )
        )
        check_ns = time.monotonic_ns() + CHECK_PERIOD_NS
        while not self._is_stopped:
            frame = self._device.poll()
            self._report_incomplete()
            if frame is not None:
                self._deliver(frame)
                self._device.release()
            else:
                time.sleep(POLL_PAUSE_S)
            self._drive_output()
            now_ns = time.monotonic_ns()
            if now_ns >= check_ns:
                check_ns = now_ns + CHECK_PERIOD_NS
                self._ring.beat()
                self._events.flush()
                self._underruns = self._device.underruns()
                self._device.check()
                self._ring.answered(self._device.live_encoder())
                if is_orphan(self._order.parent_pid):
                    return

    def _drive_output(self) -> None:
        """Give the pulses whose place has come. A camera whose encoder or output can't be used gives none."""
        output = self._order.settings.output
        if output is None:
            return
        self._outputs.add(self._events.pulses())
        if self._outputs.is_idle:
            return
        encoder = self._device.live_encoder()
        level = encoder is not None and self._outputs.level(encoder)
        if level != self._is_high:
            if self._device.set_output(output, level=level):
                self._is_high = level
            else:
                self._events.send(PulsesMissed(1, f"{output} of the camera can't be set"))
        if missed := self._outputs.take_missed():
            self._events.send(PulsesMissed(missed, "their place on the web had passed when they came"))

    def _stop(self, signal_number: int, frame: FrameType | None) -> None:
        self._is_stopped = True

    def _deliver(self, frame: RawFrame) -> None:
        now_ns, utc_ns = time.monotonic_ns(), time.time_ns()
        content = frame.content
        if not isinstance(content, Unfit):
            header = SlotHeader(frame.number, self._order.run, frame.encoder, frame.device_ns, now_ns, utc_ns)
            if self._ring.write(header, content):
                self._events.send(FrameWritten(self._underruns))
                return
            content = Unfit(
                LossReason.OVERRUN,
                f"the ring of {self._ring.slots} frames was full: the station is too slow for this camera",
            )
        missing = FrameMissing(frame.number, content.reason, content.detail, now_ns, frame.encoder, frame.device_ns)
        self._events.send(missing)

    def _report_incomplete(self) -> None:
        """Their numbers are not told: they are the next ones by the count."""
        for _ in range(self._device.take_incomplete()):
            detail = "the frame arrived with lines missing: look at the cable, the network card and its packet size"
            self._events.send(FrameMissing(None, LossReason.INCOMPLETE, detail, time.monotonic_ns()))


def main(argument: str) -> int:
    """The whole life of the process; returns its exit status."""
    order = Order.model_validate_json(argument)
    events = EventSender(socket.socket(fileno=order.socket_descriptor))
    device: GenTLDevice | None = None
    try:
        device = GenTLDevice(order.producer, order.settings)
        CameraProcess(order, events, device).run()
    except CameraError as error:
        events.send(Ended(type(error).__name__, str(error)))
        return 1
    except (BrokenPipeError, ConnectionResetError):  # the station is gone
        return 1
    finally:
        if device is not None:
            device.close()
    return 0


if __name__ == "__main__":
    status = main(sys.argv[1])
    sys.stdout.flush()
    os._exit(status)  # a producer's destructors must not hold up a process that is done
