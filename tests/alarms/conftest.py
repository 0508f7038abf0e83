from ..station.conftest import quiet_logs

__all__ = ["quiet_logs"]
