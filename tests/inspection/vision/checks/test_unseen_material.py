"""Silence is not good material: what nobody saw is never accepted, and what somebody saw is not refused."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from camera.frame import FrameId
from camera.web import Material, PlantingRate, SimulatedWeb, View, WebSettings
from inspection.judging.findings import Carried
from inspection.model.shelf import find_model
from inspection.pipeline import Pipeline
from inspection.recipe.recipe import default_recipe
from inspection.values import Verdict
from tests.support.drawing import frame
from tests.support.spoiling import SPOILERS, lost_packets, run_of_lines

MODELS = Path(__file__).parents[4] / "models"
LINES, WIDTH = 512, 1024
LOOKS = {
    "anode": (Material.ANODE, View.BRIGHT_FIELD),
    "cathode": (Material.CATHODE, View.BRIGHT_FIELD),
    "separator": (Material.SEPARATOR, View.BRIGHT_FIELD),
    "separator, lit from behind": (Material.SEPARATOR, View.BACK_LIGHT),
}
DIAMETER_PX = 12
"""0.6 mm: above every limit for a hole or metal."""


class Line:
    """One look: its pipeline, and clean web, the same for all tests."""

    def __init__(self, material: Material, view: View) -> None:
        recipe = default_recipe(material, view)
        self.pipeline = Pipeline(recipe, find_model(MODELS, recipe.model.name))
        web = SimulatedWeb(
            WebSettings(material=material, view=view, severity=PlantingRate.CLEAN, seed=11, width_px=WIDTH)
        )
        self.blocks = [np.asarray(web.render(number * LINES, LINES), np.uint8) for number in range(4)]
        self.carried = Carried.START
        for number, block in enumerate(self.blocks[:3], start=1):
            judgement, self.carried = self.judge(block, number)
            assert judgement.verdict is Verdict.ACCEPT, judgement.reasons
        self.good = self.blocks[3]

    def judge(self, pixels: np.ndarray, number: int = 4):
        shown = replace(
            frame(np.ascontiguousarray(pixels)), id=FrameId("cam0", 1, number), position_mm=number * LINES * 0.05
        )
        return self.pipeline.conclude(self.pipeline.inspect(shown), self.carried)

    def verdict(self, pixels: np.ndarray) -> Verdict:
        return self.judge(pixels)[0].verdict

    def with_spot(self, x: int, y: int) -> np.ndarray:
        """The good frame with a hole or a particle of 0.6 mm."""
        return np.asarray(cv2.circle(self.good.copy(), (x, y), DIAMETER_PX // 2, 20, -1), np.uint8)


@pytest.fixture(scope="module")
def lines() -> dict[str, Line]:
    return {name: Line(*look) for name, look in LOOKS.items()}


@pytest.mark.slow
@pytest.mark.parametrize("look", LOOKS)
def test_the_same_web_unspoilt_is_accepted_and_a_spot_rejected(lines, look):
    line = lines[look]
    assert line.verdict(line.good) is Verdict.ACCEPT
    assert line.verdict(line.with_spot(500, 200)) is Verdict.REJECT


def rows(first: int, end: int, filling):
    def spoil(good: np.ndarray, earlier: list[np.ndarray]) -> np.ndarray:
        spoilt = good.copy()
        spoilt[first:end] = np.clip(np.rint(filling(good, earlier)[first:end]), 0, 255)
        return spoilt

    return spoil


def box(top: int, bottom: int, left: int, right: int, grey: float | None):
    def spoil(good: np.ndarray, earlier: list[np.ndarray]) -> np.ndarray:
        spoilt = good.copy()
        spoilt[top:bottom, left:right] = np.median(good) if grey is None else grey
        return spoilt

    return spoil


def noise(sigma_dn: float):
    return lambda good, earlier: np.median(good) + np.random.default_rng(3).normal(0.0, sigma_dn, good.shape)


def one_grey(grey: float | None = None):
    return lambda good, earlier: np.full(good.shape, np.median(good) if grey is None else grey)


def packet(size: int):
    def spoil(good: np.ndarray, earlier: list[np.ndarray]) -> np.ndarray:
        flat = good.copy().reshape(-1)
        flat[200 * WIDTH + 100 : 200 * WIDTH + 100 + size] = 0
        return flat.reshape(good.shape)

    return spoil


FAULTS = {
    "three black lines": (rows(200, 203, one_grey(0.0)), "image.blind"),
    "three white lines": (rows(201, 204, one_grey(255.0)), "image.blind"),
    "three grey lines": (rows(202, 205, one_grey()), "image.blind"),
    "lower half black": (rows(256, 512, one_grey(0.0)), "image.blind"),
    "lower half white": (rows(256, 512, one_grey(255.0)), "image.blind"),
    "all but thirty lines one grey": (rows(30, 512, one_grey()), "image.blind"),
    "left half black": (box(0, 512, 0, 512, 0.0), "image.level"),
    "left half white": (box(0, 512, 0, 512, 255.0), "image.level"),
    "twenty black columns": (box(0, 512, 400, 420, 0.0), "image.blind"),
    "eight grey columns": (box(0, 512, 400, 408, None), "image.blind"),
    "a block of a JPEG": (box(200, 208, 400, 408, None), "image.blind"),
    "a small patch anywhere": (box(201, 208, 501, 508, None), "image.blind"),
    "a packet of 1400 bytes": (packet(1400), "image.blind"),
    "a packet of 9000 bytes": (packet(9000), "image.blind"),
    "a stuck line": (rows(200, 512, lambda good, _: np.repeat(good[200:201], len(good), 0)), "image.blind"),
    "a line three times": (rows(200, 203, lambda good, _: np.repeat(good[200:201], len(good), 0)), "image.blind"),
    "even lines twice": (lambda good, _: np.repeat(good[::2], 2, 0), "image.blind"),
    "odd lines twice": (lambda good, _: np.vstack([good[:1], np.repeat(good[1::2], 2, 0)])[: len(good)], "image.blind"),
    "four lines twice": (lambda good, _: np.vstack([good[:100], good[96:100], good[104:]]), "image.blind"),
    "lowest four bits stuck": (lambda good, _: good & 0xF0, "image.blind"),
    "a smooth slope": (
        rows(200, 264, lambda good, _: np.median(good) + np.mgrid[-256:256, :WIDTH][0] * 0.2),
        "image.blind",
    ),
    "lamp off for a hundred lines": (
        rows(200, 300, lambda good, _: np.abs(np.random.default_rng(5).normal(1.0, 0.6, good.shape))),
        "image.blind",
    ),
    "lamp at 40 % for a hundred lines": (rows(200, 300, lambda good, _: 0.4 * good), "image.level"),
    "a grey field with 1 DN of noise": (rows(0, 512, noise(1.0)), "image.bl"),
    "a grey field with 3 DN of noise": (rows(0, 512, noise(3.0)), "image.blurred"),
    "averaged along the machine": (rows(0, 512, lambda good, _: cv2.blur(good, (1, 81))), "image.blind"),
    "a band averaged along the machine": (rows(200, 281, lambda good, _: cv2.blur(good, (1, 81))), "image.blind"),
    "defocused afterwards": (rows(0, 512, lambda good, _: cv2.GaussianBlur(good, (0, 0), 5)), "image.blind"),
    "half of it old": (rows(256, 512, lambda good, earlier: earlier[2]), "image.frozen"),
    "four lines of two frames ago": (rows(256, 260, lambda good, earlier: earlier[1]), "image.frozen"),
    "the frame before last": (lambda good, earlier: earlier[1], "image.frozen"),
}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("fault", FAULTS)
def test_what_nobody_saw_is_uninspected_with_the_place(lines, look, fault):
    line = lines[look]
    spoil, rule = FAULTS[fault]
    judgement, _ = line.judge(spoil(line.good, line.blocks))
    assert judgement.verdict is Verdict.UNINSPECTED
    assert judgement.reasons[0].rule.startswith(rule)
    assert any(word in judgement.reasons[0].sentence for word in ("lines", "columns", "repeats frame"))


def with_noise(pixels: np.ndarray) -> np.ndarray:
    """What a sensor of 20,000 electrons adds to an image that came blurred through the lens."""
    seen = pixels.astype(np.float64)
    sigma_dn = np.sqrt(np.maximum(seen, 0.0) * 255 / 20_000 + (35 * 255 / 20_000) ** 2)
    return np.clip(np.rint(seen + np.random.default_rng(7).normal(0, 1, seen.shape) * sigma_dn), 0, 255).astype(
        np.uint8
    )


@pytest.mark.parametrize("look", LOOKS)
def test_a_web_smeared_along_the_machine_is_blurred_though_the_sensor_has_its_noise(lines, look):
    line = lines[look]
    judgement, _ = line.judge(with_noise(cv2.blur(line.good.astype(np.float32), (1, 81))))
    assert [reason.rule for reason in judgement.reasons][:1] == ["image.blurred"]


@pytest.mark.parametrize("look", ["anode", "cathode"])
@pytest.mark.parametrize("sigma_px", [4.0, 5.0])
def test_a_lens_out_of_focus_is_blurred_on_electrodes(lines, look, sigma_px):
    line = lines[look]
    judgement, _ = line.judge(with_noise(cv2.GaussianBlur(line.good.astype(np.float32), (0, 0), sigma_px)))
    assert [reason.rule for reason in judgement.reasons][:1] == ["image.blurred"]


@pytest.mark.parametrize("look", LOOKS)
def test_jpeg_images_of_high_quality_are_judged(lines, look):
    line = lines[look]
    _, packed = cv2.imencode(".jpg", line.good, [cv2.IMWRITE_JPEG_QUALITY, 95])
    assert line.verdict(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE)) is Verdict.ACCEPT


@pytest.mark.slow
@given(
    st.sampled_from(sorted(LOOKS)),
    st.sampled_from(sorted(SPOILERS)),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_spoilt_frame_is_accepted_where_it_hides_an_object(lines, look, name, seed):
    line, rng = lines[look], np.random.default_rng(seed)
    x, y = int(rng.integers(100, WIDTH - 100)), int(rng.integers(30, LINES - 30))
    spoilt, mask = SPOILERS[name](line.with_spot(x, y), line.blocks[:3], rng)
    object_mask = cv2.circle(np.zeros(mask.shape, np.uint8), (x, y), DIAMETER_PX // 2, 1, -1).astype(bool)
    if (mask & object_mask).sum() > 0.5 * object_mask.sum():
        assert line.verdict(spoilt) is not Verdict.ACCEPT


@pytest.mark.slow
@given(st.sampled_from(sorted(LOOKS)), st.sampled_from(sorted(SPOILERS)), st.integers(0, 2**32 - 1))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_spoilt_frame_is_accepted_at_all(lines, look, name, seed):
    line = lines[look]
    spoilt, mask = SPOILERS[name](line.good, line.blocks[:3], np.random.default_rng(seed))
    assert mask.any()
    assert line.verdict(spoilt) is not Verdict.ACCEPT


def test_three_lost_lines_are_seen_wherever_they_begin(lines):
    line = lines["anode"]
    for first in range(200, 216):
        spoilt = line.good.copy()
        spoilt[first : first + 3] = 90
        assert line.verdict(spoilt) is Verdict.UNINSPECTED


def test_spoilers_change_what_they_say_they_change():
    rng = np.random.default_rng(1)
    good = rng.integers(80, 99, (LINES, WIDTH), dtype=np.uint8)
    assert run_of_lines(good, rng).right == WIDTH
    spoilt, mask = lost_packets(good, [], rng)
    assert (spoilt[~mask] == good[~mask]).all()
    assert (spoilt[mask] == 0).all()
