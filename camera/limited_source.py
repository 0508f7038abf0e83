"""A source that ends after so many frame numbers: for demos, trials and acceptance runs."""

from collections.abc import Sequence

from camera.frame import EndOfFrames, Frame, FrameId, LostFrame, Reading
from camera.source import FrameSource, HoldsUntilDecided, OutputSource, SourceStatus


class LimitedSource:
    """Any source, until `frame_limit` numbers have been read, lost ones included."""

    def __init__(self, source: FrameSource, frame_limit: int) -> None:
        self._source = source
        self._frame_limit = frame_limit
        self._read = 0

    @property
    def waits_for_station(self) -> bool:
        """As the source behind it."""
        return self._source.waits_for_station

    def start(self) -> None:
        """Opens the source behind it; the count begins anew."""
        self._read = 0
        self._source.start()

    def read(self, timeout_s: float) -> Reading | None:
        """The next number's outcome, EndOfFrames past the limit."""
        if self._read == self._frame_limit:
            return EndOfFrames(f"{self._frame_limit} frame numbers were asked for and read")
        reading = self._source.read(timeout_s)
        if isinstance(reading, Frame | LostFrame):
            self._read += 1
        return reading

    def stop(self) -> None:
        """Closes the source behind it."""
        self._source.stop()

    def status(self) -> SourceStatus:
        """As the source behind it."""
        return self._source.status()

    def decided(self, frame: FrameId) -> None:
        """Passed on to the source behind it."""
        if isinstance(self._source, HoldsUntilDecided):
            self._source.decided(frame)

    def give_pulses(self, pulses_mm: Sequence[tuple[float, float]]) -> bool:
        """Passed on to the source behind it; False where its camera has no output."""
        return isinstance(self._source, OutputSource) and self._source.give_pulses(pulses_mm)
