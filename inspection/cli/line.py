"""`inspection line`: the doors to the line, and a line to try them on."""

import typer

from inspection.cli import line_certificate, line_registers, line_simulate

app = typer.Typer(help="Doors to the line, and a line to try them on.", no_args_is_help=True)
app.command("certificate")(line_certificate.certificate)
app.command("registers")(line_registers.registers)
app.command("simulate")(line_simulate.simulate)
