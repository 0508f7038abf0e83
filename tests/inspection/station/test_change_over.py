"""Another recipe from the next roll on, while the station runs: each decision by one recipe, none by half of each."""

import json
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import numpy as np
import pytest

from camera.frame import LossReason
from camera.simulated.simulated_camera import Fault, SimulatedCamera
from camera.web import PlantingRate, WebSettings
from inspection.people.audit import AuditLog
from inspection.pipeline import Pipeline
from inspection.recipe.recipe import Recipe, default_recipe_path
from inspection.station.recorder import Recorder
from inspection.station.runner import Runner
from inspection.station.turns import Turn, Turns
from inspection.store.database import Database
from inspection.store.decisions import Store
from inspection.store.engine import Access
from inspection.values import Span, Verdict
from tests.scenarios.test_crash import PROGRAM
from tests.support.api_rig import is_problem, settings
from tests.support.patience import PATIENCE_S
from tests.support.rig import ScriptedSource, begun_store, build_pipeline, frame, lost, write_model
from tests.support.stations import Station

ROLL = {"roll_id": "R-2", "by": "plc-7"}
WHY = {"by": "mes-2", "why": "order 4711"}


def text(version: str = "2.0", *, most_mm: float = 5.0, **changes: str) -> str:
    """A recipe for the rig's network; by it a pinhole of 1 mm is within limits."""
    limits = f"reject_above = [{{ diameter_mm = {most_mm} }}]"
    lines = [
        'name = "coarse"',
        f'version = "{version}"',
        'material = "anode"',
        'view = "bright-field"',
        "[model]",
        f'name = "{changes.get("model", "electrode")}"',
        "[image]",
        f"min_pitch_um = {changes.get('pitch', 45.0)}",
        "max_pitch_um = 55.0",
        "[limits.E01]",
        'severity = "S2"',
        limits,
        f"[limits.{changes.get('kind', 'E04')}]",
        'severity = "S2"',
        limits,
        "[unknown]",
        'severity = "S1"',
        limits,
    ]
    return "\n".join(lines) + "\n"


def coarse(pipeline: Pipeline, **changes) -> Pipeline:
    """A pipeline with the coarse recipe and the same network."""
    return Pipeline(Recipe.parse(text(**changes).encode(), "coarse"), pipeline._model)


# The runner


def holed(number: int, camera: str = "cam0"):
    """A block with a pinhole of 1 mm that has the noise of a camera."""
    shown = frame(number, camera=camera)
    shown.pixels[20:40, 50:70] = np.random.default_rng(number).integers(220, 240, (20, 20), np.uint8)
    return shown


class Steps(ScriptedSource):
    """Calls something before it shows a frame of a certain number."""

    def __init__(self, readings, at, **options) -> None:
        super().__init__(readings, **options)
        self._at = at

    def read(self, timeout_s):
        following = self.was_read[-1] + 1 if self.was_read else 1
        if (act := self._at.pop(following, None)) is not None:
            act()
        return super().read(timeout_s)


def change_while_running(folder, readings, at, *, camera_count=1):
    """Run readings with a change announced and settled before frame `at` is read. Returns decisions and pipelines."""
    before = build_pipeline(folder)
    after = coarse(before)
    published, runner = [], []

    def change():
        runner[0].announce(dict.fromkeys(names, after), None)
        runner[0].settle()

    names = [f"cam{number}" for number in range(camera_count)]
    cameras = []
    for number, name in enumerate(names):
        own = readings if camera_count == 1 else [holed(n, name) for n in range(1, 41)]
        cameras.append((Steps(own, {at: change} if number == 0 else {}, camera=name), before))
    store = begun_store(folder / "store.db")
    sinks = [lambda ps: published.extend(p.decision for p in ps)]
    runner.append(Runner(cameras, Recorder(store), sinks=sinks, deadline_ms=60_000.0))
    runner[0].start()
    assert runner[0].wait(PATIENCE_S)
    runner[0].stop()
    store.close()
    return published, before, after


def test_each_decision_is_by_one_recipe_and_the_first_frame_of_the_new_one_by_neither(tmp_path):
    readings = [holed(n) for n in range(1, 21)]
    decisions, before, after = change_while_running(tmp_path, readings, at=11)
    assert [d.sequence for d in decisions] == [d.piece.frame.number for d in decisions] == list(range(1, 21))
    assert {(d.recipe, d.setup_sha256) for d in decisions[:10]} == {(before.recipe_artefact, before.setup_sha256)}
    assert {(d.recipe, d.setup_sha256) for d in decisions[10:]} == {(after.recipe_artefact, after.setup_sha256)}
    assert {d.verdict for d in decisions[:10]} == {Verdict.REJECT}
    assert decisions[10].verdict is Verdict.UNINSPECTED
    assert decisions[10].reasons[0].rule == "changeover"
    assert "from recipe default-anode 1.0 to coarse 2.0" in decisions[10].reasons[0].sentence
    assert {d.verdict for d in decisions[11:]} == {Verdict.ACCEPT}, "by the new recipe the pinhole is within limits"


def test_a_lost_frame_at_the_change_is_the_one_that_nobody_judged(tmp_path):
    readings = [frame(1), frame(2), lost(3, LossReason.DROPPED), frame(4), frame(5)]
    decisions, _, after = change_while_running(tmp_path, readings, at=3)
    assert [d.verdict for d in decisions] == [Verdict.ACCEPT] * 2 + [Verdict.UNINSPECTED] + [Verdict.ACCEPT] * 2
    assert decisions[2].reasons[0].rule == "lost.dropped"
    assert decisions[2].setup_sha256 == after.setup_sha256


def test_two_cameras_change_at_one_number_and_nothing_is_accepted_that_the_other_recipe_saw(tmp_path):
    decisions, before, after = change_while_running(tmp_path, [], at=15, camera_count=2)
    assert [d.sequence for d in decisions] == list(range(1, 81))
    first = next(d.sequence for d in decisions if d.setup_sha256 == after.setup_sha256)
    assert {d.setup_sha256 for d in decisions[: first - 1]} == {before.setup_sha256}
    assert {d.setup_sha256 for d in decisions[first - 1 :]} == {after.setup_sha256}
    for camera in ("cam0", "cam1"):
        own = [d for d in decisions[first - 1 :] if d.piece.frame.camera == camera]
        assert own[0].verdict is Verdict.UNINSPECTED
    for decision in decisions:
        wanted = Verdict.REJECT if decision.sequence < first else Verdict.ACCEPT
        rules = {reason.rule for reason in decision.reasons}
        assert decision.verdict is wanted or (decision.verdict is Verdict.UNINSPECTED and "changeover" in rules)


def turns(**pipelines) -> Turns:
    return Turns(Turn(pipelines, 5, 100.0))


def test_a_change_that_is_noted_late_is_announced_before_and_never_happens_by_half():
    each = turns(cam0="old")
    assert each.announce({"cam0": "new"}, 50.0, None) == 5
    assert each.take_in().pipelines == {"cam0": "new"}
    due = each.next_decision("cam0")
    assert (due.sequence, due.turn.pipelines["cam0"]) == (5, "old"), (
        "not settled: what was inspected by it has no judge"
    )
    assert each.settle() == 6
    due = each.next_decision("cam0")
    assert (due.sequence, due.turn.pipelines["cam0"], due.before.pipelines["cam0"]) == (6, "new", "old")
    assert each.next_decision("cam0").before is None
    assert not each.give_up(), "it has happened"


def test_a_change_that_is_given_up_leaves_all_as_it_was_and_one_in_the_past_begins_now():
    each = turns(cam0="old")
    each.announce({"cam0": "new"}, 50.0, 9)
    each.settle()
    assert each.take_in().pipelines == {"cam0": "old"}, "number 5 is before the change"
    assert each.give_up()
    assert [each.next_decision("cam0").turn.pipelines["cam0"] for _ in range(6)] == ["old"] * 6
    assert each.announce({"cam0": "new"}, 50.0, 2) == 11


def laid_on(turns: Turns, camera: str, start_mm: float) -> list[str]:
    """By what a frame of 50 mm is inspected."""
    span = Span(start_mm, start_mm + 50.0)
    return [each.pipelines[camera] for each in turns.turns_at(camera, lambda _: span)]


def test_another_camera_is_inspected_by_what_judges_its_place_and_by_both_at_the_border():
    each = turns(cam0="old", cam1="old")
    each.announce({"cam0": "new", "cam1": "new"}, 50.0, 7)
    for number in range(5, 9):
        each.lead(each.take_in(), 50.0 * number)
    found = [laid_on(each, "cam1", start_mm) for start_mm in (240.0, 300.0, 310.0, 350.0, 360.0)]
    assert found == [["old"], ["old"], ["old", "new"], ["new"], ["new"]]


def test_a_web_that_is_counted_anew_has_its_border_behind_it():
    each = turns(cam0="old", cam1="old")
    each.announce({"cam0": "new", "cam1": "new"}, 50.0, 7)
    for number in range(5, 9):
        each.lead(each.take_in(), 50.0 * number)
    each.lead(each.take_in(), 0.0)
    assert laid_on(each, "cam1", 0.0) == ["new"]


def test_nobody_knows_the_border_before_a_frame_behind_it_said_where_it_is():
    each = turns(cam0="old", cam1="old")
    each.announce({"cam0": "new", "cam1": "new"}, 50.0, 6)
    each.lead(each.take_in(), 250.0)
    each.lead(each.take_in(), None)
    assert laid_on(each, "cam1", 210.0) == ["new"], "if that is wrong, it is looked at again"
    each.lead(each.take_in(), 350.0)
    assert laid_on(each, "cam1", 240.0) == ["old"]


# The station


@pytest.fixture
def folder(tmp_path):
    write_model(tmp_path / "models" / "electrode-0.1")
    release(tmp_path, text())
    return tmp_path


def release(folder: Path, content: str, title: str = "coarse-2.0") -> None:
    path = folder / "state" / "recipes" / f"{title}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def camera(*, frames: int | None, rate_hz: float | None = 6_400.0) -> dict:
    web = {"width_px": 256, "severity": "clean"}
    return {"kind": "simulated", "web": web, "lines": 64, "line_rate_hz": rate_hz, "frame_limit": frames}


def running(folder, **changes):
    return Station(settings(folder, cameras=[camera(frames=None)], **changes))


def client(station) -> httpx.Client:
    return httpx.Client(base_url=station.api_url, timeout=PATIENCE_S)


def prepared(line: httpx.Client, title: str = "coarse-2.0") -> dict:
    answer = line.put("/v1/change-over", json={"recipe": title, **WHY})
    assert answer.status_code == 200, answer.text
    return answer.json()


def confirmed(line: httpx.Client, title: str = "coarse-2.0") -> dict:
    sha256 = prepared(line, title)["recipe"]["sha256"]
    answer = line.post("/v1/change-over/confirm", json={"sha256": sha256, "by": "ann"})
    assert answer.status_code == 200, answer.text
    return answer.json()


def decided(line: httpx.Client, up_to: int) -> list[dict]:
    """All decisions up to a number at least."""
    found = []
    while not found or found[-1]["sequence"] < up_to:
        after = found[-1]["sequence"] if found else 0
        found += line.get("/v1/decisions", params={"after": after, "limit": 1000, "wait_s": 5}).json()["decisions"]
    return found


def by_recipe(decisions: list[dict]) -> list[tuple[str, int]]:
    """(recipe, first sequence) of each stretch."""
    found: list[tuple[str, int]] = []
    for each in decisions:
        if not found or found[-1][0] != each["recipe"]["name"]:
            found.append((each["recipe"]["name"], each["sequence"]))
    return found


def test_a_confirmed_recipe_takes_effect_with_the_next_roll_and_with_nothing_before(folder):
    with running(folder) as station, client(station) as line:
        assert "coarse-2.0" in [each["title"] for each in line.get("/v1/change-over/recipes").json()]
        told = confirmed(line)
        assert (told["step"], told["by"], told["why"], told["confirmed_by"]) == (
            "confirmed",
            "mes-2",
            "order 4711",
            "ann",
        )
        decided(line, station.feed.last_sequence + 20)
        assert line.get("/v1/status").json()["recipe"]["name"] == "default-anode", "no roll has begun"
        begun = line.post("/v1/rolls", json=ROLL).json()
        assert begun["first_sequence"] <= begun["recipe_from"]
        decisions = decided(line, begun["recipe_from"] + 30)
        between = decisions[begun["first_sequence"] - 1 : begun["recipe_from"]]
        assert {d["verdict"] for d in between} == {"uninspected"}, "the new roll is not judged by the old recipe"
        assert by_recipe(decisions) == [("default-anode", 1), ("coarse", begun["recipe_from"])]
        assert [d["sequence"] for d in decisions] == list(range(1, len(decisions) + 1))
        seam = [d for d in decisions if any(r["rule"] == "changeover" for r in d["reasons"])]
        assert begun["recipe_from"] in [d["sequence"] for d in seam]
        assert {d["verdict"] for d in seam} == {"uninspected"}
        status = line.get("/v1/status").json()
        assert status["recipe"]["name"] == "coarse"
        assert status["change_over"] is None
        assert {d["setup_sha256"] for d in decisions[begun["recipe_from"] :]} == set(status["setups"].values())
        assert line.get("/v1/recipes").json()[0]["recipe"]["name"] == "coarse"
        now = line.get("/v1/change-over").json()
        assert (now["in_force"]["name"], now["roll_id"], now["by"], now["why"], now["to_come"]) == (
            *("coarse", "R-2", "mes-2", "order 4711"),
            None,
        )
    database = Database.in_file(folder / "state" / "store.db", Access.PEOPLE)
    entries = AuditLog(database).latest(9)
    database.close()
    assert [entry.action for entry in entries] == ["api.begin_roll", "api.confirm_recipe", "api.prepare_recipe"]
    assert {entry.person for entry in entries} == {"local, no key"}
    assert json.loads(entries[1].after)["by"] == "ann"
    assert json.loads(entries[2].after)["recipe"] == "coarse-2.0"
    assert json.loads(entries[2].after)["why"] == "order 4711"


def test_a_roll_that_is_told_ahead_brings_its_recipe_with_its_very_number(folder):
    with running(folder) as station, client(station) as line:
        confirmed(line)
        at = station.feed.last_sequence + 60
        assert line.post("/v1/rolls", json={**ROLL, "first_sequence": at}).json()["recipe_from"] == at
        assert line.get("/v1/change-over").json()["to_come"]["step"] == "coming"
        assert by_recipe(decided(line, at + 10)) == [("default-anode", 1), ("coarse", at)]


REFUSED = {
    "missing": (None, "There is no recipe 'coarse-2.0'"),
    "no TOML": ("name = [", "no valid TOML"),
    "of another model": (text(model="separator"), "No model 'separator'"),
    "of kinds that the model lacks": (text(kind="E13"), "limits for E13, which model electrode-0.1 does not know"),
    "of another pitch": (text(pitch="52.0"), "no frame of camera cam0 could be judged"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_recipe_that_the_line_could_not_run_with_is_refused_and_the_old_one_runs_on(folder, what):
    content, message = REFUSED[what]
    path = folder / "state" / "recipes" / "coarse-2.0.toml"
    path.unlink() if content is None else path.write_text(content)
    with running(folder) as station, client(station) as line:
        decided(line, 5)
        problem = is_problem(line.put("/v1/change-over", json={"recipe": "coarse-2.0", **WHY}), 409)
        assert problem["type"] == "urn:inspection:recipe-refused"
        assert message in problem["detail"]
        assert line.get("/v1/change-over").json()["to_come"] is None
        begun = line.post("/v1/rolls", json=ROLL).json()
        assert begun["recipe_from"] is None
        assert by_recipe(decided(line, begun["first_sequence"] + 5)) == [("default-anode", 1)]


def test_only_what_was_prepared_can_be_confirmed_and_one_change_at_a_time(folder):
    release(folder, text("3.0"), "coarse-3.0")
    with running(folder) as station, client(station) as line:
        body = {"sha256": "0" * 64, "by": "ann"}
        assert (
            "No change-over is prepared" in is_problem(line.post("/v1/change-over/confirm", json=body), 409)["detail"]
        )
        told = prepared(line)
        assert told["step"] == "prepared"
        assert "not 000" in is_problem(line.post("/v1/change-over/confirm", json=body), 409)["detail"]
        assert prepared(line, "coarse-3.0")["recipe"]["version"] == "3.0", "what nobody confirmed is replaced"
        assert confirmed(line)["recipe"]["version"] == "2.0"
        again = line.put("/v1/change-over", json={"recipe": "coarse-3.0", **WHY})
        assert "cancel it before another one" in is_problem(again, 409)["detail"]
        assert line.delete("/v1/change-over", params=WHY).json()["step"] == "confirmed"
        begun = line.post("/v1/rolls", json=ROLL).json()
        assert by_recipe(decided(line, begun["first_sequence"] + 5)) == [("default-anode", 1)]
        wrong = line.put("/v1/change-over", json={"recipe": "coarse-2.0", "sha256": "0" * 64, **WHY})
        assert "not what was released" in is_problem(wrong, 409)["detail"]


def test_a_change_told_ahead_can_be_cancelled_until_it_happens(folder):
    with running(folder) as station, client(station) as line:
        confirmed(line)
        at = station.feed.last_sequence + 5_000
        line.post("/v1/rolls", json={**ROLL, "first_sequence": at})
        assert line.delete("/v1/change-over", params=WHY).json()["first_sequence"] == at
        confirmed(line)
        begun = line.post("/v1/rolls", json={**ROLL, "roll_id": "R-3"}).json()
        decided(line, begun["recipe_from"] + 2)
        assert "No change-over" in is_problem(line.delete("/v1/change-over", params=WHY), 409)["detail"]


def test_a_locked_store_lets_neither_roll_nor_recipe_begin_and_both_begin_when_it_answers(folder):
    with running(folder) as station, client(station) as line:
        confirmed(line)
        decided(line, 5)
        lock = sqlite3.connect(folder / "state" / "store.db")
        lock.execute("BEGIN IMMEDIATE")
        try:
            is_problem(line.post("/v1/rolls", json=ROLL), 503)
            assert line.get("/v1/change-over").json()["to_come"]["step"] == "confirmed"
        finally:
            lock.rollback()
            lock.close()
        begun = line.post("/v1/rolls", json=ROLL).json()
        decisions = decided(line, begun["recipe_from"] + 10)
        assert [d["sequence"] for d in decisions] == list(range(1, len(decisions) + 1))
        assert by_recipe(decisions) == [("default-anode", 1), ("coarse", begun["recipe_from"])]
        for each in decisions:
            assert (
                each["recipe"]["name"] == "coarse"
                or each["verdict"] != "accept"
                or each["sequence"] < begun["recipe_from"]
            )


def test_what_cannot_be_kept_on_disk_changes_nothing(folder):
    with running(folder) as station, client(station) as line:
        sha256 = prepared(line)["recipe"]["sha256"]
        (folder / "state" / "change_over.json").mkdir()
        refused = line.post("/v1/change-over/confirm", json={"sha256": sha256, "by": "ann"})
        assert "would not outlive a restart" in is_problem(refused, 409)["detail"]
        assert line.get("/v1/change-over").json()["to_come"]["step"] == "prepared"
        begun = line.post("/v1/rolls", json=ROLL).json()
        assert begun["recipe_from"] is None


def test_a_camera_that_is_unplugged_at_the_change_comes_back_to_the_new_recipe(folder):
    web = WebSettings(width_px=256, severity=PlantingRate.CLEAN)
    with SimulatedCamera(web, lines=64, line_rate_hz=3_200.0) as rig:
        told = rig.settings(frame_timeout_ms=300.0).model_dump()
        with Station(settings(folder, cameras=[told])) as station, client(station) as line:
            confirmed(line)
            decided(line, 5)
            rig.fault(Fault.UNPLUG)
            begun = line.post("/v1/rolls", json=ROLL).json()
            decided(line, begun["recipe_from"])
            rig.clear_faults()
            decisions = decided(line, begun["recipe_from"])
            while decisions[-1]["verdict"] == "uninspected":
                decisions = decided(line, decisions[-1]["sequence"] + 1)
    assert [d["sequence"] for d in decisions] == list(range(1, len(decisions) + 1))
    assert by_recipe(decisions) == [("default-anode", 1), ("coarse", begun["recipe_from"])]
    assert decisions[begun["recipe_from"] - 1]["verdict"] == "uninspected"


# Restarts


def started(folder: Path) -> tuple[Callable[[], None], str]:
    told = settings(folder, cameras=[camera(frames=None)], deadline_ms=10_000).model_dump(mode="json")
    child = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, json.dumps(told)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    url = next(line.strip() for line in child.stdout if line.startswith("http"))
    drain = threading.Thread(target=child.stdout.read, daemon=True)
    drain.start()

    def kill():
        child.send_signal(signal.SIGKILL)
        child.wait()
        drain.join()
        child.stdout.close()

    return kill, url


@pytest.mark.process
@pytest.mark.parametrize("when", ["confirmed", "coming", "in force"])
def test_a_station_that_is_killed_goes_on_where_the_change_was(folder, when):
    kill, url = started(folder)
    at = None
    try:
        with httpx.Client(base_url=url, timeout=PATIENCE_S) as line:
            confirmed(line)
            if when == "coming":
                at = decided(line, 3)[-1]["sequence"] + 90_000
                line.post("/v1/rolls", json={**ROLL, "first_sequence": at})
            elif when == "in force":
                at = line.post("/v1/rolls", json=ROLL).json()["recipe_from"]
                decided(line, at)
    finally:
        kill()
    with running(folder) as station, client(station) as line:
        now = line.get("/v1/change-over").json()
        if when == "in force":
            assert (now["in_force"]["name"], now["since_sequence"], now["to_come"]) == ("coarse", at, None)
        else:
            assert (now["in_force"]["name"], now["to_come"]["step"]) == ("default-anode", when)
            assert now["to_come"]["first_sequence"] == at
        if when == "confirmed":
            at = line.post("/v1/rolls", json=ROLL).json()["recipe_from"]
            assert by_recipe(decided(line, at + 3))[-1] == ("coarse", at)
        decisions = decided(line, station.feed.last_sequence)
    assert [d["sequence"] for d in decisions] == sorted({d["sequence"] for d in decisions})


@pytest.mark.process
def test_a_station_that_is_killed_between_recipe_and_roll_judges_the_rolls_first_piece_by_the_new_recipe(folder):
    kill, url = started(folder)
    path = folder / "state" / "change_over.json"
    lock = sqlite3.connect(folder / "state" / "store.db")
    try:
        with httpx.Client(base_url=url, timeout=PATIENCE_S) as line:
            confirmed(line)
            decided(line, 3)
        lock.execute("BEGIN IMMEDIATE")
        telling = threading.Thread(target=tell_in_vain, args=(url,))
        telling.start()
        for _ in range(3_000):
            if (at := json.loads(path.read_text())["to_come"]["first_sequence"]) is not None:
                break
            time.sleep(0.01)
    finally:
        kill()
        lock.rollback()
        lock.close()
    telling.join()
    with running(folder) as station, client(station) as line:
        assert line.post("/v1/rolls", json=ROLL).json()["recipe_from"] is None, "the recipe needs no second word"
        decisions = decided(line, max(at, station.feed.last_sequence) + 10)
    assert {d["recipe"]["name"] for d in decisions if d["sequence"] < at} == {"default-anode"}
    assert {d["recipe"]["name"] for d in decisions if d["sequence"] >= at} == {"coarse"}


def tell_in_vain(url: str) -> None:
    """Tell of a roll to a station that is killed before it answers."""
    with pytest.raises(httpx.TransportError):
        httpx.post(f"{url}/v1/rolls", json=ROLL, timeout=PATIENCE_S)


def test_settings_that_name_another_recipe_count_again_and_it_is_told(folder):
    with running(folder) as station, client(station) as line:
        confirmed(line)
        decided(line, line.post("/v1/rolls", json=ROLL).json()["recipe_from"])
    own = folder / "own.toml"
    own.write_text(default_recipe_path("anode", "bright-field").read_text().replace('"default-anode"', '"own"'))
    with running(folder, recipe=str(own)) as station, client(station) as line:
        assert line.get("/v1/status").json()["recipe"]["name"] == "own"
        assert any("when ann changed the line over (order 4711)" in alarm for alarm in station.alarms())


def test_a_file_that_nobody_can_read_is_no_recipe_in_force(folder):
    (folder / "state" / "change_over.json").write_text("{")
    with pytest.raises(Exception, match="nobody knows which recipe was in force"):
        Station(settings(folder))
    (folder / "state" / "change_over.json").unlink()
    with Station(settings(folder)) as station:
        assert station.wait(PATIENCE_S)
    store = Store.in_file(folder / "state" / "store.db")
    assert {s.decision.recipe.name for s in store.decisions_after(0, 100)} == {"default-anode"}
    store.close()
