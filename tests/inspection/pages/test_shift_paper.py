"""A shift's report on paper: it holds the report's numbers, in the reader's language, and those may have it who may."""

from datetime import UTC, datetime, timedelta

import pytest

from inspection.alarms.alarm import Alarm
from inspection.alarms.condition import AlarmKind, Priority
from inspection.pages.statistics.shift_paper import MOST_ALARMS, shift_name, shift_pdf
from inspection.pages.texts import texts_in
from inspection.people.audit import AuditLog
from inspection.people.person import Language
from inspection.people.roles import Permission, Role, may
from inspection.quality.shift_counts import Part, ReasonCount
from inspection.quality.shift_report import Downtime, Note, ShiftReport, Silence, Span
from inspection.quality.shifts import Shift, shift_at
from inspection.store.database import Database
from inspection.store.engine import Access
from inspection.values import Verdict
from tests.inspection.pages.plant import MODEL, RECIPE
from tests.inspection.pages.test_browser import log_in
from tests.support.printed import printed

BEGAN = datetime(2030, 1, 2, 6).astimezone()
ENDS = BEGAN + timedelta(hours=8)


def at(minutes):
    return BEGAN + timedelta(minutes=minutes)


def part(verdict, pieces, metres=0.0, without_length=0, camera="cam0"):
    return Part(camera, verdict, RECIPE, MODEL, pieces, metres, without_length, at(1), at(400))


def alarm(number, kind=AlarmKind.STORE_LOG, priority=Priority.LOW, **changes):
    raised = at(number)
    facts = {"camera": "cam0"} if kind is AlarmKind.CAMERA_GONE else {}
    made = {"cleared_utc": raised + timedelta(seconds=75)} | changes
    return Alarm(number, kind, "", priority, "...", "", raised, raised, facts=facts, **made)


def report(**changes):
    made = {
        "station": "slitter-2",
        "shift": Shift("2030-01-02 early", BEGAN, ENDS),
        "made_utc": ENDS + timedelta(hours=1),
        "made_by": "Zoë",
        "parts": (
            part(Verdict.ACCEPT, 11_900, 5950.0),
            part(Verdict.REJECT, 75, 37.5),
            part(Verdict.UNINSPECTED, 25, 10.0, 5, "cam1"),
        ),
        "rejects": tuple(ReasonCount(f"limit.E{n:02}.diameter_mm", f"E{n:02}", 60 - n) for n in range(1, 16)),
        "not_inspected": (ReasonCount("lost.dropped", None, 25),),
        "alarms": (alarm(1, AlarmKind.CAMERA_GONE, Priority.CRITICAL, acknowledged_by="bob", acknowledged_utc=at(3)),),
        "alarms_removed": 0,
        "notes": (Note(at(30), "ann", "line.bypass", "", "essai (n° 3)", {"minutes": 30.0}),),
        "downtime": {
            Downtime.HOLD: Span(((at(10), at(20)), (at(40), at(42)))),
            Downtime.STANDING: Span(((at(100), at(160)),), True),
        },
        "silence": Silence(((at(100), at(170)),), timedelta(minutes=10)),
    }
    return ShiftReport(**(made | changes))


def paper(language=Language.ENGLISH, **changes):
    pdf = shift_pdf(report(**changes), texts_in(language))
    assert pdf.startswith(b"%PDF-")
    return printed(pdf)


def test_it_holds_the_numbers_of_the_shift():
    told = paper()
    for words in (
        *("Shift report  2030-01-02 early", "slitter-2", "Zoë", "2030-01-02 06:00:00", "2030-01-02 14:00:00"),
        *("12,000", "11,900 (99.17%)", "75 (0.62%)", "25 (0.21%)", "5,987.5", "10.0", "cam1"),
        *("E01 pinhole", "limit.E01.diameter_mm", "59", "78.67%", "3 others", "138", "lost.dropped"),
        *(
            "on hold",
            "0:12:00",
            "06:10:00 - 06:20:00, 06:40:00 - 06:42:00",
            "at most 1:00:00",
            "07:40:00 - 08:50:00",
            "0:10:00",
        ),
        *("0:01:15", "bob, 06:03", "ann", "bypass", "essai (n° 3); 30 minutes"),
    ):
        assert words in told.splitlines(), words
    assert RECIPE.sha256 in told.replace("\n", "")
    assert "camera gone\nCamera cam0 is gone: check cable and power." in told


def test_it_is_written_in_the_readers_language():
    told = paper(Language.FRENCH)
    for words in ("Rapport d'équipe  02/01/2030 matin", "en blocage", "contournement", "caméra absente"):
        assert words in told.splitlines(), words
    assert "?" not in told, "no letter is missing in the PDF's font"
    assert {"accepted", "on hold", "nobody"}.isdisjoint(told.splitlines())


def test_an_empty_shift_says_that_there_is_nothing():
    empty = {"parts": (), "rejects": (), "not_inspected": (), "alarms": (), "notes": (), "downtime": {}}
    told = paper(**empty, silence=Silence(((BEGAN, ENDS),), ENDS - BEGAN))
    assert told.splitlines().count("nothing was decided") == 3
    assert told.count("None.") == 4
    assert told.splitlines().count("8:00:00") == 2


def test_of_many_alarms_the_gravest_are_named_and_what_is_missing_is_told():
    many = [alarm(number) for number in range(1, 100)]
    grave = alarm(100, AlarmKind.CAMERA_GONE, Priority.CRITICAL, cleared_utc=None)
    told = paper(alarms=(*many, grave), alarms_removed=7, is_cut=True)
    assert "Camera cam0 is gone" in told
    assert f"The {MOST_ALARMS} gravest of 100 alarms" in told
    assert "7 more alarms may have been raised" in told
    assert "not complete" in told


def test_a_shift_that_runs_still_says_as_of_when():
    assert "still running: as of 2030-01-02 10:00:00" in paper(made_utc=BEGAN + timedelta(hours=4))


def test_a_long_reason_is_not_cut():
    reason = " ".join(f"word{n}" for n in range(120))
    told = paper(notes=(Note(at(1), "ann", "line.hold", "", reason, {}),))
    assert all(word in told for word in reason.split())


def test_those_who_see_results_take_it_and_nobody_else(pages, plant):
    shift = shift_at(datetime.now(UTC) - timedelta(seconds=5), datetime.now().astimezone().tzinfo)
    for role in (Role.OPERATOR, Role.QA, Role.ENGINEER, Role.ADMIN):
        assert may(role, Permission.SEE_RESULTS)
        with pages.client(f"the-{role.value}") as client:
            answer = client.get("/shift-report.pdf", params={"shift": shift.name})
            assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert "6 (10.00%)" in printed(answer.content)
    with pages.client() as client:
        assert client.get("/shift-report.pdf", params={"shift": shift.name}).status_code == 401
    database = Database.in_file(plant / "store.db", Access.PEOPLE)
    newest = AuditLog(database).latest(1, subject=f"shift:{shift.name}")
    database.close()
    assert [(each.person, each.action) for each in newest] == [("the-admin", "statistics.shift_report")]


@pytest.mark.parametrize(
    "name", ["", "yesterday", "2030-02-30 early", "9999-12-31 night", "2030-01-02%00early", "x" * 300]
)
def test_a_shift_that_there_is_not_is_refused(pages, name):
    with pages.client("the-operator") as client:
        answer = client.get("/shift-report.pdf", params={"shift": name})
        assert answer.status_code == 422
        assert "2030-01-31 early" in answer.text


@pytest.mark.browser
def test_the_statistics_page_gives_the_report_of_the_chosen_shift(window, pages, screenshots):
    log_in(window, pages.address, "the-operator")
    window.goto(f"{pages.address}/statistics")
    button = window.get_by_role("button", name="Shift report (PDF)")
    with window.expect_download() as taken:
        button.click()
    shift = shift_at(datetime.now(UTC), datetime.now().astimezone().tzinfo)
    assert taken.value.suggested_filename == f"shift-{shift.name.replace(' ', '-')}.pdf"
    with open(taken.value.path(), "rb") as file:
        assert shift_name(shift, texts_in(Language.ENGLISH)) in printed(file.read())
    window.screenshot(path=screenshots / "statistics-shift.png", full_page=True)
