"""The main job end to end, as `scripts/demo` runs it: GenICam camera, station, decisions on disk; and its faults."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import psutil
import pytest

from inspection.store.decisions import Store, StoredDecision
from inspection.values import Verdict
from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.process

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Outcome:
    """What a demo left behind."""

    summary: dict
    decisions: list[StoredDecision]
    printed: str


def start(folder: Path, frames: int, *options: str, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
    arguments = ["--frames", str(frames), "--port", "0", "--summary", "demo.json", "--state-dir", "state"]
    # Tests share the machine: nothing is measured on it, the line is slow, and there is time.
    arguments += ["--no-pages", "--line-rate", "2000", "--deadline-ms", "120000", *options]
    command = [sys.executable, "-c", "from inspection.cli import main; main()", "demo", *arguments]
    return subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def await_decisions(folder: Path, are_enough: Callable[[list[str | None]], bool]) -> None:
    """Wait until what the demo has stored is enough: for each decision, why it is uninspected, None if it is not."""
    why: list[str | None] = []
    end = time.monotonic() + PATIENCE_S
    while not are_enough(why):
        assert time.monotonic() < end, f"within five minutes: {why}"
        time.sleep(0.2)
        with (
            suppress(sqlite3.OperationalError),  # there is no such file yet, or no table in it
            closing(sqlite3.connect(f"file:{folder / 'state' / 'store.db'}?mode=ro", uri=True, timeout=10)) as store,
        ):
            first = "SELECT rule FROM reasons r WHERE r.sequence = d.sequence ORDER BY position LIMIT 1"
            rows = store.execute(f"SELECT verdict, ({first}) FROM decisions d ORDER BY sequence").fetchall()
            why = [rule if verdict == Verdict.UNINSPECTED else None for verdict, rule in rows]


def is_well_again(why: list[str | None]) -> bool:
    """Something was lost, and eight pieces in a row were seen after it."""
    lost = [place for place, rule in enumerate(why) if rule is not None]
    return any(why[place + 1 : place + 9] == [None] * 8 for place in lost)


def assert_back_at_once(outcome: Outcome, rule: str) -> None:
    """Each outage is one stretch of lost pieces, and what ends it is the first connection that is made after it."""
    why = reasons(outcome)
    stretches = [set(stretch) for is_lost, stretch in groupby(why, lambda rule: rule is not None) if is_lost]
    outages = [stretch for stretch in stretches if rule in stretch]
    runs = list(dict.fromkeys(stored.decision.piece.frame.run for stored in outcome.decisions))
    assert runs == list(range(1, len(outages) + 2)), why
    assert outages


def end(process: subprocess.Popen[str], folder: Path) -> Outcome:
    """Stop a demo that would go on."""
    process.terminate()
    outcome = finish(process, folder)
    assert_gapless(outcome, outcome.summary["decisions"])
    return outcome


def finish(process: subprocess.Popen[str], folder: Path) -> Outcome:
    printed, _ = process.communicate(timeout=400)
    assert process.returncode == 0, printed
    store = Store.in_file(folder / "state" / "store.db")
    decisions = store.decisions_after(0, 10_000)
    store.close()
    return Outcome(json.loads((folder / "demo.json").read_text()), decisions, printed)


def reasons(outcome: Outcome) -> list[str | None]:
    """For each decision in order: why it is uninspected, None if it is not."""
    return [
        stored.decision.reasons[0].rule if stored.decision.verdict is Verdict.UNINSPECTED else None
        for stored in outcome.decisions
    ]


def assert_gapless(outcome: Outcome, frames: int) -> None:
    assert outcome.summary["frames"] == outcome.summary["decisions"] == frames
    assert [stored.decision.sequence for stored in outcome.decisions] == list(range(1, frames + 1))
    numbers = [(d.decision.piece.frame.run, d.decision.piece.frame.number) for d in outcome.decisions]
    assert len(set(numbers)) == frames


def test_a_gentl_camera_is_inspected_to_the_last_frame_and_planted_defects_are_found(tmp_path: Path):
    outcome = finish(start(tmp_path, 60), tmp_path)
    assert_gapless(outcome, 60)
    summary = outcome.summary
    assert summary["source"] == "gentl"
    assert summary["uninspected"] == 0, outcome.printed
    assert summary["accept"] + summary["reject"] == 60
    assert sum(summary["planted"].values()) >= 10
    assert sum(summary["found"].values()) >= 0.9 * sum(summary["planted"].values())
    assert summary["found"].keys() | summary["missed"].keys() == summary["planted"].keys()
    saved = [d for d in outcome.decisions if d.saved_frame is not None]
    assert len(saved) >= summary["reject"]


@pytest.mark.parametrize(
    ("fault", "rules"),
    [
        ("drop", {"lost.dropped", "lost.timeout"}),  # five in a row are overdue before the next number tells
        ("incomplete", {"lost.incomplete"}),
        ("wrong_size", {"lost.wrong_size"}),
        ("black", {"image.black"}),
        ("freeze", {"image.frozen", "encoder.backwards", "encoder.jump"}),
    ],
)
def test_spoilt_frames_are_uninspected_for_the_right_reason_and_all_is_well_again(
    tmp_path: Path, fault: str, rules: set[str]
):
    # What lies on the web does not matter: less of it is simulated, measured and saved.
    process = start(tmp_path, 10_000, "--fault", fault, "--severity", "clean")
    await_decisions(tmp_path, is_well_again)
    outcome = end(process, tmp_path)
    why = reasons(outcome)
    spoilt = [rule for rule in why if rule is not None]
    assert set(spoilt) <= rules
    assert outcome.summary["uninspected_reasons"] == Counter(spoilt)
    began = why.index(spoilt[0])
    assert began >= 10
    over = next(place for place in range(began, len(why)) if why[place : place + 8] == [None] * 8)
    assert None not in why[began:over]
    assert 5 <= over - began <= 6  # the frame after a frozen encoder may be one more


def test_an_unplugged_camera_is_heard_of_at_once_and_comes_back_by_itself(tmp_path: Path):
    process = start(tmp_path, 10_000, "--fault", "unplug", "--severity", "clean")
    await_decisions(tmp_path, lambda why: "lost.device_lost" in why and is_well_again(why))
    outcome = end(process, tmp_path)
    assert set(reasons(outcome)) <= {None, "lost.device_lost", "lost.timeout"}
    assert_back_at_once(outcome, "lost.device_lost")


def test_a_killed_camera_process_is_replaced_while_the_line_hears_uninspected(tmp_path: Path):
    process = start(tmp_path, 10_000)
    await_decisions(tmp_path, lambda why: len(why) >= 5)
    children = psutil.Process(process.pid).children(recursive=True)
    camera = next(c for c in children if "camera.gentl.camera_process" in c.cmdline())
    camera.send_signal(signal.SIGKILL)
    await_decisions(tmp_path, is_well_again)
    outcome = end(process, tmp_path)
    assert set(reasons(outcome)) == {None, "lost.process_died"}
    assert_back_at_once(outcome, "lost.process_died")


def serving_pages(process: subprocess.Popen[str]) -> psutil.Process:
    began_s = time.monotonic()
    latest_s = {True: 10.0, False: PATIENCE_S}  # where station and pages want the same core, the pages come up slowly
    pages, is_serving = None, False
    while not is_serving and time.monotonic() - began_s < latest_s[pages is not None]:
        time.sleep(0.2)
        with suppress(psutil.Error):  # children come and go
            children = psutil.Process(process.pid).children(recursive=True)
            pages = next((child for child in children if "pages" in child.cmdline()), None)
            is_serving = pages is not None and bool(pages.net_connections("tcp"))
    assert pages is not None
    return pages


def test_a_killed_demo_leaves_no_process_behind(tmp_path: Path):
    process = start(tmp_path, 10_000, "--pages", "--pages-port", "0")
    serving_pages(process)
    children = psutil.Process(process.pid).children(recursive=True)
    assert len(children) >= 2, "camera and pages"
    process.kill()
    process.communicate(timeout=PATIENCE_S)
    _, alive = psutil.wait_procs(children, timeout=PATIENCE_S)
    assert not alive


def test_sigterm_stops_the_demo_as_ctrl_c_does(tmp_path: Path):
    process = start(tmp_path, 10_000)
    await_decisions(tmp_path, lambda why: len(why) >= 3)
    outcome = end(process, tmp_path)
    assert outcome.summary["decisions"] >= 3


def test_killed_pages_leave_the_line_untouched(tmp_path: Path):
    process = start(tmp_path, 10_000, "--pages", "--pages-port", "0")
    pages = serving_pages(process)
    before: list[int] = []
    await_decisions(tmp_path, lambda why: before.append(len(why)) or len(why) >= 3)
    pages.send_signal(signal.SIGKILL)
    await_decisions(tmp_path, lambda why: len(why) >= before[-1] + 4)
    outcome = end(process, tmp_path)
    assert outcome.summary["uninspected"] == 0, outcome.printed
    assert not pages.is_running()


def test_the_machine_is_measured_and_the_line_runs_as_fast_as_it_says(tmp_path: Path):
    arguments = ["--frames", "4", "--port", "0", "--summary", "demo.json", "--state-dir", "state", "--no-pages"]
    command = [sys.executable, "-m", "inspection.cli", "demo", "--models-dir", str(PROJECT / "models"), *arguments]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    outcome = finish(process, tmp_path)
    assert_gapless(outcome, 4)
    said = " ".join(outcome.printed.split())
    measured = re.search(
        r"(\d+) ms of one core to simulate it and (\d+) ms to inspect it, ([\d.]+) cores are free", said
    )
    assert measured is not None, said
    assert all(float(number) > 0.0 for number in measured.groups()[:2])
    rate_hz = float(re.search(r"the line runs at (\d+) lines per second", said)[1])
    assert f"{rate_hz / 1000:g} kHz lines in blocks of 1024" in said
    assert f"each decision is due {500.0 * 10_000.0 / rate_hz:.0f} ms after its block's last line" in said


def test_without_a_compiler_the_same_web_is_shown_and_the_demo_says_so(tmp_path: Path):
    arguments = ["--frames", "12", "--port", "0", "--summary", "demo.json", "--state-dir", "state", "--no-pages"]
    code = "import os, sys; os.environ['PATH'] = ''; from inspection.cli import main; main()"
    environment = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "HOME": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, "-c", code, "demo", *arguments],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    outcome = finish(process, tmp_path)
    assert_gapless(outcome, 12)
    assert outcome.summary["source"] == "simulated"
    assert "needs a C compiler" in outcome.printed


@pytest.mark.parametrize(
    ("binding", "said"),
    [
        (
            "raise ImportError('libpython3.13.so.1.0: cannot open shared object file: No such file or directory')",
            "apt-get install libpython3.13",
        ),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "killed by SIGSEGV"),
    ],
)
def test_a_genicam_binding_that_is_installed_and_cannot_be_loaded_is_no_binding(
    tmp_path: Path, binding: str, said: str
):
    (tmp_path / "broken" / "genicam").mkdir(parents=True)
    (tmp_path / "broken" / "genicam" / "__init__.py").write_text(binding)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path / "broken"), *filter(None, sys.path)])}
    process = start(tmp_path, 6, env=environment)
    outcome = finish(process, tmp_path)
    assert_gapless(outcome, 6)
    assert outcome.summary["source"] == "simulated"
    assert said in outcome.printed
    assert "going on without GenICam" in outcome.printed


def test_impossible_wishes_are_refused_before_anything_starts(tmp_path: Path):
    for options in (["--view", "back-light"], ["--summary", "nowhere/demo.json"]):
        process = start(tmp_path, 5, *options)
        printed, _ = process.communicate(timeout=300)
        assert process.returncode == 2, printed
        assert "error:" in printed
    assert not (tmp_path / "state").exists()
