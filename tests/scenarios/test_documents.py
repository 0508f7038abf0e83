"""What the documents show in a shell is run, block by block, in a copy of the tree; or it says why it can't be.

A comment on the line before a block tells what is special about it:

    <!-- not run: WHY -->   nothing of it is run; its commands and options are still looked up
    <!-- exits 1: WHY -->   its last command ends so
    <!-- until Ctrl-C, after: TEXT -->   it is stopped by Ctrl-C as soon as it has told TEXT

Blocks that ask 127.0.0.1:8000, or name station.toml, find a station there that runs as long as the documents are tried.
"""

import re
import shlex
import subprocess
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from typer.main import get_command

from inspection.cli import app
from tests.support.running import LONGEST_S, PROJECT, STOPPED, Running, copy_of_tree, environment
from training.cli import app as training_app

PROGRAMS = {"inspection": get_command(app), "training": get_command(training_app)}
CHANGES_THE_MACHINE = re.compile(r"\b(pip|sudo|apt-get|npm)\b|scripts/(test|check|demo|install|prove-bare)\b")
"""A copy of the tree has this tree's environment: what installs would change it under everybody who uses it."""
OFFERED = "127.0.0.1:8000"
"""Where a station listens unless its settings say otherwise."""
STATION = """\
recipe = "anode"
models_dir = "{models}"
state_dir = "{state}"
deadline_ms = 20000

[[cameras]]
kind = "simulated"
lines = 256
line_rate_hz = 768.0
web = {{ width_px = 1024, severity = "dense" }}

[api]
port = {port}

[pages]
port = 0

[archive]
min_free_gb = 0
"""
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
    stops_after: str | None = None
    """It runs until Ctrl-C, which comes once it has told this; None: it ends by itself."""

    @property
    def needs_station(self) -> bool:
        """Whether it talks to one, or looks at what one has left."""
        return OFFERED in self.text or "station.toml" in self.text

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
        told = re.fullmatch(r"until Ctrl-C, after: (.+)", note)
        if note.startswith(("not run", "exits", "until")) and not (reason or code or told):
            raise ValueError(f"{document}: <!-- {note} --> gives no reason")
        if reason is None and (found_there := CHANGES_THE_MACHINE.search(shell)):
            raise ValueError(
                f"{document}: a block with {found_there[0]} changes the machine: say above it <!-- not run: WHY -->"
            )
        yield Block(
            document,
            shell,
            why_not=reason[1] if reason else None,
            exit_code=int(code[1]) if code else 0,
            stops_after=told[1] if told else None,
        )


def documents() -> list[Path]:
    return sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md")])


BLOCKS = [
    block for path in documents() for block in blocks_in(path.relative_to(PROJECT).as_posix(), path.read_text("utf-8"))
]
RUN = sorted({block.document for block in BLOCKS if block.why_not is None})


@dataclass(frozen=True, slots=True)
class Line:
    """A station that runs as `inspection run` starts it."""

    folder: Path
    port: int

    def settings(self) -> str:
        """By which its store and its API are found."""
        return STATION.format(models=PROJECT / "models", state=self.folder / "state", port=self.port)

    def command(self, *words: str) -> str:
        """What a command of the program tells about it."""
        program = PROJECT / ".venv" / "bin" / "inspection"
        told = [program, *words, "--config", self.folder / "station.toml"]
        return subprocess.run(told, check=True, capture_output=True, text=True, env=environment(PROJECT)).stdout


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    """With two rolls, and with rejects that a person has confirmed."""
    folder = tmp_path_factory.mktemp("line")
    station = Line(folder, 0)
    (folder / "station.toml").write_text(station.settings())
    program = PROJECT / ".venv" / "bin" / "inspection"
    with Running([program, "run", "--config", "station.toml", "--log-level", "WARNING"], PROJECT, folder) as running:
        station = Line(
            folder, int(re.search(r"API on http://127.0.0.1:(\d+)", running.told("station runs; API on"))[1])
        )
        (folder / "station.toml").write_text(station.settings())
        with httpx.Client(base_url=f"http://127.0.0.1:{station.port}", timeout=60) as client:
            for roll in ("R-1", "R-2"):
                client.post("/v1/rolls", json={"roll_id": roll, "by": "plc"}).raise_for_status()
                confirm_a_reject(station, client)
            yield station


def confirm_a_reject(station: Line, client: httpx.Client) -> None:
    """The next one whose picture is kept."""
    after = client.get("/v1/status").json()["last_sequence"]
    while True:
        for decision in client.get("/v1/decisions", params={"after": after, "wait_s": 30}).json()["decisions"]:
            after = decision["sequence"]
            if decision["verdict"] == "reject" and client.get(f"/v1/decisions/{after}/image").status_code == 200:
                station.command("reviews", "record", str(after), "confirmed", "--who", "ann")
                return


def run(block: Block, folder: Path, station: Line | None) -> None:
    """Do in a copy of the tree what a block says."""
    text = block.text if station is None else block.text.replace(OFFERED, f"127.0.0.1:{station.port}")
    command = ["bash", "-euo", "pipefail", "-c", text]
    if block.stops_after is not None:
        with Running(command, folder, folder) as running:
            running.told(block.stops_after)
            assert running.stop() in STOPPED, text
        return
    done = subprocess.run(
        command, cwd=folder, env=environment(folder), capture_output=True, text=True, timeout=LONGEST_S, check=False
    )
    assert done.returncode == block.exit_code, f"{text}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"


@pytest.fixture
def copy(tmp_path):
    """The tree, with the environment that it has here."""
    return copy_of_tree(tmp_path / "tree")


@pytest.mark.parametrize("document", RUN)
def test_what_a_document_shows_in_a_shell_does_what_it_says(document, copy, request):
    blocks = [block for block in BLOCKS if block.document == document and block.why_not is None]
    station = request.getfixturevalue("line") if any(block.needs_station for block in blocks) else None
    if station is not None:
        (copy / "station.toml").write_text(station.settings())
    for block in blocks:
        run(block, copy, station)


@pytest.mark.parametrize("block", BLOCKS, ids=[f"{block.document}:{block.text[:30]!r}" for block in BLOCKS])
def test_every_command_and_option_that_a_document_shows_exists(block):
    subprocess.run(["bash", "-n", "-c", block.text], check=True, capture_output=True)
    assert [fault for words in block.commands for fault in mistakes_in(words)] == []


def test_every_command_in_a_sentence_exists_with_its_options_and_takes_as_many_words():
    found = {
        (path.relative_to(PROJECT).as_posix(), words): mistakes_in(words)
        for path in documents()
        for words in commands_in_sentences(path.read_text("utf-8"))
    }
    assert len(found) > 60
    assert {place: faults for place, faults in found.items() if faults} == {}
    named = {words[1] for _, words in found if words[0] == "inspection"}
    assert {"run", "demo", "check", "bench", "doctor", "cameras", "models", "recipes", "reference"} <= named


def commands_in_sentences(text: str) -> Iterator[tuple[str, ...]]:
    """`inspection doctor [--config station.toml]`: brackets say what may be left out."""
    for span in re.findall(r"(?<!`)`((?:\.venv/bin/)?(?:inspection|training) [a-z][^`]*)`(?!`)", text):
        program, *words = re.sub(r"[\[\]|]", " ", span).split()
        yield Path(program).name, *words


def mistakes_in(words: Sequence[str]) -> list[str]:
    """What a command of the two programs does not have; `...` stands for more words."""
    command, rest = PROGRAMS[words[0]], list(words[1:])
    group = command
    while rest and rest[0] in getattr(command, "commands", {}):
        group, command, rest = command, command.commands[rest[0]], rest[1:]
    if hasattr(command, "commands"):
        return [] if command is not PROGRAMS[words[0]] and not rest else [f"no command {' '.join(words)}"]
    rest = [word for word in rest if word not in {"...", "…", *group.commands}]
    options = {name: each for each in command.params for name in (*each.opts, *each.secondary_opts)}
    mistakes, spare = [], 0
    while rest:
        name, equals, _ = rest.pop(0).partition("=")
        if not name.startswith("--"):
            spare += 1
        elif name in options and not equals and not getattr(options[name], "is_flag", False):
            del rest[: options[name].nargs]
        elif name not in options and name != "--help":
            mistakes.append(f"no option {name}")
    takes = [each.nargs for each in command.params if each.param_type_name == "argument"]
    if -1 not in takes and spare > sum(takes):
        mistakes.append(f"takes {sum(takes)} words, not {spare}")
    return mistakes


@pytest.mark.parametrize(
    ("sentence", "mistake"),
    [
        ("`inspection nothing`", "no command inspection nothing"),
        ("`inspection keys add mes --role read`", None),
        ("`inspection keys add mes read`", "takes 1 words, not 2"),
        ("`training fit --simulated --speed 3`", "no option --speed"),
        ("`inspection store check | backup | verify`", None),
        ("`inspection keys` name programs", None),
        ("`inspection doctor [--config station.toml]`", None),
        ("`training export ... --escapes E13=0.02`", None),
    ],
)
def test_a_command_that_does_not_exist_is_found_in_a_sentence(sentence, mistake):
    (words,) = commands_in_sentences(sentence)
    assert mistake in (mistakes_in(words) or [None])


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


def test_a_block_that_runs_until_it_is_stopped_says_after_what():
    (block,) = blocks_in("page.md", "<!-- until Ctrl-C, after: pages on -->\n```sh\ninspection pages\n```\n")
    assert (block.stops_after, block.why_not) == ("pages on", None)
    with pytest.raises(ValueError, match="gives no reason"):
        list(blocks_in("page.md", "<!-- until Ctrl-C -->\n```sh\ninspection pages\n```\n"))


@pytest.mark.parametrize("text", ["curl 127.0.0.1:8000/v1/status", "inspection run --config station.toml"])
def test_a_block_that_needs_a_station_is_known(text):
    assert Block("page.md", text, None).needs_station
    assert not Block("page.md", "inspection check sample_images", None).needs_station


@pytest.mark.parametrize("line", [".venv/bin/pip install -e .", "scripts/test", "sudo true", "scripts/demo --frames 2"])
def test_what_installs_is_never_run(line):
    with pytest.raises(ValueError, match="changes the machine"):
        list(blocks_in("page.md", f"```sh\n{line}\n```\n"))
