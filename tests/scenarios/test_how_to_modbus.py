"""The chapter on Modbus TCP, followed to the letter: settings, commands and program."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from textwrap import dedent
from urllib.parse import urlsplit

import pytest

from inspection.doors import make_doors
from inspection.line.modbus.layouts import LAYOUTS
from inspection.line.process_door import ProcessDoor
from inspection.station.station import Station
from tests.support.api_rig import FRAMES, settings
from tests.support.patience import PATIENCE_S
from tests.support.station_fixtures import folder, quiet_logs

__all__ = ["folder", "quiet_logs"]
pytestmark = pytest.mark.process
CHAPTER = (Path(__file__).parents[2] / "docs" / "how-to" / "connect-modbus.md").read_text()
BLOCKS = [(kind, dedent(text)) for kind, text in re.findall(r"^ *```(\w+)\n(.*?)^ *```", CHAPTER, re.M | re.S)]


def blocks(kind):
    return [text for each, text in BLOCKS if each == kind]


@pytest.mark.skipif(shutil.which("mbpoll") is None, reason="scripts/test asks for mbpoll")
def test_a_line_engineer_who_follows_the_chapter_has_a_plc_connected(folder, tmp_path):
    (door_settings,) = (tomllib.loads(text)["doors"] for text in blocks("toml"))
    assert door_settings["plc"]["port"] == 1502
    door_settings["plc"]["port"] = 0
    told = settings(folder, state_dir=tmp_path / "state", doors=door_settings)
    doors = make_doors(told)
    (door,) = (each for each in doors if isinstance(each, ProcessDoor))
    with Station(told, doors=doors) as station:
        assert station.wait(PATIENCE_S)
        port = str(urlsplit(door.address).port)
        for commands, expected in zip(blocks("sh"), blocks("text"), strict=True):
            heard = subprocess.run(
                ["bash", "-e", "-c", commands.replace("1502", port)],
                capture_output=True,
                text=True,
                timeout=PATIENCE_S,
                check=True,
            )
            lines = iter(heard.stdout.splitlines())
            for line in expected.splitlines():
                assert any(line.rstrip() == each.rstrip() for each in lines), heard.stdout
        wrong = subprocess.run(
            ["mbpoll", "-m", "tcp", "-p", port, "-0", "-t", "4", "-r", "1002", "127.0.0.1", "0", "9"],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
        assert wrong.returncode != 0
        assert "Illegal data value" in wrong.stdout + wrong.stderr
        (program,) = blocks("python")
        (tmp_path / "plc.py").write_text(program.replace("1502", port))
        printed = subprocess.run(
            [sys.executable, tmp_path / "plc.py", str(FRAMES)],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=True,
        ).stdout.splitlines()
        verdicts = {each.sequence: each.verdict.value for each in station.feed.after(0, FRAMES)}
        assert printed == [f"{number} {verdicts[number]}" for number in range(2, FRAMES + 1)]


def test_the_chapter_names_registers_that_there_are():
    names = {row.cells[1] for layout in LAYOUTS.values() for row in layout.rows()}
    told = set(re.findall(r"`([a-z]+(?:_[a-z0-9]+)+)`", CHAPTER))
    keys = {"word_order", "most_connections", "retry_s"}
    assert told - keys <= names
    assert {"result_acknowledged", "trigger_count", "heartbeat"} <= names
