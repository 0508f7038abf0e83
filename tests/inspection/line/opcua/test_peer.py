"""A client that nobody here wrote goes through a shift: node-opcua, without security and with all of it."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from inspection.line.opcua.certificates import Certificates
from inspection.people.api_keys import ApiKeys
from inspection.people.key_role import KeyRole
from tests.support.opcua_plant import a_plant, people_of
from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.process
PEER = Path(__file__).parent / "peer"


@pytest.fixture(scope="module")
def plant(folder, tmp_path_factory):
    with a_plant(folder, tmp_path_factory.mktemp("state")) as (station, door):
        yield station, door


def shift(home, door, *arguments):
    told = ["node", "line.mjs", door.address, *map(str, arguments)]
    environment = os.environ | {"HOME": str(home), "XDG_CONFIG_HOME": str(home)}  # where it keeps certificates
    done = subprocess.run(
        told, cwd=PEER, capture_output=True, text=True, timeout=PATIENCE_S, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))


def test_node_opcua_browses_subscribes_and_runs_a_job(plant, tmp_path):
    station, door = plant
    recipe = station.status().recipe
    check(station, shift(tmp_path, door, "None", "", "", "", "", f"{recipe.name}-{recipe.version}"))


@pytest.mark.parametrize("mode", ["Sign", "SignAndEncrypt"])
def test_node_opcua_does_so_with_a_certificate_and_a_user(folder, tmp_path, mode):
    state = tmp_path / "state"
    with people_of(state) as database:
        key = ApiKeys(database).add("ann", "the-line", KeyRole.TRIGGER)
    line = Certificates(tmp_path / "line")
    line.make("urn:a-line", "a line")
    certificates = Certificates(state / "doors" / "plc")
    with a_plant(folder, state, security="sign", anonymous=None, role="trigger") as (station, door):
        shutil.copy(line.certificate, certificates.trusted / "line.der")
        pem = tmp_path / "line.pem"
        pem.write_bytes(x509.load_der_x509_certificate(line.certificate.read_bytes()).public_bytes(Encoding.PEM))
        recipe = station.status().recipe
        told = mode, pem, line.key, "the-line", key, f"{recipe.name}-{recipe.version}"
        check(station, shift(tmp_path, door, *told))


def check(station, heard):
    recipe = station.status().recipe
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
