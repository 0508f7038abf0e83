"""Images that another system drops into a folder: each is decided, whatever happens to the store or the station."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import pytest

from camera.files.watch_source import WatchSource
from camera.settings import WatchSettings
from inspection.station.recorder import Recorder
from inspection.station.runner import Runner
from inspection.store.decisions import Store
from inspection.values import Verdict
from tests.inspection.store.test_store_trouble import locked
from tests.scenarios.test_crash import PROGRAM
from tests.support.patience import until
from tests.support.rig import begun_store, build_pipeline, frame, write_model

pytestmark = pytest.mark.process


def drop(folder: Path, name: str | bytes, number: int, *, keep: int | None = None) -> None:
    content = cv2.imencode(".png", frame(number).pixels)[1].tobytes()[:keep]
    (folder / ".part").write_bytes(content)
    os.replace(folder / ".part", os.path.join(os.fsencode(folder), os.fsencode(name)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    return folder


def test_an_image_whose_decision_waits_for_the_store_waits_in_its_folder(tmp_path: Path, folder: Path):
    store = begun_store(tmp_path / "store.db")
    source = WatchSource(WatchSettings(folder=folder, pixel_pitch_um=50, settle_ms=0))
    told = []
    runner = Runner(
        [(source, build_pipeline(tmp_path))],
        Recorder(store),
        sinks=[lambda publications: told.extend(p.decision for p in publications)],
        deadline_ms=60_000,
    )
    runner.start()
    try:
        drop(folder, "1.png", 1)
        until(lambda: (folder / "taken" / "1.png").exists())
        with locked(tmp_path / "store.db"):
            drop(folder, "2.png", 2)
            until(lambda: len(told) == 2)
            assert told[1].verdict is Verdict.UNINSPECTED
            time.sleep(0.2)
            assert (folder / "2.png").exists()
        until(lambda: (folder / "taken" / "2.png").exists())
    finally:
        runner.stop()
        store.close()
    assert [d.piece.frame.number for d in told] == [1, 2]


NAMES = (b"coup\xe9.png", b"m\n\x1b[31m.png", b"50%?.png", b"a [ok].png")


def test_no_name_ends_the_decisions(tmp_path: Path, folder: Path):
    store = begun_store(tmp_path / "store.db")
    settings = WatchSettings(folder=folder, pixel_pitch_um=50, settle_ms=0, give_up_ms=50, frame_limit=2 * len(NAMES))
    source = WatchSource(settings)
    runner = Runner([(source, build_pipeline(tmp_path))], Recorder(store), deadline_ms=60_000)
    runner.start()
    try:
        for number, name in enumerate(NAMES):
            drop(folder, name, number, keep=100)
        until(lambda: store.last_sequence() == len(NAMES))
        drop(folder, "good.png", 9)
        until(lambda: store.last_sequence() == len(NAMES) + 1)
    finally:
        runner.stop()
    decisions = [s.decision for s in store.decisions_after(0, 100)]
    store.close()
    assert [d.verdict for d in decisions] == [Verdict.UNINSPECTED] * len(NAMES) + [Verdict.ACCEPT]
    assert all(d.reasons[0].sentence.isprintable() for d in decisions[:-1])
    assert {os.fsencode(path.name) for path in (folder / "taken").iterdir()} == {*NAMES, b"good.png"}


def test_a_station_that_is_killed_forgets_no_image(tmp_path: Path, folder: Path):
    write_model(tmp_path / "models" / "electrode-0.1")
    settings = {
        "cameras": [{"kind": "watch", "folder": str(folder), "pixel_pitch_um": 50, "settle_ms": 0}],
        "recipe": "anode",
        "models_dir": str(tmp_path / "models"),
        "state_dir": str(tmp_path / "state"),
        "deadline_ms": 60_000,
        "api": {"port": 0},
    }
    images, taken = 40, folder / "taken"
    for number in range(images):
        drop(folder, f"{number}.png", number)
    for kill_after in (10, images):
        child = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, json.dumps(settings)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=Path(__file__).parents[2],
        )
        try:
            until(lambda count=kill_after: taken.is_dir() and len(list(taken.iterdir())) >= count)
        finally:
            child.send_signal(signal.SIGKILL)
            child.wait()
    store = Store.in_file(tmp_path / "state" / "store.db")
    decisions = [s.decision for s in store.decisions_after(0, 1000)]
    store.close()
    assert {path.name for path in taken.iterdir()} == {f"{number}.png" for number in range(images)}
    assert {path.name for path in folder.iterdir()} == {"taken"}
    assert len(decisions) >= images
    assert {d.verdict for d in decisions} == {Verdict.ACCEPT}
