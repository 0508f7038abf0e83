from tests.support.camera_fixtures import cache, rig, running_rigs

__all__ = ["cache", "rig", "running_rigs"]
