"""One camera's frame numbers, taken in one by one: each once, in order, and none left out without a word."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import structlog

from camera.frame import EndOfFrames, Frame, FrameId, LossReason, LostFrame
from camera.source import FrameSource
from inspection.judging import uninspected
from inspection.station.attempt import Broken, attempt
from inspection.station.frames_in_hand import FrameInHand, FrameOutcome, FramesInHand
from inspection.station.tally import Tally
from inspection.station.threads import Threads
from inspection.station.triggers import TriggerQueue
from inspection.station.turns import Turn, Turns
from inspection.values import Piece, Span

_READ_S = 0.25
_MARGIN_MS = 20.0
"""Time kept free before a deadline for writing and publishing; at most a fifth of the deadline."""
_AGAIN_S = 0.5
_AGAIN_MOST_S = 5.0
"""Time from one attempt to read a broken source to the next: it doubles, up to the longest."""
_MOST_TOLD = 1_000
"""Longest gap in a source's frame numbers that is told number by number; a longer one is told as one loss."""
_log = structlog.get_logger("inspection.station.camera_reader")


class CameraReader:
    """Reads one camera's source, in the thread `read-CAMERA`, and puts what comes among the frames in hand."""

    def __init__(
        self,
        camera: str,
        source: FrameSource,
        in_hand: FramesInHand,
        triggers: TriggerQueue,
        turns: Turns,
        tally: Tally,
        threads: Threads,
        stopping: threading.Event,
        decisions: Callable[[Turn], int],
        *,
        takes_triggers: bool,
        leads: bool | None = None,
    ) -> None:
        """`stopping`: set when nothing more is to be read; `decisions`: how many one of its frames leads to by a turn:
        none where another camera of its web leads. `takes_triggers`: its frames echo what the line sends.
        `leads`: the web that other cameras see, too, or False: one of those leads; None: nobody else sees its web.
        """
        self._camera = camera
        self._source = source
        self._in_hand = in_hand
        self._triggers = triggers
        self._turns = turns
        self._tally = tally
        self._threads = threads
        self._stopping = stopping
        self._decisions = decisions
        self._takes_triggers = takes_triggers
        self._leads = leads
        self.has_ended = False
        """Whether the source has shown all it had."""

    def read_to_the_end(self) -> None:
        """Read until all is shown. What breaks off on the way is told and tried again: it never ends the reading."""
        camera, name = self._camera, f"read-{self._camera}"
        last, again_s = None, _AGAIN_S
        while not self._stopping.is_set():
            self._threads.beat(name)
            outcome = attempt(f"read {camera}", self._read_one, last)
            if isinstance(outcome, EndOfFrames):
                self.has_ended = True
                _log.info("camera has shown all it had", camera=camera, detail=outcome.detail)
                return
            if isinstance(outcome, Broken):
                self._threads.impede(
                    name, f"Camera {camera} can't be read: {outcome.error}. Trying again; the log holds the traceback."
                )
                self._stopping.wait(again_s)
                again_s = min(2.0 * again_s, _AGAIN_MOST_S)
                continue
            self._threads.clear(name)
            last, again_s = outcome, _AGAIN_S

    def _read_one(self, last: FrameId | None) -> FrameId | EndOfFrames | None:
        """Take in what the source shows next, after frame `last`. Returns the last frame taken in."""
        source = self._source
        if source.waits_for_station and not self._in_hand.wait_for_room(_READ_S):
            return last
        reading = source.read(_READ_S)
        if reading is None or isinstance(reading, EndOfFrames):
            return reading or last
        if last is not None and last.run == reading.id.run and reading.id.number <= last.number:
            _log.error("camera repeats a frame number; ignored", frame=str(reading.id), last=last.number)
            return last
        for number, count in _skipped(last, reading.id):
            self._add(_never_mentioned(FrameId(self._camera, reading.id.run, number), count, reading))
        self._add(reading)
        return reading.id

    def _add(self, reading: Frame | LostFrame) -> None:
        self._tally.count_read(reading.id.camera)
        frame: Frame | None = None
        outcome: FrameOutcome | None = None
        if isinstance(reading, Frame):
            frame, length_mm = reading, reading.length_mm
            captured_utc, captured_ns = reading.captured_utc, reading.captured_ns
        else:
            outcome, length_mm = uninspected.lost(reading), None
            captured_utc, captured_ns = reading.noticed_utc, reading.noticed_ns
        trigger = None
        if self._takes_triggers:
            begin_mm = reading.position_mm
            end_mm = None if begin_mm is None or length_mm is None else begin_mm + length_mm
            trigger = self._triggers.take(
                reading.id.camera, reading.id.number, captured_ns, run=reading.id.run, end_mm=end_mm
            )
        ids = (trigger.trigger_id, trigger.piece_id) if trigger else (None, None)
        piece = Piece(reading.id, reading.position_mm, length_mm, *ids)
        turn, also = self._turns_of(reading)
        margin_ms = min(_MARGIN_MS, turn.deadline_ms / 5.0)
        decide_by_ns = captured_ns + int((turn.deadline_ms - margin_ms) * 1e6)
        now_ns = time.monotonic_ns()
        if outcome is None and now_ns > decide_by_ns and self._in_hand.had_room_since(captured_ns):
            outcome = uninspected.came_late((now_ns - captured_ns) / 1e6, turn.deadline_ms)
        item = FrameInHand(piece, frame, captured_utc, captured_ns, decide_by_ns, turn, outcome, also=also)
        second = None if also is None else replace(item, turn=also, also=None, is_second_look=True)
        self._in_hand.add(item)
        if second is not None:
            self._in_hand.add(second)

    def _turns_of(self, reading: Frame | LostFrame) -> tuple[Turn, Turn | None]:
        """What inspects a frame: as a rule one turn, and another one where recipes change on the web that it shows."""
        if self._leads is False:
            first, *more = self._turns.turns_at(self._camera, lambda turn: self._span(reading, turn))
            return first, more[0] if more and isinstance(reading, Frame) else None
        turn = self._turns.take_in(self._decisions)
        if self._leads:
            span = self._span(reading, turn)
            self._turns.lead(turn, None if span is None else span.start_mm)
        return turn, None

    def _span(self, reading: Frame | LostFrame, turn: Turn) -> Span | None:
        """Where on the web it lies; of a lost frame nobody knows how much it would have shown."""
        if not isinstance(reading, Frame) or reading.pixels.ndim < 2:
            return None
        width_mm = reading.pixels.shape[1] * reading.pixel_pitch_x_um / 1000.0
        place = turn.pipelines[self._camera].place
        return place.span(reading.position_mm, reading.length_mm, width_mm)


def _skipped(last: FrameId | None, now: FrameId) -> list[tuple[int, int]]:
    """Frame numbers that a source has not mentioned, against its promise: (number, how many it stands for).

    >>> _skipped(FrameId("cam0", 1, 4), FrameId("cam0", 1, 7))
    [(5, 1), (6, 1)]
    >>> _skipped(FrameId("cam0", 1, 4), FrameId("cam0", 1, 4_000_000_000))
    [(5, 3999999995)]
    >>> _skipped(FrameId("cam0", 1, 4), FrameId("cam0", 2, 7))
    []
    """
    if last is None or last.run != now.run:
        return []
    first, count = last.number + 1, now.number - last.number - 1
    return [(first, count)] if count > _MOST_TOLD else [(number, 1) for number in range(first, now.number)]


def _never_mentioned(frame: FrameId, count: int, then: Frame | LostFrame) -> LostFrame:
    of_which = "this one" if count == 1 else f"{count} frames, {frame.number} to {frame.number + count - 1}"
    return LostFrame(
        frame,
        LossReason.DROPPED,
        f"The camera went on to frame {then.id.number} without a word about {of_which}.",
        None,
        then.captured_utc if isinstance(then, Frame) else then.noticed_utc,
        then.captured_ns if isinstance(then, Frame) else then.noticed_ns,
    )
