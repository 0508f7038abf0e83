from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from .plant import WAIT_MS, fill, staff, start_pages


@pytest.fixture(scope="package")
def plant(tmp_path_factory):
    """A folder with a store, saved frames, and a person of each role."""
    folder = tmp_path_factory.mktemp("plant")
    fill(folder)
    staff(folder)
    return folder


@pytest.fixture(scope="package")
def pages(plant):
    """Pages that show the plant, without a station."""
    running = start_pages(plant)
    yield running
    running.stop()


@pytest.fixture(scope="package")
def chromium():
    """Debian's Chromium, else Playwright's own, as `scripts/test` gets it; a test run without one fails."""
    debians = Path("/usr/bin/chromium")
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=debians if debians.exists() else None, args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory):
    """Where the browser tests leave their pictures."""
    return tmp_path_factory.mktemp("screenshots", numbered=False)
