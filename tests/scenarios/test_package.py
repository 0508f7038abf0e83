"""The package is complete: what the program reads beside its code is in it, and what it says of itself is true."""

import re
import tomllib
from fnmatch import fnmatch
from importlib.metadata import metadata
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
TABLE = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
TOLD = TABLE["project"]


def test_every_file_that_is_no_module_is_in_the_package():
    data = TABLE["tool"]["setuptools"]["package-data"]
    left_out = [
        path.relative_to(PROJECT).as_posix()
        for package in ("camera", "inspection", "training")
        for path in (PROJECT / package).rglob("*")
        if path.is_file()
        and path.suffix not in (".py", ".pyc")
        and not any(fnmatch(path.relative_to(PROJECT / package).as_posix(), each) for each in data[package])
    ]
    assert left_out == []


def test_every_folder_with_modules_is_a_package():
    folders = {path.parent for name in ("camera", "inspection", "training") for path in (PROJECT / name).rglob("*.py")}
    bare = {folder.relative_to(PROJECT).as_posix() for folder in folders if not (folder / "__init__.py").is_file()}
    assert {folder for folder in bare if "migrations" not in folder} == set()


def test_the_installed_package_says_what_the_project_says():
    installed = metadata(TOLD["name"])
    assert installed["Version"] == TOLD["version"]
    assert installed["Summary"] == TOLD["description"]
    assert installed["Requires-Python"] == TOLD["requires-python"]
    assert installed["License-Expression"] == TOLD["license"] == "Apache-2.0"
    assert installed.get_all("License-File") == TOLD["license-files"]
    assert installed.get_all("Classifier") == TOLD["classifiers"]
    assert set(installed.get_all("Provides-Extra")) == TOLD["optional-dependencies"].keys()
    assert installed["Description-Content-Type"] == "text/markdown"


def test_licence_and_readme_are_there():
    assert "Apache License" in (PROJECT / TOLD["license-files"][0]).read_text("utf-8")
    assert (PROJECT / TOLD["readme"]).is_file()


def test_classifiers_name_the_versions_of_python_that_it_runs_on():
    named = [each.rpartition(" ")[2] for each in TOLD["classifiers"] if re.search(r":: 3\.\d+$", each)]
    assert f">={named[0]}" == TOLD["requires-python"]
