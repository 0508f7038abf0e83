"""Pieces of Markdown that all pages are made of. Pure."""

from collections.abc import Iterable, Sequence

_WRITTEN = "<!-- Written by scripts/write-reference: change what it is written from, then run it again. -->"


def page(title: str, about: str, *parts: str) -> str:
    """A whole page: a heading, what it is about, and its parts.

    >>> print(page("Rules", "All of them.", "| a |"))  # doctest: +ELLIPSIS
    <!-- Written ... -->
    # Rules
    <BLANKLINE>
    All of them.
    <BLANKLINE>
    | a |
    <BLANKLINE>
    """
    return f"{_WRITTEN}\n" + "\n\n".join([f"# {title}", about.strip(), *(part.strip() for part in parts)]) + "\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells may hold several lines and bars.

    >>> print(table(["key", "meaning"], [["`a`", "one | two"]]))
    | key | meaning |
    |---|---|
    | `a` | one \\| two |
    """
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    lines += [f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines)


def code(text: object) -> str:
    """In a typewriter's letters.

    >>> code("accept")
    '`accept`'
    """
    return f"`{text}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
