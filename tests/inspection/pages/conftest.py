import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from inspection.station.settings import StationSettings
from tests.inspection.pages.plant import PROJECT, WAIT_MS, fill, staff, start_pages, wait_for_connection
from tests.inspection.pages.review_desk import reader, review_desk, review_pages
from tests.support.stations import Station

__all__ = ["reader", "review_desk", "review_pages"]


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


@pytest.fixture
def window(chromium):
    """A browser window that takes no error from a page and nothing from elsewhere."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB", color_scheme="light")
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    page.set_default_navigation_timeout(WAIT_MS)
    wait_for_connection(page)
    errors, strangers = [], []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: strangers.append(request.url) if "127.0.0.1" not in request.url else None)
    yield page
    context.close()
    assert errors == []
    assert [url for url in strangers if not url.startswith(("data:", "blob:"))] == []


@pytest.fixture(scope="module")
def station_folder(tmp_path_factory):
    """Where the station's models and state lie."""
    return tmp_path_factory.mktemp("station")


@pytest.fixture(scope="module")
def station(station_folder):
    """A real station on a clean, slow simulated web."""
    shutil.copytree(PROJECT / "models", station_folder / "models")
    web = {"width_px": 512, "severity": "clean"}
    camera = {"kind": "simulated", "web": web, "lines": 128, "line_rate_hz": 640.0}
    settings = StationSettings.model_validate(
        {
            "name": "plant",
            "cameras": [camera],
            "recipe": "anode",
            "models_dir": station_folder / "models",
            "state_dir": station_folder / "state",
            "deadline_ms": 20_000,
            "api": {"port": 0},
            "workers": 1,
        }
    )
    with Station(settings) as station:
        yield station
