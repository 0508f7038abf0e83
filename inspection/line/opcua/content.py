"""ResultContent: what a result says beside its ids, in a fixed layout; docs/reference/opcua.md is written from it."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from asyncua import ua

from inspection.line.result import Result

LAYOUT = 1
"""Counts up when a place changes its meaning; places are only ever added at the end."""
NO_COUNT = -(2**63)
"""Stands for an encoder count that is not known: OPC UA has no number that means none."""


@dataclass(frozen=True, slots=True)
class Place:
    """One place of the array."""

    name: str
    kind: ua.VariantType
    is_array: bool
    meaning: str
    """For the reference, in a sentence or less."""
    value: Callable[[Result], Any]


def _scalar(name: str, kind: ua.VariantType, meaning: str, value: Callable[[Result], Any]) -> Place:
    return Place(name, kind, False, meaning, value)


def _each(name: str, kind: ua.VariantType, meaning: str, value: Callable[[Any], Any]) -> Place:
    return Place(name, kind, True, meaning, lambda result: [value(each) for each in result.objects])


_T = ua.VariantType
LAYOUT_PLACES: tuple[Place, ...] = (
    _scalar("Layout", _T.UInt16, "this layout's number, 1", lambda _: LAYOUT),
    _scalar("Sequence", _T.UInt64, "counts the decisions 1, 2, 3 ...", lambda r: r.sequence),
    _scalar(
        "Epoch",
        _T.String,
        "name of the station's store; sequence numbers of two don't mean the same",
        lambda r: r.epoch,
    ),
    _scalar(
        "ResultEvaluation",
        _T.Int32,
        "1 OK (accept), 2 NotOK (reject), 3 NotDecidable (uninspected: treat as reject)",
        lambda r: r.verdict_code,
    ),
    _scalar("ReasonCode", _T.Int32, "the first reason as a number, 0: none", lambda r: r.reason_code),
    _scalar(
        "SeverityCode", _T.UInt16, "1 for S1 ... 4 for S4, 5 for N, 0: nothing was judged", lambda r: r.severity_code
    ),
    _scalar("Rule", _T.String, "the first reason's rule, empty: none", lambda r: r.rule or ""),
    _scalar("Sentence", _T.String, "the first reason in words, empty: none", lambda r: r.sentence or ""),
    _scalar("Reasons", _T.UInt32, "number of reasons", lambda r: r.reasons),
    _scalar("PieceNumber", _T.UInt64, "counts the pieces since the station's start", lambda r: r.piece_number),
    _scalar("Cut", _T.String, "what the piece is: block, lane or sheet", lambda r: r.cut.value),
    _scalar("Lane", _T.UInt16, "the lane that it is about, 0: the whole width", lambda r: r.lane),
    _scalar("Camera", _T.String, "the leading camera", lambda r: r.camera),
    _scalar("TriggerId", _T.String, "the trigger that it answers, empty: none", lambda r: r.trigger_id or ""),
    _scalar("StartMm", _T.Double, "leading edge along the web in mm, NaN: not known", lambda r: _mm(r.start_mm)),
    _scalar("LengthMm", _T.Double, "length along the web in mm, NaN: not known", lambda r: _mm(r.length_mm)),
    _scalar(
        "StartCounts", _T.Int64, f"the same in encoder counts, {NO_COUNT}: not known", lambda r: _counts(r.start_counts)
    ),
    _scalar(
        "LengthCounts",
        _T.Int64,
        f"the same in encoder counts, {NO_COUNT}: not known",
        lambda r: _counts(r.length_counts),
    ),
    _scalar("LatencyMs", _T.Double, "from the last line exposed to the decision, in ms", lambda r: r.latency_ms),
    _scalar("DeadlineMet", _T.Boolean, "whether it was decided in time", lambda r: r.deadline_met),
    _scalar("Model", _T.String, "the model's name", lambda r: r.model.name),
    _scalar("ModelVersion", _T.String, "the model's version", lambda r: r.model.version),
    _scalar("ModelSha256", _T.ByteString, "SHA-256 of the model's card, 32 bytes", lambda r: sha256(r.model.sha256)),
    _scalar(
        "ObjectCount", _T.UInt32, "all objects that were measured; the arrays hold 50 at most", lambda r: r.object_count
    ),
    _each("Kinds", _T.String, "catalogue codes, E01 ...; those that broke a limit first", lambda o: o.kind),
    _each("KindNumbers", _T.Int32, "the same as numbers: E01 is 1, S01 101, N01 201", lambda o: o.kind_number),
    _each("Severities", _T.String, "S1, S2, S3, S4, N", lambda o: o.severity.value),
    _each("IsGuilty", _T.Boolean, "whether a reason is about it", lambda o: o.is_guilty),
    _each("LengthsMm", _T.Double, "longest extent in mm", lambda o: o.length_mm),
    _each("WidthsMm", _T.Double, "mean extent across the length in mm", lambda o: o.width_mm),
    _each("DiametersMm", _T.Double, "of the circle of the same area, in mm", lambda o: o.diameter_mm),
    _each("MdMm", _T.Double, "centre along the web in mm, by the encoder", lambda o: o.md_mm),
    _each("CdMm", _T.Double, "centre across the web in mm, from the drive side", lambda o: o.cd_mm),
    _each("Lanes", _T.UInt16, "lane of its centre, 0: none", lambda o: o.lane or 0),
)


def content(result: Result) -> list[ua.Variant]:
    """The array."""
    return [ua.Variant(place.value(result), place.kind, is_array=place.is_array) for place in LAYOUT_PLACES]


def sha256(told: str | None) -> bytes:
    """A hash as bytes; empty where there is none."""
    return bytes.fromhex(told or "")


def _mm(told: float | None) -> float:
    return math.nan if told is None else told


def _counts(told: int | None) -> int:
    return NO_COUNT if told is None else told
