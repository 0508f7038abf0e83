"""The how-to's settings, commands and access list, tried as a line engineer would."""

import json
import re
import subprocess
import textwrap
from pathlib import Path

import pytest

from inspection.station.settings import load_settings
from tests.support.api_rig import FRAMES, settings
from tests.support.mosquitto import Mosquitto, a_partner
from tests.support.patience import PATIENCE_S, until
from tests.support.stations import Station

pytestmark = pytest.mark.process
HOW_TO = (Path(__file__).resolve().parents[2] / "docs/how-to/connect-mqtt.md").read_text()
STATION = 'recipe = "anode"\n[[cameras]]\nkind = "simulated"\n'


def blocks(language):
    return [
        textwrap.dedent(text) for text in re.findall(rf"^```{language}\n(.*?)^```", HOW_TO, re.MULTILINE | re.DOTALL)
    ]


def door(tmp_path, *shown):
    path = tmp_path / "station.toml"
    path.write_text(STATION + "\n".join(shown))
    return load_settings(path).doors["plc"]


@pytest.fixture
def run(tmp_path):
    """Runs a shown command against a broker, and gives what it prints."""

    def run(command, port):
        told = ["bash", "-c", command.replace("-p 1883", f"-p {port}")]
        done = subprocess.run(told, capture_output=True, text=True, timeout=PATIENCE_S, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return run


def test_the_shown_commands_do_what_the_text_says(folder, tmp_path, run):
    plain, _, sparkplug = blocks("toml")
    told = door(tmp_path, plain, sparkplug)
    results, status, trigger, roll = blocks("sh")
    with Mosquitto(tmp_path) as broker:
        doors = {"plc": told.model_copy(update={"port": broker.port}).model_dump()}
        with Station(settings(folder, state_dir=tmp_path / "state", doors=doors)) as station:
            heard = [json.loads(line) for line in run(results, broker.port)]
            assert [each["sequence"] for each in heard] == [1, 2, 3]
            until(lambda: station.door("plc").state.acknowledged == FRAMES)
            (line,) = run(status, broker.port)
            assert json.loads(line)["online"] is True
            (line,) = run(trigger, broker.port)
            assert json.loads(line)["is_done"] is True
            assert station.triggers.waiting() == 1
            with a_partner(broker.port, "line1/answer") as partner:
                run(roll, broker.port)
                (answer,) = partner.wait("line1/answer")
                assert (answer["request_id"], answer["is_done"]) == ("r-1", True)
                assert answer["answer"]["roll"] == "R-2041"
            # The session of the first command has been kept: what it had not acknowledged when it ended is there.
            first, *others = [json.loads(line)["sequence"] for line in run(results, broker.port)]
            assert 1 < first <= 4
            assert others == [first + 1, first + 2]


def test_the_shown_access_list_lets_each_do_its_part_and_no_more(folder, tmp_path):
    (rights,) = blocks("text")
    (tmp_path / "rights").write_text(rights)
    users = tmp_path / "users"
    users.write_text("station:one\nplc:two\n")
    Mosquitto.hash_passwords(users)
    users.chmod(0o644)
    (tmp_path / "mqtt.password").write_text("one\n")
    encrypted = door(tmp_path, blocks("toml")[1])
    assert encrypted.password_file == tmp_path / "mqtt.password"
    lines = ("allow_anonymous false", f"password_file {users}", f"acl_file {tmp_path / 'rights'}")
    with Mosquitto(tmp_path, *lines) as broker:
        here = {"host": "127.0.0.1", "port": broker.port, "security": "none", "ca_file": None}
        doors = {"plc": encrypted.model_copy(update=here).model_dump()}
        told = settings(folder, state_dir=tmp_path / "state", doors=doors)
        with (
            a_partner(broker.port, "line1/#", "plc/1/answer", login=("plc", "two")) as partner,
            Station(told) as station,
        ):
            partner.wait("line1/result", FRAMES)
            partner.publish("line1/result", {"sequence": 999_999, "verdict_code": 1})
            partner.publish("line1/command/hold", {"request_id": "1", "reason": "x"})
            partner.publish(
                "line1/command/trigger", {"request_id": "2", "trigger_id": "T1"}, ResponseTopic="plc/1/answer"
            )
            assert partner.wait("plc/1/answer")[0]["is_done"]
            assert partner.on("line1/answer") == []
            assert max(each["sequence"] for each in partner.on("line1/result")) == FRAMES
            assert station.door("plc").state.trouble == ""
