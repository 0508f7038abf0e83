"""Which defects a roll map shows, as its address has it. Pure."""

import re
from collections.abc import Mapping

from inspection.rolls.roll_map import MapFilter
from inspection.values import Severity, Verdict
from inspection.values.kinds import KINDS


def filter_of(query: Mapping[str, str]) -> MapFilter:
    """What an address asks for; what it asks for in vain is left out, and what is shown tells.

    >>> filter_of({"kinds": "E01,X", "lanes": "1,two", "from": "0.5"})
    MapFilter(kinds=('E01',), severities=(), verdicts=(), lanes=(1,), from_mm=0.5, to_mm=None, is_guilty=True)
    """

    def words(name: str) -> list[str]:
        return [word for word in query.get(name, "").split(",") if word]

    smallest = re.fullmatch(r"\d{1,6}(\.\d{1,6})?", query.get("from", ""), re.ASCII)
    return MapFilter(
        kinds=tuple(word for word in words("kinds") if word in KINDS),
        severities=tuple(each for each in Severity if each.value in words("severities")),
        verdicts=tuple(each for each in Verdict if each.value in words("verdicts")),
        lanes=tuple(int(word) for word in words("lanes") if re.fullmatch(r"[1-9]\d{0,2}", word, re.ASCII)),
        from_mm=float(smallest[0]) if smallest else None,
        is_guilty=None if query.get("within") == "1" else True,
    )


def words_of(wanted: MapFilter) -> dict[str, str]:
    """The other way round.

    >>> words_of(MapFilter(kinds=("E01", "E04"), is_guilty=None))
    {'kinds': 'E01,E04', 'within': '1'}
    """
    found = {
        "kinds": ",".join(wanted.kinds),
        "severities": ",".join(wanted.severities),
        "verdicts": ",".join(wanted.verdicts),
        "lanes": ",".join(map(str, wanted.lanes)),
        "from": "" if wanted.from_mm is None else f"{wanted.from_mm:g}",
        "within": "" if wanted.is_guilty else "1",
    }
    return {name: word for name, word in found.items() if word}
