import sqlite3
import threading
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from camera.frame import FrameId
from inspection.errors import StoreError
from inspection.people import tables as _people  # noqa: F401 - registers its tables
from inspection.review import tables as _review  # noqa: F401 - registers its tables
from inspection.store.database import Database
from inspection.store.decisions import Store
from inspection.store.engine import Access
from inspection.store.frame_index import SavedFrame
from inspection.store.schema import METADATA, PEOPLE_METADATA
from inspection.values import Piece, Verdict
from tests.support.rig import MODEL, RECIPE, begun_store, decision


@pytest.fixture
def store(tmp_path):
    store = begun_store(tmp_path / "store.db")
    yield store
    store.close()


def test_a_decision_comes_back_as_it_went_in(store):
    written = decision(1)
    store.append([written])
    found = store.decision(1)
    assert found is not None
    assert found.decision.piece == written.piece
    for name in (
        *("sequence", "verdict", "reasons", "recipe", "model", "captured_utc", "decided_utc", "latency_ms"),
        *("deadline_met", "stage_ms", "dimensions", "severity"),
    ):
        assert getattr(found.decision, name) == getattr(written, name), name
    for read, wrote in zip(found.decision.defects, written.defects, strict=True):
        np.testing.assert_array_equal(read.mask, wrote.mask)
        for name in type(wrote).__dataclass_fields__:
            if name != "mask":
                assert getattr(read, name) == getattr(wrote, name), name
    assert found.station_run == 1


@pytest.mark.parametrize(
    ("file", "metadata", "version_table"),
    [
        ("store.db", METADATA, "alembic_version"),
        ("store-people.db", PEOPLE_METADATA, "alembic_version_people"),
    ],
)
def test_migrations_make_the_very_tables_that_the_program_uses(tmp_path, file, metadata, version_table):
    Database.in_file(tmp_path / "store.db", Access.PEOPLE).close()
    engine = create_engine(f"sqlite:///{tmp_path / file}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "version_table": version_table})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_a_store_of_a_newer_program_is_refused(tmp_path, store):
    store.close()
    with sqlite3.connect(tmp_path / "store.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(StoreError, match=r"schema '9999'.*newer program"):
        Store.in_file(tmp_path / "store.db")


def test_a_file_that_is_no_database_is_refused_with_its_name(tmp_path):
    (tmp_path / "store.db").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(StoreError, match=r"store\.db.*not a database"):
        Store.in_file(tmp_path / "store.db")


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="state_dir"):
        Store.in_file(tmp_path / "file" / "store.db")


def test_a_url_of_an_unknown_database_is_refused():
    with pytest.raises(StoreError, match="store_url is not usable"):
        Database("papyrus://scroll")


def test_writing_is_synchronous_down_to_the_disk(tmp_path, store):
    with store._database._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_of_several_decisions_all_are_written_or_none(store):
    store.append([decision(1)])
    with pytest.raises(StoreError):
        store.append([decision(2), decision(1)])
    assert store.last_sequence() == 1


def test_a_second_decision_about_the_same_frame_is_refused(store):
    store.append([decision(1)])
    again = decision(2, piece=Piece(FrameId("cam0", 1, 1), 0.0, 1.0))
    with pytest.raises(StoreError, match="UNIQUE"):
        store.append([again])


def test_the_same_frame_number_may_come_again_after_a_restart(store):
    store.append([decision(1)])
    store.begin_run("test", "0", RECIPE, MODEL)
    store.append([decision(2, piece=Piece(FrameId("cam0", 1, 1), 0.0, 1.0))])
    assert store.sequence_of(FrameId("cam0", 1, 1)) == 2
    assert store.sequence_of(FrameId("cam0", 1, 1), station_run=1) == 1
    assert store.sequence_of(FrameId("cam0", 1, 7)) is None


def test_decisions_are_found_after_a_number_up_to_a_limit(store):
    store.append([decision(n) for n in range(1, 31)])
    assert [s.decision.sequence for s in store.decisions_after(10, 5)] == [11, 12, 13, 14, 15]
    assert store.decisions_after(30, 5) == []


def test_an_acknowledgement_counts_once_and_the_first_one_stays(store):
    store.append([decision(n) for n in range(1, 11)])
    assert store.acknowledge([3, 9, 9], "Ann") == 2
    assert store.acknowledge_up_to(5, "plc") == 5
    assert store.acknowledge_up_to(4, "plc") == 0
    assert store.acknowledge_up_to(7, "plc") == 2
    assert store.acknowledge([2, 8], "Bob") == 1
    by = [store.decision(n).acknowledged_by for n in range(1, 11)]
    assert by == ["plc", "plc", "Ann", "plc", "plc", "plc", "plc", "Bob", "Ann", None]


def test_writers_in_several_threads_queue_up_instead_of_failing(store):
    store.append([decision(n) for n in range(1, 101)])
    errors = []

    def acknowledge(start):
        for n in range(start, 101, 4):
            try:
                store.acknowledge([n], "me")
            except StoreError as error:
                errors.append(error)

    threads = [threading.Thread(target=acknowledge, args=(start,)) for start in (1, 2, 3, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert all(s.acknowledged_by == "me" for s in store.decisions_after(0, 100))


def test_saved_frames_are_indexed_added_up_and_forgotten(store):
    store.append([decision(n) for n in (1, 2, 3)])
    old = datetime.now(UTC) - timedelta(days=10)
    frames = [
        SavedFrame(
            store.station_run, FrameId("cam0", 1, n), f"day/{n}.png", Verdict.REJECT, 12, 1000 * n, old, 100.0 * n
        )
        for n in (1, 2, 3)
    ]
    store.frame_index.note_saved_frames(frames)
    assert store.frame_index.saved_bytes() == 6000
    assert store.frame_index.saved_frame(2) == frames[1]
    assert store.frame_index.oldest_saved_frames(Verdict.REJECT, 2) == frames[:2]
    assert store.frame_index.oldest_saved_frames(Verdict.REJECT, 9, before_s=150.0) == frames[:1]
    store.frame_index.note_deleted_frames(frames[:1], datetime.now(UTC))
    assert store.frame_index.saved_frame(1) is None
    assert store.decision(1).saved_frame is None
    assert store.frame_index.saved_bytes() == 5000
