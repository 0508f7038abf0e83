"""What the documents show in a shell is run, block by block, in a copy of the tree; or it says why it can't be.

A comment on the line before a block tells what is special about it:

    <!-- not run: WHY -->   nothing of it is run; its commands and options are still looked up
    <!-- exits 1: WHY -->   its last command ends so
"""

import os
import re
import shlex
import shutil
import subprocess
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.main import get_command

from inspection.cli import app
from training.cli import app as training_app

PROJECT = Path(__file__).resolve().parents[2]
PROGRAMS = {"inspection": get_command(app), "training": get_command(training_app)}
NOT_OF_THE_TREE = (".git", ".venv", "node_modules", "var", "runs", "__pycache__", ".*_cache", ".hypothesis")
CHANGES_THE_MACHINE = re.compile(r"\b(pip|sudo|apt-get|npm)\b|scripts/(test|check|demo|install|prove-bare)\b")
"""A copy of the tree has this tree's environment: what installs would change it under everybody who uses it."""
LONGEST_S = 150.0
"""A document that takes longer belongs in parts, or is marked."""
BLOCK = re.compile(
    r"^ *(?:<!-- (?P<note>[^\n]*?) -->\n\s*)?```(?:sh|bash|shell|console)\n(?P<text>.*?)^ *```",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Block:
    """A shell block of a document."""

    document: str
    text: str
    why_not: str | None
    """Why it can't be run; None: it is."""
    exit_code: int = 0

    @property
    def commands(self) -> Iterator[list[str]]:
        """The words of each command of the two programs, from the program on."""
        for line in self.text.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            for place, word in enumerate(words):
                if word == "scripts/demo":
                    yield ["inspection", "demo", *words[place + 1 :]]
                elif Path(word).name in PROGRAMS and (place == 0 or words[place - 1] == "--"):
                    yield [Path(word).name, *words[place + 1 :]]


def blocks_in(document: str, text: str) -> Iterator[Block]:
    for found in BLOCK.finditer(text):
        shell, note = textwrap.dedent(found["text"]), found["note"] or ""
        reason, code = re.fullmatch(r"not run: (.+)", note), re.fullmatch(r"exits ([0-9]+): .+", note)
        if note.startswith(("not run", "exits")) and not (reason or code):
            raise ValueError(f"{document}: <!-- {note} --> gives no reason")
        if reason is None and (found_there := CHANGES_THE_MACHINE.search(shell)):
            raise ValueError(
                f"{document}: a block with {found_there[0]} changes the machine: say above it <!-- not run: WHY -->"
            )
        yield Block(document, shell, reason[1] if reason else None, int(code[1]) if code else 0)


def documents() -> list[Path]:
    return sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md")])


BLOCKS = [
    block for path in documents() for block in blocks_in(path.relative_to(PROJECT).as_posix(), path.read_text("utf-8"))
]
RUN = sorted({block.document for block in BLOCKS if block.why_not is None})


def run(block: Block, folder: Path) -> subprocess.CompletedProcess[str]:
    """What a block does in a copy of the tree."""
    programs = PROJECT / ".venv" / "bin"
    told = {"PYTHONPATH": str(folder), "PATH": f"{programs}:{os.environ['PATH']}", "PIP_DRY_RUN": "1"}
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block.text],
        cwd=folder,
        env=os.environ | told,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )


@pytest.fixture
def copy(tmp_path):
    """The tree, with the environment that it has here."""
    folder = tmp_path / "tree"
    shutil.copytree(PROJECT, folder, ignore=shutil.ignore_patterns(*NOT_OF_THE_TREE))
    (folder / ".venv").symlink_to(PROJECT / ".venv")
    return folder


@pytest.mark.parametrize("document", RUN)
def test_what_a_document_shows_in_a_shell_does_what_it_says(document, copy):
    for block in BLOCKS:
        if block.document == document and block.why_not is None:
            done = run(block, copy)
            assert done.returncode == block.exit_code, f"{block.text}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"


@pytest.mark.parametrize("block", BLOCKS, ids=[f"{block.document}:{block.text[:30]!r}" for block in BLOCKS])
def test_every_command_and_option_that_a_document_shows_exists(block):
    subprocess.run(["bash", "-n", "-c", block.text], check=True, capture_output=True)
    for program, *words in block.commands:
        command, rest = PROGRAMS[program], words
        while rest and rest[0] in getattr(command, "commands", {}):
            command, rest = command.commands[rest[0]], rest[1:]
        assert not hasattr(command, "commands"), f"{program} {' '.join(words)}: no such command"
        options = {o for parameter in command.params for o in (*parameter.opts, *parameter.secondary_opts)}
        assert {word.partition("=")[0] for word in rest if word.startswith("--")} <= options | {"--help"}, words


def test_the_commands_that_are_shown_are_found():
    shown = {" ".join(words[:2]) for block in BLOCKS for words in block.commands}
    assert {"inspection check", "inspection demo", "inspection doctor", "training fit", "training label"} <= shown


def test_a_test_that_stands_in_for_a_block_exists():
    named = {path for block in BLOCKS for path in re.findall(r"tests/[\w/]+\.py", block.why_not or "")}
    assert [path for path in named if not (PROJECT / path).is_file()] == []


def test_blocks_are_read_with_their_notes_wherever_they_stand():
    text = textwrap.dedent("""\
        <!-- not run: needs a camera -->
        ```sh
        inspection cameras
        ```

        1. Check it:

           <!-- exits 1: some are rejected -->

           ```sh
           inspection check sample_images   # all of them
           ```

        ```toml
        recipe = "anode"
        ```
        """)
    first, second = blocks_in("page.md", text)
    assert (first.why_not, first.text) == ("needs a camera", "inspection cameras\n")
    assert (second.why_not, second.exit_code) == (None, 1)
    assert list(second.commands) == [["inspection", "check", "sample_images"]]


def test_a_note_without_a_reason_is_refused():
    with pytest.raises(ValueError, match="gives no reason"):
        list(blocks_in("page.md", "<!-- not run -->\n```sh\ntrue\n```\n"))


@pytest.mark.parametrize("line", [".venv/bin/pip install -e .", "scripts/test", "sudo true", "scripts/demo --frames 2"])
def test_what_installs_is_never_run(line):
    with pytest.raises(ValueError, match="changes the machine"):
        list(blocks_in("page.md", f"```sh\n{line}\n```\n"))
