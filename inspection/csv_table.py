"""Tables to take away as CSV, for programs and for spreadsheets. Pure."""

import csv
import io
from collections.abc import Iterable, Sequence
from enum import StrEnum

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
"""What a spreadsheet may take for the beginning of a formula."""


class Separators(StrEnum):
    """Between cells, and in decimal numbers."""

    COMMA_POINT = "comma"
    """As programs read it, and spreadsheets in English."""
    SEMICOLON_COMMA = "semicolon"
    """As spreadsheets read it where 0,5 is a half: in French and German."""


def csv_table(
    header: Sequence[str], rows: Iterable[Sequence[object]], separators: Separators = Separators.COMMA_POINT
) -> bytes:
    r"""One line of names and a line for each row, in UTF-8. Text that a spreadsheet would run as a formula is quoted.

    >>> csv_table(("roll", "metre"), [("=1+1", -0.5)], Separators.SEMICOLON_COMMA)
    b"roll;metre\n'=1+1;-0,5\n"
    """
    text = io.StringIO()
    is_comma = separators is Separators.COMMA_POINT
    writer = csv.writer(text, delimiter="," if is_comma else ";", lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_cell(value, point="." if is_comma else ",") for value in row] for row in rows)
    return text.getvalue().encode()


def _cell(value: object, point: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return repr(float(value)).replace(".", point)
    text = str(value)
    return f"'{text}" if not isinstance(value, int) and text.lstrip(" ").startswith(_FORMULA) else text
