"""What is around the pages and how the line page fits a screen: keys, wall, magnification."""

from playwright.sync_api import expect

from tests.inspection.pages.test_browser import log_in


def test_single_keys_are_turned_off_in_one_browser_and_stay_off(window, pages):
    log_in(window, pages.address, "the-operator")
    window.locator(".person").click()
    window.locator(".keys-choice-off").click()
    window.reload()
    expect(window.locator(".connection .badge")).to_be_visible()
    window.keyboard.press("?")
    window.keyboard.press("Alt+2")
    window.wait_for_url("**/rolls*")
    expect(window.get_by_role("dialog")).to_have_count(0)
    window.locator(".person").click()
    expect(window.locator(".keys-choice-off .is-chosen")).to_be_visible()
    window.locator(".keys-choice-on").click()
    expect(window.locator(".keys-choice-on")).to_have_count(0)
    window.keyboard.press("?")
    expect(window.get_by_role("dialog", name="Keys on this page")).to_be_visible()


def test_a_wall_screen_is_made_by_an_admin_and_shows_the_line_without_anything_to_press(window, pages, chromium):
    log_in(window, pages.address, "the-admin")
    window.goto(f"{pages.address}/people")
    window.get_by_role("button", name="Add a wall screen").click()
    window.get_by_label("Name").fill("wall-1")
    window.locator(".ask").get_by_role("button", name="Add a wall screen").click()
    address = window.locator(".reader-text").inner_text()
    with chromium.new_context(locale="en-GB") as context:
        wall = context.new_page()
        wall.goto(address)
        expect(wall.locator(".state-word")).to_be_visible()
        assert wall.url == f"{pages.address}/"
        expect(wall.locator("button:not(#alarm-sound):visible, nav a")).to_have_count(0)
    window.keyboard.press("Escape")
    row = window.get_by_role("row", name="wall-1")
    expect(row).to_contain_text("Wall screen")
    expect(row.get_by_role("button")).to_have_count(1)


def test_at_150_percent_on_1280_by_800_nothing_important_is_hidden(window, pages):
    window.set_viewport_size({"width": 853, "height": 533})
    log_in(window, pages.address, "the-admin")
    expect(window.locator(".connection .badge")).to_be_visible()
    for what in (".state-word", ".alarm-card", ".person", ".connection .badge"):
        expect(window.locator(what)).to_be_in_viewport(ratio=0.5)
    for button in ("Hold", "Bypass"):
        expect(window.get_by_role("button", name=button, exact=True)).to_be_in_viewport(ratio=1)
    for link in window.locator("nav a").all():
        expect(link).to_be_in_viewport(ratio=1)
    assert window.evaluate("document.documentElement.scrollWidth <= innerWidth")
