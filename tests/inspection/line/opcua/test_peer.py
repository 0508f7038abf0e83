"""A client that nobody here wrote goes through a shift: node-opcua, without security and with all of it."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.support.opcua_plant import a_plant
from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.process
PEER = Path(__file__).parent / "peer"


@pytest.fixture(scope="module")
def plant(folder, tmp_path_factory):
    with a_plant(folder, tmp_path_factory.mktemp("state")) as (station, door):
        yield station, door


def shift(door, *arguments):
    told = ["node", "line.mjs", door.address, *arguments]
    done = subprocess.run(told, cwd=PEER, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_node_opcua_browses_subscribes_and_runs_a_job(plant):
    station, door = plant
    recipe = station.status().recipe
    heard = shift(door, "None", "", "", "", "", f"{recipe.name}-{recipe.version}")
    assert {"VisionStateMachine", "RecipeManagement", "ConfigurationManagement", "ResultManagement"} <= set(
        heard["seen"]
    )
    assert heard["states"] == [
        "Preoperational",
        "Initialized",
        "Ready",
        "ContinuousExecution",
        "Ready",
        "Halted",
        "Preoperational",
    ]
    assert (heard["hash"], heard["completed"], heard["error"]) == (recipe.sha256, True, 0)
    sequences = [int(each["sequence"]) for each in heard["results"]]
    assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))
    for each in heard["results"]:
        decision = station.feed.decision(int(each["sequence"]))
        assert each["id"] == f"{station.store.epoch}.{decision.sequence}"
        assert each["evaluation"] == decision.verdict.code
