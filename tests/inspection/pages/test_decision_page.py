"""Whoever may look at results can read all about any decision; nothing on its page can be changed."""

import re
import sqlite3

import pytest
from playwright.sync_api import expect

from inspection.review.book import ReviewBook
from inspection.review.cases import Answer, NewReview
from inspection.review.queue import ReviewQueue
from inspection.store.database import Database
from inspection.store.decisions import Store
from inspection.store.engine import Access
from tests.inspection.pages.plant import fill, staff, start_pages
from tests.inspection.pages.test_browser import log_in


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Every tenth of sixty pieces is rejected; two readers overruled 20, and one of two has answered 30."""
    folder = tmp_path_factory.mktemp("decisions")
    fill(folder)
    staff(folder)
    database = Database.in_file(folder / "store.db", Access.PEOPLE)
    ReviewQueue(database, second_reader_share=1.0).enrol()
    book = ReviewBook(database)
    book.record(NewReview(20, "the-qa", Answer.OVERRULED, note="dust on the lens"))
    book.record(NewReview(20, "the-admin", Answer.OVERRULED))
    book.record(NewReview(30, "the-qa", Answer.OVERRULED, note="first words"))
    database.close()
    return folder


@pytest.fixture(scope="module")
def site(folder):
    running = start_pages(folder)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def epoch(folder):
    store = Store.in_file(folder / "store.db")
    yield store.decision(20).epoch
    store.close()


@pytest.mark.parametrize("name", ["the-operator", "the-engineer"])
def test_it_tells_what_was_measured_against_which_limit_and_what_lies_around(window, site, epoch, name, screenshots):
    log_in(window, site.address, name)
    window.goto(f"{site.address}/decisions/{epoch}/20")
    expect(window.get_by_role("heading", name="Decision 20")).to_be_visible()
    expect(window.get_by_text(re.compile(r"Diameter 0\.710\smm is above the limit of 0\.500\smm"))).to_be_visible()
    expect(window.locator("#decision-stage[data-marks='1']")).to_be_visible()
    is_drawn = """() => {
        const overlay = document.querySelector('#decision-stage .viewer-overlay');
        return overlay.getContext('2d').getImageData(0, 0, overlay.width, overlay.height).data.some(value => value > 0);
    }"""
    window.wait_for_function(is_drawn)
    told = window.locator(".content")
    for words in (
        *("the-qa: overruled", "dust on the lens", f"{epoch} / 20", "intact: as it was sealed", "cam0, 1, 20"),
        *("a" * 64, "b" * 64, "roll-7/20", "#19", "#21", "broke a limit", "run 1"),
    ):
        expect(told).to_contain_text(words)
    assert window.locator(".content textarea, .content input, .content form").count() == 0
    window.screenshot(path=screenshots / f"decision-{name}.png", full_page=True)
    window.locator(".decision-neighbour", has_text="#21").click()
    expect(window.get_by_role("heading", name="Decision 21")).to_be_visible()
    expect(told).to_contain_text("Nothing broke a limit.")
    window.go_back()
    expect(window.get_by_role("heading", name="Decision 20")).to_be_visible()


def test_a_frame_is_an_address_too_and_so_is_the_number_alone(window, site):
    log_in(window, site.address, "the-operator")
    for path in ("/pieces/cam0/1/40", "/pieces/cam0/1/40?start=1", "/decisions/40"):
        window.goto(site.address + path)
        expect(window.get_by_role("heading", name="Decision 40")).to_be_visible()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/decisions/5c0ffee/20", "another store (5c0ffee)"),
        ("/decisions/999", "The newest decision is number 60"),
        ("/decisions/x", "The newest decision is number 60"),
        ("/decisions/99999999999999999999999999", "The newest decision is number 60"),
        ("/decisions/²", "The newest decision is number 60"),
        ("/pieces/cam0/1/999", "No decision is about frame cam0"),
        ("/pieces/cam7/1/20", "No decision is about frame cam7"),
        ("/pieces/cam0/1/20?start=7", "No decision is about frame cam0"),
    ],
)
def test_an_address_that_names_nothing_says_so(window, site, path, said):
    log_in(window, site.address, "the-operator")
    window.goto(site.address + path)
    expect(window.get_by_text("There is no such decision")).to_be_visible()
    expect(window.locator(".content")).to_contain_text(said)


def test_a_blind_second_reader_learns_nothing_of_the_first(window, site):
    log_in(window, site.address, "the-engineer")
    window.goto(f"{site.address}/decisions/30")
    expect(window.get_by_text("A second, independent reading is due")).to_be_visible()
    expect(window.get_by_text("first words")).to_have_count(0)
    expect(window.get_by_text("the-qa:")).to_have_count(0)


def test_a_decision_that_somebody_altered_in_the_database_is_shown_as_altered(window, tmp_path):
    fill(tmp_path, 12)
    staff(tmp_path)
    with sqlite3.connect(tmp_path / "store.db") as connection:
        connection.execute("UPDATE decisions SET verdict = 'accept' WHERE sequence = 10")
    connection.close()
    site = start_pages(tmp_path)
    try:
        log_in(window, site.address, "the-operator")
        window.goto(f"{site.address}/decisions/10")
        expect(window.locator(".content")).to_contain_text("ALTERED since it was sealed")
        window.goto(f"{site.address}/decisions/11")
        expect(window.locator(".content")).to_contain_text("intact: as it was sealed")
    finally:
        site.stop()


def test_a_picture_that_is_not_kept_is_said_and_the_rest_stays(window, site):
    log_in(window, site.address, "the-operator")
    window.goto(f"{site.address}/decisions/15")
    expect(window.get_by_text("The picture is not kept")).to_be_visible()
    expect(window.locator(".content")).to_contain_text("The camera went on without this frame.")


def test_cards_strip_archive_and_map_lead_to_it(window, site):
    log_in(window, site.address, "the-operator")
    window.locator(".reject a", has_text="#60").click()
    expect(window.get_by_role("heading", name="Decision 60")).to_be_visible()
    window.goto(site.address)
    strip = window.locator("canvas.strip")
    expect(strip).to_be_visible()
    window.wait_for_function("Object.values(window.verdictStrips)[0]?.shown === 0")
    box, wanted = strip.bounding_box(), window.evaluate("Object.values(window.verdictStrips)[0].measures().step")
    strip.click(position={"x": box["width"] - 1.5 * wanted, "y": 0.3 * box["height"]})
    expect(window.get_by_role("heading", name="Decision 59")).to_be_visible()
    window.goto(f"{site.address}/archive")
    window.get_by_role("link", name="#50", exact=True).last.click()
    expect(window.get_by_role("heading", name="Decision 50")).to_be_visible()


def test_it_fits_a_small_screen_and_a_wall_in_french_and_dark(window, site, screenshots):
    log_in(window, site.address, "the-admin")
    window.locator(".person").click()
    window.get_by_text("Français").click()
    expect(window.locator(".pages")).to_contain_text("Bobines")
    window.locator(".person").click()
    window.get_by_text("sombre").click()
    expect(window.locator("body.body--dark")).to_be_visible()
    for width, height in ((1280, 800), (3840, 2160)):
        window.set_viewport_size({"width": width, "height": height})
        window.goto(f"{site.address}/decisions/20")
        expect(window.locator("#decision-stage[data-marks='1']")).to_be_visible()
        assert window.evaluate("document.documentElement.scrollWidth") <= width
        window.screenshot(path=screenshots / f"decision-french-dark-{width}.png")
