"""A how-to's blocks, applied to a copy of the tree as its reader would."""

import re
import textwrap
from pathlib import Path

BLOCK = re.compile(
    r"((?:[^\n]+\n)+)\n?(?: *<!--[^\n]*-->\n)?^ *```(diff|python|sh)\n(.*?)^ *```", re.MULTILINE | re.DOTALL
)
PATH = re.compile(r"`((?:camera|inspection)/[\w./-]+)`")


def blocks(how_to: str, language: str) -> list[tuple[list[str], str]]:
    """Files that the paragraph before a block names, and the block."""
    return [
        (PATH.findall(text), textwrap.dedent(block)) for text, kind, block in BLOCK.findall(how_to) if kind == language
    ]


def apply(how_to: str, tree: Path) -> None:
    """Write the files that it shows, and make the changes that it shows in others."""
    for (path,), text in blocks(how_to, "python"):
        assert not (tree / path).exists(), path
        (tree / path).parent.mkdir(exist_ok=True)
        (tree / path).write_text(text)
    for paths, diff in blocks(how_to, "diff"):
        assert paths, diff
        for path in paths:
            for part in diff.split("@@\n"):
                change(tree / path, part)


def change(path: Path, diff: str) -> None:
    """Puts what a diff adds in the one place that it shows."""
    lines = diff.splitlines()
    before = "\n".join(line[1:] for line in lines if not line.startswith("+"))
    after = "\n".join(line[1:] for line in lines if not line.startswith("-"))
    text = path.read_text()
    assert text.count(before) == 1, f"{path} has not once:\n{before}"
    path.write_text(text.replace(before, after))
