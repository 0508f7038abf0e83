from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from inspection.errors import RecipeError
from inspection.judging.findings import Carried
from inspection.model.shelf import Model
from inspection.pipeline import Pipeline
from inspection.recipe.recipe import default_recipe
from inspection.values import Verdict
from inspection.vision.references import record_references
from tests.support.drawing import disc, expose, frame, plant, web
from tests.support.network import write_model

ANODE = default_recipe("anode", "bright-field")


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Model:
    return Model.load(write_model(tmp_path_factory.mktemp("models") / "electrode-0.1"))


@pytest.fixture(scope="module")
def pipeline(model) -> Pipeline:
    return Pipeline(ANODE, model)


def block(number: int, *pinholes: tuple[float, float, float]):
    """Frame `number` of 256 lines; pinholes as (x, y, diameter in px)."""
    scene = web(256, 400)
    for x, y, diameter in pinholes:
        plant(scene, disc(diameter), x, y, 100.0)
    return frame(expose(scene, seed=number), number=number, start_mm=12.8 * number)


def judge(pipeline: Pipeline, *frames):
    carried, judgements = Carried.START, []
    for one in frames:
        judgement, carried = pipeline.conclude(pipeline.inspect(one), carried)
        judgements.append(judgement)
    return judgements


def test_clean_web_is_accepted_and_a_large_pinhole_rejected(pipeline):
    clean, small, large = judge(pipeline, block(1), block(2, (100, 100, 5)), block(3, (200, 60, 14)))
    assert (clean.verdict, clean.reasons, clean.defects) == (Verdict.ACCEPT, (), ())
    assert small.verdict is Verdict.ACCEPT
    assert [d.kind for d in small.defects] == ["E01"]
    assert large.verdict is Verdict.REJECT
    (found,) = large.defects
    assert found.diameter_mm == pytest.approx(0.7, abs=0.03)
    assert found.md_mm == pytest.approx(3 * 12.8 + 60 * 0.05, abs=0.03)
    assert found.cd_mm == pytest.approx(10.0, abs=0.03)
    assert set(large.stage_ms) == {"prepare", "detect", "refine", "measure", "decide"}


def test_an_object_over_the_border_of_two_frames_is_one(pipeline):
    first, second = judge(pipeline, block(1, (150, 256, 9)), block(2, (150, 0, 9)))
    (part,), (whole,) = first.defects, second.defects
    assert part.reaches_trailing_edge
    assert whole.continued
    assert whole.diameter_mm == pytest.approx(0.45, abs=0.06)
    assert whole.md_mm == pytest.approx(25.6, abs=0.05)


def test_nothing_is_joined_over_a_lost_frame(pipeline):
    _, carried = pipeline.conclude(pipeline.inspect(block(1, (150, 256, 9))), Carried.START)
    judgement, _ = pipeline.conclude(pipeline.inspect(block(3, (150, 0, 9))), carried.after_loss())
    assert not judgement.defects[0].continued


def test_what_cannot_be_judged_is_uninspected_and_the_next_frame_is_judged_again(pipeline):
    black = frame(np.zeros((256, 400), np.uint8), number=2, start_mm=25.6)
    verdicts = [j.verdict for j in judge(pipeline, block(1), black, block(3))]
    assert verdicts == [Verdict.ACCEPT, Verdict.UNINSPECTED, Verdict.ACCEPT]


def test_a_frozen_camera_is_noticed_until_it_moves_again(pipeline):
    stuck = [frame(block(1).pixels, number=n, start_mm=12.8 * n) for n in (2, 3)]
    judgements = judge(pipeline, block(1), *stuck, block(4))
    assert [j.verdict for j in judgements] == ["accept", "uninspected", "uninspected", "accept"]
    assert judgements[1].reasons[0].rule == "image.frozen"


def test_a_storm_is_rejected_without_looking_closer(model):
    few = ANODE.model_copy(update={"storm": ANODE.storm.model_copy(update={"max_candidates": 5})})
    spots = [(40.0 + 50 * i, 100.0, 6.0) for i in range(7)]
    (judgement,) = judge(Pipeline(few, model), block(1, *spots))
    assert judgement.verdict is Verdict.REJECT
    assert [r.rule for r in judgement.reasons] == ["storm"]


def test_a_recipe_threshold_overrides_the_cards(model):
    deaf = ANODE.model_copy(update={"model": ANODE.model.model_copy(update={"thresholds": {"E01": 1.0}})})
    (judgement,) = judge(Pipeline(deaf, model), block(1, (100, 100, 5)))
    assert judgement.verdict is Verdict.ACCEPT
    assert judgement.defects == ()


def test_threads_find_what_one_thread_finds(pipeline):
    frames = [block(n, (40.0 + 20 * n, 100, 12)) for n in range(1, 9)]
    alone = [pipeline.inspect(one).defects[0].cd_mm for one in frames]
    with ThreadPoolExecutor(4) as pool:
        together = [findings.defects[0].cd_mm for findings in pool.map(pipeline.inspect, frames)]
    assert together == alone


def test_references_of_another_width_leave_the_frame_uninspected(model):
    white = frame(np.full((128, 300), 200, np.uint8))
    dark = frame(np.full((128, 300), 5, np.uint8))
    flat = Pipeline(ANODE, model, record_references([white], [dark]))
    (judgement,) = judge(flat, block(1))
    assert judgement.reasons[0].rule == "image.size"


@pytest.mark.parametrize(
    ("recipe", "sentence"),
    [
        (default_recipe("separator", "back-light"), "asks for model 'separator'"),
        (ANODE.model_copy(update={"material": "separator"}), "its material is separator"),
        (ANODE.model_copy(update={"view": "back-light"}), "its view is back-light"),
        (
            ANODE.model_copy(update={"model": ANODE.model.model_copy(update={"sha256": "f" * 64})}),
            "pins the model with SHA-256",
        ),
        (
            ANODE.model_copy(update={"model": ANODE.model.model_copy(update={"thresholds": {"S01": 0.5}})}),
            "thresholds for S01",
        ),
    ],
)
def test_a_recipe_that_does_not_go_with_the_model_is_refused(model, recipe, sentence):
    with pytest.raises(RecipeError, match=sentence):
        Pipeline(recipe, model)
