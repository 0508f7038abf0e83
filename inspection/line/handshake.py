"""The handshake with a machine on the line, once for all polled doors: a state machine without clock and network.

Times come in as seconds of any steady clock. Results go out one at a time: the data first, `is_valid` last, held until
the partner acknowledges. What a partner asks for comes in by a counter that it changes, or by the edge of a bit, and is
taken in once.

Two promises pull at each other: after a pulled cable every result is handed on in order, and a partner that forgets to
acknowledge does not block the line for ever. Both hold because a result is let go by force only

- after the partner has had it: it asked again on the connection by which it read the result, which nobody can do who
  has not got the answer before;
- once `retry_s` has gone since then; and
- at a request of the partner: one who is away lets nothing go, however long that takes.

A result that was let go counts as handed on, for the partner has had it; the record says that nobody confirmed it.
"""

from collections import deque
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Generic, Protocol, TypeVar

LEAST_BUFFER = 64
LONGEST_COUNTER = 0xFFFF
"""Heartbeats and acquisition ids count 1 to this, then begin at 1 again: 0 is what a cleared register says."""


class Numbered(Protocol):
    """What is handed on: results have a sequence number."""

    @property
    def sequence(self) -> int:
        """Counts results, 1, 2, 3 ..."""


R = TypeVar("R", bound=Numbered)
T = TypeVar("T")


class OutOfOrder(Exception):
    """A number was acknowledged that is not the shown result's: nothing has changed."""


class TooMany(Exception):
    """The partner asks for more than can wait to be carried out: nothing was taken in."""


class Offline(IntEnum):
    """Why nothing may be expected of the station now."""

    NO = 0
    """It is online."""
    SILENT = 1
    """The station itself says nothing: only its door answers."""
    BY_PARTNER = 2
    """The partner took it offline."""
    HOLD = 3
    """Somebody holds the line."""
    NOT_READY = 4
    """The line may not run; the station's pages say why."""
    PARTNER_AWAY = 5
    """The partner's heartbeat stands still, or it asks for nothing."""


class LetGo(Enum):
    """How a result was let go of."""

    ACKNOWLEDGED = "acknowledged"
    READ = "read"
    """It was read, and the partner wants nothing held."""
    FORCED = "forced"
    """It was read, and not acknowledged in time."""


@dataclass(frozen=True, slots=True)
class Release:
    """A result that the partner has had, and all before it."""

    sequence: int
    how: LetGo


@dataclass(frozen=True, slots=True)
class Rules:
    """How long things are waited for."""

    buffer: int = LEAST_BUFFER
    """Results that wait behind the shown one, it included; all others wait in the store."""
    retry_s: float = 2.0
    """Time from which on a result that was read and not acknowledged is let go; 0: never."""
    gap_s: float = 0.0
    """`is_valid` is off for so long after a result was let go by force, so that a partner that looks for edges sees
    one."""
    away_s: float = 3.0
    """A partner that gives no sign of life for so long is away."""
    beat_s: float = 0.1
    """Time between two counts of our heartbeat."""


def next_count(counter: int) -> int:
    """The number after another one, as heartbeats and acquisition ids count.

    >>> next_count(0), next_count(65_535)
    (1, 1)
    """
    return counter % LONGEST_COUNTER + 1


class Results(Generic[R]):
    """Results on their way to one partner, each shown until it is let go of."""

    def __init__(self, rules: Rules, *, is_held: bool = True) -> None:
        """`is_held`: results wait to be acknowledged; else until they were read."""
        assert rules.buffer >= LEAST_BUFFER
        self._rules = rules
        self._waiting: deque[R] = deque()
        self._released: deque[Release] = deque()
        self._is_shown = False
        self._is_read = False
        self._had_s: float | None = None
        self._last = 0
        self._last_shown = 0
        self._last_released = 0
        self._is_acknowledging = False
        self._shows_again_s = float("-inf")
        self.is_held = is_held
        """Whether the partner wants results held until it acknowledges."""
        self.completed = 0
        """Results that were shown, since the start."""
        self.forced = 0
        """Results that were let go by force, since the start."""
        self.overruns = 0
        """How many times the buffer was full, since the start."""

    @property
    def waits(self) -> int:
        """Results that wait here, the shown one included."""
        return len(self._waiting)

    @property
    def is_overrun(self) -> bool:
        """The buffer is full: the partner is slower than the line. What follows waits in the store."""
        return len(self._waiting) >= self._rules.buffer

    @property
    def is_valid(self) -> bool:
        """Whether the data are a result. Set after the data, taken back before them."""
        return self._is_shown

    @property
    def shown(self) -> R | None:
        """The data; None: no verdict."""
        return self._waiting[0] if self._is_shown else None

    def offer(self, result: R, now_s: float) -> bool:
        """Take a result in, behind those that wait. False: there is no room, offer it again later.

        One that was offered before is let fall: the caller began anew somewhere earlier.
        """
        if result.sequence <= self._last:
            return True
        if self.is_overrun:
            return False
        self._waiting.append(result)
        self._last = result.sequence
        self.overruns += self.is_overrun
        self._show(now_s)
        return True

    def read(self) -> int:
        """The partner is told the data just now. Returns their number, to be given to `had` when the answer is known
        to have come through; 0: there was no verdict.
        """
        if not self._is_shown:
            return 0
        self._is_read = True
        return self._waiting[0].sequence

    def had(self, sequence: int, now_s: float) -> None:
        """The partner has got the answer in which it was told the data with this number."""
        if not self._is_shown or self._waiting[0].sequence != sequence:
            return
        if self._had_s is None:
            self._had_s = now_s
        if not self.is_held:
            self._let_go(LetGo.READ, now_s)

    def acknowledge(self, sequence: int, now_s: float) -> None:
        """The partner says the number of what it has taken. Raises OutOfOrder.

        0 says nothing, and the number that was let go last may be repeated. So may the shown one's before it was read:
        after a restart, a number may stand in the partner's registers that it has still to be told again.
        """
        if self._is_shown and sequence == self._waiting[0].sequence:
            if self._is_read:
                self._let_go(LetGo.ACKNOWLEDGED, now_s)
        elif sequence not in (0, self._last_released):
            shown = f"result {self._waiting[0].sequence} is shown" if self._is_shown else "no result is shown"
            raise OutOfOrder(f"Result {sequence} was acknowledged, and {shown}.")

    def set_acknowledging(self, is_set: bool, now_s: float) -> bool:
        """The partner's bit. Its rise acknowledges what is shown; nothing is shown before it has fallen again.

        Returns False for a rise while nothing is shown that was read: the partner is late, and what it has not read yet
        is not taken for what it means.
        """
        rises, self._is_acknowledging = is_set and not self._is_acknowledging, is_set
        is_meant = self._is_read
        if not is_set:
            self._show(now_s)
        elif rises and is_meant:
            self._let_go(LetGo.ACKNOWLEDGED, now_s)
        elif rises:
            self._is_shown = False
        return is_meant or not rises

    def asked(self, now_s: float) -> None:
        """The partner asks for something, whatever it is: what it has had for too long is let go."""
        had_s, retry_s = self._had_s, self._rules.retry_s
        if self._is_shown and had_s is not None and retry_s > 0 and now_s - had_s >= retry_s:
            self.forced += 1
            self._shows_again_s = now_s + self._rules.gap_s
            self._let_go(LetGo.FORCED, now_s)

    def tick(self, now_s: float) -> None:
        """Time has gone: show what was to wait a while."""
        self._show(now_s)

    @property
    def is_any_released(self) -> bool:
        """Whether `released` has something to tell."""
        return bool(self._released)

    def released(self) -> list[Release]:
        """What was let go of since this was asked last, in order; of several that went alike, the last."""
        found = list(self._released)
        self._released.clear()
        return found

    def _let_go(self, how: LetGo, now_s: float) -> None:
        sequence = self._waiting.popleft().sequence
        self._is_shown = self._is_read = False
        self._had_s = None
        self._last_released = sequence
        if self._released and self._released[-1].how is how:
            self._released.pop()
        self._released.append(Release(sequence, how))
        self._show(now_s)

    def _show(self, now_s: float) -> None:
        if self._waiting and not (self._is_shown or self._is_acknowledging) and now_s >= self._shows_again_s:
            self._is_shown = True
            self.completed += self._waiting[0].sequence != self._last_shown
            self._last_shown = self._waiting[0].sequence


@dataclass(frozen=True, slots=True)
class Request(Generic[T]):
    """What the partner asks for."""

    number: int
    """The partner's counter, or ours where it has a bit alone."""
    what: T


class Requests(Generic[T]):
    """What the partner asks for, each taken in once, carried out one after the other, and answered with a number."""

    def __init__(self, most: int) -> None:
        """`most`: so many may wait to be carried out."""
        self._most = most
        self._waiting: deque[Request[T]] = deque()
        self._number = 0
        self._is_set = False
        self.is_under_way = False
        """Whether one is being carried out now."""
        self.is_settled = False
        """The bit is still set, and what it asked for has been answered."""
        self.answered = 0
        """Number of the last one that was answered."""
        self.answer = 0
        """What it was answered with: 0 it was carried out, else an error's number."""

    @property
    def is_busy(self) -> bool:
        """Whether anything is to be carried out still."""
        return self.is_under_way or bool(self._waiting)

    @property
    def is_full(self) -> bool:
        """Whether one more would be refused."""
        return len(self._waiting) >= self._most

    def is_news(self, number: int) -> bool:
        """Whether this number asks for something that was not taken in."""
        return number not in (0, self._number)

    def count(self, number: int, what: T) -> bool:
        """The partner's counter. A number other than before asks for `what`, 0 for nothing. Raises TooMany."""
        if not self.is_news(number):
            self._number = number
            return False
        if self.is_full:
            raise TooMany
        self._take(number, what)
        return True

    def set(self, is_set: bool, what: T) -> bool:
        """The partner's bit. Its rise asks for `what`. Raises TooMany, and the rise is not taken for seen."""
        if not is_set:
            self._is_set = self.is_settled = False
            return False
        if self._is_set:
            return False
        if self.is_full:
            raise TooMany
        self._is_set = True
        self._take(next_count(self._number), what)
        return True

    def begin(self) -> Request[T] | None:
        """What is to be carried out next; None: nothing, or one is under way."""
        if self.is_under_way or not self._waiting:
            return None
        self.is_under_way = True
        return self._waiting.popleft()

    def end(self, request: Request[T], answer: int) -> None:
        """It was carried out (0), or could not be (an error's number)."""
        self.is_under_way = False
        self.answered, self.answer = request.number, answer
        self.is_settled = self._is_set and request.number == self._number

    def _take(self, number: int, what: T) -> None:
        self._number = number
        self.is_settled = False
        self._waiting.append(Request(number, what))


class Heartbeats:
    """Signs of life both ways."""

    def __init__(self, rules: Rules, now_s: float) -> None:
        self._rules = rules
        self._beat_s = now_s
        self._theirs = 0
        self._heard_s: float | None = None
        self.ours = 0
        """Counts on while the station is fresh; it never is 0 once it has counted."""

    def tick(self, is_fresh: bool, now_s: float) -> None:
        """Time has gone. `is_fresh`: the station was heard of just now; if not, our heartbeat stands still."""
        if is_fresh and now_s - self._beat_s >= self._rules.beat_s:
            self.ours, self._beat_s = next_count(self.ours), now_s

    def hear(self, theirs: int, now_s: float) -> None:
        """The partner's counter; a sign of life if it has changed."""
        if theirs != self._theirs:
            self._theirs, self._heard_s = theirs, now_s

    def sign(self, now_s: float) -> None:
        """A sign of life of a partner that has no counter."""
        self._heard_s = now_s

    def is_away(self, now_s: float) -> bool:
        """Whether the partner has given no sign of life for too long, or none yet."""
        return self._heard_s is None or now_s - self._heard_s > self._rules.away_s


def offline(*, is_fresh: bool, is_taken_off: bool, is_held: bool, is_ready: bool, is_partner_away: bool) -> Offline:
    """Why the station is offline, the gravest reason.

    >>> offline(is_fresh=True, is_taken_off=False, is_held=True, is_ready=False, is_partner_away=True)
    <Offline.HOLD: 3>
    """
    told = (
        (not is_fresh, Offline.SILENT),
        (is_taken_off, Offline.BY_PARTNER),
        (is_held, Offline.HOLD),
        (not is_ready, Offline.NOT_READY),
        (is_partner_away, Offline.PARTNER_AWAY),
    )
    return next((reason for holds, reason in told if holds), Offline.NO)


def is_stop_wanted(uninspected_in_a_row: int, stop_after: int) -> bool:
    """Whether the line is to be asked to stop: so many pieces in a row were not inspected.

    >>> is_stop_wanted(9, 10), is_stop_wanted(10, 10)
    (False, True)
    """
    return uninspected_in_a_row >= stop_after
