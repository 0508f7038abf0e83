"""Stores of earlier versions: what they did not say is worked out as far as it can be known, once."""

import sqlite3
from dataclasses import replace

import pytest

from inspection.errors import StoreError
from inspection.recipe.recipe import default_recipe
from inspection.store.decisions import Store
from inspection.values import Reason, Severity
from tests.support.old_store import judged_by_chance, store_at
from tests.support.rig import decision, defect

ANODE = default_recipe("anode", "bright-field")
PLACE = "at 100.0 mm along and 20.0 mm across the web"


@pytest.mark.slow
def test_who_is_to_blame_is_known_again_of_a_store_that_did_not_say_it(tmp_path):
    judged = judged_by_chance(1500, ANODE)
    rules = {reason.rule.partition(".")[0] for each in judged for reason in each.reasons}
    assert rules == {"limit", "count", "cluster", "late"}
    store_at(tmp_path / "store.db", "0002", judged)
    store = Store.in_file(tmp_path / "store.db")
    read = store.decisions_after(0, len(judged))
    store.close()
    for now, before in zip(read, judged, strict=True):
        for found, told in zip(now.decision.reasons, before.reasons, strict=True):
            if told.rule == "cluster":  # an old one is about those near the place that it names
                assert len(found.defects) == told.measured, before.sequence
                assert set(found.defects) <= set(told.defects), before.sequence
                assert found.severity in (Severity.S1, Severity.S2)
            else:
                assert found == told, before.sequence
    with sqlite3.connect(tmp_path / "store.db") as connection:
        kept = connection.execute("SELECT severity FROM decisions ORDER BY sequence").fetchall()
    connection.close()
    assert [severity for (severity,) in kept] == [each.decision.severity for each in read]


LARGE, SMALL = defect(area_mm2=1.0), defect(area_mm2=0.01)
NEAR = tuple(defect(kind="E14", severity=Severity.S3, md_mm=100.0, cd_mm=20.0 + n) for n in range(3))
UNKNOWABLE = [
    ("limit", Reason("limit.E01.diameter_mm", "", "E01", 0.7), (LARGE, SMALL), (), "S2"),
    ("limit, only one", Reason("limit.E01.diameter_mm", "", "E01", 0.7), (SMALL,), (0,), "S2"),
    ("limit of nothing", Reason("limit.E01.diameter_mm", "", "E01", 0.7), (), (), None),
    ("count of fewer", Reason("count.E01", "", "E01", 6.0), (LARGE, SMALL), (), "S2"),
    ("cluster without a place", Reason("cluster", "3 are too many.", None, 3.0), NEAR, (), "S2"),
    ("cluster elsewhere", Reason("cluster", "3 objects of 0.1 mm or more within 10 mm, 3 are too many at 7.0 mm along "
     "and 9.0 mm across the web.", None, 3.0), NEAR, (), "S2"),
    ("cluster of more", Reason("cluster", f"4 objects of 0.1 mm or more within 10 mm, 3 are too many {PLACE}.", None,
     4.0), NEAR, (), "S2"),
    ("cluster", Reason("cluster", f"3 objects of 0.1 mm or more within 10 mm, 3 are too many {PLACE}, lane 2.", None,
     3.0), NEAR, (0, 1, 2), "S2"),
    ("cluster of grave ones", Reason("cluster", f"3 objects of 0.1 mm or more within 10 mm, 3 are too many {PLACE}.",
     None, 3.0), (*NEAR[:2], replace(NEAR[2], kind="E13", severity=Severity.S1), defect(cd_mm=90.0)), (0, 1, 2), "S1"),
    ("storm", Reason("storm", "401 places", None, 401.0, 400.0), (), (), "S2"),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reason", "defects", "guilty", "severity"), [case[1:] for case in UNKNOWABLE], ids=[case[0] for case in UNKNOWABLE]
)
def test_where_an_old_reason_does_not_add_up_it_is_about_none_rather_than_all(
    tmp_path, reason, defects, guilty, severity
):
    store_at(tmp_path / "store.db", "0002", [decision(1, reasons=(reason,), defects=defects)])
    store = Store.in_file(tmp_path / "store.db")
    found = store.decision(1)
    store.close()
    assert found is not None
    (now,) = found.decision.reasons
    assert (now.defects, now.severity, found.decision.severity) == (guilty, severity, severity)
    assert replace(now, defects=(), severity=None, quantity=None) == reason


@pytest.mark.slow
def test_a_migration_that_breaks_off_leaves_the_store_as_it_was(tmp_path):
    path = tmp_path / "store.db"
    store_at(path, "0002", judged_by_chance(2500, ANODE))
    with sqlite3.connect(path) as connection:
        before = list(connection.iterdump())
        last = "(SELECT max(sequence) FROM reasons WHERE rule LIKE 'limit%')"
        connection.execute(
            "CREATE TRIGGER full BEFORE UPDATE ON reasons "
            f"WHEN new.sequence = {last} BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
        )
    with pytest.raises(StoreError, match=r"bring its tables up to date.*disk is full"):
        Store.in_file(path)
    connection.execute("DROP TRIGGER full")
    assert list(connection.iterdump()) == before
    connection.close()
    store = Store.in_file(path)
    assert store.last_sequence() == 2500
    store.close()
