"""What a PLC's program does at a reject gate, as a pure state machine: no accept by default. Times come in."""

from collections import OrderedDict
from dataclasses import dataclass
from enum import StrEnum

ACCEPT = 1
"""The only verdict code that opens the gate."""
PITCH_UM = 50.0
"""Web that passes in a count of the simulated camera's encoder."""
_REMEMBERED = 10_000


class Why(StrEnum):
    """Why a sheet was let through or taken out."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNINSPECTED = "uninspected"
    NO_RESULT = "no_result"
    """None had come when the sheet was at the gate."""
    WATCHDOG = "watchdog"
    """The station's heartbeat had stopped: its words don't count until it is back."""


@dataclass(frozen=True, slots=True)
class Word:
    """A result, as a partner of any door hears it."""

    sequence: int
    sheet: int | None
    """The sheet's number, out of the piece id; None: it has none."""
    verdict_code: int
    heard_s: float


@dataclass(frozen=True, slots=True)
class Passage:
    """What the gate did with a sheet."""

    sheet: int
    passes: bool
    why: Why


class Plc:
    """One gate's program. For one thread."""

    def __init__(self, watchdog_s: float) -> None:
        """`watchdog_s`: a heartbeat that is older than that is none."""
        self._watchdog_s = watchdog_s
        self._words: OrderedDict[int, Word] = OrderedDict()
        self._at_gate: OrderedDict[int, Why] = OrderedDict()
        self._beat_s = float("-inf")
        self.late: list[int] = []
        """Sheets whose result came when they had passed the gate."""

    def beats(self, now_s: float) -> None:
        """The station's heartbeat has moved on."""
        self._beat_s = max(self._beat_s, now_s)

    def hears(self, word: Word) -> None:
        """A result. Of several about one sheet the strictest counts: nothing told again makes a sheet good."""
        if word.sheet is None:
            return
        if word.sheet in self._at_gate:
            if self._at_gate[word.sheet] in (Why.NO_RESULT, Why.WATCHDOG) and word.sheet not in self.late:
                self.late.append(word.sheet)
            return
        before = self._words.get(word.sheet)
        if before is None or before.verdict_code == ACCEPT:
            self._words[word.sheet] = word
        while len(self._words) > _REMEMBERED:
            self._words.popitem(last=False)

    def gate(self, sheet: int, now_s: float) -> Passage:
        """A sheet's leading edge is at the gate."""
        word = self._words.pop(sheet, None)
        if now_s - self._beat_s > self._watchdog_s:
            why = Why.WATCHDOG
        elif word is None:
            why = Why.NO_RESULT
        elif word.verdict_code == ACCEPT:
            why = Why.ACCEPTED
        else:
            why = Why.REJECTED if word.verdict_code == 2 else Why.UNINSPECTED
        self._at_gate[sheet] = why
        while len(self._at_gate) > _REMEMBERED:
            self._at_gate.popitem(last=False)
        return Passage(sheet, why is Why.ACCEPTED, why)
