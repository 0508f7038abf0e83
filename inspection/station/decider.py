"""The one word about a frame number: what its outcome, the time, a change of recipes and a hold make of it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from inspection.judging import uninspected
from inspection.judging.findings import Carried, Findings
from inspection.station.attempt import Broken, attempt
from inspection.station.frames_in_hand import FrameInHand
from inspection.station.intervention import Intervention
from inspection.station.turns import Due, Turns
from inspection.values import Decision, Defect, Reason, Verdict


class Decider:
    """Decides frames, each camera's in order, in one thread; keeps what a camera's last frame left for the next."""

    def __init__(
        self,
        cameras: Iterable[str],
        turns: Turns,
        intervention: Callable[[], Intervention | None],
        last_sequence: int,
    ) -> None:
        """`intervention`: the hold or bypass in force; `last_sequence`: of the last decision before these."""
        self._turns = turns
        self._intervention = intervention
        self._carried = dict.fromkeys(cameras, Carried.START)
        self.last_sequence = last_sequence
        """Number of the last decision."""

    def decision(self, item: FrameInHand) -> Decision:
        """The one word about a frame number, with the next sequence number."""
        due = self._turns.next_decision(item.piece.frame.camera)
        self.last_sequence = due.sequence
        decision = attempt(str(item.piece.frame), self._decide, item, due)
        if isinstance(decision, Broken):
            return self._said(item, due, Verdict.UNINSPECTED, (decision.reason,))
        return decision

    def _said(
        self,
        item: FrameInHand,
        due: Due,
        verdict: Verdict,
        reasons: tuple[Reason, ...],
        defects: tuple[Defect, ...] = (),
        stage_ms: Mapping[str, float] | None = None,
    ) -> Decision:
        pipeline = due.turn.pipelines[item.piece.frame.camera]
        latency_ms = item.age_ms()
        return Decision(
            sequence=due.sequence,
            piece=item.piece,
            verdict=verdict,
            reasons=reasons,
            defects=defects,
            recipe=pipeline.recipe_artefact,
            model=pipeline.model_artefact,
            setup_sha256=pipeline.setup_sha256,
            captured_utc=item.captured_utc,
            decided_utc=datetime.now(UTC),
            latency_ms=latency_ms,
            deadline_met=latency_ms <= item.turn.deadline_ms,
            stage_ms=dict(stage_ms or {}),
        )

    def _decide(self, item: FrameInHand, due: Due) -> Decision:
        """The one word about a frame number."""
        camera = item.piece.frame.camera
        verdict = Verdict.UNINSPECTED
        reasons: tuple[Reason, ...] = (self._why_not(item),)
        defects: tuple[Defect, ...] = ()
        stage_ms: dict[str, float] = {}
        if due.before is not None:
            # What the other recipe left open at the border is nothing that this one can go on with.
            self._carried[camera] = self._carried[camera].after_loss()
        if isinstance(item.outcome, Findings) and item.age_ms() <= item.turn.deadline_ms:
            pipeline = item.turn.pipelines[camera]
            concluded = attempt(str(item.piece.frame), pipeline.conclude, item.outcome, self._carried[camera])
            if isinstance(concluded, Broken):
                reasons = (concluded.reason,)
            else:
                judgement, self._carried[camera] = concluded
                verdict, reasons, defects = judgement.verdict, judgement.reasons, judgement.defects
                stage_ms = dict(judgement.stage_ms)
            if (
                verdict is Verdict.ACCEPT and item.age_ms() > item.turn.deadline_ms
            ):  # to conclude took the rest of the time
                verdict, reasons = Verdict.UNINSPECTED, (self._why_not(item),)
            if item.turn is not due.turn:  # what was found was found by another recipe than the decision names
                verdict, reasons, defects = Verdict.UNINSPECTED, (self._changed(item, due),), ()
            elif due.before is not None:
                verdict, reasons = Verdict.UNINSPECTED, (self._changed(item, due), *reasons)
        if verdict is Verdict.UNINSPECTED:
            self._carried[camera] = self._carried[camera].after_loss()
        if (intervention := self._intervention()) is not None:
            verdict, reasons = intervention.applied(verdict, reasons)
        if item.began_ns is not None:
            stage_ms["wait"] = (item.began_ns - item.captured_ns) / 1e6
        return self._said(item, due, verdict, reasons, defects, stage_ms)

    def _changed(self, item: FrameInHand, due: Due) -> Reason:
        camera = item.piece.frame.camera
        turns = (due.before, due.turn) if due.before else sorted((item.turn, due.turn), key=lambda t: t.first_sequence)
        return uninspected.changed_over(*(turn.pipelines[camera].recipe_artefact for turn in turns))

    def _why_not(self, item: FrameInHand) -> Reason:
        if isinstance(item.outcome, Reason):
            return item.outcome
        because = uninspected.overload if item.began_ns is None else uninspected.late
        return because(item.age_ms(), item.turn.deadline_ms)
