"""Roll map, statistics and archive in a real Chromium; what is downloaded and frozen there is what it says."""

import csv
import io
import sqlite3
import zipfile

import pytest
from playwright.sync_api import expect

from inspection.archive.provenance import list_data_sets, verify
from inspection.people.audit import AuditLog
from inspection.review.book import ReviewBook
from inspection.review.cases import Answer, NewReview
from inspection.review.queue import ReviewQueue
from inspection.rolls.roll_book import RollBook
from inspection.store.database import Database
from inspection.store.engine import Access
from tests.inspection.pages.plant import LENGTH_MM, fill, staff, start_pages
from tests.inspection.pages.test_browser import log_in
from training.data import read_data_set


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Sixty pieces on two rolls, every tenth rejected; two of these were reviewed."""
    folder = tmp_path_factory.mktemp("results")
    fill(folder)
    staff(folder)
    with sqlite3.connect(folder / "store.db") as connection:
        connection.execute("UPDATE defects SET md_mm = (sequence + 0.5) * ?", (LENGTH_MM,))
        connection.execute(
            "INSERT INTO dimensions (sequence, position, code, value_mm, uncertainty_mm) "
            "SELECT sequence, 0, 'coat_width', 100 + 0.001 * sequence, 0.005 FROM decisions"
        )
    connection.close()
    database = Database.in_file(folder / "store.db", Access.PEOPLE)
    line = Database.in_file(folder / "store.db")
    rolls = RollBook(line)
    rolls.begin("R-1", 1, "plc")
    rolls.begin("R-2", 31, "plc")
    line.close()
    ReviewQueue(database, second_reader_share=0.0).enrol()
    book = ReviewBook(database)
    book.record(NewReview(10, "the-qa", Answer.CONFIRMED))
    book.record(NewReview(40, "the-qa", Answer.OVERRULED))
    database.close()
    return folder


@pytest.fixture(scope="module")
def results(folder):
    running = start_pages(folder)
    yield running
    running.stop()


def saved(download_info) -> bytes:
    with open(download_info.value.path(), "rb") as file:
        return file.read()


def test_the_line_page_names_the_roll_and_tells_what_reviews_say(window, results, screenshots):
    log_in(window, results.address, "the-operator")
    expect(window.get_by_text("R-2", exact=True)).to_be_visible()
    told = window.locator(".figures", has_text="False rejects, of all good pieces")
    # One overruled reject is known, but no accept was reviewed: how many good pieces there were is not.
    expect(told).to_contain_text("last 1 d not known yet · last 7 d not known yet · last 30 d not known yet")
    window.screenshot(path=screenshots / "line-roll.png")


def test_the_roll_map_shows_lengths_defects_and_a_certificate(window, results, screenshots):
    log_in(window, results.address, "the-operator")
    window.goto(f"{results.address}/rolls?roll=1")
    expect(window.locator(".map-chart canvas").first).to_be_visible()
    expect(window.locator(".figure-value").first).to_have_text("1.5 m")
    expect(window.get_by_text("Not inspected").first).to_be_visible()
    expect(window.locator(".figure-value").last).to_have_text("3")
    window.screenshot(path=screenshots / "rolls.png")
    window.get_by_role("button", name="CSV", exact=True).click()
    with window.expect_download() as csv_file:
        window.get_by_text("Semicolons, decimal comma").click()
    lines = saved(csv_file).decode().splitlines()
    assert csv_file.value.suggested_filename == "roll-R-1.csv"
    assert (lines[0].split(";")[:3], len(lines)) == (["number", "decision", "metre"], 4)
    assert lines[1].split(";")[2] == "0,486"
    expect(window.get_by_text("Semicolons, decimal comma")).to_have_count(0)
    window.get_by_role("button", name="Facts").click()
    with window.expect_download() as facts_file:
        window.get_by_text("Commas, decimal point").click()
    assert dict(csv.reader(saved(facts_file).decode().splitlines()))["uninspected pieces"] == "1"
    with window.expect_download() as pdf_file:
        window.get_by_role("button", name="Certificate").click()
    assert saved(pdf_file).startswith(b"%PDF-")


def test_the_map_and_what_was_not_inspected_tell_one_truth_as_of_a_time_in_a_zone(window, results):
    log_in(window, results.address, "the-operator")
    window.goto(f"{results.address}/rolls?roll=1")
    expect(window.get_by_text("As of ")).to_contain_text("(UTC")
    expect(window.get_by_text("Everything was inspected.")).to_have_count(0)
    expect(window.get_by_text("1 pieces were not judged")).to_be_visible()
    window.goto(f"{results.address}/rolls?roll=31")
    expect(window.get_by_text("Everything was inspected.")).to_be_visible()
    expect(window.locator(".figure", has_text="Not inspected")).to_contain_text("0.0 m · 0.0%")


def test_filters_of_the_map_live_in_the_address_and_an_unknown_roll_is_said(window, results):
    log_in(window, results.address, "the-operator")
    window.goto(f"{results.address}/rolls?roll=R-2&severities=S2&from=0.3&kinds=E01,E99&lanes=x")
    expect(window.locator(".map-chart canvas").first).to_be_visible()
    expect(window.get_by_label("⌀ from (mm)")).to_have_value("0.30")
    window.get_by_text("Show what lies within limits").click()
    window.wait_for_url(f"{results.address}/rolls?roll=31&kinds=E01&severities=S2&from=0.3&within=1")
    window.reload()
    expect(window.get_by_role("switch")).to_be_checked()
    window.goto(f"{results.address}/rolls?roll=R-99")
    expect(window.get_by_text("There is no roll R-99")).to_be_visible()


def test_a_chart_is_drawn_once_and_again_when_something_else_is_chosen(window, results):
    log_in(window, results.address, "the-operator")
    told, sockets = [], []

    def listen(socket):
        sockets.append(socket)
        socket.on("framereceived", lambda payload: told.append(str(payload)))

    window.on("websocket", listen)
    window.goto(f"{results.address}/rolls?roll=31")
    expect(window.locator(".map-chart canvas").first).to_be_visible()
    assert any("echart" in each for each in told), "the chart came this way"
    assert not any("update_chart" in each for each in told)
    with sockets[-1].expect_event("framereceived", lambda payload: "update_chart" in str(payload)):
        window.get_by_label("⌀ from (mm)").fill("0.2")
        window.get_by_label("⌀ from (mm)").blur()
    expect(window.locator(".map-chart canvas").first).to_be_visible()


def test_a_click_on_a_defect_shows_its_picture(window, results):
    log_in(window, results.address, "the-operator")
    window.goto(f"{results.address}/rolls?roll=31")
    canvas = window.locator(".map-chart canvas").first
    expect(canvas).to_be_visible()
    box, rem = canvas.bounding_box(), window.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)")
    # Decision 40 shows its defect in the middle of the tenth of thirty blocks, 2 mm of 10 mm across.
    right = 4.6 * rem + 9.5 / 30 * (box["width"] - 6.0 * rem)
    down = 2.6 * rem + 0.2 * (box["height"] - 9.0 * rem)
    canvas.click(position={"x": right, "y": down})
    expect(window.locator(".picked-picture")).to_be_visible()
    window.wait_for_function("document.querySelector('.picked-picture').naturalWidth > 0")
    expect(window.locator(".picked")).to_contain_text("#40")
    expect(window.locator(".picked")).to_contain_text("overruled")


def test_statistics_tell_rates_with_intervals_and_give_their_tables(window, results, screenshots):
    log_in(window, results.address, "the-qa")
    window.goto(f"{results.address}/statistics")
    expect(window.get_by_text("Rejects confirmed")).to_be_visible()
    expect(window.locator(".figure", has_text="Rejects confirmed").locator(".figure-value")).to_have_text("50.00%")
    expect(window.locator(".chart-box canvas").first).to_be_visible()
    expect(window.get_by_role("cell", name="R-2")).to_be_visible()
    window.screenshot(path=screenshots / "statistics.png", full_page=True)
    window.get_by_role("button", name="model", exact=True).click()
    expect(window.get_by_role("cell", name="electrode 1.2.0 (bbbbbbbb)")).to_be_visible()
    window.get_by_role("button", name="Download as CSV").last.click()
    with window.expect_download() as table:
        window.get_by_text("Semicolons, decimal comma").click()
    assert saved(table).decode().splitlines()[1].startswith("electrode 1.2.0 (bbbbbbbb);53;6;1;0,1")
    assert window.url == f"{results.address}/statistics?grouping=model", "the page itself has chosen nothing"
    window.reload()
    expect(window.get_by_role("cell", name="electrode 1.2.0 (bbbbbbbb)")).to_be_visible()
    window.goto(f"{results.address}/statistics?span=roll:R-2")
    expect(window.locator(".figure", has_text="Decisions").first).to_contain_text("30")
    window.goto(f"{results.address}/statistics?span=roll:R-9")
    expect(window.get_by_text("There is no roll R-9")).to_be_visible()


def test_an_operator_searches_but_takes_nothing_away(window, results):
    log_in(window, results.address, "the-operator")
    window.goto(f"{results.address}/archive")
    expect(window.get_by_text("60 decisions")).to_be_visible()
    expect(window.get_by_role("button", name="Freeze")).to_have_count(0)
    expect(window.get_by_role("button", name="Export")).to_have_count(0)
    window.goto(f"{results.address}/statistics")
    expect(window.locator(".chart-box canvas").first).to_be_visible()
    expect(window.get_by_role("button", name="Download as CSV")).to_have_count(0)


def test_a_search_is_kept_and_its_reviewed_frames_become_a_data_set(window, results, folder, screenshots):
    log_in(window, results.address, "the-qa")
    window.goto(f"{results.address}/archive")
    expect(window.get_by_text("60 decisions")).to_be_visible()
    window.get_by_label("⌀ from (mm)").fill("half")
    window.get_by_role("button", name="Search").click()
    expect(window.get_by_text("expected a number, got half")).to_be_visible()
    window.get_by_label("⌀ from (mm)").fill("0.5")
    window.get_by_role("button", name="Search").click()
    expect(window.get_by_text("6 decisions")).to_be_visible()
    expect(window.get_by_text("expected a number")).to_have_count(0)
    expect(window.locator(".found-picture")).to_have_count(6)
    window.reload()
    expect(window.get_by_text("6 decisions")).to_be_visible()
    expect(window.get_by_label("⌀ from (mm)")).to_have_value("0.5")
    window.get_by_role("button", name="Results as CSV").click()
    with window.expect_download() as table:
        window.get_by_text("Commas, decimal point").click()
    rows = list(csv.DictReader(saved(table).decode().splitlines()))
    assert [row["decision"] for row in rows] == ["60", "50", "40", "30", "20", "10"]
    assert (rows[2]["review"], rows[2]["verdict"], rows[2]["kinds"]) == ("overruled", "reject", "E01")
    window.get_by_label("Name of this search").fill("large ones")
    window.get_by_role("button", name="Save").click()
    expect(window.get_by_role("button", name="large ones")).to_be_visible()
    window.get_by_role("button", name="Clear").click()
    expect(window.get_by_text("60 decisions")).to_be_visible()
    window.get_by_role("button", name="large ones").click()
    expect(window.get_by_text("6 decisions")).to_be_visible()
    window.get_by_label("Name", exact=True).fill("first-set")
    window.get_by_role("button", name="Freeze").click()
    expect(window.get_by_text("first-set-1", exact=True)).to_be_visible()
    window.screenshot(path=screenshots / "archive.png")
    (made,) = list_data_sets(folder / "datasets")
    assert (made.provenance.images, made.provenance.good, made.provenance.made_by) == (2, 1, "the-qa")
    assert {item.group: item.split for item in read_data_set(made.folder).items} == {
        "R-1": "train",
        "R-2": "validation",
    }
    assert verify(made.folder) == []
    window.get_by_role("button", name="Verify").click()
    expect(window.get_by_text("first-set-1 is as it was frozen")).to_be_visible()
    window.get_by_label("Name of the folder").fill("../out")
    window.get_by_role("button", name="Export").click()
    expect(window.get_by_text("expected 1 to 61 letters")).to_be_visible()
    window.get_by_label("Name of the folder").fill("out")
    with window.expect_download() as package:
        window.get_by_role("button", name="Export").click()
    assert package.value.suggested_filename == "out.zip"
    with zipfile.ZipFile(io.BytesIO(saved(package))) as packed:
        assert sum(name.endswith(".png") for name in packed.namelist()) == 6
        assert packed.testzip() is None
    expect(window.get_by_text("6 frames written to")).to_be_visible()
    assert not (folder.parent / "out").exists()
    database = Database.in_file(folder / "store.db", Access.PEOPLE)
    told = {entry.action for entry in AuditLog(database).latest(20)}
    database.close()
    assert {"search.save", "data_set.freeze", "data_set.export"} <= told


def test_one_roll_is_frozen_only_after_a_warning_and_what_is_typed_meanwhile_changes_nothing(window, results, folder):
    log_in(window, results.address, "the-qa")
    window.goto(f"{results.address}/archive?search=%7B%22rolls%22%3A%5B%22R-1%22%5D%7D")
    expect(window.get_by_text("30 decisions")).to_be_visible()
    window.get_by_label("⌀ from (mm)").fill("500")
    window.get_by_label("Name", exact=True).fill("one-roll")
    window.get_by_role("button", name="Freeze").click()
    expect(window.get_by_text("No roll is left to choose thresholds by: all 1 frames are of R-1")).to_be_visible()
    assert not (folder / "datasets" / "one-roll-1").exists()
    window.get_by_role("button", name="Freeze it nevertheless").click()
    expect(window.get_by_text("one-roll-1", exact=True)).to_be_visible()
    row = window.locator("tr", has_text="one-roll-1")
    expect(row).to_contain_text("Training refuses this so far")
    made = next(each for each in list_data_sets(folder / "datasets") if each.provenance.name == "one-roll")
    assert made.provenance.images == 1


@pytest.mark.slow
def test_packages_are_for_those_who_may_export_and_hold_nothing_else(results, folder):
    (folder / "exports").mkdir(exist_ok=True)
    (folder / "exports" / "kept").mkdir()
    (folder / "exports" / "kept" / "a.png").write_bytes(b"a")
    with results.client() as nobody, results.client("the-operator") as operator, results.client("the-qa") as qa:
        assert nobody.get("/packages/exports/kept.zip").status_code == 401
        assert operator.get("/packages/exports/kept.zip").status_code == 403
        assert qa.get("/packages/exports/kept.zip").status_code == 200
        for wrong in ("exports/other", "frames/2030-01-02", "exports/..%2Fframes", "exports/%2e%2e", "exports/.kept"):
            assert qa.get(f"/packages/{wrong}.zip").status_code == 404, wrong
    assert not list((folder / "exports").glob(".package-*"))


def test_the_pages_fit_a_wall_screen_in_french_and_dark(window, results, screenshots):
    log_in(window, results.address, "the-admin")
    window.locator(".person").click()
    window.get_by_text("Français").click()
    expect(window.locator(".pages")).to_contain_text("Bobines")
    window.locator(".person").click()
    window.get_by_text("sombre").click()
    expect(window.locator("body.body--dark")).to_be_visible()
    window.set_viewport_size({"width": 3840, "height": 2160})
    for name, there in (("rolls", ".map-chart canvas"), ("statistics", ".chart-box canvas"), ("archive", "main td")):
        window.goto(f"{results.address}/{name}")
        expect(window.locator(there).first).to_be_visible()
        assert window.evaluate("document.documentElement.scrollWidth") <= 3840
        window.screenshot(path=screenshots / f"{name}-french-dark-4k.png")
