"""Simulated webs for training, for choosing thresholds and for evaluation; no web serves two of them."""

from collections.abc import Iterator, Sequence
from enum import Enum

import numpy as np

from camera.web.settings import Material, PlantingRate, View, WebSettings
from camera.web.web import SimulatedWeb
from training.data.labels import Label, LabelledImage, varied
from training.data.targets import trust_in
from training.family import Family

BLOCK_LINES = 1024
BLOCK_WIDTH_PX = 2048
PITCH_UM = 50.0
PITCH_RANGE_UM = (45.0, 55.0)
"""A model is fitted to pixel pitches in this range, and its card says so."""
_WIDTHS_PX = (1024, 2048, 2048, 4096)
WINDOW_LINES = 640
"""Length of a training image."""
_SEARCHED_BLOCKS = 60
_FARTHEST_BLOCK = 200
_OF_EACH_KIND = 3
_WEBS_OF_A_MATERIAL = 100_000
_RANDOMISED_SHARE = 0.5
"""Share of the training webs; the others are faithful, as those are that the model is judged on."""


class SeedRange(Enum):
    """Seeds of webs: (first, end), end excluded. Nothing is chosen or fitted on evaluation webs."""

    TRAINING = (0, 1_000_000)
    SELECTION = (1_000_000, 2_000_000)
    """Thresholds are chosen on these."""
    EVALUATION = (2_000_000, 3_000_000)


def training_images(family: Family, seed: int) -> Iterator[LabelledImage]:
    """Endless: windows of random webs of a family, each about an object; pixel pitch, web width and gain vary.

    The same seed gives the same images. Most webs are randomised (section 4.8 of the numbers note).
    """
    return endless_images(family, web_rng(seed))


def endless_images(family: Family, rng: np.random.Generator) -> Iterator[LabelledImage]:
    """The same, with a generator that somebody else goes on using."""
    while True:
        yield from images_of_web(family, rng)


def web_rng(seed: int) -> np.random.Generator:
    """What decides over the training webs of a seed, from the first one on."""
    return np.random.default_rng([seed, 71])


def images_of_web(family: Family, rng: np.random.Generator) -> Iterator[LabelledImage]:
    """Windows of one random web: objects are looked up before anything is rendered, a few of each kind."""
    first, end = SeedRange.TRAINING.value
    material, view = family.looks[int(rng.integers(len(family.looks)))]
    web = SimulatedWeb(
        WebSettings(
            material=material,
            view=view,
            severity=PlantingRate.DENSE,
            seed=int(rng.integers(first, end)),
            width_px=int(rng.choice(_WIDTHS_PX)),
            pixel_pitch_um=float(rng.uniform(*PITCH_RANGE_UM)),
            randomised=bool(rng.random() < _RANDOMISED_SHARE),
        )
    )
    for line in _worth_showing(web, family, rng):
        start = max(0, line - int(rng.integers(WINDOW_LINES)))
        yield varied(labelled_block(web, start, WINDOW_LINES), rng)


def _worth_showing(web: SimulatedWeb, family: Family, rng: np.random.Generator) -> list[int]:
    """Lines of the web on which objects of the family's kinds lie that can be seen, in random order."""
    lines: dict[str, list[int]] = {}
    seen: set[str] = set()
    start = int(rng.integers(_FARTHEST_BLOCK)) * BLOCK_LINES
    for first_line in range(start, start + _SEARCHED_BLOCKS * BLOCK_LINES, BLOCK_LINES):
        for planted in web.objects(first_line, BLOCK_LINES):
            is_asked = planted.kind in family.kinds and planted.key not in seen
            if is_asked and trust_in(Label.of(planted, first_line)) > 0.0:
                lines.setdefault(planted.kind, []).append(planted.top_line + planted.mask.shape[0] // 2)
            seen.add(planted.key)
    chosen = [line for kind in sorted(lines) for line in rng.permutation(lines[kind])[:_OF_EACH_KIND]]
    return [int(line) for line in rng.permutation(chosen)]


def labelled_block(web: SimulatedWeb, first_line: int, lines: int = BLOCK_LINES) -> LabelledImage:
    """A block of web with its labels."""
    pixels = np.asarray(web.render(first_line, lines), np.uint8)
    planted = web.objects(first_line, lines)
    return LabelledImage(pixels, tuple(Label.of(each, first_line) for each in planted))


def numbered_web(
    purpose: SeedRange,
    number: int,
    material: Material,
    view: View,
    kinds: tuple[str, ...] | None = None,
    severity: PlantingRate = PlantingRate.DENSE,
) -> SimulatedWeb:
    """Web number 0, 1, 2 ... of a purpose and material, with these kinds (None: all), at the usual width and pitch."""
    return webs_of_views(purpose, number, material, (view,), kinds, severity)[0]


def webs_of_views(
    purpose: SeedRange,
    number: int,
    material: Material,
    views: Sequence[View],
    kinds: tuple[str, ...] | None = None,
    severity: PlantingRate = PlantingRate.DENSE,
) -> tuple[SimulatedWeb, ...]:
    """The same web, as for `numbered_web`, in each of these lights: the same objects, another camera and lamp."""
    if not 0 <= number < _WEBS_OF_A_MATERIAL:
        raise ValueError(f"number: 0 to {_WEBS_OF_A_MATERIAL - 1} for {purpose.name}, got {number}")
    # Of one seed every material would carry the same objects, and two materials tell no more than one.
    seed = purpose.value[0] + list(Material).index(material) * _WEBS_OF_A_MATERIAL + number
    return tuple(
        SimulatedWeb(
            WebSettings(
                material=material,
                view=view,
                severity=severity,
                seed=seed,
                camera_seed=seed + place * SeedRange.EVALUATION.value[1],
                width_px=BLOCK_WIDTH_PX,
                pixel_pitch_um=PITCH_UM,
                kinds=kinds,
            )
        )
        for place, view in enumerate(views)
    )
