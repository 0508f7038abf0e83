"""The audit page's address: what is looked for in the log, so that a reload, a link and the export have the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode

from inspection.pages.frame.visit import Visit
from inspection.people.audit_search import About, AuditSearch

FIELDS = ("about", "person", "words", "from", "to", "before")
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class AuditAddress:
    """What an address asks for."""

    search: AuditSearch
    written: dict[str, str]
    """By field, as far as it could be read."""
    faults: dict[str, str]
    """By field: a sentence in the person's language, of what could not be read and is left out."""

    @property
    def days(self) -> Mapping[str, str]:
        """The first and the last day, as they are written in addresses and fields."""
        return {name: self.written[name] for name in ("from", "to") if name in self.written}


def read_address(visit: Visit) -> AuditAddress:
    """Address of the page that is visited. What can't be read is said, and left out."""
    texts = visit.texts.people
    asked = {name: visit.query.get(name, "")[:_LONGEST] for name in FIELDS}
    faults: dict[str, str] = {}
    about = next((each for each in About if each.value == asked["about"]), About.NO_REVIEWS)
    if asked["about"] and about.value != asked["about"]:
        faults["about"] = texts.wrong_about.format(got=asked["about"])
    first, last = (_day(asked[name]) for name in ("from", "to"))
    for name, day in (("from", first), ("to", last)):
        if asked[name] and day is None:
            faults[name] = texts.wrong_day.format(got=asked[name])
    if first and last and last < first:
        faults["to"] = texts.days_reversed
    before = int(asked["before"]) if asked["before"].isascii() and asked["before"].isdigit() else None
    if asked["before"] and (before is None or before >= 2**63):
        faults["before"], before = texts.wrong_number.format(got=asked["before"]), None
    words = " ".join(asked["words"].split())
    begin = None if first is None else _begin(first)
    end = None if last is None else _begin(last + timedelta(days=1))
    search = AuditSearch(about, asked["person"], "", words, begin, end, before)
    is_read = {name: name not in faults or (name == "to" and last is not None) for name in FIELDS}
    written = {name: value for name, value in asked.items() if value and is_read[name]}
    return AuditAddress(search, written, faults)


def written_address(asked: Mapping[str, str], path: str = "/audit") -> str:
    """The address that asks for it; what is empty stands not in it.

    >>> written_address({"about": "line", "person": "", "words": "a & b"})
    '/audit?about=line&words=a+%26+b'
    """
    words = urlencode({name: asked[name] for name in FIELDS if asked.get(name)})
    return f"{path}?{words}" if words else path


def _day(typed: str) -> date | None:
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return None
    return day if 1900 < day.year < 9000 else None


def _begin(day: date) -> datetime:
    """Midnight on the station's clock."""
    return datetime.combine(day, time()).astimezone().astimezone(UTC)
