"""A reject for three dust particles side by side, with an ink dot and a pinhole 40 mm away: all blame the three."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from inspection.archive.archive import ArchiveSearch
from inspection.archive.search import Search
from inspection.judging.decide import decide
from inspection.pages.frame.saved_frames import SavedFrames
from inspection.quality.figures import Figures
from inspection.recipe.recipe import default_recipe
from inspection.review.cases import Answer, Reading, Review, Risk
from inspection.review.labels import reviewed_labels
from inspection.store.frame_files import FrameFiles
from inspection.store.recent import RecentLine
from inspection.values import Box, Severity, Verdict
from inspection.vision.overlay import draw_overlay
from tests.support.rig import decision, defect

INK = defect(kind="N04", severity=Severity.N, box=Box(2, 2, 8, 8), lane=2)
PINHOLE = defect(area_mm2=0.008, box=Box(100, 40, 110, 46), cd_mm=60.0, lane=3, score=0.2)
DUST = tuple(
    defect(kind="E14", severity=Severity.S3, area_mm2=0.02, box=Box(20 + 20 * n, 20, 30 + 20 * n, 26), cd_mm=20.0 + n)
    for n in range(3)
)
DEFECTS = tuple(replace(each, mask=np.ones((6, each.box.width_px), bool)) for each in (INK, *DUST, PINHOLE))
GUILTY = {1, 2, 3}


@pytest.fixture
def cluster():
    verdict, reasons = decide(DEFECTS, default_recipe("anode", "bright-field"), 50.0)
    assert [reason.rule for reason in reasons] == ["cluster"]
    return {"verdict": verdict, "reasons": reasons, "defects": DEFECTS}


def test_the_decision_knows_it_and_keeps_it_in_the_store(plant, cluster):
    made = plant.add(1, **cluster)
    assert (made.guilty, made.severity) == (GUILTY, Severity.S2)
    read = plant.store.decision(1).decision
    assert (read.reasons, read.guilty, read.severity) == (made.reasons, GUILTY, Severity.S2)


def test_a_confirmed_cluster_makes_labels_of_its_own_defects_alone(cluster):
    said = Review(1, 1, Reading.FIRST, "ann", datetime.now(UTC), Answer.CONFIRMED, "E14", "", (), None, None)
    labels = reviewed_labels(decision(1, **cluster), said)
    assert [(mark.kind, mark.is_sure) for mark in labels.marks] == [
        ("N04", True),
        *[("E14", True)] * 3,
        ("E01", False),
    ]


def test_another_kind_is_given_to_the_guilty_alone(cluster):
    said = Review(1, 1, Reading.FIRST, "ann", datetime.now(UTC), Answer.CONFIRMED, "E04", "", (), None, None)
    marks = reviewed_labels(decision(1, **cluster), said).marks
    assert [mark.kind for mark in marks] == ["N04", "E04", "E04", "E04", "E01"]


def test_the_queue_ranks_it_by_its_own_scores(plant, cluster):
    plant.add(1, **cluster)
    plant.add(2, **(cluster | {"defects": (INK, *(replace(each, score=0.3) for each in DUST), PINHOLE)}))
    plant.queue.enrol()
    risks = {case.sequence: case.risk for case in plant.queue.next_cases("ann", 2)}
    assert risks == {1: Risk.REJECT, 2: Risk.UNUSUAL}
    assert ArchiveSearch(plant.database).find(Search())[0].severity is Severity.S2


def test_figures_count_it_in_the_lane_of_the_cluster(plant, cluster):
    plant.add(1, **cluster)
    plant.add(2, Verdict.ACCEPT)
    figures = Figures(plant.database)
    assert [(each.name, each.rejected, each.accepted) for each in figures.by_lane(figures.whole())] == [("1", 1, 1)]
    assert figures.reject_kinds(figures.whole(), lane=1) == {"cluster": 1}
    assert figures.reject_kinds(figures.whole(), lane=3) == {}


def test_the_line_shows_its_lane_and_its_place(plant, cluster):
    plant.add(1, **cluster)
    (block,) = RecentLine(plant.database).update().rejects
    assert (block.severity, block.lanes, block.box) == (Severity.S2, {1}, DUST[0].box)
    assert block.reason.defects == (1, 2, 3)


def test_the_page_marks_it_on_the_frame(plant, cluster):
    plant.add(1, **cluster)
    files = FrameFiles(plant.frames_dir, plant.store)
    marked = [each["is_reason"] for each in SavedFrames(files, plant.store).findings(1)["defects"]]
    assert marked == [False, True, True, True, False]


def test_an_overlay_draws_it_with_thicker_lines(cluster):
    grey = np.full((64, 128), 80, np.uint8)
    made = decision(1, **cluster)
    harmless = replace(made, reasons=tuple(replace(each, defects=()) for each in made.reasons))
    differs = (draw_overlay(grey, made) != draw_overlay(grey, harmless)).any(axis=2)[-64:]
    rows, columns = np.nonzero(differs)
    assert 5 < rows.min() < rows.max() < 40
    assert 10 < columns.min() < columns.max() < 85
