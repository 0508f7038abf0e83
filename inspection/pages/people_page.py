"""People: who may log in, and as what."""

from collections.abc import Callable

from nicegui import ui

from inspection.pages.badges import badge
from inspection.pages.dialogs import Question, show_text
from inspection.pages.page import Page
from inspection.pages.visit import Visit, action, tell
from inspection.pages.wall_routes import wall_address
from inspection.people.registry import Person
from inspection.people.roles import Permission, Role

_NO_PERSON = (Role.GUEST, Role.SCREEN)
"""Roles that nobody is given."""


@action(Permission.MANAGE_PEOPLE)
def add_person(visit: Visit, name: str, role: Role) -> str:
    """Add a person. Returns the one-time password."""
    return visit.desk.people.add(visit.person.name, name, role)


@action(Permission.MANAGE_PEOPLE)
def set_role(visit: Visit, name: str, role: Role) -> None:
    """Give a person another role."""
    visit.desk.people.set_role(visit.person.name, name, role)


@action(Permission.MANAGE_PEOPLE)
def set_active(visit: Visit, name: str, is_active: bool) -> None:
    """Let a person log in, or no more."""
    visit.desk.people.set_active(visit.person.name, name, is_active=is_active)


@action(Permission.MANAGE_PEOPLE)
def reset_password(visit: Visit, name: str) -> str:
    """Give a person a one-time password, which is returned."""
    return visit.desk.people.reset_password(visit.person.name, name)


@action(Permission.MANAGE_PEOPLE)
def add_screen(visit: Visit, name: str) -> str:
    """Let a screen on the wall see the line page. Returns its key."""
    return visit.desk.people.add_screen(visit.person.name, name)


def build(visit: Visit) -> None:
    """Make the page."""
    texts = visit.texts.people
    with ui.element("div").classes("bar"):
        ui.label(texts.title).classes("page-title")
        ui.space()
        ui.button(texts.add_screen, icon="tv", on_click=lambda: _ask_screen(visit, people.refresh)).props(
            "no-caps outline"
        )
        ui.button(texts.add, icon="person_add", on_click=lambda: _ask_new(visit, people.refresh)).props(
            "no-caps unelevated"
        )

    @ui.refreshable
    def people() -> None:
        with ui.element("section").classes("card"), ui.element("table").classes("table"):
            _head(texts.name, texts.role, "", texts.since, "")
            for person in visit.desk.people.everybody():
                _row(visit, person, people.refresh)

    people()


def _row(visit: Visit, person: Person, refresh: Callable[[], object]) -> None:
    texts, roles = visit.texts.people, visit.texts.frame.roles

    def change_role(role: Role) -> None:
        try:
            set_role(visit, person.name, role)
            tell(texts.role_changed)
        finally:
            refresh()

    def toggle() -> None:
        set_active(visit, person.name, not person.is_active)
        refresh()
        tell(texts.done)

    def reset() -> None:
        _show_one_time(visit, person.name, reset_password(visit, person.name))

    with ui.element("tr"):
        with ui.element("td"):
            ui.label(person.name).classes("strong")
        with ui.element("td"):
            if person.role in _NO_PERSON:
                ui.label(roles[person.role])
            else:
                choices = {role: name for role, name in roles.items() if role not in _NO_PERSON}
                select = ui.select(choices, value=person.role).props(f'dense outlined aria-label="{texts.role}"')
                select.on_value_change(visit.attempt(lambda event: change_role(event.value)))
        with ui.element("td"):
            if person.is_active:
                badge("check_circle", texts.active, "accept")
            else:
                badge("block", texts.inactive, "off")
        with ui.element("td"):
            ui.label(visit.quantities.moment(person.created_utc)).classes("muted number")
        with ui.element("td"), ui.element("div").classes("bar"):
            word = texts.make_inactive if person.is_active else texts.make_active
            ui.button(word, on_click=visit.attempt(toggle)).props("flat dense no-caps")
            if person.role not in _NO_PERSON:
                button = ui.button(texts.reset, on_click=visit.attempt(reset)).props("flat dense no-caps")
                button.tooltip(texts.reset_explained)


def _ask_new(visit: Visit, refresh: Callable[[], object]) -> None:
    texts, roles = visit.texts.people, visit.texts.frame.roles
    with ui.dialog() as dialog, ui.card().classes("ask"):
        ui.label(texts.add_title).classes("dialog-title")
        name = ui.input(texts.name).props("autofocus outlined maxlength=32").classes("ask-field")
        choices = {role: word for role, word in roles.items() if role not in _NO_PERSON}
        role = ui.select(choices, value=Role.OPERATOR, label=texts.role).props("outlined").classes("ask-field")

        def done() -> None:
            password = add_person(visit, (name.value or "").strip(), role.value or Role.OPERATOR)
            dialog.close()
            refresh()
            _show_one_time(visit, name.value, password)

        with ui.element("div").classes("bar ask-buttons"):
            ui.button(visit.texts.frame.cancel, on_click=dialog.close).props("flat no-caps")
            ui.button(texts.add, on_click=visit.attempt(done)).props("no-caps unelevated")
    dialog.on("hide", dialog.delete)
    dialog.open()


def _ask_screen(visit: Visit, refresh: Callable[[], object]) -> None:
    texts = visit.texts.people
    question = Question(visit, texts.add_screen, texts.screen_explained)
    with question.fields:
        name = ui.input(texts.name).props("autofocus outlined maxlength=32").classes("ask-field")

    async def done() -> None:
        key = add_screen(visit, (name.value or "").strip())
        refresh()
        address = wall_address(visit.request, key)
        show_text(visit, texts.screen_made.format(name=name.value.strip()), text=address, hint=texts.screen_told)

    question.open(texts.add_screen, done)


def _show_one_time(visit: Visit, name: str, password: str) -> None:
    texts = visit.texts.people
    show_text(visit, texts.one_time.format(name=name), text=password, hint=texts.one_time_explained)


def _head(*words: str) -> None:
    with ui.element("tr"):
        for word in words:
            with ui.element("th"):
                ui.label(word)


PAGE = Page("/people", Permission.MANAGE_PEOPLE, "group", lambda texts: texts.people.title, build)
