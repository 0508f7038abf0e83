"""A plant with cases for review, its readers, and their windows: what the tests of the review page begin with."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from inspection.people.audit import AuditLog
from inspection.people.roles import Role
from inspection.review.book import ReviewBook
from inspection.review.keys import ReviewKeys
from inspection.review.queue import ReviewQueue
from inspection.store.database import Database
from inspection.store.engine import Access
from tests.inspection.pages.plant import WAIT_MS, fill, staff, start_pages, wait_for_connection
from tests.support.passwords import quick_people

CASES = 18
READERS = ("ann", "bob")


class Desk:
    """The store behind the pages, to look at what they did."""

    def __init__(self, folder: Path) -> None:
        self.database = Database.in_file(folder / "store.db", Access.PEOPLE)
        self.people = quick_people(self.database)
        self.book = ReviewBook(self.database)
        self.keys = ReviewKeys(self.database)
        self.queue = ReviewQueue(self.database)
        self.audit = AuditLog(self.database)

    def last_audit(self, sequence: int) -> tuple[str, str, dict, dict]:
        entry = self.audit.latest(1, subject=f"decision:{sequence}")[0]
        return entry.person, entry.action, json.loads(entry.before), json.loads(entry.after)


@pytest.fixture(scope="module")
def review_desk(tmp_path_factory):
    """Its store, with 18 rejects to review; no two tests of a module may want the same case."""
    folder = tmp_path_factory.mktemp("reviewed")
    fill(folder, 10 * CASES)
    staff(folder)
    desk = Desk(folder)
    for name in READERS:
        one_time = desk.people.add("test", name, Role.QA)
        desk.people.change_password(desk.people.log_in(name, one_time, "test"), one_time, "a long enough password")
    desk.queue.enrol()
    desk.folder = folder
    yield desk
    desk.database.close()


@pytest.fixture(scope="module")
def review_pages(review_desk):
    running = start_pages(review_desk.folder)
    yield running
    running.stop()


@pytest.fixture
def reader(chromium, review_pages, review_desk):
    """Opens the review page in a window of somebody's own; ends all windows, and wants no error in any."""
    contexts, errors = [], []

    def opened(name: str, path: str = "/review", shows: str = ".review", **options) -> Page:
        with review_pages.client(name) as client:
            token = client.cookies["inspection_session"]
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 800}} | options)
        contexts.append(context)
        context.set_default_timeout(WAIT_MS)
        context.add_cookies([{"name": "inspection_session", "value": token, "url": review_pages.address}])
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        wait_for_connection(page)
        page.goto(review_pages.address + path)
        expect(page.locator(shows)).to_be_visible()
        return page

    yield opened
    for context in contexts:
        for page in context.pages:
            page.unroute_all(behavior="ignoreErrors")
        context.close()
    for name in READERS:  # a window that is killed can't always give back what it held
        review_desk.queue.release(name)
    assert errors == []


def on_screen(page: Page) -> int:
    page.wait_for_selector(".viewer[data-sequence]")
    return int(page.locator(".viewer").get_attribute("data-sequence"))


def press(page: Page, key: str) -> int:
    """Press a key that brings another case. Returns its number."""
    before = on_screen(page)
    page.keyboard.press(key)
    page.wait_for_function(
        "known => ![undefined, known].includes(document.querySelector('.viewer').dataset.sequence)", arg=str(before)
    )
    return on_screen(page)


def saved(page: Page, desk: Desk, sequence: int):
    """The newest entry about a case, once the browser has sent all it had."""
    kept = "Object.entries(sessionStorage).find(([name]) => name.startsWith('review of'))[1]"
    page.wait_for_function(f"JSON.parse({kept}).answers.length === 0")
    return desk.book.reviews_of(sequence)[-1]
