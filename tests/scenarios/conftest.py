"""A longer search for what goes wrong: `pytest tests/scenarios --hypothesis-profile=long`."""

from hypothesis import settings

from tests.support.station_fixtures import client, folder, live, quiet_logs, station

__all__ = ["client", "folder", "live", "quiet_logs", "station"]

settings.register_profile("long", max_examples=3000, deadline=None, print_blob=True)
