"""One entry of the book of pages."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from inspection.pages.frame.visit import Visit
from inspection.pages.texts import Texts
from inspection.people.roles import Permission


def no_keys(_visit: Visit) -> Sequence[tuple[str, str]]:
    """Keys of a page without keys of its own: none."""
    return ()


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the book."""

    path: str
    """May have parameters: `/rolls/{roll}`; `visit.request.path_params` has them."""
    permission: Permission
    icon: str
    """Name of a Material icon."""
    title: Callable[[Texts], str]
    build: Callable[[Visit], Awaitable[None] | None]
    """Makes the content; the frame around it is there already."""
    keys: Callable[[Visit], Sequence[tuple[str, str]]] = no_keys
    """(key, what it does), for the help on `?`."""
    is_in_navigation: bool = True
    is_wide: bool = False
    """Uses the whole window instead of a column that is easy to read."""
    works_alone: bool = False
    """Its work in the browser goes on while the pages' server is away, and is handed in later: not greyed then."""
