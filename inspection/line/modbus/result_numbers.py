"""A result as numbers, by the names of its block's registers. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from inspection.line.modbus.blocks import OBJECTS
from inspection.line.modbus.numbers import CUTS, named, number_of
from inspection.line.result import Result, ResultObject


@dataclass(frozen=True, slots=True)
class Echo:
    """What is remembered of a trigger until its result is told."""

    acquisition_id: int
    """1 to 65535."""
    encoder: int
    """The PLC's encoder position."""


def result_numbers(result: Result, echo: Echo | None) -> Mapping[str, int]:
    """`echo`: of the trigger that it echoes; None: it has none, or that was told before the door's start."""
    trigger_id, piece_id = number_of(result.trigger_id), number_of(result.piece_id)
    numbers = {
        "result_sequence": result.sequence,
        "result_sequence_again": result.sequence,
        "verdict": result.verdict_code,
        "result_code": result.verdict_code,
        "reason": result.reason_code,
        "severity": result.severity_code,
        "lane": result.lane,
        "knows_trigger_id": trigger_id is not None,
        "knows_piece_id": piece_id is not None,
        "knows_place": result.start_mm is not None and result.length_mm is not None,
        "knows_counts": result.start_counts is not None and result.length_counts is not None,
        "knows_trigger_encoder": echo is not None,
        "deadline_met": result.deadline_met,
        "inspection_id": echo.acquisition_id if echo else 0,
        "head_inspection_id": echo.acquisition_id if echo else 0,
        "trigger_id": trigger_id or 0,
        "piece_id": piece_id or 0,
        "trigger_encoder": echo.encoder if echo else 0,
        "start": _tenths(result.start_mm),
        "length": _tenths(result.length_mm),
        "start_counts": result.start_counts or 0,
        "length_counts": result.length_counts or 0,
        "latency": round(result.latency_ms),
        "cut": CUTS[result.cut],
        "piece_number": result.piece_number,
        "reasons": result.reasons,
        "objects": result.object_count,
    }
    numbers |= named("result_recipe", result.recipe) | named("result_model", result.model)
    for number, each in enumerate(result.objects[:OBJECTS], start=1):
        numbers |= {f"object_{number}_{name}": value for name, value in _object(each).items()}
    return numbers


def _object(told: ResultObject) -> dict[str, int]:
    return {
        "kind": told.kind_number,
        "severity": told.severity.rank + 1,
        "guilty": told.is_guilty,
        "lane": told.lane or 0,
        "along": _tenths(told.md_mm),
        "across": _tenths(told.cd_mm),
        "length": round(told.length_mm * 1000),
        "width": round(told.width_mm * 1000),
        "diameter": round(told.diameter_mm * 1000),
    }


def _tenths(length_mm: float | None) -> int:
    return 0 if length_mm is None else round(length_mm * 10)
