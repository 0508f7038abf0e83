"""Spoilt copies of good frames, tried on the shipped models: they are told from good ones, and a model that tells
nothing is found out."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from camera.frame import FrameId
from camera.web import Material, PlantingRate, SimulatedWeb, View, WebSettings
from inspection.model.shelf import find_model
from inspection.pipeline import Pipeline
from inspection.recipe.recipe import default_recipe
from inspection.station.challenge import TASKS, Challenge
from inspection.station.feed import Publication
from inspection.values import Decision, Piece, Verdict
from tests.support.drawing import frame

MODELS = Path(__file__).parents[3] / "models"
LOOKS = [
    (Material.ANODE, View.BRIGHT_FIELD),
    (Material.CATHODE, View.BRIGHT_FIELD),
    (Material.SEPARATOR, View.BRIGHT_FIELD),
    (Material.SEPARATOR, View.BACK_LIGHT),
]


def pipeline_for(material: Material, view: View, **thresholds: float) -> Pipeline:
    recipe = default_recipe(material, view)
    choice = recipe.model.model_copy(update={"thresholds": thresholds})
    return Pipeline(recipe.model_copy(update={"model": choice}), find_model(MODELS, recipe.model.name))


def good_frame(material: Material, view: View, *, bit_depth: int = 8):
    settings = WebSettings(
        material=material, view=view, severity=PlantingRate.CLEAN, seed=21, width_px=768, bit_depth=bit_depth
    )
    return frame(SimulatedWeb(settings).render(0, 512), bit_depth=bit_depth)


def publication(pipeline: Pipeline, shown, verdict: Verdict = Verdict.ACCEPT) -> Publication:
    now = datetime(2030, 1, 1, tzinfo=UTC)
    piece = Piece(shown.id, 0.0, shown.length_mm)
    decision = Decision(
        1,
        piece,
        verdict,
        (),
        (),
        pipeline.recipe_artefact,
        pipeline.model_artefact,
        now,
        now,
        1.0,
        deadline_met=True,
        setup_sha256=pipeline.setup_sha256,
    )
    return Publication(decision, shown)


@pytest.mark.slow
@pytest.mark.parametrize(("material", "view"), LOOKS)
@pytest.mark.parametrize("bit_depth", [8, 12])
def test_the_shipped_models_meet_every_challenge(material, view, bit_depth):
    pipeline = pipeline_for(material, view)
    challenge = Challenge({"cam0": pipeline}.__getitem__, every_s=3600.0)
    challenge.take([publication(pipeline, good_frame(material, view, bit_depth=bit_depth))])
    challenge.run_once()
    assert challenge.faults() == []
    assert challenge.outcomes == {("cam0", "passed"): len(TASKS)}


def test_a_station_that_rejects_nothing_any_more_is_found_out_and_so_is_its_recovery():
    material, view = LOOKS[0]
    kinds = find_model(MODELS, "electrode").card.kinds
    pipeline, deaf = pipeline_for(material, view), pipeline_for(material, view, **dict.fromkeys(kinds, 1.0))
    challenge = Challenge({"cam0": pipeline, "cam1": deaf}.__getitem__, every_s=3600.0)
    shown = good_frame(material, view)
    other = replace(shown, id=FrameId("cam1", 1, 1))
    challenge.take([publication(pipeline, shown), publication(deaf, other)])
    challenge.run_once()
    (fault,) = challenge.faults()
    assert "Camera cam1" in fault
    assert "has to be reject, but the verdict was accept" in fault
    assert challenge.outcomes["cam1", "failed"] == 1


def test_only_accepted_frames_are_spoilt():
    material, view = LOOKS[0]
    pipeline = pipeline_for(material, view)
    challenge = Challenge({"cam0": pipeline}.__getitem__, every_s=3600.0)
    challenge.take([publication(pipeline, good_frame(material, view), Verdict.REJECT)])
    challenge.run_once()
    assert challenge.outcomes == {}


def test_what_breaks_is_told_and_ends_nothing():
    material, view = LOOKS[0]
    pipeline = pipeline_for(material, view)
    challenge = Challenge({"cam0": pipeline}.__getitem__, every_s=3600.0)
    shown = good_frame(material, view)
    challenge.take([publication(pipeline, replace(shown, pixels=np.zeros((0, 0), np.uint8)))])
    challenge.run_once()
    assert "broke off" in challenge.faults()[0]


def test_a_frame_that_another_recipe_accepted_is_no_challenge_for_this_one():
    material, view = LOOKS[0]
    before, now = pipeline_for(material, view), pipeline_for(Material.CATHODE, view)
    challenge = Challenge({"cam0": now}.__getitem__, every_s=3600.0)
    changed = replace(publication(before, good_frame(material, view)).decision, setup_sha256="0" * 64)
    challenge.take([Publication(changed, good_frame(material, view))])
    challenge.run_once()
    assert challenge.outcomes == {}
