"""Clients that read everything there ever was, again and again, beside a line that goes on."""

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.support.api_rig import settings
from tests.support.patience import PATIENCE_S
from tests.support.stations import Station


class Counted:
    """The store as it is, and how many read it at once."""

    def __init__(self, store):
        self._store = store
        self._lock = threading.Lock()
        self.reading = self.most_reading = self.largest = 0

    def __getattr__(self, name):
        return getattr(self._store, name)

    def decisions_after(self, sequence, limit):
        with self._lock:
            self.reading += 1
            self.most_reading = max(self.most_reading, self.reading)
            self.largest = max(self.largest, limit)
        try:
            return self._store.decisions_after(sequence, limit)
        finally:
            with self._lock:
                self.reading -= 1


@pytest.fixture(scope="module")
def long_past(folder, tmp_path_factory):
    """A station whose store holds what an earlier start decided, so that none of it is in memory."""
    state = tmp_path_factory.mktemp("past")
    camera = settings(folder).cameras[0].model_copy(update={"frame_limit": 450}).model_dump()
    with Station(settings(folder, state_dir=state, cameras=[camera])) as station:
        assert station.wait(PATIENCE_S)
    return state


def test_many_who_read_the_past_are_served_one_page_after_the_other(folder, long_past):
    with Station(settings(folder, state_dir=long_past)) as station:
        assert station.wait(PATIENCE_S)
        counted = station.door("http").reader.store = Counted(station.store)

        def read(_):
            answer = httpx.get(
                f"{station.api_url}/v1/decisions", params={"after": 0, "limit": 1000}, timeout=PATIENCE_S
            )
            return [each["sequence"] for each in answer.json()["decisions"]]

        with ThreadPoolExecutor(6) as clients:
            told = list(clients.map(read, range(6)))
    assert all(each == list(range(1, 481)) for each in told)
    assert counted.most_reading == 1
    assert counted.largest == 100
