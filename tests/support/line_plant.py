"""A store as a plant has it after months: many decisions, saved frames, defects, dimensions, rolls. Made in seconds."""

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from inspection.store.database import Database
from inspection.store.decisions import Store
from inspection.store.engine import Access
from inspection.store.rows import mask_to_png
from inspection.values import Artefact

LENGTH_MM = 51.2
BEGAN = datetime(2030, 3, 1, 6, 0, tzinfo=UTC)
EVERY_S = 9.0
KINDS = ("E01", "E04", "E08", "E13", "E14", "E09")
SEVERITIES = ("S2", "S2", "S2", "S1", "S3", "S3")
PERIOD_MM = 471.0
"""A dented roller marks the fourth and the fifth roll so."""
_SENTENCE = "pinhole: diameter 0.82 mm (limit 0.5) at 21051.3 mm along and 48.7 mm across the web, lane 1."
_STAGES = json.dumps({"wait": 1.0, "prepare": 4.0, "detect": 30.0, "refine": 2.0, "measure": 0.4, "decide": 0.1})
_MASK = mask_to_png(np.random.default_rng(0).random((24, 24)) > 0.3)


def fill(path: Path, decisions: int = 100_000, rolls: int = 10, seed: int = 1) -> Database:
    """The database of a store with so many decisions, a fifth of which have saved frames (files there are none)."""
    line = Database.in_file(path)
    store = Store(line)
    recipe = Artefact("anode", "1.0", "a" * 64)
    store.begin_run("bench", "0", recipe, Artefact("electrode", "1.2.0", "b" * 64))
    store.begin_run("bench", "0", recipe, Artefact("electrode", "1.3.0", "c" * 64))
    rng = np.random.default_rng(seed)
    draws, saved = rng.random(decisions), rng.random(decisions) < 0.036
    several, kinds = rng.random(decisions) < 0.4, rng.integers(0, len(KINDS), decisions).tolist()
    sizes = rng.lognormal(-0.6, 0.5, decisions).tolist()
    places, scores = rng.random((decisions, 2, 2)).tolist(), rng.beta(6, 1.5, decisions).tolist()
    widths, margins = rng.normal(100.0, 0.03, decisions).tolist(), rng.normal(4.0, 0.03, decisions).tolist()
    per_roll = decisions // rolls
    rows: dict[str, list[tuple]] = {name: [] for name in _COLUMNS}
    for index in range(decisions):
        sequence, draw, kind, first_half = index + 1, draws[index], kinds[index], index < decisions // 2
        verdict = "reject" if draw < 0.15 else "uninspected" if draw < 0.17 else "accept"
        when = _text(BEGAN + timedelta(seconds=EVERY_S * index))
        start_mm = (index % per_roll) * LENGTH_MM
        severity = SEVERITIES[kind] if verdict == "reject" else None
        which = (sequence, 1 if first_half else 2, "cam0", 1 + index // per_roll, sequence, verdict, severity)
        judged_by = (1, 2 if first_half else 3, _STAGES)
        rows["decisions"].append((*which, start_mm, LENGTH_MM, when, when, 40.0, True, *judged_by, -sequence))
        if verdict == "uninspected":
            rows["reasons"].append((sequence, 0, "late", _SENTENCE, None, None, None, None, None, None, "[]"))
        else:
            rows["dimensions"].append((sequence, 0, "coat_width", widths[index], 0.01))
            rows["dimensions"].append((sequence, 1, "margin", margins[index], 0.01))
        if verdict == "reject":
            rule, guilty = f"limit.{KINDS[kind]}.diameter_mm", "[0]"
            rows["reasons"].append(
                (sequence, 0, rule, _SENTENCE, KINDS[kind], sizes[index], 0.5, "mm", severity, "diameter_mm", guilty)
            )
        if verdict == "reject" or draw > 0.98:
            diameter = sizes[index] if verdict == "reject" else 0.1
            for position in range(1 + int(several[index])):
                along, across = places[index][position]
                at = (start_mm + along * LENGTH_MM, across * 100.0)
                rows["defects"].append(_defect(sequence, position, kind, scores[index], diameter, *at))
        if index // per_roll in (3, 4) and (start_mm % PERIOD_MM) < LENGTH_MM and verdict == "accept":
            along = start_mm + PERIOD_MM - (start_mm % PERIOD_MM or PERIOD_MM)
            rows["defects"].append(_defect(sequence, 9, 4, 0.9, 0.2, along, 33.0))
        if verdict != "accept" or saved[index]:
            name = f"{when[:10]}/{sequence:010d}-cam0-{sequence}-{verdict}-8bit.png"
            rows["saved_frames"].append((*which[1:5], name, verdict, 8, 900_000, when))
    for roll in range(rolls):
        rows["roll_changes"].append((1 + roll * per_roll, f"R-{roll:03d}", _text(BEGAN), "plc"))
    connection = sqlite3.connect(path)
    with connection:
        for table, columns in _COLUMNS.items():
            places_held = ", ".join("?" * len(columns.split()))
            into = f"INSERT INTO {table} ({', '.join(columns.split())}) VALUES ({places_held})"
            connection.executemany(into, rows[table])
    connection.close()
    line.close()
    return Database.in_file(path, Access.PEOPLE)


_COLUMNS = {
    "decisions": "sequence station_run_id camera run number verdict severity start_mm length_mm captured_utc "
    "decided_utc latency_ms deadline_met recipe_id model_id stage_ms piece_number",
    "reasons": 'sequence position rule sentence kind measured "limit" unit severity quantity defects',
    "defects": "sequence position kind severity score box_left box_top box_right box_bottom mask_png length_mm "
    "width_mm area_mm2 diameter_mm contrast_percent snr md_mm cd_mm lane reaches_leading_edge reaches_trailing_edge "
    "continued",
    "dimensions": "sequence position code value_mm uncertainty_mm",
    "saved_frames": "station_run_id camera run number path verdict bit_depth size_bytes saved_utc",
    "roll_changes": "first_sequence roll told_utc told_by",
}


def _defect(sequence, position, kind, score, diameter, along, across):
    head = (sequence, position, KINDS[kind], SEVERITIES[kind], score, 900, 300, 924, 324, _MASK)
    sizes = (diameter * 1.1, diameter * 0.9, diameter**2 * 0.785, diameter)
    where = (along, across, 1 + int(across >= 50.0))
    return (*head, *sizes, -40.0, 30.0, *where, False, False, False)


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S.%f}"
