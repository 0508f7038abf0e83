"""doctor calls a library well that it has loaded, and says of any other what to do."""

import pytest

from inspection.cli.finding import State
from inspection.cli.libraries import LIBRARIES, Library, look_at

GENICAM = next(library for library in LIBRARIES if library.package == "genicam")


def test_a_library_that_loads_is_well():
    assert look_at(GENICAM).state is State.OK


@pytest.mark.parametrize(
    ("content", "found", "do"),
    [
        (
            "raise ImportError('libpython3.13.so.1.0: cannot open shared object file: No such file or directory')",
            "libpython3.13.so.1.0: cannot open shared object file",
            "apt-get install libpython3.13 (for GenICam cameras)",
        ),
        ("raise OSError('libudev.so.1: cannot open shared object file')", "libudev.so.1", "libudev.so.1"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "killed by SIGSEGV", "--force-reinstall"),
        ("raise ImportError('undefined symbol: PyX')", "undefined symbol", "--force-reinstall"),
    ],
)
def test_a_library_that_is_installed_and_cannot_be_loaded_is_a_fault(tmp_path, monkeypatch, content, found, do):
    (tmp_path / "genicam").mkdir()
    (tmp_path / "genicam" / "__init__.py").write_text(content)
    monkeypatch.syspath_prepend(tmp_path)
    finding = look_at(GENICAM)
    assert finding.state is State.FAULT
    assert found in finding.found
    assert do in finding.do


def test_a_library_that_is_not_installed_is_a_fault_where_all_need_it_and_a_note_where_some_do():
    missing = Library("no-such-package-here", "no_such_module", "everything")
    assert look_at(missing).state is State.FAULT
    optional = look_at(Library("no-such-package-here", "no_such_module", "GenICam cameras", "camera"))
    assert optional.state is State.NOTE
    assert "web-inspection-station[camera]" in optional.do
