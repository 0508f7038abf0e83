"""A station as the command line makes it: with all doors of its settings."""

from inspection.doors import make_doors
from inspection.station.settings import StationSettings
from inspection.station.station import Station as BareStation


class Station(BareStation):
    """With the doors that its settings describe, and told where the first of them is."""

    def __init__(self, settings: StationSettings, **more) -> None:
        super().__init__(settings, doors=make_doors(settings), **more)

    @property
    def api_url(self) -> str:
        """Where its API listens."""
        return self.door("http").address
