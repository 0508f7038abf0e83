"""What a test needs, told by its place and its fixtures; and which stay together when several processes share them.

Tests that start a program without such a fixture say so themselves: `pytestmark = pytest.mark.process`.
"""

import pytest
import structlog

BROWSER = {"chromium"}
PROCESS = BROWSER | {"running_rigs", "pages", "review_pages"}
"""Fixtures that start programs: a browser, a camera with its generator, the pages."""
SLOW = (
    "tests/scenarios/",
    *(f"tests/training/{folder}/" for folder in ("evaluation", "fitting", "networks", "release", "simulation")),
    *(f"tests/camera/web/test_{name}.py" for name in ("edge_kinds", "layout", "statistics", "web_truth")),
    *("tests/inspection/api/test_api", "tests/inspection/archive/", "tests/inspection/people/test_people.py"),
)
"""Whole webs, networks that learn, stations that run for seconds, passwords that are dear to guess."""
LONGEST_FIRST = ("tests/scenarios/", "tests/inspection/pages/", "tests/training/")
"""What begins last must not be what takes longest; the rest is short, and fills the gaps."""


def pytest_collection_modifyitems(items):
    for item in items:
        if item.nodeid.startswith(SLOW):
            item.add_marker("slow")
        wanted = set(getattr(item, "fixturenames", ()))
        if wanted & BROWSER:
            item.add_marker("browser")
        if wanted & PROCESS:
            item.add_marker("process")
        # A module's fixtures are made once: its tests stay with one another, unless they say that they share nothing.
        if item.get_closest_marker("apart") is None:
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST_FIRST))


@pytest.fixture(autouse=True)
def own_logging():
    """Commands set up the logs of the whole program: the next test finds them as this one did."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)
