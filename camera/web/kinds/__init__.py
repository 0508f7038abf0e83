"""All kinds of objects: one file for each family, found by itself. To add a kind, add a file."""

from importlib import import_module
from pkgutil import iter_modules

from camera.web.figure import Kind


def _found() -> tuple[Kind, ...]:
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    return tuple(
        sorted((each for module in modules for each in vars(module).values() if isinstance(each, Kind)), key=_order)
    )


def _order(kind: Kind) -> tuple[int, int]:
    return "ESN".index(kind.code[0]), int(kind.code[1:])


KINDS: tuple[Kind, ...] = _found()
"""In the catalogue's order: electrodes, separators, nuisance."""

__all__ = ["KINDS"]
