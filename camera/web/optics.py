"""What lens and pixel do: a Gaussian blur that grows towards the ends of the field (numbers note, section 4.5)."""

import cv2
import numpy as np
from numpy.typing import NDArray


def psf_sigma_px(centre_px: float, column: float, width_px: int) -> float:
    """Sigma at a column: `centre_px` in the middle, half as much again at the ends.

    >>> psf_sigma_px(0.6, 0.0, 2000), psf_sigma_px(0.6, 1000.0, 2000)
    (0.8999999999999999, 0.6)
    """
    off_axis = min(1.0, abs(column / (width_px / 2.0) - 1.0))
    return centre_px * (1.0 + 0.5 * off_axis**2)


def blur(patch: NDArray[np.float32], sigma_px: float, smear_px: float = 0.0) -> NDArray[np.float32]:
    """The patch as the lens shows it; same shape. Its border is taken to go on outside.

    `smear_px`: deviation of what else blurs it along the machine, joined to the lens' own.
    """
    along = float(np.hypot(sigma_px, smear_px))
    blurred = cv2.GaussianBlur(patch, (0, 0), sigmaX=sigma_px, sigmaY=along, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(blurred, np.float32)
