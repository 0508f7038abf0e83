"""The line page where lanes are decided one by one: a stretch is one column of the strip, with a cell for each lane."""

import pytest
from playwright.sync_api import expect

from tests.inspection.pages.plant import staff, start_pages
from tests.inspection.pages.test_browser import log_in
from tests.support.lanes import SAID, add_lanes
from tests.support.review_fixtures import Plant

pytestmark = pytest.mark.slow


@pytest.fixture
def site(tmp_path):
    plant = Plant(tmp_path)
    add_lanes(plant)
    plant.close()
    staff(tmp_path)
    running = start_pages(tmp_path)
    yield running
    running.stop()


def test_the_strip_has_a_column_for_each_stretch_and_a_cell_for_each_of_its_lanes(window, site, screenshots):
    log_in(window, site.address, "the-operator")
    window.goto(site.address)
    window.wait_for_function("Object.values(window.verdictStrips ?? {}).length > 0")
    strip = "Object.values(window.verdictStrips)[0]"
    window.wait_for_function(f"{strip}.blocks.size > 0")
    cells = f"{strip}.blocks.get('cam0').map((column) => [1, 2, 3].map((lane) => ofLane(column, lane)[2]))"
    codes = {"accept": 0, "reject": 1, "uninspected": 2}
    assert window.evaluate(cells) == [[codes[verdict.value] for verdict in said] for said in SAID]
    assert window.evaluate(f"{strip}.lanes") == 3
    window.screenshot(path=screenshots / "line-lanes.png")
    window.goto(f"{site.address}/archive")
    expect(window.locator(".content tbody tr").first).to_contain_text("cam0 · lane 3")
    window.screenshot(path=screenshots / "archive-lanes.png")
    window.goto(f"{site.address}/rolls")
    expect(window.get_by_text("Lane 2: 0.20 m")).to_be_visible()
    window.screenshot(path=screenshots / "rolls-lanes.png")
