"""What of a roll broke a limit, and what people said of it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from inspection.review.cases import Change, Correction
from inspection.values import Severity
from inspection.values.kinds import KINDS, is_nuisance, kind_of


@dataclass(frozen=True, slots=True)
class Blame:
    """The reason for which an object broke a limit, as its decision holds it."""

    rule: str
    severity: Severity | None
    quantity: str | None
    """What `measured` and `limit` are."""
    measured: float | None
    limit: float | None
    unit: str | None


@dataclass(frozen=True, slots=True)
class RollTally:
    """How much of a roll broke a limit."""

    broke: Mapping[str, int]
    """Objects by kind, most first; what people overruled and what is no defect is left out."""
    safety: int
    """Those of severity S1; with rejects that name no object, and accepts found bad, for something of that severity."""
    as_a_whole: int
    """Rejected pieces whose reasons are about no single object, such as storms, if nobody overruled them."""
    within_limits: Mapping[str, int]
    """Objects that broke no limit, by kind, whatever was said of their piece."""
    overruled_pieces: int
    """Not accepted by the station, and good as people say."""
    overruled_objects: int
    """In them, and struck out by people in others: they broke a limit and are not counted."""
    escapes: int
    """Accepted pieces that people found bad."""


def as_reviewed(
    kind: str, place: int, renamed: str | None, corrections: Sequence[Correction]
) -> str | None:  # fmt: skip
    """What a blamed object is after the review of a piece that stays bad; None where the review struck it out.

    `place`: among its decision's defects. `renamed`: the kind that the reader gave for the piece.

    >>> as_reviewed("E13", 1, None, [Correction(change="relabelled", defect=1, kind="E14")])
    'E14'
    >>> as_reviewed("E13", 1, "E14", [Correction(change="removed", defect=1)]) is None
    True
    """
    named = renamed or kind
    for correction in corrections:
        if correction.defect == place:
            if correction.change is Change.REMOVED:
                return None
            named = correction.kind or named
    return named


def severity_as_reviewed(severity: str, before: str, after: str) -> str:
    """An object's severity: the recipe's, which its decision holds; the catalogue's of a kind that people gave it.

    >>> severity_as_reviewed("S1", "E13", "E13"), severity_as_reviewed("S1", "E13", "E14")
    ('S1', 'S3')
    """
    return severity if before == after or after not in KINDS else kind_of(after).severity.value


def real_defects(counts: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Counts by kind without nuisance, most first.

    >>> real_defects([("E04", 1), ("N04", 9), ("E01", 5)])
    {'E01': 5, 'E04': 1}
    """
    kept = [(kind, count) for kind, count in counts if not is_nuisance(kind)]
    return dict(sorted(kept, key=lambda each: (-each[1], each[0])))
