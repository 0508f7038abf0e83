"""Names of files as others gave them: any bytes but a slash and a zero, in no order that a person would choose."""

import os
import re

_DIGITS = re.compile("([0-9]+)")


def printable(name: str | os.PathLike[str]) -> str:
    r"""A name, or other text from outside, that every log, table, database and web page can hold; unaltered where that
    is so already.

    Bytes that are no UTF-8, control characters and marks that turn the direction of text are written as escapes.

    >>> printable("coup\udce9 \x1b[31m.png")
    'coup\\xe9 \\x1b[31m.png'
    """
    return "".join(letter if letter.isprintable() else _escaped(letter) for letter in os.fspath(name))


def natural_order(name: str) -> tuple[tuple[int, int, str], ...]:
    """A key that sorts names as a person would: 2 before 10.

    >>> sorted(["10.png", "2.png", "a1", "a", "02.png"], key=natural_order)
    ['02.png', '2.png', '10.png', 'a', 'a1']
    """
    parts = _DIGITS.split(name)
    key = tuple((0, int(part), "") if n % 2 else (1, 0, part) for n, part in enumerate(parts) if part)
    return (*key, (-1, 0, name))


def _escaped(letter: str) -> str:
    code = ord(letter)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is no UTF-8, as Python reads it from a folder
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
