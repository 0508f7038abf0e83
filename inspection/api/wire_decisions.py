"""Decisions as the network sees them: the station's own values in the shapes of `wire`."""

from collections.abc import Collection, Mapping
from typing import Any

from camera.frame import FrameId
from inspection.api.wire import (
    ArtefactOut,
    DecisionDetail,
    DecisionOut,
    DefectOut,
    DimensionOut,
    LinksOut,
    PieceOut,
    ReasonOut,
    SightingOut,
    ViewDetail,
    ViewOut,
)
from inspection.store.decisions import StoredDecision
from inspection.values import Box, Decision, Defect, Fate, Piece, Reason, Sighting, Verdict
from inspection.values.decision_address import decision_address


def decision_out(decision: Decision, *, is_recorded: bool, epoch: str | None = None) -> DecisionOut:
    """A decision for the network."""
    return DecisionOut.model_validate(_fields(decision, epoch) | {"is_recorded": is_recorded})


def decision_detail(stored: StoredDecision, *, pictured: Collection[FrameId]) -> DecisionDetail:
    """A stored decision for the network. `pictured`: frames that can be shown."""
    told = {
        "is_recorded": True,
        "station_run": stored.station_run,
        "acknowledged_by": stored.acknowledged_by,
        "acknowledged_utc": stored.acknowledged_utc,
    }
    return _detail(stored.decision, stored.epoch, pictured, told)


def unstored_detail(decision: Decision, *, epoch: str, pictured: Collection[FrameId]) -> DecisionDetail:
    """A decision that still waits for the store. `pictured`: frames that can be shown."""
    nothing = {"station_run": None, "acknowledged_by": None, "acknowledged_utc": None}
    return _detail(decision, epoch, pictured, {"is_recorded": False, **nothing})


def _detail(
    decision: Decision, epoch: str, pictured: Collection[FrameId], told: Mapping[str, object]
) -> DecisionDetail:
    views = [
        ViewDetail(**view.model_dump(), has_image=FrameId(view.camera, view.run, view.number) in pictured)
        for view in _views(decision)
    ]
    has_image = decision.piece.frame in pictured
    return DecisionDetail.model_validate(_fields(decision, epoch) | {**told, "views": views, "has_image": has_image})


def _fields(decision: Decision, epoch: str | None) -> dict[str, object]:
    piece = decision.piece
    return {
        "sequence": decision.sequence,
        "epoch": epoch,
        "links": LinksOut(page=decision_address(decision.sequence, epoch) if epoch else None),
        "camera": piece.frame.camera,
        "run": piece.frame.run,
        "number": piece.frame.number,
        "piece": _piece(piece),
        "views": _views(decision),
        "trigger_id": piece.trigger_id,
        "piece_id": piece.piece_id,
        "verdict": decision.verdict,
        "verdict_code": decision.verdict.code,
        "severity": decision.severity,
        "start_mm": piece.start_mm,
        "length_mm": piece.length_mm,
        "reasons": [_reason(reason) for reason in decision.reasons],
        "defects": [_defect(defect) for defect in decision.defects],
        "dimensions": [
            DimensionOut(code=d.code, value_mm=d.value_mm, uncertainty_mm=d.uncertainty_mm) for d in decision.dimensions
        ],
        "recipe": ArtefactOut.of(decision.recipe),
        "model": ArtefactOut.of(decision.model),
        "models": {seen.view: ArtefactOut.of(seen.model) for seen in decision.view_frames if seen.model is not None},
        "setup_sha256": decision.setup_sha256,
        "captured_utc": decision.captured_utc,
        "decided_utc": decision.decided_utc,
        "latency_ms": decision.latency_ms,
        "deadline_met": decision.deadline_met,
        "stage_ms": dict(decision.stage_ms),
    }


def _piece(piece: Piece) -> PieceOut:
    return PieceOut(number=piece.number or None, cut=piece.cut, lane=piece.lane)


def _views(decision: Decision) -> list[ViewOut]:
    if decision.view_frames:
        return [_view(seen.view, seen.frame, seen.outcome) for seen in decision.view_frames]
    return [_view(None, decision.piece.frame, fate_of_only_frame(decision))]


def _view(view: str | None, frame: FrameId, fate: Fate) -> ViewOut:
    return ViewOut(view=view, camera=frame.camera, run=frame.run, number=frame.number, fate=fate)


def fate_of_only_frame(decision: Decision) -> Fate:
    """What became of the frame of a decision that one camera's frame alone is behind."""
    if any(reason.rule.startswith("lost.") for reason in decision.reasons):
        return Fate.LOST
    is_seen = decision.verdict is not Verdict.UNINSPECTED or "detect" in decision.stage_ms
    return Fate.SEEN if is_seen else Fate.NOT_JUDGED


def _reason(reason: Reason) -> ReasonOut:
    return ReasonOut(
        rule=reason.rule,
        sentence=reason.sentence,
        kind=reason.kind,
        measured=reason.measured,
        limit=reason.limit,
        unit=reason.unit,
        defects=list(reason.defects),
        severity=reason.severity,
        quantity=reason.quantity,
        view=reason.view,
    )


def _defect(defect: Defect) -> DefectOut:
    return DefectOut(
        **_measured(defect),
        lane=defect.lane,
        is_continued=defect.continued,
        continues=defect.reaches_trailing_edge,
        sightings=[_sighting(sighting) for sighting in defect.sightings],
        cleared_by=defect.cleared_by,
    )


def _sighting(sighting: Sighting) -> SightingOut:
    frame = sighting.frame
    return SightingOut(
        view=sighting.view,
        camera=frame.camera,
        run=frame.run,
        number=frame.number,
        scores=dict(sighting.scores),
        **_measured(sighting.defect),
    )


def _measured(defect: Defect) -> dict[str, Any]:
    return {
        "kind": defect.kind,
        "severity": defect.severity,
        "score": defect.score,
        "box": _corners(defect.box),
        "length_mm": defect.length_mm,
        "width_mm": defect.width_mm,
        "area_mm2": defect.area_mm2,
        "diameter_mm": defect.diameter_mm,
        "contrast_percent": defect.contrast_percent,
        "snr": defect.snr,
        "md_mm": defect.md_mm,
        "cd_mm": defect.cd_mm,
    }


def _corners(box: Box) -> tuple[int, int, int, int]:
    return box.left, box.top, box.right, box.bottom
