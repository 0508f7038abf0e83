"""A person on a page: who it is, what they may do, in which language. Every answer is the server's."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar

import structlog
from fastapi import Request
from nicegui import ui

from inspection.errors import InspectionError, PeopleError
from inspection.pages.frame.desk import PagesDesk
from inspection.pages.frame.sessions import SESSION_COOKIE, login_address
from inspection.pages.frame.trouble import Unfit, forget_troubles, tell_trouble
from inspection.pages.station.live import Drawn
from inspection.pages.texts import Texts, texts_in
from inspection.pages.texts.quantities import Quantities
from inspection.people.person import Person
from inspection.people.refusal import Refused
from inspection.people.roles import Permission

_log = structlog.get_logger("inspection.pages")

P = ParamSpec("P")
T = TypeVar("T")


class NotAllowed(PeopleError):
    """Somebody asked for what their role does not allow."""


class SessionOver(PeopleError):
    """Whoever it was is logged out by now."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One person looking at one page in one browser tab."""

    desk: PagesDesk
    person: Person
    """As they were when the page was made; `demand` looks again."""
    token: str = field(repr=False)
    request: Request
    """With which the page was asked for: path parameters, query."""
    drawn: Drawn = field(default_factory=Drawn, repr=False)
    """What of the line this page has drawn."""

    @property
    def texts(self) -> Texts:
        """The catalogue in the person's language."""
        return texts_in(self.person.language)

    @property
    def quantities(self) -> Quantities:
        """Writes numbers in the person's language."""
        return Quantities(self.person.language)

    @property
    def query(self) -> Mapping[str, str]:
        """What follows the question mark in the address."""
        return self.request.query_params

    def may(self, permission: Permission) -> bool:
        """Whether to offer something at all. What is done needs `demand`."""
        return self.person.may(permission)

    def demand(self, permission: Permission) -> Person:
        """The person as they are now. Raises SessionOver or NotAllowed."""
        person = self.desk.people.person_of(self.token)
        if person is None:
            raise SessionOver(self.texts.frame.session_over)
        if not person.may(permission):
            role = self.texts.frame.roles[person.role]
            raise NotAllowed(f"{self.texts.frame.not_allowed}: {person.name} ({role}), {permission.value}")
        return person

    def attempt(self, work: Callable[..., Any], *, is_persons: bool = True) -> Callable[..., Awaitable[None]]:
        """A handler for a button: does the work and tells the person if it is refused or fails.

        What failed before is told no more when the person tries something else, unless that fails, too; what a page
        does by itself (`is_persons` False), such as filling itself, leaves standing what was told.
        """
        client = ui.context.client

        async def attempted(*arguments: Any) -> None:
            with client.content:
                if is_persons:
                    forget_troubles()
                try:
                    outcome = work(*arguments)
                    if isinstance(outcome, Awaitable):
                        await outcome
                except SessionOver:
                    ui.navigate.to(login_address(self.request.url.path))
                except Refused as refused:
                    tell_trouble(self.refusal(refused))
                except Unfit as unfit:
                    unfit.show()
                except InspectionError as error:
                    tell_trouble(str(error))

        return attempted

    def refusal(self, refused: Refused) -> str:
        """Why somebody was refused, in the person's language."""
        return self.texts.login.refusals[refused.refusal].format(wait_s=round(refused.wait_s + 0.5))


@dataclass(frozen=True, slots=True)
class Action:
    """Something that people do."""

    name: str
    """Module and function."""
    permission: Permission
    perform: Callable[..., Any]
    """Guarded; the visit comes first."""


ACTIONS: dict[str, Action] = {}
"""Every action of every page, by name, filled by `action`: tests try each as each role."""


Work: TypeAlias = Callable[Concatenate[Visit, P], T]


def action(permission: Permission) -> Callable[[Work[P, T]], Work[P, T]]:
    """Decorator for what people do: the session and the permission are looked up again at each call.

    The function raises SessionOver or NotAllowed before anything is done.
    """

    def guard(work: Work[P, T]) -> Work[P, T]:
        name = f"{work.__module__.rpartition('.')[2]}.{work.__name__}"

        def guarded(visit: Visit, /, *arguments: P.args, **named: P.kwargs) -> T:
            try:
                visit.demand(permission)
            except NotAllowed:
                _log.warning("refused", person=visit.person.name, action=name)
                raise
            return work(visit, *arguments, **named)

        update_wrapper(guarded, work)
        ACTIONS[name] = Action(name, permission, guarded)
        return guarded

    return guard


def visit_of(desk: PagesDesk, request: Request) -> Visit | None:
    """Who sends a request; None: nobody that the station knows."""
    token = request.cookies.get(SESSION_COOKIE)
    person = desk.people.person_of(token)
    return Visit(desk, person, token, request) if person and token else None


def tell(message: str) -> None:
    """A short word that something has worked."""
    ui.notify(message, type="positive", position="bottom", timeout=4000)
