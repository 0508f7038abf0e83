"""The table of faults and the program say the same."""

import ast
import re
from pathlib import Path

import pytest

from inspection.pages.texts.reasons import FRENCH

PROJECT = Path(__file__).parents[1]
TABLE = (PROJECT / "docs" / "reference" / "faults.md").read_text()
ROWS = [line.strip("| ").split(" | ") for line in TABLE.splitlines() if line.startswith("| ")]
ROWS = [row for row in ROWS if row[0] != "fault"]
ABOUT_THE_WEB = {"limit", "count", "cluster", "storm"}
"""Rules of what lies on the web, which are no faults."""


def test_the_table_has_a_fault_an_end_a_rule_and_a_test_in_each_row():
    assert len(ROWS) > 40
    assert {len(row) for row in ROWS} == {4}


@pytest.mark.parametrize("row", ROWS, ids=[row[0][:40] for row in ROWS])
def test_the_test_that_shows_a_row_exists(row):
    path, _, name = row[3].strip("`").partition("::")
    functions = {
        node.name for node in ast.walk(ast.parse((PROJECT / path).read_text())) if isinstance(node, ast.FunctionDef)
    }
    assert name in functions, f"{path} has no {name}"


def test_every_rule_that_the_station_knows_is_in_the_table_and_none_that_it_does_not():
    told = {word for row in ROWS for word in re.findall(r"`([a-z_]+(?:\.[a-z_]+)*)`", row[2])}
    rules = set(FRENCH) - ABOUT_THE_WEB
    assert rules - told == set()
    assert {word for word in told if "." in word} <= rules
