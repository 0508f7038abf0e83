"""The keys 1 to 9 of the review: fixed by recipe, shown, set for all readers by who may, and told when they change."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from inspection.errors import ReviewError
from inspection.pages.frame.desk import PagesDesk, PagesPlan
from inspection.pages.review.review_keys import keys_of
from inspection.people.audit import AuditLog
from inspection.recipe.recipe import Recipe, shipped_recipe_paths
from inspection.review.keys import ReviewKeys
from inspection.station.settings import PagesSettings
from inspection.store.database import Database
from inspection.store.decisions import Store
from inspection.store.engine import Access
from inspection.values import Artefact, Verdict
from tests.inspection.pages.plant import MODEL, RECIPE, decision, defect
from tests.inspection.pages.review_desk import on_screen, press, saved
from tests.support.fresh_store import lay_store


@pytest.fixture
def keys(tmp_path):
    database = Database.in_file(lay_store(tmp_path / "store.db", Access.PEOPLE), Access.PEOPLE)
    yield ReviewKeys(database)
    database.close()


def test_a_recipe_has_the_keys_that_it_got_first_whatever_its_text_names_later(keys):
    first = keys.of("anode", lambda: ("E13", "E01", "E13", "X99", *(f"E{number:02}" for number in range(2, 13))))
    assert first.kinds == ("E13", "E01", "E02", "E03", "E04", "E05", "E06", "E07", "E08")
    assert keys.of("anode", lambda: ("E33",)) == first
    few = keys.of("separator", lambda: ("S02", "S01"))
    assert few.kinds == ("S02", "S01", *[None] * 7)
    assert [each.recipe for each in keys.all()] == ["anode", "separator"]


def test_keys_are_set_for_all_and_noted_and_nobody_sets_what_they_have_not_seen(keys, tmp_path):
    first = keys.of("anode", lambda: ("E01", "E02"))
    wanted = ("E13", None, "E01")
    second = keys.set("ann", "anode", wanted, first.number)
    assert second.kinds == (*wanted, *[None] * 6)
    assert keys.of("anode", lambda: ()) == second
    database = Database.in_file(tmp_path / "store.db", Access.PEOPLE)
    newest, oldest = AuditLog(database).latest(2)
    database.close()
    assert (newest.person, newest.action, newest.subject) == ("ann", "review.keys", "recipe:anode")
    assert newest.before == '["E01", "E02", null, null, null, null, null, null, null]'
    assert oldest.person == "station"
    with pytest.raises(ReviewError, match="by ann meanwhile"):
        keys.set("bob", "anode", wanted, first.number)
    for impossible in (("E99",), ("E01", "E01"), ["E01"] * 10):
        with pytest.raises(ReviewError):
            keys.set("bob", "anode", impossible, second.number)
    assert keys.of("anode", lambda: ()) == second


@pytest.mark.slow
def test_the_first_keys_are_the_kinds_that_the_recipes_text_names(review_desk):
    folder = review_desk.folder
    desk = PagesDesk(PagesPlan("plant", folder, None, folder / "models", None, None, None, PagesSettings()))
    try:
        for path in shipped_recipe_paths():
            recipe = Recipe.load(path)
            judged = replace(
                decision(1, Verdict.REJECT, datetime.now(UTC)), recipe=Artefact(recipe.name, "9", "c" * 64)
            )
            assert keys_of(desk, judged).kinds == tuple(recipe.limits)[:9]
    finally:
        desk.close()


def test_the_keys_stay_at_each_load_however_many_rejects_of_whatever_kind_come(review_desk, review_pages):
    def shown(client) -> tuple[str, ...]:
        told = client.post("/review/cases", json={"count": 1}).json()["cases"][0]
        client.post("/review/release", json={"sequences": [told["sequence"]]})
        return tuple(told["keys"]["kinds"])

    with review_pages.client("ann") as client:
        before = shown(client)
        line = Database.in_file(review_desk.folder / "store.db")
        store = Store(line)
        store.begin_run("plant", "0", RECIPE, MODEL)
        last = store.last_sequence()
        fibre = replace(defect(), kind="E15")
        made = [decision(last + n, Verdict.REJECT, datetime.now(UTC)) for n in range(1, 60)]
        reason = replace(made[0].reasons[0], rule="limit.E15.diameter_mm", kind="E15")
        store.append([replace(each, defects=(fibre,), reasons=(reason,)) for each in made])
        line.close()
        assert shown(client) == before
        assert len(before) == 9


def test_each_key_gives_the_kind_that_stands_beside_it_and_the_help_says_the_same(reader, review_desk, screenshots):
    page = reader("ann", "/review?case=170")
    assert on_screen(page) == 170
    known = {each.recipe: each.kinds for each in review_desk.keys.all()}["anode"]
    chips = page.locator(".kind-chips .kind-chip")
    expect(chips).to_have_count(10)
    page.keyboard.press("5")
    expect(page.locator(".kind-chip[aria-pressed=true]")).to_have_attribute("title", f"{known[4]} splash")
    page.keyboard.press("?")
    expect(page.locator(".keyboard-help")).to_contain_text("5 E05 splash")
    page.screenshot(path=screenshots / "review-keys-help.png")
    page.keyboard.press("Escape")
    expect(page.locator(".keyboard-help")).to_be_hidden()
    press(page, "c")
    assert saved(page, review_desk, 170).kind == known[4]


def test_an_engineer_sets_the_keys_and_a_reader_at_work_hears_of_it(reader, review_desk, screenshots):
    at_work = reader("bob", "/review?case=160")
    assert on_screen(at_work) == 160
    page = reader("the-engineer", "/review/keys?recipe=anode", ".keys-form")
    page.get_by_label("Key 2").fill("E01")
    page.get_by_role("option", name="E01 pinhole").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Key 1 has this kind already")).to_be_visible()
    page.screenshot(path=screenshots / "review-keys-doubled.png")
    page.get_by_label("Key 2").fill("metal")
    page.get_by_role("option", name="E13 metal particle").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Set by the-engineer")).to_be_visible()
    page.screenshot(path=screenshots / "review-keys.png")
    kinds = {each.recipe: each.kinds for each in review_desk.keys.all()}["anode"]
    assert kinds[1] == "E13"
    at_work.goto(f"{at_work.url.partition('/review')[0]}/review?case=160")
    assert on_screen(at_work) == 160
    at_work.keyboard.press("2")
    expect(at_work.locator(".kind-chip[aria-pressed=true]")).to_have_attribute("title", "E13 metal particle")


def test_cases_with_other_keys_are_announced(reader, review_desk):
    page = reader("ann")
    told = []

    def other_recipe(route):
        answer = route.fetch()
        content = answer.json()
        for case in content["cases"][1:]:
            case |= {"recipe": "separator", "keys": {"kinds": ["S01", *[None] * 8], "set": "station"}}
            told.append(case["sequence"])
        route.fulfill(response=answer, json=content)

    page.route("**/review/cases", other_recipe)
    page.reload()
    on_screen(page)
    expect(page.locator(".review-progress")).to_contain_text("left")
    page.keyboard.press("s")
    expect(page.locator(".review-said.is-trouble")).to_have_text(
        "Now the keys of recipe separator: look at them before you press one."
    )
    expect(page.locator(".kind-chips .kind-chip")).to_have_count(2)
    page.keyboard.press("2")
    expect(page.locator(".kind-chip[aria-pressed=true]")).to_have_count(0)
    assert told


def test_who_may_not_set_keys_is_not_let_to_them(review_pages):
    with review_pages.client("the-operator") as client:
        assert client.get("/review/keys").status_code == 403
    with review_pages.client("the-engineer") as client:
        unknown = client.get("/review/keys?recipe=nowhere")
        assert "No recipe nowhere has keys" in unknown.text
        assert unknown.status_code == 404
