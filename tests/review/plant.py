"""A store as a plant has it after months: many decisions, saved frames, defects, dimensions, rolls. Made in seconds."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from sqlalchemy import insert

from inspection.database import Access, Database
from inspection.review.store.tables import ROLL_CHANGES
from inspection.store import Store
from inspection.store_rows import mask_to_png
from inspection.store_schema import DECISIONS, DEFECTS, DIMENSIONS, REASONS, SAVED_FRAMES
from inspection.values import Artefact

LENGTH_MM = 51.2
BEGAN = datetime(2030, 3, 1, 6, 0, tzinfo=UTC)
EVERY_S = 9.0
KINDS = ("E01", "E04", "E08", "E13", "E14", "E09")
SEVERITIES = ("S2", "S2", "S2", "S1", "S3", "S3")
PERIOD_MM = 471.0
"""A dented roll marks rolls 3 and 4 so."""
DAY = 86_400.0


def fill(path: Path, decisions: int = 100_000, rolls: int = 10, seed: int = 1) -> Database:
    """The database of a store with so many decisions, a fifth of which have saved frames (files there are none)."""
    database = Database.in_file(path, Access.PEOPLE)
    store = Store(database)
    recipe, model = Artefact("anode", "1.0", "a" * 64), Artefact("electrode", "1.2.0", "b" * 64)
    store.begin_run("bench", "0", recipe, model)
    store.begin_run("bench", "0", recipe, Artefact("electrode", "1.3.0", "c" * 64))
    rng = np.random.default_rng(seed)
    sequences = np.arange(1, decisions + 1)
    draws = rng.random(decisions)
    verdicts = np.where(draws < 0.15, "reject", np.where(draws < 0.17, "uninspected", "accept"))
    is_saved = (verdicts != "accept") | (rng.random(decisions) < 0.036)
    per_roll = decisions // rolls
    rows: dict[str, list[dict]] = {name: [] for name in ("decisions", "reasons", "defects", "dimensions", "frames")}
    for index, sequence in enumerate(sequences.tolist()):
        verdict = str(verdicts[index])
        captured = BEGAN + timedelta(seconds=EVERY_S * index)
        start_mm = (index % per_roll) * LENGTH_MM
        kind = int(rng.integers(0, len(KINDS)))
        rows["decisions"].append(
            {
                "sequence": sequence,
                "station_run_id": 1 if index < decisions // 2 else 2,
                "camera": "cam0",
                "run": 1 + index // per_roll,
                "number": sequence,
                "verdict": verdict,
                "severity": SEVERITIES[kind] if verdict == "reject" else None,
                "start_mm": start_mm,
                "length_mm": LENGTH_MM,
                "trigger_id": None,
                "piece_id": None,
                "captured_utc": captured,
                "decided_utc": captured + timedelta(milliseconds=40),
                "latency_ms": 40.0,
                "deadline_met": True,
                "recipe_id": 1,
                "model_id": 2 if index < decisions // 2 else 3,
                "stage_ms": {"wait": 1.0, "prepare": 4.0, "detect": 30.0, "refine": 2.0, "measure": 0.4, "decide": 0.1},
            }
        )
        if verdict == "uninspected":
            rows["reasons"].append(_reason(sequence, "late", None, None, None))
        if verdict == "reject" or draws[index] > 0.98:
            diameter = float(rng.lognormal(-0.6, 0.5)) if verdict == "reject" else 0.1
            if verdict == "reject":
                rule = f"limit.{KINDS[kind]}.diameter_mm"
                rows["reasons"].append(_reason(sequence, rule, KINDS[kind], diameter, 0.5))
            for position in range(1 + int(rng.random() < 0.4)):
                along, across = start_mm + float(rng.random()) * LENGTH_MM, float(rng.random()) * 100.0
                rows["defects"].append(
                    _defect(sequence, position, kind, float(rng.beta(6, 1.5)), diameter, along, across)
                )
        if index // per_roll in (3, 4) and (start_mm % PERIOD_MM) < LENGTH_MM and verdict == "accept":
            along = start_mm + PERIOD_MM - (start_mm % PERIOD_MM or PERIOD_MM)
            rows["defects"].append(_defect(sequence, 9, 4, 0.9, 0.2, along, 33.0))
        if verdict != "uninspected":
            for position, (code, nominal) in enumerate((("coat_width", 100.0), ("margin", 4.0))):
                rows["dimensions"].append(
                    {
                        "sequence": sequence,
                        "position": position,
                        "code": code,
                        "value_mm": float(rng.normal(nominal, 0.03)),
                        "uncertainty_mm": 0.01,
                    }
                )
        if is_saved[index]:
            rows["frames"].append(
                {
                    "sequence": sequence,
                    "path": f"{captured.date()}/{sequence:010d}-cam0-{sequence}-{verdict}-8bit.png",
                    "verdict": verdict,
                    "bit_depth": 8,
                    "size_bytes": 900_000,
                    "saved_utc": captured,
                }
            )
    changes = [
        {"first_sequence": 1 + roll * per_roll, "roll": f"R-{roll:03d}", "told_utc": BEGAN, "told_by": "plc"}
        for roll in range(rolls)
    ]
    tables = (DECISIONS, REASONS, DEFECTS, DIMENSIONS, SAVED_FRAMES)
    with database.transaction("fill a store", writes=True) as connection:
        for table, several in zip(tables, rows.values(), strict=True):
            connection.execute(insert(table), several)
        connection.execute(insert(ROLL_CHANGES), changes)
    return database


_MASK = mask_to_png(np.random.default_rng(0).random((24, 24)) > 0.3)


def _reason(sequence, rule, kind, measured, limit):
    return {
        "sequence": sequence,
        "position": 0,
        "rule": rule,
        "sentence": "E01 pinhole: diameter 0.82 mm (limit 0.5) at 21051.3 mm along and 48.7 mm across the web, lane 1.",
        "kind": kind,
        "measured": measured,
        "limit": limit,
        "unit": None if kind is None else "mm",
    }


def _defect(sequence, position, kind, score, diameter, along, across):
    return {
        "sequence": sequence,
        "position": position,
        "kind": KINDS[kind],
        "severity": SEVERITIES[kind],
        "score": score,
        "box_left": 900,
        "box_top": 300,
        "box_right": 924,
        "box_bottom": 324,
        "mask_png": _MASK,
        "length_mm": diameter * 1.1,
        "width_mm": diameter * 0.9,
        "area_mm2": diameter**2 * 0.785,
        "diameter_mm": diameter,
        "contrast_percent": -40.0,
        "snr": 30.0,
        "md_mm": along,
        "cd_mm": across,
        "lane": 1 + int(across >= 50.0),
        "reaches_leading_edge": False,
        "reaches_trailing_edge": False,
        "continued": False,
    }
