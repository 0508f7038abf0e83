"""Our own layout, number by number: triggers, commands, acknowledgements, and what must be refused."""

from dataclasses import dataclass
from functools import partial

import pytest

from inspection.line.modbus.numbers import ERRORS, hash_numbers
from inspection.line.modbus.registers import WordOrder
from inspection.line.modbus.server import serve
from inspection.line.refusal import REFUSALS
from inspection.line.result import ResultObject
from inspection.people.key_role import KeyRole
from inspection.station.door_settings import ModbusSettings
from inspection.values import Severity, Verdict
from tests.support.modbus_plc import Plc
from tests.support.patience import until
from tests.support.told_link import OTHER, ToldLink, serving


@dataclass
class Line:
    link: ToldLink
    plc: Plc


@pytest.fixture
def line(request):
    changes = getattr(request, "param", {})
    link = ToldLink(ModbusSettings(port=0, role=KeyRole.HOLD, recipes=("anode-1.0", "cathode-2.0"), **changes))
    with serving(serve, link):
        plc = Plc(link.address, WordOrder(changes.get("word_order", "high-first")))
        yield Line(link, plc)
        plc.close()


def test_nothing_that_was_not_said_reads_as_accept(line):
    told = line.plc.told()
    assert (told["result_valid"], told["verdict"], told["result_sequence"]) == (0, 0, 0)
    line.link.decide()
    told = line.plc.next()
    assert (told["verdict"], told["result_valid"]) == (1, 1)
    line.plc.write(result_acknowledged=1)
    assert (line.plc.told()["verdict"], line.plc.told()["result_valid"]) == (0, 0)


@pytest.mark.parametrize("line", [{"word_order": "low-first"}, {}], indirect=True)
def test_the_self_test_register_shows_the_word_order_and_all_numbers_keep_it(line):
    line.link.decide()
    assert line.plc.told()["self_test"] == 0x12345678
    assert line.plc.next()["start"] == 3000
    other = Plc(
        line.link.address, WordOrder.LOW_FIRST if line.plc.order is WordOrder.HIGH_FIRST else WordOrder.HIGH_FIRST
    )
    words = other.words(0, 2)
    other.close()
    assert words != [0x1234, 0x5678] if line.plc.order is WordOrder.LOW_FIRST else words == [0x1234, 0x5678]


def test_a_result_is_told_with_all_its_numbers(line):
    pinhole = ResultObject(
        kind="E01", kind_number=1, severity=Severity.S2, is_guilty=True, length_mm=1.25, width_mm=0.5,
        diameter_mm=0.75, md_mm=-12.34, cd_mm=88.0, lane=2,
    )  # fmt: skip
    line.link.decide(
        verdict=Verdict.REJECT, reason_code=1001, severity_code=2, reasons=1, lane=2, objects=(pinhole,),
        object_count=9, start_counts=2**31 + 5, length_counts=600, latency_ms=70_000.0, deadline_met=False,
        piece_id="77", trigger_id="A-7",
    )  # fmt: skip
    told = line.plc.next()
    expected = {
        "verdict": 2, "reason": 1001, "severity": 2, "lane": 2, "reasons": 1, "objects": 9, "cut": 3,
        "start": 3000, "length": 3000, "start_counts": 5 - 2**31, "length_counts": 600, "latency": 65535,
        "deadline_met": 0, "knows_place": 1, "knows_counts": 1, "knows_piece_id": 1, "piece_id": 77,
        "knows_trigger_id": 0, "trigger_id": 0, "inspection_id": 0, "knows_trigger_encoder": 0,
        "object_1_kind": 1, "object_1_severity": 2, "object_1_guilty": 1, "object_1_lane": 2,
        "object_1_along": -123, "object_1_across": 880, "object_1_length": 1250, "object_1_width": 500,
        "object_1_diameter": 750, "object_2_kind": 0,
    }  # fmt: skip
    assert {name: told[name] for name in expected} == expected


def test_a_trigger_is_taken_in_once_and_its_ids_and_encoder_come_back_with_the_result(line):
    asked = {"new_trigger_id": 4_000_000_000, "new_piece_id": 12, "encoder_position": -5}
    assert line.plc.ask("trigger_count", **asked) == 0
    order = line.link.asked[0]
    assert (order.trigger_id, order.piece_id, order.by) == ("4000000000", "12", "127.0.0.1")
    assert order.place_counts is None
    assert line.plc.told()["acquisition_id"] == 1
    for _ in range(3):
        assert line.plc.write() == 0  # the same counter again
    line.link.decide(trigger_id="4000000000", piece_id="12")
    told = line.plc.next()
    assert (told["trigger_id"], told["piece_id"], told["trigger_encoder"]) == (4_000_000_000, 12, -5)
    assert told["inspection_id"] == 1
    assert len(line.link.asked) == 1


@pytest.mark.parametrize("line", [{"trigger_place": "encoder"}], indirect=True)
def test_where_the_settings_say_so_a_trigger_belongs_where_its_encoder_says(line):
    assert line.plc.ask("trigger_count", new_trigger_id=1, encoder_position=6000) == 0
    assert line.link.asked[0].place_counts == 6000


def test_a_trigger_that_the_station_refuses_says_why_and_its_error_stays_until_it_is_cleared(line):
    line.link.refuses = "duplicate"
    assert line.plc.ask("trigger_count", new_trigger_id=7) == ERRORS["duplicate"]
    told = line.plc.told()
    assert (told["error"], told["error_id"], told["acquisition_id"]) == (1, ERRORS["duplicate"], 0)
    line.plc.write(clear_error=1)
    assert (line.plc.told()["error"], line.plc.told()["error_id"]) == (0, 0)
    assert line.plc.told()["trigger_answer"] == ERRORS["duplicate"]


def test_each_name_of_a_refusal_has_a_number_of_its_own():
    assert set(ERRORS) == set(REFUSALS)
    assert len(set(ERRORS.values())) == len(ERRORS)


def test_a_recipe_by_number_is_prepared_and_confirmed_by_its_hash(line):
    plc, link = line.plc, line.link
    assert plc.ask("command_count", command=1, argument=2) == 0
    assert link.asked[-1].recipe == "cathode-2.0"
    first, second = hash_numbers(OTHER.sha256)
    asked = len(link.asked)
    assert plc.ask("command_count", command=2, hash_1=first, hash_2=second + 1) == ERRORS["conflict"]
    assert len(link.asked) == asked
    assert plc.ask("command_count", command=2, hash_1=first, hash_2=second) == 0
    assert link.asked[-1].sha256 == OTHER.sha256
    for number in (0, 3, 2**32 - 1):
        assert plc.ask("command_count", command=1, argument=number) == ERRORS["not-found"]
    assert plc.told()["recipe"] == 1


@pytest.mark.parametrize(
    ("command", "argument", "order"),
    [(3, 0, "cancel_recipe"), (4, 99, "begin_roll"), (5, 0, "end_roll"), (6, 0, "hold"), (7, 0, "end_intervention")],
)
def test_each_command_is_an_order_of_its_own(line, command, argument, order):
    assert line.plc.ask("command_count", command=command, argument=argument) == 0
    assert line.link.asked[-1].order == order
    if order == "begin_roll":
        assert line.link.asked[-1].roll == "99"


def test_taken_offline_by_the_plc_it_refuses_triggers_and_tells_results(line):
    plc = line.plc
    assert plc.ask("command_count", command=8) == 0
    assert (plc.told()["online"], plc.told()["offline_reason"], plc.told()["ready"]) == (0, 2, 0)
    assert plc.ask("trigger_count", new_trigger_id=1) == ERRORS["unavailable"]
    line.link.decide()
    assert plc.take(1)[0]["verdict"] == 1
    assert plc.ask("command_count", command=9) == 0
    plc.write()
    assert (plc.told()["online"], plc.told()["ready"]) == (1, 1)


@pytest.mark.parametrize("line", [{"heartbeat_s": 0.3}], indirect=True)
def test_heartbeats_both_ways(line):
    plc, link = line.plc, line.link
    plc.write()
    assert plc.told()["partner_away"] == 0
    until(lambda: plc.told()["partner_away"] == 1)
    assert (plc.told()["online"], plc.told()["offline_reason"]) == (0, 5)
    until(lambda: link.partners.connected == 0 and "heartbeat register stands still" in link.partners.detail)
    plc.write()
    until(lambda: plc.write() == 0 and link.partners.connected == 1)
    first = plc.told()["heartbeat"]
    until(lambda: plc.told()["heartbeat"] != first)
    link.is_fresh = False
    still = plc.told()["heartbeat"]
    assert (plc.told()["online"], plc.told()["offline_reason"]) == (0, 1)
    asked = iter(range(50))
    until(lambda: plc.told()["heartbeat"] != still or next(asked) == 49)
    assert plc.told()["heartbeat"] == still


def test_so_many_uninspected_in_a_row_ask_for_a_stop(line):
    line.link.status = line.link.status.model_copy(update={"uninspected_in_a_row": 9})
    assert line.plc.told()["stop_request"] == 0
    line.link.status = line.link.status.model_copy(update={"uninspected_in_a_row": 10})
    assert line.plc.told()["stop_request"] == 1


def test_a_hold_and_a_station_that_is_not_ready_are_told_with_their_reason(line):
    for changes, reason in (({"intervention": "hold"}, 3), ({"is_ready": False}, 4)):
        line.link.status = line.link.status.model_copy(update=changes)
        told = line.plc.told()
        assert (told["online"], told["ready"], told["offline_reason"]) == (0, 0, reason)
        line.link.status = line.link.status.model_copy(update={"intervention": None, "is_ready": True})


def test_a_buffer_that_is_full_says_so_and_loses_nothing(line):
    line.link.decide(200)
    until(lambda: line.plc.told()["overrun"])
    line.plc.write()
    assert line.plc.told()["results_waiting"] == 200
    assert [each["result_sequence"] for each in line.plc.take(200)] == list(range(1, 201))
    assert line.plc.told()["overrun"] == 0
    assert line.plc.told()["overruns"] > 0
    until(lambda: line.link.acknowledgements[-1] == (200, "127.0.0.1"))


@pytest.mark.parametrize("number", [2, 3, 2**32 - 1])
def test_acknowledgements_out_of_order_are_refused_and_change_nothing(line, number):
    line.link.decide(3)
    line.plc.next()
    assert line.plc.write(result_acknowledged=number, new_trigger_id=5, trigger_count=1) == 3
    told = line.plc.told()
    assert (told["result_sequence"], told["writes_refused"], told["trigger_answered"]) == (1, 1, 0)
    assert line.link.asked == []
    assert line.plc.client.read_holding_registers(1000, count=20).registers[2:8] == [0] * 6
    assert line.plc.write(result_acknowledged=1) == 0
    assert line.plc.write(result_acknowledged=1) == 0
    line.plc.next()
    assert line.plc.write(result_acknowledged=2) == 0
    assert line.plc.write(result_acknowledged=1) == 3


def test_reading_and_acknowledging_in_one_request_takes_a_result_each_time(line):
    line.link.decide(5)
    line.plc.write()
    taken = []

    def take():
        answer = line.plc.client.readwrite_registers(
            read_address=50, read_count=3, write_address=1002, values=[0, taken[-1] if taken else 0]
        )
        assert not answer.isError()
        number = answer.registers[1]
        if number and number not in taken:
            taken.append(number)
        return len(taken) == 5

    until(take)
    assert taken == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"command": 0, "command_count": 1}, 3),
        ({"command": 10, "command_count": 1}, 3),
        ({"new_trigger_id": 0, "trigger_count": 1}, 3),
    ],
)
def test_what_means_nothing_is_refused_whole(line, changes, code):
    assert line.plc.write(**changes) == code
    told = line.plc.told()
    assert (told["command_answered"], told["trigger_answered"], line.link.asked) == (0, 0, [])


def is_taken(plc, number):
    return plc.write(new_trigger_id=number, trigger_count=number) == 0


def test_more_triggers_than_can_wait_are_answered_busy_and_come_later(line):
    line.link.is_slow = True
    line.plc.write()
    answers = [line.plc.write(new_trigger_id=number, trigger_count=number) for number in range(1, 50)]
    taken = answers.index(6)
    assert answers == [0] * taken + [6] * (49 - taken)
    assert line.plc.told()["ready"] == 0
    line.link.is_slow = False
    for number in range(taken + 1, 50):
        until(partial(is_taken, line.plc, number))
    until(lambda: line.plc.told()["trigger_answered"] == 49)
    assert [order.trigger_id for order in line.link.asked] == [str(number) for number in range(1, 50)]
