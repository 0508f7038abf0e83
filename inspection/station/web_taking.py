"""The same stretch of web, taken from several cameras at once, each as it comes to its roller."""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from camera.frame import EndOfFrames, Frame
from camera.source import FrameSource
from inspection.errors import RegistrationError

_LOOK_S = 0.1


@dataclass(frozen=True, slots=True)
class Reach:
    """How far along the web from where the leading camera looks another one may look."""

    nearest_mm: float
    farthest_mm: float


def take_web(
    sources: Mapping[str, FrameSource], lead: str, reaches: Mapping[str, Reach], frames: int, timeout_s: float
) -> dict[str, list[Frame]]:
    """Whole frames by camera: so many of the leading one, and of the others what may show the same web.

    Opens and closes the sources. Raises CameraError: one can't be used; RegistrationError: the frames did not come in
    time, or a camera lost its place on the way.
    """
    stop = threading.Event()
    leading = _Leading(
        lead, sources[lead], stop, frames, max([0.0, *(-reach.nearest_mm for reach in reaches.values())])
    )
    others = [
        _Following(name, source, stop, leading, reaches[name]) for name, source in sources.items() if name != lead
    ]
    takers: list[_Taker] = [leading, *others]
    give_up_s = time.monotonic() + timeout_s
    try:
        for taker in takers:
            taker.start()
        while any(not taker.is_done for taker in takers):
            if problem := next((each.problem for each in takers if each.problem is not None), None):
                raise problem
            if time.monotonic() >= give_up_s:
                raise RegistrationError(_late(takers, timeout_s))
            stop.wait(_LOOK_S)
    finally:
        stop.set()
        for taker in takers:
            taker.end()
    if problem := next((each.problem for each in takers if each.problem is not None), None):
        raise problem
    return {taker.name: taker.frames for taker in takers}


def _late(takers: Sequence["_Taker"], timeout_s: float) -> str:
    told = ", ".join(f"{taker.name} gave {len(taker.frames)} frames and lost {taker.lost}" for taker in takers)
    waiting = ", ".join(taker.name for taker in takers if not taker.is_done)
    return (
        f"Not enough web passed within {timeout_s:g} s: {told}; {waiting} has not shown what is needed. Let the web "
        "run, see to the cameras, wait longer (--timeout) or take less web (--frames)."
    )


class _Taker(ABC):
    """Reads one source in a thread of its own: what is not read in time is lost."""

    def __init__(self, name: str, source: FrameSource, stop: threading.Event) -> None:
        self.name = name
        self.frames: list[Frame] = []
        self.lost = 0
        self.problem: Exception | None = None
        self.is_done = False
        self._source = source
        self._stop = stop
        self._thread = threading.Thread(target=self._run, name=f"take {name}", daemon=True)

    def start(self) -> None:
        """Open the source and begin to read."""
        self._thread.start()

    def end(self) -> None:
        """Wait until the source is closed."""
        if self._thread.ident is not None:
            self._thread.join()

    @abstractmethod
    def has_enough(self) -> bool:
        """Whether the newest frame is the last that is needed; may forget those that are not."""

    def _run(self) -> None:
        try:
            self._source.start()
            while not self._stop.is_set() and not self.is_done:
                self._take()
        except Exception as error:  # noqa: BLE001 - told by whoever waits for the thread
            self.problem = error
        finally:
            self._source.stop()

    def _take(self) -> None:
        reading = self._source.read(_LOOK_S)
        if isinstance(reading, EndOfFrames):
            self.is_done = True
        elif isinstance(reading, Frame) and reading.shortage is None:
            if self.frames and reading.id.run != self.frames[-1].id.run:
                raise RegistrationError(
                    f"Camera {self.name} was gone on the way, so that its frames do not show the same web as the "
                    "others'. See to cable and power, then measure again."
                )
            self.frames.append(reading)
            self.is_done = self.has_enough()
        elif reading is not None:
            self.lost += 1


class _Leading(_Taker):
    """Frames of a camera, after as much web as others had seen before."""

    def __init__(self, name: str, source: FrameSource, stop: threading.Event, frames: int, before_mm: float) -> None:
        super().__init__(name, source, stop)
        self._frames, self._before_mm = frames, before_mm

    def has_enough(self) -> bool:
        newest = self.frames[-1]
        wanted_mm = self._before_mm + (self._frames - 0.5) * newest.length_mm
        return _end_mm(newest) - self.frames[0].position_mm >= wanted_mm


class _Following(_Taker):
    """What may show the web of the leading camera's frames."""

    def __init__(self, name: str, source: FrameSource, stop: threading.Event, leading: _Leading, reach: Reach) -> None:
        super().__init__(name, source, stop)
        self._leading, self._reach = leading, reach

    def has_enough(self) -> bool:
        if not self._leading.frames:
            return False
        begins_mm = self._leading.frames[0].position_mm + self._reach.nearest_mm
        while len(self.frames) > 1 and _end_mm(self.frames[0]) < begins_mm:
            self.frames.pop(0)
        ends_mm = _end_mm(self._leading.frames[-1]) + self._reach.farthest_mm
        return self._leading.is_done and _end_mm(self.frames[-1]) >= ends_mm


def _end_mm(frame: Frame) -> float:
    return frame.position_mm + frame.length_mm
