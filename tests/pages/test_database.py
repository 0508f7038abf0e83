"""Station and pages on one SQLite file: the pages never hold the station up."""

import threading
import time
from datetime import UTC, datetime

from inspection.database import LOCK_WAIT_MS, Access, Database
from inspection.people.audit import AuditLog
from inspection.store import Store
from inspection.values import Verdict

from .plant import MODEL, RECIPE, decision


def test_the_station_writes_while_people_do(tmp_path):
    station, pages = Database.in_file(tmp_path / "store.db"), Database.in_file(tmp_path / "store.db", Access.PEOPLE)
    store, log = Store(station), AuditLog(pages)
    store.begin_run("plant", "0", RECIPE, MODEL)
    is_over = threading.Event()

    def click() -> None:
        while not is_over.is_set():
            log.add("ann", "line.hold", "line")

    people = [threading.Thread(target=click) for _ in range(2)]
    for person in people:
        person.start()
    try:
        for sequence in range(1, 101):
            store.append([decision(sequence, Verdict.ACCEPT, datetime.now(UTC))])  # raises if the lock is not to be had
            time.sleep(0.003)
    finally:
        is_over.set()
        for person in people:
            person.join()
    assert store.last_sequence() == 100
    assert len(log.latest(10)) == 10
    station.close()
    pages.close()


def test_people_do_not_flush_the_disk_while_they_hold_the_lock(tmp_path):
    pages = Database.in_file(tmp_path / "store.db", Access.PEOPLE)
    with pages.transaction("look") as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() > 10 * LOCK_WAIT_MS
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
