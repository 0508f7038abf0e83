"""Text that a person may write: settings, recipes, tables, labels. UTF-8, with or without a byte order mark.

Notepad, PowerShell and Excel write that mark in front of a text; here it means nothing. What is no text is named:
UTF-16, Latin-1, zeros, too large. Hashes are those of a file's bytes, whatever this module makes of them.
"""

import codecs
import csv
import io
import json
import re
import tomllib
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

MOST_BYTES = 10 * 2**20
"""Most bytes of what a person writes; read no further, so that a wrong file can't fill the memory."""
_DEEPEST = 32
"""Tables in tables of a settings file; real ones have four."""
_LONG_KEY = re.compile(r"""(?<![\w"'-])(?:[\w"'-]++[ \t]*+\.[ \t]*+){32}""")
"""tomllib takes minutes for a key of ten thousand parts."""
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_DELIMITERS = ",;\t"


class TextError(ValueError):
    """A file's content can't be read as what it should be; the message says what is wrong with it, and what to do."""


def read_bytes(path: Path, most_bytes: int = MOST_BYTES) -> bytes:
    """All of a file. Raises OSError, and TextError for one that is larger than `most_bytes`."""
    with path.open("rb") as file:
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise TextError(f"it is larger than {most_bytes / 2**20:g} MiB, which such a file never is: name the right one")
    return content


def read_text(path: Path, most_bytes: int = MOST_BYTES) -> str:
    """A text file without its byte order mark. Raises OSError and TextError."""
    return decode_text(read_bytes(path, most_bytes))


def decode_text(content: bytes) -> str:
    r"""Text from the bytes of a file. Raises TextError.

    >>> decode_text(b"\xef\xbb\xbfname")
    'name'
    >>> decode_text("é".encode("utf-16"))
    Traceback (most recent call last):
        ...
    inspection.text_file.TextError: it is written in UTF-16, expected UTF-8: save it again as UTF-8
    >>> decode_text(b"a = 1\nb = '\xe9'")
    Traceback (most recent call last):
        ...
    inspection.text_file.TextError: line 2 is not in UTF-8 (byte 0xe9; Latin-1, perhaps): save it again as UTF-8
    """
    if content.startswith(_UTF_16) or b"\0" in content[:4]:
        raise TextError("it is written in UTF-16, expected UTF-8: save it again as UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, byte = content.count(b"\n", 0, error.start) + 1, content[error.start]
        raise TextError(
            f"line {line} is not in UTF-8 (byte {byte:#04x}; Latin-1, perhaps): save it again as UTF-8"
        ) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise TextError(f"line {line} holds zeros, which no text does: restore it from a copy")
    return text


def parse_toml(text: str) -> dict[str, Any]:
    """Tables and values of a TOML text. Raises TextError that names line and column."""
    if _LONG_KEY.search(text):
        raise TextError("it has a key of more than 32 parts, which no settings have: correct that place")
    try:
        tables = tomllib.loads(text)
    except RecursionError as error:
        raise TextError(f"it is nested more than {_DEEPEST} deep, which no settings are: correct that place") from error
    except ValueError as error:  # of numbers with thousands of digits, too
        raise TextError(f"{error}; correct that place") from error
    if _depth(tables) > _DEEPEST:
        raise TextError(f"it is nested more than {_DEEPEST} deep, which no settings are: correct that place")
    return tables


def parse_json(text: str) -> Any:
    """The value of a JSON text; NaN and Infinity are let through, for whoever takes the value to name their place.

    Raises TextError that names line and column, for a key that is there twice, too: one of both would be lost.

    >>> parse_json('{"kinds": ["E01"], "kinds": []}')
    Traceback (most recent call last):
        ...
    inspection.text_file.TextError: the key 'kinds' is there twice in one object: remove one of them
    """
    if not text.strip():
        raise TextError("it is empty: restore it from a copy")
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except RecursionError as error:
        raise TextError("it is nested far too deep: restore it from a copy") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}: {error.msg}"
        if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated"):
            raise TextError(f"it is cut short ({place}): restore it from a copy, or export it again") from error
        raise TextError(f"it is no valid JSON ({place}): correct that place, or export it again") from error
    except TextError:
        raise
    except ValueError as error:  # a number with thousands of digits
        raise TextError(f"it is no valid JSON ({error}): correct that number") from error


def read_table(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a table by the names in its first line. Columns are divided by commas, semicolons or tabs.

    `columns`: those that it must have, two or more. Raises OSError, and TextError that names the line.
    """
    text = read_text(path)
    first = text.lstrip().split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        lines = [(reader.line_num, line) for line in reader if any(field.strip() for field in line)]
    except csv.Error as error:
        raise TextError(f"line {reader.line_num}: {error}; correct it") from error
    header = [name.strip() for name in lines[0][1]] if lines else []
    if missing := [name for name in columns if name not in header]:
        raise TextError(
            f"expected the columns {', '.join(columns[:-1])} and {columns[-1]} in its first line, got "
            f"{', '.join(header) or 'none'}; {' and '.join(missing)} missing: correct the first line"
        )
    if twice := {name for name in header if name and header.count(name) > 1}:
        raise TextError(f"its first line names {', '.join(sorted(twice))} twice: remove one of them")
    for number, line in lines[1:]:
        if len(line) != len(header):
            raise TextError(f"line {number} has {len(line)} fields, its first line {len(header)}: correct it")
    return [dict(zip(header, (field.strip() for field in line), strict=True)) for _, line in lines[1:]]


def is_same_name(one: str, other: str) -> bool:
    r"""Whether two file names are the same to a person: accents may be written as one character or as two.

    >>> is_same_name("caf\u00e9.png", "cafe\u0301.png"), is_same_name("a.png", "A.png")
    (True, False)
    """
    return unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise TextError(f"the key {twice!r} is there twice in one object: remove one of them")
    return found


def _depth(value: Any) -> int:
    """How deep tables and lists are nested; a loop, for they may be nested more deeply than Python calls."""
    deepest, waiting = 0, [(value, 0)]
    while waiting:
        each, depth = waiting.pop()
        deepest = max(deepest, depth)
        inner = each.values() if isinstance(each, dict) else each if isinstance(each, list) else ()
        waiting += [(part, depth + 1) for part in inner]
    return deepest
