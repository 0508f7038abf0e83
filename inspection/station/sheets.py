"""Where sheets begin and end: by the line's triggers with a watchdog, or by their pitch alone. Pure."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from inspection.values import Span

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sheet(Generic[T]):
    """A sheet from one cut to the next."""

    span: Span | None
    """None where nobody knows where it lay."""
    mark: T | None
    """What the line told at its beginning; None where it told nothing."""


class SheetCutter(Generic[T]):
    """Cuts one web into sheets as it passes: what the line tells twice counts once, what it forgets is cut as well."""

    def __init__(self, pitch_mm: float, tolerance_mm: float, *, by_triggers: bool) -> None:
        """`pitch_mm`: from one cut to the next; `tolerance_mm`: how far from its place a cut may be told;
        `by_triggers`: False cuts by the pitch alone, and what the line tells names the sheet that it falls into.
        """
        self._pitch_mm = pitch_mm
        self._tolerance_mm = tolerance_mm
        self._by_triggers = by_triggers
        self._begin_mm: float | None = None
        self._mark: T | None = None
        self._is_told = False
        """Whether the sheet that runs began where the line said."""
        self._was_lost = False
        self._resumed_mm: float | None = None
        """Where the web was when its place was known again, until the next sheet begins."""
        self.doubled = 0
        """Marks that came too soon after the one before: told twice, or out of order. None of them is a sheet."""
        self.missed = 0
        """Sheets of which the line told nothing; their decisions have no id."""

    def mark(self, place_mm: float, mark: T) -> list[Sheet[T]]:
        """The line told that a sheet begins at a place, in the order of the web. Returns the sheets that end by it."""
        if not self._by_triggers:
            ended = self.passed(place_mm)
            if self._mark is None:
                self._mark = mark
            else:
                self.doubled += 1
            return ended
        ended = self.passed(place_mm)
        if self._begin_mm is not None:
            far_mm = place_mm - self._begin_mm
            if not self._is_told and abs(far_mm) <= self._tolerance_mm:
                # The watchdog was sooner: this is the sheet that it began.
                self._mark, self._is_told = mark, True
                return ended
            if far_mm < self._pitch_mm - self._tolerance_mm and (self._is_told or far_mm < self._tolerance_mm):
                self.doubled += 1
                return ended
            ended.append(self._end_at(place_mm))
        self._begin_mm, self._mark, self._is_told, self._was_lost = place_mm, mark, True, False
        return ended

    def lost(self, marks: list[T]) -> list[Sheet[T]]:
        """Nobody knows where the web is, and meanwhile the line told of these sheets. Returns them, and the one that
        ran: each is to have its word, though nobody can say what it looks like.
        """
        running = [] if self._begin_mm is None else [self._mark]
        self._begin_mm, self._mark, self._is_told, self._resumed_mm = None, None, False, None
        self._was_lost = True
        return [Sheet(None, mark) for mark in (*running, *marks)]

    def passed(self, place_mm: float) -> list[Sheet[T]]:
        """The web up to a place has passed, and nothing more will be told of it. Returns the sheets that end by it."""
        if self._begin_mm is None and self._was_lost and self._by_triggers:
            # What runs here was told of while the place was unknown: the next word begins a sheet, or the watchdog.
            if self._resumed_mm is None:
                self._resumed_mm = place_mm
            if place_mm <= self._resumed_mm + self._pitch_mm + self._tolerance_mm:
                return []
            self._begin_mm = self._resumed_mm
        if self._begin_mm is None:
            self._begin_mm = place_mm
            return []
        ended = []
        slack_mm = self._tolerance_mm if self._by_triggers else 0.0
        while place_mm > self._begin_mm + self._pitch_mm + slack_mm:
            ended.append(self._end_at(self._begin_mm + self._pitch_mm))
        return ended

    def _end_at(self, place_mm: float) -> Sheet[T]:
        assert self._begin_mm is not None
        sheet = Sheet(Span(self._begin_mm, place_mm), self._mark)
        self.missed += self._mark is None
        self._begin_mm, self._mark, self._is_told = place_mm, None, False
        return sheet
