"""Texture without end from one cached plate: cells turned over, with random offset and sign, faded into each other."""

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.web import lattice
from camera.web.materials import Surface

Field = NDArray[np.float32]

STRIP_LINES = 128
"""Everything is rendered in strips of so many lines, aligned to the web's line 0: so a pixel never depends on
how the lines were asked for."""
CACHED_LINES = 32
"""Lines of a strip, few enough to stay in the processor's cache from one step to the next."""
CELL_LINES = 1024
FADE_LINES = 128
PLATE_LINES = 1024
SLACK_PX = 256
"""Room for the random offset across the web."""


def plate_columns(width_px: int) -> int:
    """Columns of a plate that serves a web of that width: room for the offset, and a size the FFT likes.

    >>> plate_columns(2048)
    2304
    """
    return -(-(width_px + SLACK_PX) // 128) * 128


def make_plate(surface: Surface, pitch_um: float, psf_px: float, columns: int, seed: int) -> Field:
    """(PLATE_LINES, columns) zero-mean relative texture, as the optics show it; periodic both ways.

    White noise shaped in the frequency domain to `plate_power` and the optics' transfer function.
    """
    rng = np.random.default_rng([seed, 11])
    spectrum = np.fft.rfft2(rng.standard_normal((PLATE_LINES, columns), dtype=np.float32))
    fy = np.fft.fftfreq(PLATE_LINES).astype(np.float32)[:, None]
    fx = np.fft.rfftfreq(columns).astype(np.float32)[None, :]
    total = plate_power(surface, pitch_um, fy, fx)
    total[0, 0] = 0.0
    shaped = np.fft.irfft2(spectrum * (np.sqrt(total) * transfer(psf_px, fy, fx)), s=(PLATE_LINES, columns))
    return np.asarray(shaped, np.float32)


def plate_power(surface: Surface, pitch_um: float, fy: Field, fx: Field) -> Field:
    """Power spectrum of the relative texture before optics: grain, mottle and rolling lines (section 4.4).

    fy (rows, 1) and fx (1, columns): frequencies in cycles per pixel. The mean over the plane is the variance.
    """
    pitch_mm = pitch_um / 1000.0
    grain_px = 0.0 if pitch_um >= 20.0 else 0.015 / pitch_mm
    total = surface.grain_cv**2 * power(grain_px, grain_px, 3.0, fy, fx)
    for mottle_mm in (0.3, 1.2):
        total += 0.5 * surface.mottle_cv**2 * power(mottle_mm / pitch_mm, mottle_mm / pitch_mm, 3.0, fy, fx)
    if surface.rolling_cv > 0.0:
        total += surface.rolling_cv**2 * power(10.0 / pitch_mm, 0.035 / pitch_mm, 2.0, fy, fx)
    return total


def power(md_px: float, cd_px: float, beta: float, fy: Field, fx: Field) -> Field:
    """S(f) = (1 + (2 pi L f)^2)^(-beta/2) of mean 1, L the correlation lengths in pixels."""
    shape = (1.0 + (2.0 * np.pi) ** 2 * ((md_px * fy) ** 2 + (cd_px * fx) ** 2)) ** (-beta / 2.0)
    return np.asarray(shape / shape.mean(), np.float32)


def transfer(psf_px: float, fy: Field, fx: Field) -> Field:
    """What optics of that Gaussian sigma leave of each frequency's amplitude."""
    return np.asarray(np.exp(-2.0 * (np.pi * psf_px) ** 2 * (fy**2 + fx**2)), np.float32)


_TURNS = (None, 0, 1, -1)
"""As laid, upside down, mirrored, both (codes of cv2.flip). The texture's statistics are the same in all four, and a
plate does not resemble itself turned over: only the fourth cell after a cell can be recognised in it. A plate so tall
that none can would cost more time than the rest of a web."""


class EndlessTexture:
    """A plate, laid along the web for ever."""

    def __init__(self, plate: Field, seed: int) -> None:
        self.plate = plate
        self._seed = seed
        self._rows = np.concatenate([plate, plate[:STRIP_LINES]])
        turn = (np.arange(FADE_LINES, dtype=np.float32) + 0.5) / FADE_LINES * np.float32(np.pi / 2.0)
        # Cosine and sine keep the variance of a sum of two independent textures.
        self._fade_out = np.cos(turn)[:, None].astype(np.float32)
        self._fade_in = np.sin(turn)[:, None].astype(np.float32)

    def strip(self, first_line: int, width_px: int, salt: int = 0, columns: slice | None = None) -> Field:
        """(STRIP_LINES, width_px) relative texture for the strip that begins at `first_line`, or these columns of it.

        `salt` tells apart bands of the web that share the plate.
        """
        first, last, _ = (columns or slice(None)).indices(width_px)
        cell, local = divmod(first_line, CELL_LINES)
        strip = self._part(cell, local, width_px, salt, first, last)
        if local < FADE_LINES:
            fading = slice(local, local + STRIP_LINES)
            strip *= self._fade_in[fading]
            before = self._part(cell - 1, local + CELL_LINES, width_px, salt, first, last)
            strip += before * self._fade_out[fading]
        return strip

    def _part(self, cell: int, local: int, width_px: int, salt: int, first: int, last: int) -> Field:
        down, across, sign = lattice.uniform(self._seed + 7919 * salt, np.arange(3) + 3 * (cell + 1))
        turn = _TURNS[(cell + salt) % len(_TURNS)]
        start = int(down * PLATE_LINES)
        row = (start - local - STRIP_LINES if turn in (0, -1) else start + local) % PLATE_LINES
        column = int(across * (self.plate.shape[1] - width_px + 1))
        column += width_px - last if turn in (1, -1) else first
        view = self._rows[row : row + STRIP_LINES, column : column + last - first]
        if turn is None:
            return np.asarray(view * np.float32(1.0 if sign < 0.5 else -1.0))
        part = np.asarray(cv2.flip(view, turn), np.float32)
        return part if sign < 0.5 else np.negative(part, out=part)
