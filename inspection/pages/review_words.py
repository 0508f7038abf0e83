"""What the review page's scripts need to know before the first case: words, kinds, what can be chosen."""

from dataclasses import asdict
from typing import Any

from inspection.kinds import KINDS
from inspection.pages.texts.kinds import kind_name
from inspection.pages.visit import Visit
from inspection.review.store.choices import Choices
from inspection.review.store.figures import Figures
from inspection.review.store.spans import Span

_KEYS = 9
_LOOK_BACK = 20_000
"""So many decisions tell which kinds are common."""
_USUAL = ("E01", "E04", "E14", "E13", "E08", "E09", "E15", "E02", "E24")
_USUAL_ON_SEPARATORS = ("S01", "S02", "S04", "S08", "S07", "S09", "S12", "S13", "S10")


def review_words(visit: Visit) -> dict[str, Any]:
    """For the browser, in the person's language. Raises StoreError."""
    desk, language = visit.desk, visit.person.language
    newest = desk.store.last_sequence()
    choices = Choices.of(desk.database)
    counts = Figures(desk.database).reject_kinds(Span(max(1, newest - _LOOK_BACK), max(1, newest)))
    texts = asdict(visit.texts.review)
    del texts["keys"]
    return {
        "person": visit.person.name,
        "texts": texts,
        "kinds": [{"code": code, "name": kind_name(code, language)} for code in KINDS],
        "common": common_kinds(counts),
        "rolls": choices.rolls,
        "lanes": choices.lanes,
    }


def common_kinds(counts: dict[str, int]) -> tuple[str, ...]:
    """The kinds that get keys: those that most pieces were rejected for, then those usual on such a web.

    >>> common_kinds({"S04": 7, "cluster": 9})[:3]
    ('S04', 'S01', 'S02')
    """
    seen = sorted((code for code in counts if code in KINDS), key=lambda code: -counts[code])
    usual = _USUAL_ON_SEPARATORS if seen and seen[0].startswith("S") else _USUAL
    return tuple(dict.fromkeys((*seen, *usual)))[:_KEYS]
