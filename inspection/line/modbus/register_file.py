"""A layout's registers as partners read and write them, whatever carries the requests."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum, IntEnum

from inspection.line.modbus.registers import Layout, Place, WordOrder


class Table(Enum):
    """Which of Modbus' four tables a request is about."""

    COILS = "coils"
    DISCRETE_INPUTS = "discrete inputs"
    HOLDING = "holding registers"
    INPUTS = "input registers"


class Code(IntEnum):
    """Exceptions of the protocol that partners are answered with."""

    ILLEGAL_FUNCTION = 1
    ILLEGAL_ADDRESS = 2
    ILLEGAL_VALUE = 3
    DEVICE_FAILURE = 4
    DEVICE_BUSY = 6
    NO_SUCH_UNIT = 11


class Refusal(Exception):
    """A request that is answered with an exception: nothing has changed."""

    def __init__(self, code: Code, why: str) -> None:
        super().__init__(why)
        self.code = code


Tell = Callable[[], Mapping[str, int]]
"""All that the station tells now, by the names of the blocks."""
VERDICTS = frozenset({"verdict", "result_code", "job_pass"})
"""Registers and bits from which a partner knows what to do with a piece."""
Judge = Callable[[Mapping[str, int], frozenset[str]], None]
"""Takes in what a block that was written holds, and which names of it were written; raises Refusal: it is not taken."""


class RegisterFile:
    """What is written is kept, so that it can be read back; what the station tells is asked for at each read."""

    def __init__(self, layout: Layout, order: WordOrder, tell: Tell, judge: Judge, *, is_writable: bool) -> None:
        self._layout = layout
        self._order = order
        self._tell = tell
        self._judge = judge
        self._is_writable = is_writable
        self._verdicts = {table: tuple(_verdicts(layout, table)) for table in Table}
        self._written = {place.block.name: [0] * place.block.size for place in self._layout.places if place.is_written}

    def check(self, table: Table, address: int, count: int) -> None:
        """Whether all that can be read. Raises Refusal."""
        for each in range(address, address + count):
            self._find(table, each)

    def read(self, table: Table, address: int, count: int) -> list[int]:
        """Registers, or bits as 0 and 1. Raises Refusal."""
        told: Mapping[str, int] | None = None
        words: list[int] = []
        while len(words) < count:
            at = address + len(words)
            place, offset = self._find(table, at)
            if place.is_written:
                found = self._written[place.block.name]
            else:
                told = self._tell() if told is None else told
                found = place.block.encode(told, self._order)
            if table in (Table.COILS, Table.DISCRETE_INPUTS):
                found = [word >> bit & 1 for word in found for bit in range(16)]
            words += found[offset : offset + count - len(words)]
        return words

    def write(self, table: Table, address: int, values: Sequence[int]) -> None:
        """Registers, or bits as 0 and 1, all or none. Raises Refusal."""
        place, offset = self._find(table, address)
        if not (self._is_writable and place.is_written):
            raise Refusal(Code.ILLEGAL_ADDRESS, f"{table.value} {address} can't be written")
        words = list(self._written[place.block.name])
        size = len(words) * (16 if table is Table.COILS else 1)
        if offset + len(values) > size:
            raise Refusal(Code.ILLEGAL_ADDRESS, f"{table.value} {address + size - offset} can't be written")
        if table is Table.COILS:
            for place_of_bit, value in enumerate(values, start=offset):
                word, bit = divmod(place_of_bit, 16)
                words[word] = words[word] & ~(1 << bit) | (bool(value) << bit)
            first, end = offset // 16, (offset + len(values) - 1) // 16 + 1
        else:
            words[offset : offset + len(values)] = values
            first, end = offset, offset + len(values)
        touched = frozenset(each.name for each in place.block.registers if each.offset < end and each.end > first)
        self._judge(place.block.decode(words, self._order), touched)
        self._written[place.block.name] = words

    def tells_verdict(self, table: Table, address: int, count: int) -> bool:
        """Whether whoever reads this is told a verdict."""
        return any(address <= each < address + count for each in self._verdicts[table])

    def _find(self, table: Table, address: int) -> tuple[Place, int]:
        for place in self._layout.places:
            start = _start(place, table)
            size = place.block.size * (16 if table in (Table.COILS, Table.DISCRETE_INPUTS) else 1)
            if start is not None and start <= address < start + size:
                return place, address - start
        raise Refusal(Code.ILLEGAL_ADDRESS, f"there are no {table.value} {address}")


def _start(place: Place, table: Table) -> int | None:
    if table is Table.HOLDING:
        return place.holding
    if table is Table.INPUTS:
        return place.inputs
    return place.bits if place.is_written is (table is Table.COILS) else None


def _verdicts(layout: Layout, table: Table) -> Iterator[int]:
    """Addresses at which a verdict is told."""
    for place in layout.places:
        if (start := _start(place, table)) is None:
            continue
        for each in place.block.registers:
            bits = [bit.place for bit in each.bits if bit.name in VERDICTS]
            if table in (Table.COILS, Table.DISCRETE_INPUTS):
                yield from (start + 16 * each.offset + bit for bit in bits)
            elif bits or each.name in VERDICTS:
                yield start + each.offset
