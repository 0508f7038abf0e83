"""Text that comes from outside, fit for every screen, log, network and database."""

import os


def printable(text: str | os.PathLike[str]) -> str:
    r"""The text with NUL and what UTF-8 can't say (single bytes of a file's name, half letters) spelt out.

    >>> printable("a\udce9b\x00")
    'a\\udce9b\\x00'
    """
    return os.fspath(text).encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")
