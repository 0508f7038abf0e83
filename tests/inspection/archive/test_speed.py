"""What a page asks for takes the store a number of steps that grows with its answer, or once over the decisions."""

import sqlite3
from contextlib import closing
from datetime import UTC

import pytest
from sqlalchemy import Engine, event

from inspection.archive.archive import ArchiveSearch
from inspection.archive.search import Search
from inspection.pages.rolls.roll_files import ONLY_GUILTY, roll_file
from inspection.quality.figures import Figures
from inspection.review.book import ReviewBook
from inspection.review.cases import Answer, CaseFilter, NewReview
from inspection.review.queue import ReviewQueue
from inspection.rolls.repeats import find_repeats
from inspection.rolls.roll_book import RollBook
from inspection.rolls.roll_map import MapFilter, lay_out
from inspection.store.spans import Span
from inspection.values import Verdict
from inspection.values.roll import Roll
from tests.support.line_plant import fill

DECISIONS = 20_000
ALL = Span(1, DECISIONS)
EVERYTHING = Roll("all", 1, DECISIONS, False, False)
STEPS_AT_ONCE = 100
OVER_ALL = 30
"""Steps of SQLite's machine for each decision in the store, where the answer counts or lays out all of them; twenty are
the most today. Whoever looks up each with a search instead of an index takes thousands.
"""
BY_INDEX = 0.5
"""The same where the answer is about a few: to go over the decisions once takes three for each at the least."""
MOST_STATEMENTS = 60
"""However many rows an answer has; seven for each shift of the store's two days are the most today."""


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    database = fill(tmp_path_factory.mktemp("plant") / "store.db", DECISIONS)
    ReviewQueue(database).enrol()
    yield database
    database.close()


def queue(database):
    return ReviewQueue(database)


def answer(database):
    (case,) = ReviewQueue(database).next_cases("cat", 1)
    recorded = ReviewBook(database).record(NewReview(case.sequence, "cat", Answer.CONFIRMED))
    ReviewBook(database).take_back(recorded.review.number, "cat")


def roll_map(database):
    rolls = RollBook(database)
    roll = rolls.roll("R-004")
    layout, defects = lay_out(rolls.blocks(roll)), rolls.defects(roll)
    assert len(defects.kind) > 600
    assert find_repeats(1000.0 * layout.metres(defects.sequence, defects.md_mm), defects.cd_mm)


ASKED = {
    "next cases": lambda database: queue(database).next_cases("ann", 10),
    "next cases of a kind that there is not": lambda database: queue(database).next_cases(
        "bob", 10, CaseFilter(kinds=("S13",))
    ),
    "what waits, filtered": lambda database: queue(database).waiting(CaseFilter(lanes=(1,), kinds=("E13",))),
    "nothing new to enrol": lambda database: queue(database).enrol(),
    "answer and undo": answer,
    "list of rolls": lambda database: RollBook(database).rolls(),
    "a roll's map with its repeats": roll_map,
    "what broke a limit": lambda database: RollBook(database).guilty(EVERYTHING),
    "a roll's page": lambda database: roll_file(database, RollBook(database).roll("R-004"), ONLY_GUILTY),
    "defects of all rejects": lambda database: RollBook(database).defects(
        EVERYTHING, MapFilter(verdicts=(Verdict.REJECT,)), 20_000
    ),
    "Pareto": lambda database: Figures(database).reject_kinds(ALL),
    "Pareto of a lane": lambda database: Figures(database).reject_kinds(ALL, 1),
    "by shift": lambda database: Figures(database).by_shift(ALL, UTC),
    "by lane": lambda database: Figures(database).by_lane(ALL),
    "by model": lambda database: Figures(database).by_model(ALL),
    "p-chart": lambda database: Figures(database).subgroups(ALL),
    "X-bar chart": lambda database: Figures(database).dimension_groups(ALL, "coat_width"),
    "sizes": lambda database: Figures(database).sizes(ALL),
    "estimates": lambda database: Figures(database).tallies(ALL),
    "search": lambda database: ArchiveSearch(database).find(Search(kinds=("E13",), from_mm=1.0)),
    "search by metres": lambda database: ArchiveSearch(database).find(Search(rolls=("R-004",), from_m=20.0, to_m=40.0)),
    "search in vain": lambda database: ArchiveSearch(database).find(Search(kinds=("S13",))),
    "count": lambda database: ArchiveSearch(database).count(Search(is_reviewed=False, verdicts=(Verdict.REJECT,))),
    "saved frames by view": lambda database: ArchiveSearch(database).frames_by_view(Search()),
    "saved views": lambda database: ArchiveSearch(database).saved_views(range(1, 1001)),
    "neighbours": lambda database: ArchiveSearch(database).neighbours(DECISIONS // 2),
}


ABOUT_A_FEW = ("next cases", "answer and undo", "search", "search in vain", "neighbours")


def steps_of(statements, database):
    """Steps that SQLite's machine takes for statements, one after the other; what they write is not kept."""
    taken = []
    with closing(sqlite3.connect(database.file, isolation_level=None, uri=True)) as connection:
        station = database.file.with_name("store.db")
        connection.execute("ATTACH ? AS station", (f"{station.as_uri()}?mode=ro",))
        connection.execute("BEGIN")
        connection.set_progress_handler(lambda: taken.append(None), STEPS_AT_ONCE)
        for statement, parameters, are_many in statements:
            run = connection.executemany if are_many else connection.execute
            run(statement, parameters).fetchall()
        connection.set_progress_handler(None, 0)
        connection.execute("ROLLBACK")
    return STEPS_AT_ONCE * len(taken)


@pytest.fixture
def asked():
    """The statements that the test has put to the store."""
    statements = []

    def note(_connection, _cursor, statement, parameters, _context, are_many):
        if not statement.startswith(("BEGIN", "PRAGMA")):
            statements.append((statement, parameters, are_many))

    event.listen(Engine, "before_cursor_execute", note)
    yield statements
    event.remove(Engine, "before_cursor_execute", note)


@pytest.mark.parametrize("what", ASKED)
def test_a_page_never_waits_for_the_store(database, asked, what):
    ASKED[what](database)
    statements = list(asked)
    most = DECISIONS * (BY_INDEX if what in ABOUT_A_FEW else OVER_ALL)
    assert 1 <= len(statements) <= MOST_STATEMENTS
    assert steps_of(statements, database) <= most
