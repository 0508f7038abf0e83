"""Hold and bypass: never a milder verdict, never forgotten."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from inspection.errors import LineError
from inspection.station.frame_archive import is_wanted
from inspection.station.intervention import InterventionKind, Interventions, is_set_aside
from inspection.values import Reason, Verdict
from tests.support.api_rig import settings
from tests.support.patience import PATIENCE_S
from tests.support.rig import ScriptedSource, begun_store, build_pipeline, decision, frame, run_to_end, write_model
from tests.support.stations import Station


@pytest.fixture
def interventions(tmp_path):
    return Interventions(tmp_path / "state" / "intervention.json")


def test_during_a_hold_nothing_is_accepted_and_a_reject_stays_one(tmp_path, interventions):
    interventions.hold("splice", "ann")
    frames = [frame(n, pinhole=n == 2) for n in range(1, 5)]
    _, published = run_to_end(
        begun_store(tmp_path / "store.db"),
        (ScriptedSource(frames), build_pipeline(tmp_path)),
        intervention=lambda: interventions.current,
        deadline_ms=20_000,
    )
    assert [d.verdict for d in published] == [
        Verdict.UNINSPECTED,
        Verdict.REJECT,
        Verdict.UNINSPECTED,
        Verdict.UNINSPECTED,
    ]
    assert [d.reasons[-1].rule for d in published] == ["hold"] * 4
    assert "splice" in published[0].reasons[-1].sentence
    assert [is_set_aside(d) for d in published] == [True, False, True, True]


def test_a_hold_outlives_a_restart_and_is_ended_by_hand_only(tmp_path, interventions):
    interventions.hold("web break", "ann")
    again = Interventions(tmp_path / "state" / "intervention.json")
    assert again.current == interventions.current
    assert again.end("bob", "mended").reason == "web break"
    assert again.current is None
    assert Interventions(tmp_path / "state" / "intervention.json").current is None


def test_a_bypass_ends_by_itself(tmp_path):
    now = [datetime(2030, 1, 2, tzinfo=UTC)]
    interventions = Interventions(tmp_path / "intervention.json", lambda: now[0])
    interventions.bypass("set-up", "eve", 10)
    assert interventions.current.kind is InterventionKind.BYPASS
    now[0] += timedelta(minutes=9, seconds=59)
    assert interventions.current is not None
    now[0] += timedelta(seconds=1)
    assert interventions.current is None


class Clocks:
    """The wall clock, which can be set, and the running one, which can't; both run on by `pass_by`."""

    def __init__(self) -> None:
        self.wall, self.running_s, self.boot = datetime(2030, 1, 2, 12, tzinfo=UTC), 5000.0, "first"

    def pass_by(self, minutes: float) -> None:
        self.wall += timedelta(minutes=minutes)
        self.running_s += 60.0 * minutes

    def interventions(self, folder) -> Interventions:
        return Interventions(folder / "intervention.json", lambda: self.wall, lambda: self.running_s, lambda: self.boot)


@pytest.mark.parametrize("hours", [-26_000, -7, -0.5, -0.01])
def test_however_the_clock_is_set_back_a_bypass_never_lasts_longer_than_it_was_granted(tmp_path, hours):
    clocks = Clocks()
    interventions = clocks.interventions(tmp_path)
    interventions.bypass("set-up", "eve", 1)
    clocks.pass_by(0.5)
    clocks.wall += timedelta(hours=hours)
    clocks.pass_by(0.5)
    assert interventions.current is None
    assert clocks.interventions(tmp_path).current is None


@pytest.mark.parametrize("hours", [-7, 0, 7])
def test_a_restart_of_the_station_adds_nothing_to_a_bypass(tmp_path, hours):
    clocks = Clocks()
    clocks.interventions(tmp_path).bypass("set-up", "eve", 10)
    clocks.pass_by(6)
    clocks.wall += timedelta(hours=hours)
    again = clocks.interventions(tmp_path)
    assert (again.current is not None) is (hours == 0), "set by hours, it ends early"
    clocks.pass_by(4)
    assert again.current is None
    assert clocks.interventions(tmp_path).current is None


def test_a_bypass_ends_when_the_machine_starts_anew(tmp_path):
    clocks = Clocks()
    clocks.interventions(tmp_path).bypass("set-up", "eve", 60)
    clocks.boot, clocks.running_s = "second", 3.0
    assert clocks.interventions(tmp_path).current is None


def test_a_bypass_that_is_over_does_not_come_back_when_the_clock_is_set_right(tmp_path):
    clocks = Clocks()
    interventions = clocks.interventions(tmp_path)
    interventions.bypass("set-up", "eve", 60)
    clocks.wall += timedelta(days=400)
    assert interventions.current is None
    clocks.wall -= timedelta(days=400)
    assert interventions.current is None
    assert clocks.interventions(tmp_path).current is None


def test_a_hold_lasts_whatever_the_clocks_say(tmp_path):
    clocks = Clocks()
    clocks.interventions(tmp_path).hold("web break", "ann")
    clocks.wall -= timedelta(days=9000)
    clocks.boot, clocks.running_s = "second", 3.0
    assert clocks.interventions(tmp_path).current.reason == "web break"


def test_a_bypass_does_not_replace_a_hold(interventions):
    interventions.hold("web break", "ann")
    with pytest.raises(LineError, match="on hold"):
        interventions.bypass("never mind", "eve", 10)
    assert interventions.current.kind is InterventionKind.HOLD


def test_a_damaged_file_is_a_hold(tmp_path):
    (tmp_path / "intervention.json").write_text("{half")
    current = Interventions(tmp_path / "intervention.json").current
    assert current.kind is InterventionKind.HOLD
    assert "can't be read" in current.reason


@pytest.mark.parametrize("minutes", [0.0, -1.0, 480.5, 9999.0, float("inf"), float("nan")])
def test_a_bypass_longer_than_the_limit_is_refused_and_not_cut(tmp_path, minutes):
    interventions = Interventions(tmp_path / "intervention.json")
    with pytest.raises(LineError, match="at most 480 minutes"):
        interventions.bypass("trial", "eve", minutes)
    assert interventions.current is None


def test_a_hold_that_cannot_be_written_is_in_force_all_the_same(tmp_path):
    interventions = Interventions(tmp_path / "file" / "intervention.json")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LineError, match="would not outlive a restart"):
        interventions.hold("splice", "ann")
    assert interventions.current.kind is InterventionKind.HOLD


def test_of_pieces_set_aside_a_sample_is_saved_like_of_accepts():
    set_aside = decision(1, Verdict.UNINSPECTED, reasons=(Reason("bypass", "set-up"),), defects=())
    lost_too = decision(1, Verdict.UNINSPECTED, reasons=(Reason("late", "late"), Reason("bypass", "x")), defects=())
    assert not is_wanted(set_aside, 0.0)
    assert is_wanted(set_aside, 1.0)
    assert is_wanted(lost_too, 0.0)


@pytest.mark.slow
def test_the_line_hears_of_hold_and_bypass_over_the_api(tmp_path):
    write_model(tmp_path / "models" / "electrode-0.1")
    with Station(settings(tmp_path)) as station, httpx.Client(base_url=station.api_url, timeout=PATIENCE_S) as client:
        wanted = {"kind": "hold", "reason": "cleaning", "by": "ann"}
        end = {"by": "bob", "reason": "head is clean"}
        assert client.put("/v1/intervention", json=wanted).json()["reason"] == "cleaning"
        assert any("cleaning" in reason for reason in client.get("/readyz").json()["reasons"])
        status = client.get("/v1/status").json()
        assert status["intervention"]["kind"] == "hold"
        assert any("cleaning" in alarm for alarm in status["alarms"])
        bypass = {"kind": "bypass", "reason": "trial", "by": "eve", "minutes": 5}
        assert client.put("/v1/intervention", json=bypass).status_code == 409
        assert client.delete("/v1/intervention", params=end).json()["ended"]["by"] == "ann"
        assert client.put("/v1/intervention", json=bypass).json()["until_utc"]
        assert not any("trial" in reason for reason in client.get("/readyz").json()["reasons"])
        for wrong in ({**wanted, "minutes": 5}, {**bypass, "minutes": None}, {**wanted, "reason": " \u2003 "}):
            assert client.put("/v1/intervention", json=wrong).status_code == 422
        too_long = client.put("/v1/intervention", json={**bypass, "minutes": 9999})
        assert too_long.status_code == 422
        assert "minutes" in too_long.json()["detail"]
        assert "480" in too_long.json()["detail"]
        for blank in ({"by": "bob"}, {"by": "bob", "reason": "  "}):
            assert client.delete("/v1/intervention", params=blank).status_code == 422
        assert client.delete("/v1/intervention", params=end).json()["ended"]["kind"] == "bypass"
        assert client.delete("/v1/intervention", params=end).json() == {"ended": None}
