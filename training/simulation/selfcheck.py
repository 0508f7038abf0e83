"""Whether the simulated web still is what the numbers note says: statistics of clean web, contrasts of planted objects.

Each check measures one thing on web that is rendered for it and says what was expected and what was seen. The same
checks run small in the tests and large in `training selfcheck`. `grey_check`, `texture_check` and `contrast_check`
hold them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from camera.web.figure import Contrast, Kind
from camera.web.kinds import KINDS
from camera.web.settings import Material, View
from training.errors import DataError
from training.simulation.check import Check
from training.simulation.contrast_check import contrasts
from training.simulation.grey_check import column_noise, grey_levels, spectrum, tails
from training.simulation.texture_check import repeats, same_bytes, seams, texture_of


@dataclass(frozen=True, slots=True)
class Scope:
    """How much web the checks look at."""

    webs: int = 5
    """Number of rolls of each material and view, for grey levels."""
    blocks: int = 8
    """Number of squares of 512 px, for spectra."""
    megapixels: int = 16
    """Size of the web for the tails of the histogram."""
    web_mm: float = 10_000.0
    """Length of web for repeats and seams."""
    objects: int = 10
    """Number of objects of each kind."""


def self_checks(scope: Scope, report: Callable[[str], None] = lambda _: None) -> Iterator[Check]:
    """Every check, one after the other; `report` hears what is looked at now."""
    for material in Material:
        for view in View:
            report(f"{material} in {view}")
            yield from grey_levels(material, view, scope.webs)
            yield spectrum(material, view, scope.blocks)
    for material in (Material.ANODE, Material.CATHODE, Material.SEPARATOR):
        report(f"tails of {material}")
        yield tails(material, scope.megapixels)
    report("columns")
    yield from column_noise()
    report("repeats and seams")
    yield repeats(texture_of(Material.ANODE, scope.web_mm))
    yield from seams(texture_of(Material.CATHODE, scope.web_mm))
    report("the same seed")
    yield same_bytes()
    yield from contrast_checks([kind for kind in KINDS if kind.contrast != Contrast()], scope, report)


def contrast_checks(
    kinds: Iterable[Kind], scope: Scope, report: Callable[[str], None] = lambda _: None
) -> Iterator[Check]:
    """The contrast of each of these kinds in each view that it has bands for."""
    for kind in kinds:
        for view in View:
            if kind.contrast.at(view):
                report(f"contrast of {kind.code} in {view}")
                yield contrasts(kind, view, scope.objects)


def kinds_with_bands(codes: Sequence[str]) -> tuple[Kind, ...]:
    """The drawings of these codes. Raises DataError for a code that has none, or no bands to be held against.

    >>> [kind.code for kind in kinds_with_bands(["S01", "E01"])]
    ['E01', 'S01']
    """
    with_bands = {kind.code: kind for kind in KINDS if kind.contrast != Contrast()}
    if strange := [code for code in codes if code not in with_bands]:
        raise DataError(
            f"Kinds {', '.join(strange)}: no drawing with bands of contrast in camera/web/kinds; "
            f"there are {', '.join(with_bands)}. Choose of these."
        )
    return tuple(kind for code, kind in with_bands.items() if code in codes)
