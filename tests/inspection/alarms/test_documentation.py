"""The table of alarms and the program say the same."""

import re
from pathlib import Path

from inspection.alarms.condition import STOPS_LINE, AlarmKind, priority_of

TABLE = (Path(__file__).parents[3] / "docs" / "reference" / "alarms.md").read_text()
ROWS = {row[0]: row[1:] for row in re.findall(r"^\| `([a-z_.]+)` \| ([a-z]+).*? \| (yes|no) \|", TABLE, re.M)}
OF_PAGES = {"station.silent", "store.unreadable", "station.none"}


def test_every_alarm_of_the_station_is_in_the_table_with_its_priority_and_whether_the_line_may_run():
    assert ROWS.keys() == {kind.value for kind in AlarmKind} - OF_PAGES
    for name, (priority, is_ready) in ROWS.items():
        assert priority == priority_of(AlarmKind(name)).value, name
        assert (is_ready == "no") == (AlarmKind(name) in STOPS_LINE), name
