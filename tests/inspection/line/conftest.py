from tests.support.station_fixtures import folder, quiet_logs

__all__ = ["folder", "quiet_logs"]
