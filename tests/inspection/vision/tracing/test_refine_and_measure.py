from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspection.recipe.recipe import Layout
from inspection.values import Box, Candidate, Defect
from inspection.vision.measure import measure
from inspection.vision.tracing.refine import refine
from tests.support.drawing import candidate, disc, expose, plant, rod, web

PITCH_MM = 0.05


def measured(image: np.ndarray, *candidates, layout: Layout | None = None, start_mm: float = 0.0) -> list[Defect]:
    return [
        measure(
            region,
            pitch_x_um=50.0,
            pitch_y_um=50.0,
            start_mm=start_mm,
            height_px=image.shape[0],
            layout=layout or Layout(),
        )
        for region in refine(image, candidates, 0.75)
    ]


@pytest.mark.parametrize("diameter", [2.5, 4.0, 6.0, 10.0, 20.0, 40.0])
@pytest.mark.parametrize("contrast", [-20.0, 100.0])
def test_discs_measure_their_true_size_at_any_place_within_a_pixel(diameter, contrast):
    errors = []
    for seed, (dx, dy) in enumerate([(0.0, 0.0), (0.25, 0.5), (0.5, 0.1), (0.7, 0.9)]):
        x, y = 64.0 + dx, 70.0 + dy
        scene = web(140, 128)
        plant(scene, disc(diameter), x, y, contrast)
        image = expose(scene, seed=seed)
        (defect,) = measured(image, candidate("E01", x, y, diameter / 2, diameter / 2, image))
        assert defect.md_mm == pytest.approx(y * PITCH_MM, abs=0.02)
        assert defect.cd_mm == pytest.approx(x * PITCH_MM, abs=0.02)
        errors.append((defect.diameter_mm / PITCH_MM - diameter, defect.length_mm / PITCH_MM - diameter))
    by_diameter, by_length = np.median(np.abs(errors), axis=0)
    assert by_diameter <= max(0.6, 0.03 * diameter)
    assert by_length <= max(1.1, 0.05 * diameter)


@pytest.mark.parametrize("contrast", [-15.0, 60.0, 150.0])
def test_contrast_is_that_of_the_object_before_it_was_blurred(contrast):
    for diameter in (3.0, 8.0, 20.0):
        scene = web(140, 128)
        plant(scene, disc(diameter), 64.3, 70.6, contrast)
        image = expose(scene)
        (defect,) = measured(image, candidate("E01", 64.3, 70.6, diameter / 2, diameter / 2, image))
        assert defect.contrast_percent == pytest.approx(contrast, rel=0.2)


@pytest.mark.parametrize(("length", "width", "degrees"), [(100, 3, 88), (60, 1.5, 5), (120, 6, 40), (80, 2.0, 90)])
def test_scratches_measure_length_and_width(length, width, degrees):
    scene = web(200, 200)
    plant(scene, rod(length, width, degrees), 100.2, 100.7, 40.0, reach=90)
    image = expose(scene)
    half = np.abs(length / 2 * np.cos(np.radians(degrees))) + 2, np.abs(length / 2 * np.sin(np.radians(degrees))) + 2
    (defect,) = measured(image, candidate("E09", 100.2, 100.7, *half, image))
    assert defect.length_mm / PITCH_MM == pytest.approx(length, abs=max(2.0, 0.05 * length))
    assert defect.width_mm / PITCH_MM == pytest.approx(width, abs=0.6)


def test_the_pieces_of_a_broken_scratch_are_one_object():
    scene = web(300, 100)
    for y in (60, 120, 190, 240):
        plant(scene, rod(36, 2, 90), 50.0, y, 30.0, reach=30)
    image = expose(scene)
    (defect,) = measured(image, candidate("E09", 50, 150, 4, 110, image))
    assert defect.length_mm / PITCH_MM == pytest.approx(258 - 42, abs=4)
    assert defect.width_mm / PITCH_MM == pytest.approx(2.0, abs=0.6)


@pytest.mark.parametrize("degrees", [90, 84, 30])
def test_a_scratch_that_the_network_saw_in_parts_is_followed_over_its_gap_and_to_its_ends(degrees):
    scene = web(420, 420)
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    for place in (-70, 40, 110):
        plant(scene, rod(90 if place < 0 else 50, 2.5, degrees), 210 + place * cos, 210 + place * sin, 12.0, reach=60)
    image = expose(scene)
    # Two of the three pieces, one of them in part.
    seen = [
        candidate("E09", 210 + place * cos, 210 + place * sin, half * abs(cos) + 2, half * sin + 2, image)
        for place, half in ((-60, 36), (40, 25))
    ]
    (defect,) = measured(image, *seen)
    assert defect.length_mm / PITCH_MM == pytest.approx(115 + 135, abs=8)
    assert defect.width_mm / PITCH_MM == pytest.approx(2.5, abs=0.7)
    assert defect.contrast_percent == pytest.approx(12.0, rel=0.25)


@pytest.mark.parametrize(
    ("other", "contrast"),
    [(((52, 2, 90), 220, 250), 30.0), (((52, 2, 40), 220, 240), 30.0), (((52, 2, 90), 200, 250), -25.0)],
)
def test_lines_beside_across_or_of_the_other_sign_stay_apart(other, contrast):
    scene = web(420, 420)
    plant(scene, rod(80, 2, 90), 200, 150, 30.0, reach=60)
    (length, width, degrees), x, y = other
    plant(scene, rod(length, width, degrees), x, y, contrast, reach=60)
    image = expose(scene)
    defects = measured(image, candidate("E09", 200, 150, 3, 40, image), candidate("E09", x, y, 20, 26, image))
    assert len(defects) == 2


@pytest.mark.slow
def test_many_scratches_that_touch_each_other_stay_within_the_frame():
    rng = np.random.default_rng(0)
    scene, seen = web(1024, 2048), []
    for _ in range(200):
        x, y, degrees = rng.uniform(60, 1980), rng.uniform(60, 960), rng.normal(90, 4)
        plant(scene, rod(60, 2, degrees), x, y, 40.0, reach=45)
        seen.append((x, y))
    image = expose(scene)
    defects = measured(image, *(candidate("E09", x, y, 4, 30, image) for x, y in seen))
    assert 100 < len(defects) <= 200
    for defect in defects:
        assert defect.mask.shape == (defect.box.height_px, defect.box.width_px)
        assert 0 <= defect.box.left < defect.box.right <= 2048
        assert 0 <= defect.box.top < defect.box.bottom <= 1024


def test_a_glint_on_a_stain_does_not_pass_for_the_stain():
    scene = web(260, 260)
    plant(scene, disc(120.0), 130.0, 130.0, -12.0, reach=80)
    plant(scene, disc(1.5), 150.0, 140.0, 250.0)
    defects = measured(expose(scene), candidate("E24", 130, 130, 60, 60, scene))
    stain, glint = sorted(defects, key=lambda d: -d.area_mm2)
    assert stain.diameter_mm / PITCH_MM == pytest.approx(120.0, rel=0.1)
    assert stain.contrast_percent == pytest.approx(-12.0, rel=0.2)
    assert glint.contrast_percent > 0.0
    assert glint.cd_mm / PITCH_MM == pytest.approx(150.0, abs=1.0)


@pytest.mark.parametrize("shade_percent", [-11.0, -20.0])
def test_the_lit_and_the_shaded_flank_of_a_blister_are_one_object(shade_percent):
    scene = web(160, 160)
    plant(scene, lambda x, y: (x * x + y * y <= 15.0**2) & (x < -3.0), 80.0, 80.0, 20.0)
    plant(scene, lambda x, y: (x * x + y * y <= 15.0**2) & (x > 3.0), 80.0, 80.0, shade_percent)
    (blister,) = measured(expose(scene, noise=0.3), candidate("E02", 80, 80, 15, 15, scene))
    assert blister.diameter_mm / PITCH_MM == pytest.approx(30.0, rel=0.1)
    assert blister.cd_mm / PITCH_MM == pytest.approx(80.0, abs=1.5)


@pytest.mark.parametrize(("kind", "scores"), [("S02", {"S02": 0.9}), ("S06", {"S06": 0.6, "S02": 0.4})])
def test_a_gel_is_as_large_as_its_faint_dark_rim(kind, scores):
    """A lens in the film: bright in the middle, with a rim that has less than half of the middle's contrast."""
    scene = web(160, 160)
    plant(scene, lambda x, y: (x * x + y * y > 4.0**2) & (x * x + y * y <= 8.0**2), 80.0, 80.0, -8.0)
    plant(scene, disc(8.0), 80.0, 80.0, 20.0)
    gel = replace(candidate(kind, 80, 80, 8, 8, scene), scores=scores)
    (measured_gel,) = measured(expose(scene, noise=1.0), gel)
    assert measured_gel.diameter_mm / PITCH_MM == pytest.approx(16.0, rel=0.15)


def test_only_what_may_be_a_relief_is_measured_with_its_dark_surroundings():
    scene = web(160, 160)
    plant(scene, lambda x, y: (x * x + y * y > 4.0**2) & (x * x + y * y <= 8.0**2), 80.0, 80.0, -8.0)
    plant(scene, disc(8.0), 80.0, 80.0, 20.0)
    lump = replace(candidate("S06", 80, 80, 8, 8, scene), scores={"S06": 0.6, "S02": 0.2})
    (measured_lump,) = measured(expose(scene, noise=1.0), lump)
    assert measured_lump.diameter_mm / PITCH_MM < 10.0


def test_metal_beside_a_scratch_does_not_pass_for_the_scratch():
    scene = web(340, 120)
    plant(scene, rod(240, 2.5, 90), 60.0, 170.0, 18.0, reach=130)
    plant(scene, disc(3.0), 56.0, 120.0, 150.0)
    defects = measured(expose(scene), candidate("E09", 60, 170, 5, 120, scene))
    assert len(defects) == 2
    assert max(d.length_mm for d in defects) / PITCH_MM == pytest.approx(240.0, abs=6)
    assert any(d.md_mm / PITCH_MM == pytest.approx(120.0, abs=1.5) for d in defects)


KINDS_OF_EACH_SHAPE = ("E01", "E06", "E09", "E13", "N01")


@pytest.mark.slow
@settings(max_examples=250, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_whatever_the_picture_and_the_candidates_what_is_measured_makes_sense(seed):
    """Noise of any kind, bars at random, candidates of any form."""
    rng = np.random.default_rng(seed)
    height, width = (int(size) for size in rng.integers(8, 300, 2))
    scene = rng.normal(rng.uniform(0, 255), rng.choice([0.0, 0.3, 2.0, 10.0, 60.0]), (height, width))
    for _ in range(int(rng.integers(0, 30))):
        y, x, long, short = int(rng.integers(height)), int(rng.integers(width)), *rng.integers(1, (40, 12))
        rows, columns = (long, short) if rng.random() < 0.5 else (short, long)
        scene[y : y + rows, x : x + columns] += rng.normal(0, 80)
    image = np.clip(scene, 0, 255).astype(np.uint8)
    candidates = []
    for _ in range(int(rng.integers(1, 8))):
        left, top = int(rng.integers(0, -(-width // 8))), int(rng.integers(0, -(-height // 8)))
        right, bottom = int(rng.integers(left + 1, -(-width // 8) + 1)), int(rng.integers(top + 1, -(-height // 8) + 1))
        cells = rng.random((bottom - top, right - left)) < rng.uniform(0.2, 1.0)
        cells[0, 0] = True
        box = Box(left * 8, top * 8, min(right * 8, width), min(bottom * 8, height))
        scores = {kind: float(rng.random()) for kind in KINDS_OF_EACH_SHAPE}
        candidates.append(Candidate(box, str(rng.choice(KINDS_OF_EACH_SHAPE)), scores, cells, 8))
    for defect in measured(image, *candidates):
        sizes = (defect.length_mm, defect.width_mm, defect.area_mm2)
        assert np.all(np.isfinite([*sizes, defect.contrast_percent, defect.snr, defect.md_mm, defect.cd_mm]))
        assert min(sizes) >= 0.0
        assert defect.mask.any()
        assert defect.mask.shape == (defect.box.height_px, defect.box.width_px)


@pytest.mark.parametrize("diameter", [2.5, 3.0, 4.0, 6.0])
def test_a_saturated_spot_is_measured_by_its_flanks(diameter):
    errors = []
    for seed in range(8):
        x, y = 64.0 + 0.13 * seed, 70.0 + 0.31 * seed
        scene = web(140, 128)
        plant(scene, disc(diameter), x, y, 420.0)
        image = expose(scene, seed=seed)
        assert image.max() == 255
        (defect,) = measured(image, candidate("E13", x, y, diameter / 2, diameter / 2, image))
        errors.append(defect.diameter_mm / PITCH_MM - diameter)
    assert np.median(np.abs(errors)) <= 0.4


def test_a_glint_far_beyond_saturation_stays_smaller_than_metal_of_three_pixels():
    sizes = []
    for seed in range(12):
        scene = web(140, 128)
        plant(scene, disc(1.1), 64.0 + 0.08 * seed, 70.5, 1400.0)
        image = expose(scene, seed=seed)
        assert image.max() == 255
        sizes.append(measured(image, candidate("E13", 64, 70, 1, 1, image))[0].diameter_mm / PITCH_MM)
    assert max(sizes) < 2.3


def test_the_dark_facet_of_a_small_bright_particle_belongs_to_it():
    scene = web(140, 128)
    left, right = (lambda x, y: (x * x + y * y <= 4.0) & (x < 0)), (lambda x, y: (x * x + y * y <= 4.0) & (x >= 0))
    plant(scene, left, 64.5, 70.5, 150.0)
    plant(scene, right, 64.5, 70.5, -60.0)
    (defect,) = measured(expose(scene), candidate("E13", 64.5, 70.5, 2, 2, scene))
    assert defect.diameter_mm / PITCH_MM == pytest.approx(4.0, abs=0.8)


def test_two_pinholes_in_one_candidate_are_two_objects():
    scene = web(120, 120)
    for x in (50.0, 62.0):
        plant(scene, disc(5.0), x, 60.0, 100.0)
    image = expose(scene)
    defects = measured(image, candidate("E01", 56, 60, 10, 3, image))
    assert sorted(round(d.cd_mm / PITCH_MM) for d in defects) == [50, 62]


def test_a_coating_edge_beside_a_pinhole_is_background():
    scene = web(140, 128)
    scene[:, 70:] = 200.0
    plant(scene, disc(6.0), 63.0, 70.0, 100.0)
    image = expose(scene)
    (defect,) = measured(image, candidate("E01", 63, 70, 3, 3, image))
    assert defect.diameter_mm / PITCH_MM == pytest.approx(6.0, abs=0.8)
    assert defect.cd_mm / PITCH_MM == pytest.approx(63.0, abs=0.4)


@pytest.mark.slow
def test_a_faint_stain_is_traced_through_noise():
    scene = web(700, 700)
    plant(scene, disc(240.0), 350.0, 350.0, -6.0, reach=200)
    image = expose(scene, noise=2.0)
    (defect,) = measured(image, candidate("E24", 350, 350, 120, 120, image))
    assert defect.diameter_mm / PITCH_MM == pytest.approx(240.0, rel=0.05)
    assert defect.length_mm / PITCH_MM == pytest.approx(240.0, rel=0.1)
    assert defect.contrast_percent == pytest.approx(-6.0, abs=1.0)


def test_a_streak_of_three_percent_that_no_pixel_shows_is_measured():
    scene = web(512, 300, level=62.0)
    scene[:, 140:148] *= 0.97
    image = expose(scene, noise=1.8)
    (defect,) = measured(image, candidate("E06", 144, 256, 4, 256, image))
    assert defect.width_mm / PITCH_MM == pytest.approx(8.0, abs=1.0)
    assert defect.length_mm / PITCH_MM == pytest.approx(512, abs=1)
    assert defect.contrast_percent == pytest.approx(-3.0, abs=0.5)
    assert defect.reaches_leading_edge
    assert defect.reaches_trailing_edge


def test_one_object_seen_by_two_candidates_is_counted_once():
    scene = web(120, 120)
    plant(scene, disc(8.0), 60.0, 60.0, 100.0)
    image = expose(scene)
    seen = [candidate("E01", 60, 60, 4, 4, image), candidate("E13", 62, 60, 4, 4, image)]
    (defect,) = measured(image, *seen)
    assert defect.kind == "E13"


def test_an_object_at_the_border_says_so_and_lies_in_its_lane():
    scene = web(120, 200)
    plant(scene, disc(10.0), 100.0, 119.0, 100.0)
    image = expose(scene)
    lanes = Layout.model_validate({"lanes": [{"left_mm": 0, "right_mm": 4}, {"left_mm": 4.5, "right_mm": 9}]})
    (defect,) = measured(image, candidate("E01", 100, 117, 5, 3, image), layout=lanes, start_mm=1000.0)
    assert defect.reaches_trailing_edge
    assert not defect.reaches_leading_edge
    assert defect.lane == 2
    assert 1005.0 < defect.md_mm < 1006.0


def test_what_does_not_stand_out_from_the_texture_is_no_defect_but_nuisance_needs_no_tracing():
    image = expose(web(120, 120))
    defects = measured(image, candidate("E04", 60, 60, 6, 6, image), candidate("N01", 20, 20, 10, 10, image))
    assert [d.kind for d in defects] == ["N01"]


def test_of_a_large_object_that_can_not_be_traced_the_networks_word_is_taken():
    image = expose(web(160, 160))
    (stain,) = measured(image, candidate("E24", 80, 80, 14, 14, image))
    assert stain.kind == "E24"
    assert stain.length_mm == pytest.approx(4 * 8 * PITCH_MM, rel=0.05)
    assert measured(image, candidate("E24", 84, 84, 10, 10, image)) == [], "nine cells may be noise"


def test_a_frame_smaller_than_the_background_ring_is_measured_too():
    scene = web(24, 40)
    plant(scene, disc(5.0), 20.0, 12.0, 100.0)
    image = expose(scene)
    (defect,) = measured(image, candidate("E01", 20, 12, 12, 12, image))
    assert defect.diameter_mm / PITCH_MM == pytest.approx(5.0, abs=1.0)
