"""Numbers with their units, as the person's language writes them. Pure."""

from dataclasses import dataclass
from datetime import datetime

from inspection.people.person import Language

_NARROW_SPACE = "\u202f"
_SPACE = "\u00a0"


@dataclass(frozen=True, slots=True)
class Quantities:
    """Writes numbers. Never without a unit, and never with more digits than it is told."""

    language: Language

    def number(self, value: float, digits: int = 0) -> str:
        """A number with so many digits after the point.

        >>> Quantities(Language.ENGLISH).number(12345.678, 1), Quantities(Language.FRENCH).number(12345.678, 1)
        ('12,345.7', '12\\u202f345,7')
        """
        text = f"{value:,.{digits}f}"
        if self.language is Language.FRENCH:
            return text.replace(",", _NARROW_SPACE).replace(".", ",")
        return text

    def of(self, value: float | None, unit: str, digits: int = 0) -> str:
        """A number with its unit; a dash where there is none.

        >>> Quantities(Language.ENGLISH).of(0.8249, "mm", 2), Quantities(Language.ENGLISH).of(None, "mm")
        ('0.82\\xa0mm', '–')
        """
        return "–" if value is None else f"{self.number(value, digits)}{_SPACE}{unit}"

    def named(self, name: str, value: object) -> str:
        """What something is called, and what it is: French sets a space before the colon.

        >>> Quantities(Language.ENGLISH).named("Lost", 3), Quantities(Language.FRENCH).named("Perdues", 3)
        ('Lost: 3', 'Perdues\\xa0: 3')
        """
        space = _SPACE if self.language is Language.FRENCH else ""
        return f"{name}{space}: {value}"

    def percent(self, part: float | None, digits: int = 1) -> str:
        """A part of one as per cent.

        >>> Quantities(Language.ENGLISH).percent(0.0123), Quantities(Language.FRENCH).percent(0.0123)
        ('1.2%', '1,2\\xa0%')
        """
        if part is None:
            return "–"
        space = _SPACE if self.language is Language.FRENCH else ""
        return f"{self.number(100.0 * part, digits)}{space}%"

    def age(self, seconds: float) -> str:
        """A span of time, roughly.

        >>> [Quantities(Language.ENGLISH).age(s) for s in (4.2, 75.0, 7300.0, 200000.0)]
        ['4\\xa0s', '1\\xa0min', '2\\xa0h', '2\\xa0d']
        """
        day = "j" if self.language is Language.FRENCH else "d"
        for size_s, unit in ((86400.0, day), (3600.0, "h"), (60.0, "min")):
            if seconds >= size_s:
                return self.of(int(seconds / size_s), unit)
        return self.of(int(max(seconds, 0.0)), "s")

    def time(self, moment: datetime) -> str:
        """A time of day on the station's clock, to the second."""
        return f"{moment.astimezone():%H:%M:%S}"

    def moment(self, moment: datetime) -> str:
        """Day and time on the station's clock.

        >>> noon = datetime(2030, 1, 31, 12, 30, 5).astimezone()
        >>> Quantities(Language.ENGLISH).moment(noon), Quantities(Language.FRENCH).moment(noon)
        ('2030-01-31 12:30:05', '31/01/2030 12:30:05')
        """
        return f"{moment.astimezone():{self._day} %H:%M:%S}"

    def short_moment(self, moment: datetime) -> str:
        """Day of the year and time on the station's clock, to the minute.

        >>> Quantities(Language.FRENCH).short_moment(datetime(2030, 1, 31, 12, 30, 5).astimezone())
        '31/01 12:30'
        """
        day = "%d/%m" if self.language is Language.FRENCH else "%m-%d"
        return f"{moment.astimezone():{day} %H:%M}"

    def zone(self, moment: datetime) -> str:
        """The name of the station's time zone, and how far it is from UTC."""
        there = moment.astimezone()
        offset = f"{there:%z}"
        return f"{there:%Z} (UTC{offset[:3]}:{offset[3:]})"

    @property
    def _day(self) -> str:
        """Day, month and year; in English as ISO 8601 has them, for English is spoken on both sides of the Atlantic."""
        return "%d/%m/%Y" if self.language is Language.FRENCH else "%Y-%m-%d"
