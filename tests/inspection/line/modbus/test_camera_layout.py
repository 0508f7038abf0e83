"""The layout of In-Sight cameras, as function blocks that were written for these use it."""

import pytest

from inspection.line.modbus.numbers import ERRORS
from inspection.line.modbus.server import serve
from inspection.people.key_role import KeyRole
from inspection.station.door_settings import ModbusSettings
from inspection.values import Verdict
from tests.support.modbus_plc import CameraPlc
from tests.support.patience import until
from tests.support.told_link import OTHER, ToldLink, serving


@pytest.fixture
def link():
    told = ToldLink(
        ModbusSettings(port=0, layout="in-sight", role=KeyRole.HOLD, recipes=("anode-1.0", "cathode-2.0"), retry_s=0.2)
    )
    with serving(serve, told):
        yield told


@pytest.fixture
def plc(link):
    plc = CameraPlc(link.address)
    yield plc
    plc.close()


def trigger(plc):
    """What a function block does; returns what is told with the acknowledgement."""
    plc.until(trigger_ready=1)
    plc.set(trigger=1)
    told = plc.until(trigger_ack=1)
    plc.set(trigger=0)
    plc.until(trigger_ack=0)
    return told


def test_bits_and_words_lie_where_function_blocks_look_for_them(link, plc):
    client = plc.client
    assert not client.write_register(0, 1 << 0 | 1 << 2).isError()  # trigger enable, buffer results enable
    link.decide(2)

    def word(address):
        return client.read_input_registers(address, count=1).registers[0]

    until(lambda: word(0) >> 11 & 1)  # results valid
    assert word(0) >> 7 & 1  # online
    assert word(0) & 1  # trigger ready
    assert word(1) >> 4 & 1  # job pass
    assert word(0) == client.read_holding_registers(5000, count=1).registers[0]
    assert client.read_input_registers(2000, count=8).registers == [1, 0, 0, 0, 1, 0, 1, 1]  # job 1, accept, number 1
    assert client.read_holding_registers(7000, count=5).registers == [1, 0, 0, 0, 1]
    assert client.read_discrete_inputs(0, count=32).bits[11]
    assert not client.write_coil(3, True).isError()  # results ack
    assert not client.read_discrete_inputs(11, count=1).bits[0]
    assert client.read_input_registers(2004, count=3).registers == [0, 0, 0]
    assert client.read_coils(0, count=4).bits[:4] == [True, False, True, True]
    assert not client.write_coils(0, [True, False, True, False]).isError()
    until(lambda: word(2006) == 2 or word(2000 + 5 + 1) == 2)


def test_each_result_is_held_until_the_bit_rises_and_the_next_comes_once_it_has_fallen(link, plc):
    plc.set()
    link.decide(20)
    link.decide(verdict=Verdict.UNINSPECTED, reason_code=6001)
    taken = plc.take(21)
    assert [each["result_sequence"] for each in taken] == list(range(1, 22))
    assert [each["job_pass"] for each in taken] == [1] * 20 + [0]
    assert [each["inspection_completed"] for each in taken] == [1, 0] * 10 + [1]
    assert (taken[-1]["result_code"], taken[-1]["reason"]) == (3, 6001)
    until(lambda: link.acknowledgements[-1] == (21, "127.0.0.1"))


def test_a_trigger_has_its_acquisition_id_before_its_acknowledgement_and_the_result_echoes_it(link, plc):
    plc.set()
    plc.put(new_piece_id=70_000, encoder_position=-9)
    plc.set(set_user_data=1)
    plc.until(set_user_data_ack=1)
    plc.set(set_user_data=0)
    assert trigger(plc)["acquisition_id"] == 1
    assert trigger(plc)["acquisition_id"] == 2
    first, second = link.asked
    assert (first.piece_id, second.piece_id) == ("70000", None)
    assert first.trigger_id != second.trigger_id
    link.decide(trigger_id=second.trigger_id)
    link.decide(trigger_id=first.trigger_id, piece_id="70000")
    link.decide(trigger_id="of another door-1")
    taken = plc.take(3)
    assert [each["head_inspection_id"] for each in taken] == [2, 1, 0]
    assert [each["piece_id"] for each in taken] == [0, 70_000, 0]
    assert taken[1]["trigger_encoder"] == -9


def test_a_trigger_that_is_not_enabled_or_refused_is_an_acquisition_error(link, plc):
    plc.set(trigger_enable=0)
    plc.set(trigger=1)
    told = plc.until(acquisition_error=1)
    assert (told["trigger_ack"], told["trigger_ready"], link.asked) == (0, 0, [])
    plc.set(trigger_enable=1)  # the bit that was ignored stays ignored
    assert plc.until(acquisition_error=0)["trigger_ack"] == 0
    assert link.asked == []
    plc.set(trigger=0)
    link.refuses = "too-many-triggers"
    plc.set(trigger=1)
    told = plc.until(acquisition_error=1)
    assert (told["trigger_ack"], told["error"], told["error_id"]) == (0, 1, ERRORS["too-many-triggers"])
    plc.set(trigger=0, clear_error=1)
    plc.until(error=0)
    link.refuses = None
    plc.set(clear_error=0)
    trigger(plc)
    plc.until(acquisition_error=0)


def test_a_job_change_prepares_and_confirms_the_recipe_with_that_number(link, plc):
    plc.set()
    plc.put(job=2)
    plc.set(execute_command=1)
    told = plc.until(command_completed=1)
    assert told["command_failed"] == 0
    assert [order.order for order in link.asked] == ["prepare_recipe", "confirm_recipe"]
    assert (link.asked[0].recipe, link.asked[1].sha256) == ("cathode-2.0", OTHER.sha256)
    plc.set(execute_command=0)
    plc.until(command_completed=0)
    plc.put(job=3)
    plc.set(execute_command=1)
    assert plc.until(command_failed=1)["error_id"] == ERRORS["not-found"]
    assert len(link.asked) == 2
    plc.set(execute_command=0)
    plc.until(command_failed=0)


def test_set_offline_and_strings(link, plc):
    plc.set(set_offline=1)
    told = plc.until(online=0)
    assert (told["offline_reason_1"], told["offline_reason_2"], told["offline_reason_4"]) == (0, 1, 0)
    assert told["trigger_ready"] == 0
    plc.set(set_offline=0, initiate_string_command=1)
    plc.until(online=1, string_command_error=1)
    plc.set(initiate_string_command=0)
    plc.until(string_command_error=0)


def test_without_buffering_each_result_stays_until_it_was_read(link, plc):
    plc.set(buffer_results_enable=0)
    link.decide(30)
    seen = []

    def has_seen_all():
        told = plc.told()
        if told["results_valid"] and told["result_sequence"] not in seen:
            seen.append(told["result_sequence"])
        return len(seen) == 30

    until(has_seen_all)
    assert seen == list(range(1, 31))
    plc.told()
    until(lambda: plc.told() and link.acknowledgements and link.acknowledgements[-1] == (30, "read, 127.0.0.1"))


def test_status_and_output_that_are_read_one_after_the_other_are_about_the_same_result(link, plc):
    plc.set(buffer_results_enable=0)
    for number in range(1, 31):
        link.decide(verdict=Verdict.ACCEPT if number % 3 else Verdict.REJECT)
    seen = {}

    def has_seen_all():
        told = plc.told()
        if told["results_valid"]:
            assert told["job_pass"] == (told["result_code"] == 1)
            assert told["inspection_completed"] == told["result_sequence"] % 2
            seen[told["result_sequence"]] = told["result_code"]
        return len(seen) == 30

    until(has_seen_all)
    assert seen == {number: 1 if number % 3 else 2 for number in range(1, 31)}


@pytest.mark.parametrize("is_held", [0, 1])
def test_a_function_block_that_reads_its_status_alone_gets_on_too(link, plc, is_held):
    plc.set(buffer_results_enable=is_held)
    link.decide(6)
    toggles = []

    def has_seen_all():
        answer = plc.client.read_discrete_inputs(0, count=32)
        if answer.bits[11] and toggles[-1:] != [answer.bits[9]]:
            assert answer.bits[20]
            toggles.append(answer.bits[9])
            if is_held:
                plc.set(results_ack=1)
                plc.set(results_ack=0)
        return len(toggles) == 6

    until(has_seen_all)
    assert toggles == [True, False] * 3


def test_nothing_is_let_go_before_the_plc_has_written_its_bits(link, plc):
    link.decide(2)
    told = plc.until(results_valid=1)
    for _ in range(20):
        assert plc.told()["result_sequence"] == told["result_sequence"] == 1
    assert link.acknowledgements == []


def test_a_forgotten_bit_lets_go_after_its_time_with_an_edge_and_a_late_one_takes_nothing(link, plc):
    plc.set()
    link.decide(2)
    plc.until(results_valid=1)
    plc.until(results_valid=0)  # read again and again, and never acknowledged
    until(lambda: link.acknowledgements == [(1, "forced, 127.0.0.1")])
    plc.set(results_ack=1)
    plc.set(results_ack=0)
    assert plc.until(results_valid=1)["result_sequence"] == 2
    assert link.acknowledgements == [(1, "forced, 127.0.0.1")]
