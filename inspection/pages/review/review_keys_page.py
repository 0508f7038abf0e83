"""Which kind each of the keys 1 to 9 gives on the review page, by recipe: to read, and to set for all readers."""

from urllib.parse import quote

from nicegui import ui

from inspection.pages.frame import notices
from inspection.pages.frame.page import Page
from inspection.pages.frame.visit import Visit, tell
from inspection.pages.review.review_keys import set_keys
from inspection.pages.texts.kinds import kind_name
from inspection.people.roles import Permission
from inspection.review.keys import KEYS, KeySet
from inspection.values.kinds import KINDS

_NONE = ""
"""Chosen for a key that does nothing."""


def build(visit: Visit) -> None:
    """Make the page: the recipe that the address names, else the first."""
    texts, known = visit.texts.review, visit.desk.review_keys.all()
    with ui.element("div").classes("bar"):
        ui.label(texts.keys_title).classes("page-title")
        ui.space()
        if visit.may(Permission.REVIEW):
            ui.link(texts.back_to_review, "/review")
    if not known:
        notices.empty(texts.keys_none, texts.keys_none_advice, icon="keyboard")
        return
    asked = visit.query.get("recipe")
    chosen = next((each for each in known if each.recipe == asked), None)
    with ui.element("section").classes("card keys-card"):
        if asked is not None and chosen is None:
            ui.status_code(404)
            ui.label(texts.keys_unknown.format(recipe=asked)).classes("field-trouble").props("role=alert")
        names = [each.recipe for each in known]
        select = ui.select(names, value=chosen.recipe if chosen else None, label=texts.keys_recipe).props("outlined")
        select.on_value_change(lambda event: ui.navigate.to(f"/review/keys?recipe={quote(event.value, safe='')}"))
        ui.label(texts.keys_advice).classes("muted")
        if chosen or asked is None:
            _form(visit, chosen or known[0])


def _form(visit: Visit, keys: KeySet) -> None:
    texts, language = visit.texts.review, visit.person.language
    if keys.recipe != visit.query.get("recipe"):
        ui.label(texts.keys_of.format(recipe=keys.recipe)).classes("strong")
    when = visit.quantities.moment(keys.set_utc)
    ui.label(texts.keys_set_by.format(person=keys.set_by, time=when)).classes("muted")
    choices = {_NONE: texts.no_key} | {code: f"{code} {kind_name(code, language)}" for code in KINDS}
    fields = []
    with ui.element("div").classes("keys-form"):
        for key, code in enumerate(keys.kinds, start=1):
            label = texts.key.format(number=key)
            fields.append(ui.select(choices, value=code or _NONE, label=label, with_input=True).props("outlined dense"))

    def save() -> None:
        kinds = [field.value or None for field in fields]
        doubled = {place: kinds.index(kind) for place, kind in enumerate(kinds) if kind and kinds.index(kind) < place}
        for place, field in enumerate(fields):
            field.error = texts.key_doubled.format(key=doubled[place] + 1) if place in doubled else None
        if doubled:
            return
        set_keys(visit, keys.recipe, kinds, keys.number)
        tell(texts.keys_saved.format(recipe=keys.recipe))
        ui.navigate.to(f"/review/keys?recipe={quote(keys.recipe, safe='')}")

    assert len(fields) == KEYS
    with ui.element("div").classes("bar"):
        ui.button(texts.save, icon="save", on_click=visit.attempt(save)).props("no-caps unelevated")


PAGE = Page(
    "/review/keys",
    Permission.SET_REVIEW_KEYS,
    "keyboard",
    lambda texts: texts.review.keys_title,
    build,
    is_in_navigation=False,
)
