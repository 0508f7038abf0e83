"""Does the web stand still, or does the camera keep silent about a web that moves? Believed on evidence alone. Pure."""

ANSWER_NS = 500_000_000
"""An answer of the device that is older is none: it is asked every 100 ms."""
RESTS_BLOCKS = 0.1
"""A web that moves on by less stands still; one that moves further creeps, and no frame is due yet."""
MOVED_BLOCKS = 1.5
"""A web that moves on by more since the last frame was due to give another one."""


class StandingWatch:
    """What the device says while no frame comes.

    `is_paced_outside`: the settings say that frames or lines come from an encoder or another signal of the line, so
    that their absence is no fault by itself. `block_mm` of web in a frame, `step_mm` for a count of the live encoder.
    """

    def __init__(self, *, is_paced_outside: bool, believes_silence: bool, block_mm: float, step_mm: float) -> None:
        """`believes_silence`: without a live encoder, silence of a device that answers is taken for a standing web."""
        self._is_paced_outside = is_paced_outside
        self._believes_silence = believes_silence
        self._block_mm = block_mm
        self._step_mm = step_mm
        self._last_frame_ns = 0
        self._position_mm: float | None = None
        self._repeats = False
        self._began_at: int | None = None
        self._has_moved = False
        self.rests = False
        """As far as was heard last, the web did not move at all since the last frame."""

    def frame_came(self, captured_ns: int, position_mm: float | None) -> None:
        """A frame came, and where it begins by its encoder: lines pass, and the web moves unless that is as before."""
        self._last_frame_ns = captured_ns
        self._repeats = position_mm is not None and position_mm == self._position_mm
        self._position_mm = position_mm
        if not self._repeats:
            self._began_at = None
            self._has_moved = False

    def repeats(self, encoder: int | None) -> bool:
        """Whether the last frames show the same web: of a camera that runs freely over a web that stands.

        A live `encoder` that moves meanwhile tells a sensor that is stuck.
        """
        return self._repeats and not self._moves(encoder)

    def stands(self, answered_ns: int, encoder: int | None, now_ns: int) -> bool:
        """Whether the web is known to stand: by what the device last answered, and when that was.

        >>> watch = StandingWatch(is_paced_outside=True, believes_silence=True, block_mm=10.0, step_mm=0.1)
        >>> watch.stands(1_000, 500, now_ns=1_500), watch.stands(2_000, 600, now_ns=2_500)
        (True, True)
        >>> watch.stands(3_000, 700, now_ns=3_500), watch.stands(4_000, 700, now_ns=4_500)
        (False, False)
        """
        if not self._is_paced_outside or answered_ns == 0 or now_ns - answered_ns > ANSWER_NS:
            return False
        if answered_ns <= self._last_frame_ns:
            return True  # too early to say
        is_still = not self._moves(encoder)
        return self._believes_silence if encoder is None else is_still

    def _moves(self, encoder: int | None) -> bool:
        if self._began_at is None:
            self._began_at = encoder
        way_mm = 0.0 if encoder is None or self._began_at is None else abs(encoder - self._began_at) * self._step_mm
        self.rests = way_mm <= RESTS_BLOCKS * self._block_mm
        self._has_moved |= way_mm > MOVED_BLOCKS * self._block_mm
        return self._has_moved
