"""Every page of the book, looked at by axe-core: no barrier that it calls serious or critical, in light or dark."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from inspection.pages.contents import CONTENTS
from tests.inspection.pages.plant import WAIT_MS, wait_for_connection
from tests.inspection.pages.test_browser import log_in

AXE = Path(__file__).parent / "axe" / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")
PATHS = [page.path for page in CONTENTS if "{" not in page.path]


def barriers(window) -> list[str]:
    """What axe-core finds, a line for each element."""
    window.evaluate(AXE.read_text())
    found = window.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:160]} {node['failureSummary'][:300]}"
        for rule in found
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]


@pytest.fixture(scope="module", params=["light", "dark"])
def visitor(request, chromium, pages):
    """An admin's window in a light and in a dark room. Axe is put in by evaluation, which the pages' policy allows."""
    context = chromium.new_context(
        viewport={"width": 1280, "height": 800}, locale="en-GB", color_scheme=request.param, reduced_motion="reduce"
    )
    context.set_default_timeout(WAIT_MS)
    window = context.new_page()
    wait_for_connection(window)
    log_in(window, pages.address, "the-admin")
    yield window
    context.close()


@pytest.mark.parametrize("path", PATHS)
def test_no_page_has_a_grave_barrier(visitor, pages, path):
    visitor.goto(f"{pages.address}{path}")
    expect(visitor.locator(".connection .badge")).to_be_visible()
    expect(visitor.locator(".notice-loading")).to_have_count(0)
    assert barriers(visitor) == []
    assert visitor.locator("main").count() == 1
    assert visitor.locator("h1").count() == 1
    assert visitor.get_by_text("the-admin").first.is_visible()
    visitor.keyboard.press("Tab")
    expect(visitor.get_by_role("link", name="To the content")).to_be_focused()


def test_logging_in_and_changing_the_password_have_no_grave_barrier(chromium, pages):
    for scheme in ("light", "dark"):
        with chromium.new_context(color_scheme=scheme) as context:
            window = context.new_page()
            for path in ("/login", "/nowhere"):
                window.goto(f"{pages.address}{path}")
                assert barriers(window) == []
            log_in(window, pages.address, "the-admin")
            window.goto(f"{pages.address}/password")
            assert barriers(window) == []
            assert (window.locator("main").count(), window.locator("h1").count()) == (1, 1)


def test_dialogs_have_no_grave_barrier(visitor, pages):
    visitor.goto(f"{pages.address}/people")
    visitor.keyboard.press("?")
    expect(visitor.get_by_role("dialog")).to_be_visible()
    assert barriers(visitor) == []
    visitor.keyboard.press("Escape")
    visitor.locator(".person").click()
    expect(visitor.get_by_text("Log out")).to_be_visible()
    assert barriers(visitor) == []
