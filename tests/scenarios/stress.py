"""Faults at random against a running station, and afterwards an audit of every word that it said.

python -m tests.scenarios.stress --minutes 10 --seed 1

A simulated GenICam camera shows a web with defects; the station runs in a process of its own, with its camera's
process, store and saved frames. Faults come in an order that the seed decides: kill -9 and SIGSTOP of each process,
cable, lost, torn, frozen and black frames, a full disk, a locked store, a store that is deleted, a wall clock that
jumps. A client follows the decisions all the time, as a line would. In the end everything is held together: what the
client heard, what the store has, the frames that were saved, and the web itself.
"""

import argparse
import json
import os
import random
import resource
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import httpx
import numpy as np
import psutil

from camera.simulated.simulated_camera import Fault, SimulatedCamera
from camera.web import SimulatedWeb, WebSettings

PROJECT = Path(__file__).resolve().parents[2]
LINES, WIDTH_PX, LINE_RATE_HZ, PITCH_UM = 128, 512, 1280.0, 50.0
BLOCK_MM = LINES * PITCH_UM / 1000.0
DEADLINE_MS = 3000.0
READY_AGAIN_S = 60.0
"""A fault that is over must not keep the station from being ready for longer."""
FRAMES_IN_MEMORY = 20
"""Frames that wait for the disk when a fault comes: two seconds of the line."""
JUMPS_S = (-820_454_400, -86_400, -3600, 90, 3600, 86_400, 315_360_000)
"""A flat battery's date, a day and an hour back, some forward, ten years forward."""


@dataclass
class Heard:
    """What a line hears: each decision, by epoch and sequence number."""

    decisions: dict[tuple[str, int], dict] = field(default_factory=dict)
    contradictions: list[str] = field(default_factory=list)
    _last: dict[str, int] = field(default_factory=dict)
    _epoch: str | None = None

    def ask(self, client: httpx.Client, url: str) -> None:
        """One question for what comes after the last decision heard; of a new store, all from its beginning."""
        after = self._last.get(self._epoch or "", 0)
        query = {"after": after, "limit": 1000, "wait_s": 0.5} | ({"epoch": self._epoch} if self._epoch else {})
        answer = client.get(f"{url}/v1/decisions", params=query)
        if answer.status_code == 409:
            self._epoch = client.get(f"{url}/v1/status").json()["epoch"]
            return
        if answer.status_code != 200:
            return
        content = answer.json()
        self._epoch = content["epoch"]
        for decision in content["decisions"]:
            key = (decision["epoch"], decision["sequence"])
            before = self.decisions.setdefault(key, decision)
            if _identity(before) != _identity(decision):
                self.contradictions.append(f"{key} was told as {_identity(before)}, then as {_identity(decision)}")
            self._last[self._epoch] = max(self._last.get(self._epoch, 0), decision["sequence"])


def _identity(decision: dict) -> tuple:
    return tuple(decision[name] for name in ("camera", "run", "number", "verdict", "captured_utc"))


class Plant:
    """The station under test, its camera, its client, and all that can be done to them."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.lost_stores: list[Path] = []
        self.may_lack_frames: set[int] = set()
        """Sequence numbers whose frames a fault took: the disk was full, or the station died before it wrote them."""
        self.restarts = 0
        self.heard = Heard()
        self._shift = folder / "clock"
        self._shift.write_text("0")
        self._library = folder / "shifted_clock.so"
        subprocess.run(
            ["cc", "-O1", "-shared", "-fPIC", "-o", self._library, Path(__file__).with_name("shifted_clock.c"), "-ldl"],
            check=True,
        )
        self.web = WebSettings(width_px=WIDTH_PX, severity="dense", seed=seed, pixel_pitch_um=PITCH_UM)
        self.rig = SimulatedCamera(self.web, lines=LINES, line_rate_hz=LINE_RATE_HZ, cache=folder / "cache")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.url = f"http://127.0.0.1:{free.getsockname()[1]}"
        self._process: subprocess.Popen | None = None
        self._ending = threading.Event()
        self._client = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> "Plant":
        self.rig.start()
        camera = self.rig.settings()
        assert camera.producer is not None
        (self.folder / "station.toml").write_text(
            f"""
recipe = "anode"
models_dir = "{PROJECT / "models"}"
deadline_ms = {DEADLINE_MS}
[api]
port = {self.url.rpartition(":")[2]}
[archive]
accept_sample = 1.0
min_free_gb = 0.0
[[cameras]]
kind = "gentl"
producer = "{camera.producer}"
device = {{ serial_number = "{camera.device.serial_number}" }}
pixel_pitch_x_um = {PITCH_UM}
pixel_pitch_y_um = {PITCH_UM}
line_rate_hz = {LINE_RATE_HZ}
"""
        )
        self.start_station()
        self._client.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._client.join()
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self.rig.stop()

    def start_station(self) -> None:
        self.restarts += 1
        environment = os.environ | {"LD_PRELOAD": str(self._library), "SHIFTED_CLOCK": str(self._shift)}
        command = [sys.executable, "-m", "inspection.cli", "run", "--config", "station.toml", "--log-format", "json"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=self.folder, stdout=log, stderr=log, env=environment | {"PYTHONPATH": str(PROJECT)}
            )

    @property
    def station(self) -> psutil.Process:
        assert self._process is not None
        return psutil.Process(self._process.pid)

    @property
    def has_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def camera_processes(self) -> list[psutil.Process]:
        return [
            child for child in self.station.children(recursive=True) if "camera_process" in " ".join(child.cmdline())
        ]

    @property
    def last_sequence(self) -> int:
        with closing(sqlite3.connect(f"file:{self.state / 'store.db'}?mode=ro", uri=True, timeout=10)) as store:
            return store.execute("SELECT coalesce(max(sequence), 0) FROM decisions").fetchone()[0]

    def kill_station(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        last = self.last_sequence
        self.may_lack_frames |= set(range(last - FRAMES_IN_MEMORY, last + 1))

    def stop_station(self) -> int:
        """As an operator does. Returns the exit status."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(60)

    def readiness(self) -> dict:
        try:
            answer = httpx.get(f"{self.url}/readyz", timeout=5)
            return answer.json()
        except (httpx.HTTPError, json.JSONDecodeError) as error:
            return {"is_ready": False, "reasons": [f"no answer: {error}"], "heartbeats_s": {}}

    def wait_until_ready(self) -> None:
        end = time.monotonic() + READY_AGAIN_S
        while not (said := self.readiness())["is_ready"]:
            if self.has_ended:
                raise AssertionError(f"the station has ended by itself: {self.last_words()}")
            if time.monotonic() > end:
                raise AssertionError(f"not ready {READY_AGAIN_S:.0f} s after the fault was over: {said['reasons']}")
            time.sleep(0.1)

    def last_words(self) -> str:
        return (self.folder / "log").read_text(errors="replace")[-2000:]

    def shift_clock(self, seconds: int) -> None:
        half = self._shift.with_suffix(".part")
        half.write_text(str(seconds))
        half.replace(self._shift)

    def _listen(self) -> None:
        with httpx.Client(timeout=30) as client:
            while not self._ending.is_set():
                try:
                    self.heard.ask(client, self.url)
                except (httpx.HTTPError, KeyError, json.JSONDecodeError):
                    time.sleep(0.05)


# Faults: each does its harm, waits as long as the dice say, makes it good again.


def kill_the_station(plant: Plant, dice: random.Random) -> None:
    plant.kill_station()
    time.sleep(dice.uniform(0.0, 2.0))
    plant.start_station()


def kill_the_camera(plant: Plant, dice: random.Random) -> None:
    for process in plant.camera_processes():
        with suppress(psutil.NoSuchProcess):
            process.kill()
    time.sleep(dice.uniform(0.0, 1.0))


def _stopped(processes: list[psutil.Process], span_s: float) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.suspend()
    time.sleep(span_s)
    for process in processes:
        with suppress(psutil.NoSuchProcess):  # one that hangs is killed by the station
            process.resume()


def stop_the_station_for_a_while(plant: Plant, dice: random.Random) -> None:
    _stopped([plant.station], dice.choice((1.0, 2.0, 5.0, 20.0)))


def stop_the_camera_for_a_while(plant: Plant, dice: random.Random) -> None:
    _stopped(plant.camera_processes(), dice.choice((1.0, 2.0, 5.0, 20.0)))


def stop_everything_for_a_while(plant: Plant, dice: random.Random) -> None:
    _stopped([plant.station, *plant.camera_processes()], dice.choice((1.0, 3.0)))


SPOILS = [fault for fault in Fault if fault not in (Fault.UNPLUG, Fault.STAND)]
"""What happens to frames; the cable has a fault of its own, and a web that stands is none."""


def spoil_frames(plant: Plant, dice: random.Random) -> None:
    for fault in dice.sample(SPOILS, dice.choice((1, 2, 3))):
        plant.rig.fault(fault, frames=dice.randint(1, 12))
    time.sleep(dice.uniform(0.5, 2.0))
    plant.rig.clear_faults()


def pull_the_cable(plant: Plant, dice: random.Random) -> None:
    plant.rig.fault(Fault.UNPLUG)
    time.sleep(dice.uniform(0.5, 5.0))
    plant.rig.clear_faults()


@contextmanager
def _full_disk(process: psutil.Process):
    unlimited = process.rlimit(resource.RLIMIT_FSIZE)
    process.rlimit(resource.RLIMIT_FSIZE, (4096, unlimited[1]))
    try:
        yield
    finally:
        process.rlimit(resource.RLIMIT_FSIZE, unlimited)


def fill_the_disk(plant: Plant, dice: random.Random) -> None:
    before = plant.last_sequence
    with _full_disk(plant.station):
        time.sleep(dice.uniform(1.0, 4.0))
    plant.may_lack_frames |= set(range(before - FRAMES_IN_MEMORY, plant.last_sequence + FRAMES_IN_MEMORY))


def lock_the_store(plant: Plant, dice: random.Random) -> None:
    other = sqlite3.connect(plant.state / "store.db", isolation_level=None, timeout=10)
    try:
        other.execute("BEGIN IMMEDIATE")
        time.sleep(dice.uniform(0.5, 3.0))
        other.execute("ROLLBACK")
    finally:
        other.close()


def lose_the_store(plant: Plant, dice: random.Random) -> None:
    """Somebody moves the store away while the station runs; it has to stop accepting, and to be restarted."""
    aside = plant.folder / f"lost-{len(plant.lost_stores)}"
    aside.mkdir()
    for path in plant.state.glob("store.db*"):
        path.rename(aside / path.name)
    plant.lost_stores.append(aside / "store.db")
    end = time.monotonic() + 20
    while plant.readiness()["is_ready"]:
        assert time.monotonic() < end, "the store is gone, and the station says that it is ready"
        time.sleep(0.1)
    time.sleep(dice.uniform(0.0, 1.0))
    assert not any(plant.state.glob("store.db")), "the station has made another store in the place of the lost one"
    plant.stop_station()
    plant.start_station()


def shift_the_clock(plant: Plant, dice: random.Random) -> None:
    plant.shift_clock(dice.choice(JUMPS_S))
    time.sleep(dice.uniform(1.0, 3.0))
    if dice.random() < 0.7:
        plant.shift_clock(0)


def restart_with_another_clock(plant: Plant, dice: random.Random) -> None:
    plant.shift_clock(dice.choice(JUMPS_S))
    plant.stop_station()
    plant.start_station()
    time.sleep(dice.uniform(1.0, 3.0))
    plant.shift_clock(0)


FAULTS: tuple[Callable[[Plant, random.Random], None], ...] = (
    kill_the_station,
    kill_the_camera,
    stop_the_station_for_a_while,
    stop_the_camera_for_a_while,
    stop_everything_for_a_while,
    spoil_frames,
    spoil_frames,
    pull_the_cable,
    fill_the_disk,
    lock_the_store,
    lose_the_store,
    shift_the_clock,
    restart_with_another_clock,
)


@dataclass
class Audit:
    """What the words, the store, the pictures and the web say of each other."""

    faults: Counter = field(default_factory=Counter)
    decisions: int = 0
    verdicts: Counter = field(default_factory=Counter)
    reasons: Counter = field(default_factory=Counter)
    pictures: int = 0
    wrong: list[str] = field(default_factory=list)


def run(folder: Path, *, minutes: float, seed: int, say: Callable[[str], None] = lambda _: None) -> Audit:
    """Let faults come for so long, then look through everything."""
    dice = random.Random(seed)
    audit = Audit()
    with Plant(folder, seed) as plant:
        plant.wait_until_ready()
        end = time.monotonic() + 60.0 * minutes
        order: list[Callable[[Plant, random.Random], None]] = []
        while time.monotonic() < end:
            if not order:  # each kind comes before any comes again
                order = dice.sample(FAULTS, len(FAULTS))
            fault = order.pop()
            say(f"{end - time.monotonic():6.1f} s left: {fault.__name__.replace('_', ' ')}")
            fault(plant, dice)
            audit.faults[fault.__name__] += 1
            plant.wait_until_ready()
            time.sleep(dice.uniform(0.2, 1.5))
        time.sleep(2.0)
        said = plant.readiness()
        if not said["is_ready"] or max(said["heartbeats_s"].values()) > 5.0:
            audit.wrong.append(f"in the end: {said}")
        last = max(sequence for epoch, sequence in plant.heard.decisions)
        status = plant.stop_station()
        if status != 0:
            audit.wrong.append(f"the station ended with {status}: {plant.last_words()}")
        say(f"last number heard: {last}; now everything is held together")
        _look_through(plant, audit)
    return audit


def _look_through(plant: Plant, audit: Audit) -> None:
    audit.wrong += plant.heard.contradictions
    web = SimulatedWeb(plant.web)
    stored: dict[tuple[str, int], dict] = {}
    for path in (*plant.lost_stores, plant.state / "store.db"):
        with sqlite3.connect(path) as store:
            store.row_factory = sqlite3.Row
            rows = [dict(row) for row in store.execute(_DECISIONS)]
            saved = {row["sequence"]: row["path"] for row in store.execute(_SAVED)}
        stored |= {(row["epoch"], row["sequence"]): row for row in rows}
        _hold_numbers(rows, audit)
        for row in rows:
            audit.decisions += 1
            audit.verdicts[row["verdict"]] += 1
            if row["rule"]:
                audit.reasons[row["rule"]] += 1
            _hold_picture(row, saved.get(row["sequence"]), web, plant, audit)
    for key, told in plant.heard.decisions.items():
        row = stored.get(key)
        if row is None:
            if told["verdict"] != "uninspected":
                audit.wrong.append(f"{key} was told as {told['verdict']} and is in no store")
        elif (row["camera"], row["run"], row["number"], row["verdict"]) != _identity(told)[:4]:
            audit.wrong.append(f"{key} was told as {_identity(told)[:4]}, the store has {row}")


_DECISIONS = """
    SELECT d.sequence, d.station_run_id, d.camera, d.run, d.number, d.verdict, d.start_mm, d.length_mm, d.deadline_met,
           s.epoch, (SELECT rule FROM reasons r WHERE r.sequence = d.sequence ORDER BY position LIMIT 1) AS rule
    FROM decisions d JOIN station_runs s ON s.id = d.station_run_id
    ORDER BY d.sequence
"""
_SAVED = """
    SELECT d.sequence, f.path FROM saved_frames f JOIN decisions d USING (station_run_id, camera, run, number)
    WHERE f.deleted_utc IS NULL
"""


def _hold_numbers(rows: list[dict], audit: Audit) -> None:
    """Every frame number of a camera run has its decision, once, in order."""
    before: dict[tuple, int] = {}
    for row in rows:
        run = (row["epoch"], row["station_run_id"], row["camera"], row["run"])
        if run in before and row["number"] != before[run] + 1:
            audit.wrong.append(f"{run}: after frame {before[run]} came {row['number']}")
        before[run] = row["number"]
        if row["verdict"] == "accept" and not row["deadline_met"]:
            audit.wrong.append(f"{row} was accepted after its deadline")


def _hold_picture(row: dict, path: str | None, web: SimulatedWeb, plant: Plant, audit: Audit) -> None:
    """What was accepted or rejected is what lay on the web at that place."""
    if path is None:
        # One whose store was lost before it could be indexed lies under its number all the same.
        found = list((plant.state / "frames" / row["epoch"]).glob(f"*/{row['sequence']:010d}-*-reject-*.png"))
        if row["verdict"] == "reject" and not found and row["sequence"] not in plant.may_lack_frames:
            audit.wrong.append(f"{row}: the frame of a reject is not there")
        return
    pixels = cv2.imread(str(plant.state / "frames" / path), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        audit.wrong.append(f"{row}: {path} can't be read")
        return
    audit.pictures += 1
    if row["verdict"] == "accept":
        first = round(row["start_mm"] * 1000.0 / PITCH_UM)
        if not np.array_equal(pixels, web.render(first, LINES)):
            audit.wrong.append(f"{row} was accepted, but its picture is not what lay on the web there")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 10_000)
    parser.add_argument("--folder", type=Path, help="keep everything here; else in a folder that is removed")
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="stress-"))
    folder.mkdir(parents=True, exist_ok=True)
    print(f"seed {arguments.seed}, {arguments.minutes:g} minutes, in {folder}")  # noqa: T201
    audit = run(folder, minutes=arguments.minutes, seed=arguments.seed, say=lambda text: print(text, flush=True))  # noqa: T201
    print(f"faults {dict(audit.faults)}")  # noqa: T201
    print(f"{audit.decisions} decisions {dict(audit.verdicts)}, {audit.pictures} pictures held against the web")  # noqa: T201
    print(f"first reasons {dict(audit.reasons.most_common())}")  # noqa: T201
    print("\n".join(audit.wrong) or "nothing wrong")  # noqa: T201
    if not arguments.folder and not audit.wrong:
        shutil.rmtree(folder)
    sys.exit(bool(audit.wrong))


if __name__ == "__main__":
    main()
