"""What a camera's process tells the station, in order, message by message. Pixels go through the ring."""

import json
import socket
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from camera.frame import LossReason


@dataclass(frozen=True, slots=True)
class Ready:
    """The camera is open and set up, the ring is laid out, frames will come."""

    device: str
    width_px: int
    height_px: int
    bit_depth: int
    exposure_us: float | None


@dataclass(frozen=True, slots=True)
class FrameWritten:
    """One more frame is in the ring."""

    underruns: int


@dataclass(frozen=True, slots=True)
class FrameMissing:
    """A frame came, or was due, and can't be delivered."""

    number: int | None
    """The camera's own counter, None where it does not tell: then it is the next."""
    reason: LossReason
    detail: str
    captured_ns: int
    """`time.monotonic_ns()` when that was noticed."""
    encoder: int | None = None
    """ChunkEncoderValue, None where it is not known."""
    device_ns: int | None = None


@dataclass(frozen=True, slots=True)
class PulsesMissed:
    """Pulses of the camera's output were not given: told too late, too many, or the output can't be set."""

    count: int
    detail: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The process ends; `error` names one of camera.errors."""

    error: str
    message: str


CameraEvent = Ready | FrameWritten | FrameMissing | PulsesMissed | Ended
_KINDS: dict[str, type[Any]] = {
    kind.__name__: kind for kind in (Ready, FrameWritten, FrameMissing, PulsesMissed, Ended)
}
MESSAGE_BYTES = 65536
WAITING_MOST = 10_000
"""Further words of missing frames are dropped when the station does not listen: the counter tells it of them later."""
TEXT_MOST = 8000
"""Characters of a text: a message must fit, whatever a vendor's library says."""


def encode(event: CameraEvent) -> bytes:
    """As one message.

    >>> decode(encode(FrameMissing(7, LossReason.OVERRUN, "full", 5)))
    FrameMissing(number=7, reason=<LossReason.OVERRUN: 'overrun'>, detail='full', captured_ns=5, encoder=None, \
device_ns=None)
    """
    fields = {name: value[:TEXT_MOST] if isinstance(value, str) else value for name, value in asdict(event).items()}
    return json.dumps({"event": type(event).__name__, **fields}).encode()


def decode(message: bytes) -> CameraEvent:
    """Back again."""
    fields = json.loads(message)
    kind = _KINDS[fields.pop("event")]
    if kind is FrameMissing:
        fields["reason"] = LossReason(fields["reason"])
    event: CameraEvent = kind(**fields)
    return event


class EventSender:
    """The camera's side: never waits. What the socket doesn't take now is kept in order and sent later."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._connection.setblocking(False)
        self._waiting: deque[bytes] = deque()

    def send(self, event: CameraEvent) -> None:
        """Queue and send as much as goes."""
        if len(self._waiting) < WAITING_MOST or not isinstance(event, FrameMissing):
            self._waiting.append(encode(event))
        self.flush()

    def pulses(self) -> list[tuple[int, int]]:
        """Pulses that the station wants since last asked, each from one encoder count up to another."""
        found: list[tuple[int, int]] = []
        while True:
            try:
                message = self._connection.recv(MESSAGE_BYTES)
            except OSError:
                return found
            if not message:
                return found
            found += [(int(begin), int(end)) for begin, end in json.loads(message)["pulses"]]

    def flush(self) -> None:
        """Send what waits, as far as it goes. Raises OSError if the station is gone."""
        while self._waiting:
            try:
                self._connection.send(self._waiting[0])
            except BlockingIOError:
                return
            self._waiting.popleft()


class EventReceiver:
    """The station's side."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._connection.setblocking(False)

    def fileno(self) -> int:
        """For select."""
        return self._connection.fileno()

    def receive(self) -> CameraEvent | None:
        """The next event, or None if there is none now. Raises EOFError once the other side is gone."""
        try:
            message = self._connection.recv(MESSAGE_BYTES)
        except BlockingIOError:
            return None
        except ConnectionError as error:
            raise EOFError from error
        if not message:
            raise EOFError
        return decode(message)

    def send_pulses(self, pulses: Sequence[tuple[int, int]]) -> bool:
        """Have the camera's output give pulses. False: its process takes nothing now. Never waits."""
        try:
            self._connection.send(json.dumps({"pulses": pulses}).encode())
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Let go of the socket."""
        self._connection.close()
