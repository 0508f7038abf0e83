"""A station as the command line makes it: with all doors of its settings."""

from inspection.doors import make_doors
from inspection.private_files import make_folder
from inspection.station.settings import StationSettings
from inspection.station.station import Station as BareStation
from inspection.store.database import STORE_FILE
from inspection.store.engine import Access
from tests.support.fresh_store import lay_store


class Station(BareStation):
    """With the doors that its settings describe, and told where the first of them is."""

    def __init__(self, settings: StationSettings, **more) -> None:
        """Its tables are laid where it has none: making them costs more than the rest of a station."""
        doors = make_doors(settings)
        state = settings.state_dir
        if settings.store_url is None and not state.exists() and state.parent.is_dir():
            make_folder(state)
            lay_store(state / STORE_FILE, Access.PEOPLE)
        super().__init__(settings, doors=doors, **more)

    @property
    def api_url(self) -> str:
        """Where its API listens."""
        return self.door("http").address
