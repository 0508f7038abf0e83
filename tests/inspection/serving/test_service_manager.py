"""What a station tells systemd, read from a socket as systemd has one; and the units that it is started by."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.main import get_command

from inspection.cli import app
from inspection.serving.service_manager import ServiceManager
from inspection.station.settings import load_settings
from tests.support.patience import PATIENCE_S
from tests.support.rig import write_model

pytestmark = pytest.mark.process

PROJECT = Path(__file__).resolve().parents[3]
UNITS = sorted((PROJECT / "scripts" / "systemd").glob("*.service"))
FREEZING = """
import os, sys, threading
from pathlib import Path
from inspection.cli.run import keep_running
from inspection.serving.service_manager import ServiceManager
from inspection.station.station import Station
from inspection.station.settings import load_settings

def freeze(publications):
    if Path("freeze").exists():
        threading.Event().wait()

station = Station(load_settings(Path("station.toml")), sinks=[freeze])
station.start()
keep_running(station, ServiceManager.of(os.environ), threading.Event())
"""
RUNNING = "from inspection.cli import main; main()"


class Systemd:
    """The receiving end."""

    def __init__(self, path: Path) -> None:
        self.address = str(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.address)

    def hear(self, timeout_s: float = 300.0) -> str:
        self._socket.settimeout(timeout_s)
        return self._socket.recv(4096).decode()

    def hear_until(self, beginning: str) -> list[str]:
        heard = [self.hear()]
        while not heard[-1].startswith(beginning):
            heard.append(self.hear())
        return heard

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def systemd(tmp_path):
    manager = Systemd(tmp_path / "notify")
    yield manager
    manager.close()


@contextmanager
def station(folder: Path, systemd: Systemd, code: str, *arguments: str):
    """A real one on a simulated web, in a process of its own."""
    write_model(folder / "models" / "electrode-0.1")
    (folder / "station.toml").write_text(
        'recipe = "anode"\nmodels_dir = "models"\n[api]\nport = 0\n'
        '[[cameras]]\nkind = "simulated"\nlines = 256\nline_rate_hz = 1000.0\n'
    )
    environment = {**os.environ, "NOTIFY_SOCKET": systemd.address, "WATCHDOG_USEC": "600000"}
    process = subprocess.Popen([sys.executable, "-c", code, *arguments], cwd=folder, env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_station_says_that_it_is_ready_lives_and_stops(tmp_path, systemd):
    with station(tmp_path, systemd, RUNNING, "run", "--config", "station.toml") as process:
        assert systemd.hear() == "READY=1"
        assert [systemd.hear() for _ in range(3)] == ["WATCHDOG=1"] * 3
        process.send_signal(signal.SIGTERM)
        assert set(systemd.hear_until("STOPPING=1")[:-1]) <= {"WATCHDOG=1"}
        assert process.wait(PATIENCE_S) in (0, -signal.SIGTERM), "systemd takes both for a clean end"


def test_a_frozen_publisher_ends_the_watchdogs_messages_and_the_manager_hears_why(tmp_path, systemd):
    with station(tmp_path, systemd, FREEZING):
        assert systemd.hear_until("WATCHDOG=1") == ["READY=1", "WATCHDOG=1"]
        (tmp_path / "freeze").touch()
        told = systemd.hear_until("STATUS=")[-1]
        assert "Thread publish has not been heard of" in told
        later = [systemd.hear() for _ in range(10)]
        assert not {message for message in later if not message.startswith("STATUS=")}


@pytest.mark.timeout(600)  # pages come after all else that runs on the machine
def test_pages_say_that_they_are_ready_live_and_stop(tmp_path, systemd):
    environment = {**os.environ, "NOTIFY_SOCKET": systemd.address, "WATCHDOG_USEC": "600000"}
    command = [sys.executable, "-c", RUNNING, "pages", "--state-dir", str(tmp_path / "state"), "--port", "0"]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL)
    try:
        assert systemd.hear() == "READY=1"
        assert [systemd.hear() for _ in range(3)] == ["WATCHDOG=1"] * 3
        process.send_signal(signal.SIGTERM)
        assert set(systemd.hear_until("STOPPING=1")[:-1]) <= {"WATCHDOG=1"}
        assert process.wait(PATIENCE_S) in (0, -signal.SIGTERM), "systemd takes both for a clean end"
    finally:
        process.kill()
        process.wait()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_the_units_are_well_formed_and_leave_little_open(tmp_path):
    for unit in UNITS:
        program = tmp_path / "inspection"
        program.touch(mode=0o755)
        text = unit.read_text().replace("/opt/inspection/bin/inspection", str(program))
        (tmp_path / unit.name).write_text(text)
    files = [str(tmp_path / unit.name) for unit in UNITS]
    checked = subprocess.run(["systemd-analyze", "verify", "--man=no", *files], capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (0, "")
    for file in files:
        told = subprocess.run(
            ["systemd-analyze", "security", "--offline=yes", "--threshold=25", file], capture_output=True, text=True
        )
        assert told.returncode == 0, told.stdout


def test_what_the_units_start_exists_with_these_options_and_the_settings_that_are_installed_load():
    assert [unit.name for unit in UNITS] == ["inspection-pages.service", "inspection-station.service"]
    known = get_command(app).commands
    for unit in UNITS:
        words = next(line for line in unit.read_text().splitlines() if line.startswith("ExecStart=")).split()
        options = {option for parameter in known[words[1]].params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options
        assert "Type=notify" in unit.read_text()
    load_settings(PROJECT / "scripts" / "systemd" / "station.toml")


def test_a_service_without_a_manager_tells_nobody_and_one_that_is_gone_hurts_nobody(tmp_path):
    ServiceManager.of({}).ready()
    gone = ServiceManager.of({"NOTIFY_SOCKET": str(tmp_path / "gone"), "WATCHDOG_USEC": "1000000"})
    gone.ready()
    gone.alive()


@pytest.mark.parametrize("usec", ["", "0", "-5", "many", "²"])
def test_without_a_sensible_watchdog_there_is_none(systemd, usec):
    manager = ServiceManager.of({"NOTIFY_SOCKET": systemd.address, "WATCHDOG_USEC": usec})
    manager.alive()
    manager.stopping()
    assert systemd.hear() == "STOPPING=1"


def test_child_processes_do_not_speak_for_the_service(systemd):
    environment = {"NOTIFY_SOCKET": systemd.address, "WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1", "HOME": "/"}
    manager = ServiceManager.of(environment)
    assert environment == {"HOME": "/"}
    manager.alive()  # the watchdog is another process's
    manager.ready()
    assert systemd.hear() == "READY=1"


def test_an_abstract_socket_is_a_socket_too():
    name = f"\0inspection-test-{os.getpid()}-{time.monotonic_ns()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(name)
        ServiceManager.of({"NOTIFY_SOCKET": "@" + name[1:]}).ready()
        receiver.settimeout(10)
        assert receiver.recv(100) == b"READY=1"
