"""Recipes in a real Chromium: written in form and text, weighed, released with a comment, and changed over to."""

import json
import re
import shutil

import pytest
from playwright.sync_api import expect

from inspection.people.audit import AuditLog
from inspection.people.recipe_drafts import RecipeDrafts
from inspection.recipe.recipe import Recipe, default_recipe_path
from inspection.station.settings import StationSettings
from inspection.store.database import Database
from inspection.store.engine import Access
from tests.inspection.pages.plant import PROJECT, fill, staff, start_pages
from tests.inspection.pages.test_browser import log_in
from tests.support.stations import Station

CONTENT = default_recipe_path("anode", "bright-field").read_text()


@pytest.fixture
def plants_station(tmp_path):
    """A real station on a clean, slow simulated web."""
    shutil.copytree(PROJECT / "models", tmp_path / "models")
    web = {"width_px": 512, "severity": "clean"}
    camera = {"kind": "simulated", "web": web, "lines": 128, "line_rate_hz": 640.0}
    settings = StationSettings.model_validate(
        {
            "name": "plant",
            "cameras": [camera],
            "recipe": "anode",
            "models_dir": tmp_path / "models",
            "state_dir": tmp_path / "state",
            "deadline_ms": 20_000,
            "api": {"port": 0},
            "workers": 1,
        }
    )
    with Station(settings) as station:
        yield station


def write(window, text: str) -> None:
    """Put a text in place of what the editor holds."""
    window.locator(".cm-content").click()
    window.keyboard.press("Control+a")
    window.keyboard.insert_text(text)


def begin_version(window, pages) -> None:
    window.goto(f"{pages.address}/recipes")
    window.get_by_role("row", name=re.compile("default-anode")).first.get_by_role("button", name="Write").click()
    expect(window.locator(".cm-lineNumbers")).to_be_visible()


def field(window, name: str):
    return window.get_by_label(name, exact=True)


def test_form_and_text_are_one_and_mistakes_stand_at_their_line(window, tmp_path, screenshots):
    fill(tmp_path, 30)
    staff(tmp_path)
    pages = start_pages(tmp_path)
    try:
        log_in(window, pages.address, "the-engineer")
        begin_version(window, pages)
        verdict = window.locator(".recipe-verdict")
        expect(verdict).to_contain_text("default-anode 1.0 is a valid recipe")
        write(window, CONTENT.replace("reject_above = [{ diameter_mm = 0.5 }]\ncount", "reject_above = []\ncount"))
        expect(verdict).to_contain_text("at least one limit")
        line = CONTENT.splitlines().index("[limits.E01]") + 3
        verdict.get_by_role("button", name=f"Line {line}", exact=True).click()
        expect(window.locator(".recipe-wrong-line")).to_have_text("reject_above = []")
        write(window, CONTENT.replace("[guard]", "[guard"))
        expect(window.locator(".recipe-form")).to_contain_text("no valid TOML")
        expect(verdict).to_contain_text("Expected ']'")
        write(window, CONTENT.replace('version = "1.0"', 'version = "1.1"'))
        expect(verdict).to_contain_text("No limit moved by more than a factor of two")
        field(window, "limits E01 reject_above 1 diameter_mm").fill("1.2")
        field(window, "limits E01 reject_above 1 diameter_mm").press("Tab")
        expect(verdict).to_contain_text("E01 diameter_mm: 0.5 → 1.2")
        expect(window.locator(".cm-content")).to_contain_text("reject_above = [{ diameter_mm = 1.2 }]")
        window.screenshot(path=screenshots / "recipe-editor.png")
        field(window, "limits E01 reject_above 1 diameter_mm").fill("-1")
        field(window, "limits E01 reject_above 1 diameter_mm").press("Tab")
        expect(verdict).to_contain_text("expected: greater than or equal to 0; got -1")
        window.get_by_role("button", name="Submit for release").click()
        expect(verdict).to_contain_text("expected: greater than or equal to 0")
        verdict.get_by_role("button").first.click()
        expect(window.locator(".recipe-wrong-line")).to_contain_text("-1")
        field(window, "limits E01 reject_above 1 diameter_mm").fill("1.2")
        field(window, "limits E01 reject_above 1 diameter_mm").press("Tab")
        expect(verdict).to_contain_text("is a valid recipe")
        window.get_by_role("button", name="What if?").click()
        expect(window.locator(".what-if")).to_contain_text("Would reject 0 instead of 3 of the last 30 decisions")
        expect(window.locator(".what-if")).to_contain_text("nobody can tell what else differs")
        window.screenshot(path=screenshots / "what-if.png")
        window.get_by_role("button", name="Submit for release").click()
        row = window.get_by_role("row", name=re.compile(r"default-anode 1\.1"))
        expect(row).to_contain_text("waits for a second person")
        expect(row.get_by_role("button", name="Release")).to_have_count(0)
        window.request.post(f"{pages.address}/logout")
        log_in(window, pages.address, "the-qa")
        window.goto(f"{pages.address}/recipes")
        window.get_by_role("button", name="Release").click()
        dialog = window.locator(".reader")
        expect(dialog).to_contain_text("E01 diameter_mm: 0.5 → 1.2")
        dialog.get_by_role("button", name="Release").click()
        expect(window.get_by_text("A comment of 1 to 1000 characters")).to_be_visible()
        dialog.get_by_label("Comment").fill("order 4711, trial of May")
        window.screenshot(path=screenshots / "recipe-release.png")
        dialog.get_by_role("button", name="Release").click()
        expect(window.get_by_text("Released. It lies in")).to_be_visible()
        window.get_by_role("button", name="Close").click()
        expect(window.get_by_role("row", name=re.compile(r"default-anode 1\.1"))).to_contain_text(
            "order 4711, trial of May"
        )
        window.screenshot(path=screenshots / "recipes.png")
    finally:
        pages.stop()
    released = (tmp_path / "recipes" / "default-anode-1.1.toml").read_text()
    wanted = CONTENT.replace('version = "1.0"', 'version = "1.1"')
    assert released == wanted.replace("[{ diameter_mm = 0.5 }]\ncount", "[{ diameter_mm = 1.2 }]\ncount")
    database = Database.in_file(tmp_path / "store.db", Access.PEOPLE)
    (entry,) = [entry for entry in AuditLog(database).latest(9) if entry.action == "recipe.release"]
    database.close()
    assert json.loads(entry.after)["comment"] == "order 4711, trial of May"


def test_an_engineer_changes_the_line_over_and_an_operator_begins_the_roll(
    window, plants_station, tmp_path, screenshots
):
    station, folder = plants_station, tmp_path / "state"
    staff(folder)
    (folder / "recipes").mkdir()
    own = CONTENT.replace('"default-anode"', '"line-3"').replace('version = "1.0"', 'version = "2.0"')
    pages = start_pages(folder, "--api-url", station.api_url, "--models-dir", str(tmp_path / "models"))
    try:
        database = Database.in_file(folder / "store.db", Access.PEOPLE)
        drafts = RecipeDrafts(database, folder / "recipes")
        drafts.settle("ann", drafts.write("eve", own).id, "seen", is_released=True)
        database.close()
        log_in(window, pages.address, "the-engineer")
        window.goto(f"{pages.address}/recipes")
        card = window.locator(".change-over")
        expect(card).to_contain_text("default-anode 1.0")
        window.get_by_role("row", name=re.compile(r"line-3 2\.0")).get_by_role("button", name="Change over").click()
        window.get_by_label("Reason").fill("order 4711")
        window.locator(".ask").get_by_role("button", name="Change over").click()
        expect(card).to_contain_text("prepared by the-engineer: order 4711")
        card.get_by_role("button", name="Confirm").click()
        window.screenshot(path=screenshots / "change-over-confirm.png")
        window.locator(".reader").get_by_role("button", name="Confirm").click()
        expect(card).to_contain_text("it takes effect with the next roll")
        window.screenshot(path=screenshots / "change-over.png")
        assert station.status().recipe.name == "default-anode"
        window.request.post(f"{pages.address}/logout")
        log_in(window, pages.address, "the-operator")
        window.goto(f"{pages.address}/recipes")
        expect(window.get_by_role("button", name="Change over")).to_have_count(0)
        window.get_by_label("Roll", exact=True).fill("R-0117")
        window.get_by_role("button", name="Roll begins").click()
        expect(window.get_by_text("the new recipe judges from")).to_be_visible()
        expect(card).to_contain_text("line-3 2.0")
        expect(card).to_contain_text("roll R-0117, by the-engineer: order 4711")
        window.screenshot(path=screenshots / "changed-over.png")
    finally:
        pages.stop()
    assert station.status().recipe.sha256 == Recipe.parse(own.encode(), "own").sha256
    assert station.change_overs.to_come is None
    database = Database.in_file(folder / "store.db", Access.PEOPLE)
    entries = [entry for entry in AuditLog(database).latest(9) if entry.action.startswith(("line.", "api."))]
    actions = [(entry.person, entry.action) for entry in entries]
    database.close()
    assert actions == [
        ("the-operator", "line.begin_roll"),
        ("the-engineer", "line.confirm_recipe"),
        ("the-engineer", "line.prepare_recipe"),
    ]
