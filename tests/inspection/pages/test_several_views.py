"""Pieces that two cameras see: their views beside each other on the review and decision pages, linked by the web."""

import json

import pytest
from playwright.sync_api import Page, expect

from inspection.review.book import ReviewBook
from inspection.review.cases import Change
from inspection.store.database import Database
from inspection.store.decisions import Store
from inspection.store.engine import Access
from tests.inspection.pages.plant import start_pages
from tests.inspection.pages.test_browser import log_in
from tests.inspection.pages.views_plant import fill_views, staff_views

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("views")
    fill_views(folder)
    staff_views(folder)
    return folder


@pytest.fixture(scope="module")
def site(folder):
    running = start_pages(folder)
    yield running
    running.stop()


def places(page: Page, stage: str) -> list[tuple[float, float, float]]:
    """Where each view looks: column, row, scale."""
    told = page.locator(stage).get_attribute("data-looks")
    return [tuple(float(value) for value in each.split(",")) for each in told.split(" ")]


def on_web(place: tuple[float, float, float], *, is_below: bool, frame_mm: float) -> tuple[float, float]:
    """Across and along, in mm; `frame_mm`: where row 0 lies."""
    across, along = place[0] * 0.05, frame_mm + place[1] * 0.05
    return (6.4 - across if is_below else across), along


def open_case(page: Page, site, case: int) -> None:
    log_in(page, site.address, "ann")
    page.goto(f"{site.address}/review?case={case}")
    page.wait_for_selector(f".viewer[data-sequence='{case}']")


def test_a_case_of_two_views_shows_both_and_they_look_at_the_same_place_of_the_web(window, site, screenshots):
    open_case(window, site, 4)
    stage = window.locator(".review-stage")
    expect(stage).to_have_attribute("data-layout", "beside")
    expect(stage).to_have_attribute("data-views", "top bottom")
    window.screenshot(path=screenshots / "review-two-views.png")
    window.keyboard.press("e")
    window.keyboard.press("ArrowRight")
    lead, other = places(window, ".review-stage")
    assert on_web(lead, is_below=False, frame_mm=12.8) == pytest.approx(
        on_web(other, is_below=True, frame_mm=11.8), abs=0.02
    )
    assert lead[2] == pytest.approx(other[2], rel=0.01)
    box = window.locator(".viewer-pane .viewer-overlay").bounding_box()
    before = lead
    window.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 2)
    window.mouse.wheel(0, -300)
    window.wait_for_function(
        f"document.querySelector('.review-stage').dataset.looks.split(',')[2].split(' ')[0] > {lead[2]}"
    )
    lead, other = places(window, ".review-stage")
    assert on_web(lead, is_below=False, frame_mm=12.8) == pytest.approx(
        on_web(other, is_below=True, frame_mm=11.8), abs=0.02
    )
    assert lead[0] > before[0], "what lies right in the mirrored view's picture lies right in the leading one's"


def test_one_key_goes_from_view_to_view_and_one_lays_them_over_each_other(window, site):
    open_case(window, site, 4)
    stage = window.locator(".review-stage")
    seen = []
    for _ in range(3):
        window.keyboard.press("v")
        seen.append((stage.get_attribute("data-layout"), stage.get_attribute("data-views")))
    assert seen == [("alone", "top"), ("alone", "bottom"), ("beside", "top bottom")]
    window.keyboard.press("o")
    expect(stage).to_have_attribute("data-layout", "over")
    expect(window.locator(".viewer-pane")).not_to_be_visible()
    window.keyboard.press("o")
    expect(window.locator(".viewer-pane")).to_be_visible()


def test_which_view_said_what_stands_beside_the_object_and_an_object_of_one_view_is_shown_in_all(window, site):
    open_case(window, site, 4)
    said = window.locator(".mark-said")
    expect(said).to_have_count(2)
    assert [words.partition(":")[0] for words in said.all_inner_texts()] == ["top", "bottom"]
    open_case(window, site, 6)
    expect(said).to_have_count(1)


def test_a_box_is_drawn_in_the_leading_view_whatever_was_looked_at(window, site, folder):
    open_case(window, site, 6)
    window.keyboard.press("v")
    window.keyboard.press("v")
    expect(window.locator(".review-stage")).to_have_attribute("data-views", "bottom")
    window.keyboard.press("b")
    expect(window.locator(".review-stage")).to_have_attribute("data-layout", "beside")
    box = window.locator(".viewer .viewer-overlay").bounding_box()
    window.mouse.move(box["x"] + box["width"] * 0.45, box["y"] + box["height"] * 0.4)
    window.mouse.down()
    window.mouse.move(box["x"] + box["width"] * 0.55, box["y"] + box["height"] * 0.5)
    window.mouse.up()
    window.keyboard.press("Enter")
    window.keyboard.press("c")
    window.wait_for_function("document.querySelector('.viewer').dataset.sequence !== '6'")
    kept = "Object.entries(sessionStorage).find(([name]) => name.startsWith('review of'))[1]"
    window.wait_for_function(f"JSON.parse({kept}).answers.length === 0")
    database = Database.in_file(folder / "store.db", Access.PEOPLE)
    (review,) = ReviewBook(database).reviews_of(6)
    database.close()
    (drawn,) = review.corrections
    assert drawn.change is Change.ADDED
    left, top, right, bottom = drawn.box_px
    assert 0 <= left < right <= 128
    assert 0 <= top < bottom <= 64


def test_the_decision_page_shows_each_view_with_its_fate_its_part_of_the_piece_and_its_model(window, site, screenshots):
    log_in(window, site.address, "the-operator")
    window.goto(f"{site.address}/decisions/4")
    expect(window.locator("#decision-stage[data-marks='1']")).to_be_visible()
    expect(window.locator("#decision-stage .viewer-pane")).to_have_count(2)
    rows = window.locator(".decision-views tbody tr")
    expect(rows).to_have_count(3)
    told = [row.replace("\u202f", " ").replace("\xa0", " ") for row in rows.all_inner_texts()]
    assert [row.split()[0] for row in told] == ["top", "bottom", "bottom"]
    assert ["0.0 – 2.2 mm" in row for row in told] == [False, True, False]
    assert "2.2 – 3.2 mm" in told[2]
    expect(window.locator(".decision-said")).to_have_count(2)
    window.screenshot(path=screenshots / "decision-two-views.png", full_page=True)
    window.keyboard.press("o")
    expect(window.locator("#decision-stage")).to_have_attribute("data-layout", "over")


def test_the_decision_page_says_which_view_lost_a_piece(window, site):
    log_in(window, site.address, "the-operator")
    window.goto(f"{site.address}/decisions/7")
    expect(window.locator("#decision-stage[data-marks='0']")).to_be_visible()
    expect(window.locator(".decision-views .tone-uninspected")).to_have_count(1)
    expect(window.locator(".decision-reason")).to_contain_text("View bottom")
    expect(window.locator(".pane-title").nth(1)).to_have_text("bottom · lost")


def test_the_picture_of_a_defect_is_of_the_frame_that_it_was_measured_in(site, folder):
    store = Store.in_file(folder / "store.db")
    decision = store.decision(4).decision
    store.close()
    with site.client("the-operator") as client:
        own = client.get("/frames/4.png").content
        views = [client.get(f"/frames/4.png?view={position}").content for position in range(3)]
        assert views[0] == own
        assert len(set(views)) == 3
        place = [seen.frame for seen in decision.view_frames].index(decision.defects[0].sightings[0].frame)
        assert client.get("/frames/4.png?defect=0").content == views[place]
        assert client.get("/frames/7.png?view=2").status_code == 404
        told = json.loads(client.get("/frames/4/defects.json").content)
    assert [pane["view"] for pane in told["panes"]] == ["top", "bottom"]
    assert [each["position"] for each in told["defects"][0]["sightings"]] == [0, 1]


def test_where_each_frame_looks_is_kept_with_the_decision(folder):
    store = Store.in_file(folder / "store.db")
    decision = store.decision(7).decision
    store.close()
    told = [(seen.view, seen.first_cd_mm, seen.last_cd_mm, seen.skew_mm) for seen in decision.view_frames]
    assert told == [("top", 0.0, 6.4, 0.0), ("bottom", 6.4, 0.0, 0.0), ("bottom", None, None, 0.0)]


def test_pixels_become_places_on_the_web_of_turned_and_mirrored_cameras_too(window, site):
    open_case(window, site, 5)
    told = """{first_cd_mm: 50, last_cd_mm: 10, start_mm: 100, length_mm: 20, skew_mm: 0.4}"""
    ask = f"([x, y]) => mapped(toWeb({told}, {{width: 400, height: 200}}), x, y)"
    for pixel, place in (
        ((0, 0), (50, 99.8)),
        ((400, 0), (10, 100.2)),
        ((200, 100), (30, 110)),
        ((0, 200), (50, 119.8)),
    ):
        assert window.evaluate(ask, list(pixel)) == pytest.approx(place)
    unknown = told.replace("50", "null")
    assert window.evaluate(f"toWeb({unknown}, {{width: 400, height: 200}})") is None
