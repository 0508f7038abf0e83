"""The table of registers: no number in another one's place, and what is written into words is read from them."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from inspection.cli import app
from inspection.line.modbus.layouts import IN_SIGHT, LAYOUTS, STATION
from inspection.line.modbus.registers import CSV_HEADS, Shape, WordOrder

BLOCKS = {id(place.block): place.block for layout in LAYOUTS.values() for place in layout.places}.values()
RANGES = {Shape.WORD: (0, 0xFFFF), Shape.LONG: (0, 2**32 - 1), Shape.SIGNED: (-(2**31), 2**31 - 1)}


@pytest.mark.parametrize("block", BLOCKS, ids=[block.name for block in BLOCKS])
def test_no_register_lies_in_another_and_no_name_is_given_twice(block):
    taken = [address for each in block.registers for address in range(each.offset, each.end)]
    assert len(taken) == len(set(taken))
    assert max(taken) < block.size
    assert len(block.names) == len(set(block.names))
    for each in block.registers:
        assert len({bit.place for bit in each.bits}) == len(each.bits)
        assert bool(each.bits) == (each.shape is Shape.BITS)
        assert all(bit.place < 16 for bit in each.bits)


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=list(LAYOUTS))
@pytest.mark.parametrize("table", ["holding", "inputs"])
def test_no_block_lies_in_another(layout, table):
    taken = []
    for place in layout.places:
        if (start := getattr(place, table)) is not None:
            taken += range(start, start + place.block.size)
    assert len(taken) == len(set(taken))


@pytest.mark.parametrize("order", WordOrder)
@pytest.mark.parametrize("block", BLOCKS, ids=[block.name for block in BLOCKS])
@given(data=st.data())
def test_what_is_written_into_words_is_read_from_them(block, order, data):
    values = {}
    for each in block.registers:
        values |= {bit.name: data.draw(st.integers(0, 1)) for bit in each.bits}
        if not each.bits:
            values[each.name] = data.draw(st.integers(*RANGES[each.shape]))
    words = block.encode(values, order)
    assert len(words) == block.size
    assert all(0 <= word <= 0xFFFF for word in words)
    assert block.decode(words, order) == values


@pytest.mark.parametrize("block", BLOCKS, ids=[block.name for block in BLOCKS])
def test_what_has_no_value_is_nought(block):
    assert block.encode({}, WordOrder.HIGH_FIRST) == [0] * block.size


def test_a_number_that_does_not_fit_is_the_nearest_one_or_goes_round_as_an_encoder_does():
    (_, result, _) = (place.block for place in STATION.places)
    values = {"latency": 10**9, "start": 10**12, "length": -(10**12), "start_counts": 2**32 + 7}
    told = result.decode(result.encode(values, WordOrder.LOW_FIRST), WordOrder.LOW_FIRST)
    expected = {"latency": 0xFFFF, "start": 2**31 - 1, "length": -(2**31), "start_counts": 7}
    assert {name: told[name] for name in expected} == expected


def test_status_and_result_are_read_by_one_request():
    status, result, _ = STATION.places
    assert status.holding + status.block.size == result.holding
    assert status.block.size + result.block.size <= 125


@pytest.mark.parametrize("layout", ["station", "in-sight"])
def test_the_map_is_printed_as_a_table_and_as_csv(layout):
    told = CliRunner().invoke(app, ["line", "registers", "--layout", layout, "--csv"])
    assert told.exit_code == 0
    heads, *rows = csv.reader(io.StringIO(told.stdout))
    assert tuple(heads) == CSV_HEADS
    assert len(rows) == len(list(LAYOUTS[layout].rows()))
    by_name = {(row[0], row[1]): dict(zip(heads, row, strict=True)) for row in rows}
    if layout == "station":
        row = by_name["result", "verdict"]
        assert (row["input"], row["input_reference"], row["holding_reference"]) == ("52", "300053", "400053")
        assert by_name["asked", "trigger_count"]["written_by"] == "PLC"
    else:
        assert by_name["camera status", "results_valid"]["bit"] == "11"
        assert by_name["output", "result_code"]["input"] == "2004"
    shown = CliRunner().invoke(app, ["line", "registers", "--layout", layout])
    assert shown.exit_code == 0
    assert "result_sequence" in shown.stdout


def test_bits_of_the_camera_layout_lie_where_the_cameras_have_them():
    bits = {row.bit.name: (row.register.offset, row.bit.place) for row in IN_SIGHT.rows() if row.bit}
    expected = {
        "trigger_enable": (0, 0), "trigger": (0, 1), "buffer_results_enable": (0, 2), "results_ack": (0, 3),
        "execute_command": (0, 4), "set_offline": (0, 7), "set_user_data": (1, 0), "initiate_string_command": (1, 1),
        "clear_error": (1, 2), "clear_exposure_complete": (1, 3), "trigger_ready": (0, 0), "trigger_ack": (0, 1),
        "acquisition_error": (0, 3), "inspection_completed": (0, 9), "buffer_overrun": (0, 10),
        "results_valid": (0, 11), "command_executing": (0, 12), "command_completed": (0, 13),
        "command_failed": (0, 14), "job_pass": (1, 4),
    }  # fmt: skip
    assert {name: bits[name] for name in expected} == expected
