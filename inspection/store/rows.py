"""Decisions to table rows and back. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.frame import FrameId
from inspection.values import (
    Artefact,
    Box,
    Cut,
    Decision,
    Defect,
    Dimension,
    Fate,
    Piece,
    Reason,
    Severity,
    Sighting,
    Verdict,
    ViewFrame,
)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DecisionRows:
    """What several decisions become in the store's tables."""

    decisions: list[Row]
    reasons: list[Row]
    defects: list[Row]
    dimensions: list[Row]
    view_frames: list[Row]
    sightings: list[Row]


def decision_rows(
    decisions: Sequence[Decision], station_run: int, artefact_ids: Mapping[tuple[str, Artefact], int]
) -> DecisionRows:
    """Rows to insert. `artefact_ids` gives the key of each ("recipe" or "model", artefact).

    Raises ValueError for a number that is not finite: nobody knows what it meant.
    """
    rows = DecisionRows([], [], [], [], [], [])
    for decision in decisions:
        piece, sequence = decision.piece, decision.sequence
        severity = decision.severity
        rows.decisions.append(
            {
                "sequence": sequence,
                "station_run_id": station_run,
                **frame_row(piece.frame),
                "cut": piece.cut.value,
                **piece_key(decision),
                "verdict": decision.verdict.value,
                "severity": severity.value if severity else None,
                "start_mm": piece.start_mm,
                "length_mm": piece.length_mm,
                "trigger_id": piece.trigger_id,
                "piece_id": piece.piece_id,
                "captured_utc": decision.captured_utc,
                "decided_utc": decision.decided_utc,
                "latency_ms": decision.latency_ms,
                "deadline_met": decision.deadline_met,
                "recipe_id": artefact_ids["recipe", decision.recipe],
                "model_id": artefact_ids["model", decision.model],
                "stage_ms": dict(decision.stage_ms),
                "setup_sha256": decision.setup_sha256,
            }
        )
        for position, reason in enumerate(decision.reasons):
            rows.reasons.append({"sequence": sequence, "position": position} | _reason_row(reason))
        for position, defect in enumerate(decision.defects):
            key = {"sequence": sequence, "position": position}
            rows.defects.append(key | {"cleared_by": defect.cleared_by} | _defect_row(defect))
            for place, sighting in enumerate(defect.sightings):
                rows.sightings.append(key | {"place": place} | _sighting_row(sighting))
        for position, seen in enumerate(decision.view_frames):
            rows.view_frames.append(
                {
                    "sequence": sequence,
                    "position": position,
                    "view": seen.view,
                    **frame_row(seen.frame),
                    "fate": seen.outcome.value,
                    "start_mm": seen.start_mm,
                    "length_mm": seen.length_mm,
                    "first_cd_mm": seen.first_cd_mm,
                    "last_cd_mm": seen.last_cd_mm,
                    "skew_mm": seen.skew_mm or None,
                    "model_id": None if seen.model is None else artefact_ids["model", seen.model],
                }
            )
        for position, dimension in enumerate(decision.dimensions):
            rows.dimensions.append(
                {
                    "sequence": sequence,
                    "position": position,
                    "code": dimension.code,
                    "value_mm": dimension.value_mm,
                    "uncertainty_mm": dimension.uncertainty_mm,
                }
            )
    for table in (rows.decisions, rows.reasons, rows.defects, rows.dimensions, rows.view_frames, rows.sightings):
        for row in table:
            _only_finite(row)
    return rows


def frame_row(frame: FrameId) -> Row:
    """The columns that say which frame it is, within a start of the station."""
    return {"camera": frame.camera, "run": frame.run, "number": frame.number}


def frame_from_row(row: Mapping[Any, Any]) -> FrameId:
    """A frame's name again."""
    return FrameId(row["camera"], int(row["run"]), int(row["number"]))


def piece_key(decision: Decision) -> Row:
    """The columns that, with the station's start, are a piece's own. No two that nobody counted have the same."""
    piece = decision.piece
    return {"piece_number": piece.number or -decision.sequence, "lane": piece.lane or 0}


def decisions_from_rows(
    decisions: Sequence[Mapping[str, Any]],
    reasons: Sequence[Mapping[str, Any]],
    defects: Sequence[Mapping[str, Any]],
    dimensions: Sequence[Mapping[str, Any]],
    view_frames: Sequence[Mapping[str, Any]] = (),
    sightings: Sequence[Mapping[str, Any]] = (),
) -> list[Decision]:
    """The decisions again; the parts must be sorted by sequence, position and place.

    The model's name, version and sha256 stand beside what has a model.
    """
    reasons_of = {k: tuple(reason_from_row(r) for r in rows) for k, rows in groupby(reasons, lambda r: r["sequence"])}
    sightings_of = {
        k: tuple(_sighting(r) for r in rows)
        for k, rows in groupby(sightings, lambda r: (int(r["sequence"]), int(r["position"])))
    }
    defects_of = {
        k: tuple(_defect(r, sightings_of.get((int(k), int(r["position"])), ())) for r in rows)
        for k, rows in groupby(defects, lambda r: r["sequence"])
    }
    frames_of = {k: tuple(_view_frame(r) for r in rows) for k, rows in groupby(view_frames, lambda r: r["sequence"])}
    dimensions_of = {
        k: tuple(Dimension(r["code"], r["value_mm"], r["uncertainty_mm"]) for r in rows)
        for k, rows in groupby(dimensions, lambda r: r["sequence"])
    }
    return [
        Decision(
            sequence=int(row["sequence"]),
            piece=Piece(
                frame_from_row(row),
                row["start_mm"],
                row["length_mm"],
                row["trigger_id"],
                row["piece_id"],
                Cut(row["cut"]),
                int(row["lane"]) or None,
                max(0, int(row["piece_number"])),
            ),
            verdict=Verdict(row["verdict"]),
            reasons=reasons_of.get(row["sequence"], ()),
            defects=defects_of.get(row["sequence"], ()),
            recipe=Artefact(row["recipe_name"], row["recipe_version"], row["recipe_sha256"]),
            model=Artefact(row["model_name"], row["model_version"], row["model_sha256"]),
            captured_utc=as_utc(row["captured_utc"]),
            decided_utc=as_utc(row["decided_utc"]),
            latency_ms=row["latency_ms"],
            deadline_met=bool(row["deadline_met"]),
            stage_ms=row["stage_ms"],
            dimensions=dimensions_of.get(row["sequence"], ()),
            setup_sha256=row["setup_sha256"],
            view_frames=frames_of.get(row["sequence"], ()),
        )
        for row in decisions
    ]


def mask_to_png(mask: NDArray[np.bool_]) -> bytes | None:
    """A mask as a bilevel PNG, None for an empty one.

    >>> mask = np.eye(5, dtype=bool)
    >>> bool((mask_from_png(mask_to_png(mask)) == mask).all())
    True
    """
    if mask.size == 0:
        return None
    picture = mask.astype(np.uint8) * 255
    return bytes(cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_BILEVEL, 1])[1])


def mask_from_png(png: bytes | None) -> NDArray[np.bool_]:
    """(height, width) bool; (0, 0) for None."""
    if png is None:
        return np.zeros((0, 0), np.bool_)
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
    return np.asarray(picture, np.uint8) > 127


def as_utc(moment: datetime) -> datetime:
    """A moment out of the store: SQLite forgets the zone, and everything in the store is UTC.

    >>> as_utc(datetime(2030, 1, 2)).isoformat()
    '2030-01-02T00:00:00+00:00'
    """
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _only_finite(row: Row) -> None:
    for column, value in row.items():
        if isinstance(value, Mapping):
            _only_finite(dict(value))
        elif isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"{column} is {value}")


def _reason_row(reason: Reason) -> Row:
    return {
        "rule": reason.rule,
        "sentence": reason.sentence,
        "kind": reason.kind,
        "measured": reason.measured,
        "limit": reason.limit,
        "unit": reason.unit,
        "severity": reason.severity.value if reason.severity else None,
        "quantity": reason.quantity,
        "defects": list(reason.defects),
        "view": reason.view,
    }


def reason_from_row(row: Mapping[str, Any]) -> Reason:
    """A reason again."""
    return Reason(
        row["rule"],
        row["sentence"],
        row["kind"],
        row["measured"],
        row["limit"],
        row["unit"],
        tuple(row["defects"]),
        Severity(row["severity"]) if row["severity"] else None,
        row["quantity"],
        row["view"],
    )


def _defect_row(defect: Defect) -> Row:
    return {
        "kind": defect.kind,
        "severity": defect.severity.value,
        "score": defect.score,
        "box_left": defect.box.left,
        "box_top": defect.box.top,
        "box_right": defect.box.right,
        "box_bottom": defect.box.bottom,
        "mask_png": mask_to_png(defect.mask),
        "length_mm": defect.length_mm,
        "width_mm": defect.width_mm,
        "area_mm2": defect.area_mm2,
        "diameter_mm": defect.diameter_mm,
        "contrast_percent": defect.contrast_percent,
        "snr": defect.snr,
        "md_mm": defect.md_mm,
        "cd_mm": defect.cd_mm,
        "lane": defect.lane,
        "reaches_leading_edge": defect.reaches_leading_edge,
        "reaches_trailing_edge": defect.reaches_trailing_edge,
        "continued": defect.continued,
    }


def _sighting_row(sighting: Sighting) -> Row:
    scores = {kind: float(score) for kind, score in sighting.scores.items()}
    return {"view": sighting.view, **frame_row(sighting.frame), "scores": scores} | _defect_row(sighting.defect)


def _sighting(row: Mapping[str, Any]) -> Sighting:
    return Sighting(row["view"], frame_from_row(row), _defect(row), row["scores"])


def _view_frame(row: Mapping[str, Any]) -> ViewFrame:
    is_judged = row["model_id"] is not None
    return ViewFrame(
        row["view"],
        frame_from_row(row),
        Fate(row["fate"]),
        row["start_mm"],
        row["length_mm"],
        Artefact(row["model_name"], row["model_version"], row["model_sha256"]) if is_judged else None,
        row["first_cd_mm"],
        row["last_cd_mm"],
        row["skew_mm"] or 0.0,
    )


def _defect(row: Mapping[str, Any], sightings: tuple[Sighting, ...] = ()) -> Defect:
    return Defect(
        kind=row["kind"],
        score=row["score"],
        severity=Severity(row["severity"]),
        box=Box(row["box_left"], row["box_top"], row["box_right"], row["box_bottom"]),
        mask=mask_from_png(row["mask_png"]),
        length_mm=row["length_mm"],
        width_mm=row["width_mm"],
        area_mm2=row["area_mm2"],
        contrast_percent=row["contrast_percent"],
        snr=row["snr"],
        md_mm=row["md_mm"],
        cd_mm=row["cd_mm"],
        lane=row["lane"],
        reaches_leading_edge=bool(row["reaches_leading_edge"]),
        reaches_trailing_edge=bool(row["reaches_trailing_edge"]),
        continued=bool(row["continued"]),
        sightings=sightings,
        cleared_by=row.get("cleared_by"),
    )
