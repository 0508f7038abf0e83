"""Payloads of Sparkplug B as bytes, and back: the fields of Eclipse Tahu's `sparkplug_b.proto` that an edge node needs.

Protocol Buffers write each field as a key, `number << 3 | wire type`, and its value; numbers are varints, seven bits in
a byte, the lowest first. https://protobuf.dev/programming-guides/encoding
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_TIMESTAMP, _METRICS, _SEQ = 1, 2, 3
"""Fields of a payload."""
_NAME, _METRIC_TIMESTAMP, _DATATYPE, _IS_NULL = 1, 3, 4, 7
_INT, _LONG, _FLOAT, _DOUBLE, _BOOLEAN, _STRING = 10, 11, 12, 13, 14, 15
"""Fields of a metric."""
_MOST_VARINT_BYTES = 10


class DataType(IntEnum):
    """The numbers that the standard gives to types."""

    INT64 = 4
    UINT8 = 5
    UINT32 = 7
    UINT64 = 8
    DOUBLE = 10
    BOOLEAN = 11
    STRING = 12


Value = bool | int | float | str


@dataclass(frozen=True, slots=True)
class Metric:
    """One value with its name."""

    name: str
    datatype: DataType
    value: Value | None
    """None: not known."""


@dataclass(frozen=True, slots=True)
class Payload:
    """What a message carries."""

    timestamp_ms: int | None
    """Since 1970 (UTC)."""
    seq: int | None
    """0 to 255; None: a death has none."""
    metrics: tuple[Metric, ...]


class NoPayload(ValueError):
    """These bytes are no payload."""


def encode(payload: Payload) -> bytes:
    """As it goes out.

    >>> encode(Payload(timestamp_ms=1, seq=0, metrics=())).hex(" ")
    '08 01 18 00'
    """
    out = bytearray()
    if payload.timestamp_ms is not None:
        out += _number(_TIMESTAMP, payload.timestamp_ms)
    for metric in payload.metrics:
        out += _bytes(_METRICS, _metric(metric, payload.timestamp_ms))
    if payload.seq is not None:
        out += _number(_SEQ, payload.seq)
    return bytes(out)


def decode_flags(data: bytes) -> dict[str, bool]:
    """The metrics of a command that are true or false, by name. Raises NoPayload.

    >>> decode_flags(bytes.fromhex("120d0a075265626972746870017001"))
    {'Rebirth': True}
    """
    found = {}
    for number, value in _fields(data):
        if number == _METRICS and isinstance(value, bytes):
            told = dict(_fields(value))
            name, flag = told.get(_NAME), told.get(_BOOLEAN)
            if isinstance(name, bytes) and isinstance(flag, int):
                found[name.decode(errors="replace")] = bool(flag)
    return found


def _metric(metric: Metric, timestamp_ms: int | None) -> bytes:
    out = bytearray(_bytes(_NAME, metric.name.encode()))
    if timestamp_ms is not None:
        out += _number(_METRIC_TIMESTAMP, timestamp_ms)
    out += _number(_DATATYPE, metric.datatype)
    value = metric.value
    if value is None:
        return bytes(out + _number(_IS_NULL, 1))
    match metric.datatype:
        case DataType.BOOLEAN:
            out += _number(_BOOLEAN, int(bool(value)))
        case DataType.STRING:
            out += _bytes(_STRING, str(value).encode())
        case DataType.DOUBLE:
            out += _key(_DOUBLE, _FIXED64) + struct.pack("<d", float(value))
        case DataType.UINT8 | DataType.UINT32:
            out += _number(_INT, int(value))
        case DataType.INT64 | DataType.UINT64:
            out += _number(_LONG, int(value))
    return bytes(out)


def _key(number: int, wire: int) -> bytes:
    return _varint(number << 3 | wire)


def _number(number: int, value: int) -> bytes:
    return _key(number, _VARINT) + _varint(value)


def _bytes(number: int, value: bytes) -> bytes:
    return _key(number, _BYTES) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    """Negative numbers as the two's complement of 64 bits."""
    value &= 2**64 - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """All fields of a message: number, and value, whose bytes are as they came. Raises NoPayload."""
    place = 0
    while place < len(data):
        key, place = _read_varint(data, place)
        wire, length = key & 7, 0
        if wire == _VARINT:
            value, place = _read_varint(data, place)
            yield key >> 3, value
            continue
        if wire == _BYTES:
            length, place = _read_varint(data, place)
        elif wire in (_FIXED64, _FIXED32):
            length = 8 if wire == _FIXED64 else 4
        else:
            raise NoPayload(f"wire type {wire} at byte {place}")
        if length > len(data) - place:
            raise NoPayload(f"a field of {length} bytes, and {len(data) - place} are left")
        yield key >> 3, data[place : place + length]
        place += length


def _read_varint(data: bytes, place: int) -> tuple[int, int]:
    value = 0
    for count in range(_MOST_VARINT_BYTES):
        if place >= len(data):
            raise NoPayload("it ends within a number")
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << 7 * count
        if byte < 0x80:
            return value, place
    raise NoPayload("a number of more than ten bytes")
