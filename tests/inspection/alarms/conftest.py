from tests.support.station_fixtures import quiet_logs

__all__ = ["quiet_logs"]
