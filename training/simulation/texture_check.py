"""Repeats and seams along a clean web, and that a seed gives the same web again."""

from collections.abc import Iterator

import cv2
import numpy as np

from camera.web.settings import Material, PlantingRate, View, WebSettings
from camera.web.texture import CELL_LINES, FADE_LINES, Field
from camera.web.web import SimulatedWeb
from training.simulation.check import PITCH_UM, Check, clean_web

_REPEAT_WIDTH_PX = 64
_MOST_ALIKE = 0.05
_SEAM_TOLERANCE = 0.03
_FADE_TOLERANCE = 0.1


def texture_of(material: Material, web_mm: float) -> Field:
    """(lines, 64) of a clean web, without what lines or columns have in common over 6 mm."""
    web = clean_web(material, View.BRIGHT_FIELD, 1, _REPEAT_WIDTH_PX)
    block = web.render(0, int(web_mm / web.pitch_mm) // CELL_LINES * CELL_LINES).astype(np.float32)
    block -= block.mean(axis=1, keepdims=True)
    return np.asarray(block - cv2.blur(block, (1, 129)), np.float32)


def repeats(texture: Field) -> Check:
    """How much any stretch of web is like one some lines later: the largest autocorrelation along the machine."""
    lines = texture.shape[0]
    size = 2 * lines
    power = np.zeros(size // 2 + 1)
    for column in texture.T:
        power += np.abs(np.fft.rfft(column, size)) ** 2
    alike = np.fft.irfft(power, size)[: 3 * lines // 4]
    # Fewer lines overlap at a longer lag.
    alike /= alike[0] * (1.0 - np.arange(alike.size) / lines)
    # Neighbouring lines are alike by the mottle.
    nearest = 129
    worst = nearest + int(np.abs(alike[nearest:]).argmax())
    at_cells = np.abs(alike[CELL_LINES::CELL_LINES])
    return Check(
        f"autocorrelation over {lines * PITCH_UM * 1e-6:.1f} m",
        f"at most {_MOST_ALIKE:g}",
        f"{abs(alike[worst]):.3f} (after {worst} lines); at texture cells {at_cells.max():.3f}",
        bool(abs(alike[worst]) <= _MOST_ALIKE),
    )


def seams(texture: Field) -> Iterator[Check]:
    """Texture at the borders of its cells and in the fades behind them is as rough and as strong as elsewhere."""
    step = np.square(np.diff(texture, axis=0)).mean(axis=1)
    borders = np.arange(CELL_LINES - 1, step.size, CELL_LINES)
    rough = float(np.sqrt(step[borders].mean() / step.mean()))
    yield Check(
        "step across borders of texture cells / elsewhere",
        f"{1.0 - _SEAM_TOLERANCE:g} .. {1.0 + _SEAM_TOLERANCE:g}",
        f"{rough:.3f}",
        abs(rough - 1.0) <= _SEAM_TOLERANCE,
    )
    power = np.square(texture).mean(axis=1)
    power = power[: power.size // CELL_LINES * CELL_LINES].reshape(-1, CELL_LINES)[1:]
    strong = float(np.sqrt(power[:, :FADE_LINES].mean() / power[:, FADE_LINES:].mean()))
    yield Check(
        "texture in fades / elsewhere",
        f"{1.0 - _FADE_TOLERANCE:g} .. {1.0 + _FADE_TOLERANCE:g}",
        f"{strong:.3f}",
        abs(strong - 1.0) <= _FADE_TOLERANCE,
    )


def same_bytes(lines: int = 1024) -> Check:
    """The same seed gives the same web, in whatever pieces it is asked for."""
    settings = WebSettings(severity=PlantingRate.DENSE, width_px=1024, seed=5)
    whole = SimulatedWeb(settings).render(100, lines)
    web = SimulatedWeb(settings)
    pieces = [web.render(first_line, min(100, 100 + lines - first_line)) for first_line in range(100, 100 + lines, 100)]
    different = int((np.concatenate(pieces) != whole).sum())
    return Check("pixels that differ between two webs of a seed", "0", str(different), different == 0)
