"""Judging again what was judged lately: it comes out as the station itself would have had it."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from inspection.pipeline import Pipeline
from inspection.quality.judged import judged_lately
from inspection.quality.what_if import JudgedPiece, Unknown, what_if
from inspection.recipe.recipe import Recipe
from inspection.store.database import Database
from inspection.store.decisions import Store
from inspection.values import Artefact, Verdict
from tests.support.rig import ScriptedSource, begun_store, build_pipeline, defect, frame, run_to_end

SIZES_PX = (4, 6, 8, 10, 12, 14, 16, 20)


def spotted(number: int):
    """A block with some bright spots of several sizes, two of them cut by its border."""
    rng = np.random.default_rng(number)
    shown = frame(number)
    for place in range(number % 4):
        size = SIZES_PX[(number + 3 * place) % len(SIZES_PX)]
        top, left = int(rng.integers(0, 64)), 4 + 40 * place
        part = shown.pixels[top : top + size, left : left + size]
        part[:] = rng.integers(215, 245, part.shape)
    return shown


def recipe(most_mm: float, version: str, **changes: str) -> Recipe:
    parts = {"count": "{ from_diameter_mm = 0.2, at_most = 2 }", "objects": "3", "thresholds": "", "storm": "400"}
    parts |= changes
    text = f"""
name = "line-3"
version = "{version}"
material = "anode"
view = "bright-field"
[model]
name = "electrode"
{parts["thresholds"]}
[image]
min_pitch_um = 45.0
max_pitch_um = 55.0
[storm]
max_candidates = {parts["storm"]}
[[cluster]]
objects = {parts["objects"]}
within_mm = 3.0
from_diameter_mm = 0.1
[limits.E01]
severity = "S2"
reject_above = [{{ diameter_mm = {most_mm} }}]
count = [{parts["count"]}]
min_px = 3.0
[unknown]
severity = "S1"
reject_above = [{{ diameter_mm = {most_mm} }}]
"""
    return Recipe.parse(text.encode(), "test")


def pipeline(folder, chosen: Recipe) -> Pipeline:
    return Pipeline(chosen, build_pipeline(folder)._model)


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """Decisions by one recipe, and what the station says of the same frames by others."""
    folder = tmp_path_factory.mktemp("judged")
    before = recipe(0.5, "1.0")
    others = [
        recipe(0.3, "1.1"),
        recipe(0.9, "1.2"),
        recipe(0.9, "1.3", count="{ from_diameter_mm = 0.2, at_most = 1 }"),
    ]
    told = {}
    for chosen in (before, *others):
        store = begun_store(folder / f"{chosen.version}.db")
        frames = [spotted(n) for n in range(1, 41)]
        _, decisions = run_to_end(store, (ScriptedSource(frames), pipeline(folder, chosen)))
        store.close()
        told[chosen.version] = {d.sequence: d.verdict for d in decisions}
    database = Database.in_file(folder / "1.0.db")
    yield database, before, others, told
    database.close()


@pytest.mark.slow
@pytest.mark.parametrize("number", range(3))
def test_what_would_be_rejected_is_what_the_station_rejects_by_that_recipe(judged, number):
    database, before, others, told = judged
    pieces = judged_lately(database, "line-3", 10_000)
    found = what_if(pieces, others[number], {before.sha256: before})
    then, now = told[before.version], told[others[number].version]
    seen = [s for s in then if then[s] is not Verdict.UNINSPECTED and now[s] is not Verdict.UNINSPECTED]
    assert {turned.sequence for turned in found.freed} >= {
        s for s in seen if then[s] is Verdict.REJECT and now[s] is Verdict.ACCEPT
    }
    assert {turned.sequence for turned in found.caught} == {
        s for s in seen if then[s] is Verdict.ACCEPT and now[s] is Verdict.REJECT
    }
    assert found.freed or found.caught, "a recipe that changes nothing shows nothing"
    assert (found.checked, found.repeated, found.not_known) == (found.pieces - found.uninspected,) * 2 + (0,)
    assert found.rejected == sum(verdict is Verdict.REJECT for verdict in then.values())
    assert found.would_reject == found.rejected - len(found.freed) + len(found.caught)
    assert found.unknown == {Unknown.NAMES}


def piece(sequence: int, verdict: Verdict = Verdict.ACCEPT, **changes) -> JudgedPiece:
    before = recipe(0.5, "1.0")
    same = JudgedPiece(sequence, "cam0", before.artefact, datetime(2030, 1, 2, tzinfo=UTC), verdict, 0.0, None, ())
    return replace(same, **changes)


def test_what_stored_objects_cannot_tell_is_said():
    before = recipe(0.5, "1.0")
    earlier = {before.sha256: before}
    storm = piece(1, Verdict.REJECT, storm=450.0)
    lower = what_if([storm], recipe(0.5, "1.1", storm="300"), earlier)
    assert (lower.would_reject, lower.not_known) == (1, 0)
    higher = what_if([storm], recipe(0.5, "1.1", storm="500"), earlier)
    assert (higher.would_reject, higher.not_known) == (1, 1), "nobody examined it: it counts as it was"
    assert Unknown.STORM in higher.unknown
    lowered = what_if([piece(1)], recipe(0.5, "1.1", thresholds="thresholds = { E01 = 0.1 }"), earlier)
    assert lowered.unknown == {Unknown.THRESHOLDS}
    assert what_if([piece(1)], recipe(0.5, "1.1"), {}).unknown == {Unknown.BEFORE}
    foreign = piece(1, recipe=Artefact("other", "1", before.sha256))
    assert Unknown.OTHER_PRODUCT in what_if([foreign], recipe(0.5, "1.1"), earlier).unknown


def test_a_piece_that_its_own_recipe_judges_otherwise_than_it_was_told_counts_as_it_was():
    before = recipe(0.5, "1.0")
    odd = piece(1, Verdict.ACCEPT, defects=(defect(area_mm2=4.0),))
    found = what_if([odd], recipe(0.4, "1.1"), {before.sha256: before})
    assert (found.checked, found.repeated, found.not_known, found.would_reject) == (1, 0, 1, 0)


def test_what_was_uninspected_stays_so_and_the_newest_of_the_recipes_name_are_read(judged, tmp_path):
    database, before, others, _ = judged
    pieces = judged_lately(database, "line-3", 7)
    assert [each.sequence for each in pieces] == [40, 39, 38, 37, 36, 35, 34]
    assert judged_lately(database, "of nobody", 3)[0].recipe.name == "line-3", "those of all, where there are none"
    unseen = [replace(each, verdict=Verdict.UNINSPECTED) for each in pieces]
    found = what_if(unseen, others[0], {before.sha256: before})
    assert (found.rejected, found.would_reject, found.uninspected) == (0, 0, 7)
    empty = Store.in_file(tmp_path / "empty.db")
    empty.close()
    database = Database.in_file(tmp_path / "empty.db")
    assert what_if(judged_lately(database, "line-3", 10), others[0], {}).pieces == 0
    database.close()
