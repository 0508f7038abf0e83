"""What a docstring begins with: the name of the thing, not a genitive or a clause that hangs in the air."""

import ast
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
HANGING = ("Of ", "So ", "That ")
"""First words that name nothing: "Of the decision." is "Sequence number of the decision."."""
SHOWN = {"description", "help"}
"""Arguments whose text is shown to users of API and commands."""
HOUSES = ["camera", "inspection", "training", "scripts", "benchmarks", "tests"]


def texts_of(source: str) -> list[tuple[int, str]]:
    """(line, text) of all docstrings, those below fields and constants included, and of what commands and API show."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Expr(value=ast.Constant(value=str(text))):
                found.append((node.lineno, text))
            case ast.keyword(arg=name, value=ast.Constant(value=str(text))) if name in SHOWN:
                found.append((node.value.lineno, text))
    return found


@pytest.mark.parametrize("house", HOUSES)
def test_docstrings_name_the_thing_that_they_are_about(house):
    files = sorted((PROJECT / house).rglob("*.py"))
    assert files
    hanging = [
        f"{file.relative_to(PROJECT)}:{line}: {text.splitlines()[0]}"
        for file in files
        for line, text in texts_of(file.read_text())
        if text.startswith(HANGING)
    ]
    assert hanging == []


def test_docstrings_of_fields_and_texts_of_options_are_read_too():
    source = 'LEAST = 1\n"""Of all."""\n\nclass A:\n    """That."""\n    b: int = Option(help="So many.")\n'
    assert [text for _, text in texts_of(source) if text.startswith(HANGING)] == ["Of all.", "So many."]
