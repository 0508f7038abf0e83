"""Measuring where a station's cameras look, and writing it into its settings."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from camera.web import CameraPlace
from inspection.errors import RegistrationError, SettingsError
from inspection.station.aligning import Alignment, align, measured_now, read_settings, with_places, write_places
from inspection.station.places import PlaceSettings
from inspection.station.settings import load_settings
from inspection.station.sole_station import SoleStation
from inspection.values import Light
from inspection.vision.registration.fit import Search

WAY_MM = 61.3
TRUTH = CameraPlace(view="back-light", width_px=1000, across_mm=0.7, along_mm=WAY_MM, rotation_mrad=1.5, seed=77)
SETTINGS = f"""\
# our line
name = "line 3"
recipe = "separator"   # in two lights

[[cameras]]
kind = "simulated"
name = "cam0"
lines = 1024
line_rate_hz = 50_000
web = {{ material = "separator", severity = "dense", seed = 11, width_px = 1024 }}
place = {{ view = "bright-field", width_px = 1000 }}

[[cameras]]
kind = "simulated"
name = "cam1"
lines = 1024
line_rate_hz = 50_000
web = {{ material = "separator", severity = "dense", seed = 11, width_px = 1024 }}
place = {{ view = "back-light", width_px = 1000, across_mm = 0.7, along_mm = {WAY_MM}, rotation_mrad = 1.5, seed = 77 }}

[places.cam0]
light = "bright-field"

[places.cam1]  # above the winder
light = "back-light"
along_mm = 60.0  # by tape measure

# where programs ask
[api]
port = 0
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "station.toml"
    path.write_text(SETTINGS)
    return path


def measured(config: Path, *, frames: int = 22, search: Search | None = None, **named) -> list[Alignment]:
    return align(load_settings(config), frames=frames, search=search or Search(), timeout_s=300.0, **named)


@pytest.mark.slow
def test_a_camera_at_a_later_roller_is_measured_and_the_settings_keep_their_comments(config):
    settings, text = read_settings(config)
    (found,) = align(settings, frames=22, search=Search(), timeout_s=300.0)
    assert (found.camera, found.against, found.told.along_mm) == ("cam1", "cam0", 60.0)
    write_places(config, text, measured_now([found]))
    place = load_settings(config).places["cam1"]
    for x_mm in (0.0, 50.0):
        across_mm = place.across_mm + place.scale * x_mm
        assert across_mm == pytest.approx(TRUTH.across_at(x_mm), abs=0.1)
        late_mm = place.along_mm + place.rotation_mrad / 1000.0 * place.scale * x_mm
        assert late_mm == pytest.approx(WAY_MM + 0.0015 * x_mm, abs=0.1)
    assert place.residual_mm is not None
    assert place.residual_mm < 0.15
    assert place.aligned_utc is not None
    assert (datetime.now(UTC) - place.aligned_utc).total_seconds() < 600.0
    assert place.light is Light.BACK_LIGHT

    lines = config.read_text().splitlines()
    kept = [line for line in SETTINGS.splitlines() if "by tape measure" not in line]
    assert [line for line in lines if line in kept] == kept
    assert any(line.startswith("along_mm = 61.") and line.endswith("# by tape measure") for line in lines)
    new = lines.index('light = "back-light"')
    assert lines[new + 1 : lines.index("# where programs ask") - 1] == [
        line for line in lines if line.partition(" = ")[0] in (
            "across_mm", "along_mm", "is_mirrored", "scale", "rotation_mrad", "residual_mm", "aligned_utc")
    ]  # fmt: skip


def four_in_a_row() -> tuple[list[CameraPlace], str]:
    """Cameras side by side, of which each shares web with its neighbours alone; told to 0.4 mm."""
    web = '{ severity = "dense", seed = 12, width_px = 1416 }'
    offs = ((0.0, 0.0), (0.31, 0.22), (-0.18, -0.27), (0.25, 0.35))
    places = [
        CameraPlace(width_px=540, across_mm=14.4 * number + across, along_mm=0.4 + along, seed=90 + number)
        for number, (across, along) in enumerate(offs)
    ]
    text = 'recipe = "anode"\n'
    for number, place in enumerate(places):
        told = f"across_mm = {place.across_mm}, along_mm = {place.along_mm}, seed = {place.seed}"
        text += f'[[cameras]]\nkind = "simulated"\nname = "cam{number}"\nlines = 1024\nline_rate_hz = 50_000\n'
        text += f"web = {web}\nplace = {{ width_px = 540, {told} }}\n"
    for number in range(4):
        text += f'[places.cam{number}]\nlight = "bright-field"\nacross_mm = {14.4 * number:.1f}\nalong_mm = 0.4\n'
    return places, text


@pytest.mark.slow
def test_of_four_in_a_row_each_is_measured_by_its_neighbour_and_no_error_adds_up(tmp_path):
    truth, text = four_in_a_row()
    config = tmp_path / "station.toml"
    config.write_text(text)
    found = measured(config, frames=20, search=Search(1.0, 1.0))
    assert [(each.camera, each.against) for each in found] == [("cam1", "cam0"), ("cam2", "cam1"), ("cam3", "cam2")]
    for each, place in zip(found, truth[1:], strict=True):
        for x_mm in (0.0, 27.0):
            told = each.measured.placement
            assert told.cd_mm(x_mm) == pytest.approx(place.across_at(x_mm), abs=0.1)
            assert -told.md_mm(0.0, x_mm) == pytest.approx(place.along_mm, abs=0.1)


@pytest.mark.slow
def test_a_camera_that_looks_elsewhere_than_it_is_looked_for_is_refused_by_its_name(config):
    with pytest.raises(RegistrationError, match=r"Camera cam1, measured by cam0: .*--along-mm"):
        measured(config, frames=6, search=Search(0.3, 5.0))


def test_while_the_station_runs_it_is_refused(config):
    with SoleStation(load_settings(config).state_dir), pytest.raises(SettingsError, match="The station runs"):
        measured(config)
    assert not (config.parent / "state").exists() or os.listdir(config.parent / "state") == ["station.lock"]


@pytest.mark.parametrize(
    ("changes", "chosen", "words"),
    [
        ({}, ("cam7",), "No camera is named cam7"),
        ({}, ("cam0",), "Camera cam0 leads"),
        ({"places": {}, "recipe": "anode"}, (), r"have no \[places\]"),
    ],
)
def test_what_can_not_be_measured_is_refused_before_a_camera_is_opened(config, changes, chosen, words):
    settings = load_settings(config).model_copy(update=changes)
    with pytest.raises(SettingsError, match=words):
        align(settings, chosen=chosen, frames=4, search=Search(), timeout_s=5.0)


def test_web_that_does_not_come_in_time_is_refused_with_what_came(config):
    config.write_text(SETTINGS.replace("50_000", "200"))
    with pytest.raises(RegistrationError, match=r"Not enough web passed within 0.5 s: cam0 gave 0 frames.*--timeout"):
        align(load_settings(config), frames=22, search=Search(), timeout_s=0.5)


NEW = {"cam1": PlaceSettings(light="back-light", across_mm=0.71, along_mm=61.31, residual_mm=0.02)}


def test_settings_that_were_changed_meanwhile_are_left_alone(config):
    changed = SETTINGS.replace("line 3", "line 4")
    config.write_text(changed)
    with pytest.raises(SettingsError, match="were changed while the cameras were measured"):
        write_places(config, SETTINGS, NEW)
    assert config.read_text() == changed


def test_settings_that_can_not_be_written_are_as_before_and_nothing_is_left(config):
    in_the_way = config.with_name(".station.toml.part")
    in_the_way.mkdir()
    with pytest.raises(SettingsError, match="can't be written"):
        write_places(config, SETTINGS, NEW)
    in_the_way.rmdir()
    assert os.listdir(config.parent) == ["station.toml"]
    assert config.read_text() == SETTINGS


def test_the_files_mode_stays_and_a_link_to_it_too(config):
    config.chmod(0o640)
    link = config.with_name("link.toml")
    link.symlink_to(config)
    write_places(link, SETTINGS, NEW)
    assert link.is_symlink()
    assert config.stat().st_mode & 0o777 == 0o640
    assert load_settings(config).places["cam1"].across_mm == 0.71


@pytest.mark.parametrize(
    "text",
    [
        'places = { "cam 1" = { light = "back-light", along_mm = 1.0 } }\n',
        '[places."cam 1"]\nlight = "back-light"\n',
        '[places]\n"cam 1".light = "back-light"\n',
    ],
)
def test_places_are_written_however_they_were_told(text):
    place = PlaceSettings(light="back-light", across_mm=0.7)
    assert "across_mm = 0.7" in with_places(text, {"cam 1": place})
