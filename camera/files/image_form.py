"""What an image file says of itself before a pixel of it is decoded, and what is asked of it."""

from dataclasses import dataclass

import cv2
import numpy as np

from camera.errors import UnexpectedImage, UnreadableImage
from camera.frame import Pixels
from camera.settings import MAX_MPX

_SOUND_BITS = (8, 16)


@dataclass(frozen=True, slots=True)
class ImageForm:
    """A grey image's measure, as its header announces it."""

    width_px: int
    height_px: int
    bits: int
    """Bits of a pixel in the file: 8 or 16."""

    @property
    def row_bytes(self) -> int:
        """Bytes of a line of pixels."""
        return self.width_px * self.bits // 8

    @property
    def image_bytes(self) -> int:
        """Bytes of all pixels."""
        return self.row_bytes * self.height_px


@dataclass(frozen=True, slots=True)
class WantedImage:
    """What an image has to be, so that decoding it can't take more memory than is meant for one."""

    max_mpx: float = MAX_MPX
    """Most pixels, in millions."""
    width_px: int | None = None
    """None: any; else that of the first image of the folder. So for `bits`."""
    bits: int | None = None
    """Bits of a pixel in the file: 8 or 16."""
    bit_depth: int | None = None
    """Bits of a pixel that the sensor delivers: 8, 10, 12 or 16; None: all that the file has."""

    @property
    def max_file_bytes(self) -> int:
        """No file of a wanted image is larger: two bytes for each pixel, and room for what a camera writes beside."""
        return int(self.max_mpx * 2e6) + 2**24

    def check(self, form: ImageForm) -> None:
        """Raises UnreadableImage for a size that nobody can mean, UnexpectedImage for another one than is wanted."""
        if form.width_px < 1 or form.height_px < 1:
            raise UnreadableImage(f"is damaged: its header says {form.width_px} x {form.height_px} px")
        if form.width_px * form.height_px > self.max_mpx * 1e6:
            raise UnreadableImage(
                f"would be {form.width_px} x {form.height_px} px, expected at most {self.max_mpx:g} million pixels; "
                "it was not decoded. If such images are meant, raise max_mpx"
            )
        if form.bits not in _SOUND_BITS:
            raise UnreadableImage(f"has {form.bits} bits a pixel, expected 8 or 16; save it with 8 or 16 bits")
        if (form.width_px, form.bits) != (self.width_px or form.width_px, self.bits or form.bits):
            raise UnexpectedImage(
                f"is {form.width_px} px wide with {form.bits} bits a pixel, expected {self.width_px} px and "
                f"{self.bits} bits like the first image; keep images of one camera setting in one folder"
            )

    def check_pixels(self, pixels: Pixels) -> None:
        """Raises UnexpectedImage for grey values that a sensor of this depth can't deliver."""
        file_bits = pixels.dtype.itemsize * 8
        if self.bit_depth is None or self.bit_depth == file_bits:
            return
        if self.bit_depth > file_bits:
            raise UnexpectedImage(
                f"has {file_bits} bits a pixel, expected {self.bit_depth}; correct bit_depth, or export it with 16 bits"
            )
        if (brightest := int(pixels.max())) >= 2**self.bit_depth:
            raise UnexpectedImage(
                f"has pixels of {brightest}, expected at most {2**self.bit_depth - 1} with a bit depth of "
                f"{self.bit_depth}; correct bit_depth"
            )


def likely_bit_depth(pixels: Pixels) -> int | None:
    """10 or 12 if an image of 16 bits has no brighter pixel than these can hold, else None.

    >>> likely_bit_depth(np.full((2, 2), 3000, np.uint16))
    12
    """
    if pixels.dtype.itemsize == 1:
        return None
    brightest = int(pixels.max())
    return next((bits for bits in (10, 12) if 2 ** (bits - 2) <= brightest < 2**bits), None)


def refuse_colours(channels: int) -> None:
    """Raises UnreadableImage for anything but one channel."""
    if channels != 1:
        raise UnreadableImage(f"has {channels} colour channels, expected a grey image with 1; save it as greyscale")


def refuse_several(pictures: int) -> None:
    """Raises UnreadableImage for a file of several pictures: a decision about one would pass over the others."""
    if pictures > 1:
        raise UnreadableImage(
            f"holds {pictures} pictures, expected 1; none was looked at. Save each picture as a file of its own"
        )


def decoded(content: bytes, form: ImageForm) -> Pixels:
    """(height, width) uint8 or uint16 of a file that is known to be sound. Raises UnreadableImage."""
    try:
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise UnreadableImage(f"is damaged, the decoder gave up ({error.err}); export the image again") from error
    if image is None:
        raise UnreadableImage("is damaged, it can't be decoded; export the image again")
    if image.shape != (form.height_px, form.width_px) or image.dtype.itemsize * 8 != form.bits:
        raise UnreadableImage(
            f"decodes to {image.shape} {image.dtype}, expected {form.height_px} x {form.width_px} pixels of "
            f"{form.bits} bits as its header says; save it as a plain grey image"
        )
    return image.astype(np.uint8, copy=False) if form.bits == 8 else image.astype(np.uint16, copy=False)
