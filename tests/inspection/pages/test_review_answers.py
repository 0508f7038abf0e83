"""No answer is lost unnoticed: two tabs, a reload, a link, and a drawn box whose kind nobody chose."""

import re

from playwright.sync_api import Page, expect

from inspection.review.cases import Answer
from tests.inspection.pages.review_desk import on_screen, press, saved
from tests.support.patience import until

TWICE_READ = 90
"""Goes to a second reader, by the draw."""


def test_in_two_tabs_a_reader_hears_what_they_answered_and_changes_it_on_purpose(reader, review_desk, screenshots):
    first = reader("ann", "/review?case=180")
    assert on_screen(first) == 180
    second = first.context.new_page()
    second.goto(first.url)
    assert on_screen(second) == 180
    press(first, "c")
    given = saved(first, review_desk, 180)
    second.keyboard.press("4")
    second.keyboard.press("x")
    expect(second.locator(".review-said.is-trouble")).to_contain_text("Already answered by you: confirmed")
    expect(second.locator(".case-mine")).to_contain_text("Already answered by you: confirmed")
    second.screenshot(path=screenshots / "review-already-answered.png")
    second.keyboard.press("x")
    expect(second.locator(".review-said.is-trouble")).to_contain_text("press A first")
    assert review_desk.book.reviews_of(180) == [given]
    second.keyboard.press("a")
    press(second, "x")
    changed = saved(second, review_desk, 180)
    assert (changed.answer, changed.kind) == (Answer.OVERRULED, "E04")
    assert review_desk.last_audit(180)[2:][0] == {"outcome": "confirmed"}


def test_an_answer_that_is_sent_again_is_entered_once_and_another_one_is_refused_with_what_was_said(
    review_desk, review_pages
):
    answer = {"sequence": 40, "answer": "overruled", "kind": "E15", "note": "seen"}
    with review_pages.client("ann") as client:
        number = client.post("/review/answers", json=answer).json()["number"]
        assert client.post("/review/answers", json=answer | {"looked_s": 3.0}).json()["number"] == number
        refused = client.post("/review/answers", json=answer | {"note": "seen twice"})
        assert refused.status_code == 409
        told = refused.json()["earlier"]
        assert (told["number"], told["person"], told["answer"], told["kind"]) == (number, "ann", "overruled", "E15")
        wrong = client.post("/review/answers", json=answer | {"note": "seen twice", "replaces": number + 1})
        assert wrong.status_code == 409
        assert len(review_desk.book.reviews_of(40)) == 1
        changed = client.post("/review/answers", json=answer | {"note": "seen twice", "replaces": number})
        assert changed.status_code == 200
        assert client.post("/review/cases/40").json()["mine"]["note"] == "seen twice"


def test_a_settled_dispute_is_not_settled_again_unnoticed(review_desk, review_pages):
    with review_pages.client("ann") as ann, review_pages.client("bob") as bob:
        ann.post("/review/answers", json={"sequence": TWICE_READ, "answer": "confirmed"})
        bob.post("/review/answers", json={"sequence": TWICE_READ, "answer": "overruled"})
    with review_pages.client("the-qa") as third, review_pages.client("the-admin") as fourth:
        final = third.post("/review/answers", json={"sequence": TWICE_READ, "answer": "confirmed"}).json()["number"]
        refused = fourth.post("/review/answers", json={"sequence": TWICE_READ, "answer": "overruled"})
        assert (refused.status_code, refused.json()["earlier"]["person"]) == (409, "the-qa")
        assert fourth.post(f"/review/cases/{TWICE_READ}").json()["mine"]["number"] == final
        answer = {"sequence": TWICE_READ, "answer": "overruled", "replaces": final}
        assert fourth.post("/review/answers", json=answer).status_code == 200


def test_the_address_names_the_case_over_reload_way_back_and_link(reader, review_desk):
    page = reader("ann")
    first = on_screen(page)
    expect(page).to_have_url(re.compile(rf"/review\?case={first}$"))
    second = press(page, "s")
    expect(page).to_have_url(re.compile(rf"/review\?case={second}$"))
    page.reload()
    assert on_screen(page) == second
    page.goto(page.url.replace(f"/review?case={second}", "/rolls"))
    page.go_back()
    assert on_screen(page) == second
    link = page.url
    page.goto("about:blank")
    until(lambda: second not in review_desk.queue.claims(), "what she held is given back in passing", every_s=0.05)
    other = reader("bob", link[link.index("/review") :])
    assert on_screen(other) == second


def test_a_page_that_the_browser_had_kept_is_made_anew_and_holds_cases_again(reader, review_desk):
    page = reader("ann")
    shown = on_screen(page)
    # Chromium keeps no page that forbids its storing, others may: what they tell it is told here.
    page.evaluate("""() => {
        window.isTheOldOne = true;
        window.dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
    }""")
    until(lambda: shown not in review_desk.queue.claims(), "what she held is given back in passing", every_s=0.05)
    with page.expect_navigation():
        page.evaluate("""() => {
            window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: false }));
            window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
        }""")
    assert on_screen(page) == shown
    assert page.evaluate("window.isTheOldOne") is None
    assert review_desk.queue.claims()[shown] == "ann"


def test_the_address_names_the_case_in_a_browser_that_tells_of_no_idle_time(reader):
    page = reader("ann")
    page.add_init_script("window.requestIdleCallback = undefined")  # as in Safari
    page.goto(page.url.partition("?")[0])
    expect(page).to_have_url(re.compile(rf"/review\?case={on_screen(page)}$"))


def test_filters_live_in_the_address_and_what_it_asks_for_in_vain_is_said(reader):
    page = reader("ann")
    on_screen(page)
    page.locator("select[name=verdicts]").select_option("reject")
    shown = on_screen(page)
    expect(page).to_have_url(re.compile(rf"(?=.*verdicts=reject)(?=.*case={shown}\b)"))
    page.reload()
    assert on_screen(page) == shown
    expect(page.locator("select[name=verdicts]")).to_have_value("reject")
    base = page.url.partition("/review")[0]
    for address, says in (
        ("?case=999999", "Decision 999999 is no case for review"),
        ("?case=abc", "There is no case “abc”"),
        ("?rolls=R-99", "Nothing here is called “R-99”"),
    ):
        page.goto(f"{base}/review{address}")
        on_screen(page)
        expect(page.locator(".review-said.is-trouble")).to_contain_text(says)


def draw(page: Page, left: float, top: float, right: float, bottom: float) -> None:
    """A box, in px of the frame, which is fitted into the window."""
    page.keyboard.press("f")
    area = page.locator(".viewer-overlay").bounding_box()
    per_px = min(area["width"] * 0.98 / 128, area["height"] * 0.98 / 64)
    at = [area["x"] + area["width"] / 2, area["y"] + area["height"] / 2]
    page.keyboard.press("b")
    page.mouse.move(at[0] + (left - 64) * per_px, at[1] + (top - 32) * per_px)
    page.mouse.down()
    page.mouse.move(at[0] + (right - 64) * per_px, at[1] + (bottom - 32) * per_px, steps=4)
    page.mouse.up()
    expect(page.locator("dialog.chooser")).to_be_visible()


def test_nothing_is_chosen_for_a_box_where_nothing_was_found_and_enter_says_so(reader, review_desk, screenshots):
    page = reader("bob", "/review?case=30")
    assert on_screen(page) == 30
    draw(page, 80, 40, 100, 55)
    expect(page.locator(".chooser-hint")).to_have_text("The station found nothing here. Which kind is it?")
    expect(page.locator(".chooser-row.is-marked")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.locator(".chooser-hint.is-trouble")).to_contain_text("No kind is chosen")
    page.screenshot(path=screenshots / "review-no-kind.png")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    expect(page.locator(".review-said.is-trouble")).to_contain_text("has no kind yet")
    assert review_desk.book.reviews_of(30) == []
    page.keyboard.type("fibre")
    page.keyboard.press("Enter")
    draw_next = press(page, "c")
    assert saved(page, review_desk, 30).corrections[0].kind == "E15"
    assert draw_next != 30
    draw(page, 80, 40, 100, 55)
    expect(page.locator(".chooser-hint")).to_have_text("Perhaps E15 fibre, which you gave last. Enter takes it.")


def test_the_kind_that_the_station_found_is_proposed_for_a_box_around_it(reader, review_desk):
    page = reader("ann", "/review?case=20")
    assert on_screen(page) == 20
    draw(page, 26, 8, 54, 22)
    expect(page.locator(".chooser-hint")).to_have_text(
        "Likely E01 pinhole: the station found that here. Enter takes it."
    )
    page.keyboard.press("Enter")
    expect(page.locator("dialog.chooser")).to_be_hidden()
    press(page, "x")
    assert saved(page, review_desk, 20).corrections[0].kind == "E01"


def test_the_chooser_takes_nothing_that_nobody_marked(reader):
    page = reader("ann", "/review?case=60")
    assert on_screen(page) == 60
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.locator(".chooser-hint.is-trouble")).to_contain_text("No kind is chosen")
    page.keyboard.type("zzz")
    page.keyboard.press("Enter")
    expect(page.locator("dialog.chooser")).to_be_visible()
