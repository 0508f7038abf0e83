"""Collects specimens of every kind and writes them as one self-contained page."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from camera.web.figure import Kind
from camera.web.kinds import KINDS
from camera.web.settings import Material, View
from training.errors import DataError
from training.simulation.catalogue.page import as_page
from training.simulation.catalogue.specimens import Chapter, Specimen, find_specimens

_SHOWN_ON = {
    "E": (Material.ANODE, Material.CATHODE),
    "S": (Material.SEPARATOR, Material.BASE_FILM),
    "N": (Material.ANODE, Material.SEPARATOR),
}
"""Materials on which kinds are shown unless others are asked for, by the code's letter."""


def write_catalogue(
    out: Path,
    *,
    materials: Sequence[Material] | None = None,
    kinds: Sequence[str] | None = None,
    seed: int = 1,
    workers: int = 1,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[Chapter, ...]:
    """Write the page for these kinds (None: all that there are) on these materials (None: two that suit the kind).

    `workers`: processes. `report` hears how many pairs of kind and material are done, and of how many. Raises DataError
    for kinds that none of the materials has, and when the file can't be written.
    """
    chosen = _chosen(materials, kinds)
    jobs = [(kind.code, material, tuple(View), seed) for kind, shown_on in chosen for material in shown_on]
    found = {}
    for done, ((code, material, *_), specimens) in enumerate(zip(jobs, _photographed(jobs, workers), strict=True)):
        found[code, material] = specimens
        report(done + 1, len(jobs))
    chapters = tuple(
        Chapter(kind, {material: found[kind.code, material] for material in shown_on}) for kind, shown_on in chosen
    )
    try:
        out.write_text(as_page(chapters), encoding="utf-8")
    except OSError as error:
        raise DataError(f"{out}: can't be written ({error.strerror}). Name a file that you may write.") from error
    return chapters


def _photographed(
    jobs: Sequence[tuple[str, Material, tuple[View, ...], int]], workers: int
) -> Iterator[tuple[Specimen, ...]]:
    if workers <= 1:
        for job in jobs:
            yield find_specimens(*job)
        return
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(find_specimens, *zip(*jobs, strict=True))


def _chosen(
    materials: Sequence[Material] | None, kinds: Sequence[str] | None
) -> tuple[tuple[Kind, tuple[Material, ...]], ...]:
    """Each kind of the page with the materials that it is shown on."""
    known = {kind.code: kind for kind in KINDS}
    strange = [code for code in kinds or () if code not in known]
    if strange:
        raise DataError(f"Kinds {', '.join(strange)}: not simulated; there are {', '.join(known)}. Choose of these.")
    chosen = []
    for kind in KINDS if kinds is None else [known[code] for code in known if code in kinds]:
        wanted = _SHOWN_ON[kind.code[0]] if materials is None else tuple(materials)
        shown_on = tuple(material for material in wanted if material in kind.materials)
        if not shown_on and materials is None:
            shown_on = kind.materials[:1]
        if shown_on:
            chosen.append((kind, shown_on))
    if not chosen:
        raise DataError("None of these kinds can lie on these materials. Choose others.")
    return tuple(chosen)
