"""What the last decisions say of web, camera and machine: counted as they are published, in bounded memory."""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from inspection.alarms.condition import AlarmKind, Condition, Fact, Priority
from inspection.alarms.settings import AlarmSettings
from inspection.station.feed import Publication
from inspection.station.intervention import is_set_aside
from inspection.values import Decision, Severity, Verdict

_NEWEST = 20
"""Number of newest pieces; more than half of them uninspected: the station does not inspect."""
_FEWEST_BLIND = 3
_MOST_SAFETY = 10_000
_GONE = ("lost.device_lost", "lost.process_died")


@dataclass(frozen=True, slots=True)
class _Piece:
    """What is remembered of a decision."""

    verdict: Verdict
    is_late: bool
    cause: str | None
    """Rule of its first reason, where it is uninspected."""


@dataclass(slots=True)
class _Course:
    """The last pieces of one camera."""

    pieces: deque[_Piece]
    counts: Counter[Verdict] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)
    late: int = 0
    in_a_row: int = 0
    """Rejects since the last accept."""
    runs: dict[tuple[int, str], int] = field(default_factory=dict)
    """Rejects one after the other that name a kind in a lane, of the last reject's."""
    since_reject: int = 0
    """Pieces since the last reject."""
    seen_mm: float = 0.0
    """Web that passed, ever."""
    safety: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=_MOST_SAFETY))
    """Pieces that broke a limit of severity S1: where they ended (`seen_mm`), and how many objects did so."""
    is_safety_open: bool = False
    """Such an object reached the end of the last piece: what goes on in the next one is the same."""
    gone: int = 0
    """Frames lost because the camera was gone, ever."""
    gone_why: str = ""

    def add(self, decision: Decision) -> None:
        """Take the next decision in."""
        first = decision.reasons[0] if decision.reasons else None
        if first is not None and first.rule in _GONE:
            self.gone += 1
            self.gone_why = first.sentence
        self.seen_mm += max(0.0, decision.piece.length_mm or 0.0)
        self._count_safety(decision)
        if is_set_aside(decision):  # the station saw nothing wrong with it
            self.in_a_row = 0
            return
        if len(self.pieces) == self.pieces.maxlen:
            self._forget(self.pieces[0])
        is_uninspected = decision.verdict is Verdict.UNINSPECTED
        piece = _Piece(
            decision.verdict, not decision.deadline_met, first.rule if is_uninspected and first is not None else None
        )
        self.pieces.append(piece)
        self.counts[piece.verdict] += 1
        self.late += piece.is_late
        if piece.cause is not None:
            self.causes[piece.cause] += 1
        self._follow(decision)

    def _count_safety(self, decision: Decision) -> None:
        """Whatever became of the piece: also one that was set aside, or came late, shows what lies on the web."""
        grave = [reason for reason in decision.reasons if reason.severity is Severity.S1]
        blamed = {place for reason in grave for place in reason.defects if place < len(decision.defects)}
        objects = [decision.defects[place] for place in blamed]
        count = sum(not (each.continued and self.is_safety_open) for each in objects)
        if grave and not blamed:
            count = 1
        self.is_safety_open = any(each.reaches_trailing_edge for each in objects)
        if count:
            self.safety.append((self.seen_mm, count))

    def safety_objects(self, within_mm: float) -> int:
        """How many objects broke a limit of severity S1 on the web that was seen last."""
        while self.safety and self.safety[0][0] <= self.seen_mm - within_mm:
            self.safety.popleft()
        return sum(count for _, count in self.safety)

    def _follow(self, decision: Decision) -> None:
        self.since_reject += 1
        if decision.verdict is Verdict.ACCEPT:
            self.in_a_row = 0
        elif decision.verdict is Verdict.REJECT:
            self.in_a_row += 1
            self.since_reject = 0
            named = {
                (lane, reason.kind or decision.defects[place].kind)
                for reason in decision.reasons
                for place in reason.defects
                if place < len(decision.defects) and (lane := decision.defects[place].lane) is not None
            }
            self.runs = {each: self.runs.get(each, 0) + 1 for each in named}
        if self.since_reject > (self.pieces.maxlen or 0):
            self.runs = {}

    def _forget(self, piece: _Piece) -> None:
        self.counts[piece.verdict] -= 1
        self.late -= piece.is_late
        if piece.cause is not None:
            self.causes[piece.cause] -= 1
            if not self.causes[piece.cause]:
                del self.causes[piece.cause]


class QualityWatch:
    """A sink that counts, and says what stands when it is asked. Safe from any thread."""

    def __init__(self, settings: AlarmSettings, now_s: Callable[[], float] = time.monotonic) -> None:
        """`now_s`: a clock that nobody sets."""
        self._settings = settings
        self._now_s = now_s
        self._lock = threading.Lock()
        self._courses: dict[str, _Course] = {}
        self._last_s: float | None = None

    def take(self, publications: Sequence[Publication]) -> None:
        """Sink: count decisions, in their order."""
        with self._lock:
            self._last_s = self._now_s()
            for publication in publications:
                decision = publication.decision
                camera = decision.piece.frame.camera
                course = self._courses.get(camera)
                if course is None:
                    course = self._courses[camera] = _Course(deque(maxlen=self._settings.window_pieces))
                course.add(decision)

    def silent_s(self) -> float | None:
        """Seconds since anything was decided, None if nothing was."""
        last_s = self._last_s
        return None if last_s is None else self._now_s() - last_s

    def times_gone(self) -> dict[str, tuple[int, str]]:
        """By camera: frames lost because it was gone, since the start; what was said of the last of them."""
        with self._lock:
            return {camera: (course.gone, course.gone_why) for camera, course in self._courses.items() if course.gone}

    def conditions(self) -> list[Condition]:
        """What stands now, by what the last decisions of each camera say."""
        with self._lock:
            return [
                found
                for camera, course in self._courses.items()
                for found in (*self._of_verdicts(camera, course), *self._of_runs(camera, course))
            ]

    def _of_verdicts(self, camera: str, course: _Course) -> list[Condition]:
        limits, pieces = self._settings, len(course.pieces)
        facts: dict[str, Fact] = {"camera": camera, "pieces": pieces}
        found = []
        if (blind := course.counts[Verdict.UNINSPECTED]) > 0:
            cause = course.causes.most_common(1)[0][0] if course.causes else "?"
            newest = [course.pieces[n].verdict for n in range(-1, -min(_NEWEST, pieces) - 1, -1)]
            unseen = newest.count(Verdict.UNINSPECTED)
            if unseen >= _FEWEST_BLIND and 2 * unseen > len(newest):
                urgency = Priority.CRITICAL
            else:
                is_grave = blind > limits.uninspected_share * limits.window_pieces
                urgency = Priority.HIGH if is_grave else Priority.MEDIUM
            rules = ", ".join(f"{rule}: {count}" for rule, count in course.causes.most_common(5))
            found.append(
                Condition(AlarmKind.UNINSPECTED, camera, facts | {"count": blind, "cause": cause}, rules, urgency)
            )
        if course.late:
            is_grave = course.late > limits.late_share * limits.window_pieces
            urgency = Priority.HIGH if is_grave else Priority.MEDIUM
            found.append(Condition(AlarmKind.LATE, camera, facts | {"count": course.late}, "", urgency))
        grave = course.safety_objects(1000.0 * limits.safety_m)
        if grave >= limits.safety_objects:
            of_safety: dict[str, Fact] = {"camera": camera, "count": grave, "metres": f"{limits.safety_m:g}"}
            found.append(Condition(AlarmKind.SAFETY, camera, of_safety))
        rejects = course.counts[Verdict.REJECT]
        if rejects > limits.reject_rate * limits.window_pieces:
            found.append(Condition(AlarmKind.REJECT_RATE, camera, facts | {"count": rejects}))
        return found

    def _of_runs(self, camera: str, course: _Course) -> list[Condition]:
        found = []
        if course.in_a_row >= self._settings.rejects_in_a_row:
            facts: dict[str, Fact] = {"camera": camera, "count": course.in_a_row}
            found.append(Condition(AlarmKind.REJECTS_IN_A_ROW, camera, facts))
        longest: dict[int, tuple[int, str]] = {}
        for (lane, kind), count in course.runs.items():
            longest[lane] = max(longest.get(lane, (0, "")), (count, kind))
        for lane, (count, kind) in longest.items():  # one alarm for a lane, of the kind that has run longest
            if count >= self._settings.rejects_in_lane:
                of_lane: dict[str, Fact] = {"camera": camera, "count": count, "lane": lane, "kind": kind}
                found.append(Condition(AlarmKind.REJECTS_IN_LANE, f"{camera}, lane {lane}", of_lane))
        return found
