"""Hold and bypass on the line page: nothing acts at a slip of the hand, and what is refused says why."""

import pytest
from playwright.sync_api import expect

from inspection.station.intervention import InterventionKind
from tests.inspection.pages.plant import staff, start_pages
from tests.inspection.pages.test_browser import log_in


@pytest.fixture(scope="module")
def address(station, station_folder):
    """Pages beside a running station."""
    staff(station_folder / "state")
    pages = start_pages(
        station_folder / "state", "--api-url", station.api_url, "--models-dir", str(station_folder / "models")
    )
    yield pages.address
    pages.stop()


@pytest.fixture
def line(window, station, address):
    """The line page of an engineer; nothing is in force."""
    station.interventions.end("ann", "the next test")
    log_in(window, address, "the-engineer")
    expect(window.get_by_role("button", name="Hold", exact=True)).to_be_enabled()
    return window


def test_keys_pressed_by_accident_neither_begin_nor_end_a_hold(line, station):
    dialog = line.get_by_role("dialog", name="Hold")
    line.keyboard.press("h")
    line.keyboard.press("h")
    expect(dialog).to_have_count(1)
    expect(line.get_by_label("Reason")).to_be_focused()
    line.get_by_label("Reason").fill("h ")
    line.keyboard.press("Enter")
    expect(line.get_by_text("Give a reason: at least 3")).to_be_visible()
    line.keyboard.press("Enter")
    assert station.interventions.current is None
    for _ in range(8):
        line.keyboard.press("Tab")
        assert line.evaluate("document.activeElement.closest('[role=dialog]') !== null")
    line.keyboard.press("Escape")
    expect(dialog).to_have_count(0)

    line.keyboard.press("h")
    line.get_by_label("Reason").fill("splice")
    expect(line.get_by_text("Give a reason: at least 3")).to_have_count(0)
    line.keyboard.press("Enter")
    line.keyboard.press("Enter")
    expect(line.locator(".state-word")).to_have_text("ON HOLD")
    begun = station.interventions.current
    expect(line.get_by_role("dialog")).to_have_count(0)

    line.keyboard.press("h")
    expect(line.get_by_role("dialog", name="End hold")).to_contain_text("by the-engineer: splice")
    expect(line.get_by_label("Reason")).to_be_focused()
    line.keyboard.press("Enter")
    line.keyboard.press("Enter")
    expect(line.get_by_text("Give a reason: at least 3")).to_be_visible()
    assert station.interventions.current == begun


def test_a_hold_that_somebody_else_began_meanwhile_is_not_ended_unseen(line, station):
    station.interventions.hold("splice", "ann")
    line.get_by_role("button", name="End hold").click()
    line.get_by_label("Reason").fill("spliced")
    station.interventions.end("ann", "spliced")
    station.interventions.hold("a hand is in the coater", "bob")
    line.locator(".ask").get_by_role("button", name="End hold").click()
    expect(line.locator(".ask .trouble-place")).to_contain_text("Meanwhile another one is in force")
    assert station.interventions.current.by == "bob"


def test_a_bypass_is_never_cut_silently_and_a_long_one_is_asked_for_twice(line, station):
    line.get_by_role("button", name="Bypass").click()
    confirm = line.locator(".ask").get_by_role("button", name="Bypass", exact=True)
    minutes = line.get_by_label("Minutes")
    line.get_by_label("Reason").fill("trial coating")
    for wrong in ("9999", "481", "0", "-5", "1.5", "1e3", "", "\u0663\u0660\u0660\u0660"):
        minutes.fill(wrong)
        confirm.click()
        expect(line.get_by_text(f"1 to 480 minutes, in whole numbers; asked for: {wrong or '–'}.").last).to_be_visible()
        expect(minutes).to_have_value(wrong)
    assert station.interventions.current is None

    minutes.fill("240")
    confirm.click()
    again = line.get_by_role("dialog", name="Bypass for 240 minutes?")
    expect(again).to_contain_text("trial coating")
    expect(again.get_by_role("button", name="Cancel")).to_be_focused()
    line.keyboard.press("Enter")
    expect(again).to_have_count(0)
    assert station.interventions.current is None
    confirm.click()
    again.get_by_role("button", name="Bypass for 240 minutes").click()
    expect(line.get_by_role("dialog")).to_have_count(0)
    current = station.interventions.current
    assert current.kind is InterventionKind.BYPASS
    assert current.reason == "trial coating"
    assert round((current.until_utc - current.since_utc).total_seconds()) == 240 * 60

    line.get_by_role("button", name="End bypass").click()
    line.get_by_label("Reason").fill("trial is over")
    line.locator(".ask").get_by_role("button", name="End bypass").click()
    expect(line.get_by_role("dialog")).to_have_count(0)
    assert station.interventions.current is None


CONTRAST = """element => {
  const channels = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const luminance = (colour) => channels(colour).map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  let ground = element;
  while (getComputedStyle(ground).backgroundColor === "rgba(0, 0, 0, 0)") ground = ground.parentElement;
  const [a, b] = [luminance(getComputedStyle(element).color), luminance(getComputedStyle(ground).backgroundColor)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_went_wrong_is_readable_in_the_dialog_and_goes_when_it_works(line, station, scheme):
    line.emulate_media(color_scheme=scheme)
    station.interventions.hold("splice", "ann")
    line.get_by_role("button", name="End hold").click()
    line.locator(".ask").get_by_role("button", name="End hold").click()
    unfit = line.get_by_text("Give a reason: at least 3").last
    expect(unfit).to_be_visible()
    assert unfit.evaluate(CONTRAST) >= 4.5
    line.get_by_label("Reason").fill("spliced")
    station.interventions.end("ann", "spliced")
    line.locator(".ask").get_by_role("button", name="End hold").click()
    told = line.locator(".ask .trouble-place")
    expect(told).to_contain_text("It has ended meanwhile")
    assert told.locator(".trouble-words").evaluate(CONTRAST) >= 4.5
    assert told.get_by_role("button", name="Close").evaluate(CONTRAST) >= 4.5
    for button in line.locator(".ask-buttons button").all():
        button.click(trial=True)  # nothing lies on it
        assert button.evaluate(CONTRAST) >= 4.5
    station.interventions.hold("splice", "ann")
    told.get_by_role("button", name="Close").click()
    expect(told.get_by_text("It has ended")).to_have_count(0)
