"""Texture of surfaces that are painted strip by strip: it goes on from each strip to the next."""

import numpy as np

from camera.web.canvas import Canvas, Ground
from camera.web.texture import Field


def coating_along(canvas: Canvas, ground: Ground, seed: int) -> Field:
    """(lines, columns) DN of coating, the same whatever part of the object the canvas shows."""
    return _along(canvas, ground.coat_plate, seed) * np.float32(ground.coat_dn)


def beyond_along(canvas: Canvas, ground: Ground, seed: int) -> Field:
    """(lines, columns) DN of what lies beyond a coating's edge: foil, or ceramic, which is half as rough as coating."""
    if ground.beyond_dn == ground.bare_dn:
        texture = _along(canvas, ground.bare_plate, seed)
    else:
        texture = np.float32(0.5) * (_along(canvas, ground.coat_plate, seed) + np.float32(1.0))
    return texture * np.float32(ground.beyond_dn)


def _along(canvas: Canvas, plate: Field, seed: int) -> Field:
    """About 1, at a place of the plate that the seed tells."""
    height, width = plate.shape
    first = int(np.floor(canvas.y[0, 0] / canvas.step_mm + 0.25)) + seed
    rows = (first + np.arange(canvas.shape[0])) % height
    columns = (seed // height + np.arange(canvas.shape[1])) % width
    return plate[np.ix_(rows, columns)] + np.float32(1.0)
