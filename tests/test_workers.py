"""Several processes share the tests, and a module's tests stay with one another: what they share is made once."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.process
PROJECT = Path(__file__).parents[1]
MODULE = """
import os
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def station():
    with (Path(__file__).parent / "made").open("a") as made:
        print(Path(__file__).stem, os.environ["PYTEST_XDIST_WORKER"], file=made)


@pytest.mark.parametrize("number", range(8))
def test_it(station, number):
    pass
"""


@pytest.mark.parametrize("script", ["test", "check"])
def test_what_a_module_shares_is_made_once_however_many_processes_share_the_work(tmp_path, script):
    line = next(line for line in (PROJECT / "scripts" / script).read_text().splitlines() if "bin/pytest" in line)
    options = shlex.split(re.search(r"--dist.*?(?= -m |\"\$@\")", line)[0])
    names = ["test_a", "test_b", "test_c", "test_d"]
    for name in names:
        (tmp_path / f"{name}.py").write_text(MODULE)
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", *options, "-c", "/dev/null", "--rootdir", "."]
    ran = subprocess.run([*command, "."], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert "32 passed" in ran.stdout, ran.stdout + ran.stderr
    made = [line.split() for line in (tmp_path / "made").read_text().splitlines()]
    assert sorted(name for name, _ in made) == names
    assert {worker for _, worker in made} == {"gw0", "gw1"}
