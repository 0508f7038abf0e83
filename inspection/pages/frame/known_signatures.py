"""Elements of a page in half the time.

NiceGUI asks of each element's classes, style and properties whether the function that hears of their changes takes
arguments, and reads that out of its signature: three times for each element, always of the same three methods. A page
of a thousand elements spends half of its making on that. Here the answer of each method is kept.
"""

from collections.abc import Callable
from types import MethodType
from typing import Any
from weakref import WeakKeyDictionary

from nicegui import helpers

_from_signature = helpers.expects_arguments
_known: WeakKeyDictionary[Callable[..., Any], bool] = WeakKeyDictionary()


def expects_arguments(func: Callable[..., Any]) -> bool:
    """NiceGUI's own answer, kept for bound methods: all objects of a class share them.

    Other functions are often made for one visit, and looked at once.
    """
    if not isinstance(func, MethodType):
        return _from_signature(func)
    known = _known.get(func.__func__)
    if known is None:
        known = _known[func.__func__] = _from_signature(func)
    return known


def keep_signatures() -> None:
    """Have NiceGUI ask here, in this process."""
    helpers.expects_arguments = expects_arguments
