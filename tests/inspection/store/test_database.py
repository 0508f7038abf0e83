"""Station and pages on one SQLite file: the pages never hold the station up."""

import threading
from datetime import UTC, datetime

import pytest

from inspection.errors import StoreError
from inspection.store.database import Database
from inspection.store.decisions import Store
from inspection.store.engine import Access
from inspection.values import Verdict
from tests.inspection.pages.plant import MODEL, RECIPE, decision


def test_people_who_hold_their_database_never_hold_up_the_station(tmp_path):
    station, pages = Database.in_file(tmp_path / "store.db"), Database.in_file(tmp_path / "store.db", Access.PEOPLE)
    store = Store(station)
    store.begin_run("plant", "0", RECIPE, MODEL)
    with pages.transaction("think it over", writes=True) as connection:
        connection.exec_driver_sql("DELETE FROM sessions")
        for sequence in range(1, 11):
            store.append([decision(sequence, Verdict.ACCEPT, datetime.now(UTC))])  # raises if the lock is not to be had
    assert store.last_sequence() == 10
    assert Store(pages).last_sequence() == 10
    station.close()
    pages.close()


def test_people_may_not_write_what_the_station_says(tmp_path):
    pages = Database.in_file(tmp_path / "store.db", Access.PEOPLE)
    with pytest.raises(StoreError, match="readonly"):
        Store(pages).begin_run("plant", "0", RECIPE, MODEL)
    pages.close()


def test_what_people_did_survives_a_power_cut(tmp_path):
    pages = Database.in_file(tmp_path / "store.db", Access.PEOPLE)
    with pages.transaction("look") as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    pages.close()


def test_station_and_pages_may_start_on_a_new_database_at_once(tmp_path):
    failed: list[Exception] = []

    def begin(access: Access) -> None:
        try:
            Database.in_file(tmp_path / "store.db", access).close()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test must hear of it
            failed.append(error)

    both = [threading.Thread(target=begin, args=(access,)) for access in (Access.LINE, Access.PEOPLE) * 2]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert failed == []
