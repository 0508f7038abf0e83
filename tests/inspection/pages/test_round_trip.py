"""The round trip: what a station rejected and people reviewed becomes a model that the models page offers."""

import json
import subprocess
import sys

import pytest
from playwright.sync_api import expect
from typer.testing import CliRunner

from inspection.cli import app as inspection_app
from tests.inspection.pages.plant import PROJECT, staff, start_pages
from tests.inspection.pages.test_browser import log_in
from tests.support.patience import PATIENCE_S
from training.cli import app as training_app

pytestmark = pytest.mark.process

FRAMES, ROLLS, MOST_DEMOS = 20, 2, 5
"""Each run of the demo is a roll; one is to learn from, one to choose thresholds on. On a busy machine a run may be too
late for every one of its rejects: then comes another."""


def run(app, *words):
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 0, (words, done.output, done.exception)
    return done.stdout


def demo(folder, seed):
    options = ["--frames", FRAMES, "--seed", seed, "--severity", "dense", "--port", 0, "--no-pages"]
    command = [sys.executable, "-m", "inspection.cli", "demo", *options, "--state-dir", folder / "state"]
    subprocess.run([str(word) for word in command], cwd=PROJECT, check=True, timeout=PATIENCE_S, capture_output=True)


def cases_of(roll, place):
    _, *cases = run(inspection_app, "reviews", "queue", "--roll", roll, "--count", 100, "--json", *place).splitlines()
    return [json.loads(case) for case in cases]


def test_reviewed_rejects_become_a_model_on_the_models_page(tmp_path, chromium, screenshots):
    state, models = tmp_path / "state", tmp_path / "models"
    place = ("--state-dir", state, "--who", "ann")
    rolls = 0
    for seed in range(MOST_DEMOS):
        demo(tmp_path, seed)
        rolls += any(case["verdict"] == "reject" for case in cases_of(f"run {seed + 1}", place))
        if rolls == ROLLS:
            break
    rejects = [
        case["sequence"]
        for number in range(seed + 1)
        for case in cases_of(f"run {number + 1}", place)
        if case["verdict"] == "reject"
    ]
    for sequence in rejects:
        run(inspection_app, "reviews", "record", sequence, "confirmed", *place)
    run(inspection_app, "datasets", "freeze", "rejects", *place)
    data = state / "datasets" / "rejects-1"
    truth = json.loads((data / "truth.json").read_text())
    assert {image["sequence"] for image in truth["images"]} == set(rejects)
    assert len({image["roll"] for image in truth["images"]}) == ROLLS

    run(training_app, "fit", "--data", data, "--mode", "supervised", "--steps", 4, "--out", tmp_path / "run")
    where = ("--web", "anode", "--view", "bright-field", "--pitch-um", 45, 55)
    run(training_app, "export", tmp_path / "run", "--out", models / "rejects-1.0.0", *where)
    run(training_app, "evaluate", models / "rejects-1.0.0", data, "--report", models / "rejects-1.0.0" / "report.html")
    assert json.loads((models / "rejects-1.0.0" / "report.json").read_text())["escapes"]["total"] > 0

    staff(state)
    pages = start_pages(state, "--models-dir", str(models))
    try:
        with chromium.new_context() as window_context:
            window = window_context.new_page()
            log_in(window, pages.address, "the-engineer")
            window.goto(f"{pages.address}/models")
            expect(window.get_by_text("rejects", exact=False).first).to_be_visible()
            expect(window.get_by_text("1.0.0", exact=False).first).to_be_visible()
            window.screenshot(path=screenshots / "round-trip-models.png", full_page=True)
            with window.expect_download() as download:
                window.get_by_role("button", name="Report").click()
            assert download.value.suggested_filename == "rejects-1.0.0-report.html"
            assert "misses" in download.value.path().read_text()
    finally:
        pages.stop()
