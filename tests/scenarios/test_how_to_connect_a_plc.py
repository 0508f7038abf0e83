"""The gateway of docs/how-to/connect-a-plc.md, as it stands there, hears every decision once and in order."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from inspection.station.settings import load_settings
from tests.support.api_rig import FRAMES
from tests.support.station_fixtures import folder, quiet_logs, station

__all__ = ["folder", "quiet_logs", "station"]
pytestmark = pytest.mark.process
PROJECT = Path(__file__).resolve().parents[2]
HOW_TO = (PROJECT / "docs/how-to/connect-a-plc.md").read_text()


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", HOW_TO, re.DOTALL)
    assert found is not None
    return found.group(1)


def test_the_gateway_hands_on_every_decision_once_in_order_and_acknowledges_it(station, tmp_path):
    gateway = tmp_path / "gateway.py"
    gateway.write_text(block("python"))
    with subprocess.Popen(
        [sys.executable, str(gateway), station.api_url], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            told = [process.stdout.readline().split() for _ in range(FRAMES)]
        finally:
            process.kill()
    assert [int(sequence) for sequence, _, _ in told] == list(range(1, FRAMES + 1))
    for sequence, _, gate in told:
        assert (gate == "pass") == (station.feed.decision(int(sequence)).verdict == "accept")
    assert station.store.decision(FRAMES - 1).acknowledged_by is not None


def test_the_door_that_it_shows_is_a_door_of_the_settings(tmp_path):
    shown = tmp_path / "station.toml"
    shown.write_text(f'recipe = "anode"\n[[cameras]]\nkind = "simulated"\n\n{block("toml")}')
    door = load_settings(shown).doors["plc"]
    assert (door.kind, door.role.value, door.is_required) == ("modbus", "trigger", True)
