"""How the command line speaks: results on standard output, everything else on standard error."""

import json
import math
import sys
from typing import Any

import typer
from rich.console import Console

_UNBOUNDED = 160
"""Columns when nobody looks through a terminal: a file or a pipe has no width of its own."""

OUT = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else _UNBOUNDED)
ERR = Console(stderr=True, highlight=False, soft_wrap=True, width=None if sys.stderr.isatty() else _UNBOUNDED)


def complain(message: str) -> None:
    """One clear message on standard error."""
    ERR.print("[bold red]error:[/] ", end="")
    ERR.print(message, markup=False)


def finite(value: float | None) -> float | None:
    """For options: nothing is above a limit that is no number, and `min` and `max` let it pass."""
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter(f"expected a finite number, got {value}")
    return value


def print_json(value: Any) -> None:
    """One JSON value on one line of standard output, flushed so that a pipe sees it at once."""
    sys.stdout.write(json.dumps(value, separators=(",", ":")) + "\n")
    sys.stdout.flush()
