"""What each camera's frames show of the web, by the recipe that judges their place.

As a rule a frame is looked at once. Where recipes change it shows web of both sides of the change, or was inspected
before anybody knew where that would be: then each recipe has its own look at it, and each of them follows the frames in
their order by itself.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from camera.frame import FrameId
from inspection.judging import uninspected
from inspection.judging.findings import Carried, Findings
from inspection.judging.sight import Sight
from inspection.station.attempt import Broken, attempt
from inspection.station.frames_in_hand import FrameInHand
from inspection.station.turns import Turn
from inspection.values import Reason


@dataclass(frozen=True, slots=True)
class Look:
    """A frame as one recipe sees it."""

    turn: Turn
    """By whose recipe."""
    sight: Sight | None
    why_not: Reason | None = None
    """Why there is no sight."""
    follow_ms: float = 0.0
    anew_after: Turn | None = None
    """What the frame before it left open at the border was found by this turn, and is not gone on with; None: all of it
    is."""


@dataclass(eq=False, slots=True)
class Followed:
    """A frame in hand, with what its camera showed in it."""

    item: FrameInHand
    before: Carried
    """What the frames before it had left."""
    looks: dict[Turn, Look] = field(default_factory=dict)
    asked: set[Turn] = field(default_factory=set)
    """Whoever looks at it, or is asked to."""

    def by(self, turn: Turn) -> Look:
        """The look that a turn had at it, or why there is none."""
        if (look := self.looks.get(turn)) is not None:
            return look
        first = next(iter(self.looks.values()))
        if self.item.frame is None and first.why_not is not None:  # a lost frame is lost for everybody
            return first
        camera = self.item.piece.frame.camera
        before, after = (each.pipelines[camera].recipe_artefact for each in (first.turn, turn))
        return Look(turn, None, uninspected.changed_over(before, after))

    @property
    def sight(self) -> Sight | None:
        """What anybody saw in it: where it lies on the web is the same for all."""
        return next((look.sight for look in self.looks.values() if look.sight is not None), None)


@dataclass(slots=True)
class _Sequence:
    """The frames of one camera in their order."""

    last: Followed | None = None
    left: Carried = Carried.START
    """What the last frame left, by whoever looked at it first."""
    left_to: dict[Turn, Carried] = field(default_factory=dict)
    """What it left to each turn that looked at it."""


class Follower:
    """Follows all cameras' frames, in one thread."""

    def __init__(self, cameras: Iterable[str]) -> None:
        self._sequences = {camera: _Sequence() for camera in cameras}
        self._late: dict[str, tuple[Turn, FrameId, Carried]] = {}
        """The last frame of each camera that was looked at late, by whom, and what it left."""

    def first_look(self, item: FrameInHand) -> Followed:
        """The next frame number of a camera."""
        sequence = self._sequences[item.piece.frame.camera]
        followed = Followed(item, sequence.left)
        goes_on = sequence.left_to.get(item.turn) or self._left_by_late_look(item)
        anew_after = sequence.last.item.turn if sequence.last is not None and goes_on is None else None
        # What the other recipe left open at the border is nothing that this one can go on with.
        before = sequence.left.after_loss() if goes_on is None else goes_on
        left = _take_look(item, followed, before, anew_after)
        if item.also is not None:
            followed.asked.add(item.also)
        sequence.last, sequence.left, sequence.left_to = followed, left, {item.turn: left}
        return followed

    def second_look(self, item: FrameInHand) -> Followed | None:
        """Another turn's look at a camera's newest frame, which it follows with the frames to come."""
        sequence = self._sequences[item.piece.frame.camera]
        followed = sequence.last
        if followed is None or followed.item.piece.frame != item.piece.frame:
            return None
        left = _take_look(item, followed, followed.before.after_loss(), followed.item.turn)
        sequence.left_to[item.turn] = left
        return followed

    def late_look(self, item: FrameInHand, followed: Followed) -> None:
        """Another turn's look at a frame that was taken in before anybody knew that it would be needed."""
        frame, goes_on = item.piece.frame, self._left_by_late_look(item)
        before = followed.before.after_loss() if goes_on is None else goes_on
        left = _take_look(item, followed, before, followed.item.turn if goes_on is None else None)
        self._late[frame.camera] = (item.turn, frame, left)

    def _left_by_late_look(self, item: FrameInHand) -> Carried | None:
        """What the frame before it left to its turn, if that was looked at late."""
        frame = item.piece.frame
        turn, last, left = self._late.get(frame.camera, (None, None, None))
        is_next = last is not None and (last.run, last.number + 1) == (frame.run, frame.number)
        return left if turn is item.turn and is_next else None


def _take_look(item: FrameInHand, followed: Followed, before: Carried, anew_after: Turn | None) -> Carried:
    """Add a turn's look. Returns what the frame leaves for the next one."""
    look, left = _look(item, before, anew_after)
    followed.looks[item.turn] = look
    followed.asked.add(item.turn)
    return left


def _look(item: FrameInHand, before: Carried, anew_after: Turn | None) -> tuple[Look, Carried]:
    why_not: Reason | None = None
    if isinstance(item.outcome, Findings) and (item.is_late_look or item.age_ms() <= item.turn.deadline_ms):
        began_ns = time.perf_counter_ns()
        pipeline = item.turn.pipelines[item.piece.frame.camera]
        followed = attempt(str(item.piece.frame), pipeline.follow, item.outcome, before)
        if not isinstance(followed, Broken):
            sight, left = followed
            item.outcome = None  # the prepared image goes; the piece may wait for another camera
            follow_ms = (time.perf_counter_ns() - began_ns) / 1e6
            return Look(item.turn, sight, None, follow_ms, anew_after), left.after_loss() if sight.unseen else left
        why_not = followed.reason
    return Look(item.turn, None, why_not or _why_not(item), anew_after=anew_after), before.after_loss()


def _why_not(item: FrameInHand) -> Reason:
    if isinstance(item.outcome, Reason):
        return item.outcome
    because = uninspected.overload if item.began_ns is None else uninspected.late
    return because(item.age_ms(), item.turn.deadline_ms)
