"""What the camera's faults end as, through the whole station: a decision for each number, and none accepted unseen."""

from dataclasses import dataclass

import pytest

from camera.gentl.gentl_source import GenTLSource
from camera.limited_source import LimitedSource
from camera.simulated.simulated_camera import BufferInfo, Fault
from camera.web import WebSettings
from inspection.model.shelf import Model
from inspection.pipeline import Pipeline
from inspection.recipe.recipe import default_recipe
from tests.support.known_line import patient
from tests.support.rig import begun_store, run_to_end, write_model

WEB = WebSettings(width_px=256, severity="clean", seed=5)
CLEAN = {"renderer": "camera.web:SimulatedWeb", "line_rate_hz": 1280.0}


@dataclass
class Bench:
    """A pipeline with its store, and a simulated camera over a clean web."""

    camera: object
    store: object
    pipeline: Pipeline

    def decide(self, frames, **settings):
        source = LimitedSource(GenTLSource(patient(self.camera.settings(**settings))), frames)
        _, decisions = run_to_end(self.store, (source, self.pipeline), deadline_ms=20_000.0)
        return decisions


@pytest.fixture
def bench(rig, tmp_path):
    store = begun_store(tmp_path / "store.db")

    def make(short_frames="uninspected"):
        recipe = default_recipe("anode", "bright-field")
        image = recipe.image.model_copy(update={"short_frames": short_frames})
        pipeline = Pipeline(
            recipe.model_copy(update={"image": image}), Model.load(write_model(tmp_path / "electrode-0.1"))
        )
        return Bench(rig(WEB, **CLEAN), store, pipeline)

    yield make
    store.close()


def rules(decision):
    return [reason.rule for reason in decision.reasons]


def test_a_short_frame_is_uninspected_and_so_is_what_follows_a_hole(bench):
    line = bench()
    line.camera.fault(Fault.SHORT, frames=1)
    decisions = line.decide(6)
    assert [rules(d) for d in decisions[:3]] == [["image.short"], ["encoder.jump"], []]
    assert decisions[0].piece.length_mm == pytest.approx(19 * 0.05)
    assert all(d.verdict.value == "accept" for d in decisions[2:])


def test_the_lines_of_a_short_frame_are_judged_if_the_recipe_says_so_and_only_as_long_as_they_are(bench):
    line = bench("judge")
    line.camera.fault(Fault.SHORT, frames=1)
    decisions = line.decide(4)
    assert [rules(d) for d in decisions] == [[], ["encoder.jump"], [], []]
    assert decisions[0].verdict.value == "accept"
    assert decisions[0].piece.length_mm == pytest.approx(19 * 0.05)


def test_without_an_encoder_a_short_frame_is_never_accepted(bench):
    line = bench("judge")
    line.camera.fault(Fault.SHORT)
    decisions = line.decide(4, chunks=False)
    assert [rules(d) for d in decisions] == [["image.short.unplaced"]] * 4


def test_padded_lines_are_judged_as_they_are(bench):
    line = bench()
    line.camera.lay_out(line_padding_bytes=8)
    assert [d.verdict.value for d in line.decide(4)] == ["accept"] * 4


def test_what_a_producer_contradicts_itself_about_is_uninspected(bench):
    line = bench()
    line.camera.announce(BufferInfo.XPADDING, 8)
    assert [rules(d) for d in line.decide(4)] == [["lost.incomplete"]] * 4
