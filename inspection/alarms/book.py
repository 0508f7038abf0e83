"""All alarms that somebody has still to deal with, in memory: nothing here waits for a disk or a network."""

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import structlog

from inspection.alarms.alarm import Alarm
from inspection.alarms.condition import AlarmKind, Condition, Priority
from inspection.clock import Clock
from inspection.errors import LineError

_MOST_TO_WRITE = 5_000
"""Alarms that wait for the store; beyond, the oldest that are over are lost to the record."""
_MOST_RECENT = 500
_TAIL_S = 5.0
"""What is told of a cause so soon after it had gone belongs to it: frames that were lost are told in their turn."""
_log = structlog.get_logger("inspection.alarms")


class UnknownAlarm(LineError):
    """There is no such alarm, or everybody is done with it."""


class Happening(StrEnum):
    """What became of an alarm."""

    RAISED = "raised"
    GRAVER = "graver"
    """It stands, and its priority has risen."""
    CLEARED = "cleared"


@dataclass(slots=True)
class _Entry:
    """An alarm, with the spans of it by the running clock."""

    alarm: Alarm
    cleared_s: float = 0.0
    shelved_until_s: float = 0.0
    is_told: bool = False
    """Somebody was told that it stands, and not yet that it is over."""


class AlarmBook:
    """The station's one list. Safe from any thread."""

    def __init__(self, *, fold_s: float, longest_shelf_min: float, clock: Clock | None = None) -> None:
        """`fold_s`: what comes back within it is the same alarm; `longest_shelf_min`: the longest anybody may shelve.

        Spans go by the running clock, so that whoever sets the wall clock ends no shelf late.
        """
        self._fold_s = fold_s
        self.longest_shelf_min = longest_shelf_min
        self._clock = clock or Clock()
        self._looking = threading.Lock()
        self._lock = threading.Lock()
        self._entries: dict[tuple[AlarmKind, str], _Entry] = {}
        self._recent: dict[tuple[AlarmKind, str], _Entry] = {}
        """Settled ones that may come back soon."""
        self._next_number = 1
        self._to_write: dict[int, Alarm] = {}
        self._news: deque[tuple[Happening, Alarm]] = deque(maxlen=_MOST_TO_WRITE)
        self._raised: Counter[AlarmKind] = Counter()

    def take_up(self, last_number: int, alarms: Iterable[Alarm]) -> None:
        """Go on where an earlier start ended: its last number, and the alarms that nobody was done with."""
        now, now_s = self._clock.wall(), self._clock.running_s()
        with self._lock:
            self._next_number = last_number + 1
            for alarm in alarms:
                entry = _Entry(alarm, now_s, is_told=alarm.is_standing)
                if alarm.shelved_until_utc is not None:
                    left_s = (alarm.shelved_until_utc - now).total_seconds()
                    entry.shelved_until_s = now_s + min(left_s, 60.0 * self.longest_shelf_min)
                self._entries[alarm.key] = entry

    def look(self, standing: Callable[[], Sequence[Condition]]) -> Sequence[Condition]:
        """Bring the alarms up to what stands now, of all parts of the station. Returns that.

        One caller at a time asks: what somebody found out later is never overwritten by what was so before.
        """
        with self._looking:
            conditions = standing()
            self._bring_up(conditions)
        return conditions

    def _bring_up(self, conditions: Sequence[Condition]) -> None:
        now, now_s = self._clock.wall(), self._clock.running_s()
        with self._lock:
            standing = set()
            for condition in conditions:
                standing.add((condition.kind, condition.subject))
                self._raise(condition, now, now_s)
            for key, entry in list(self._entries.items()):
                if key not in standing and entry.alarm.is_standing:
                    self._clear(entry, now, now_s)
                if entry.alarm.is_shelved and now_s >= entry.shelved_until_s:
                    self._take_from_shelf(entry)
                self._tell_if_over(entry, now_s)
                self._settle(key, entry)
            for key, entry in list(self._recent.items()):
                self._tell_if_over(entry, now_s)
                if not self._is_soon(entry, now_s):
                    del self._recent[key]

    def note(self, conditions: Iterable[Condition]) -> None:
        """What was there for a moment and is over leaves its trace; what stands anyway is not counted twice."""
        now, now_s = self._clock.wall(), self._clock.running_s()
        with self._lock:
            for condition in conditions:
                key = (condition.kind, condition.subject)
                entry = self._entries.get(key) or self._recent.get(key)
                if entry is not None and (entry.alarm.is_standing or now_s - entry.cleared_s < _TAIL_S):
                    continue
                entry = self._raise(condition, now, now_s)
                self._clear(entry, now, now_s)
                self._settle(key, entry)

    def unsettled(self) -> list[Alarm]:
        """Those that stand, that nobody has acknowledged, or that are put aside; the gravest that stand first."""
        with self._lock:
            alarms = [entry.alarm for entry in self._entries.values()]
        return sorted(alarms, key=urgency)

    def acknowledge(self, number: int, by: str) -> Alarm:
        """Somebody has seen it. Raises UnknownAlarm; who was first stays named."""
        with self._lock:
            entry = self._entry(number, may_be_settled=True)
            if not entry.alarm.is_acknowledged:
                self._put(entry, replace(entry.alarm, acknowledged_by=by, acknowledged_utc=self._clock.wall()))
                _log.info("alarm acknowledged", number=number, kind=entry.alarm.kind.value, by=by)
            self._settle(entry.alarm.key, entry)
            return entry.alarm

    def shelve(self, number: int, by: str, reason: str, minutes: float) -> Alarm:
        """Put it aside: no noise and no message until the time is over. It goes on to stand where it stands.

        Raises UnknownAlarm, LineError: for longer than anybody may.
        """
        if not 0 < minutes <= self.longest_shelf_min:
            raise LineError(
                f"An alarm can be shelved for {self.longest_shelf_min:g} minutes at most, not for {minutes:g}. Shelve "
                "it again when that time is over, or change longest_shelf_min in [alarms] of the station's settings."
            )
        now, length = self._clock.wall(), timedelta(minutes=minutes)
        with self._lock:
            entry = self._entry(number)
            entry.shelved_until_s = self._clock.running_s() + length.total_seconds()
            shelved = replace(
                entry.alarm, shelved_by=by, shelved_reason=reason, shelved_utc=now, shelved_until_utc=now + length
            )
            self._put(entry, shelved)
            _log.warning("alarm shelved", number=number, kind=shelved.kind.value, by=by, reason=reason, minutes=minutes)
            return shelved

    def unshelve(self, number: int, by: str) -> Alarm:
        """Take it from the shelf before its time. Raises UnknownAlarm."""
        with self._lock:
            entry = self._entry(number)
            if entry.alarm.is_shelved:
                _log.info("alarm taken from the shelf", number=number, kind=entry.alarm.kind.value, by=by)
                self._take_from_shelf(entry)
            self._settle(entry.alarm.key, entry)
            return entry.alarm

    def raised(self) -> dict[AlarmKind, int]:
        """How often each kind was raised since the start of the station."""
        with self._lock:
            return dict(self._raised)

    def take_news(self) -> list[tuple[Happening, Alarm]]:
        """What has happened since the last call, for those who send messages."""
        with self._lock:
            news = list(self._news)
            self._news.clear()
        return news

    def changed(self) -> list[Alarm]:
        """What the store does not have yet."""
        with self._lock:
            return list(self._to_write.values())

    def written(self, alarms: Iterable[Alarm]) -> None:
        """The store has these as they are here."""
        with self._lock:
            for alarm in alarms:
                if self._to_write.get(alarm.number) is alarm:
                    del self._to_write[alarm.number]

    def _raise(self, condition: Condition, now: datetime, now_s: float) -> _Entry:
        key = (condition.kind, condition.subject)
        entry = self._entries.get(key)
        back = self._recent.pop(key, None) if entry is None else None
        if back is not None and self._is_soon(back, now_s):
            entry = self._entries[key] = back
        if entry is None:
            made = _Entry(self._made(condition, now))
            self._entries[key] = made
            self._put(made, made.alarm)
            self._tell(Happening.RAISED, made)
            return made
        alarm, is_back = entry.alarm, not entry.alarm.is_standing
        is_graver = condition.priority.rank < alarm.priority.rank
        is_soon = self._is_soon(entry, now_s)
        told = replace(
            alarm, priority=condition.priority, sentence=condition.sentence, detail=condition.detail,
            facts=dict(condition.facts),
        )  # fmt: skip
        if is_back:
            told = replace(told, occurrences=alarm.occurrences + 1, last_raised_utc=now, cleared_utc=None)
        if condition.known_to is not None and (is_back or alarm.acknowledged_by is None):
            told = replace(told, acknowledged_by=condition.known_to, acknowledged_utc=now)
        elif (is_back and not is_soon) or is_graver:
            told = replace(told, acknowledged_by=None, acknowledged_utc=None)
        if is_back or is_graver or told.priority is not alarm.priority or told.acknowledged_by != alarm.acknowledged_by:
            self._put(entry, told)
        else:
            entry.alarm = told  # its numbers go on: written when it clears
        if is_graver:
            self._tell(Happening.GRAVER, entry)
        elif is_back and not is_soon:
            self._tell(Happening.RAISED, entry)
        if is_back:
            self._raised[told.kind] += 1
        return entry

    def _made(self, condition: Condition, now: datetime) -> Alarm:
        number = self._next_number
        self._next_number += 1
        self._raised[condition.kind] += 1
        if condition.priority is not Priority.NOTICE:
            _log.warning(
                "alarm", number=number, kind=condition.kind.value, priority=condition.priority.value,
                what=condition.sentence, detail=condition.detail,
            )  # fmt: skip
        return Alarm(
            number=number,
            kind=condition.kind,
            subject=condition.subject,
            priority=condition.priority,
            sentence=condition.sentence,
            detail=condition.detail,
            raised_utc=now,
            last_raised_utc=now,
            acknowledged_by=condition.known_to,
            acknowledged_utc=now if condition.known_to is not None else None,
            facts=dict(condition.facts),
        )

    def _clear(self, entry: _Entry, now: datetime, now_s: float) -> None:
        entry.cleared_s = now_s
        self._put(entry, replace(entry.alarm, cleared_utc=now))

    def _take_from_shelf(self, entry: _Entry) -> None:
        """What stands still has to be acknowledged anew: nobody was told of it meanwhile."""
        bare = replace(entry.alarm, shelved_by=None, shelved_reason=None, shelved_utc=None, shelved_until_utc=None)
        if bare.is_standing:
            bare = replace(bare, acknowledged_by=None, acknowledged_utc=None)
        self._put(entry, bare)
        if bare.is_standing:
            self._tell(Happening.RAISED, entry)

    def _settle(self, key: tuple[AlarmKind, str], entry: _Entry) -> None:
        if entry.alarm.is_settled and self._entries.get(key) is entry:
            del self._entries[key]
            self._recent[key] = entry
            while len(self._recent) > _MOST_RECENT:
                del self._recent[next(iter(self._recent))]

    def _is_soon(self, entry: _Entry, now_s: float) -> bool:
        return now_s - entry.cleared_s <= self._fold_s

    def _entry(self, number: int, *, may_be_settled: bool = False) -> _Entry:
        entries = list(self._entries.values())
        if may_be_settled:
            entries += self._recent.values()
        for entry in entries:
            if entry.alarm.number == number:
                return entry
        raise UnknownAlarm(
            f"There is no alarm {number} that anybody has to deal with; GET /v1/alarms lists those that there are."
        )

    def _put(self, entry: _Entry, alarm: Alarm) -> None:
        entry.alarm = alarm
        self._to_write.pop(alarm.number, None)
        self._to_write[alarm.number] = alarm
        if len(self._to_write) > _MOST_TO_WRITE:
            del self._to_write[next(iter(self._to_write))]

    def _tell_if_over(self, entry: _Entry, now_s: float) -> None:
        """Once it can't come back as the same: what chatters is told of once, and goes on to stand for who was told."""
        if entry.is_told and not entry.alarm.is_standing and not self._is_soon(entry, now_s):
            self._tell(Happening.CLEARED, entry)
            entry.is_told = False

    def _tell(self, happening: Happening, entry: _Entry) -> None:
        if not entry.alarm.is_shelved and entry.alarm.priority is not Priority.NOTICE:
            entry.is_told = True
            self._news.append((happening, entry.alarm))


def urgency(alarm: Alarm) -> tuple[bool, int, int, float]:
    """To sort by: what stands first, then the gravest, then the kind, then the newest."""
    moment = alarm.last_raised_utc.astimezone(UTC).timestamp()
    return not alarm.is_standing, alarm.priority.rank, list(AlarmKind).index(alarm.kind), -moment
