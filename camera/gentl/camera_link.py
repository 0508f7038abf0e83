"""The station's end of one camera process: starts it, hears it, takes frames from its ring, ends it."""

import os
import select
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from camera.child_process import spawn
from camera.frame import Pixels
from camera.gentl.camera_events import CameraEvent, EventReceiver, Ready
from camera.gentl.camera_process import Order
from camera.gentl.discovery import describe_exit, last_words
from camera.gentl.ring import Ring, SlotHeader
from camera.settings import GenTLSettings

STOP_TIMEOUT_S = 2.0
HEARTBEAT_TIMEOUT_NS = 4_000_000_000
"""A camera's process that has not gone round its loop for so long hangs inside the producer."""


class CameraLink:
    """One camera process from start to end; never used again afterwards."""

    def __init__(self, settings: GenTLSettings, producer: Path, run: int) -> None:
        """Raises OSError or MemoryError when the machine has nothing left for it; nothing stays open then."""
        self.started_ns = time.monotonic_ns()
        self.ready: Ready | None = None
        """What the process said when the camera was open; None until then."""
        self._ring: Ring | None = None
        with ExitStack() as undo:
            self._ring_descriptor = os.memfd_create(f"camera-ring-{settings.name}")
            undo.callback(os.close, self._ring_descriptor)
            self._errors = undo.enter_context(tempfile.TemporaryFile())
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            self._events = EventReceiver(ours)
            undo.callback(self._events.close)
            with theirs:
                order = Order(
                    settings=settings,
                    producer=producer,
                    run=run,
                    ring_descriptor=self._ring_descriptor,
                    socket_descriptor=theirs.fileno(),
                    parent_pid=os.getpid(),
                )
                self._process = spawn(
                    "camera.gentl.camera_process",
                    [order.model_dump_json()],
                    pass_fds=(self._ring_descriptor, theirs.fileno()),
                    stdout=subprocess.DEVNULL,
                    stderr=self._errors.fileno(),
                )
            self._to_close = undo.pop_all()

    @property
    def pid(self) -> int:
        """Process id of the camera's process."""
        return self._process.pid

    @property
    def ring_used(self) -> int:
        """Frames that wait in the ring."""
        return self._ring.used if self._ring is not None else 0

    def receive(self, timeout_s: float) -> CameraEvent | None:
        """The next event within the time, or None. Raises EOFError once the process is gone."""
        event = self._events.receive()
        if event is None and timeout_s > 0:
            waiting = select.poll()  # select() knows no descriptor above 1023
            waiting.register(self._events, select.POLLIN)
            waiting.poll(timeout_s * 1000.0)
            event = self._events.receive()
        if isinstance(event, Ready):
            self.ready = event
            self._ring = Ring.attach(self._ring_descriptor)
        return event

    def take(self) -> tuple[SlotHeader, Pixels] | None:
        """The oldest frame of the ring, as a copy."""
        return self._ring.read() if self._ring is not None else None

    def give_pulses(self, pulses: Sequence[tuple[int, int]]) -> bool:
        """Have the camera's output give pulses, each from one encoder count up to another. Never waits."""
        return self.ready is not None and self._events.send_pulses(pulses)

    @property
    def answer(self) -> tuple[int, int | None]:
        """When the device last answered, 0 before it first did, and its live encoder then, None where it has none."""
        return self._ring.answer if self._ring is not None else (0, None)

    @property
    def hangs(self) -> bool:
        """True once the process has not gone round its loop for too long."""
        return (
            self._ring is not None
            and self._ring.heartbeat_ns > 0
            and time.monotonic_ns() - self._ring.heartbeat_ns > HEARTBEAT_TIMEOUT_NS
        )

    def obituary(self) -> str:
        """How the process ended, once it has."""
        try:
            status: int | None = self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            return "it closed its connection and does not end"
        return f"{describe_exit(status)}{last_words(self._errors.fileno())}"

    def close(self, *, kindly: bool) -> None:
        """End the process: kindly, so that the camera is closed in an orderly way, or at once. Safe more than once."""
        if self._process.poll() is None and kindly:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                kindly = False
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._to_close.close()
