"""What the scripts do on a machine that lacks something."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
TOOLS = ("bash", "cat", "grep", "id", "mktemp", "rm", "tail")
NEEDS_OF_A_DEMO = "look_for_python; look_for_compiler; provide_packages || exit 7"


@pytest.fixture
def machine(tmp_path):
    """A folder with the few programs that this machine has: no compiler, no package manager, no sudo, no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        (folder / tool).symlink_to(shutil.which(tool))
    return folder


def program(machine: Path, name: str, script: str) -> None:
    (machine / name).unlink(missing_ok=True)
    (machine / name).write_text(f"#!{machine}/bash\n{script}\n")
    (machine / name).chmod(0o755)


def run(machine: Path, commands: str) -> subprocess.CompletedProcess[str]:
    code = f"set -euo pipefail; cd {PROJECT}; . scripts/environment; environment={machine.parent}/venv; {commands}"
    return subprocess.run(
        [machine / "bash", "-c", code],
        env={"PATH": str(machine), "HOME": str(machine.parent)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_root_one_command_to_copy_names_all_that_is_missing(machine):
    done = run(machine, "lack 'one thing' package-a package-b; lack another package-c; provide_packages || exit 7")
    assert done.returncode == 7
    assert "missing: one thing; another" in done.stderr
    command = "sudo apt-get update && sudo apt-get install -y package-a package-b package-c"
    assert [line.strip() for line in done.stderr.splitlines()].count(command) == 1


def test_with_root_or_sudo_all_is_installed_at_once(machine):
    program(machine, "sudo", '[ "$1" = -n ] && shift; exec "$@"')
    program(machine, "env", 'shift; exec "$@"')
    program(machine, "apt-get", f'echo "$*" >>{machine}/asked')
    done = run(machine, "lack 'one thing' package-a; lack another package-b; provide_packages; provide_packages")
    assert done.returncode == 0, done.stderr
    asked = (machine / "asked").read_text().splitlines()
    assert [line.split()[-2:] for line in asked if "install" in line] == [["package-a", "package-b"]]
    assert "installing package-a package-b (one thing; another)" in done.stdout


def test_a_package_manager_that_fails_leaves_the_command_to_copy(machine):
    program(machine, "sudo", '[ "$1" = -n ] && shift; exec "$@"')
    program(machine, "env", 'shift; exec "$@"')
    program(
        machine,
        "apt-get",
        "case $1 in update) exit 0 ;; esac; echo 'no network' >&2; echo 'of package-a: its script failed'; exit 100",
    )
    done = run(machine, "lack 'one thing' package-a; provide_packages || exit 7")
    assert done.returncode == 7
    assert "no network" in done.stderr
    assert "of package-a: its script failed" in done.stderr
    assert "sudo apt-get install -y package-a" in done.stderr


@pytest.mark.parametrize("compiler", [None, "exit 1"], ids=["none", "one without headers"])
def test_a_compiler_that_compiles_nothing_is_none(machine, compiler):
    if compiler is not None:
        program(machine, "cc", compiler)
    done = run(machine, NEEDS_OF_A_DEMO)
    assert done.returncode == 7
    assert "gcc libc6-dev" in done.stderr


def test_a_python_whose_library_is_not_its_own_is_left_for_another(machine):
    answers = 'case "$*" in "- libpython") exit 1;; *base_prefix*) echo /opt/foreign; exit 0;; esac'
    program(machine, "python3", f'{answers}\nexec {sys.executable} "$@"')
    done = run(machine, 'choose_python; echo "chosen: $python"')
    assert done.returncode == 0, done.stderr
    assert f"chosen: {machine}/python3" not in done.stdout


def test_a_python_that_lacks_nothing_is_taken_before_any_other(machine):
    program(machine, "python3", f'case "$*" in "- "*) exit 0;; esac\nexec {sys.executable} "$@"')
    assert f"chosen: {machine}/python3" in run(machine, 'choose_python; echo "chosen: $python"').stdout


def test_the_library_is_asked_for_by_the_very_version_of_the_python_that_is_there(machine):
    answers = 'case "$*" in "- venv"|"- libpython") exit 1;; esac'
    program(machine, "python3", f'{answers}\nexec {sys.executable} "$@"')
    done = run(machine, 'lack_parts_of python3; echo "${missing_packages[*]}"')
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert done.stdout.strip() == f"python{version}-venv libpython{version}"


def test_the_library_of_this_interpreter_is_loaded_and_not_only_looked_for():
    """This test runs where the GenICam binding works, so it has one."""
    code = f". {PROJECT}/scripts/environment; python_has {sys.executable} libpython"
    assert subprocess.run(["bash", "-c", code], env=os.environ.copy(), check=False).returncode == 0
