"""Registers as a table: from it come a layout's map, its page and CSV, and how numbers become words and back."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum


class WordOrder(Enum):
    """Which half of a 32-bit number lies at the lower address."""

    HIGH_FIRST = "high-first"
    LOW_FIRST = "low-first"


class Shape(Enum):
    """What a register holds."""

    WORD = "uint16"
    LONG = "uint32"
    SIGNED = "int32"
    BITS = "bits"

    @property
    def words(self) -> int:
        """Registers that it takes."""
        return 1 if self in (Shape.WORD, Shape.BITS) else 2


@dataclass(frozen=True, slots=True)
class Bit:
    """One bit of a register of bits."""

    place: int
    """0 is the lowest."""
    name: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Register:
    """One number of a block."""

    offset: int
    """From the block's first register."""
    name: str
    shape: Shape
    meaning: str
    unit: str = ""
    bits: tuple[Bit, ...] = ()
    wraps: bool = False
    """A number out of range is told modulo 2^32, as an encoder's counter; else the nearest one that fits."""

    @property
    def end(self) -> int:
        """Offset behind it."""
        return self.offset + self.shape.words


@dataclass(frozen=True, slots=True)
class Block:
    """Registers that belong together."""

    name: str
    about: str
    size: int
    """In registers; those that the table leaves out read 0."""
    registers: tuple[Register, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All names of numbers and bits that it tells."""
        return tuple(name for each in self.registers for name in ([bit.name for bit in each.bits] or [each.name]))

    def at(self, name: str) -> Register:
        """The register of a number."""
        return next(each for each in self.registers if each.name == name)

    def encode(self, values: Mapping[str, int], order: WordOrder) -> list[int]:
        """Words of the whole block. What has no value is 0; so are all numbers that say nothing."""
        words = [0] * self.size
        for each in self.registers:
            if each.shape is Shape.BITS:
                number = sum(1 << bit.place for bit in each.bits if values.get(bit.name))
            else:
                number = _fitted(each, values.get(each.name, 0))
            if each.shape.words == 1:
                words[each.offset] = number
            else:
                high, low = number >> 16, number & 0xFFFF
                words[each.offset : each.end] = [high, low] if order is WordOrder.HIGH_FIRST else [low, high]
        return words

    def decode(self, words: Sequence[int], order: WordOrder) -> dict[str, int]:
        """Numbers and bits by name. `words`: of the whole block."""
        values: dict[str, int] = {}
        for each in self.registers:
            if each.shape is Shape.BITS:
                values |= {bit.name: words[each.offset] >> bit.place & 1 for bit in each.bits}
                continue
            number = words[each.offset]
            if each.shape.words == 2:
                first, second = words[each.offset : each.end]
                number = first << 16 | second if order is WordOrder.HIGH_FIRST else second << 16 | first
            if each.shape is Shape.SIGNED and number >= 1 << 31:
                number -= 1 << 32
            values[each.name] = number
        return values


def _fitted(register: Register, number: int) -> int:
    """The number as an unsigned one that fits.

    >>> _fitted(Register(0, "n", Shape.WORD, ""), 70_000), _fitted(Register(0, "n", Shape.SIGNED, ""), -1)
    (65535, 4294967295)
    """
    bits = 16 * register.shape.words
    if not register.wraps:
        low, high = (-(1 << 31), (1 << 31) - 1) if register.shape is Shape.SIGNED else (0, (1 << bits) - 1)
        number = min(max(number, low), high)
    return number % (1 << bits)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a block lies."""

    block: Block
    holding: int | None = None
    """Address of its first holding register (functions 3, 6, 16, 22, 23), counted from 0; None: none."""
    inputs: int | None = None
    """Address of its first input register (function 4), counted from 0; None: none."""
    bits: int | None = None
    """Address of its first bit as coils (1, 5, 15) where the partner writes it, else as discrete inputs (2)."""
    is_written: bool = False
    """The partner writes it."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A whole map."""

    name: str
    about: str
    places: tuple[Place, ...] = field(default_factory=tuple)

    def rows(self) -> Iterator["Row"]:
        """The map, a row for each number and each bit."""
        for place in self.places:
            for each in place.block.registers:
                yield Row(place, each, None)
                for bit in each.bits:
                    yield Row(place, each, bit)


CSV_HEADS = (
    "block",
    "name",
    "holding",
    "holding_reference",
    "input",
    "input_reference",
    "bit",
    "type",
    "unit",
    "written_by",
    "meaning",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the map as it is printed."""

    place: Place
    register: Register
    bit: Bit | None

    @property
    def cells(self) -> tuple[str, ...]:
        """By CSV_HEADS. Addresses count from 0; a reference is what tools call the same register, from 1."""
        holding, inputs = self.place.holding, self.place.inputs
        offset, bit = self.register.offset, self.bit
        return (
            self.place.block.name,
            bit.name if bit else self.register.name,
            "" if holding is None else str(holding + offset),
            "" if holding is None else str(400_001 + holding + offset),
            "" if inputs is None else str(inputs + offset),
            "" if inputs is None else str(300_001 + inputs + offset),
            str(bit.place) if bit else "",
            "bit" if bit else self.register.shape.value,
            self.register.unit,
            "PLC" if self.place.is_written else "station",
            bit.meaning if bit else self.register.meaning,
        )


def as_csv(layout: Layout) -> str:
    """The map as a file that spreadsheets and engineering tools read."""
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\n")
    rows.writerow(CSV_HEADS)
    rows.writerows(row.cells for row in layout.rows())
    return written.getvalue()
