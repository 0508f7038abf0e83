"""The line names its rolls."""

import httpx
import pytest

from tests.support.api_rig import FRAMES, settings
from tests.support.patience import PATIENCE_S
from tests.support.rig import write_model
from tests.support.stations import Station


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rolls")
    write_model(folder / "models" / "electrode-0.1")
    with Station(settings(folder)) as station:
        assert station.wait(PATIENCE_S)
        with httpx.Client(base_url=station.api_url) as client:
            yield client


def test_rolls_are_named_ended_and_listed(client):
    assert [roll["roll_id"] for roll in client.get("/v1/rolls").json()] == ["run 1"]
    begun = client.post("/v1/rolls", json={"roll_id": "R-17", "by": "plc", "first_sequence": 11})
    assert (begun.status_code, begun.json()["first_sequence"]) == (201, 11)
    assert client.post("/v1/rolls/end", json={"by": "plc", "first_sequence": 21}).json()["roll_id"] is None
    found = client.get("/v1/rolls").json()
    assert [(roll["roll_id"], roll["first_sequence"], roll["is_named"]) for roll in found] == [
        ("run 1 from 21", 21, False),
        ("R-17", 11, True),
        ("run 1", 1, False),
    ]
    assert [roll["is_running"] for roll in found] == [True, False, False]


def test_a_roll_without_a_number_begins_with_the_next_frame(client):
    assert client.post("/v1/rolls", json={"roll_id": "R-18", "by": "plc"}).json()["first_sequence"] == FRAMES + 1


@pytest.mark.parametrize(
    "wrong", [{"roll_id": " x", "by": "plc"}, {"roll_id": "R"}, {"roll_id": "R", "by": "plc", "speed": 3}]
)
def test_a_wrong_word_is_refused(client, wrong):
    assert client.post("/v1/rolls", json=wrong).status_code == 422
