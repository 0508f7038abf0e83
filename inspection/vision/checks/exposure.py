"""Whether a camera really exposed every line, column and patch of a frame. Silence is not good material."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inspection.vision.checks.doubt import Doubt
from inspection.vision.checks.garbage import garbled
from inspection.vision.checks.neighbours import compared
from inspection.vision.checks.patches import unexposed
from inspection.vision.checks.texture import blurred, quiet, sample, unlit


def doubts(
    image: NDArray[np.uint8],
    lanes: Sequence[tuple[int, int]],
    least_texture: float | None,
    least_noise: float | None,
    known_dn: tuple[float, float],
) -> tuple[Doubt, ...]:
    """All places of a prepared frame (height, width) that may not have been seen.

    lanes: columns that count, end excluded. least_texture, least_noise: that a model has learnt (see `Sampled`), None
    if nobody measured them.
    known_dn: the darkest and the brightest that the web is known to be.

    >>> noise = np.random.default_rng(1).normal(90.0, 2.0, (256, 512)).astype(np.uint8)
    >>> doubts(noise, [(0, 512)], None, None, (50.0, 150.0))
    ()
    >>> noise[100:120] = 90
    >>> [doubt.look.value for doubt in doubts(noise, [(0, 512)], None, None, (50.0, 150.0))]
    ['constant', 'repeated']
    """
    neighbours = compared(image)
    found = [*garbled(image, lanes, neighbours), *unexposed(image, lanes, neighbours, known_dn[1])]
    sampled, height_px = sample(image, lanes), len(image)
    if sampled.columns:
        found += unlit(sampled, height_px, known_dn, least_texture)
        if least_noise is not None:
            found += quiet(sampled, height_px, least_noise, least_texture, known_dn[1])
        if least_texture is not None:
            found += blurred(sampled, height_px, least_texture)
    return tuple(found)
