"""Which models there are: what each one looks at and which kinds it tells apart."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from camera.web.settings import Material, View
from inspection.values import Severity
from inspection.values.kinds import KINDS, Judged, is_nuisance, kind_of
from training.errors import DataError


def lane_kinds(letter: str) -> tuple[str, ...]:
    """Kinds that a camera on coated lanes judges: the catalogue's with that letter, then what is no defect.

    >>> [code in lane_kinds("S") for code in ("S01", "S14", "S16", "E01", "N09")]
    [True, False, False, False, True]
    """
    on_lanes = (kind for kind in KINDS.values() if kind.judged is Judged.COATED_LANE)
    defects = (kind.code for kind in on_lanes if kind.code.startswith(letter))
    return (*defects, *filter(is_nuisance, KINDS))


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

    def known_to(self, kinds: Iterable[str]) -> "Family":
        """The same without the kinds that came into the catalogue after a model for `kinds` was fitted.

        >>> family_of("separator").known_to(["S01", "N01", "E01"]).kinds
        ('S01', 'N01')
        """
        known = set(kinds)
        return replace(self, kinds=tuple(kind for kind in self.kinds if kind in known))

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
            lane_kinds("E"),
            (("E14", "E04", "E26"), ("E03", "E04"), ("E08", "E12"), ("E09", "N07")),
        ),
        Family(
            "separator",
            ((Material.SEPARATOR, View.BRIGHT_FIELD), (Material.SEPARATOR, View.BACK_LIGHT)),
            lane_kinds("S"),
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
