"""An image file with a hole in it, anywhere, of any size, filled with anything, never makes a bad piece a good one."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from camera.errors import UnreadableImage
from camera.files.image_file import read_image
from camera.frame import Frame, FrameId
from inspection.judging.findings import Carried
from inspection.model.shelf import find_model
from inspection.pipeline import Pipeline
from inspection.recipe.recipe import default_recipe
from inspection.values import Verdict

PROJECT = Path(__file__).resolve().parents[2]
SAMPLES = PROJECT / "sample_images"
SIDE_PX, PITCH_UM = 512, 50.0
TIFF_NONE, TIFF_LZW, TIFF_DEFLATE = 1, 5, 8
FORMATS = {
    "png": (".png", [cv2.IMWRITE_PNG_COMPRESSION, 1]),
    "jpeg": (".jpg", [cv2.IMWRITE_JPEG_QUALITY, 98]),
    "tiff": (".tif", [cv2.IMWRITE_TIFF_COMPRESSION, TIFF_NONE]),
    "tiff-lzw": (".tif", [cv2.IMWRITE_TIFF_COMPRESSION, TIFF_LZW]),
    "tiff-deflate": (".tif", [cv2.IMWRITE_TIFF_COMPRESSION, TIFF_DEFLATE]),
    "bmp": (".bmp", []),
}
CHECKED = ("png", "tiff-deflate")
"""Formats with a checksum over their content: not one changed byte goes unseen."""
RUN_LENGTH = 60
"""Bytes: what changes fewer can make another picture where there is no checksum (docs/reference/faults.md)."""
SEARCH = (
    settings()
    if settings.get_current_profile_name() == "long"
    else settings(max_examples=60, derandomize=True, deadline=None)
)
MATERIALS = ("anode", "cathode", "separator")


@dataclass(frozen=True)
class Hole:
    """What became of a stretch of a file."""

    start: float
    """Part of the file before it."""
    length: int
    filling: str

    def applied(self, content: bytes) -> bytes:
        first = int(self.start * len(content))
        end = min(first + self.length, len(content))
        length = end - first
        rng = np.random.default_rng(length)
        new = {
            "zeros": lambda: b"\0" * length,
            "ones": lambda: b"\xff" * length,
            "noise": lambda: rng.integers(0, 256, length, np.uint8).tobytes(),
            "earlier bytes": lambda: (content[max(0, first - length) : first] + b"\0" * length)[:length],
            "cut out": lambda: b"",
            "doubled": lambda: content[first:end] * 2,
            "shuffled": lambda: bytes(rng.permutation(np.frombuffer(content[first:end], np.uint8))),
        }[self.filling]()
        return content[:first] + new + content[end:]


FILLINGS = ("zeros", "ones", "noise", "earlier bytes", "cut out", "doubled", "shuffled")
HOLES = st.builds(
    Hole,
    start=st.floats(0.0, 1.0, exclude_max=True),
    length=st.one_of(st.integers(1, 64), st.integers(64, 4096), st.integers(4096, 300_000)),
    filling=st.sampled_from(FILLINGS),
)


@cache
def pipeline(material: str) -> Pipeline:
    recipe = default_recipe(material, "bright-field")
    return Pipeline(recipe, find_model(PROJECT / "models", recipe.model.name))


def judged(material: str, pixels) -> Verdict:
    frame = Frame(
        FrameId("cam0", 1, 1), pixels, 8, PITCH_UM, PITCH_UM, 0.0, None, datetime.now(UTC), time.monotonic_ns()
    )
    judge = pipeline(material)
    return judge.conclude(judge.inspect(frame), Carried.START)[0].verdict


@cache
def bad_blocks(material: str) -> list[np.ndarray]:
    """Sample images that are rejected as they are, and as a JPEG shows them."""
    names = sorted(SAMPLES.glob(f"{material}-bright-field-[ES]*.png"))
    images = [np.asarray(cv2.imread(str(name), cv2.IMREAD_UNCHANGED)) for name in names]
    bad = [image for image in images if image.shape == (SIDE_PX, SIDE_PX) and is_bad_in_any_format(material, image)]
    assert len(bad) >= 2, "too few samples to show anything"
    return bad


def is_bad_in_any_format(material: str, image: np.ndarray) -> bool:
    jpeg = cv2.imencode(".jpg", image, FORMATS["jpeg"][1])[1]
    again = np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_UNCHANGED))
    return {judged(material, image), judged(material, again)} == {Verdict.REJECT}


@cache
def file_of(material: str, number: int, form: str) -> bytes:
    suffix, options = FORMATS[form]
    bad = bad_blocks(material)
    return cv2.imencode(suffix, bad[number % len(bad)], options)[1].tobytes()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("form", FORMATS)
@settings(SEARCH, suppress_health_check=list(HealthCheck))
@given(material=st.sampled_from(MATERIALS), number=st.integers(0, 11), hole=HOLES)
def test_a_hole_in_a_file_never_makes_a_bad_piece_good(tmp_path, form, material, number, hole):
    content = file_of(material, number, form)
    spoilt = hole.applied(content)
    path = tmp_path / f"block{FORMATS[form][0]}"
    path.write_bytes(spoilt)
    try:
        pixels = read_image(path)
    except UnreadableImage as error:
        note(str(error))
        return
    if spoilt == content:
        return
    original = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if form in CHECKED:
        assert np.array_equal(pixels, original), "a changed picture passed in a format with a checksum"
    assert judged(material, pixels) is not Verdict.ACCEPT or hole.length < RUN_LENGTH, "a spoilt bad piece was accepted"
