"""docs/how-to/add-a-kind.md is enough: its blocks are applied to a copy of the tree, and its commands run there."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.how_to import apply, blocks
from tests.support.network import build_network, write_model

PROJECT = Path(__file__).resolve().parents[2]
HOW_TO = (PROJECT / "docs/how-to/add-a-kind.md").read_text()

KNOWN = """
import json
from pathlib import Path

from inspection.model.shelf import find_model
from inspection.pages.texts.kinds import kind_name
from inspection.people.registry import Language
from inspection.recipe.recipe import default_recipe
from inspection.station.setup import Setup, check_kinds
from training.family import family_of

for view in ("bright-field", "back-light"):
    recipe = default_recipe("separator", view)
    model = find_model(Path("models"), recipe.model.name, None)
    check_kinds(Setup(recipe, {recipe.lead: model}, {}))
print(json.dumps([
    [kind_name("S17", language) for language in Language],
    "S17" in family_of("separator").kinds,
    "S17" in model.card.kinds,
]))
"""

DRAWN = """
import cv2

from camera.web import PlantingRate, SimulatedWeb, WebSettings

settings = WebSettings(material="separator", kinds=("S17",), severity=PlantingRate.DENSE, width_px=1024, seed=3)
web, stretch = SimulatedWeb(settings), 4096
large = (
    each
    for first_line in range(stretch, 100 * stretch, stretch)
    for each in web.objects(first_line, stretch)
    if each.width_mm > 0.4
)
planted = next(large)
assert planted.kind == "S17"
cv2.imwrite("speck.png", web.render(planted.top_line - 128, 256))
"""
"""An image about one that is larger than its limit."""


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    """A copy of the tree to which the how-to was applied."""
    folder = tmp_path_factory.mktemp("tree") / "project"
    for name in ("camera", "inspection", "training", "tests"):
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("node_modules", "*.pyc.*"))
    shutil.copy(PROJECT / "pyproject.toml", folder)
    (folder / "models").symlink_to(PROJECT / "models")
    apply(HOW_TO, folder)
    return folder


def run(tree: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=tree,
        env=os.environ | {"PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=False,
    )


def program(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def test_pages_name_it_in_both_languages_and_the_next_model_learns_it(tree: Path) -> None:
    done = run(tree, sys.executable, "-c", KNOWN)
    assert done.returncode == 0, done.stderr
    names, is_in_family, is_known_to_the_shipped_model = json.loads(done.stdout)
    assert names == ["carbon speck", "grain de carbone"]
    assert (is_in_family, is_known_to_the_shipped_model) == (True, False)


def test_it_is_drawn_and_rejected_by_its_limit(tree: Path) -> None:
    kinds = ("S01", "S17")
    network = build_network(kinds)
    card = {"name": "separator", "kinds": kinds, "thresholds": dict.fromkeys(kinds, 0.5), "materials": ("separator",)}
    write_model(tree / "dark-spots" / "separator-0.1", network, **card)
    drawn = run(tree, sys.executable, "-c", DRAWN)
    assert drawn.returncode == 0, drawn.stderr
    recipe = "inspection/recipe/shipped/separator-bright-field.toml"
    options = ("--models-dir", "dark-spots", "--recipe", recipe, "--pitch-um", "50", "--json")
    checked = run(tree, program("inspection"), "check", "speck.png", *options)
    decision = json.loads(checked.stdout)
    assert decision["verdict"] == "reject", checked.stderr
    limits = {reason["rule"]: reason["limit"] for reason in decision["reasons"]}
    assert limits["limit.S17.diameter_mm"] == 0.2


def test_its_commands_run_and_find_row_drawing_and_limit_in_agreement(tree: Path) -> None:
    ((_, commands),) = blocks(HOW_TO, "sh")
    for line in commands.splitlines():
        first, *words = line.split()
        assert first.startswith(".venv/bin/")
        done = run(tree, program(Path(first).name), *words)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    page = (tree / "carbon.html").read_text()
    for words in ("carbon speck", "S1 safety", "<b>separator-back-light</b>: rejected above diameter 0.2 mm"):
        assert words in page


@pytest.mark.parametrize("left_out", ["inspection/values/kinds.py", "camera/web/kinds/carbon_speck.py"])
def test_a_row_without_drawing_and_a_drawing_without_row_are_found(tree: Path, tmp_path: Path, left_out: str) -> None:
    folder = tmp_path / "half"
    shutil.copytree(tree, folder, symlinks=True)
    if (PROJECT / left_out).exists():
        shutil.copy(PROJECT / left_out, folder / left_out)
    else:
        (folder / left_out).unlink()
    done = run(folder, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/training/test_family.py")
    assert done.returncode == 1
    assert "test_every_row_has_a_drawing_and_every_drawing_a_row" in done.stdout
