"""The list of alarms on the line page, in Chromium, on a station whose web is bad, torn, or good again."""

import json
import re
import time
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from inspection.alarms.condition import Priority
from inspection.pages.alarms.alarm_panel import ICONS
from inspection.pages.texts import texts_in
from inspection.people.audit import AuditLog
from inspection.people.person import Language
from inspection.store.database import Database
from inspection.store.engine import Access
from tests.inspection.alarms.test_station import draw
from tests.inspection.pages.plant import staff, start_pages
from tests.inspection.pages.test_browser import log_in
from tests.support import station_fixtures as conftest
from tests.support.api_rig import settings
from tests.support.patience import PATIENCE_S
from tests.support.rig import PITCH_UM, write_model
from tests.support.stations import Station

quiet_logs = conftest.quiet_logs


@contextmanager
def line_on(tmp_path, pictures, **changes):
    """A station that shows pictures, and pages beside it."""
    write_model(tmp_path / "models" / "electrode-0.1")
    camera = {
        "kind": "replay", "name": "cam0", "folder": pictures, "pixel_pitch_um": PITCH_UM, "line_rate_hz": 640.0,
        "repeat": True,
    }  # fmt: skip
    told = settings(tmp_path, cameras=[camera], archive={"min_free_gb": 0}, **changes)
    with Station(told) as station:
        staff(tmp_path / "state")
        pages = start_pages(tmp_path / "state", "--api-url", station.api_url, "--models-dir", str(tmp_path / "models"))
        try:
            yield station, pages
        finally:
            pages.stop()


@pytest.fixture(scope="module")
def bad_line(tmp_path_factory):
    """All that passes is rejected."""
    folder = tmp_path_factory.mktemp("bad")
    with line_on(folder, draw(folder / "pictures", bad=range(100))) as line:
        yield line


def entries(station, action):
    database = Database.in_file(station.settings.state_dir / "store.db", Access.PEOPLE)
    found = [entry for entry in AuditLog(database).latest(50) if entry.action == action]
    database.close()
    return found


def test_a_web_of_which_all_is_rejected_is_not_green_and_the_operator_takes_its_alarms_on(
    window, bad_line, screenshots
):
    station, pages = bad_line
    log_in(window, pages.address, "the-operator")
    expect(window.locator(".state-word")).to_have_text("MANY REJECTS")
    expect(window.locator(".state")).to_have_class(re.compile("tone-reject"))
    row = window.locator(".alarm", has_text="in a row rejected")
    expect(row.locator(".badge")).to_contain_text("high")
    expect(row).to_contain_text("not acknowledged")
    expect(window.locator(".state-advice")).to_contain_text("in a row rejected: look at the web")
    expect(window.get_by_text("No alarms")).to_be_hidden()
    window.screenshot(path=screenshots / "line-alarms.png")
    row.get_by_role("button", name="Acknowledge").click()
    expect(row).to_contain_text("acknowledged by the-operator")
    expect(row.get_by_role("button", name="Acknowledge")).to_have_count(0)
    row.get_by_role("button", name="Shelve").click()
    window.locator(".ask").get_by_role("button", name="Shelve").click()
    expect(window.get_by_text("Give a reason: at least 3").last).to_be_visible()
    window.get_by_label("Reason").fill("trial web")
    window.locator(".ask").get_by_role("button", name="Shelve").click()
    expect(row).to_contain_text("shelved by the-operator until")
    expect(row).to_contain_text("trial web")
    expect(window.locator(".state-word")).to_have_text("MANY REJECTS"), "what is put aside hides nothing"
    (alarm,) = [each for each in station.alarm_book.unsettled() if each.is_shelved]
    assert (alarm.acknowledged_by, alarm.shelved_reason) == ("the-operator", "trial web")
    row.get_by_role("button", name="Take from the shelf").click()
    expect(row).to_contain_text("not acknowledged")
    number = alarm.number
    for action in ("line.acknowledge_alarm", "line.shelve_alarm", "line.unshelve_alarm"):
        (entry,) = entries(station, action)
        assert (entry.person, entry.subject) == ("the-operator", f"alarm:{number}")
        assert json.loads(entry.after)["kind"] == "quality.rejects_in_a_row"


def test_the_first_torn_picture_makes_the_tile_amber_and_its_cause_is_told_in_words(window, tmp_path, screenshots):
    pictures = draw(tmp_path / "pictures", torn=[3])
    with line_on(tmp_path, pictures) as (_, pages):
        log_in(window, pages.address, "the-operator")
        expect(window.locator(".state-word")).to_have_text("PARTLY INSPECTED")
        expect(window.locator(".state")).to_have_class(re.compile("tone-warning"))
        expect(window.locator(".alarm")).to_contain_text("an image file could not be read")
        expect(window.locator(".reject-kind").first).to_have_text("an image file could not be read")
        window.get_by_text("Details").first.click()
        expect(window.locator(".alarm details")).to_contain_text("lost.unreadable")
        window.screenshot(path=screenshots / "line-partly.png")


def test_an_alarm_that_is_over_stays_until_somebody_acknowledges_it_and_then_lies_in_the_history(window, tmp_path):
    pictures = draw(tmp_path / "pictures", torn=[3])
    with line_on(tmp_path, pictures, alarms={"window_pieces": 20}) as (_, pages):
        log_in(window, pages.address, "the-qa")
        row = window.locator(".alarm", has_text="over since")
        expect(row).to_be_visible()
        row.get_by_role("button", name="Acknowledge").click()
        expect(row).to_have_count(0)
        window.get_by_role("link", name="History").click()
        table, end = window.locator("table"), time.monotonic() + PATIENCE_S
        while "acknowledged by the-qa" not in table.inner_text():  # the station keeps alarms in a thread of their own
            assert time.monotonic() < end, table.inner_text()
            window.reload()


def test_good_web_is_green_and_quiet_in_the_persons_language(window, tmp_path):
    with line_on(tmp_path, draw(tmp_path / "pictures")) as (_, pages):
        log_in(window, pages.address, "the-operator")
        expect(window.locator(".state-word")).to_have_text("RUNNING")
        expect(window.locator(".state-advice")).to_have_text("Every block is inspected.")
        expect(window.get_by_text("No alarms")).to_be_visible()
        window.get_by_role("button", name="the-operator").click()
        window.get_by_text("Français").click()
        expect(window.locator(".state-advice")).to_have_text("Chaque bloc est inspecté.")


def test_the_browser_beeps_for_a_grave_alarm_that_nobody_has_acknowledged_and_can_be_muted(window, bad_line):
    _, pages = bad_line
    log_in(window, pages.address, "the-operator")
    row = window.locator(".alarm", has_text="in a row rejected")
    expect(row).to_be_visible()
    sound = window.locator("#alarm-sound")
    window.keyboard.press("Shift")  # a browser makes no sound before somebody has pressed something
    expect(sound).to_have_attribute("data-beeps", re.compile("[1-9]"))
    expect(sound).to_have_text("Sound on")
    sound.click()
    expect(sound).to_have_text("Sound off")
    window.reload()
    expect(sound).to_have_text("Sound off")
    window.keyboard.press("Shift")
    sound.click()
    expect(sound).to_have_attribute("data-beeps", re.compile("[1-9]"))
    row.get_by_role("button", name="Acknowledge").click()
    expect(sound).to_have_attribute("data-loud", "")


def test_an_open_question_outlives_its_alarm_being_drawn_anew(window, bad_line):
    station, pages = bad_line
    log_in(window, pages.address, "the-operator")
    row = window.locator(".alarm", has_text="in a row rejected")
    row.get_by_role("button", name="Shelve").click()
    window.get_by_label("Reason").fill("trial web")
    (number,) = [each.number for each in station.alarm_book.unsettled() if "in_a_row" in each.kind.value]
    station.alarm_book.shelve(number, "the-qa", "splice", 5.0)  # by somebody else
    expect(row).to_contain_text("shelved by the-qa")
    expect(window.get_by_label("Reason")).to_have_value("trial web")
    window.locator(".ask").get_by_role("button", name="Shelve").click()
    expect(row).to_contain_text("shelved by the-operator")
    station.alarm_book.unshelve(number, "the-qa")


def test_the_history_is_filtered_by_the_address_and_says_what_it_does_not_know(window, bad_line, screenshots):
    _, pages = bad_line
    log_in(window, pages.address, "the-operator")
    expect(window.locator(".alarm", has_text="in a row rejected")).to_be_visible()
    expect(window.locator(".alarm", has_text="of the last")).to_be_visible()
    window.goto(f"{pages.address}/alarms")
    expect(window.locator("tr", has_text="in a row rejected")).to_be_visible()
    window.screenshot(path=screenshots / "alarms.png")
    window.get_by_label("What happened").select_option("quality.reject_rate")
    window.get_by_role("button", name="Show").click()
    expect(window).to_have_url(re.compile(r"kind=quality\.reject_rate"))
    expect(window.locator("tr", has_text="of the last")).to_be_visible()
    expect(window.locator("tr", has_text="in a row")).to_have_count(0)
    window.goto(f"{pages.address}/alarms?since=2031-01-01T00:00&until=2031-01-02T00:00")
    expect(window.get_by_text("None was raised that fits the filter.")).to_be_visible()
    assert window.get_by_label("From", exact=True).input_value() == "2031-01-01T00:00"
    for odd in (
        "kind=camera.stolen",
        "since=yesterday",
        "since=2030-01-01T00:00%2B01:00",
        "before=-1",
        "until=0001",
    ):
        window.goto(f"{pages.address}/alarms?{odd}")
        expect(window.get_by_text("asks for something that does not exist")).to_be_visible()


def test_priorities_differ_by_form_and_word():
    assert len(set(ICONS.values())) == len(Priority)
    for language in Language:
        words = texts_in(language).alarms.priorities
        assert words.keys() == set(Priority)
        assert len(set(words.values())) == len(Priority)
