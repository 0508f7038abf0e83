"""What the station is built on is listed with its licences, and all of them go with Apache-2.0."""

import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import distribution
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
SCRIPT = PROJECT / "scripts" / "bill_of_materials.py"
_spec = importlib.util.spec_from_file_location("bill_of_materials", SCRIPT)
assert _spec is not None
assert _spec.loader is not None
materials = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(materials)

PAGE = (PROJECT / "docs" / "reference" / "licences.md").read_text()
METADATA = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]


def test_every_package_that_is_installed_has_a_licence_that_is_allowed():
    names = {name for extras in materials.PARTS.values() for name in materials.needed(filter(None, extras))}
    assert len(names) > 100
    licences = {name: materials.licence_of(distribution(name)) for name in names - {materials.PROJECT}}
    assert {name: licence for name, licence in licences.items() if not materials.is_allowed(licence)} == {}


def test_the_page_of_licences_has_exactly_these_packages():
    shown = re.search(r"\| package \|.*", PAGE, re.DOTALL)
    assert shown is not None
    assert shown[0] == materials.page(), "run: scripts/bill_of_materials.py --page docs/reference/licences.md"


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("MIT OR GPL-3.0-only", True),
        ("MIT AND GPL-3.0-only", False),
        ("MPL-2.0 AND (Apache-2.0 OR AGPL-3.0-only)", True),
        ("LicenseRef-GenICam-1.6", True),
        ("LicenseRef-Proprietary", False),
    ],
)
def test_of_an_or_one_licence_is_enough_and_of_an_and_all_are_asked_for(licence: str, allowed: bool):
    assert materials.is_allowed(licence) is allowed


def test_the_bill_names_what_a_station_installs_with_version_licence_and_what_asks_for_it(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, SCRIPT, "--out", tmp_path / "bom.json"], capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
    bill = json.loads((tmp_path / "bom.json").read_text())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["metadata"]["component"]["licenses"] == [{"license": {"id": "Apache-2.0"}}]
    parts = {part["name"]: part for part in bill["components"]}
    assert {"onnxruntime", "genicam", "harvesters", "nicegui", "sqlalchemy"} <= parts.keys()
    assert not {"torch", "pytest"} & parts.keys()
    assert all(part["version"] == distribution(name).version and part["licenses"] for name, part in parts.items())
    asked = {each["ref"]: each.get("dependsOn", []) for each in bill["dependencies"]}
    assert parts["genicam"]["purl"] in asked[parts["harvesters"]["purl"]]
    assert asked.keys() == {part["purl"] for part in parts.values()} | {bill["metadata"]["component"]["purl"]}


def test_project_licence_file_and_shipped_models_say_the_same():
    assert METADATA["license"] == "Apache-2.0"
    assert "Version 2.0, January 2004" in (PROJECT / "LICENSE").read_text()
    cards = [json.loads(path.read_text()) for path in PROJECT.glob("models/*/card.json")]
    assert [card["licence"] for card in cards] == ["Apache-2.0"] * 3
