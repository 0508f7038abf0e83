"""Results over Modbus TCP, taken by pymodbus' own client: each one, in order, in the words of the line."""

import os
import signal
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

import psutil
import pytest
from pymodbus.exceptions import ModbusException

from inspection.line.modbus.numbers import hash_numbers
from tests.support.api_rig import FRAMES, settings
from tests.support.modbus_plc import Plc, a_plc
from tests.support.patience import PATIENCE_S, until

pytestmark = pytest.mark.process


def numbers(results):
    return [each["result_sequence"] for each in results]


def test_each_result_is_told_once_in_order_in_the_words_of_the_line(begin):
    station, door = begin()
    with a_plc(door) as plc:
        results = plc.take(FRAMES)
        assert numbers(results) == list(range(1, FRAMES + 1))
        for told in results:
            decision = station.feed.decision(told["result_sequence"])
            assert told["verdict"] == {"accept": 1, "reject": 2, "uninspected": 3}[decision.verdict]
            assert (told["reason"] == 0) == (decision.verdict == "accept")
            recipe, model = hash_numbers(decision.recipe.sha256), hash_numbers(decision.model.sha256)
            assert (told["result_recipe_hash_1"], told["result_recipe_hash_2"]) == recipe
            assert (told["result_model_hash_1"], told["result_model_hash_2"]) == model
            assert told["piece_number"] == decision.piece.number
            assert told["objects"] == len(decision.defects)
            assert told["start"] == round(decision.piece.start_mm * 10)
            assert told["length"] == round(decision.piece.length_mm * 10)
        until(lambda: door.state.acknowledged == FRAMES)
        assert station.store.decision(FRAMES).acknowledged_by == "plc:127.0.0.1"
        told = plc.told()
        assert (told["result_valid"], told["verdict"], told["result_sequence"]) == (0, 0, 0)
        until(lambda: plc.told()["results_waiting"] == 0)
        assert plc.told()["results_forced"] == 0
        assert (plc.told()["recipe_hash_1"], plc.told()["self_test"]) == (recipe[0], 0x12345678)


def test_after_a_pulled_cable_every_result_that_was_missed_comes_in_order_however_long_it_took(begin):
    station, door = begin(retry_s=0.05)
    with a_plc(door) as plc:
        plc.take(5)
        assert plc.next()["result_sequence"] == 6  # it was told, and the answer may not have come through
    assert station.wait(PATIENCE_S)
    until(lambda: door.state.partners == 0)
    with a_plc(door) as plc:
        assert plc.told()["result_sequence"] == 6
        assert numbers(plc.take(FRAMES - 5)) == list(range(6, FRAMES + 1))


def test_a_partner_that_reads_and_writes_nothing_lets_nothing_go(begin):
    _, door = begin(retry_s=0.05)
    with a_plc(door) as screen:
        for _ in range(50):
            screen.told()
        until(lambda: screen.told()["result_valid"])
        assert screen.told()["result_sequence"] == 1
        assert door.state.partners == 0


def test_a_partner_that_forgets_to_acknowledge_blocks_nobody_and_is_found_out(begin):
    station, door = begin(retry_s=0.05)
    with a_plc(door) as plc:
        seen = set()

        def has_seen_all():
            assert plc.write() == 0
            seen.add(plc.told()["result_sequence"])
            return seen >= set(range(1, FRAMES + 1))

        until(has_seen_all)
        until(lambda: plc.write() or plc.told()["results_forced"] == FRAMES)
        until(lambda: station.store.decision(FRAMES).acknowledged_by == "plc:forced, 127.0.0.1")
        until(lambda: "forgets to acknowledge" in door.state.trouble)
        until(lambda: door.state.counters["results_forced"] == FRAMES)


def test_after_kill_9_of_the_doors_process_nothing_is_missing(begin):
    _, door = begin()
    with a_plc(door) as plc:
        first = plc.take(7)
    until(lambda: door.state.acknowledged == 7)
    for process in psutil.Process().children():
        if "door_process" in " ".join(process.cmdline()):
            os.kill(process.pid, signal.SIGKILL)
    until(lambda: door.state.restarts == 1 and door.state.is_open)
    with a_plc(door) as plc:
        assert numbers(first) + numbers(plc.take(FRAMES - 7)) == list(range(1, FRAMES + 1))


def test_what_was_not_acknowledged_is_told_by_the_next_start_of_the_station(begin):
    station, door = begin()
    with a_plc(door) as plc:
        plc.take(12)
        plc.next()
        until(lambda: door.state.acknowledged == 12)
        assert station.wait(PATIENCE_S)
    _, door = begin()
    with a_plc(door) as plc:
        assert plc.write(result_acknowledged=0) == 0
        assert numbers(plc.take(2 * FRAMES - 12)) == list(range(13, 2 * FRAMES + 1))


def test_a_door_that_may_only_be_read_tells_results_and_takes_nothing_in(begin):
    station, door = begin(role="read", changes={"cameras": [slow_camera(30)]})
    with a_plc(door) as plc:
        assert plc.write() == 2
        seen = []
        until(lambda: seen.append(plc.told()["result_sequence"]) or seen[-1] == 30)
        assert sorted(set(seen)) == seen_in_order(seen)
        assert station.store.decision(30).acknowledged_by is None


PROGRAM = """
import sys
from inspection.doors import make_doors
from inspection.line.process_door import ProcessDoor
from inspection.station.settings import StationSettings
from inspection.station.station import Station
told = StationSettings.model_validate_json(sys.argv[1])
doors = make_doors(told)
with Station(told, doors=doors) as station:
    print(next(door.address for door in doors if isinstance(door, ProcessDoor)), flush=True)
    station.wait()
    sys.stdin.read()
"""


def test_after_kill_9_of_the_station_the_next_one_tells_all_that_was_not_acknowledged(folder, tmp_path):
    doors = {"plc": {"kind": "modbus", "port": 0}}
    told = settings(folder, state_dir=tmp_path / "state", cameras=[slow_camera(None)], doors=doors)
    heard = []
    for count in (8, 12):
        child = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, told.model_dump_json()], stdout=subprocess.PIPE, stdin=subprocess.PIPE,
            text=True, cwd=Path(__file__).parents[4],
        )  # fmt: skip
        address = next(line.strip() for line in child.stdout if line.startswith("modbus"))
        drain = threading.Thread(target=child.stdout.read, daemon=True)
        drain.start()
        plc = Plc(address)
        heard += numbers(plc.take(count))
        child.send_signal(signal.SIGKILL)
        child.wait()
        until(partial(is_hung_up_on, plc))
        plc.close()
        drain.join()
        child.stdout.close()
        child.stdin.close()
    # What was acknowledged in the last half second before the kill may be told again; nothing is left out.
    assert sorted(set(heard)) == list(range(1, max(heard) + 1))
    assert heard[:8] == list(range(1, 9))
    assert heard[8:] == list(range(heard[8], heard[8] + 12))


def is_hung_up_on(plc):
    try:
        return plc.client.read_input_registers(0, count=1).isError()
    except ModbusException:
        return True


def slow_camera(frames):
    web = {"width_px": 256, "severity": "clean"}
    return {"kind": "simulated", "web": web, "lines": 64, "line_rate_hz": 1600.0, "frame_limit": frames}


def seen_in_order(seen):
    return list(dict.fromkeys(seen))
