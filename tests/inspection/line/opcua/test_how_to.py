"""What docs/how-to/connect-opcua.md shows is run as it stands."""

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from typer.testing import CliRunner

from inspection.cli import app
from inspection.line.opcua.certificates import Certificates
from inspection.line.opcua.content import LAYOUT_PLACES
from inspection.line.opcua.methods import ERRORS
from inspection.line.refusal import REFUSALS
from inspection.station.door_settings import OpcUaSettings
from inspection.station.settings import load_settings
from tests.support.opcua_plant import a_plant
from tests.support.patience import PATIENCE_S

HOW_TO = (Path(__file__).parents[4] / "docs/how-to/connect-opcua.md").read_text()


def shown(language):
    found = re.findall(rf"^ *```{language}\n(.*?)^ *```", HOW_TO, re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(each) for each in found]


def test_the_settings_and_commands_make_a_door_with_a_certificate_and_a_key(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (toml,), (commands,) = shown("toml"), shown("sh")
    Path("station.toml").write_text(toml)
    told = load_settings(Path("station.toml")).doors["plc"]
    assert isinstance(told, OpcUaSettings)
    for command in commands.splitlines():
        done = CliRunner().invoke(app, command.split()[1:], catch_exceptions=False)
        assert done.exit_code == 0, done.output
    assert Certificates(tmp_path / "state" / "doors" / "plc").has_own()


@pytest.mark.process
def test_the_lines_program_rejects_and_passes_as_the_station_decides(folder, tmp_path):
    (program,) = shown("python")
    path = tmp_path / "line.py"
    path.write_text(program)
    with a_plant(folder, tmp_path / "state") as (station, door):
        recipe = station.status().recipe
        told = [sys.executable, path, door.address, f"{recipe.name}-{recipe.version}", "3"]
        done = subprocess.run(told, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        prepared, *results = done.stdout.splitlines()
        assert prepared == f"prepared {recipe.name}-{recipe.version} {recipe.sha256}"
        assert len(results) == 3
        for line in results:
            sequence, action = line.split()
            decision = station.feed.decision(int(sequence))
            assert (action == "pass") == (decision.verdict == "accept")
        assert door.state.acknowledged == int(results[-1].split()[0])


def test_the_places_that_the_how_to_names_are_the_layouts():
    names = [place.name for place in LAYOUT_PLACES]
    assert [names[place] for place in (1, 3, 14, 16)] == ["Sequence", "ResultEvaluation", "StartMm", "StartCounts"]


def test_each_refusal_of_the_station_has_a_number_of_its_own():
    assert set(ERRORS) == set(REFUSALS)
    assert len(set(ERRORS.values())) == len(ERRORS)
    assert max(ERRORS.values()) < 0
