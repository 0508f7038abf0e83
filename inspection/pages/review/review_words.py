"""What the review page's scripts need to know before the first case: words, kinds, what can be chosen."""

import secrets
from dataclasses import asdict
from typing import Any

from inspection.archive.choices import Choices
from inspection.pages.frame.visit import Visit
from inspection.pages.texts.kinds import kind_name
from inspection.people.roles import Permission
from inspection.values.kinds import KINDS


def review_words(visit: Visit) -> dict[str, Any]:
    """For the browser, in the person's language. Raises StoreError."""
    desk, language = visit.desk, visit.person.language
    choices = Choices.of(desk.database)
    texts = asdict(visit.texts.review)
    del texts["keys"]
    return {
        "person": visit.person.name,
        "visit": secrets.token_hex(8),
        "texts": texts,
        "kinds": [{"code": code, "name": kind_name(code, language)} for code in KINDS],
        "last_kinds": desk.reviews.last_kinds(visit.person.name),
        "may_set_keys": visit.may(Permission.SET_REVIEW_KEYS),
        "rolls": choices.rolls,
        "lanes": choices.lanes,
    }
