"""Another recipe while several cameras look at one web: each piece by the recipe that holds at its place."""

import threading
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from camera.frame import EndOfFrames, Frame
from inspection.model.shelf import Model
from inspection.pipeline import Pipeline
from inspection.recipe.recipe import Recipe
from inspection.station.recorder import Recorder
from inspection.station.runner import Runner
from inspection.station.webs import WebPlan, web_setup_sha256
from inspection.store.decisions import Store
from inspection.values import Decision, Verdict
from inspection.vision.placement import Placement
from tests.support.one_web import WIDTH_MM, shown, two_sides
from tests.support.patience import PATIENCE_S
from tests.support.rig import HEIGHT, LENGTH_MM, MODEL, PITCH_UM, ScriptedSource, write_model

FRAMES = 24
TOLD = 12
"""The piece that the change is told for."""


class OneEncoder:
    """Hands out the frames of all cameras in the order in which one web's encoder completes them."""

    def __init__(self, readings: Mapping[str, list[Frame]]) -> None:
        ends = [
            (frame.position_mm + frame.length_mm, camera, n)
            for camera, several in readings.items()
            for n, frame in enumerate(several)
        ]
        self._order = [(camera, n) for _, camera, n in sorted(ends)]
        self._shown = 0
        self._moved = threading.Condition()

    def wait_for(self, camera: str, number: int, timeout_s: float) -> bool:
        with self._moved:
            return self._moved.wait_for(lambda: self._order[self._shown] == (camera, number), timeout_s)

    def move_on(self) -> None:
        with self._moved:
            self._shown += 1
            self._moved.notify_all()


class OnEncoder(ScriptedSource):
    """A camera whose frames come as the web does; the next camera's one comes when this one has been taken in."""

    def __init__(self, frames: list[Frame], camera: str, encoder: OneEncoder) -> None:
        super().__init__(frames, camera=camera)
        self._camera_name, self._encoder, self._number, self._count = camera, encoder, 0, len(frames)
        self._has_turn = False

    def read(self, timeout_s: float):
        if self._has_turn:  # it is back for the next one: the last one is in hand
            self._has_turn = False
            self._encoder.move_on()
        if self._number == self._count:
            return EndOfFrames("all web was shown")
        if not self._encoder.wait_for(self._camera_name, self._number, timeout_s):
            return None
        self._has_turn = True
        self._number += 1
        return super().read(timeout_s)


def limits(most_mm: float) -> Recipe:
    """Both views, and spots of 1 mm within limits or not."""
    recipe = two_sides()
    kinds = {
        kind: limit.model_copy(
            update={
                "reject_above": tuple(
                    each.model_copy(update={"diameter_mm": most_mm}) for each in limit.reject_above[:1]
                ),
                "count": (),
            }
        )
        for kind, limit in recipe.limits.items()
    }
    return recipe.model_copy(update={"limits": kinds, "version": str(most_mm), "sha256": f"{most_mm:064.1f}"})


def spotted(camera: str, place: Placement, start_mm: float, length_px: int, seed: int) -> list[Frame]:
    """Frames of the other camera: a spot in the middle of each piece of the leading one."""
    frames = []
    length_mm = length_px * PITCH_UM / 1000.0
    count = int(np.ceil((FRAMES * LENGTH_MM + place.along_mm - start_mm) / length_mm)) + 1
    for number in range(count):
        frame_mm = start_mm + number * length_mm
        pixels = np.random.default_rng([seed, number]).integers(70, 90, (length_px, 128), np.uint8)
        for piece in range(FRAMES + 2):
            top = round((piece * LENGTH_MM + place.along_mm - start_mm) * 1000.0 / PITCH_UM)
            # Where no border of this camera's frames cuts it, in the piece's middle if there is a choice.
            clear = [
                top + row
                for row in sorted(range(4, HEIGHT - 24), key=lambda row: abs(row - 22))
                if 4 <= (top + row) % length_px <= length_px - 24
            ]
            if clear and clear[0] // length_px == number:
                row = clear[0] % length_px
                pixels[row : row + 20, 50:70] += 150
        frames.append(replace(shown(camera, number + 1), pixels=pixels, position_mm=frame_mm))
    return frames


def changed(
    folder, before: Recipe, after: Recipe, place: Placement, *, start_mm: float, length_px: int, seed: int, told: int
) -> tuple[list[Decision], str, str]:
    """All decisions, with the change told for a number before the web runs."""
    model = Model.load(write_model(folder / "electrode-0.1"))
    store = Store.in_file(folder / "store.db")
    store.begin_run("test", "0", before.artefact, MODEL)
    places = {"cam0": Placement("top"), "cam1": place}
    leading = [replace(shown("cam0", n + 1), position_mm=n * LENGTH_MM) for n in range(FRAMES)]
    readings = {"cam0": leading, "cam1": spotted("cam1", place, start_mm, length_px, seed)}
    encoder = OneEncoder(readings)
    old, new = (
        {camera: Pipeline(recipe, model, place=places[camera]) for camera in readings} for recipe in (before, after)
    )
    published = []
    runner = Runner(
        [(OnEncoder(several, camera, encoder), old[camera]) for camera, several in readings.items()],
        Recorder(store),
        sinks=[lambda publications: published.extend(publications)],
        deadline_ms=60_000.0,
        webs=[WebPlan(("cam0", "cam1"), longest_wait_s=60.0, ways_mm={"cam1": place.along_mm}, joint_mm=2.0)],
    )
    runner.announce(new, told)
    runner.settle()
    runner.start()
    assert runner.wait(PATIENCE_S)
    runner.stop()
    hashes = (
        web_setup_sha256({camera: pipeline.setup_sha256 for camera, pipeline in each.items()}) for each in (old, new)
    )
    return [each.decision for each in published], *hashes


def check(decisions: list[Decision], before: str, after: str, told: int, *, grows_stricter: bool, most: int) -> None:
    """Each piece once and in order, by the recipe of its number, and at most so many by neither."""
    assert [d.piece.frame.number for d in decisions] == list(range(1, FRAMES + 1))
    assert [d.sequence for d in decisions] == list(range(1, FRAMES + 1))
    assert [d.setup_sha256 for d in decisions] == [before] * (told - 1) + [after] * (FRAMES + 1 - told)
    spared = [d for d in decisions if d.verdict is Verdict.UNINSPECTED]
    assert {reason.rule for d in spared for reason in d.reasons if not reason.rule.startswith("limit.")} == {
        "changeover"
    }
    assert spared[0].sequence == told
    assert len(spared) <= most, [d.sequence for d in spared]
    for decision in decisions:
        is_strict = grows_stricter is (decision.sequence >= told)
        wanted = Verdict.REJECT if is_strict else Verdict.ACCEPT
        assert decision.verdict in (wanted, Verdict.UNINSPECTED), decision.sequence


@pytest.mark.parametrize("grows_stricter", [True, False])
@pytest.mark.parametrize(
    ("along_mm", "from_mm", "length_px"),
    [
        (0.0, 0.0, HEIGHT),
        (0.0, -1.1, HEIGHT),
        (12.3, 11.0, HEIGHT),
        (5 * LENGTH_MM, 5 * LENGTH_MM, HEIGHT),
        (20.0, 17.0, 3 * HEIGHT),
        (20.0, 17.0, 40),
    ],
)
def test_a_change_over_is_at_a_place_and_costs_one_piece_however_far_the_second_roller_is(
    tmp_path, along_mm, from_mm, length_px, grows_stricter
):
    recipes = (limits(5.0), limits(0.5)) if grows_stricter else (limits(0.5), limits(5.0))
    place = Placement("bottom", along_mm=along_mm)
    told = changed(tmp_path, *recipes, place, start_mm=from_mm, length_px=length_px, seed=1, told=TOLD)
    check(*told, TOLD, grows_stricter=grows_stricter, most=1)


@pytest.mark.parametrize("from_mm", [-16.0, -17.3])
@pytest.mark.parametrize("grows_stricter", [True, False])
def test_a_camera_that_looked_before_the_leading_one_looks_again_by_the_new_recipe(tmp_path, from_mm, grows_stricter):
    """What it had shown of the web behind the change was inspected by the old one; one more piece is where both of
    its looks meet.
    """
    recipes = (limits(5.0), limits(0.5)) if grows_stricter else (limits(0.5), limits(5.0))
    place = Placement("bottom", along_mm=-5 * LENGTH_MM)
    told = changed(tmp_path, *recipes, place, start_mm=from_mm, length_px=HEIGHT, seed=2, told=TOLD)
    check(*told, TOLD, grows_stricter=grows_stricter, most=2)


def test_wherever_rollers_are_and_frames_begin_no_piece_is_judged_by_a_mixture(tmp_path):
    random = np.random.default_rng(20_261_130)
    for number in range(5):
        along_mm, length_px = float(random.uniform(-15.0, 30.0)), int(random.integers(5, 20)) * 8
        from_mm = along_mm - float(random.uniform(0.0, 1.0)) * length_px * PITCH_UM / 1000.0
        told, grows_stricter = int(random.integers(5, 20)), bool(number % 2)
        recipes = (limits(5.0), limits(0.5)) if grows_stricter else (limits(0.5), limits(5.0))
        place = Placement("bottom", across_mm=WIDTH_MM, along_mm=along_mm, is_mirrored=True)
        folder = tmp_path / str(number)
        folder.mkdir()
        found = changed(folder, *recipes, place, start_mm=from_mm, length_px=length_px, seed=number, told=told)
        check(*found, told, grows_stricter=grows_stricter, most=1 if along_mm >= 0.0 else 3)
