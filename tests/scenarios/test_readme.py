"""What the README shows is true: its settings load, its commands, options and files exist."""

import re
import textwrap
from pathlib import Path

import pytest
from typer.main import get_command

from camera.settings import GenTLSettings
from camera.simulated.simulated_camera import Fault
from inspection.cli import app
from inspection.station.settings import load_settings
from training.cli import app as training_app

PROJECT = Path(__file__).resolve().parents[2]
README = (PROJECT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return [textwrap.dedent(block) for block in re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)]


def test_the_settings_of_a_real_camera_load(tmp_path: Path):
    (tmp_path / "station.toml").write_text("".join(blocks("toml")))
    settings = load_settings(tmp_path / "station.toml")
    (camera,) = settings.cameras
    assert isinstance(camera, GenTLSettings)
    assert camera.device.serial_number == "40012345"
    assert settings.recipe_path.is_file()
    assert (settings.backup.folder, settings.backup.keep) == (Path("/mnt/other-disk/slitter-2"), 7)


def test_every_inspection_command_that_is_named_exists():
    command = get_command(app)
    known = set(command.commands)
    named = set(re.findall(r"(?:`|bin/)inspection ([a-z]+)", README))
    assert {"run", "demo", "check", "bench", "doctor", "cameras", "models", "recipes", "reference"} <= named
    assert named <= known


def test_every_option_in_the_shell_blocks_exists():
    command = get_command(app)
    for line in "".join(blocks("sh")).splitlines():
        match = re.search(r"(?:scripts/|inspection )demo (.*?)(?:#|$)", line)
        if match:
            demo = command.commands["demo"]
            known = {option for parameter in demo.params for option in parameter.opts}
            assert set(re.findall(r"--[a-z-]+", match[1])) <= known, line


def test_every_training_command_and_option_that_is_shown_exists():
    known = {name: command.params for name, command in get_command(training_app).commands.items()}
    lines = [line for line in "".join(blocks("sh")).splitlines() if re.match(r"(\.venv/bin/)?training ", line)]
    assert len(lines) > 8
    for line in lines:
        words = line.split("#")[0].split()
        options = {option for parameter in known[words[1]] for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options, line


def test_the_faults_that_can_be_tried_are_all_named():
    (line,) = [line for line in README.splitlines() if "--fault unplug" in line]
    assert all(fault.value in line for fault in Fault)


@pytest.mark.parametrize("place", sorted(set(re.findall(r"\]\((?!https?:)([^)]+)\)", README))))
def test_linked_files_exist(place: str):
    assert (PROJECT / place).exists()


def test_the_scripts_that_are_named_exist():
    for name in set(re.findall(r"scripts/[a-z_-]+(?:\.py|\.txt)?", README)):
        assert (PROJECT / name).exists(), name
