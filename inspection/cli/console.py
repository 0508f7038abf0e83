"""How the command line speaks: results on standard output, everything else on standard error."""

import json
import sys
from typing import Any

from rich.console import Console

OUT = Console(highlight=False)
ERR = Console(stderr=True, highlight=False)


def complain(message: str) -> None:
    """One clear message on standard error."""
    ERR.print("[bold red]error:[/] ", end="")
    ERR.print(message, markup=False, soft_wrap=True)


def print_json(value: Any) -> None:
    """One JSON value on one line of standard output, flushed so that a pipe sees it at once."""
    sys.stdout.write(json.dumps(value, separators=(",", ":")) + "\n")
    sys.stdout.flush()
