"""Frames of several cameras over one web, drawn, and a runner that decides them."""

import time
from datetime import UTC, datetime

import numpy as np

from camera.frame import Frame, FrameId, LossReason, LostFrame
from inspection.pipeline import Pipeline
from inspection.recipe.recipe import Recipe, default_recipe
from inspection.recipe.views import View
from inspection.station.recorder import Recorder
from inspection.station.runner import Runner
from inspection.station.webs import WebPlan
from inspection.values import Cut, Light, Side
from tests.support.patience import PATIENCE_S
from tests.support.rig import HEIGHT, LENGTH_MM, PITCH_UM, WIDTH, ScriptedSource

WIDTH_MM = WIDTH * PITCH_UM / 1000.0


def two_sides(**changes) -> Recipe:
    """The anode's recipe, looked at from above and from below."""
    recipe = default_recipe("anode", "bright-field")
    views = {
        "top": View(light=Light.BRIGHT_FIELD, model=recipe.model, image=recipe.image),
        "bottom": View(light=Light.BRIGHT_FIELD, side=Side.BOTTOM, model=recipe.model, image=recipe.image),
    }
    return recipe.model_copy(update={"views": views} | changes)


def shown(camera: str, number: int, *, start_mm: float | None = None, spots=(), seed: int = 0) -> Frame:
    """A grey block with its own noise, and pinholes of 1 mm at (row, column)."""
    pixels = np.random.default_rng([number, len(camera), ord(camera[-1]), seed]).integers(
        70, 90, (HEIGHT, WIDTH), np.uint8
    )
    for row, column in spots:
        pixels[max(0, row) : row + 20, max(0, column) : column + 20] = 230
    start = number * LENGTH_MM if start_mm is None else start_mm
    return Frame(
        FrameId(camera, 1, number), pixels, 8, PITCH_UM, PITCH_UM, start, 20.0, datetime.now(UTC), time.monotonic_ns()
    )  # fmt: skip


def lost(camera: str, number: int, *, is_placed: bool = True) -> LostFrame:
    place = number * LENGTH_MM if is_placed else None
    return LostFrame(
        FrameId(camera, 1, number), LossReason.DROPPED, "it went missing", place, datetime.now(UTC), time.monotonic_ns()
    )


def decided(
    store,
    model,
    recipe,
    readings,
    places,
    *,
    cut=Cut.BLOCK,
    deadline_ms=60_000.0,
    sheet=None,
    triggers=None,
    names=None,
):
    """All decisions about the readings of each camera, the leading one first."""
    published = []
    cameras = [
        (ScriptedSource(several, camera=camera), Pipeline(recipe, model, place=places[camera], names=names))
        for camera, several in readings.items()
    ]
    plan = WebPlan(tuple(readings), cut, 60.0, share_encoder=False, joint_mm=2.0, sheet=sheet)
    runner = Runner(
        cameras,
        Recorder(store),
        sinks=[lambda publications: published.extend(publications)],
        deadline_ms=deadline_ms,
        triggers=triggers,
        webs=[plan],
    )
    runner.start()
    assert runner.wait(PATIENCE_S)
    runner.stop()
    return published
