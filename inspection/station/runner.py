"""The promise: for each frame number exactly one decision, in order, before its deadline, and never ACCEPT by default.

A reader thread for each camera takes frames in (`camera_reader`), worker threads inspect them, and one publisher has
them decided in order (`decider`): when the result is there, or when time is up. Each decision is on disk before anybody
hears of it.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import structlog

from camera.errors import CameraError
from camera.frame import FrameId
from camera.source import FrameSource, HoldsUntilDecided, OutputSource, SourceStatus
from inspection.judging import uninspected
from inspection.pipeline import Pipeline
from inspection.station.attempt import Broken, attempt
from inspection.station.camera_reader import CameraReader
from inspection.station.decider import Decided, Decider
from inspection.station.feed import Publication, Sink
from inspection.station.frames_in_hand import FramesInHand
from inspection.station.intervention import Intervention
from inspection.station.recorder import Recorder
from inspection.station.tally import Progress, Tally
from inspection.station.threads import Threads
from inspection.station.triggers import TriggerQueue
from inspection.station.turns import Turn, Turns
from inspection.station.webs import WebPlan
from inspection.values import Cut, Verdict

_TAKE_S = 0.25
_SUMMARY_S = 10.0
_GROUP = 32
"""Most decisions that are written in one transaction."""
_HUNG_S = 10.0
"""A reader that has not ended by then is left behind when the station stops."""
_log = structlog.get_logger("inspection.station.runner")


class Runner:
    """Runs cameras through their pipelines. `start` once, then `wait` or `stop`."""

    def __init__(
        self,
        cameras: Sequence[tuple[FrameSource, Pipeline]],
        recorder: Recorder,
        *,
        sinks: Sequence[Sink] = (),
        triggers: TriggerQueue | None = None,
        intervention: Callable[[], Intervention | None] = lambda: None,
        workers: int = 2,
        deadline_ms: float | None = None,
        webs: Sequence[WebPlan] | None = None,
    ) -> None:
        """`intervention`: the hold or bypass in force; `deadline_ms`: None takes the first camera's recipe's; `webs`:
        which cameras look at one web, None: each at its own.
        """
        self._cameras = {source.status().camera: source for source, _ in cameras}
        self._recorder = recorder
        self._sinks = tuple(sinks)
        self._set_deadline_ms = deadline_ms
        pipelines = dict(zip(self._cameras, (pipeline for _, pipeline in cameras), strict=True))
        self._turns = Turns(Turn(pipelines, recorder.recorded_up_to + 1, self._deadline_ms_of(pipelines)))
        self._in_hand = FramesInHand(self._cameras, capacity=2 * workers)
        plans = [WebPlan((camera,)) for camera in self._cameras] if webs is None else webs
        self._plans = {plan.lead: plan for plan in plans}
        triggers = triggers or TriggerQueue(self._plans)
        self._decider = Decider(
            plans, self._turns, intervention, recorder.recorded_up_to, triggers, self._in_hand.look_again
        )
        self._not_told: deque[tuple[int, FrameId]] = deque()
        """Sequence and frame of decisions that are not on disk yet, of sources that hold their images until then."""
        self._tally = Tally(self._cameras)
        self._stopping = threading.Event()
        self._readers_left = threading.Event()
        self._finished = threading.Event()
        self._start_errors: list[CameraError] = []
        self._threads = Threads()
        self._camera_readers = {
            camera: CameraReader(
                camera,
                source,
                self._in_hand,
                triggers,
                self._turns,
                self._tally,
                self._threads,
                self._stopping,
                partial(self._decisions_of, camera),
                takes_triggers=camera in self._plans and self._plans[camera].cut is not Cut.SHEET,
                leads=self._leads(camera),
            )
            for camera, source in self._cameras.items()
        }
        self._started = threading.Barrier(len(self._cameras) + 1)
        self._readers = [self._threads.thread(f"read-{name}", self._read, name) for name in self._cameras]
        self._workers = [
            self._threads.thread(name, self._inspect, name) for name in (f"inspect-{i}" for i in range(workers))
        ]
        self._publisher = self._threads.thread("publish", self._publish)

    def start(self) -> None:
        """Open the cameras and begin. Raises CameraError when one can't be opened; then nothing runs."""
        for thread in self._readers:
            thread.start()
        self._started.wait()
        if self._start_errors:
            self.stop()
            raise self._start_errors[0]
        for thread in (*self._workers, self._publisher):
            thread.start()

    def stop(self) -> None:
        """Close the cameras; every frame that was read still gets its decision. Safe to call more than once."""
        self._stopping.set()
        for thread in self._readers:
            if thread.ident is not None:
                thread.join(timeout=_HUNG_S)
        self._readers_left.set()
        if self._publisher.ident is not None:
            self._publisher.join()
        self._in_hand.close()
        for thread in self._workers:
            if thread.ident is not None:
                thread.join(timeout=2.0)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until the cameras have shown all they had and everything is decided; False if that takes longer."""
        return self._finished.wait(timeout_s)

    @property
    def progress(self) -> Progress:
        """Counts since start."""
        return self._tally.progress

    @property
    def has_shown_all(self) -> bool:
        """Whether every camera has shown all it had: none of them is missing then, and the last frames are decided."""
        return all(reader.has_ended for reader in self._camera_readers.values())

    def has_ended(self, camera: str) -> bool:
        """Whether a camera has shown all it had: nothing is missing of it then."""
        return self._camera_readers[camera].has_ended

    @property
    def deadline_ms(self) -> float:
        """Time from the last line exposed to the decision, as it is now."""
        return self._turns.now.deadline_ms

    @property
    def next_read(self) -> int:
        """Number of the decision about the next frame that is read; see `Turns.next_read`."""
        return self._turns.next_read

    @property
    def coming_from(self) -> int | None:
        """The decision with which other pipelines begin to judge, None if no change is to come."""
        coming = self._turns.coming
        return None if coming is None else coming.first_sequence

    def announce(self, pipelines: Mapping[str, Pipeline], first_sequence: int | None) -> int:
        """Prepare a change of what judges, all cameras at once; see `Turns.announce`."""
        return self._turns.announce(pipelines, self._deadline_ms_of(pipelines), first_sequence)

    def settle(self) -> int:
        """Have the change that was announced happen. Returns the first decision that is still to come then.

        The first frame of each camera is judged by neither, nor is what was inspected by the others' pipeline.
        """
        return self._turns.settle()

    def give_up(self) -> bool:
        """Give the change up that is to come. False: it has happened."""
        return self._turns.give_up()

    @property
    def in_hand(self) -> int:
        """Frames read and not yet decided, and pieces that wait for a camera."""
        return len(self._in_hand) + len(self._decider)

    @property
    def late_results(self) -> int:
        """Inspections that ended after their frame had been decided as late."""
        return self._in_hand.late_results

    def latency_ms(self) -> tuple[float, float, float] | None:
        """Median, 99th percentile and maximum of the last decisions, None before the first."""
        return self._tally.latency_ms()

    def sources(self) -> list[SourceStatus]:
        """How each camera is doing."""
        return [source.status() for source in self._cameras.values()]

    def give_pulses(self, camera: str, pulses_mm: Sequence[tuple[float, float]]) -> bool:
        """Have a camera's output give pulses at places of the web. False: it has none, is away, or takes none now."""
        source: object = self._cameras.get(camera)
        return isinstance(source, OutputSource) and source.give_pulses(pulses_mm)

    def faults(self) -> list[str]:
        """What keeps the runner itself from working, one sentence each; empty when all is well."""
        return [*self._threads.faults(self.deadline_ms), *self._decider.faults()]

    def stuck(self) -> list[str]:
        """Which threads have died or do not come round; see `Threads.stuck`."""
        return self._threads.stuck(self.deadline_ms)

    def heartbeats_s(self) -> Mapping[str, float]:
        """Seconds since each running thread last came round, by its name: readers, workers, publisher."""
        return self._threads.heartbeats_s()

    # Readers

    def _read(self, camera: str) -> None:
        source = self._cameras[camera]
        try:
            try:
                self._open(camera, source)
            finally:
                self._started.wait()
            if not self._start_errors:
                self._camera_readers[camera].read_to_the_end()
        finally:
            attempt(f"close {camera}", source.stop)

    def _open(self, camera: str, source: FrameSource) -> None:
        opened = attempt(f"open {camera}", _opening_error, source)
        if isinstance(opened, Broken):
            opened = CameraError(f"Camera {camera} can't be opened: {opened.error}. The log holds the traceback.")
        if opened is not None:
            self._start_errors.append(opened)

    # Workers

    def _inspect(self, name: str) -> None:
        while not self._in_hand.is_over:
            self._threads.beat(name)
            work = self._in_hand.next_to_inspect(_TAKE_S)
            if work is None:
                continue
            item, frame = work
            findings = attempt(str(frame.id), item.turn.pipelines[frame.id.camera].inspect, frame)
            self._in_hand.settle(item, findings.reason if isinstance(findings, Broken) else findings)

    # Publisher

    def _publish(self) -> None:
        summary_at_s = time.monotonic() + _SUMMARY_S
        while True:
            self._threads.beat("publish")
            are_readers_done = self._readers_left.is_set() or not any(thread.is_alive() for thread in self._readers)
            items = self._in_hand.take(_TAKE_S, _GROUP, self._decider.due_ns())
            for item in items:
                attempt("take in", self._decider.take_in, item)
            if are_readers_done and not items and not len(self._in_hand):
                self._decider.finish()
            decided = self._decider.decided(_GROUP)
            if decided:
                self._publish_group(decided)
            elif not items:
                attempt("catch up", self._recorder.catch_up)
                self._tell_sources()
                if are_readers_done and not self.in_hand:
                    break
            if time.monotonic() >= summary_at_s:
                summary_at_s = time.monotonic() + _SUMMARY_S
                self._tally.log_summary(self._decider.last_sequence, self.in_hand)
        attempt("catch up", self._recorder.catch_up, at_once=True)
        self._tell_sources()
        self._tally.log_summary(self._decider.last_sequence, self.in_hand)
        self._finished.set()

    def _publish_group(self, decided: list[Decided]) -> None:
        """Write and publish. Whatever breaks off on the way, each decision is published once, as uninspected then."""
        decided = self._still_in_time(self._recorded(decided))
        for each in decided:
            for item in each.ended:
                if isinstance(self._cameras[item.piece.frame.camera], HoldsUntilDecided):
                    self._not_told.append((each.decision.sequence, item.piece.frame))
        self._tell_sources()
        publications = [Publication(each.decision, each.frame, each.frames) for each in decided]
        for sink in self._sinks:
            attempt("publish", sink, publications)
        now_ns = time.monotonic_ns()
        for each in decided:
            attempt("count", self._tally.count_decided, each, now_ns)

    def _leads(self, camera: str) -> bool | None:
        """Whether it leads the web that others see; None: nobody else sees its web."""
        plan = self._plans.get(camera)
        return False if plan is None else True if len(plan.cameras) > 1 else None

    def _decisions_of(self, camera: str, turn: Turn) -> int:
        """How many decisions a frame of a camera leads to by itself."""
        plan = self._plans.get(camera)
        if plan is None or plan.cut is Cut.SHEET:
            return 0
        return len(turn.pipelines[camera].web_recipe.layout.lanes) if plan.cut is Cut.LANE else 1

    def _recorded(self, decided: list[Decided]) -> list[Decided]:
        recorded = attempt("record", self._recorder.record, [each.decision for each in decided])
        if isinstance(recorded, Broken):
            self._threads.impede(
                "record", f"Decisions can't be recorded: {recorded.error}. The log holds the traceback."
            )
            reason = uninspected.not_stored(recorded.error)
            recorded = [
                replace(each.decision, verdict=Verdict.UNINSPECTED, reasons=(reason, *each.decision.reasons))
                for each in decided
            ]
        else:
            self._threads.clear("record")
        return [replace(each, decision=decision) for each, decision in zip(decided, recorded, strict=True)]

    def _still_in_time(self, decided: list[Decided]) -> list[Decided]:
        """What may be published now.

        A slow disk must not make a late accept: what was written after its deadline is withdrawn, on disk as well,
        before anybody hears of it.
        """
        told = list(decided)
        while late := [number for number, each in enumerate(told) if _is_late(each)]:
            withdrawn = [uninspected.withdrawn(told[n].decision, told[n].age_ms(), told[n].deadline_ms) for n in late]
            attempt("withdraw", self._recorder.amend, withdrawn)
            for n, decision in zip(late, withdrawn, strict=True):
                told[n] = replace(told[n], decision=decision)
            self._tally.count_withdrawn(len(late))
            _log.warning(
                "written after the deadline: the disk is slow; nothing of this is accepted",
                first_sequence=withdrawn[0].sequence,
                decisions=len(late),
                write_ms=round(self._recorder.write_ms),
            )
        return told

    def _tell_sources(self) -> None:
        """Sources that hold an image until its decision is on disk may let go of it."""
        while self._not_told and self._not_told[0][0] <= self._recorder.recorded_up_to:
            _, frame = self._not_told.popleft()
            source = self._cameras[frame.camera]
            if isinstance(source, HoldsUntilDecided):
                attempt(str(frame), source.decided, frame)

    def _deadline_ms_of(self, pipelines: Mapping[str, Pipeline]) -> float:
        return self._set_deadline_ms or next(iter(pipelines.values())).recipe.deadline_ms


def _is_late(decided: Decided) -> bool:
    decision = decided.decision
    is_said_in_time = decision.deadline_met or decision.verdict is Verdict.ACCEPT
    return is_said_in_time and decided.age_ms() > decided.deadline_ms


def _opening_error(source: FrameSource) -> CameraError | None:
    try:
        source.start()
    except CameraError as error:
        return error
    return None
