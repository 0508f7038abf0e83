"""Pieces that two cameras see: their views beside each other on the review and decision pages, linked by the web."""

import csv
import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from inspection.archive.provenance import list_data_sets
from inspection.review.book import ReviewBook
from inspection.review.cases import Answer, Change, Correction, NewReview
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


def drag(page: Page, host: str, half: float = 30.0) -> tuple[float, float]:
    """Draw a box around the middle of a viewer; returns half its size on screen."""
    box = page.locator(host).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - half, y - half)
    page.mouse.down()
    page.mouse.move(x + half, y + half)
    page.mouse.up()
    return half


def answered(page: Page, folder, case: int) -> list[Correction]:
    """Confirm the case, and what its review says then."""
    page.keyboard.press("c")
    page.wait_for_function(f"document.querySelector('.viewer').dataset.sequence !== '{case}'")
    kept = "Object.entries(sessionStorage).find(([name]) => name.startsWith('review of'))[1]"
    page.wait_for_function(f"JSON.parse({kept}).answers.length === 0")
    database = Database.in_file(folder / "store.db", Access.PEOPLE)
    review = ReviewBook(database).reviews_of(case)[-1]
    database.close()
    return list(review.corrections)


def call_it(page: Page, kind: str) -> None:
    """In the chooser, which opens for a new object."""
    page.wait_for_selector("dialog.chooser[open]")
    page.keyboard.type(kind)
    page.keyboard.press("Enter")


def test_a_box_is_drawn_in_the_view_that_is_looked_at_in_its_own_frames_pixels(window, site, folder):
    open_case(window, site, 6)
    window.keyboard.press("v")
    window.keyboard.press("v")
    expect(window.locator(".review-stage")).to_have_attribute("data-views", "bottom")
    looks = places(window, ".review-stage")[1]
    window.keyboard.press("b")
    expect(window.locator(".review-stage")).to_have_attribute("data-views", "bottom")
    half = drag(window, ".viewer-pane .viewer-overlay") / looks[2]
    call_it(window, "E09")
    (drawn,) = answered(window, folder, 6)
    assert (drawn.change, drawn.kind) == (Change.ADDED, "E09")
    boxes = {each.view: each.box_px for each in drawn.drawings}
    assert set(boxes) == {1, 2}, "the frames of the view below, and not the one in which the piece begins"
    assert (boxes[1][3], boxes[2][1]) == (64.0, 0.0), "a part in each, up to the border that they have in common"
    for left, _, right, _ in boxes.values():
        assert [left, right] == pytest.approx([looks[0] - half, looks[0] + half], abs=1.0)
    along = [boxes[1][1], boxes[2][3] + 64.0]
    assert along == pytest.approx([looks[1] - half, looks[1] + half], abs=1.0)


def test_a_missed_object_drawn_in_two_views_is_one_object_and_can_be_stepped_back(window, site, folder, screenshots):
    open_case(window, site, 3)
    rows, drawn_rows = window.locator(".mark-row"), window.locator(".mark-row.look-edited")
    window.keyboard.press("b")
    drag(window, ".viewer-pane .viewer-overlay")
    call_it(window, "E09")
    expect(drawn_rows).to_have_count(1)
    window.keyboard.press("b")
    drag(window, ".viewer .viewer-overlay", 20.0)
    expect(rows).to_have_count(1)
    window.screenshot(path=screenshots / "review-drawn-in-two-views.png")
    window.keyboard.press("z")
    window.keyboard.press("b")
    drag(window, ".viewer .viewer-overlay", 24.0)
    (drawn,) = answered(window, folder, 3)
    views = [each.view for each in drawn.drawings]
    assert views[0] == 0
    assert set(views) > {0}
    assert len(set(views)) == len(views)


def test_a_polygon_is_closed_in_the_view_that_it_was_begun_in_and_a_corner_elsewhere_begins_anew(window, site, folder):
    open_case(window, site, 8)
    lead = window.locator(".viewer .viewer-overlay").bounding_box()
    other = window.locator(".viewer-pane .viewer-overlay").bounding_box()
    window.keyboard.press("y")
    window.mouse.click(lead["x"] + lead["width"] / 2, lead["y"] + lead["height"] / 2)
    for across, along in ((-30, -10), (30, -10), (0, 10)):
        window.mouse.click(other["x"] + other["width"] / 2 + across, other["y"] + other["height"] / 2 + along)
    window.keyboard.press("Enter")
    call_it(window, "E09")
    (drawn,) = answered(window, folder, 8)
    assert {each.view for each in drawn.drawings} <= {1, 2}
    assert len(drawn.polygon_px) == 3


def test_the_archive_tells_frames_by_view_and_that_a_data_set_mixes_them(window, site, folder, screenshots):
    database = Database.in_file(folder / "store.db", Access.PEOPLE)
    for sequence in (1, 2):
        ReviewBook(database).record(NewReview(sequence, "bob", Answer.CONFIRMED))
    database.close()
    log_in(window, site.address, "the-qa")
    window.goto(f"{site.address}/archive")
    expect(window.get_by_text("Saved frames: bottom 8 · top 8")).to_be_visible()
    window.get_by_role("button", name="Results as CSV").click()
    with window.expect_download() as table:
        window.get_by_text("Commas, decimal point").click()
    rows = {row["decision"]: row for row in csv.DictReader(Path(table.value.path()).read_text().splitlines())}
    assert [rows[number]["saved_views"] for number in ("3", "7")] == ["bottom:2 top:1", "bottom:1 top:1"]
    window.get_by_label("Name", exact=True).fill("both")
    window.get_by_role("button", name="Freeze").click()
    ahead = window.get_by_text("a model of one light is trained on one view of it")
    expect(ahead).to_be_visible()
    window.screenshot(path=screenshots / "freeze-two-views.png")
    window.get_by_role("dialog").get_by_role("button", name="Freeze it nevertheless").click()
    expect(window.get_by_text("both-1", exact=True)).to_be_visible()
    (made,) = list_data_sets(folder / "datasets")
    assert set(made.provenance.views) == {"top", "bottom"}
    expect(window.locator("tr", has_text="both-1")).to_contain_text(f"top {made.provenance.views['top']}")


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
