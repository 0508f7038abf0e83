"""What the README and the documents show is true: their settings load, their commands, options and files exist."""

import re
import textwrap
from pathlib import Path

import pytest

from camera.settings import GenTLSettings
from camera.simulated.simulated_camera import Fault
from inspection.recipe.recipe import Recipe, default_recipe_path
from inspection.station.settings import load_settings

PROJECT = Path(__file__).resolve().parents[2]
README = (PROJECT / "README.md").read_text()
DOCUMENTS = {
    path.relative_to(PROJECT).as_posix(): path.read_text()
    for path in sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md")])
}
TEXT = "\n".join(DOCUMENTS.values())
SETTINGS = (
    "docs/how-to/connect-a-camera.md",
    "docs/reference/alarms.md",
    "docs/how-to/keep-copies.md",
    "docs/explanation/evidence.md",
)
"""Documents whose blocks of TOML are parts of one `station.toml`."""
TO_BE_MADE = {
    ("docs/how-to/add-a-source.md", "camera/mine/mine_source.py"),
    ("docs/how-to/add-a-kind.md", "camera/web/kinds/carbon_speck.py"),
    ("docs/how-to/add-a-page.md", "inspection/pages/notes/notes_page.py"),
    ("docs/how-to/add-a-page.md", "inspection/pages/texts/notes.py"),
    ("docs/how-to/train.md", "models/NAME-VERSION"),
    ("docs/how-to/train.md", "models/separator-1.3.0"),
}
"""What a how-to has its reader make."""
LINKS = sorted(
    {
        (name, link)
        for name, text in DOCUMENTS.items()
        for link in re.findall(r"\]\((?!https?:)([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", text))
    }
)


def blocks(language: str, text: str) -> list[str]:
    return [textwrap.dedent(block) for block in re.findall(rf" *```{language}\n(.*?)```", text, re.DOTALL)]


def anchors(text: str) -> set[str]:
    """Anchors of the headings, as GitHub and others make them."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_readme_can_be_read_in_some_minutes():
    assert len(README.encode()) <= 8_000


def test_the_settings_of_a_real_camera_load(tmp_path: Path):
    shown = [block for name in SETTINGS for block in blocks("toml", DOCUMENTS[name])]
    (tmp_path / "station.toml").write_text("".join(shown))
    settings = load_settings(tmp_path / "station.toml")
    (camera,) = settings.cameras
    assert isinstance(camera, GenTLSettings)
    assert camera.device.serial_number == "40012345"
    assert settings.recipe_path.is_file()
    assert (settings.backup.folder, settings.backup.keep) == (Path("/mnt/other-disk/slitter-2"), 7)


def test_the_limits_of_the_how_to_belong_to_a_recipe(tmp_path: Path):
    (limits,) = blocks("toml", DOCUMENTS["docs/how-to/add-a-recipe.md"])
    anode = default_recipe_path("anode", "bright-field").read_text()
    (tmp_path / "anode-12.toml").write_text(re.sub(r"\[limits\.E01\]\n.*?\n\n", limits + "\n", anode, flags=re.DOTALL))
    (wanted,) = Recipe.load(tmp_path / "anode-12.toml").limit_for("E01").reject_above
    assert wanted.diameter_mm == 0.4


def test_the_faults_that_can_be_tried_are_all_named():
    (line,) = [line for line in TEXT.splitlines() if "demo --fault unplug" in line]
    assert all(fault.value in line for fault in Fault)


@pytest.mark.parametrize(("document", "link"), LINKS)
def test_linked_files_and_headings_exist(document: str, link: str):
    name, _, heading = link.partition("#")
    place = (PROJECT / document).parent / name if name else PROJECT / document
    assert place.exists()
    if heading:
        assert heading in anchors(place.read_text())


def test_files_and_folders_that_are_named_exist():
    rooms = "camera|inspection|training|tests|docs|models|scripts|benchmarks|sample_images"
    named = {
        (name, path)
        for name, text in DOCUMENTS.items()
        if name != "docs/reference/commands.md"  # as the program prints it: paths go over two lines
        for path in re.findall(rf"(?<![\w/.-])((?:{rooms})/[\w./-]*\w)", re.sub(r"\]\([^)]*\)", "]", text))
        if "/" in path.strip("/")
    }
    assert len(named) > 100
    assert {each for each in named if not (PROJECT / each[1]).exists()} == TO_BE_MADE


def test_sections_of_the_numbers_note_that_the_code_cites_exist():
    note = DOCUMENTS["docs/numbers.md"]
    there = set(re.findall(r"^#+ ([0-9](?:\.[0-9])?)\.? ", note, re.MULTILINE))
    cited = {
        (path.relative_to(PROJECT).as_posix(), section)
        for folder in ("camera", "inspection", "training", "tests", "scripts")
        for path in (PROJECT / folder).rglob("*.py")
        for said in re.findall(
            r"numbers note,?\s*\(?sections? ((?:[0-9](?:\.[0-9])?(?:, | and | to )?)+)", path.read_text()
        )
        for section in re.findall(r"[0-9](?:\.[0-9])?", said)
    }
    assert len(cited) > 40
    assert {(path, section) for path, section in cited if section not in there} == set()
