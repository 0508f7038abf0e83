"""`inspection line registers`: the register map of the Modbus door."""

import sys
from typing import Annotated, Literal

import typer
from rich.table import Table

from inspection.cli.console import OUT
from inspection.line.modbus.layouts import LAYOUTS
from inspection.line.modbus.registers import as_csv

_SHOWN = {"holding": 2, "input": 4, "bit": 6, "type": 7, "name": 1, "unit": 8, "written by": 9}
"""Columns of the table on the terminal, by their place in a row."""


def registers(
    layout: Annotated[
        Literal["station", "in-sight"], typer.Option(help="Which map: `layout` of the door.")
    ] = "station",
    csv: Annotated[bool, typer.Option("--csv", help="As CSV, with what each number means, to be imported.")] = False,
) -> None:
    """Print the register map of the Modbus door, addresses counted from 0."""
    told = LAYOUTS[layout]
    if csv:
        sys.stdout.write(as_csv(told))
        return
    table = Table(*_SHOWN, box=None)
    for row in told.rows():
        table.add_row(*(row.cells[place] for place in _SHOWN.values()))
    OUT.print(table)
