"""Pictures for the eye, and what was found in them."""

import tracemalloc
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest

from camera.frame import FrameId
from inspection.pages.frame.saved_frames import Look, SavedFrames
from inspection.store.database import Database
from inspection.store.decisions import SavedFrame, Store
from inspection.store.frame_files import FrameFiles
from inspection.store.frame_index import FrameIndex
from inspection.values import Box, Verdict
from tests.inspection.pages.plant import HEIGHT, WIDTH, fill, picture


@pytest.fixture(params=[8, 12])
def frames(tmp_path, request):
    fill(tmp_path, 20, bit_depth=request.param)
    database = Database.in_file(tmp_path / "store.db")
    store = Store(database)
    yield SavedFrames(FrameFiles(tmp_path / "frames", store), store), request.param
    database.close()


def decoded(png: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)


def test_a_whole_frame_comes_in_eight_bits_from_any_depth(frames):
    saved, bit_depth = frames
    pixels = decoded(saved.png(10, Look()))
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels, picture(bit_depth) >> (bit_depth - 8))


def test_a_region_is_cut_at_full_resolution_and_clipped_to_the_frame(frames):
    saved, _ = frames
    whole = decoded(saved.png(10, Look()))
    np.testing.assert_array_equal(decoded(saved.png(10, Look(Box(30, 10, 70, 30)))), whole[10:30, 30:70])
    np.testing.assert_array_equal(decoded(saved.png(10, Look(Box(100, 50, 900, 900)))), whole[50:, 100:])
    assert decoded(saved.png(10, Look(Box(5000, 5000, 6000, 6000)))).shape == (1, 1)


def test_a_smaller_picture_is_smaller(frames):
    saved, _ = frames
    assert decoded(saved.png(10, Look(scale=0.25))).shape == (HEIGHT // 4, WIDTH // 4)


def test_contrast_is_stretched_between_two_grey_values_of_the_frames_depth(frames):
    saved, bit_depth = frames
    low, high = 2**bit_depth // 4, 2**bit_depth // 2
    stretched = decoded(saved.png(10, Look(low=low, high=high)))[0]
    original = picture(bit_depth)[0]
    assert (stretched[original <= low] == 0).all()
    assert (stretched[original >= high] == 255).all()
    assert 100 < stretched[np.argmin(np.abs(original.astype(int) - (low + high) // 2))] < 155


def test_what_is_not_kept_is_none(frames):
    saved, _ = frames
    assert saved.png(11, Look()) is None
    assert saved.png(999, Look()) is None
    assert saved.findings(999) is None
    assert saved.findings(11)["has_image"] is False


def test_defects_come_with_outlines_in_pixels_of_the_frame(frames):
    saved, bit_depth = frames
    findings = saved.findings(10)
    assert (findings["width_px"], findings["height_px"], findings["bit_depth"]) == (WIDTH, HEIGHT, bit_depth)
    (defect,) = findings["defects"]
    assert defect["is_reason"]
    (outline,) = defect["outlines"]
    columns, rows = zip(*outline, strict=True)
    assert (min(columns), max(columns), min(rows), max(rows)) == (33, 46, 12, 17)


def test_a_small_picture_is_kept_and_a_whole_frame_is_not(frames, tmp_path):
    saved, bit_depth = frames
    small = saved.png(10, Look(Box(30, 10, 70, 30)))
    whole = saved.png(20, Look())
    assert whole is not None
    for file in (tmp_path / "frames").rglob("*.png"):
        file.unlink()
    assert saved.png(10, Look(Box(30, 10, 70, 30))) == small
    assert saved.png(10, Look(Box(30, 10, 70, 31))) is None
    if bit_depth == 8:
        assert saved.png(20, Look()) is None


def test_however_many_frames_are_looked_at_memory_stays_as_it_was(tmp_path):
    fill(tmp_path, 20)
    database = Database.in_file(tmp_path / "store.db")
    store = Store(database)
    saved = SavedFrames(FrameFiles(tmp_path / "frames", store), store)
    (tmp_path / "frames" / "large.png").write_bytes(cv2.imencode(".png", noise(side=1024))[1].tobytes())
    now = datetime.now(UTC)
    FrameIndex(database).note_saved_frames(
        [SavedFrame(1, FrameId("cam0", 1, n), "large.png", Verdict.ACCEPT, 8, 1, now) for n in range(1, 10)]
    )
    saved.png(9, Look(Box(0, 0, 256, 160)))
    tracemalloc.start()
    for sequence in range(1, 9):
        assert saved.png(sequence, Look(Box(0, 0, 256, 160))) is not None
        assert saved.png(sequence, Look()) is not None
    grown_bytes, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    database.close()
    assert peak_bytes > 1024 * 1024, "a frame was in memory"
    assert grown_bytes < 1024 * 1024


def noise(side: int) -> np.ndarray:
    """(side, side) uint8 that no file makes smaller."""
    return np.random.default_rng(1).integers(0, 256, (side, side), np.uint8)


def test_findings_tell_a_frames_size_out_of_the_files_head_and_nothing_of_a_file_that_is_none(frames, tmp_path):
    saved, bit_depth = frames
    told = saved.findings(10)
    assert (told["width_px"], told["height_px"], told["bit_depth"]) == (WIDTH, HEIGHT, bit_depth)
    (path,) = tmp_path.glob("frames/**/0000000010-*.png")
    content = path.read_bytes()
    path.write_bytes(content[:40])
    assert saved.findings(10) == told, "no more than the head is read"
    for damaged in (b"", content[:20], b"no picture".ljust(40)):
        path.write_bytes(damaged)
        found = saved.findings(10)
        assert (found["has_image"], found["width_px"], found["height_px"]) == (False, None, None)
        assert found["defects"] == told["defects"]
