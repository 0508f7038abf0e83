"""Sparkplug's bytes, against Google's own decoder."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.line.mqtt.sparkplug_payload import DataType, Metric, NoPayload, Payload, decode_flags, encode
from tests.support.sparkplug_host import decode, rebirth, values

ROWS = [
    (DataType.BOOLEAN, True, True),
    (DataType.BOOLEAN, False, False),
    (DataType.STRING, "électrode", "électrode"),
    (DataType.STRING, "", ""),
    (DataType.UINT8, 255, 255),
    (DataType.UINT32, 2**32 - 1, 2**32 - 1),
    (DataType.UINT64, 2**64 - 1, 2**64 - 1),
    (DataType.INT64, 255, 255),
    (DataType.INT64, -1, 2**64 - 1),
    (DataType.DOUBLE, -1.5, -1.5),
    (DataType.DOUBLE, None, None),
]


@pytest.mark.parametrize(("datatype", "value", "heard"), ROWS)
def test_a_value_arrives_in_the_field_of_its_datatype(datatype, value, heard):
    payload = decode(encode(Payload(1_700_000_000_123, 7, (Metric("a b/c", datatype, value),))))
    assert (payload.timestamp, payload.seq) == (1_700_000_000_123, 7)
    assert (payload.metrics[0].datatype, payload.metrics[0].timestamp) == (int(datatype), 1_700_000_000_123)
    assert values(payload) == {"a b/c": heard}


def test_a_death_has_no_sequence_number():
    payload = decode(encode(Payload(1, None, (Metric("bdSeq", DataType.INT64, 0),))))
    assert not payload.HasField("seq")
    assert values(payload) == {"bdSeq": 0}


def test_a_hosts_command_is_understood():
    assert decode_flags(rebirth()) == {"Node Control/Rebirth": True}
    assert decode_flags(rebirth(flag=False)) == {"Node Control/Rebirth": False}
    assert decode_flags(b"") == {}


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda tail: rebirth() + tail))
def test_any_bytes_are_flags_or_no_payload(data):
    try:
        flags = decode_flags(data)
    except NoPayload:
        return
    assert all(isinstance(flag, bool) for flag in flags.values())


@pytest.mark.parametrize("place", range(1, len(rebirth())))
def test_a_command_that_was_cut_off_is_no_command(place):
    with contextlib.suppress(NoPayload):
        assert decode_flags(rebirth()[:place]) in ({}, {"Node Control/Rebirth": True})
