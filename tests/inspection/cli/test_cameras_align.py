"""`inspection cameras align` as a program: on simulated cameras, on real GenTL, and broken off."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from camera.settings import TriggerSettings
from camera.simulated.simulated_camera import SimulatedCamera
from camera.sources import open_source
from camera.web import CameraPlace, Material, PlantingRate, View, WebSettings
from inspection.station.settings import load_settings
from tests.support.patience import PATIENCE_S

pytestmark = [pytest.mark.process, pytest.mark.slow]

WEB = WebSettings(material=Material.SEPARATOR, severity=PlantingRate.DENSE, seed=11, width_px=1024)
TRUTH = CameraPlace(view=View.BACK_LIGHT, width_px=1000, across_mm=0.7, along_mm=41.3, rotation_mrad=-1.0, seed=77)
PLACES = """
[places.cam0]
light = "bright-field"

[places.cam1]  # above the winder
light = "back-light"
along_mm = 40.0
"""
TOLD = """
[[cameras]]
kind = "simulated"
name = "{name}"
lines = 1024
line_rate_hz = {rate}
web = {{ material = "separator", severity = "dense", seed = 11, width_px = 1024 }}
place = {{ {place} }}
"""
ANSWERS = {"yes": "y\n", "no": "n\n"}


def simulated(folder: Path, rate: int = 50_000) -> Path:
    """A station of two simulated cameras without GenICam."""
    config = folder / "station.toml"
    there = 'view = "back-light", width_px = 1000, across_mm = 0.7, along_mm = 41.3, rotation_mrad = -1.0, seed = 77'
    cameras = [
        TOLD.format(name=name, rate=rate, place=place)
        for name, place in (("cam0", 'view = "bright-field", width_px = 1000'), ("cam1", there))
    ]
    config.write_text('recipe = "separator"  # in two lights\n' + "".join(cameras) + PLACES)
    return config


def command(*arguments: object) -> list[str]:
    code = "from inspection.cli import main; main()"
    return [sys.executable, "-c", code, "cameras", "align", *map(str, arguments)]


def is_found(config: Path) -> bool:
    """Within 0.1 mm of the truth over the whole width."""
    place = load_settings(config).places["cam1"]
    return all(
        abs(place.across_mm + place.scale * x - TRUTH.across_at(x)) < 0.1
        and abs(place.along_mm + place.rotation_mrad * place.scale * x / 1000.0 - (41.3 - 0.001 * x)) < 0.1
        for x in (0.0, 50.0)
    )


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_it_asks_before_it_writes(tmp_path, answer):
    config = simulated(tmp_path)
    before = config.read_text()
    done = subprocess.run(
        command("--config", config, "--frames", 22), input=ANSWERS[answer], capture_output=True, text=True,
        timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "40.000 -> 41.3" in done.stdout
    assert (config.read_text() == before) is (answer == "no")
    assert is_found(config) is (answer == "yes")
    assert os.listdir(tmp_path) == ["station.toml"]


def test_what_can_not_be_found_is_exit_code_1_and_changes_nothing(tmp_path):
    config = simulated(tmp_path)
    before = config.read_text()
    done = subprocess.run(
        command("--config", config, "--frames", 4, "--along-mm", 0.5, "--yes"), capture_output=True, text=True,
        timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "Camera cam1, measured by cam0" in done.stderr
    assert "Nothing was written." in done.stderr
    assert config.read_text() == before


def test_broken_off_by_ctrl_c_it_has_changed_nothing(tmp_path):
    config = simulated(tmp_path, rate=100)
    before = config.read_text()
    running = subprocess.Popen(command("--config", config, "--yes"), stderr=subprocess.PIPE, text=True)
    try:
        assert running.stderr is not None
        assert "Ctrl-C changes nothing" in running.stderr.readline()
        running.send_signal(signal.SIGINT)
        assert running.wait(PATIENCE_S) == 130
    finally:
        running.kill()
        running.communicate()
    assert config.read_text() == before
    assert os.listdir(tmp_path) == ["station.toml"]


@pytest.fixture
def gentl(tmp_path):
    """A station's settings for two GenTL devices that see one web, and the rig."""
    places = (CameraPlace(view=View.BRIGHT_FIELD, width_px=1000), TRUTH)
    with SimulatedCamera(WEB, lines=1024, line_rate_hz=8000, places=places) as rig:
        told = ""
        for device in range(2):
            settings = rig.settings(device, trigger=TriggerSettings(), width_px=1000)
            told += (
                f'\n[[cameras]]\nkind = "gentl"\nname = "cam{device}"\nproducer = "{settings.producer}"\n'
                f'device = {{ serial_number = "{settings.device.serial_number}" }}\n'
                f"pixel_pitch_x_um = 50.0\npixel_pitch_y_um = 50.0\nwidth_px = 1000\ntrigger = {{}}\n"
            )
        config = tmp_path / "station.toml"
        config.write_text('recipe = "separator"\n' + told + PLACES)
        yield config


def test_gentl_cameras_are_measured_and_one_that_is_in_use_is_named(gentl):
    done = subprocess.run(
        command("--config", gentl, "--frames", 22, "--yes"), capture_output=True, text=True, timeout=PATIENCE_S,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert is_found(gentl)
    written = gentl.read_text()
    source = open_source(load_settings(gentl).cameras[1])
    source.start()
    try:
        refused = subprocess.run(
            command("--config", gentl, "--yes"), capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
    finally:
        source.stop()
    assert refused.returncode == 2, refused.stderr
    assert "is another program using it" in refused.stderr
    assert gentl.read_text() == written
