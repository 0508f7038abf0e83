"""The pages in a real Chromium: a person's way through them, with pictures of what they saw."""

import json

from playwright.sync_api import expect

from inspection.people.audit import AuditLog
from inspection.people.roles import Role
from inspection.store.database import Database
from inspection.store.engine import Access
from tests.inspection.pages.plant import PASSWORD, hire, staff, start_pages


def log_in(window, address: str, name: str, password: str = PASSWORD) -> None:
    window.goto(f"{address}/login")
    window.fill("input[name=name]", name)
    window.fill("input[name=password]", password)
    window.keyboard.press("Enter")
    window.wait_for_url(lambda url: "/login" not in url)


def test_the_first_admin_changes_the_password_adds_a_person_and_finds_it_all_in_the_log(window, tmp_path, screenshots):
    pages = start_pages(tmp_path)
    try:
        log_in(window, pages.address, "admin", pages.admin_password)
        expect(window).to_have_url(f"{pages.address}/password")
        window.screenshot(path=screenshots / "password.png")
        window.fill("input[name=old]", pages.admin_password)
        window.fill("input[name=new]", PASSWORD)
        window.fill("input[name=again]", PASSWORD)
        window.keyboard.press("Enter")
        expect(window.get_by_text("No decisions yet")).to_be_visible()
        window.screenshot(path=screenshots / "line-empty.png")
        window.goto(f"{pages.address}/people")
        window.get_by_role("button", name="Add a person").click()
        window.get_by_label("Name").fill("ann")
        window.locator(".ask").get_by_role("button", name="Add a person").click()
        expect(window.get_by_text("One-time password of ann")).to_be_visible()
        window.screenshot(path=screenshots / "people.png")
        window.goto(f"{pages.address}/audit")
        expect(window.get_by_role("cell", name="user:ann")).to_be_visible()
        window.get_by_role("button", name="Check integrity").click()
        expect(window.get_by_text("Intact: ")).to_be_visible()
        window.screenshot(path=screenshots / "audit.png")
    finally:
        pages.stop()


def test_a_stopped_stations_store_is_shown_and_called_old(window, pages, screenshots):
    log_in(window, pages.address, "the-operator")
    expect(window.locator(".state-word")).to_have_text("NOT CONNECTED")
    expect(window.get_by_text("Station not connected").first).to_be_visible()
    expect(window.locator(".counter-number").nth(1)).to_have_text("6")
    expect(window.locator(".counter-number").nth(2)).to_have_text("1")
    expect(window.locator(".reject-kind").first).to_have_text("E01 pinhole")
    window.wait_for_function("document.querySelector('.reject img')?.naturalWidth > 0")
    expect(window.get_by_role("button", name="Hold")).to_be_disabled()
    expect(window.get_by_role("button", name="Bypass")).to_be_hidden()
    window.keyboard.press("?")
    expect(window.get_by_text("Keys on this page")).to_be_visible()
    window.screenshot(path=screenshots / "line-stopped.png")


def test_language_and_theme_are_a_persons_own(window, plant, pages, screenshots):
    hire(plant, "amélie", Role.QA)
    log_in(window, pages.address, "amélie")
    window.locator(".person").click()
    window.get_by_text("Français").click()
    expect(window.locator(".state-word")).to_have_text("NON CONNECTÉE")
    window.locator(".person").click()
    window.get_by_text("sombre").click()
    expect(window.locator("body.body--dark")).to_be_visible()
    window.set_viewport_size({"width": 3840, "height": 2160})
    window.screenshot(path=screenshots / "line-french-dark-4k.png")
    assert window.evaluate("document.documentElement.lang") == "fr"
    window.goto(f"{pages.address}/people")
    expect(window.get_by_text("Vous n'avez pas accès à cette page")).to_be_visible()


def test_an_operator_holds_the_line_and_lets_it_go_again(window, station, station_folder, screenshots):
    folder = station_folder / "state"
    staff(folder)
    pages = start_pages(folder, "--api-url", station.api_url, "--models-dir", str(station_folder / "models"))
    try:
        log_in(window, pages.address, "the-operator")
        expect(window.locator(".state-word")).to_have_text("RUNNING")
        window.screenshot(path=screenshots / "line-running.png")
        window.keyboard.press("h")
        window.get_by_label("Reason").fill("splice")
        window.keyboard.press("Enter")
        expect(window.locator(".state-word")).to_have_text("ON HOLD")
        expect(window.locator(".alarm")).to_contain_text("splice")
        window.screenshot(path=screenshots / "line-hold.png")
        assert station.interventions.current.reason == "splice"
        assert station.interventions.current.by == "the-operator"
        assert any("splice" in reason for reason in station.not_ready())
        window.get_by_role("button", name="End hold").click()
        window.get_by_label("Reason").fill("spliced")
        window.locator(".ask").get_by_role("button", name="End hold").click()
        expect(window.locator(".state-word")).to_have_text("RUNNING")
        assert station.interventions.current is None
        station.door("http").close()
        expect(window.locator(".state-word")).to_have_text("NOT CONNECTED")
    finally:
        pages.stop()
    database = Database.in_file(folder / "store.db", Access.PEOPLE)
    ended, held = (entry for entry in AuditLog(database).latest(9) if entry.subject == "line")
    database.close()
    assert [(each.person, each.action) for each in (held, ended)] == [
        ("the-operator", "line.hold"),
        ("the-operator", "line.end_hold"),
    ]
    assert json.loads(held.after)["reason"] == "splice"
    assert json.loads(ended.before)["reason"] == "splice"
    assert json.loads(ended.after)["reason"] == "spliced"
