"""The pages of people and of the audit log in a browser: what asks first, what is refused where it erred, filters."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from inspection.people.audit import AuditLog
from inspection.people.audit_search import About, AuditSearch
from inspection.people.person import Language
from inspection.people.registry import People
from inspection.people.roles import Role
from inspection.store.database import Database
from inspection.store.engine import Access
from tests.support.fresh_store import lay_store


def role_of(desk, name: str) -> Role:
    return {person.name: person.role for person in desk.people.everybody()}[name]


def row(page: Page, name: str):
    return page.get_by_role("row").filter(has=page.get_by_text(name, exact=True))


@pytest.fixture(scope="module")
def people_desk(review_desk):
    review_desk.people.add("test", "Zoé Müller", Role.OPERATOR)
    return review_desk


def test_a_role_changes_when_somebody_has_confirmed_it_and_not_before(reader, people_desk, screenshots):
    page = reader("the-admin", "/people", ".table")
    chosen = page.get_by_label("Role: Zoé Müller")
    chosen.click()
    page.get_by_role("option", name="Engineer").click()
    expect(page.get_by_text("Make Zoé Müller Engineer instead of Operator?")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    page.screenshot(path=screenshots / "people-role.png")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Make Zoé Müller Engineer")).to_be_hidden()
    assert role_of(people_desk, "Zoé Müller") is Role.OPERATOR
    expect(row(page, "Zoé Müller")).to_contain_text("Operator")
    page.get_by_label("Role: Zoé Müller").click()
    page.get_by_role("option", name="Engineer").click()
    page.get_by_role("button", name="Change the role").click()
    expect(page.get_by_text("Role changed.")).to_be_visible()
    assert role_of(people_desk, "Zoé Müller") is Role.ENGINEER


def test_access_and_password_are_taken_when_somebody_has_confirmed_it(reader, people_desk):
    one_time = people_desk.people.add("test", "Émile", Role.QA)
    page = reader("the-admin", "/people", ".table")
    row(page, "Émile").get_by_role("button", name="New one-time password").click()
    expect(page.get_by_text("A new one-time password for Émile?")).to_be_visible()
    page.keyboard.press("Escape")
    assert people_desk.people.log_in("émile", one_time, "here")
    row(page, "Émile").get_by_role("button", name="Make inactive").click()
    expect(page.get_by_text("Make Émile inactive?")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    assert people_desk.people.log_in("émile", one_time, "here")
    row(page, "Émile").get_by_role("button", name="Make inactive").click()
    page.locator(".ask").get_by_role("button", name="Make inactive").click()
    expect(row(page, "Émile")).to_contain_text("Make active")
    assert not {p.name: p.is_active for p in people_desk.people.everybody()}["Émile"]


def test_ones_own_row_offers_nothing_that_shuts_oneself_out(reader, people_desk):
    page = reader("the-admin", "/people", ".table")
    own = row(page, "the-admin")
    expect(own).to_contain_text("you")
    expect(own.get_by_role("button")).to_have_count(0)
    expect(own.get_by_role("combobox")).to_have_count(0)


def test_a_name_that_can_not_be_is_said_at_the_field_and_the_dialog_stays(reader, people_desk, screenshots):
    page = reader("the-admin", "/people", ".table")
    page.get_by_role("button", name="Add a person").click()
    dialog = page.locator(".ask")
    for name, says in (("zoe muller", "looks almost the same"), ("x", "A name has 2 to 32 letters")):
        dialog.get_by_label("Name").fill(name)
        dialog.get_by_role("button", name="Add a person").click()
        expect(dialog.locator(".q-field--error")).to_contain_text(says)
    page.screenshot(path=screenshots / "people-name.png")
    dialog.get_by_label("Name").fill("Amélie Noël")
    dialog.get_by_role("button", name="Add a person").click()
    expect(page.get_by_text("One-time password of Amélie Noël")).to_be_visible()
    assert role_of(people_desk, "Amélie Noël") is Role.OPERATOR


# --- the audit log


@pytest.fixture
def log(tmp_path):
    database = Database.in_file(lay_store(tmp_path / "store.db", Access.PEOPLE), Access.PEOPLE)
    log = AuditLog(database)
    log.add("ann", "line.hold", "line", None, {"reason": 'the "grey" splice, 100 %'})
    log.add("Zoé", "review.answer", "decision:7", None, {"answer": "confirmed"})
    log.add("ann", "recipe.release", "recipe:anode-1.1", None, "=HYPERLINK(1)")
    log.add("ann", "people.add", "user:bob", None, {"role": "qa"})
    log.add("ann", "data_set.freeze", "data_set:one", None, None)
    log.add("bob", "line.end_hold", "line", {"kind": "hold"}, None)
    log.add("bob", "brand.new", "thing", None, None)
    yield log
    database.close()


@pytest.mark.parametrize(
    ("search", "numbers"),
    [
        (AuditSearch(), [7, 6, 5, 4, 3, 2, 1]),
        (AuditSearch(About.NO_REVIEWS), [7, 6, 5, 4, 3, 1]),
        (AuditSearch(About.LINE), [6, 1]),
        (AuditSearch(About.REVIEWS), [2]),
        (AuditSearch(About.SETUP), [3]),
        (AuditSearch(About.PEOPLE), [4]),
        (AuditSearch(About.OTHERS), [7, 5]),
        (AuditSearch(person="ann", words="SPLICE"), [1]),
        (AuditSearch(words='"grey" 100'), [1]),
        (AuditSearch(words="%"), [1]),
        (AuditSearch(words="_"), [6, 5]),
        (AuditSearch(words="zoé"), [2]),
        (AuditSearch(subject="line", before=6), [1]),
        (AuditSearch(from_utc=datetime.now(UTC) + timedelta(days=1)), []),
        (AuditSearch(to_utc=datetime.now(UTC) - timedelta(days=1)), []),
    ],
)
def test_entries_are_found_by_what_they_are_about_by_whom_when_and_by_words(log, search, numbers):
    assert [entry.number for entry in log.search(search, 99)] == numbers


def test_every_action_is_found_under_one_heading(log):
    parts = [about for about in About if about not in (About.EVERYTHING, About.NO_REVIEWS)]
    found = [entry.number for about in parts for entry in log.search(AuditSearch(about), 99)]
    assert sorted(found) == [1, 2, 3, 4, 5, 6, 7]


def test_the_log_is_filtered_by_its_address_and_review_answers_stay_apart(
    reader, review_desk, review_pages, screenshots
):
    review_desk.audit.add("ann", "line.hold", "line", None, "a very rare splice")
    with review_pages.client("ann") as client:
        client.post("/review/answers", json={"sequence": 70, "answer": "confirmed"})
    page = reader("the-qa", "/audit", ".table")
    expect(page.get_by_role("cell", name="line.hold")).to_be_visible()
    expect(page.get_by_role("cell", name="review.answer")).to_have_count(0)
    page.get_by_label("Words in it").fill("rare splice")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/audit\?about=no_reviews&words=rare\+splice$"))
    expect(page.get_by_role("row")).to_have_count(2)
    page.screenshot(path=screenshots / "audit-search.png")
    page.reload()
    expect(page.get_by_label("Words in it")).to_have_value("rare splice")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as CSV").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text())))
    assert [(each["action"], each["after"]) for each in rows if each["action"] != "audit.export"] == [
        ("line.hold", '"a very rare splice"')
    ]
    page.goto(page.url.partition("/audit")[0] + "/audit?about=reviews")
    expect(page.get_by_role("cell", name="review.answer").first).to_be_visible()
    expect(page.get_by_role("cell", name="line.hold")).to_have_count(0)


def test_what_people_write_is_shown_as_they_wrote_it_and_never_acted_on(reader, review_desk):
    written = "<img src=x onerror=\"document.title='mine'\"> & `${1+1}`"
    review_desk.audit.add("ann", "line.hold", f"<b>{written}</b>", None, written)
    page = reader("the-qa", "/audit", ".table")
    expect(page.get_by_role("cell", name=f"<b>{written}</b>", exact=True)).to_be_visible()
    expect(page.locator(".table img, .table b")).to_have_count(0)


def test_what_an_address_asks_for_in_vain_is_said_and_never_a_500(review_pages):
    for wrong in (
        "about=nonsense",
        "from=2030-13-01",
        "from=2030-01-02&to=2030-01-01",
        "before=x",
        "before=" + "9" * 30,
    ):
        with review_pages.client("the-qa") as client:
            assert client.get(f"/audit?{wrong}").status_code == 200
            assert client.get(f"/audit.csv?{wrong}").status_code == 422
    with review_pages.client("the-operator") as client:
        assert client.get("/audit.csv").status_code == 403
    with review_pages.client() as client:
        assert client.get("/audit.csv").status_code == 401


def test_the_export_has_all_entries_safe_for_spreadsheets_and_is_noted(review_desk, review_pages):
    for number in range(1, 1100):
        review_desk.audit.add("bulk", "line.hold", "=1+1", None, number)
    with review_pages.client("the-qa") as client:
        answer = client.get("/audit.csv?person=bulk")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert len(rows) == 1099
    assert {each["subject"] for each in rows} == {"'=1+1"}
    newest = review_desk.audit.latest(1)[0]
    assert (newest.person, newest.action, newest.after) == ("the-qa", "audit.export", '{"person": "bulk"}')
    person = next(each for each in review_desk.people.everybody() if each.name == "the-qa")
    People(review_desk.database).prefer(person, language=Language.FRENCH)
    with review_pages.client("the-qa") as client:
        assert client.get("/audit.csv?person=bulk").text.startswith("number;utc;person;")
