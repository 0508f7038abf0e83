"""The one account of the web's pieces: which there are, which frames show each, and when nobody waits any more. Pure.

The leading camera's frames are the pieces, or it tells where the line's sheets lie: so their number never depends on
another camera. Frames of all cameras are laid onto the pieces that they meet, by their place on the web. A piece is
handed out when each camera has passed it, or when its time is up; always from the head of the queue, so that order
can't be broken. Time comes in as numbers.
"""

import math
from bisect import bisect_left
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from camera.frame import FrameId
from inspection.values import Span

T = TypeVar("T")
_ROUNDING_MM = 0.01
_MOST_AHEAD = 1024
"""Frames of one camera that wait for pieces to come; older ones are let go."""
_MOST_PROGRESS = 4096
_FRAMES_APART = 3.0
"""Lengths of a frame by which encoders that count the same web may seem to differ, for what a frame takes to arrive."""


@dataclass(frozen=True, slots=True)
class Eye:
    """One camera over a web."""

    camera: str
    way_mm: float = 0.0
    """How far downstream of the leading camera it looks."""
    skew_mm: float = 0.0
    """How much less than its middle column its frames show for certain, at both ends of a stretch."""
    counts_encoder: bool = True
    """Its places are counts of the line's encoder, which can be held against the leading camera's."""


@dataclass(eq=False, slots=True)
class Shown(Generic[T]):
    """One frame number of one camera."""

    id: FrameId
    span: Span | None
    """The web that it shows, or would have; None where nobody knows."""
    is_seen: bool
    """Whether it was inspected."""
    captured_ns: int
    what: T
    """Whatever belongs to it."""
    awaited: set[object] = field(default_factory=set)
    """By whom another look at it is to come."""


@dataclass(eq=False, slots=True)
class OpenPiece(Generic[T]):
    """A piece that waits for its cameras."""

    lead: Shown[T]
    """The leading camera's frame that it is; of a sheet the one in which it ended."""
    span: Span | None
    """Where on the web it lies, None where nobody knows."""
    deadline_ns: int
    """From its last line exposed to its decision."""
    waits: bool
    """Whether cameras can still make it anything but uninspected."""
    mark: object = None
    """What the line told of it."""
    is_frame: bool = True
    """It is the leading camera's frame; False: a sheet, which any number of its frames show."""
    by: object = None
    """What judges it: it waits for the looks at its frames that are to come by this."""


@dataclass(frozen=True, slots=True)
class ReadyPiece(Generic[T]):
    """A piece whose time has come."""

    lead: Shown[T]
    """The leading camera's frame that it is; of a sheet the one in which it begins, as far as that was seen."""
    span: Span | None
    mark: object
    parts: tuple[Shown[T], ...]
    """Frames that show some of it: the leading camera's first, then each camera's in its order."""
    missing: tuple[str, ...]
    """Cameras whose frames do not cover it."""
    last_line_ns: int
    """When its last line was exposed, or would have been."""
    released: tuple[Shown[T], ...]
    """Frames that no later piece needs."""
    by: object = None
    """What judges it."""


@dataclass(slots=True)
class _Account(Generic[T]):
    """What one camera has shown."""

    eye: Eye
    frames: deque[tuple[Shown[T], float]] = field(default_factory=deque)
    """With each, from where on the web has been seen up to it without a gap; infinity where it is not seen itself."""
    last: Shown[T] | None = None
    """Its last frame whose place is known."""
    seen_from_mm: float = math.inf
    """What stood beside the last frame that was let go."""
    reached_mm: float = -math.inf
    usual_mm: float = 0.0
    """Length of its last frame."""
    off_mm: float | None = None
    """How far its encoder was from the leading camera's at its last frame, where that was too much."""


class PieceLedger(Generic[T]):
    """Pieces of one web. Not thread-safe: one thread keeps it."""

    def __init__(
        self, eyes: Sequence[Eye], *, longest_wait_ns: int, joint_mm: float = math.inf, cuts_sheets: bool = False
    ) -> None:
        """`eyes`: the leading camera's first. `longest_wait_ns`: for a web that may stand between two cameras.
        `joint_mm`: gap between a camera's frames, one number after the other, that is the encoder's slip.
        `cuts_sheets`: the pieces are no frames.
        """
        self._lead = eyes[0]
        self._accounts: dict[str, _Account[T]] = {eye.camera: _Account(eye) for eye in eyes}
        self._others = [self._accounts[eye.camera] for eye in eyes[1:]]
        self._longest_wait_ns = longest_wait_ns
        self._joint_mm = joint_mm
        self._cuts_sheets = cuts_sheets
        self._open: deque[OpenPiece[T]] = deque()
        self._progress: deque[tuple[float, int]] = deque(maxlen=_MOST_PROGRESS)
        """(how far on the web the leading camera has shown it, when), both rising."""
        self._let_go: list[Shown[T]] = []
        self._is_over = False

    def __len__(self) -> int:
        """Pieces that wait."""
        return len(self._open)

    def off_mm(self, camera: str) -> float | None:
        """How far a camera's encoder was from the leading camera's, None where they agree."""
        return self._accounts[camera].off_mm

    def take_in(self, shown: Shown[T]) -> None:
        """The next frame number of a camera, in its order."""
        account = self._accounts[shown.id.camera]
        if shown.is_seen and shown.span is not None:
            account.usual_mm = shown.span.length_mm
        if shown.id.camera == self._lead.camera:
            self._note_progress(shown)
        elif not self._agrees(account, shown):
            shown.span = None
        if shown.span is None:
            if shown.id.camera != self._lead.camera or self._cuts_sheets:
                self._let_go.append(shown)
            return
        account.frames.append((shown, self._seen_from_mm(account, shown)))
        account.last, account.reached_mm = shown, shown.span.end_mm
        while len(account.frames) > _MOST_AHEAD:
            self._let_go.append(account.frames.popleft()[0])

    def open_frame(self, lead: Shown[T], deadline_ns: int, by: object = None) -> OpenPiece[T]:
        """The leading camera's frame, which was taken in, is the next piece."""
        waits = bool(self._others) and lead.is_seen and lead.span is not None
        self._open.append(OpenPiece(lead, lead.span, deadline_ns, waits, by=by))
        return self._open[-1]

    def open_sheet(
        self, lead: Shown[T], span: Span | None, deadline_ns: int, mark: object, by: object = None
    ) -> OpenPiece[T]:
        """A sheet is the next piece. `lead`: the leading camera's newest frame; `span`: None where nobody knows where
        it lay.
        """
        self._open.append(OpenPiece(lead, span, deadline_ns, span is not None, mark, False, by))
        return self._open[-1]

    def frames_of(self, piece: OpenPiece[T]) -> list[Shown[T]]:
        """What its cameras have shown by now of it and of the web behind it; without its own frame, if it is one."""
        if piece.span is None or not piece.waits:
            return []
        return [
            each
            for account in self._needed(piece)
            for each, _ in account.frames
            if each.span is not None and each.span.end_mm > piece.span.start_mm
        ]

    def pieces_on(self, shown: Shown[T]) -> list[OpenPiece[T]]:
        """Pieces that wait and lie on a frame."""
        span = shown.span
        return [] if span is None else [each for each in self._open if each.span is not None and each.span.meets(span)]

    def place_at(self, moment_ns: int) -> float | None:
        """What of the web passed the leading camera at a moment, by its frames before and after; None where nobody
        knows.
        """
        number = bisect_left(self._progress, moment_ns, key=lambda each: each[1])
        if number == len(self._progress) or not self._progress:
            return None
        place_mm, when_ns = self._progress[number]
        if number > 0:
            before_mm, before_ns = self._progress[number - 1]
            return before_mm + (place_mm - before_mm) * (moment_ns - before_ns) / (when_ns - before_ns)
        usual_mm = self._accounts[self._lead.camera].usual_mm
        return place_mm if moment_ns == when_ns else place_mm - usual_mm

    def usual_mm(self, camera: str) -> float:
        """Length of a camera's last frame, 0 before the first."""
        return self._accounts[camera].usual_mm

    def finish(self) -> None:
        """No frame will come any more: nothing waits."""
        self._is_over = True

    def ready(self, now_ns: int, limit: int) -> list[ReadyPiece[T]]:
        """Pieces to decide now, in the order of the web."""
        found: list[ReadyPiece[T]] = []
        while self._open and len(found) < limit and self._is_ready(self._open[0], now_ns):
            found.append(self._hand_out(self._open.popleft(), now_ns))
        return found

    def due_ns(self) -> int | None:
        """When the first piece will not wait any longer; None where none waits."""
        return self._due_ns(self._open[0]) if self._open else None

    def _is_ready(self, piece: OpenPiece[T], now_ns: int) -> bool:
        if self._is_over or not piece.waits or piece.span is None:
            return True
        end_mm = piece.span.end_mm - _ROUNDING_MM
        has_passed = all(each.reached_mm >= end_mm + each.eye.skew_mm for each in self._needed(piece))
        return (has_passed and not self._awaits(piece)) or now_ns >= self._due_ns(piece)

    def _awaits(self, piece: OpenPiece[T]) -> bool:
        """Whether a look at one of its frames is to come."""
        assert piece.span is not None
        return any(
            piece.by in each.awaited and each.span is not None and each.span.meets(piece.span)
            for account in self._needed(piece)
            for each, _ in account.frames
            if each.awaited
        )

    def _needed(self, piece: OpenPiece[T]) -> list[_Account[T]]:
        """The cameras whose frames have to cover it: the leading one's frame covers itself."""
        return self._others if piece.is_frame else list(self._accounts.values())

    def _due_ns(self, piece: OpenPiece[T]) -> int:
        if not piece.waits:
            return piece.lead.captured_ns
        latest_ns = piece.lead.captured_ns + self._longest_wait_ns
        passed = [self._passed_ns(piece, each) for each in self._needed(piece)]
        known = [each for each in passed if each is not None]
        return min(latest_ns, max(known) + piece.deadline_ns) if len(known) == len(passed) else latest_ns

    def _passed_ns(self, piece: OpenPiece[T], account: _Account[T]) -> int | None:
        """When all of a piece has run by a camera and its frame was full, None while it has not."""
        assert piece.span is not None
        usual_mm = max(account.usual_mm, piece.span.length_mm)
        place_mm = piece.span.end_mm + account.eye.way_mm + account.eye.skew_mm + usual_mm
        number = bisect_left(self._progress, (place_mm - _ROUNDING_MM, -1))
        if number == len(self._progress):
            return None
        return max(piece.lead.captured_ns, self._progress[number][1])

    def _hand_out(self, piece: OpenPiece[T], now_ns: int) -> ReadyPiece[T]:
        parts, missing, last_ns = [piece.lead] if piece.is_frame else [], [], piece.lead.captured_ns
        if piece.span is not None:
            for account in self._needed(piece):
                here = [each for each, _ in account.frames if each.span is not None and each.span.meets(piece.span)]
                parts += here
                if not piece.waits:
                    continue
                if not all(self._agrees(account, each) for each in here) or not _covers(piece.span, account):
                    missing.append(account.eye.camera)
                    passed_ns = self._passed_ns(piece, account)
                    last_ns = max(last_ns, min(now_ns, passed_ns or last_ns))
                last_ns = max([last_ns, *(each.captured_ns for each in here if each.is_seen)])
        lead = parts[0] if parts and parts[0].id.camera == self._lead.camera else piece.lead
        released = self._release(piece)
        return ReadyPiece(lead, piece.span, piece.mark, tuple(parts), tuple(missing), last_ns, released, piece.by)

    def _seen_from_mm(self, account: _Account[T], shown: Shown[T]) -> float:
        """From where on a camera has seen the web without a gap, up to a frame's end."""
        before, at = account.frames[-1] if account.frames else (account.last, account.seen_from_mm)
        assert shown.span is not None
        if not shown.is_seen:
            return math.inf
        goes_on = (
            before is not None
            and before.span is not None
            and (before.id.run, before.id.number + 1) == (shown.id.run, shown.id.number)
            and abs(shown.span.start_mm - before.span.end_mm) <= self._joint_mm
        )
        return at if goes_on and math.isfinite(at) else shown.span.start_mm + account.eye.skew_mm

    def _release(self, piece: OpenPiece[T]) -> tuple[Shown[T], ...]:
        released, self._let_go = self._let_go, []
        if piece.span is None and piece.is_frame:
            released.append(piece.lead)
        if piece.span is not None:
            for account in self._accounts.values():
                frames = account.frames
                while frames and _is_past(frames[0][0].span, piece.span):
                    shown, account.seen_from_mm = frames.popleft()
                    released.append(shown)
        return tuple(released)

    def _note_progress(self, shown: Shown[T]) -> None:
        if shown.span is None or not shown.is_seen:  # a loss is noticed at any time
            return
        if self._progress and (
            shown.span.end_mm <= self._progress[-1][0] or shown.captured_ns <= self._progress[-1][1]
        ):
            self._progress.clear()  # the encoder began again: what was before says nothing of what comes
        self._progress.append((shown.span.end_mm, shown.captured_ns))

    def _agrees(self, account: _Account[T], shown: Shown[T]) -> bool:
        """Whether a camera's encoder can have stood where its frame says, by the leading camera's frames before and
        after it: else its places are another web's.
        """
        if shown.span is None or not shown.is_seen or not account.eye.counts_encoder or not self._progress:
            return True
        number = bisect_left(self._progress, shown.captured_ns, key=lambda each: each[1])
        longest_mm = max(account.usual_mm, self._accounts[self._lead.camera].usual_mm)
        slack_mm = _FRAMES_APART * longest_mm
        where_mm = shown.span.end_mm + account.eye.way_mm
        account.off_mm = None
        if number > 0 and where_mm < self._progress[number - 1][0] - slack_mm:
            account.off_mm = where_mm - self._progress[number - 1][0]
        elif number < len(self._progress) and where_mm > self._progress[number][0] + slack_mm:
            account.off_mm = where_mm - self._progress[number][0]
        return account.off_mm is None


def _covers(span: Span, account: _Account[T]) -> bool:
    """Whether a camera has seen a stretch from its start to its end without a gap."""
    skew_mm = account.eye.skew_mm
    return any(
        from_mm <= span.start_mm + _ROUNDING_MM
        and each.span is not None
        and each.span.end_mm - skew_mm >= span.end_mm - _ROUNDING_MM
        for each, from_mm in account.frames
    )


def _is_past(frame: Span | None, piece: Span) -> bool:
    return frame is not None and frame.end_mm <= piece.end_mm + _ROUNDING_MM
