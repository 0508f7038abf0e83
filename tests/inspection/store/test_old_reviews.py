"""People's part of a store as an earlier program left it: corrections that name no view."""

import json
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

import inspection
from inspection.review.book import ReviewBook
from inspection.review.cases import Answer, Correction, NewReview
from inspection.review.labels import reviewed_labels
from inspection.store.database import Database
from inspection.store.engine import Access, peoples_file
from inspection.values import Verdict
from tests.support.fresh_store import lay_store
from tests.support.views import above, below, of_two_views

DRAWN = {"change": "added", "kind": "E09", "box_px": [5.0, 6.0, 25.0, 9.0]}
REVIEWS = 400


def revision(path: Path) -> str:
    with sqlite3.connect(peoples_file(path)) as connection:
        (found,) = connection.execute("SELECT version_num FROM alembic_version_people").fetchone()
    connection.close()
    return found


@pytest.fixture
def old_store(tmp_path):
    """With reviews that the program of revision p0006 wrote."""
    path = lay_store(tmp_path / "store.db", Access.LINE)
    config = Config()
    migrations = Path(inspection.__file__).parent / "store" / "migrations"
    config.set_main_option("script_location", str(migrations))
    config.set_main_option("version_locations", str(migrations / "people"))
    config.set_main_option("path_separator", "os")
    engine = create_engine(f"sqlite:///{peoples_file(path)}")
    with engine.begin() as connection:
        config.attributes |= {"connection": connection, "version_table": "alembic_version_people"}
        command.upgrade(config, "p0006")
    engine.dispose()
    row = "INSERT INTO reviews VALUES (?, ?, 1, 'ann', '2030-01-02 00:00:00', 'overruled', NULL, '', ?, 2.5, NULL)"
    case = "INSERT INTO review_cases VALUES (?, 'accept', 6, 0, 'overruled', 'ann', NULL, NULL, 'overruled', ?)"
    with sqlite3.connect(peoples_file(path)) as connection:
        connection.executemany(row, [(n, n, json.dumps([DRAWN])) for n in range(1, REVIEWS + 1)])
        connection.executemany(case, [(n, n) for n in range(1, REVIEWS + 1)])
    connection.close()
    return path


def holds_all(path: Path) -> None:
    """What was drawn when there was one view lies in the frame in which the piece begins."""
    database = Database.in_file(path, Access.PEOPLE)
    book = ReviewBook(database)
    reviews = book.valid_reviews(range(1, REVIEWS + 1))
    assert len(reviews) == REVIEWS
    judged = of_two_views(7, Verdict.ACCEPT, defects=())
    (drawn,) = reviews[7].corrections
    assert (drawn.view, drawn.elsewhere) == (None, ())
    assert [mark.kind for mark in reviewed_labels(judged, reviews[7], above(7)).marks] == ["E09"]
    assert reviewed_labels(judged, reviews[7], below(17)).marks == ()
    again = Correction.model_validate(DRAWN | {"view": 1, "elsewhere": [{"box_px": [1, 2, 3, 4], "view": 0}]})
    new = NewReview(8, "ann", Answer.OVERRULED, corrections=(again,), replaces=8)
    recorded = book.record(new)
    (read,) = book.reviews_of(8)[-1].corrections
    assert read == again
    assert not book.record(new).is_new, "the same answer once more"
    book.take_back(recorded.review.number, "ann")
    (before,) = book.standing_of(8).valid.corrections
    assert before == drawn, "undo brings back what was said before"
    database.close()
    assert revision(path) == "p0007"


def test_what_was_drawn_before_there_were_views_is_drawn_in_the_leading_one(old_store):
    assert revision(old_store) == "p0006"
    holds_all(old_store)


KILLED = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import Engine, event
from inspection.store.database import Database
from inspection.store.engine import Access

@event.listens_for(Engine, "before_cursor_execute")
def die(connection, cursor, statement, *_more):
    if "UPDATE alembic_version_people" in statement:
        os.kill(os.getpid(), signal.SIGKILL)

Database.in_file(Path(sys.argv[1]), Access.PEOPLE)
"""


def test_a_start_that_is_killed_while_it_takes_up_views_begins_anew(old_store):
    for _ in range(2):
        ended = subprocess.run([sys.executable, "-c", KILLED, str(old_store)], capture_output=True, check=False)
        assert ended.returncode == -signal.SIGKILL
        assert revision(old_store) == "p0006"
    holds_all(old_store)
