"""Which models there are: what each one looks at and which kinds it tells apart."""

from dataclasses import dataclass

from camera.web.settings import Material, View
from inspection.kinds import kind_of
from inspection.values import Severity
from training.errors import DataError

_NUISANCE = ("N01", "N02", "N03", "N04")


@dataclass(frozen=True, slots=True)
class Family:
    """One model's field of work."""

    name: str
    looks: tuple[tuple[Material, View], ...]
    """The webs, and how they are lit, that one network has to know."""
    kinds: tuple[str, ...]
    """Catalogue codes in the order of the score map's channels."""

    @property
    def materials(self) -> tuple[str, ...]:
        """Each material once."""
        return tuple(dict.fromkeys(material.value for material, _ in self.looks))

    @property
    def views(self) -> tuple[str, ...]:
        """Each view once."""
        return tuple(dict.fromkeys(view.value for _, view in self.looks))


FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        Family(
            "electrode",
            ((Material.ANODE, View.BRIGHT_FIELD), (Material.CATHODE, View.BRIGHT_FIELD)),
            ("E01", "E04", "E06", "E08", "E09", "E13", "E24", *_NUISANCE),
        ),
        Family(
            "separator",
            ((Material.SEPARATOR, View.BRIGHT_FIELD), (Material.SEPARATOR, View.BACK_LIGHT)),
            ("S01", "S04", "S07", "S09", *_NUISANCE),
        ),
    )
}
"""By name."""


def family_of(name: str) -> Family:
    """The family of a model name. Raises DataError for an unknown one.

    >>> family_of("separator").views
    ('bright-field', 'back-light')
    """
    if name not in FAMILIES:
        raise DataError(f"No model family {name!r}; there are {', '.join(FAMILIES)}. Choose one of them.")
    return FAMILIES[name]


def is_safety(kind: str) -> bool:
    """Whether a kind endangers the cell (severity S1).

    >>> is_safety("E13"), is_safety("E01")
    (True, False)
    """
    return kind_of(kind).severity is Severity.S1
