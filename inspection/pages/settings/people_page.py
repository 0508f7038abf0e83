"""People: who may log in, and as what."""

from collections.abc import Callable

from nicegui import ui

from inspection.pages.frame.badges import badge
from inspection.pages.frame.dialogs import Question, show_text
from inspection.pages.frame.page import Page
from inspection.pages.frame.trouble import Unfit
from inspection.pages.frame.visit import Visit, action, tell
from inspection.pages.line.wall_routes import wall_address
from inspection.people.names import LONGEST, written
from inspection.people.person import Person
from inspection.people.refusal import Refused
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
            _head(texts.name, texts.role, texts.state, texts.since, "")
            for person in visit.desk.people.everybody():
                _row(visit, person, people.refresh)

    people()


def _row(visit: Visit, person: Person, refresh: Callable[[], object]) -> None:
    texts, roles = visit.texts.people, visit.texts.frame.roles
    is_oneself, is_nobody = person.id == visit.person.id, person.role in _NO_PERSON
    with ui.element("tr"):
        with ui.element("td"):
            ui.label(person.name).classes("strong")
        with ui.element("td"):
            if is_nobody or is_oneself:
                ui.label(roles[person.role])
            else:
                choices = {role: name for role, name in roles.items() if role not in _NO_PERSON}
                label = visit.quantities.named(texts.role, person.name)
                select = ui.select(choices, value=person.role).props(f'dense outlined aria-label="{label}"')
                select.on_value_change(lambda event: _ask_role(visit, person, event.value, refresh))
        with ui.element("td"):
            if person.is_active:
                badge("check_circle", texts.active, "accept")
            else:
                badge("block", texts.inactive, "off")
        with ui.element("td"):
            ui.label(visit.quantities.moment(person.created_utc)).classes("muted number")
        with ui.element("td"), ui.element("div").classes("bar"):
            if is_oneself:
                ui.label(texts.yourself).classes("strong")
                ui.label(texts.yourself_advice).classes("muted")
                return
            word = texts.make_inactive if person.is_active else texts.make_active
            ui.button(word, on_click=lambda: _ask_active(visit, person, refresh)).props("flat dense no-caps")
            if not is_nobody:
                ui.button(texts.reset, on_click=lambda: _ask_reset(visit, person)).props("flat dense no-caps")


def _ask_role(visit: Visit, person: Person, role: Role, refresh: Callable[[], object]) -> None:
    """Ask; who does not confirm finds the role as it was."""
    texts, roles = visit.texts.people, visit.texts.frame.roles
    if role is person.role:
        return
    asked = texts.ask_role.format(name=person.name, before=roles[person.role], after=roles[role])
    question = Question(visit, asked, texts.ask_role_explained.format(name=person.name))

    async def change() -> None:
        set_role(visit, person.name, role)
        tell(texts.role_changed)

    question.on_close(refresh)
    question.open(texts.change_role, change, is_grave=True)


def _ask_active(visit: Visit, person: Person, refresh: Callable[[], object]) -> None:
    texts = visit.texts.people
    title, explained, word = (
        (texts.ask_inactive, texts.ask_inactive_explained, texts.make_inactive)
        if person.is_active
        else (texts.ask_active, texts.ask_active_explained, texts.make_active)
    )
    explained = texts.screen_explained if person.role is Role.SCREEN else explained.format(name=person.name)
    question = Question(visit, title.format(name=person.name), explained)

    async def change() -> None:
        set_active(visit, person.name, not person.is_active)
        tell(texts.done)
        refresh()

    question.open(word, change, is_grave=True)


def _ask_reset(visit: Visit, person: Person) -> None:
    texts = visit.texts.people
    question = Question(visit, texts.ask_reset.format(name=person.name), texts.reset_explained)

    async def reset() -> None:
        _show_one_time(visit, person.name, reset_password(visit, person.name))

    question.open(texts.reset, reset, is_grave=True)


def _ask_screen(visit: Visit, refresh: Callable[[], object]) -> None:
    texts = visit.texts.people
    question = Question(visit, texts.add_screen, texts.screen_explained)
    name = _name_field(visit, question)

    async def add() -> None:
        called = written(name.value or "")
        key = _at_field(visit, name, lambda: add_screen(visit, called))
        refresh()
        address = wall_address(visit.request, key)
        show_text(visit, texts.screen_made.format(name=called), text=address, hint=texts.screen_told)

    question.open(texts.add_screen, add, enter=name)


def _ask_new(visit: Visit, refresh: Callable[[], object]) -> None:
    texts, roles = visit.texts.people, visit.texts.frame.roles
    question = Question(visit, texts.add_title, texts.add_explained)
    name = _name_field(visit, question)
    with question.fields:
        choices = {role: word for role, word in roles.items() if role not in _NO_PERSON}
        role = ui.select(choices, value=Role.OPERATOR, label=texts.role).props("outlined").classes("ask-field")

    async def add() -> None:
        called = written(name.value or "")
        password = _at_field(visit, name, lambda: add_person(visit, called, role.value or Role.OPERATOR))
        refresh()
        _show_one_time(visit, called, password)

    question.open(texts.add, add, enter=name)


def _name_field(visit: Visit, question: Question) -> ui.input:
    with question.fields:
        return ui.input(visit.texts.people.name).props(f"autofocus outlined maxlength={LONGEST}").classes("ask-field")


def _at_field(visit: Visit, field: ui.input, work: Callable[[], str]) -> str:
    """What the work returns; why it was refused is said at the field. Raises Unfit."""
    try:
        return work()
    except Refused as refused:
        raise Unfit(field, visit.refusal(refused)) from refused


def _show_one_time(visit: Visit, name: str, password: str) -> None:
    texts = visit.texts.people
    show_text(visit, texts.one_time.format(name=name), text=password, hint=texts.one_time_explained)


def _head(*words: str) -> None:
    with ui.element("tr"):
        for word in words:
            with ui.element("th").props("scope=col"):
                ui.label(word)


PAGE = Page("/people", Permission.MANAGE_PEOPLE, "group", lambda texts: texts.people.title, build)
