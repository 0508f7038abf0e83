"""The one word about a piece: what its frames, the time, a change of recipes and a hold make of it."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import structlog

from camera.frame import Frame, FrameId
from inspection.judging import uninspected
from inspection.judging.memory import Memory
from inspection.judging.sight import PieceInHand, Unseen
from inspection.pipeline import conclude
from inspection.station.attempt import Broken, attempt
from inspection.station.frames_in_hand import FrameInHand
from inspection.station.intervention import Intervention
from inspection.station.looks import Followed, Follower, Look
from inspection.station.pieces import OpenPiece, PieceLedger, ReadyPiece, Shown
from inspection.station.sheets import Sheet, SheetCutter
from inspection.station.triggers import Trigger, TriggerQueue
from inspection.station.turns import Due, Turn, Turns
from inspection.station.webs import WebPlan, make_cutter, make_ledger, wanted_across, web_setup_sha256
from inspection.values import Cut, Decision, Defect, Fate, Piece, Reason, Span, Verdict, ViewFrame
from inspection.vision.placement import Across, uncovered

_ROUNDING_MM = 0.01
_log = structlog.get_logger("inspection.station.decider")
_MARGIN_NS = 10_000_000
"""Time kept free before a deadline for deciding and publishing a piece that waited for another camera."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision on its way out, with what is to be published with it."""

    decision: Decision
    last_line_ns: int
    deadline_ms: float
    frame: Frame | None
    """The leading camera's; None when it never had pixels, or they could not be held."""
    frames: Mapping[FrameId, Frame]
    """All of its frames that have pixels."""
    ended: tuple[FrameInHand, ...]
    """Frames that no later decision is about."""

    def age_ms(self) -> float:
        """Time since its last line was exposed."""
        return (time.monotonic_ns() - self.last_line_ns) / 1e6


@dataclass(slots=True)
class _Web:
    """One web on its way."""

    plan: WebPlan
    ledger: PieceLedger[Followed]
    memories: Mapping[int | None, Memory] = field(default_factory=dict)
    cutter: SheetCutter[Trigger] | None = None
    """None: the leading camera's frames are the pieces."""
    fields: dict[str, Across] = field(default_factory=dict)
    """What each camera sees of the width, by its last frame."""
    newest: dict[str, Shown[Followed]] = field(default_factory=dict)
    """Each camera's last frame."""
    is_last_unseen: bool = False
    """Nothing of the last stretch was inspected."""


class Decider:
    """Decides the pieces of each web in order, in one thread; keeps what a camera's last frame left for the next."""

    def __init__(
        self,
        webs: Sequence[WebPlan],
        turns: Turns,
        intervention: Callable[[], Intervention | None],
        last_sequence: int,
        triggers: TriggerQueue,
        look_again: Callable[[FrameInHand], None],
    ) -> None:
        """`intervention`: the hold or bypass in force; `last_sequence`: of the last decision before these; `triggers`:
        what the line tells of sheets; `look_again`: has a frame inspected once more, by another turn.
        """
        self._turns = turns
        self._triggers = triggers
        self._intervention = intervention
        self._webs = [_Web(plan, make_ledger(plan), cutter=make_cutter(plan)) for plan in webs]
        self._web_of = {camera: web for web in self._webs for camera in web.plan.cameras}
        self._look_again = look_again
        self._follower = Follower(self._web_of)
        self._asked: dict[FrameInHand, Shown[Followed]] = {}
        """Looks that are to come, and the frames that they are at."""
        self._pieces = 0
        self.last_sequence = last_sequence
        """Number of the last decision."""

    def __len__(self) -> int:
        """Pieces that wait for a camera."""
        return sum(len(web.ledger) for web in self._webs)

    def due_ns(self) -> int | None:
        """When the first piece that waits will not wait any longer; None where none waits."""
        return min((due for web in self._webs if (due := web.ledger.due_ns()) is not None), default=None)

    def faults(self) -> list[str]:
        """Cameras whose encoder is not where the leading camera's is, one sentence each."""
        return [
            f"Camera {camera}: its encoder is {off:+.0f} mm from that of {web.plan.lead}, so nobody knows which piece "
            "its frames show: all pieces are uninspected. Check that both count the same encoder, and start the "
            "station again."
            for web in self._webs
            for camera in web.plan.cameras[1:]
            if (off := web.ledger.off_mm(camera)) is not None
        ]

    def take_in(self, item: FrameInHand) -> None:
        """A frame whose outcome is known, or whose time is up: the next one of its camera, or another look at one."""
        web = self._web_of[item.piece.frame.camera]
        if item.is_late_look or item.is_second_look:
            self._take_look_in(item, web)
            return
        followed = self._follower.first_look(item)
        sight = followed.sight
        if sight is not None:
            web.fields[item.piece.frame.camera] = sight.across
        span = sight.span if sight is not None else attempt(str(item.piece.frame), self._span_of, item, web)
        if isinstance(span, Broken):
            span = None
        awaited: set[object] = set() if item.also is None or item.frame is None else {item.also}
        shown = Shown(item.piece.frame, span, sight is not None, item.captured_ns, followed, awaited)
        web.newest[item.piece.frame.camera] = shown
        web.ledger.take_in(shown)
        if item.piece.frame.camera != web.plan.lead:
            for piece in web.ledger.pieces_on(shown):
                self._ask(shown, piece)
            return
        deadline_ns = int(item.turn.deadline_ms * 1e6) - _margin_ns(item.turn.deadline_ms)
        if web.cutter is None:
            self._ask_for(web.ledger.open_frame(shown, deadline_ns, item.turn), web)
            return
        sheets = attempt(str(shown.id), self._sheets, web, web.cutter, shown)
        for sheet in [] if isinstance(sheets, Broken) else sheets:
            sequence = self.last_sequence + len(self) + 1
            turn = self._turns.of(sequence)
            self._ask_for(web.ledger.open_sheet(shown, sheet.span, deadline_ns, sheet.mark, turn), web)
            self._turns.opened(sequence)

    def _take_look_in(self, item: FrameInHand, web: _Web) -> None:
        shown = self._asked.pop(item, None) or web.newest.get(item.piece.frame.camera)
        if shown is None or shown.id != item.piece.frame:
            return
        if item.is_late_look:
            self._follower.late_look(item, shown.what)
        else:
            self._follower.second_look(item)
        shown.awaited.discard(item.turn)

    def _ask_for(self, piece: OpenPiece[Followed], web: _Web) -> None:
        """Have all frames that show a new piece, or web behind it, looked at by what judges it."""
        for shown in web.ledger.frames_of(piece):
            self._ask(shown, piece)

    def _ask(self, shown: Shown[Followed], piece: OpenPiece[Followed]) -> None:
        turn, followed = piece.by, shown.what
        first = followed.item
        if not isinstance(turn, Turn) or turn in followed.asked or first.frame is None or not shown.is_seen:
            return
        followed.asked.add(turn)
        shown.awaited.add(turn)
        # Whether it comes in time is the piece's matter.
        again = replace(first, turn=turn, also=None, outcome=None, began_ns=None, is_decided=False, is_late_look=True)
        again.decide_by_ns = time.monotonic_ns() + int(self._web_of[shown.id.camera].plan.longest_wait_s * 1e9)
        self._asked[again] = shown
        self._look_again(again)

    def finish(self) -> None:
        """No frame will come any more: what waits is decided."""
        for web in self._webs:
            web.ledger.finish()

    def decided(self, limit: int) -> list[Decided]:
        """The pieces whose time has come, decided; those of one stretch together."""
        found: list[Decided] = []
        for web in self._webs:
            while len(found) < limit and (ready := web.ledger.ready(time.monotonic_ns(), 1)):
                found += self._decide(ready[0], web)
        return found

    def _sheets(self, web: _Web, cutter: SheetCutter[Trigger], shown: Shown[Followed]) -> list[Sheet[Trigger]]:
        """The sheets that have ended when the leading camera had shown a frame."""
        if shown.span is not None and not shown.is_seen:
            return []  # the next frame says where the web is
        end_mm = None if shown.span is None else shown.span.end_mm
        marks = self._triggers.take_all(
            web.plan.lead, shown.id.number, shown.captured_ns, run=shown.id.run, end_mm=end_mm
        )
        if shown.span is None:
            return cutter.lost([trigger for trigger, _ in marks])
        told_mm = web.plan.sheet.along_mm if web.plan.sheet else 0.0
        ended: list[Sheet[Trigger]] = []
        doubled = cutter.doubled
        for trigger, arrived_ns in marks:
            if trigger.place_mm is not None:
                place_mm: float | None = trigger.place_mm
            elif trigger.frame_number is not None:
                place_mm = shown.span.start_mm
            else:
                seen_mm = web.ledger.place_at(arrived_ns)
                place_mm = None if seen_mm is None else seen_mm - told_mm
            if place_mm is not None:
                ended += cutter.mark(place_mm, trigger)
            else:
                _log.warning("a trigger came when nobody knew where the web was", trigger=trigger.trigger_id)
        ended += cutter.passed(shown.span.end_mm - max(0.0, told_mm))
        if cutter.doubled > doubled:
            _log.warning("the line told of a sheet twice", frame=str(shown.id), count=cutter.doubled - doubled)
        return ended

    def _span_of(self, item: FrameInHand, web: _Web) -> Span | None:
        """Where on the web a frame without a sight lies, as far as anybody knows."""
        piece, camera = item.piece, item.piece.frame.camera
        if piece.start_mm is None:
            return None
        place = item.turn.pipelines[camera].place
        length_mm = piece.length_mm or web.ledger.usual_mm(camera)
        field_ = web.fields.get(camera)
        width_mm = 0.0 if field_ is None else (field_.right_mm - field_.left_mm) / place.scale
        return place.span(piece.start_mm, length_mm, width_mm) if length_mm > 0.0 else None

    def _decide(self, ready: ReadyPiece[Followed], web: _Web) -> list[Decided]:
        """One word about each piece of a stretch, with the next sequence numbers."""
        self._pieces += 1
        pieces = self._pieces_of(ready, web)
        dues = [self._turns.next_decision(f"{web.plan.lead}/{piece.lane or 0}") for piece in pieces]
        self.last_sequence = dues[-1].sequence
        said = attempt(str(ready.lead.id), self._judged, ready, web, pieces, dues)
        if isinstance(said, Broken):
            said = [
                self._said(ready, web, piece, due, Verdict.UNINSPECTED, (said.reason,))
                for piece, due in zip(pieces, dues, strict=True)
            ]
        frames = {part.id: frame for part in ready.parts if (frame := part.what.item.frame) is not None}
        ended = tuple(shown.what.item for shown in ready.released)
        item = ready.lead.what.item
        return [
            Decided(
                decision,
                ready.last_line_ns,
                item.turn.deadline_ms,
                item.frame,
                frames,
                ended if number + 1 == len(said) else (),
            )
            for number, decision in enumerate(said)
        ]

    def _pieces_of(self, ready: ReadyPiece[Followed], web: _Web) -> tuple[Piece, ...]:
        item, span = ready.lead.what.item, ready.span
        whole = replace(item.piece, cut=web.plan.cut, number=self._pieces)
        if web.plan.cut is Cut.SHEET:
            trigger = ready.mark if isinstance(ready.mark, Trigger) else None
            ids = (trigger.trigger_id, trigger.piece_id) if trigger else (None, None)
            place = (span.start_mm, span.length_mm) if span else (None, None)
            whole = replace(whole, start_mm=place[0], length_mm=place[1], trigger_id=ids[0], piece_id=ids[1])
        elif span is not None and not item.turn.pipelines[web.plan.lead].place.is_plain:
            whole = replace(whole, start_mm=span.start_mm)
        if web.plan.cut is not Cut.LANE:
            return (whole,)
        lanes = len(item.turn.pipelines[web.plan.lead].web_recipe.layout.lanes)
        return tuple(replace(whole, lane=lane) for lane in range(1, lanes + 1))

    def _judged(
        self, ready: ReadyPiece[Followed], web: _Web, pieces: tuple[Piece, ...], dues: Sequence[Due]
    ) -> list[Decision]:
        turn = _turn_of(ready)
        lead = turn.pipelines[web.plan.lead]
        looks = [part.what.by(turn) for part in ready.parts]
        sights = tuple(look.sight for look in looks if look.sight is not None)
        in_hand = PieceInHand(pieces, sights, tuple(self._missing(ready, web, turn)))
        began_ns = time.perf_counter_ns()
        judgements, web.memories = conclude(in_hand, lead.web_recipe, web.memories, lead.web_names)
        decide_ms = (time.perf_counter_ns() - began_ns) / 1e6
        said = []
        for piece, due, judgement in zip(pieces, dues, judgements, strict=True):
            verdict, reasons, defects = judgement.verdict, judgement.reasons, judgement.defects
            late_ms = self._age_ms(ready)
            if verdict is Verdict.ACCEPT and late_ms > turn.deadline_ms:  # to decide took the rest of the time
                verdict, reasons = Verdict.UNINSPECTED, (uninspected.late(late_ms, turn.deadline_ms),)
            if not sights:
                pass  # nobody saw it, by whichever recipe
            elif due.turn is not turn:
                # What was found was found by another recipe than the decision names.
                verdict, reasons, defects = Verdict.UNINSPECTED, (_changed(web, [turn, due.turn]),), ()
            elif due.before is not None:
                verdict, reasons = Verdict.UNINSPECTED, (_changed(web, [due.before, due.turn]), *reasons)
            elif (before := _broken_by(ready, looks, web)) is not None:
                verdict, reasons = Verdict.UNINSPECTED, (_changed(web, [before, due.turn]), *reasons)
            said.append(self._said(ready, web, piece, due, verdict, reasons, defects, decide_ms))
        web.is_last_unseen = all(each.verdict is Verdict.UNINSPECTED for each in said)
        return said

    def _missing(self, ready: ReadyPiece[Followed], web: _Web, turn: Turn) -> list[Unseen]:
        """Why required views do not show all of a piece, beyond what their sights say."""
        recipe = turn.pipelines[web.plan.lead].web_recipe
        several = len(web.plan.cameras) > 1
        found: list[Unseen] = []
        told: set[str] = set()
        if not ready.parts:  # a sheet, and nobody knows where it lay
            lead_view = turn.pipelines[web.plan.lead].place.view
            why = ready.lead.what.by(turn).why_not or uninspected.not_shown(lead_view, web.plan.lead)
            found.append(Unseen(replace(why, view=lead_view) if several else why))
        for part in ready.parts:
            camera, why_not = part.id.camera, part.what.by(turn).why_not
            view = turn.pipelines[camera].place.view
            if why_not is not None and recipe.views[view].is_required:
                told.add(camera)
                reason = replace(why_not, view=view) if several else why_not
                found.append(Unseen(reason, web.fields.get(camera)))
        for camera in ready.missing:
            view = turn.pipelines[camera].place.view
            if camera not in told and recipe.views[view].is_required:
                found.append(Unseen(uninspected.not_shown(view, camera), web.fields.get(camera)))
        if several:
            found += self._beside_all_fields(web, turn)
        return found

    def _beside_all_fields(self, web: _Web, turn: Turn) -> list[Unseen]:
        """What lies between or beside a view's cameras; settings told it at the start as far as they know widths."""
        recipe, found = turn.pipelines[web.plan.lead].web_recipe, []
        for view, told in recipe.views.items():
            cameras = [camera for camera in web.plan.cameras if turn.pipelines[camera].place.view == view]
            fields = [web.fields[camera] for camera in cameras if camera in web.fields]
            if not told.is_required or len(fields) < len(cameras):
                continue  # a camera that has shown nothing yet is missing anyway
            found += [
                Unseen(uninspected.gap_across(view, gap.left_mm, gap.right_mm), wanted)
                for wanted in wanted_across(fields, recipe)
                if (gap := uncovered(fields, [wanted])) is not None
            ]
        return found

    def _said(
        self,
        ready: ReadyPiece[Followed],
        web: _Web,
        piece: Piece,
        due: Due,
        verdict: Verdict,
        reasons: tuple[Reason, ...],
        defects: tuple[Defect, ...] = (),
        decide_ms: float = 0.0,
    ) -> Decision:
        lead = ready.lead.what
        if (intervention := self._intervention()) is not None:
            verdict, reasons = intervention.applied(verdict, reasons)
        stage_ms: dict[str, float] = {}
        look = lead.by(_turn_of(ready))
        if look.sight is not None:
            stage_ms = dict(look.sight.stage_ms) | {"decide": look.follow_ms + decide_ms}
        if lead.item.began_ns is not None:
            stage_ms["wait"] = (lead.item.began_ns - lead.item.captured_ns) / 1e6
        pipeline = due.turn.pipelines[web.plan.lead]
        latency_ms = self._age_ms(ready)
        return Decision(
            sequence=due.sequence,
            piece=piece,
            verdict=verdict,
            reasons=reasons,
            defects=defects,
            recipe=pipeline.recipe_artefact,
            model=pipeline.model_artefact,
            setup_sha256=web_setup_sha256(
                {camera: due.turn.pipelines[camera].setup_sha256 for camera in web.plan.cameras}
            ),
            captured_utc=lead.item.captured_utc,
            decided_utc=datetime.now(UTC),
            latency_ms=latency_ms,
            deadline_met=latency_ms <= lead.item.turn.deadline_ms,
            stage_ms=stage_ms,
            view_frames=self._view_frames(ready, web),
        )

    def _view_frames(self, ready: ReadyPiece[Followed], web: _Web) -> tuple[ViewFrame, ...]:
        """All frames that it was judged on; none where its leading frame says all about where it was seen."""
        if len(web.plan.cameras) == 1 and web.plan.cut is not Cut.SHEET:
            return ()
        return tuple(_view_frame(part, _turn_of(ready)) for part in ready.parts)

    def _age_ms(self, ready: ReadyPiece[Followed]) -> float:
        return (time.monotonic_ns() - ready.last_line_ns) / 1e6


def _changed(web: _Web, turns: Sequence[Turn]) -> Reason:
    first, *_, last = sorted(turns, key=lambda turn: turn.first_sequence)
    return uninspected.changed_over(*(turn.pipelines[web.plan.lead].recipe_artefact for turn in (first, last)))


def _broken_by(ready: ReadyPiece[Followed], looks: Sequence[Look], web: _Web) -> Turn | None:
    """By which other turn the frame before was looked at, where a camera's objects were not followed over a border on a
    piece for that; at its beginning this says nothing where what lies before it is taken out.
    """
    if ready.span is None:
        return None
    from_mm = ready.span.start_mm + (_ROUNDING_MM if web.is_last_unseen else -_ROUNDING_MM)
    to_mm = ready.span.end_mm - _ROUNDING_MM
    return next(
        (
            look.anew_after
            for look in looks
            if look.anew_after and look.sight and from_mm < look.sight.span.start_mm < to_mm
        ),
        None,
    )


def _turn_of(ready: ReadyPiece[Followed]) -> Turn:
    """What judges a piece: where recipes change, its frames have looks by others, too."""
    return ready.by if isinstance(ready.by, Turn) else ready.lead.what.item.turn


def _margin_ns(deadline_ms: float) -> int:
    return min(_MARGIN_NS, int(deadline_ms * 1e5))


def _view_frame(part: Shown[Followed], turn: Turn) -> ViewFrame:
    item, sight = part.what.item, part.what.by(turn).sight
    pipeline = turn.pipelines[part.id.camera]
    fate = Fate.SEEN if sight is not None and not sight.unseen else Fate.LOST if item.frame is None else Fate.NOT_JUDGED
    width_mm = None if item.frame is None else item.frame.pixels.shape[1] * item.frame.pixel_pitch_x_um / 1000.0
    return ViewFrame(
        pipeline.place.view,
        part.id,
        fate,
        part.span.start_mm if part.span else None,
        part.span.length_mm if part.span else None,
        pipeline.model_artefact if sight is not None else None,
        None if width_mm is None else pipeline.place.cd_mm(0.0),
        None if width_mm is None else pipeline.place.cd_mm(width_mm),
        0.0 if width_mm is None else pipeline.place.md_mm(0.0, width_mm) - pipeline.place.md_mm(0.0, 0.0),
    )
