"""The review page: what the server lets through, and a reader's whole way through the cases by keyboard."""

import re
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from inspection.people.person import Language, Theme
from inspection.people.roles import Permission, Role, may
from inspection.review.cases import Answer, Change, Reading, ReviewOutcome
from tests.inspection.pages.review_desk import CASES, on_screen, press, saved

DRAWN_FOR_TWO = (50, 90)
"""Cases that go to a second reader, by the draw."""
ANSWER = {"sequence": 10, "answer": "confirmed"}
ROUTES = (
    ("GET", "/review/words", None),
    ("POST", "/review/cases", {"count": 1}),
    ("POST", "/review/cases/10", None),
    ("POST", "/review/release", {"sequences": [10]}),
    ("POST", "/review/answers", ANSWER),
    ("POST", "/review/answers/999999/undo", None),
)


@pytest.fixture(scope="module")
def desk(review_desk):
    return review_desk


@pytest.fixture(scope="module")
def pages(review_pages):
    return review_pages


# --- what the server lets through


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.GUEST, Role.SCREEN)])
def test_each_route_asks_for_the_permission_to_review(pages, role):
    with pages.client(f"the-{role.value}") as client:
        for method, path, content in ROUTES:
            status = client.request(method, path, json=content).status_code
            if may(role, Permission.REVIEW):
                assert status in (200, 409), path
            else:
                assert status == 403, path
        client.post("/review/release", json={"sequences": list(range(10, 10 * CASES + 1, 10))})


def test_nobody_and_other_sites_get_nothing(pages):
    with pages.client() as client:
        for method, path, content in ROUTES:
            assert client.request(method, path, json=content).status_code == 401, path
    with pages.client("ann") as client:
        for method, path, content in ROUTES[1:]:
            answer = client.request(method, path, json=content, headers={"Origin": "http://evil.example"})
            assert answer.status_code == 403, path


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"answer": "splendid"}, 422),
        ({"kind": "../E01"}, 422),
        ({"kind": "E99"}, 409),
        ({"note": "x" * 2001}, 422),
        ({"person": "bob"}, 422),
        ({"sequence": 11}, 409),
        ({"sequence": 10**9}, 409),
        ({"looked_s": -1}, 422),
        ({"corrections": [{"change": "removed", "defect": 1}]}, 409),
        ({"corrections": [{"change": "added", "kind": "E01"}]}, 422),
    ],
)
def test_an_impossible_answer_is_refused_and_nothing_is_entered(pages, desk, wrong, status):
    with pages.client("ann") as client:
        before = len(desk.book.reviews_of(10))
        answer = client.post("/review/answers", json=ANSWER | wrong)
        assert answer.status_code == status, answer.text
        assert len(desk.book.reviews_of(10)) == before


def test_nobody_takes_back_somebody_elses_answer(pages, desk):
    with pages.client("ann") as ann, pages.client("bob") as bob:
        number = ann.post("/review/answers", json=ANSWER | {"sequence": 20}).json()["number"]
        refused = bob.post(f"/review/answers/{number}/undo")
        assert (refused.status_code, "only ann can" in refused.text) == (409, True)
        assert ann.post(f"/review/answers/{number}/undo").json()["sequence"] == 20
    assert desk.last_audit(20)[:3] == ("ann", "review.undo", {"outcome": "confirmed"})


def test_a_blind_second_reader_does_not_receive_the_first_answer(pages, desk):
    first, secret = DRAWN_FOR_TWO[0], "ann wrote this first"
    with pages.client("ann") as ann, pages.client("bob") as bob:
        ann.post("/review/answers", json={"sequence": first, "answer": "overruled", "kind": "E24", "note": secret})
        ann.post("/review/answers", json={"sequence": 30, "answer": "overruled", "note": secret})
        told = bob.post("/review/cases", json={"count": 50})
        assert first in {case["sequence"] for case in told.json()["cases"]}
        opened = bob.post(f"/review/cases/{first}")
        assert opened.json()["reviews"] == []
        for answer in (told, opened, bob.get("/review/words"), bob.get(f"/frames/{first}/defects.json")):
            assert secret not in answer.text
            assert "ann" not in answer.text
            assert "overruled" not in answer.json()
        assert secret in bob.post("/review/cases/30").text, "of a case that is read once, readers may know"
        said = bob.post("/review/answers", json={"sequence": first, "answer": "confirmed"})
        assert set(said.json()) == {"number"}
        standing = desk.book.standing_of(first)
        assert (standing.second.person, standing.second.reading) == ("bob", Reading.SECOND)
        assert standing.outcome is ReviewOutcome.DISPUTED
        bob.post("/review/release", json={"sequences": [case["sequence"] for case in told.json()["cases"]]})


def test_a_third_reader_settles_a_dispute_and_one_of_the_two_does_not(pages, desk):
    disputed = DRAWN_FOR_TWO[1]
    with pages.client("ann") as ann, pages.client("bob") as bob, pages.client("the-qa") as third:
        ann.post("/review/answers", json={"sequence": disputed, "answer": "overruled"})
        given = bob.post("/review/answers", json={"sequence": disputed, "answer": "confirmed"}).json()["number"]
        bob.post("/review/answers", json={"sequence": disputed, "answer": "unsure", "replaces": given})
        assert desk.book.standing_of(disputed).outcome is ReviewOutcome.DISPUTED
        assert len(third.post(f"/review/cases/{disputed}").json()["reviews"]) == 3
        third.post("/review/answers", json={"sequence": disputed, "answer": "confirmed"})
    assert desk.book.standing_of(disputed).outcome is ReviewOutcome.CONFIRMED
    assert desk.last_audit(disputed)[2] == {"outcome": "disputed"}


def test_a_case_in_somebodys_hands_is_not_handed_out_twice(pages):
    with pages.client("ann") as ann, pages.client("bob") as bob:
        mine = {case["sequence"] for case in ann.post("/review/cases", json={"count": 3}).json()["cases"]}
        told = bob.post("/review/cases", json={"count": 50}).json()
        yours = {case["sequence"] for case in told["cases"]}
        assert len(mine) == 3
        assert not mine & yours
        assert told["progress"]["others"] == 3
        refused = bob.post(f"/review/cases/{min(mine)}")
        assert "ann is looking at" in refused.text
        for client, held in ((ann, mine), (bob, yours)):
            client.post("/review/release", json={"sequences": sorted(held)})
        assert bob.post("/review/cases", json={"count": 0}).json()["progress"]["others"] == 0


# --- a reader at the page


def test_a_page_that_has_gone_holds_nothing_whatever_it_still_asks_for(review_desk, review_pages):
    with review_pages.client("ann") as ann:
        gone, open_page = (ann.get("/review/words").json()["visit"] for _ in range(2))
        mine = [c["sequence"] for c in ann.post("/review/cases", json={"count": 3, "visit": gone}).json()["cases"]]
        # The same person in another tab holds one of them from now on.
        ann.post(f"/review/cases/{mine[0]}", json={"visit": open_page})
        ann.post("/review/release", json={"visit": gone, "sequences": mine[:2], "goes": True})
        assert [s for s, name in review_desk.queue.claims().items() if name == "ann"] == mine[:1]
        # What was under way when the page went.
        assert ann.post("/review/cases", json={"count": 3, "visit": gone}).json()["cases"] == []
        ann.post(f"/review/cases/{mine[1]}", json={"visit": gone})
        assert [s for s, name in review_desk.queue.claims().items() if name == "ann"] == mine[:1]
        ann.post("/review/release", json={"visit": open_page, "sequences": mine[:1]})
        assert mine[0] not in review_desk.queue.claims()


def test_cases_are_answered_by_keyboard_and_every_step_is_recorded(reader, desk, screenshots):
    page = reader("ann")
    first = on_screen(page)
    expect(page.get_by_text("0.71 mm", exact=True)).to_be_visible()
    page.screenshot(path=screenshots / "review.png")
    second = press(page, "c")
    assert saved(page, desk, first).answer is Answer.CONFIRMED
    person, action, before, after = desk.last_audit(first)
    assert (person, action, before) == ("ann", "review.answer", {"outcome": None})
    assert (after["outcome"], after["answer"]) == ("confirmed", "confirmed")

    page.keyboard.press("4")
    expect(page.get_by_text(re.compile("It is E"))).to_be_visible()
    page.keyboard.press("n")
    page.keyboard.type("seen twice")
    page.keyboard.press("Enter")
    third = press(page, "x")
    entered = saved(page, desk, second)
    assert (entered.answer, entered.note) == (Answer.OVERRULED, "seen twice")
    assert entered.kind is not None
    assert entered.looked_s > 0

    fourth = press(page, "u")
    assert saved(page, desk, third).answer is Answer.UNSURE
    fifth = press(page, "s")
    assert desk.book.reviews_of(fourth) == []
    assert len({first, second, third, fourth, fifth}) == 5

    assert press(page, "z") == third
    expect(page.locator(".review-said")).to_have_text(f"#{third} taken back")
    assert desk.book.standing_of(third).outcome is None
    page.keyboard.press("k")
    page.keyboard.type("agglom")
    page.keyboard.press("Enter")
    assert press(page, "c") == fifth
    assert saved(page, desk, third).kind == "E04"


def test_objects_are_relabelled_removed_redrawn_and_added(reader, desk, screenshots):
    page = reader("ann", "/review?case=150")
    assert on_screen(page) == 150
    page.keyboard.press("f")
    area = page.locator(".viewer-overlay").bounding_box()
    middle = (area["x"] + area["width"] / 2, area["y"] + area["height"] / 2)

    def drag_box(left, top, right, bottom):
        page.keyboard.press("b")
        page.mouse.move(middle[0] + left, middle[1] + top)
        page.mouse.down()
        page.mouse.move(middle[0] + right, middle[1] + bottom, steps=4)
        page.mouse.up()

    page.keyboard.press("d")
    drag_box(-300, -150, -200, -100)
    expect(page.get_by_text("redrawn")).to_be_visible()
    page.keyboard.press("k")
    page.keyboard.type("E08")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.keyboard.press("y")
    for across, along in ((100, 50), (200, 60), (140, 120)):
        page.mouse.click(middle[0] + across, middle[1] + along)
    page.keyboard.press("Enter")
    page.keyboard.type("fibre")
    page.keyboard.press("Enter")
    expect(page.locator(".mark-row")).to_have_count(2)
    page.screenshot(path=screenshots / "review-corrections.png")
    page.keyboard.press("Escape")
    drag_box(0, 0, 40, 40)
    page.keyboard.press("Enter")
    expect(page.locator(".mark-row")).to_have_count(3)
    page.keyboard.press("Delete")
    expect(page.locator(".mark-row")).to_have_count(2)
    press(page, "c")
    redrawn, added = saved(page, desk, 150).corrections
    assert (redrawn.change, redrawn.defect, redrawn.kind) == (Change.REDRAWN, 0, "E08")
    assert (added.change, added.kind, len(added.polygon_px)) == (Change.ADDED, "E15", 3)
    per_px = area["width"] * 0.98 / 128
    left, top, right, bottom = redrawn.box_px
    assert (left, top) == pytest.approx((64 - 300 / per_px, 32 - 150 / per_px), abs=1.01)
    assert (right - left, bottom - top) == pytest.approx((100 / per_px, 50 / per_px), abs=2.01)


def test_undo_takes_back_drafts_step_by_step_before_answers(reader, desk):
    page = reader("ann", "/review?case=140")
    assert on_screen(page) == 140
    page.keyboard.press("d")
    page.keyboard.press("Delete")
    expect(page.locator(".look-removed")).to_have_count(1)
    page.keyboard.press("2")
    expect(page.locator(".look-removed")).to_have_count(0)
    page.keyboard.press("z")
    expect(page.locator(".look-removed")).to_have_count(1)
    page.keyboard.press("z")
    expect(page.locator(".look-edited, .look-removed")).to_have_count(0)
    page.keyboard.press("z")
    expect(page.locator(".review-said")).to_have_text("There is nothing to undo.")
    assert desk.book.reviews_of(140) == []


@contextmanager
def broken(page: Page, address: str, **answer):
    """The server does not answer, or answers so."""
    page.route(address, lambda route: route.fulfill(**answer) if answer else route.abort())
    yield
    page.unroute(address)


def test_a_failed_save_brings_the_case_back_and_loses_nothing(reader, desk, screenshots):
    page = reader("bob", "/review?case=120")
    assert on_screen(page) == 120
    page.keyboard.press("d")
    page.keyboard.press("Delete")
    page.keyboard.press("n")
    page.keyboard.type("a reflection")
    page.keyboard.press("Enter")
    with broken(page, "**/review/answers"):
        page.keyboard.press("x")
        expect(page.locator(".review-said.is-trouble")).to_contain_text("The answer to #120 was not saved")
        expect(page.locator(".viewer[data-sequence='120']")).to_be_visible()
        expect(page.locator(".look-removed")).to_have_count(1)
        expect(page.locator(".review-note")).to_have_value("a reflection")
        page.screenshot(path=screenshots / "review-not-saved.png")
    with broken(page, "**/review/answers", status=503, json={"detail": "The store is locked."}):
        page.keyboard.press("x")
        expect(page.locator(".review-said.is-trouble")).to_contain_text("The store is locked.")
    page.reload()
    page.goto(page.url)
    assert on_screen(page) == 120
    expect(page.locator(".look-removed")).to_have_count(1)
    assert desk.book.reviews_of(120) == []
    press(page, "x")
    entered = saved(page, desk, 120)
    assert (entered.answer, entered.note) == (Answer.OVERRULED, "a reflection")
    assert entered.corrections[0].change is Change.REMOVED


def test_an_answer_that_is_on_its_way_outlives_a_reload(reader, desk):
    page = reader("bob", "/review?case=110")
    assert on_screen(page) == 110
    page.on("dialog", lambda dialog: dialog.accept())
    page.route("**/review/answers", lambda route: None)
    press(page, "c")
    page.unroute("**/review/answers")
    page.goto(page.url.replace("?case=110", ""))
    on_screen(page)
    assert saved(page, desk, 110).answer is Answer.CONFIRMED


def test_the_frame_is_fitted_zoomed_and_stretched_and_its_neighbours_are_told(reader, screenshots):
    page = reader("ann", "/review?case=100")
    assert on_screen(page) == 100
    zoom = page.locator(".review-zoom")
    picture = page.locator(".viewer-picture")
    page.keyboard.press("p")
    expect(zoom).to_have_text("100 %")
    page.keyboard.press("e")
    expect(zoom).to_have_text("140 %")
    page.keyboard.press("f")
    expect(zoom).not_to_have_text("140 %")
    assert picture.evaluate("canvas => canvas.style.filter") == ""
    page.keyboard.press("t")
    page.locator(".review-slider").first.evaluate(
        "slider => { slider.value = 60; slider.dispatchEvent(new Event('input')); }"
    )
    assert "contrast" in picture.evaluate("canvas => canvas.style.filter")
    page.keyboard.press("w")
    page.keyboard.press("r")
    expect(page.locator("[data-key=W]")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("l")
    expect(page.locator("[data-key=L]")).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("?")
    expect(page.get_by_text("overrule it")).to_be_visible()
    page.screenshot(path=screenshots / "review-keys.png")
    page.keyboard.press("c")
    assert on_screen(page) == 100, "keys do nothing below a dialog"


def test_filters_progress_and_states_without_cases(reader, screenshots):
    page = reader("ann")
    on_screen(page)
    expect(page.locator(".review-progress")).to_have_text(re.compile(r"^\d+ left"))
    page.locator("select[name=kinds]").select_option("E30")
    expect(page.get_by_text("Nothing waits with these filters")).to_be_visible()
    page.screenshot(path=screenshots / "review-nothing-found.png")
    page.get_by_role("button", name="Clear filters").click()
    on_screen(page)
    other = reader("bob")
    on_screen(other)
    expect(other.locator(".review-progress")).to_have_text(re.compile(r"\d+ left, \d+ with others"))
    with broken(page, "**/review/cases", json={"cases": [], "progress": {"left": 0, "others": 0}}):
        page.locator("select[name=verdicts]").select_option("reject")
        page.locator("select[name=verdicts]").select_option("")
        expect(page.get_by_text("All reviewed")).to_be_visible()
        page.screenshot(path=screenshots / "review-all-done.png")
    with broken(page, "**/review/cases"):
        page.locator("select[name=verdicts]").select_option("reject")
        expect(page.get_by_text("The cases could not be loaded")).to_be_visible()
        page.screenshot(path=screenshots / "review-failed.png")
    page.get_by_role("button", name="Try again").click()
    on_screen(page)


def test_it_is_french_and_dark_for_who_wants_that_and_fills_a_large_screen(reader, desk, screenshots):
    person = next(each for each in desk.people.everybody() if each.name == "bob")
    desk.people.prefer(person, language=Language.FRENCH, theme=Theme.DARK)
    page = reader("bob", viewport={"width": 3840, "height": 2160})
    on_screen(page)
    expect(page.get_by_text("Confirmer")).to_be_visible()
    expect(page.locator(".reason").get_by_text("E01 piqûre", exact=True)).to_be_visible()
    expect(page.locator(".reason-sentence")).to_have_text("E01 piqûre : diamètre 0,71 mm (limite 0,50 mm).")
    page.screenshot(path=screenshots / "review-french-dark-4k.png")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.screenshot(path=screenshots / "review-french-dark.png")
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    page.add_style_tag(content=".top { min-height: 6rem; }")  # as with two rows of pages
    expect(page.get_by_role("button", name="Annuler")).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
