"""Where a camera looks at the web, found from what it and another one show, against the truth of a simulated web."""

from datetime import UTC, datetime

import numpy as np
import pytest

from camera.frame import Frame, FrameId
from camera.web import CameraPlace, Material, PlacedWeb, PlantingRate, View, WebSettings
from inspection.errors import RegistrationError
from inspection.vision.placement import Placement
from inspection.vision.registration.fit import Search
from inspection.vision.registration.register import MOST_RESIDUAL_MM, register

PITCH_MM, LINES = 0.05, 1024
FIRST_LINE = 9000
WIDE = WebSettings(material=Material.ANODE, severity=PlantingRate.DENSE, seed=11, width_px=1024)
BESIDE = WebSettings(material=Material.ANODE, severity=PlantingRate.CLEAN, seed=11, width_px=1100)


def frames(pixels: np.ndarray, camera: str, first_line: int, bit_depth: int = 8) -> list[Frame]:
    """Lines of web as a camera hands them out."""
    return [
        Frame(
            FrameId(camera, 1, number), part, bit_depth, 50.0, 50.0, (first_line + number * LINES) * PITCH_MM, 20.0,
            datetime.now(UTC), 0,
        )
        for number, part in enumerate(np.split(pixels, len(pixels) // LINES))
    ]  # fmt: skip


def shown(web: WebSettings, place: CameraPlace, camera: str, count: int, first_line: int = FIRST_LINE) -> list[Frame]:
    return frames(PlacedWeb(web, place).render(first_line, count * LINES), camera, first_line, web.bit_depth)


def placed(place: CameraPlace, view: str) -> Placement:
    return Placement(view, place.across_mm, place.along_mm, place.is_mirrored, place.scale, place.rotation_mrad)


def off_mm(found: Placement, truth: CameraPlace, columns: tuple[float, ...]) -> float:
    """How far from the truth the place puts what these columns (in mm) show."""
    true = placed(truth, found.view)
    return max(np.hypot(found.cd_mm(x) - true.cd_mm(x), found.md_mm(0.0, x) - true.md_mm(0.0, x)) for x in columns)


@pytest.fixture(scope="module")
def bright():
    return shown(WIDE, CameraPlace(view=View.BRIGHT_FIELD), "cam0", 14)


@pytest.mark.parametrize(
    "truth",
    [
        CameraPlace(across_mm=0.61, along_mm=403.7, rotation_mrad=3.0, scale=0.997),
        CameraPlace(across_mm=50.9, along_mm=398.2, rotation_mrad=-2.0, is_mirrored=True),
    ],
)
def test_in_another_light_a_camera_is_found_by_marks_where_it_is(bright, truth):
    truth = truth.model_copy(update={"view": View.DARK_FIELD, "seed": 5, "width_px": 1000})
    seen = shown(WIDE, truth, "cam1", 14, FIRST_LINE + 8000)
    told = Placement("dark-field", along_mm=400.0)  # nobody has said that it is mirrored
    found = register(seen, bright, Placement("bright-field"), told, Search())
    assert found.is_wide
    assert found.placement.is_mirrored is truth.is_mirrored
    assert off_mm(found.placement, truth, (0.0, 25.0, 50.0)) < 0.1
    assert found.residual_mm < MOST_RESIDUAL_MM


def test_a_hole_is_dark_to_one_camera_and_bright_to_the_other():
    rng = np.random.default_rng(3)
    shape = 6 * LINES, 800
    one, other = (rng.normal(120.0, 3.0, shape) for _ in range(2))
    for y, x in rng.integers((60, 60), (shape[0] - 60, 700), (40, 2)):
        one[y : y + 6, x : x + 6] -= 60.0
        other[y - 20 : y - 14, x + 31 : x + 37] += 60.0  # 1 mm sooner, 1.55 mm nearer to the other border
    seen, lead = (frames(np.clip(pixels, 0, 255).astype(np.uint8), name, 0) for name, pixels in
                  (("cam1", other), ("cam0", one)))  # fmt: skip
    found = register(seen, lead, Placement("bright-field"), Placement("back-light"), Search())
    assert found.placement.across_mm == pytest.approx(-1.55, abs=0.02)
    assert found.placement.along_mm == pytest.approx(-1.0, abs=0.02)
    assert found.placement.scale == pytest.approx(1.0, abs=1e-3)
    assert found.marks >= 30


@pytest.fixture(scope="module")
def left():
    return CameraPlace(width_px=560), shown(BESIDE, CameraPlace(width_px=560), "cam0", 10)


@pytest.mark.parametrize(
    ("truth", "told_mm"),
    [
        (CameraPlace(across_mm=26.5 + 0.31, along_mm=0.37, width_px=540), 26.5),
        (CameraPlace(across_mm=54.3, along_mm=-0.2, width_px=560, is_mirrored=True, rotation_mrad=1.5), 26.5),
    ],
)
def test_side_by_side_a_camera_is_found_by_the_texture_of_thirty_columns(left, truth, told_mm):
    truth = truth.model_copy(update={"seed": 5})
    place, lead = left
    seen = shown(BESIDE, truth, "cam1", 10)
    # A camera's turn can't be seen in so few columns; seen from the other side it is the other way round.
    told = Placement("top", told_mm, rotation_mrad=-truth.rotation_mrad if truth.is_mirrored else 0.0)
    found = register(seen, lead, placed(place, "top"), told, Search(5.0, 2.0))
    assert found.placement.is_mirrored is truth.is_mirrored
    assert not found.is_wide
    assert off_mm(found.placement, truth, (27.0 if truth.is_mirrored else 0.8,)) < 0.03


def test_the_left_one_of_two_cameras_is_found_by_the_right_one(left):
    place, lead = left
    truth = CameraPlace(across_mm=26.81, along_mm=0.37, width_px=540, seed=5)
    right = shown(BESIDE, truth, "cam1", 10)
    found = register(lead, right, placed(truth, "top"), Placement("top", 0.4), Search(5.0, 2.0))
    assert off_mm(found.placement, place, (27.5,)) < 0.03


def noise(camera: str, seed: int, width_px: int = 800) -> list[Frame]:
    pixels = np.random.default_rng(seed).normal(120.0, 3.0, (8 * LINES, width_px))
    return frames(np.clip(pixels, 0, 255).astype(np.uint8), camera, 0)


def test_a_web_without_marks_is_no_answer_and_says_what_to_do():
    with pytest.raises(RegistrationError, match=r"too few marks that both cameras show: 0 fit.*at least 6.*--frames"):
        register(noise("cam1", 1), noise("cam0", 2), Placement("bright-field"), Placement("back-light"), Search())


def test_cameras_side_by_side_that_share_nothing_are_no_answer():
    told = Placement("top", 38.5)
    with pytest.raises(RegistrationError, match="no texture in common at their border"):
        register(noise("cam1", 1), noise("cam0", 2), Placement("top"), told, Search(5.0, 1.0))


def test_marks_that_each_camera_has_for_itself_are_no_answer():
    def spotted(camera: str, seed: int) -> list[Frame]:
        rng = np.random.default_rng(seed)
        pixels = rng.normal(120.0, 3.0, (8 * LINES, 800))
        for y, x in rng.integers((20, 20), (8 * LINES - 20, 780), (150, 2)):
            pixels[y : y + 6, x : x + 6] -= 60.0
        return frames(np.clip(pixels, 0, 255).astype(np.uint8), camera, 0)

    with pytest.raises(RegistrationError, match=r"do not say where it looks|too few marks"):
        register(spotted("cam1", 1), spotted("cam0", 2), Placement("bright"), Placement("back"), Search())


def test_marks_that_repeat_are_no_answer():
    def dotted(camera: str, seed: int) -> list[Frame]:
        pixels = np.random.default_rng(seed).normal(120.0, 3.0, (8 * LINES, 800))
        for y in range(100, 8 * LINES - 100, 200):
            pixels[y : y + 6, 100:106] -= 60.0
            pixels[y : y + 6, 600:606] -= 60.0
        return frames(np.clip(pixels, 0, 255).astype(np.uint8), camera, 0)

    with pytest.raises(RegistrationError, match="whose marks do not repeat"):
        register(dotted("cam1", 1), dotted("cam0", 2), Placement("bright"), Placement("back"), Search())


def test_without_frames_there_is_no_answer():
    with pytest.raises(RegistrationError, match="no whole frames"):
        register([], noise("cam0", 2), Placement("top"), Placement("top"), Search())
