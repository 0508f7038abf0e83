"""The frame around every page: header, navigation, state of the connection, the person, keyboard help."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape

from nicegui import ui

from inspection.pages.frame.dialogs import heading, name_dialog
from inspection.pages.frame.heartbeat import watch_heartbeat
from inspection.pages.frame.page import Page
from inspection.pages.frame.sessions import login_address
from inspection.pages.frame.static_files import add_script, add_style
from inspection.pages.frame.trouble import Trouble
from inspection.pages.frame.visit import Visit
from inspection.people.person import Language, Theme
from inspection.people.roles import Role

_LOOK_S = 1.0
_SESSION_LOOKS = 5
"""Every so many looks the session is looked up: who was logged out elsewhere leaves the page."""
_LANGUAGE_NAMES = {Language.ENGLISH: "English", Language.FRENCH: "Français"}


@contextmanager
def frame(visit: Visit, page: Page, book: Sequence[Page]) -> Iterator[None]:
    """Header and navigation; what is made within the context is the page's content."""
    add_style("pages.css")
    add_script("keys.js")
    for around in ui.context.client.page_container:
        around.tag = "div"  # Quasar's q-page is a second `main`, around the header
    is_wall = visit.person.role is Role.SCREEN
    shown = [p for p in book if p.is_in_navigation and visit.may(p.permission) and not is_wall]
    ui.html(f'<a class="skip" href="#content">{escape(visit.texts.frame.skip)}</a>', sanitize=False)
    with ui.element("header").classes("top"):
        ui.label(visit.desk.plan.name).classes("station-name")
        if visit.person.role is Role.GUEST:
            ui.label(visit.texts.frame.demo).classes("badge tone-info")
        with ui.element("nav").classes("pages").props(f'aria-label="{visit.texts.frame.pages}"'):
            for entry in shown:
                _link(visit, entry, is_current=entry.path == page.path)
        connection = ui.element("span").classes("connection")
        if not is_wall:
            _keyboard_help(visit, page, len(shown))
            _menu(visit)
    watch_heartbeat(visit, works_alone=page.works_alone)
    wide = " wide" if page.is_wide else ""
    with ui.element("main").classes(f"content{wide}").props("id=content tabindex=-1"):
        with ui.element("h1").classes("unseen"):
            ui.label(page.title(visit.texts))
        Trouble(visit.texts.frame.close)
        yield
    # As soon as a timer runs it waits for the browser, and NiceGUI answers with what there is by then, with status 200.
    _watch(visit, connection)


def _link(visit: Visit, entry: Page, *, is_current: bool) -> None:
    with ui.element("a").props(f'href="{entry.path}"').classes("page-link") as link:
        if is_current:
            link.props("aria-current=page")
        ui.icon(entry.icon)
        ui.label(entry.title(visit.texts))


def _menu(visit: Visit) -> None:
    texts, person = visit.texts.frame, visit.person

    def prefer(*, language: Language | None = None, theme: Theme | None = None) -> None:
        visit.desk.people.prefer(person, language=language, theme=theme)
        ui.navigate.reload()

    with (
        ui.button(person.name, icon="account_circle").props("flat dense no-caps").classes("person"),
        ui.menu().props("auto-close"),
    ):
        ui.label(f"{person.name} · {texts.roles[person.role]}").classes("menu-head")
        ui.separator()
        ui.label(texts.language).classes("menu-group")
        for language, name in _LANGUAGE_NAMES.items():
            _choice(name, person.language is language, lambda language=language: prefer(language=language))
        ui.label(texts.theme).classes("menu-group")
        names = {Theme.AUTO: texts.theme_auto, Theme.LIGHT: texts.theme_light, Theme.DARK: texts.theme_dark}
        for theme, name in names.items():
            _choice(name, person.theme is theme, lambda theme=theme: prefer(theme=theme))
        ui.label(texts.single_keys).classes("menu-group")
        for name, is_on in ((texts.single_keys_on, True), (texts.single_keys_off, False)):
            _keys_choice(name, is_on=is_on)
        ui.separator()
        if person.role is not Role.GUEST:
            ui.menu_item(texts.change_password, lambda: ui.navigate.to("/password")).props("role=menuitem")
        leave = texts.log_in if person.role is Role.GUEST else texts.log_out
        ui.menu_item(leave, lambda: ui.run_javascript(_LOG_OUT)).props("role=menuitem").mark("log-out")


_LOG_OUT = "fetch('/logout', {method: 'POST'}).finally(() => { location.href = '/login'; })"


def _choice(name: str, is_chosen: bool, choose: object) -> None:
    state = f"role=menuitemradio aria-checked={'true' if is_chosen else 'false'}"
    with ui.menu_item(on_click=choose).classes("choice").props(state):  # type: ignore[arg-type]
        ui.icon("radio_button_checked" if is_chosen else "radio_button_unchecked")
        ui.label(name)


def _keys_choice(name: str, *, is_on: bool) -> None:
    """Whether single keys act; kept by the browser, which also shows what is chosen: see `static/keys.js`."""
    with ui.menu_item().classes(f"choice keys-choice-{'on' if is_on else 'off'}").props("role=menuitem") as item:
        ui.icon("radio_button_checked").classes("is-chosen")
        ui.icon("radio_button_unchecked").classes("is-not-chosen")
        ui.label(name)
    item.on("click", js_handler=f"() => singleKeys.set({'true' if is_on else 'false'})")


def _watch(visit: Visit, connection: ui.element) -> None:
    """Keep the header's word about the station true, and send away who is logged out."""
    texts = visit.texts.frame
    shown: list[str] = []
    looks = 0

    def look() -> None:
        nonlocal looks
        looks += 1
        if looks % _SESSION_LOOKS == 0 and visit.desk.people.person_of(visit.token) is None:
            ui.navigate.to(login_address(visit.request.url.path))
            return
        view = visit.desk.live.view
        if view.is_connected:
            tone, icon, word = "accept", "link", texts.connected
        elif view.told_utc is None:
            tone, icon, word = "off", "link_off", texts.not_connected
        else:
            since = texts.not_connected_since.format(time=visit.quantities.time(view.told_utc))
            tone, icon, word = "uninspected", "link_off", since
        if shown != [word]:
            shown[:] = [word]
            connection.clear()
            with connection, ui.element("span").classes(f"badge tone-{tone}"):
                ui.icon(icon)
                ui.label(word)
        visit.drawn.note("frame", view)

    look()
    ui.timer(_LOOK_S, look)


def _keyboard_help(visit: Visit, page: Page, pages: int) -> None:
    """The dialog, and the button that shows it; `static/keys.js` acts on the keys of every page."""
    texts = visit.texts.frame
    keys = [*page.keys(visit), (f"Alt+1 … Alt+{pages}", texts.key_pages), ("?", texts.key_help)]
    with ui.dialog() as dialog, ui.card().classes("keyboard-help"):
        heading(texts.keyboard_help)
        with ui.element("dl").classes("keys"):
            for key, what in (*keys, ("Esc", texts.key_close)):
                with ui.element("dt"):
                    ui.label(key).classes("key")
                with ui.element("dd"):
                    ui.label(what)
        ui.button(texts.close, on_click=dialog.close).props("flat no-caps")
    name_dialog(dialog, texts.keyboard_help)
    button = ui.button(icon="keyboard", on_click=dialog.open).props(f'flat dense aria-label="{texts.keyboard}"')
    button.classes("show-keys").tooltip("?")
