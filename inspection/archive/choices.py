"""What a search form can offer: the rolls, lanes and models that there are."""

from dataclasses import dataclass

from sqlalchemy import func, select

from inspection.rolls.roll_book import RollBook
from inspection.store.database import Database
from inspection.store.schema import ARTEFACTS, DEFECTS

_MOST_ROLLS = 500


@dataclass(frozen=True, slots=True)
class Choices:
    """Names to choose from."""

    rolls: tuple[str, ...]
    """The newest first."""
    lanes: tuple[int, ...]
    models: tuple[str, ...]
    """`NAME VERSION`, as `Search.models` wants them."""

    @classmethod
    def of(cls, database: Database) -> "Choices":
        """Those of a database."""
        names = dict.fromkeys(roll.name for roll in reversed(RollBook(database).rolls()))
        a = ARTEFACTS.c
        with database.transaction("read what can be searched for") as connection:
            last = connection.execute(select(func.max(DEFECTS.c.lane))).scalar()
            models = connection.execute(select(a.name, a.version).where(a.role == "model").order_by(a.id)).all()
        lanes = tuple(range(1, int(last or 0) + 1))
        titles = dict.fromkeys(f"{name} {version}" for name, version in models)
        return cls(tuple(names)[:_MOST_ROLLS], lanes, tuple(titles))
