from tests.support.station_fixtures import client, folder, live, quiet_logs, station

__all__ = ["client", "folder", "live", "quiet_logs", "station"]
