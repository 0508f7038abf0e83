"""The command line, run as a user runs it: what it prints, and the exit codes that it documents."""

import csv
import json
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import genicam
import numpy as np
import pytest

from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.process

PROJECT = Path(__file__).resolve().parents[3]
SAMPLES = PROJECT / "sample_images"
VIKY = Path(genicam.__file__).parent / "viky.cti"


def inspection(*arguments: object, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from inspection.cli import main; main()", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=PATIENCE_S, cwd=folder or PROJECT, check=False
    )


def json_lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def test_every_command_explains_itself():
    for command in (
        "run",
        "demo",
        "check",
        "bench",
        "doctor",
        "cameras",
        "cameras align",
        "models list",
        "models activate",
        "models rollback",
        "models history",
        "recipes check",
        "reference record",
    ):
        done = inspection(*command.split(), "--help")
        assert done.returncode == 0, done.stderr
        assert "Usage:" in done.stdout


def test_check_judges_the_sample_images_as_their_truth_says():
    done = inspection("check", SAMPLES, "--json")
    assert done.returncode == 1, done.stderr  # some are rejects
    results = {result["image"]: result for result in json_lines(done.stdout)}
    with (SAMPLES / "truth.csv").open(newline="") as file:
        truth = list(csv.DictReader(file))
    assert len(truth) >= 16
    assert results.keys() == {row["image"] for row in truth}
    wrong = {row["image"] for row in truth if results[row["image"]]["verdict"] != row["verdict"]}
    assert wrong == set()


def test_check_draws_overlays_and_accepts_good_web_with_exit_code_0(tmp_path: Path):
    good = sorted(SAMPLES.glob("*good*.png"))
    done = inspection("check", *good, "--overlays", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    for image in good:
        assert cv2.imread(str(tmp_path / image.name), cv2.IMREAD_UNCHANGED).ndim == 3


def test_check_says_which_image_is_damaged_and_judges_the_others(tmp_path: Path):
    recipe = PROJECT / "inspection/recipe/shipped/anode.toml"
    good = next(SAMPLES.glob("anode*good*.png"))
    (tmp_path / "cut.png").write_bytes(good.read_bytes()[:5000])
    (tmp_path / "good.png").write_bytes(good.read_bytes())
    cv2.imwrite(str(tmp_path / "colour.png"), np.zeros((64, 64, 3), np.uint8))
    done = inspection("check", tmp_path, "--recipe", recipe, "--json")
    assert done.returncode == 2
    results = {result["image"]: result for result in json_lines(done.stdout)}
    assert results["good.png"]["verdict"] == "accept"
    assert results["cut.png"]["verdict"] == results["colour.png"]["verdict"] == "uninspected"
    assert "cut.png: is truncated" in results["cut.png"]["reasons"][0]["sentence"]


def test_check_without_recipe_or_truth_asks_for_one(tmp_path: Path):
    image = tmp_path / "web.png"
    cv2.imwrite(str(image), np.full((64, 64), 90, np.uint8))
    done = inspection("check", image)
    assert done.returncode == 2
    assert "Add --recipe FILE" in done.stderr


def test_recipes_check_names_the_faulty_key(tmp_path: Path):
    text = (PROJECT / "inspection/recipe/shipped/anode.toml").read_text()
    (tmp_path / "typo.toml").write_text(text.replace("deadline_ms", "dead_line_ms"))
    done = inspection("recipes", "check", PROJECT / "inspection/recipe/shipped/anode.toml", tmp_path / "typo.toml")
    assert done.returncode == 1
    assert "dead_line_ms: no such key" in done.stderr
    assert "ok" in done.stdout


def test_cameras_lists_a_foreign_producers_devices():
    done = inspection("cameras", VIKY, "--json")
    assert done.returncode == 0, done.stderr
    devices = json_lines(done.stdout)
    assert len(devices) == 3
    assert {device["model"] for device in devices} == {"Viky"}


def test_cameras_reports_a_damaged_producer(tmp_path: Path):
    (tmp_path / "broken.cti").write_text("not a library")
    done = inspection("cameras", tmp_path / "broken.cti")
    assert done.returncode == 1
    assert "broken.cti" in done.stderr


def test_models_verify_refuses_an_altered_file(tmp_path: Path):
    assert inspection("models", "verify").returncode == 0
    shipped = next((PROJECT / "models").glob("electrode-*"))
    altered = tmp_path / shipped.name
    altered.mkdir()
    (altered / "card.json").write_bytes((shipped / "card.json").read_bytes())
    (altered / "model.onnx").write_bytes((shipped / "model.onnx").read_bytes() + b" ")
    done = inspection("models", "verify", "--models-dir", tmp_path)
    assert done.returncode == 1
    assert "altered or damaged" in done.stderr


def test_doctor_reports_every_model_and_recipe():
    findings = {finding["subject"]: finding for finding in json_lines(inspection("doctor", "--json").stdout)}
    assert findings["Python"]["state"] == "ok"
    assert findings["recipe anode"]["state"] == "ok"
    assert sum(subject.startswith("model ") for subject in findings) >= 2


def test_doctor_tells_what_to_do_without_models(tmp_path: Path):
    done = inspection("doctor", "--models-dir", tmp_path, "--json")
    assert done.returncode == 1
    finding = next(f for f in json_lines(done.stdout) if f["subject"] == "models")
    assert finding["state"] == "fault"
    assert finding["do"]


def test_run_refuses_settings_that_it_does_not_know(tmp_path: Path):
    config = tmp_path / "station.toml"
    config.write_text('recipe = "anode"\nspeed = 3\n[[cameras]]\nkind = "simulated"\n')
    done = inspection("run", "--config", config)
    assert done.returncode == 2
    assert "speed: no such key" in done.stderr


def test_run_inspects_a_folder_to_its_end(tmp_path: Path):
    config = tmp_path / "station.toml"
    folder = tmp_path / "frames"
    folder.mkdir()
    for number, name in enumerate(["good-1", "good-2"]):
        content = (SAMPLES / f"anode-bright-field-{name}.png").read_bytes()
        (folder / f"{number}.png").write_bytes(content)
    config.write_text(
        f'recipe = "anode"\nmodels_dir = "{PROJECT / "models"}"\n[api]\nport = 0\n'
        '[[cameras]]\nkind = "replay"\nfolder = "frames"\npixel_pitch_um = 50\n'
    )
    done = inspection("run", "--config", config, "--log-format", "json")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "state" / "store.db").exists()
    records = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    summary = [record for record in records if record["event"] == "decisions"]
    assert sum(record["accept"] for record in summary) == 2


def test_a_hangup_does_not_end_the_station(tmp_path: Path):
    config = tmp_path / "station.toml"
    config.write_text(
        f'recipe = "anode"\nmodels_dir = "{PROJECT / "models"}"\ndeadline_ms = 60000\n[api]\nport = 0\n'
        '[[cameras]]\nkind = "simulated"\nlines = 64\nline_rate_hz = 640.0\nweb = { width_px = 256 }\n'
    )
    program = [sys.executable, "-m", "inspection.cli", "run", "--config", str(config), "--log-format", "json"]
    with subprocess.Popen(program, stderr=subprocess.PIPE, text=True) as station:
        assert station.stderr is not None
        next(line for line in station.stderr if "API on" in line)
        station.send_signal(signal.SIGHUP)
        told = next(line for line in station.stderr if "SIGHUP" in line)
        assert json.loads(told)["level"] == "warning"
        next(line for line in station.stderr if '"event": "decisions"' in line)  # the next summary: it goes on
        assert station.poll() is None
        station.send_signal(signal.SIGTERM)
        station.stderr.read()
    assert station.returncode == 0


def test_a_port_in_use_is_one_clear_message(tmp_path: Path):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        config = tmp_path / "station.toml"
        config.write_text(
            f'recipe = "anode"\nmodels_dir = "{PROJECT / "models"}"\n[api]\nport = {port}\n'
            '[[cameras]]\nkind = "simulated"\n'
        )
        done = inspection("run", "--config", config)
    assert done.returncode == 2
    assert str(port) in done.stderr
    assert "Traceback" not in done.stderr


def test_references_are_recorded_and_flatten_the_shading(tmp_path: Path):
    config = tmp_path / "station.toml"
    config.write_text(
        'recipe = "anode"\n[[cameras]]\nkind = "simulated"\nlines = 256\n'
        '[cameras.web]\nwidth_px = 512\nflat_field = "none"\n'
    )
    done = inspection("reference", "record", "--config", config, "--out", tmp_path / "cam0.npz", "--yes")
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "cam0.npz") as references:
        signal = references["white_dn"] - references["dark_dn"]
    assert signal.shape == (512,)
    assert signal.std() / signal.mean() > 0.01  # vignetting and ripple are in it
