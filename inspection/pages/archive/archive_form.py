"""The archive's search form: what a person typed becomes a search, and a saved search fills the form again."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from nicegui import ui
from pydantic import ValidationError

from inspection.archive.search import Search
from inspection.errors import ReviewError
from inspection.pages.frame.badges import verdict_word
from inspection.pages.frame.visit import Visit
from inspection.pages.texts.kinds import kind_name
from inspection.review.cases import ReviewOutcome
from inspection.values import Severity, Verdict
from inspection.values.kinds import KINDS

_NUMBERS = ("from_m", "to_m", "from_mm", "to_mm", "from_score", "to_score")
_LISTS = ("rolls", "verdicts", "kinds", "severities", "lanes", "models")
_NOT_REVIEWED = "not_reviewed"
_DAYS = {"from_utc": "from_day", "to_utc": "to_day"}


class SearchForm:
    """The fields, two in a row."""

    def __init__(self, visit: Visit, rolls: Sequence[str], lanes: Sequence[int], models: Sequence[str]) -> None:
        texts = visit.texts.archive
        self._texts = texts
        language = visit.person.language
        options: dict[str, Mapping[Any, str]] = {
            "rolls": {name: name for name in rolls},
            "verdicts": {each.value: verdict_word(visit.texts, each) for each in Verdict},
            "kinds": {code: f"{code} {kind_name(code, language)}" for code in KINDS},
            "severities": {each.value: each.value for each in Severity},
            "lanes": {lane: str(lane) for lane in lanes},
            "models": {name: name for name in models},
        }
        reviews = {_NOT_REVIEWED: texts.not_reviewed} | {each.value: texts.outcomes[each] for each in ReviewOutcome}
        self._lists: dict[str, ui.select] = {}
        self._texts_of: dict[str, ui.input] = {}
        with ui.element("div").classes("search-form"):
            self._list("rolls", options["rolls"], "span-2")
            self._field("from_m", texts.from_m)
            self._field("to_m", texts.to_m)
            self._list("verdicts", options["verdicts"])
            self._review = ui.select(reviews, multiple=True, value=[], label=texts.review)
            self._review.props("outlined dense use-chips")
            self._list("kinds", options["kinds"], "span-2")
            self._list("severities", options["severities"])
            self._list("lanes", options["lanes"])
            for name in _NUMBERS[2:]:
                self._field(name, getattr(texts, name))
            for name, word in _DAYS.items():
                self._field(name, getattr(texts, word)).props('placeholder="2030-01-31 14:30"')
            self._list("models", options["models"], "span-2")
            self._picture = ui.checkbox(texts.with_picture).classes("span-2")

    def search(self) -> Search:
        """What the fields say. Raises ReviewError: which field, expected, got."""
        values: dict[str, Any] = {name: tuple(select.value or ()) for name, select in self._lists.items()}
        for name in _NUMBERS:
            values[name] = self._number(name)
        for name, word in _DAYS.items():
            values[name] = self._moment(name, getattr(self._texts, word))
        chosen = list(self._review.value or ())
        values["outcomes"] = tuple(each for each in chosen if each != _NOT_REVIEWED)
        values["is_reviewed"] = False if chosen == [_NOT_REVIEWED] else None
        values["has_image"] = True if self._picture.value else None
        try:
            return Search.model_validate(values)
        except ValidationError as error:
            raise ReviewError(error.errors()[0]["msg"].removeprefix("Value error, ")) from error

    def fill(self, search: Search) -> None:
        """Show a search."""
        for name, select in self._lists.items():
            select.set_value([getattr(each, "value", each) for each in getattr(search, name)])
        for name in _NUMBERS:
            value = getattr(search, name)
            self._texts_of[name].set_value("" if value is None else f"{value:g}")
        for name in _DAYS:
            moment = getattr(search, name)
            self._texts_of[name].set_value("" if moment is None else f"{moment.astimezone():%Y-%m-%d %H:%M}")
        not_reviewed = [_NOT_REVIEWED] if search.is_reviewed is False else []
        self._review.set_value([*not_reviewed, *(each.value for each in search.outcomes)])
        self._picture.set_value(bool(search.has_image))

    def _list(self, name: str, options: Mapping[Any, str], classes: str = "") -> None:
        select = ui.select(dict(options), multiple=True, value=[], label=getattr(self._texts, name), with_input=True)
        self._lists[name] = select.props("outlined dense use-chips").classes(classes)
        select.mark(f"search-{name}")

    def _field(self, name: str, label: str) -> ui.input:
        field = ui.input(label).props("outlined dense")
        self._texts_of[name] = field
        return field.mark(f"search-{name}")

    def _number(self, name: str) -> float | None:
        typed = str(self._texts_of[name].value or "").strip().replace(",", ".")
        try:
            return float(typed) if typed else None
        except ValueError as error:
            label = getattr(self._texts, name)
            raise ReviewError(self._texts.wrong_number.format(field=label, got=typed[:40])) from error

    def _moment(self, name: str, label: str) -> datetime | None:
        """By the station's clock."""
        typed = str(self._texts_of[name].value or "").strip()
        try:
            return datetime.fromisoformat(typed).astimezone(UTC) if typed else None
        except ValueError as error:
            raise ReviewError(self._texts.wrong_day.format(field=label, got=typed[:40])) from error
