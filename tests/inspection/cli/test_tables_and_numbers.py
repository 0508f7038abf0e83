"""What a person gives the command line beside images: tables from any spreadsheet, and numbers that exist."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from inspection.cli import app
from inspection.errors import RecipeError
from training.cli import app as training_app

PROJECT = Path(__file__).resolve().parents[3]
IMAGE = "anode-bright-field-E01-1.png"
HEADER = "image;material;view;verdict;kinds\r\n"
ROW = f"{IMAGE};anode;bright-field;reject;E01\r\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(PROJECT / "sample_images" / IMAGE, tmp_path)
    return tmp_path


def check(*arguments: object):
    command = ["check", *map(str, arguments), "--models-dir", str(PROJECT / "models")]
    return CliRunner().invoke(app, command, catch_exceptions=False)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("text", [HEADER + ROW, (HEADER + ROW).replace(";", ","), HEADER + ROW + ROW])
def test_the_table_of_images_may_come_from_any_spreadsheet(folder, mark, text):
    (folder / "truth.csv").write_bytes(mark + text.encode())
    done = check(folder)
    assert done.exit_code == 1, done.output
    assert "E01 pinhole" in done.output


TABLES = {
    "two materials for one image": (HEADER + ROW + ROW.replace("anode;", "cathode;"), "more than once"),
    "UTF-16": ((HEADER + ROW).encode("utf-16"), "UTF-16, expected UTF-8"),
    "a row cut short": (HEADER + IMAGE, "line 2 has 1 fields"),
    "no material": ("image,verdict\n", "material and view missing"),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_images_that_can_not_be_read_is_told_by_its_fault(folder, name):
    content, words = TABLES[name]
    (folder / "truth.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(RecipeError, match=words):
        check(folder)


@pytest.mark.parametrize("number", ["nan", "inf"])
def test_no_option_takes_a_number_that_is_none(folder, number):
    anode = PROJECT / "inspection/recipe/shipped/anode.toml"
    done = check(folder, "--recipe", anode, "--pitch-um", number)
    assert done.exit_code == 2
    for option in ("--pitch-um", "--false-rejects"):
        done = CliRunner().invoke(training_app, ["evaluate", str(folder), "--data", str(folder), option, number])
        assert done.exit_code == 2, done.output
