"""`commands.md`: every command of both programs, with all its arguments and options."""

from collections.abc import Iterator
from typing import Any

from typer import Typer
from typer.main import get_command
from typer.testing import CliRunner

from inspection.cli import app as inspection_app
from scripts.reference.markdown import page
from training.cli import app as training_app

_ABOUT = """\
What each command says of itself with `--help`. Exit codes of `inspection`: 0 fine; 1 something was found (a reject, a
fault); 2 bad input, nothing was started; 3 failed while running; 130 Ctrl-C. Of `training`: 0 done; 1 a self-check
failed; 2 bad input, nothing was written; 130 Ctrl-C. With `--json`, where there is one, the answer is for programs.
"""
PROGRAMS = {"inspection": inspection_app, "training": training_app}


def commands() -> Iterator[tuple[str, tuple[str, ...], Typer]]:
    """The program, the words after it and the application, for each command.

    >>> ("inspection", ("store", "verify")) in [(program, words) for program, words, _ in commands()]
    True
    """
    for program, app in PROGRAMS.items():
        for words in _commands(get_command(app)):
            yield program, words, app


def commands_page() -> str:
    """Every command's help."""
    return page("Commands", _ABOUT, *(_part(program, words, app) for program, words, app in commands()))


def _commands(command: Any, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Typer's group of commands has `commands`, a command has none."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield before
    else:
        for name, each in inner.items():
            yield from _commands(each, (*before, name))


def _part(program: str, words: tuple[str, ...], app: Typer) -> str:
    told = CliRunner().invoke(app, [*words, "--help"], prog_name=program, env={"COLUMNS": "80", "TERM": "dumb"})
    if told.exit_code != 0:
        raise RuntimeError(f"{program} {' '.join(words)} --help ended with {told.exit_code}: {told.output}")
    return f"## `{' '.join((program, *words))}`\n\n```text\n{told.output.strip()}\n```"
