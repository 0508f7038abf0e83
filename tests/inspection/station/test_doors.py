"""What a door to the line may do to the station: refuse its start, and be told about; never hold up a decision."""

import socket
import threading
from dataclasses import dataclass, field

import httpx
import pytest

from inspection.alarms.condition import AlarmKind, said
from inspection.api.http_door import HttpDoor
from inspection.doors import make_doors
from inspection.errors import DoorError, SettingsError
from inspection.station.desk import Desk
from inspection.station.door_guard import DoorGuard
from inspection.station.door_state import DoorState
from inspection.station.station import Station
from tests.support.api_rig import FRAMES, settings
from tests.support.patience import PATIENCE_S


@dataclass
class Hatch:
    """A door that one program in this process uses; what happens to it is told to it."""

    name: str = "hatch"
    address: str = "here"
    access: str = "whoever holds it"
    followers: int = 1
    refuses: str | None = None
    troubles: list[str] = field(default_factory=list)
    is_speechless: bool = False
    is_stuck_shut: bool = False
    hangs: threading.Event | None = None
    """Nothing returns before this is set."""
    desk: Desk | None = None
    closed: int = 0

    @property
    def state(self):
        return DoorState(self.name, "hatch", self.address, self.desk is not None, self.followers)

    def open(self, desk):
        if self.refuses is not None:
            raise DoorError(self.refuses)
        self.desk = desk

    def conditions(self):
        if self.hangs is not None:
            self.hangs.wait()
        if self.is_speechless:
            raise RuntimeError("no answer")
        return said(AlarmKind.API_REFUSES, self.troubles)

    def close(self):
        self.closed += 1
        if self.hangs is not None:
            self.hangs.wait()
        if self.is_stuck_shut:
            raise RuntimeError("rusty")


@pytest.fixture
def told(folder, tmp_path):
    return settings(folder, state_dir=tmp_path / "state")


def test_a_station_without_any_door_decides_all_the_same(told):
    with Station(told) as station:
        assert station.wait(PATIENCE_S)
        assert station.feed.last_sequence == FRAMES
        assert station.status().streams_open == 0


def test_a_door_is_open_before_the_first_decision_and_reads_them_all(told):
    hatch = Hatch()
    with Station(told, doors=[hatch]) as station:
        assert hatch.desk is not None
        assert station.wait(PATIENCE_S)
        assert hatch.desk.feed.last_sequence == FRAMES
        assert station.status().streams_open == 1
        assert station.door("hatch") is hatch
    assert hatch.closed == 1


def test_a_door_that_does_not_open_refuses_the_start_and_nothing_stays_open(told):
    first, second = Hatch(name="first"), Hatch(name="second", refuses="The bus is not there. Plug it in.")
    station = Station(told, doors=[first, second])
    with pytest.raises(DoorError, match="Plug it in"):
        station.start()
    assert (first.closed, second.closed) == (1, 1)
    with Station(told) as again:  # the store was given back
        assert again.wait(PATIENCE_S)


def test_doors_are_closed_where_the_station_cannot_be_made(told):
    hatch = Hatch()
    with Station(told), pytest.raises(Exception, match="Another station"):
        Station(told, doors=[hatch])
    assert hatch.closed == 1


def test_what_a_door_has_to_say_is_an_alarm(told):
    hatch = Hatch(troubles=["The controller has not answered for 3 s."])
    with Station(told, doors=[hatch]) as station:
        assert any("has not answered for 3 s" in alarm for alarm in station.alarms())
        hatch.troubles.clear()
        assert not any("has not answered" in alarm for alarm in station.alarms())


def test_a_door_that_cannot_even_say_how_it_is_makes_the_station_not_ready_and_hides_nothing(told):
    speechless, other = Hatch(is_speechless=True), Hatch(name="other", troubles=["A client was refused."])
    with Station(told, doors=[speechless, other]) as station:
        assert any("hatch door" in reason for reason in station.not_ready())
        assert any("A client was refused" in alarm for alarm in station.alarms())
        assert station.wait(PATIENCE_S)
        assert station.feed.last_sequence == FRAMES


def test_a_door_that_hangs_makes_the_station_not_ready_hides_nothing_and_is_asked_again_once_it_answers(told):
    hanging, other = Hatch(hangs=threading.Event()), Hatch(name="other", troubles=["A client was refused."])
    with Station(told, doors=[hanging, other]) as station:
        assert any("hatch door" in reason and "does not answer" in reason for reason in station.not_ready())
        assert any("A client was refused" in alarm for alarm in station.alarms())
        assert station.wait(60)
        assert station.feed.last_sequence == FRAMES
        hanging.hangs.set()
        for asking in [thread for thread in threading.enumerate() if thread.name == "ask hatch"]:
            asking.join(30)
        assert not any("hatch" in reason for reason in station.not_ready())


def test_a_door_that_hangs_when_it_is_closed_is_left_behind():
    hanging = Hatch(hangs=threading.Event())
    DoorGuard(hanging, close_s=0.05).close()
    assert hanging.closed == 1
    hanging.hangs.set()


@pytest.mark.slow
def test_a_door_that_fails_to_close_keeps_neither_the_others_nor_the_store(told):
    rusty, other = Hatch(is_stuck_shut=True), Hatch(name="other")
    with Station(told, doors=[rusty, other]) as station:
        assert station.wait(PATIENCE_S)
    assert (rusty.closed, other.closed) == (1, 1)
    with Station(told) as again:
        assert again.wait(PATIENCE_S)


@pytest.mark.slow
def test_the_http_door_answers_once_it_is_open_and_says_when_its_thread_has_died(told):
    with Station(told, doors=make_doors(told)) as station:
        door = station.door("http")
        assert httpx.get(f"{door.address}/v1/status", timeout=PATIENCE_S).status_code == 200
        assert list(door.conditions()) == []
        door._server.should_exit = True  # as if its event loop had come to an end by itself
        next(thread for thread in threading.enumerate() if thread.name == "api").join(30)
        (dead,) = door.conditions()
        assert dead.kind is AlarmKind.STATION_THREAD
        assert any("API's thread has died" in reason for reason in station.not_ready())
        assert station.wait(PATIENCE_S)
        assert station.feed.last_sequence == FRAMES
    assert list(door.conditions()) == [], "it was closed, and need not live"


def test_a_claimed_address_is_given_back_by_a_door_that_never_opened(told):
    door = HttpDoor(told)
    port = int(door.address.rsplit(":", 1)[1])
    taken = told.model_copy(update={"api": told.api.model_copy(update={"port": port})})
    with pytest.raises(SettingsError, match="can't listen"):
        make_doors(taken)
    door.close()
    door.close()
    (again,) = make_doors(taken)
    again.close()
    with socket.create_server(("127.0.0.1", port)):
        pass
