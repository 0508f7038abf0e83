"""The answer sheet of the simulated web: planted objects lie where it says and look as the catalogue says."""

import numpy as np
import pytest

from camera.web import Material, PlantingRate, SimulatedWeb, View, WebSettings
from camera.web.camera_marks import MARK_CODES
from camera.web.materials import APPEARANCES
from camera.web.shapes import Blob, draw_blob

PITCH_MM = 0.05
BLOCK = 1024
ELECTRODE = {
    # Weber contrast in % that a kind may have, by sections 2.1, 2.2 and 4.7 (pinholes: of a dark fill, small).
    "E01": (10, 260), "E04": (-35, 8), "E06": (-20, 20), "E08": (40, 260), "E09": (-20, 45), "E13": (-45, 260),
    "E24": (-30, -1), "N01": (0, 130), "N02": (-95, 150), "N03": (-90, 150), "N04": (-95, 160),
}  # fmt: skip
BRIGHT_SEPARATOR = {
    "S01": (-65, -10), "S04": (-50, -3), "S07": (-85, 45), "S09": (-55, -10),
    "N01": (-60, 0), "N02": (-95, 0), "N03": (-95, 0), "N04": (-95, 0),
}  # fmt: skip
BACK_LIT_SEPARATOR = {
    "S01": (80, 140), "S04": (4, 80), "S07": (-97, -45), "S09": (-65, -15),
    "N01": (-85, -20), "N02": (-95, -40), "N03": (-95, 0), "N04": (-97, -40),
}  # fmt: skip
TABLES = {
    (Material.ANODE, View.BRIGHT_FIELD): ELECTRODE,
    (Material.CATHODE, View.BRIGHT_FIELD): ELECTRODE,
    (Material.SEPARATOR, View.BRIGHT_FIELD): BRIGHT_SEPARATOR,
    (Material.SEPARATOR, View.BACK_LIGHT): BACK_LIT_SEPARATOR,
}


def _webs(material, view, **settings):
    return tuple(
        SimulatedWeb(WebSettings(material=material, view=view, severity=severity, seed=9, **settings))
        for severity in (PlantingRate.DENSE, PlantingRate.CLEAN)
    )


@pytest.fixture(scope="module", params=sorted(TABLES), ids=lambda look: f"{look[0]}-{look[1]}")
def planted(request):
    """The look, the dense and the clean web, and the first objects of each kind with their block."""
    kinds = set(TABLES[request.param])
    dense, clean = _webs(*request.param, kinds=tuple(sorted(kinds)))
    found: dict[str, dict[str, tuple[int, object]]] = {}
    for block in range(1500):
        if block >= 250 and kinds <= set(found):
            break
        for planted_object in dense.objects(block * BLOCK, BLOCK):
            of_kind = found.setdefault(planted_object.kind, {})
            if len(of_kind) < 12:
                of_kind.setdefault(planted_object.key, (block, planted_object))
    return request.param, dense, clean, found


def test_every_kind_of_the_material_is_planted_in_its_contrast_band(planted):
    look, _, _, found = planted
    assert set(found) == set(TABLES[look])
    for code, (low, high) in TABLES[look].items():
        for _, item in found[code].values():
            if item.diameter_mm > 2.0 * PITCH_MM:
                assert low <= item.contrast_percent <= high, (item.key, item.contrast_percent)


def test_objects_are_seen_where_their_mask_lies_and_nowhere_else(planted):
    """The contrast is that against the coating, so tape over the margins is judged by what lies on the lanes; an object
    of bright and dark parts, whose mean contrast says little, must still change what is seen.
    """
    look, dense, clean, found = planted
    level = APPEARANCES[look].coat.level_dn
    x_mm = (np.arange(2048) + 0.5) * PITCH_MM
    is_coated = np.any([(x_mm > lane.left_mm + 0.8) & (x_mm < lane.right_mm - 0.8) for lane in dense.lanes], axis=0)
    for code, of_kind in found.items():
        for block, item in list(of_kind.values())[:3]:
            rows = slice(item.top_line - block * BLOCK, item.top_line - block * BLOCK + item.mask.shape[0])
            columns = slice(item.left_px, item.left_px + item.mask.shape[1])
            difference = dense.render(block * BLOCK, BLOCK).astype(float) - clean.render(block * BLOCK, BLOCK)
            mask = item.mask & is_coated[columns]
            inside = difference[rows, columns][mask if mask.any() else item.mask]
            if item.snr > 30 and inside.size >= 4:
                assert np.abs(inside).mean() > 1.0, item.key  # both webs have the same noise
                if abs(item.contrast_percent) > 5 and (mask.any() or not item.is_nuisance):
                    assert np.sign(inside.mean()) == np.sign(item.contrast_percent), item.key
                    if not item.is_nuisance:
                        assert 0.2 < 100 * inside.mean() / level / item.contrast_percent < 1.6, item.key
            everything = np.zeros(difference.shape, bool)
            for other in dense.objects(block * BLOCK, BLOCK):
                top, left = other.top_line - block * BLOCK, other.left_px
                everything[max(0, top - 12) : top + other.mask.shape[0] + 12,
                           max(0, left - 30) : left + other.mask.shape[1] + 30] = True  # fmt: skip
            assert (np.abs(difference[~everything]) > 12).mean() < 2e-4, (code, item.key)


def test_centre_and_area_of_big_objects_agree_with_their_masks(planted):
    _, _, _, found = planted
    checked = 0
    for code in ("E01", "E08", "E24", "S01", "S04", "N04"):
        for item_block, item in found.get(code, {}).values():
            lines = range(item_block * BLOCK, (item_block + 1) * BLOCK)
            is_whole = item.top_line > lines[0] and item.top_line + item.mask.shape[0] < lines[-1]
            if not is_whole or item.diameter_mm < 0.5:
                continue
            rows, columns = np.nonzero(item.mask)
            assert item.mask.sum() * PITCH_MM**2 == pytest.approx(item.area_mm2, rel=0.12), item.key
            if code != "E08":
                tolerance = 0.1 * item.length_mm + PITCH_MM
                assert (item.top_line + rows.mean() + 0.5) * PITCH_MM == pytest.approx(item.md_mm, abs=tolerance)
                assert (item.left_px + columns.mean() + 0.5) * PITCH_MM == pytest.approx(item.cd_mm, abs=tolerance)
            checked += 1
    assert checked >= 3


def test_an_object_keeps_its_key_and_facts_across_block_borders(planted):
    _, dense, _, _ = planted
    whole = {item.key: item for item in dense.objects(0, 60 * BLOCK)}
    pieces: dict[str, list] = {}
    for start in range(0, 60 * BLOCK, 160):
        for item in dense.objects(start, 160):
            pieces.setdefault(item.key, []).append(item)
    assert set(pieces) == set(whole)
    assert any(len(parts) > 1 for parts in pieces.values())
    for key, parts in pieces.items():
        for part in parts:
            for fact in ("md_mm", "cd_mm", "length_mm", "width_mm", "area_mm2", "contrast_percent", "snr"):
                assert getattr(part, fact) == getattr(whole[key], fact), (key, fact)
            assert part.mask.any()
        assert sum(part.mask.sum() for part in parts) == whole[key].mask.sum(), key


def test_objects_do_not_lie_on_each_other(planted):
    _, dense, _, _ = planted
    items = dense.objects(0, 700 * BLOCK)
    assert len(items) > 200
    top = np.array([item.top_line for item in items])
    left = np.array([item.left_px for item in items])
    bottom = top + [item.mask.shape[0] for item in items]
    right = left + [item.mask.shape[1] for item in items]
    overlap = (top[:, None] < bottom) & (top < bottom[:, None]) & (left[:, None] < right) & (left < right[:, None])
    assert overlap.sum() == len(items)  # each with itself


def test_defects_lie_inside_the_lanes(planted):
    _, dense, _, found = planted
    for of_kind in found.values():
        for _, item in of_kind.values():
            if not item.is_nuisance:
                assert any(lane.left_mm < item.cd_mm < lane.right_mm for lane in dense.lanes), item.key


def test_a_metal_particle_smaller_than_a_pixel_still_has_one_pixel():
    web = SimulatedWeb(WebSettings(severity="dense", kinds=("E13",), pixel_pitch_um=200.0, seed=2))
    particles = web.objects(0, 40_960)
    assert len(particles) > 20
    assert min(item.area_mm2 for item in particles) < 0.01
    assert all(item.mask.sum() >= 1 for item in particles)


def test_severities_differ_in_order_and_clean_has_nothing():
    count = {}
    for severity in PlantingRate:
        web = SimulatedWeb(WebSettings(severity=severity, seed=12))
        stretches = 3 if severity is PlantingRate.DENSE else 60
        keys = {item.key for n in range(stretches) for item in web.objects(n * 20_000, 20_000)}
        count[severity] = len(keys) / stretches
    assert count[PlantingRate.CLEAN] == 0
    assert count[PlantingRate.GOOD] <= count[PlantingRate.NORMAL] < count[PlantingRate.BAD] < count[PlantingRate.DENSE]


def test_dense_blocks_carry_as_many_objects_as_promised():
    web = SimulatedWeb(WebSettings(severity="dense", seed=21))
    blocks = [web.objects(n * BLOCK, BLOCK) for n in range(250)]
    defects = sum(not item.is_nuisance for block in blocks for item in block)
    nuisance = sum(any(item.is_nuisance and item.kind not in MARK_CODES for item in block) for block in blocks)
    assert 0.4 < defects / len(blocks) < 0.9
    assert 0.03 < nuisance / len(blocks) < 0.2


def test_defects_look_the_same_size_at_every_pixel_pitch():
    sizes = {}
    for pitch_um in (25.0, 50.0):
        web = SimulatedWeb(
            WebSettings(severity="dense", kinds=("E01", "E24"), seed=5, pixel_pitch_um=pitch_um,
                        width_px=int(102_400 / pitch_um))
        )  # fmt: skip
        sizes[pitch_um] = {o.key: o for o in web.objects(0, int(400_000 / pitch_um))}
    shared = set(sizes[25.0]) & set(sizes[50.0])
    assert len(shared) >= 3
    for key in shared:
        fine, coarse = sizes[25.0][key], sizes[50.0][key]
        assert fine.area_mm2 == pytest.approx(coarse.area_mm2, rel=0.05)
        assert fine.length_mm == pytest.approx(coarse.length_mm, rel=0.1)
        assert fine.snr > coarse.snr


def test_a_roll_leaves_its_mark_again_with_each_turn():
    web = SimulatedWeb(WebSettings(severity="dense", kinds=("E21",), seed=2))
    marks = {item.key: item for item in web.objects(0, 200_000)}
    again = [(marks[key.split("-turn")[0]], mark) for key, mark in marks.items() if "-turn" in key]
    assert len(again) > 20
    for first, mark in again:
        assert mark.md_mm > first.md_mm + 300.0
        assert mark.cd_mm == pytest.approx(first.cd_mm, abs=1.3)  # the web weaves by a millimetre at most
        assert mark.area_mm2 == pytest.approx(first.area_mm2, rel=0.1)
    # Lines in the middle of the web show the later marks of what came before them.
    late = {item.key for item in web.objects(150_000, 50_000)}
    assert late == {key for key, mark in marks.items() if mark.top_line + mark.mask.shape[0] > 150_000}


def test_a_blob_tells_its_true_size():
    ellipse = Blob(2.0, aspect=4.0, turn=0.3, waves=()).size()
    assert (ellipse.length_mm, ellipse.width_mm) == pytest.approx((4.0, 1.0), rel=1e-3)
    assert ellipse.area_mm2 == pytest.approx(np.pi)
    ragged = draw_blob(np.random.default_rng(1), 2.0, roughness=0.4)
    place = (np.arange(-300, 300) + 0.5) * 0.01
    inside = ragged.distance(place[None, :].astype(np.float32), place[:, None].astype(np.float32)) < 0.0
    assert ragged.size().area_mm2 == pytest.approx(inside.sum() * 1e-4, rel=0.01)


def test_through_foil_only_holes_are_seen():
    settings = {"material": "cathode", "view": "back-light", "seed": 3}
    clean = SimulatedWeb(WebSettings(severity="clean", **settings))
    spots = SimulatedWeb(WebSettings(severity="dense", kinds=("E01", "E05", "E08", "E13", "E24"), **settings))
    blocks = [n for n in range(40) if spots.objects(n * BLOCK, BLOCK)]
    assert len(blocks) > 10
    for block in blocks:
        assert max(item.snr for item in spots.objects(block * BLOCK, BLOCK)) < 1.0
        difference = spots.render(block * BLOCK, BLOCK).astype(int) - clean.render(block * BLOCK, BLOCK)
        assert np.abs(difference).max() <= 1
    holes = SimulatedWeb(WebSettings(severity="dense", kinds=("E26",), **settings)).objects(0, 40 * BLOCK)
    assert len(holes) > 10
    assert min(item.snr for item in holes) > 100.0


def test_a_lost_tab_is_seen_against_the_tab_that_should_be_there():
    settings = {"material": "anode", "view": "back-light", "layout": "L5", "seed": 1}
    web = SimulatedWeb(WebSettings(severity="dense", kinds=("E29",), **settings))
    lost = web.objects(0, 60 * BLOCK)
    assert len(lost) > 5
    assert min(item.snr for item in lost) > 1000.0
    assert min(item.contrast_percent for item in lost) > 100.0
