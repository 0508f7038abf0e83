"""The catalogue: every kind of object that the station has a word for today.

Codes and severities follow the numbers note of the domain (tables 2.1 and 2.2); limits are the recipe's.
"""

from dataclasses import dataclass
from enum import StrEnum

from inspection.values import Severity


class Shape(StrEnum):
    """How an object of this kind is traced at full resolution."""

    BLOB = "blob"
    """Compact; parts that lie apart are objects of their own."""
    LINE = "line"
    """Thin, often broken; its parts are one object."""
    STREAK = "streak"
    """Along the machine direction and faint: seen only when columns are averaged."""
    NUISANCE = "nuisance"
    """No defect: its place is enough."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One entry of the catalogue."""

    code: str
    name: str
    severity: Severity
    shape: Shape
    text: str
    """One line for a person: what it is and where it comes from."""


_ALL = (
    Kind("E01", "pinhole", Severity.S2, Shape.BLOB, "hole in the coating that shows foil: air or dewetting"),
    Kind("E04", "agglomerate", Severity.S2, Shape.BLOB, "lump in the coating: mixing or filter"),
    Kind("E06", "streak", Severity.S2, Shape.STREAK, "thin coat along the web: particle in the die lip"),
    Kind("E08", "bare spot", Severity.S2, Shape.BLOB, "foil laid bare: dewetting or delamination"),
    Kind("E09", "scratch", Severity.S3, Shape.LINE, "scratch in the coating: rollers or handling"),
    Kind("E13", "metal particle", Severity.S1, Shape.BLOB, "metal on the web: slitting, welding or wear"),
    Kind("E24", "stain", Severity.S2, Shape.BLOB, "oil, water or electrolyte: bearings or drops"),
    Kind("S01", "separator pinhole", Severity.S1, Shape.BLOB, "hole through the film: gel tear or particle"),
    Kind("S04", "coating void", Severity.S2, Shape.BLOB, "ceramic missing: dewetting or a blocked gravure cell"),
    Kind("S07", "metal particle", Severity.S1, Shape.BLOB, "metal on the separator: wear or slitting"),
    Kind("S09", "fibre", Severity.S2, Shape.LINE, "fibre or hair on the separator: clothing, filter or wipes"),
    Kind("N01", "splice tape", Severity.N, Shape.NUISANCE, "tape that joins two rolls"),
    Kind("N02", "edge mark", Severity.N, Shape.NUISANCE, "mark or label at the edge"),
    Kind("N03", "code", Severity.N, Shape.NUISANCE, "printed or lasered code"),
    Kind("N04", "ink dot", Severity.N, Shape.NUISANCE, "ink of a marker"),
)

KINDS: dict[str, Kind] = {kind.code: kind for kind in _ALL}
"""By code, in the catalogue's order."""


def kind_of(code: str) -> Kind:
    """The catalogue's entry; a code that it lacks is an unknown object, judged as the gravest.

    >>> kind_of("E01").name
    'pinhole'
    >>> kind_of("X99").severity
    <Severity.S1: 'S1'>
    """
    return KINDS.get(code) or Kind(
        code, "unknown object", Severity.S1, Shape.BLOB, "a kind that the catalogue does not have"
    )


def is_nuisance(code: str) -> bool:
    """No defect, whatever its size.

    >>> is_nuisance("N01"), is_nuisance("E01")
    (True, False)
    """
    return kind_of(code).shape is Shape.NUISANCE
