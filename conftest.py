"""What a test needs, told by its place and its fixtures; and what begins first when several processes share the work.

Tests that start a program without such a fixture say so themselves: `pytestmark = pytest.mark.process`.
"""

import os
import signal
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

PROJECT = Path(__file__).resolve().parent

BROWSER = {"chromium"}
PROCESS = BROWSER | {"running_rigs", "pages", "review_pages"}
"""Fixtures that start programs: a browser, a camera with its generator, the pages."""
SLOW = (
    "tests/scenarios/",
    *(
        f"{tests}training/{folder}/"
        for folder in ("evaluation", "fitting", "lessons", "networks", "release", "simulation")
        for tests in ("tests/", "")
    ),
    *(f"tests/camera/web/test_{name}.py" for name in ("edge_kinds", "electrode_kinds", "layout", "separator_kinds")),
    *(f"tests/camera/web/test_{name}.py" for name in ("statistics", "web_truth")),
    *("tests/inspection/api/test_api", "tests/inspection/archive/", "tests/inspection/people/test_people.py"),
    *("tests/inspection/model/test_checked_models.py", "tests/inspection/pages/test_strangers.py"),
    *("tests/inspection/station/test_change_over.py", "tests/inspection/station/test_setup.py"),
    "training/cli/fit_progress.py",
)
"""Whole webs, networks that learn, stations that run for seconds, passwords that are dear to guess; all modules there
are, torch among them."""
LONGEST_FIRST = ("tests/scenarios/", "tests/inspection/pages/", "tests/training/")
"""What begins last must not be what takes longest; the rest is short, and fills the gaps."""

# Of torch, NumPy, SciPy and OpenCV in the tests, and in all programs that they start: each has the cores to share with
# other tests, and threads that spin while they wait for a core cost ten times what they compute.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENCV_FOR_THREADS_NUM", "1")

# One example may take as long as it does where other programs want the cores.
settings.register_profile("shared", deadline=None)
settings.load_profile("shared")


def pytest_configure():
    """Whoever starts the tests in the background has Ctrl-C ignored, and programs that tests start inherit that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_ignore_collect(collection_path, config):
    """What is left out by its place isn't even imported: torch and the plots of papers take longer than quick tests."""
    if "not slow" in config.option.markexpr and f"{collection_path.relative_to(PROJECT).as_posix()}/".startswith(SLOW):
        return True
    return None


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path):
    """Looking for examples imports a module and all that it holds: only those that show one are looked through."""
    collectors = yield
    if file_path.suffix != ".py" or ">>>" in file_path.read_text(encoding="utf-8"):
        return collectors
    return [collector for collector in collectors if type(collector) is pytest.Module]


def pytest_collection_modifyitems(items):
    for item in items:
        if item.nodeid.startswith(SLOW):
            item.add_marker("slow")
        wanted = set(getattr(item, "fixturenames", ()))
        if wanted & BROWSER:
            item.add_marker("browser")
        if wanted & PROCESS:
            item.add_marker("process")
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST_FIRST))


@pytest.fixture(autouse=True)
def own_logging():
    """Commands set up the logs of the whole program: the next test finds them as this one did."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)
