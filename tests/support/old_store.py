"""A store as an earlier version of the program left it: the tables of that version, filled without today's code."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from alembic import command
from alembic.config import Config
from sqlalchemy import MetaData, create_engine

import inspection
from camera.frame import FrameId
from inspection.judging.decide import decide
from inspection.judging.severity import severity_in
from inspection.recipe.recipe import Recipe
from inspection.store.rows import decision_rows
from inspection.values import Decision, Defect, Piece, Reason, Verdict
from tests.support.rig import MODEL, RECIPE, decision, defect

KINDS = ("E01", "E01", "E01", "E01", "E01", "E06", "E09", "E12", "E13", "E14", "N01", "N04")
BEGAN = datetime(2030, 1, 2, tzinfo=UTC)
_AT_ONCE = 5000


def store_at(path: Path, revision: str, decisions: Sequence[Decision]) -> None:
    """A store of an old revision with these decisions, as far as its tables have columns for them."""
    migrations = Path(inspection.__file__).parent / "store" / "migrations"
    config = Config()
    config.set_main_option("script_location", str(migrations))
    config.set_main_option("version_locations", str(migrations / "line"))
    config.set_main_option("path_separator", "os")
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes |= {"connection": connection, "version_table": "alembic_version"}
        command.upgrade(config, revision)
    tables = MetaData()
    tables.reflect(engine)
    ids = {("recipe", RECIPE): 1, ("model", MODEL): 2}
    with engine.begin() as connection:
        for (role, artefact), key in ids.items():
            named = {"name": artefact.name, "version": artefact.version, "sha256": artefact.sha256}
            connection.execute(tables.tables["artefacts"].insert().values(id=key, role=role, **named))
        run = {"id": 1, "station": "old", "program_version": "0", "recipe_id": 1, "model_id": 2}
        connection.execute(tables.tables["station_runs"].insert().values(started_utc=BEGAN, **run))
        for first in range(0, len(decisions), _AT_ONCE):
            rows = decision_rows(decisions[first : first + _AT_ONCE], 1, ids)
            for name in ("decisions", "reasons", "defects", "dimensions"):
                table = tables.tables[name]
                several = [{k: v for k, v in row.items() if k in table.c} for row in getattr(rows, name)]
                if several:
                    connection.execute(table.insert(), several)
    engine.dispose()


def judged_by_chance(count: int, recipe: Recipe, seed: int = 1) -> list[Decision]:
    """Decisions about pieces with none to a dozen objects, judged by a recipe; one in fifty comes too late."""
    rng = np.random.default_rng(seed)
    found = []
    for sequence in range(1, count + 1):
        start_mm = 51.2 * sequence
        objects = 0 if rng.random() < 0.5 else int(rng.integers(1, 13))
        defects = tuple(_object(rng, recipe, start_mm) for _ in range(objects))
        verdict, reasons = decide(defects, recipe, 50.0)
        if sequence % 50 == 0:
            verdict, reasons, defects = Verdict.UNINSPECTED, (Reason("late", "too late", measured=510.0),), ()
        at = BEGAN + timedelta(seconds=0.1 * sequence)
        piece = Piece(FrameId("cam0", 1, sequence), start_mm, 51.2)
        told = {"piece": piece, "reasons": reasons, "defects": defects, "captured_utc": at, "decided_utc": at}
        found.append(decision(sequence, verdict, **told))
    return found


_MASK = np.ones((3, 3), bool)


def _object(rng: np.random.Generator, recipe: Recipe, start_mm: float) -> Defect:
    kind = str(rng.choice(KINDS))
    diameter_mm = float(rng.lognormal(-1.2, 0.7))
    return defect(
        kind=kind,
        severity=severity_in(recipe, kind),
        mask=_MASK,
        length_mm=diameter_mm * float(rng.uniform(1.0, 20.0)),
        width_mm=diameter_mm * float(rng.uniform(0.1, 1.0)),
        area_mm2=float(np.pi / 4.0 * diameter_mm**2),
        contrast_percent=float(rng.normal(0.0, 40.0)),
        md_mm=start_mm + float(rng.uniform(0.0, 51.2)),
        cd_mm=float(rng.choice([20.0, 80.0]) + rng.normal(0.0, 8.0)),
        reaches_trailing_edge=bool(rng.random() < 0.05),
        continued=bool(rng.random() < 0.05),
    )
