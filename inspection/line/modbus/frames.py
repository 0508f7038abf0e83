"""Modbus frames by pymodbus: the one place that knows the library.

Its encoding and decoding are used, and not its server: that one (3.16) drops the second of two requests that come in
one packet, and sets no bounds to connections, rates and what waits to be sent. Nor its data store, which moves between
versions (pymodbus#2897): a request is carried out against our registers by the two methods that it asks for.
"""

import logging
from collections.abc import Sequence
from typing import Any, Protocol, cast

from pymodbus import FramerType
from pymodbus.constants import ExcCodes
from pymodbus.framer import FRAMER_NAME_TO_CLASS
from pymodbus.pdu import DecodePDU, ExceptionResponse, ModbusPDU

from inspection.line.modbus.register_file import Code, Refusal, Table

HEAD_BYTES = 7
"""Head of a frame: transaction, protocol, length, unit."""
_FEWEST_BYTES, _MOST_BYTES = 2, 254
"""What the length of a frame may be: unit, function and at most 252 bytes of data."""
_TABLES = {
    1: Table.COILS,
    2: Table.DISCRETE_INPUTS,
    3: Table.HOLDING,
    4: Table.INPUTS,
    5: Table.COILS,
    6: Table.HOLDING,
    15: Table.COILS,
    16: Table.HOLDING,
    22: Table.HOLDING,
    23: Table.HOLDING,
}
"""Functions that are carried out, and what they are about."""
_MOST_READ = {1: 2000, 2: 2000, 3: 125, 4: 125}
_SIZES = {1: 5, 2: 5, 3: 5, 4: 5, 5: 5, 6: 5, 22: 7}
"""Bytes of a request of fixed length, its function included."""
_COUNT_AT = {15: 5, 16: 5, 23: 9}
"""Where a request of any length says how many bytes of data follow."""
_COIL = (0x0000, 0xFF00)
"""What a single coil may be written."""
logging.getLogger("pymodbus_internal").setLevel(
    logging.CRITICAL
)  # each bad request would be a line in the station's log
_DECODER = DecodePDU(is_server=True)
_FRAMER = FRAMER_NAME_TO_CLASS[FramerType.SOCKET](_DECODER)


class Registers(Protocol):
    """What requests are carried out against."""

    def check(self, table: Table, address: int, count: int) -> None:
        """Whether all that can be read. Raises Refusal."""

    def read(self, table: Table, address: int, count: int) -> list[int]:
        """Raises Refusal."""

    def write(self, table: Table, address: int, values: Sequence[int]) -> None:
        """Raises Refusal."""


class BadFrame(Exception):
    """The partner speaks no Modbus TCP, or has lost its place in it."""


def rest_of(head: bytes) -> int:
    """Bytes that follow a frame's head. Raises BadFrame.

    >>> rest_of(bytes([0, 1, 0, 0, 0, 6, 1]))
    5
    """
    length = int.from_bytes(head[4:6], "big")
    if head[2:4] != b"\0\0" or not _FEWEST_BYTES <= length <= _MOST_BYTES:
        raise BadFrame
    return length - 1


async def answer(head: bytes, body: bytes, registers: Registers, unit_id: int | None) -> tuple[bytes, Code | None]:
    """The frame that answers a request, and the exception if it is one. `unit_id`: the one that answers; None: any."""
    function, unit = body[0], head[HEAD_BYTES - 1]
    refused: Code | None = None
    response: ModbusPDU
    try:
        response = await _carry_out(body, registers, None if unit_id in (None, unit) else unit)
    except Refusal as refusal:
        refused = refusal.code
        response = ExceptionResponse(function & 0x7F, exception_code=int(refused))
    response.dev_id = unit
    response.transaction_id = int.from_bytes(head[:2], "big")
    return _FRAMER.buildFrame(response), refused


async def _carry_out(body: bytes, registers: Registers, wrong_unit: int | None) -> ModbusPDU:
    """Raises Refusal."""
    function = body[0]
    if wrong_unit is not None:
        raise Refusal(Code.NO_SUCH_UNIT, f"there is no unit {wrong_unit}")
    if function not in _TABLES:
        raise Refusal(Code.ILLEGAL_FUNCTION, f"function {function} is not carried out")
    _check(body)
    request = _DECODER.decode(body)
    if request is None:
        raise Refusal(Code.ILLEGAL_VALUE, "the request can't be read")
    if function == 23:  # it writes first, and what can't be answered may change nothing
        registers.check(Table.HOLDING, int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big"))
    context = _Context(registers)
    response = await request.datastore_update(cast(Any, context), request.dev_id)
    if context.refusal is not None:
        raise context.refusal
    if isinstance(response, ExceptionResponse):
        raise Refusal(Code(response.exception_code), "refused by the library")
    return response


def _check(body: bytes) -> None:
    """What the library lets pass: bytes too many or too few, and numbers that no request may hold."""
    function = body[0]
    size = _SIZES.get(function)
    if size is None:
        at = _COUNT_AT[function]
        size = at + 1 + body[at] if len(body) > at else 0
    if len(body) != size:
        raise Refusal(Code.ILLEGAL_VALUE, f"function {function} takes another length than {len(body)} bytes")
    number = int.from_bytes(body[3:5], "big")
    if function in _MOST_READ and not 1 <= number <= _MOST_READ[function]:
        raise Refusal(Code.ILLEGAL_VALUE, f"{number} can't be read at a time")
    if function == 5 and number not in _COIL:
        raise Refusal(Code.ILLEGAL_VALUE, f"a coil is written 0 or {_COIL[1]}, not {number}")
    if function == 15 and (body[5] != (number + 7) // 8 or not 1 <= number <= 1968):
        raise Refusal(Code.ILLEGAL_VALUE, f"{number} coils do not take {body[5]} bytes")


class _Context:
    """What the library's requests ask for, by the names it gives that."""

    def __init__(self, registers: Registers) -> None:
        self._registers = registers
        self.refusal: Refusal | None = None

    async def async_getValues(  # noqa: N802 - the library's name
        self, device_id: int, func_code: int, address: int, count: int = 1
    ) -> list[int] | list[bool] | ExcCodes:
        try:
            found = self._registers.read(_TABLES[func_code], address, count)
        except Refusal as refusal:
            self.refusal = refusal
            return ExcCodes.DEVICE_FAILURE
        return [bool(each) for each in found] if func_code in (1, 2, 5) else found

    async def async_setValues(  # noqa: N802 - the library's name
        self, device_id: int, func_code: int, address: int, values: Sequence[int] | Sequence[bool]
    ) -> ExcCodes | None:
        try:
            self._registers.write(_TABLES[func_code], address, [int(each) for each in values])
        except Refusal as refusal:
            self.refusal = refusal
            return ExcCodes.DEVICE_FAILURE
        return None
