"""The page of doors and cameras: what each is doing, and a test that names the broken part."""

import pytest
from playwright.sync_api import expect

from tests.inspection.pages.plant import staff, start_pages
from tests.inspection.pages.test_browser import log_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def address(station, station_folder):
    """Pages beside a running station."""
    staff(station_folder / "state")
    pages = start_pages(
        station_folder / "state", "--api-url", station.api_url, "--models-dir", str(station_folder / "models")
    )
    yield pages.address
    pages.stop()


def test_a_test_names_each_part_of_the_way_and_those_that_nobody_uses_are_told_as_broken(
    window, station, address, screenshots
):
    log_in(window, address, "the-engineer")
    window.goto(f"{address}/doors")
    expect(window.get_by_text(station.api_url)).to_be_visible()
    cards = window.locator("section.card")
    expect(cards).to_have_count(2)
    cards.nth(1).get_by_role("button", name="Test").click()
    expect(cards.nth(1)).to_contain_text("The camera answers.")
    expect(cards.nth(1)).to_contain_text("Frames come:")
    expect(cards.nth(1)).to_contain_text("No frame is lost.")
    expect(cards.nth(1)).to_contain_text("Decisions come:")
    cards.nth(0).get_by_role("button", name="Test").click()
    expect(cards.nth(0)).to_contain_text("The door is open.")
    expect(cards.nth(0)).to_contain_text("Nobody is connected: check the partner")
    expect(cards.nth(0)).to_contain_text("Each partner of this door keeps its own place")
    window.screenshot(path=screenshots / "doors.png", full_page=True)
