"""One web under several cameras: each shows the same web from its own place, with its own errors."""

import cv2
import numpy as np
import pytest
from pydantic import ValidationError

from camera.errors import SettingsError
from camera.web import CameraPlace, Material, PlacedWeb, PlantingRate, SimulatedWeb, View, WebSettings
from camera.web.camera_marks import MARK_CODES

pytestmark = pytest.mark.slow

PITCH_MM = 0.05
WEB = WebSettings(material=Material.SEPARATOR, severity=PlantingRate.DENSE, seed=11, width_px=900)
CLEAN = {"severity": PlantingRate.CLEAN}
LINES = 26_000


@pytest.mark.parametrize("changes", [{}, {"material": Material.ANODE, "bit_depth": 12, "flat_field": "none"}])
def test_from_the_plain_place_the_very_bytes_of_the_web_are_seen(changes):
    web = WEB.model_copy(update=changes)
    np.testing.assert_array_equal(PlacedWeb(web, CameraPlace()).render(1300, 700), SimulatedWeb(web).render(1300, 700))


def test_another_camera_over_the_same_web_has_other_noise_and_nothing_else():
    one, other = SimulatedWeb(WEB), SimulatedWeb(WEB.model_copy(update={"camera_seed": 77}))
    pixels = [web.render(1280, 256).astype(float) for web in (one, other)]
    assert 0.5 < np.std(pixels[0] - pixels[1]) < 4.0
    told = [
        [(o.key, o.md_mm, o.cd_mm) for o in web.objects(0, LINES) if o.kind not in MARK_CODES] for web in (one, other)
    ]
    assert told[0] == told[1]
    assert len(told[0]) >= 4


def test_in_every_light_the_same_objects_lie_at_the_same_place():
    for material in (Material.SEPARATOR, Material.ANODE):
        web = WEB.model_copy(update={"material": material})
        sheets = [
            {o.key: o for o in SimulatedWeb(CameraPlace(view=view).looks_at(web)).objects(0, LINES)} for view in View
        ]
        first = {key: o for key, o in sheets[0].items() if o.kind not in MARK_CODES}
        assert len(first) >= 4
        for sheet in sheets[1:]:
            assert {key for key, o in sheet.items() if o.kind not in MARK_CODES} == set(first)
            for key, o in first.items():
                there = sheet[key]
                assert (there.md_mm, there.cd_mm, there.area_mm2) == pytest.approx((o.md_mm, o.cd_mm, o.area_mm2))
                assert (there.top_line, there.left_px) == (o.top_line, o.left_px)
                np.testing.assert_array_equal(there.mask, o.mask)


PLACES = [
    CameraPlace(along_mm=6.4),
    CameraPlace(across_mm=22.5, width_px=450),
    CameraPlace(across_mm=0.31, along_mm=-0.17, width_px=880),
    CameraPlace(across_mm=45.0, is_mirrored=True),
    CameraPlace(across_mm=0.2, along_mm=400.0, rotation_mrad=3.0, scale=0.995, seed=5),
    CameraPlace(across_mm=44.9, is_mirrored=True, rotation_mrad=-2.0, scale=0.99),
]
SPOTTED = WEB.model_copy(update={"kinds": ("S01", "S07")})


class Witness:
    """A camera that sees the web with and without its objects, and so the objects alone."""

    def __init__(self, place: CameraPlace) -> None:
        self.shown, self.empty = (PlacedWeb(web, place) for web in (SPOTTED, SPOTTED.model_copy(update=CLEAN)))

    def sees(self, md_mm: float, cd_mm: float) -> tuple[float, float] | None:
        """Centre of the object nearby in mm: along by the encoder, across from the first column; None if none is in
        full view.
        """
        line, column = round(md_mm / PITCH_MM), round(cd_mm / PITCH_MM)
        pixels = self.shown.render(line - 40, 80).astype(float)
        if not 40 <= column <= pixels.shape[1] - 40:
            return None
        change = cv2.GaussianBlur(np.abs(pixels - self.empty.render(line - 40, 80)), (0, 0), 1.0)
        change = np.where(change > 4.0, change, 0.0)[:, column - 40 : column + 40]
        y, x = np.indices(change.shape) + 0.5
        if change.sum() == 0.0 or change[[0, -1]].any() or change[:, [0, -1]].any():
            return None
        middle = (change * y).sum() / change.sum() - 40, (change * x).sum() / change.sum() - 40
        return (line + middle[0]) * PITCH_MM, (column + middle[1]) * PITCH_MM


@pytest.fixture(scope="module")
def where_they_lie():
    plain = Witness(CameraPlace())
    objects = SimulatedWeb(SPOTTED).objects(200, 60_000)
    seen = (plain.sees(o.md_mm, o.cd_mm) for o in objects if o.kind not in MARK_CODES and o.snr > 30.0)
    return [place for place in seen if place is not None]


@pytest.mark.parametrize("place", PLACES)
def test_each_camera_shows_an_object_where_its_place_says(place, where_they_lie):
    camera, found = Witness(place), 0
    for on_web in where_they_lie[:8]:
        expected = place.seen_at(*on_web)
        seen = camera.sees(*expected)
        if seen is not None:
            found += 1
            assert seen == pytest.approx(expected, abs=0.2 * PITCH_MM)
    assert found >= 2


def test_two_cameras_side_by_side_show_their_overlap_alike_and_each_with_its_own_noise():
    web = WEB.model_copy(update={"material": Material.ANODE})
    left = PlacedWeb(web, CameraPlace(width_px=500, seed=1))
    right = PlacedWeb(web, CameraPlace(width_px=460, across_mm=440 * PITCH_MM, seed=2))
    both = [left.render(2560, 512)[:, 440:].astype(float), right.render(2560, 512)[:, :60].astype(float)]
    assert not np.array_equal(*both)
    smooth = [cv2.blur(part, (5, 5)) for part in both]
    assert np.corrcoef(smooth[0].ravel(), smooth[1].ravel())[0, 1] > 0.9
    elsewhere = cv2.blur(right.render(2560, 512)[:, 60:120].astype(float), (5, 5))
    assert abs(np.corrcoef(smooth[0].ravel(), elsewhere.ravel())[0, 1]) < 0.5


def test_lines_do_not_depend_on_how_they_are_asked_for():
    place = CameraPlace(across_mm=0.31, along_mm=3.33, rotation_mrad=2.0, scale=1.001, width_px=850)
    whole = PlacedWeb(WEB, place).render(0, 700)
    web = PlacedWeb(WEB, place)
    parts = [web.render(first, lines) for first, lines in ((600, 100), (0, 70), (70, 1), (71, 529))]
    np.testing.assert_array_equal(np.concatenate([*parts[1:], parts[0]]), whole)


def test_before_the_web_has_come_to_a_roller_its_camera_sees_lines_like_the_first():
    late = PlacedWeb(WEB, CameraPlace(along_mm=20.0)).render(0, 400).astype(float)
    smooth = cv2.blur(late, (5, 51))
    assert np.abs(smooth[100] - smooth[300]).max() < 4.0


@pytest.mark.parametrize(
    ("web", "place", "words"),
    [
        (WEB, CameraPlace(across_mm=30.0), "looks at 30 .. 75 mm"),
        (WEB, CameraPlace(is_mirrored=True), "looks at -45 .. 0 mm"),
        (WEB.model_copy(update={"seam_px": 400}), CameraPlace(), "seam_px 400"),
    ],
)
def test_places_beside_the_web_and_seams_are_refused_in_words(web, place, words):
    with pytest.raises(SettingsError, match=words):
        PlacedWeb(web, place)


def test_back_light_has_no_side():
    with pytest.raises(ValidationError, match="leave side out"):
        CameraPlace(view="back-light", side="B")
