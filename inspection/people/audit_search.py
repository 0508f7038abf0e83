"""What somebody looks for in the audit log."""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, false, or_

from inspection.people.tables import AUDIT_LOG


class About(StrEnum):
    """What entries are about; each action belongs to one of them, but for the first two."""

    EVERYTHING = "everything"
    NO_REVIEWS = "no_reviews"
    """All but the answers of readers, of which there are more than of all else together."""
    LINE = "line"
    """Holds, bypasses, alarms, change-overs: what touches the line."""
    REVIEWS = "reviews"
    """Answers of readers, and those they took back."""
    SETUP = "setup"
    """Recipes, models, keys of the review."""
    PEOPLE = "people"
    """Who may log in, and who did."""
    OTHERS = "others"
    """Searches, exports, data sets, certificates."""


_BEGINNINGS = {
    About.LINE: ("line.", "alarm.", "api."),
    About.REVIEWS: ("review.answer", "review.undo"),
    About.SETUP: ("recipe.", "model.", "review.keys"),
    About.PEOPLE: ("people.", "session.", "keys.", "screen."),
}


@dataclass(frozen=True, slots=True)
class AuditSearch:
    """Entries that fulfil all of it; empty and None: whatever."""

    about: About = About.EVERYTHING
    person: str = ""
    """Whole name of the person; empty: all."""
    subject: str = ""
    """What it was done to, as the entry names it."""
    words: str = ""
    """Each of them stands somewhere in person, action, subject, before or after; case counts for accented letters."""
    from_utc: datetime | None = None
    to_utc: datetime | None = None
    """Exclusive."""
    before: int | None = None
    """Entries of lower numbers."""

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        """For a query of the log."""
        c = AUDIT_LOG.c
        found = [_about(self.about)] if self.about is not About.EVERYTHING else []
        found += [column == wanted for column, wanted in ((c.person, self.person), (c.subject, self.subject)) if wanted]
        for word in self.words.split():
            as_json = json.dumps(word, ensure_ascii=False)[1:-1]
            plain = [column.icontains(word, autoescape=True) for column in (c.person, c.action, c.subject)]
            found.append(or_(*plain, *(column.icontains(as_json, autoescape=True) for column in (c.before, c.after))))
        if self.from_utc is not None:
            found.append(c.utc >= self.from_utc)
        if self.to_utc is not None:
            found.append(c.utc < self.to_utc)
        if self.before is not None:
            found.append(c.number < self.before)
        return found


def _about(about: About) -> ColumnElement[bool]:
    if about is About.NO_REVIEWS:
        return ~_begins(_BEGINNINGS[About.REVIEWS])
    if about is About.OTHERS:
        return ~or_(*(_begins(beginnings) for beginnings in _BEGINNINGS.values()))
    return _begins(_BEGINNINGS[about])


def _begins(beginnings: tuple[str, ...]) -> ColumnElement[bool]:
    return or_(false(), *(AUDIT_LOG.c.action.startswith(each, autoescape=True) for each in beginnings))
