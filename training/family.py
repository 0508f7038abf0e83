"""Which models there are: what each one looks at and which kinds it tells apart."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from camera.web.settings import Material, View
from inspection.values import Severity
from inspection.values.kinds import kind_of
from training.errors import DataError

_NUISANCE = tuple(f"N{number:02}" for number in range(1, 10))


def _numbered(letter: str, numbers: Iterable[int]) -> tuple[str, ...]:
    return tuple(f"{letter}{number:02}" for number in numbers)


@dataclass(frozen=True, slots=True)
class Family:
    """One model's field of work."""

    name: str
    looks: tuple[tuple[Material, View], ...]
    """The webs, and how they are lit, that one network has to know."""
    kinds: tuple[str, ...]
    """Catalogue codes in the order of the score map's channels."""
    alike: tuple[tuple[str, ...], ...] = ()
    """Kinds that one view mixes up by their nature, seen on simulated web."""

    @property
    def materials(self) -> tuple[str, ...]:
        """Each material once."""
        return tuple(dict.fromkeys(material.value for material, _ in self.looks))

    @property
    def views(self) -> tuple[str, ...]:
        """Each view once."""
        return tuple(dict.fromkeys(view.value for _, view in self.looks))

    def are_alike(self, kind: str, other: str) -> bool:
        """The same, or mixed up by their nature.

        >>> family_of("electrode").are_alike("E14", "E26"), family_of("electrode").are_alike("E14", "E03")
        (True, False)
        """
        return kind == other or any(kind in group and other in group for group in self.alike)

    def without(self, names: Iterable[str]) -> "Family":
        """The same kinds, without the looks of these materials or views. Raises DataError for others, or if none stays.

        >>> family_of("electrode").without(["cathode"]).materials
        ('anode',)
        """
        held_out = tuple(names)
        if unknown := [name for name in held_out if name not in (*self.materials, *self.views)]:
            raise DataError(
                f"--without {', '.join(unknown)}: {self.name} is fitted to "
                f"{', '.join((*self.materials, *self.views))}. Choose among these."
            )
        looks = tuple((material, view) for material, view in self.looks if not {material, view} & {*held_out})
        if not looks:
            raise DataError(f"--without {', '.join(held_out)}: nothing of {self.name} is left to fit to. Keep a part.")
        return replace(self, looks=looks)


FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        Family(
            "electrode",
            ((Material.ANODE, View.BRIGHT_FIELD), (Material.CATHODE, View.BRIGHT_FIELD)),
            # Not E16 and E22: wavy edges and chatter are for gauging. Not E18, E23 and E27 to E32: they lie at cut
            # edges, tabs, sheets' corners, patch ends and ceramic stripes, of which a camera on coated lanes sees none.
            (*_numbered("E", range(1, 16)), "E17", *_numbered("E", (19, 20, 21, 24, 25, 26, 33)), *_NUISANCE),
            (("E14", "E04", "E26"), ("E03", "E04"), ("E08", "E12"), ("E09", "N07")),
        ),
        Family(
            "separator",
            ((Material.SEPARATOR, View.BRIGHT_FIELD), (Material.SEPARATOR, View.BACK_LIGHT)),
            # Not S14 and S15: wavy edges and misplaced coating are for gauging. Not S16: it lies at the cut edge.
            (*_numbered("S", range(1, 14)), *_NUISANCE),
            (("S07", "S01", "S08"), ("S13", "S04")),
        ),
    )
}
"""By name. Objects of other kinds may lie on the webs: of the places where they do, nothing is asked."""


AUDITOR = "-auditor"
"""At the end of a model's name: the family's larger network. No recipe of the shipped ones asks for it."""


def family_of(name: str) -> Family:
    """The family of a model name. Raises DataError for an unknown one.

    >>> family_of("separator").views, family_of("electrode-auditor").name
    (('bright-field', 'back-light'), 'electrode')
    """
    name = name.removesuffix(AUDITOR)
    if name not in FAMILIES:
        raise DataError(f"No model family {name!r}; there are {', '.join(FAMILIES)}. Choose one of them.")
    return FAMILIES[name]


OWN = "own"
"""Name of a family that a plant's own data make up."""


def own_family(kinds: Iterable[str]) -> Family:
    """A model for kinds that are none of the catalogue's, or not as a shipped family has them.

    >>> own_family(["scratches", "patches"]).kinds
    ('patches', 'scratches')
    """
    return Family(OWN, (), tuple(sorted(set(kinds))))


def is_safety(kind: str) -> bool:
    """Whether a kind endangers the cell (severity S1).

    >>> is_safety("E13"), is_safety("E01")
    (True, False)
    """
    return kind_of(kind).severity is Severity.S1
