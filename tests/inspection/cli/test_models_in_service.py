"""`inspection models activate`, `rollback` and `history`, run as a user runs them."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from inspection.cli import app
from inspection.model.shelf import find_model

SHIPPED = Path(__file__).resolve().parents[3] / "models"


@pytest.fixture
def models_dir(tmp_path: Path) -> Path:
    """The shipped separator model as it is, and once more as version 9.0."""
    shipped = next(SHIPPED.glob("separator-[0-9]*"))
    shutil.copytree(shipped, tmp_path / shipped.name)
    shutil.copytree(shipped, tmp_path / "separator-9.0")
    card = json.loads((shipped / "card.json").read_text())
    (tmp_path / "separator-9.0" / "card.json").write_text(json.dumps(card | {"version": "9.0"}))
    return tmp_path


def models(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["models", *arguments], catch_exceptions=True)


def in_service(models_dir: Path) -> dict[str, bool]:
    lines = models("list", "--models-dir", str(models_dir), "--json").stdout.splitlines()
    return {card["version"]: card["in_service"] for card in map(json.loads, lines)}


def test_a_version_is_activated_rolled_back_and_the_history_tells_it(models_dir: Path):
    old = next(path.name for path in models_dir.iterdir() if path.name != "separator-9.0")
    version = old.removeprefix("separator-")
    folder = ("--models-dir", str(models_dir))
    assert in_service(models_dir) == {version: False, "9.0": True}
    done = models("activate", old, *folder, "--who", "Anna", "--why", "9.0 cries wolf")
    assert done.exit_code == 0, done.output
    assert f"separator {version} is in service from the station's next start, 9.0 until then" in done.stdout
    assert in_service(models_dir) == {version: True, "9.0": False}
    assert find_model(models_dir, "separator").card.version == version
    done = models("rollback", "separator", *folder, "--who", "Bert")
    assert done.exit_code == 0, done.output
    assert in_service(models_dir) == {version: False, "9.0": True}
    lines = [json.loads(line) for line in models("history", *folder, "--json").stdout.splitlines()]
    assert [(line["who"], line["action"], line["before"], line["after"], line["why"]) for line in lines] == [
        ("Anna", "activate", "9.0", version, "9.0 cries wolf"),
        ("Bert", "rollback", version, "9.0", ""),
    ]
    assert "9.0 cries wolf" in models("history", "separator", *folder).stdout


def test_without_changes_the_history_says_so(models_dir: Path):
    assert "was ever changed" in models("history", "--models-dir", str(models_dir)).stdout


@pytest.mark.parametrize(
    ("arguments", "words"), [(("activate", "separator-7.0"), "there are:"), (("rollback", "separator"), "nothing to")]
)
def test_what_can_not_be_done_is_told_in_one_sentence(models_dir: Path, arguments: tuple[str, ...], words: str):
    done = models(*arguments, "--models-dir", str(models_dir))
    assert done.exit_code != 0
    assert words in str(done.exception)


def test_the_login_name_is_taken_unless_told(models_dir: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LOGNAME", "carla")
    models("activate", "separator-9.0", "--models-dir", str(models_dir))
    (line,) = models("history", "--models-dir", str(models_dir), "--json").stdout.splitlines()
    assert json.loads(line)["who"] == "carla"
