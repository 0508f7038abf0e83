from itertools import pairwise

import numpy as np
import pytest

from camera.web.kinds import KINDS as PLANTED_KINDS
from camera.web.layouts import lay_out
from camera.web.settings import Material, View, WebSettings
from camera.web.sites import Sites
from inspection.values.kinds import KINDS as NAMED_KINDS
from inspection.values.kinds import Shape
from training.data.labels import Label, LabelledImage, varied
from training.data.targets import make_targets
from training.family import FAMILIES, family_of, is_safety
from training.lessons.pool import TilePool
from training.lessons.tiles import MARGIN_PX, TILE_PX, cut_tiles
from training.networks.grid import MULTIPLE_PX
from training.simulation.webs import SeedRange, numbered_web, training_images

KINDS = ("E01", "E13", "E24")


def label(kind="E01", top=20, left=20, size=(3, 3), snr=20.0):
    return Label(kind, top, left, np.ones(size, bool), snr, 50.0)


def test_every_cell_that_an_object_touches_is_wanted_for_its_kind_alone():
    targets = make_targets((64, 64), [label(top=14, left=30, size=(4, 3))], KINDS)
    assert np.argwhere(targets.wanted[0]).tolist() == [[1, 3], [1, 4], [2, 3], [2, 4]]
    assert not targets.wanted[1:].any()


def test_the_cells_around_an_object_are_not_asked_for_its_kind_but_for_the_others():
    targets = make_targets((64, 64), [label(top=25, left=25, size=(2, 2))], KINDS)
    assert targets.weight[0, 2, 2] == 0.0
    assert targets.weight[1, 2, 2] == 1.0
    assert targets.weight[0, 3, 3] > 0.0


@pytest.mark.parametrize(("snr", "is_asked"), [(2.9, False), (3.1, True), (50.0, True)])
def test_an_invisible_object_is_neither_wanted_nor_forbidden(snr, is_asked):
    targets = make_targets((64, 64), [label(snr=snr)], KINDS)
    assert bool(targets.wanted.any()) is is_asked
    assert bool(targets.weight[2, 2, 2] > 0.0) is is_asked


@pytest.mark.parametrize(
    ("kind", "size", "snr", "contrast", "is_wanted"),
    [
        ("E13", (1, 2), 40.0, 100.0, False),
        ("E13", (2, 2), 40.0, 100.0, True),
        ("E06", (512, 8), 300.0, 1.5, False),
        ("E06", (512, 8), 300.0, 4.0, True),
        ("E09", (400, 2), 6.0, 20.0, False),
        ("E09", (400, 2), 60.0, 20.0, True),
    ],
    ids=["glint-sized", "metal", "streak lost in texture", "streak", "faint long scratch", "scratch"],
)
def test_what_shows_in_no_single_place_is_not_asked_for(kind, size, snr, contrast, is_wanted):
    one = Label(kind, 8, 20, np.ones(size, bool), snr, contrast)
    assert bool(make_targets((512, 64), [one], [kind]).wanted.any()) is is_wanted


def test_where_a_kind_lies_that_is_not_the_models_nothing_is_asked():
    stranger, known = label("E16", top=8, left=8, size=(8, 8)), label("E01", top=40, left=40)
    targets = make_targets((64, 64), [stranger, known], KINDS)
    assert not targets.weight[:, 1, 1].any()
    assert np.argwhere(targets.wanted).tolist() == [[0, 5, 5]]
    assert targets.weight[0, 5, 5] > 0.0
    assert (targets.weight[:, 3:4, 3:4] == 1.0).all()


def test_a_large_object_weighs_no_more_than_four_cells_and_a_safety_kind_twice():
    large = make_targets((256, 256), [label("E24", size=(128, 128))], KINDS)
    small = make_targets((256, 256), [label("E24", top=25, left=25, size=(4, 4))], KINDS)
    metal = make_targets((256, 256), [label("E13", top=25, left=25, size=(4, 4))], KINDS)
    assert large.weight[2][large.wanted[2] > 0].sum() == pytest.approx(4.0)
    assert small.weight[2][small.wanted[2] > 0].sum() == pytest.approx(1.0)
    assert metal.weight[1][metal.wanted[1] > 0].sum() == pytest.approx(2.0)


def test_an_object_beside_another_of_its_kind_keeps_its_cells():
    targets = make_targets((64, 64), [label(top=16, left=16), label(top=16, left=24)], KINDS)
    assert targets.wanted[0, 2, 2:4].all()
    assert (targets.weight[0, 2, 2:4] > 0.0).all()


def image_with(*labels, shape=(600, 700)):
    pixels = np.random.default_rng(5).integers(80, 100, shape, dtype=np.uint8)
    for each in labels:
        rows, columns = each.mask.shape
        pixels[each.top_px : each.top_px + rows, each.left_px : each.left_px + columns][each.mask] = 255
    return LabelledImage(pixels, labels)


@pytest.mark.parametrize(("top", "left"), [(300, 300), (0, 0), (597, 697), (0, 400)])
def test_a_tile_cut_around_an_object_shows_it_where_its_targets_say(top, left):
    image = image_with(label("E13", top=top, left=left))
    for seed in range(5):
        tile = next(iter(cut_tiles(image, family_of("electrode"), np.random.default_rng(seed), empty=0)))
        channel = family_of("electrode").kinds.index("E13")
        bright = tile.pixels > 200
        ys, xs = np.nonzero(bright)
        # Replicated borders repeat an object at the frame's edge: only cells that count are compared.
        counted = (tile.weight[channel] > 0) & (tile.wanted[channel] > 0)
        assert counted.any()
        assert {(y // 8, x // 8) for y, x in zip(ys, xs, strict=True)} >= set(map(tuple, np.argwhere(counted)))


def test_cells_beyond_the_frame_and_at_the_tile_edge_do_not_count():
    image = image_with(label("E13", top=2, left=2))
    tile = next(iter(cut_tiles(image, family_of("electrode"), np.random.default_rng(1), empty=0)))
    edge = MARGIN_PX // 8
    assert not tile.weight[:, :edge].any()
    assert not tile.weight[:, :, -edge:].any()
    outside = (tile.pixels > 200).any(axis=1).argmax() // 8  # rows above the object's first are repeated border
    assert not tile.weight[:, : max(edge, outside)].any()


def test_tiles_begin_where_the_coarsest_cells_begin():
    # The pixel under a tile's corner is a multiple of the coarsest stride away from the frame's corner.
    pixels = (np.arange(600)[:, None] // MULTIPLE_PX % 16 * 16 + np.arange(700)[None] // MULTIPLE_PX % 16).astype(
        np.uint8
    )
    for tile in cut_tiles(LabelledImage(pixels, ()), family_of("electrode"), np.random.default_rng(3), empty=8):
        assert np.diff(tile.pixels[:, TILE_PX // 2].astype(int)).nonzero()[0].size > 3
        changes = np.flatnonzero(np.diff(tile.pixels[:, TILE_PX // 2].astype(int))) + 1
        assert not (changes % MULTIPLE_PX).any()


def test_a_turned_image_keeps_its_labels_on_its_objects():
    mask = np.array([[True, True, True], [True, False, False]])
    image = image_with(Label("E13", 100, 50, mask, 30.0, 80.0))
    for seed in range(8):
        turned = varied(image, np.random.default_rng(seed))
        (moved,) = turned.labels
        shown = turned.pixels[moved.top_px : moved.top_px + 2, moved.left_px : moved.left_px + 3]
        assert (shown[moved.mask] > 200).all()
        assert (shown[~moved.mask] < 150).all()


@pytest.mark.slow
def test_the_same_seed_gives_the_same_training_images():
    first = next(training_images(family_of("separator"), 4))
    again = next(training_images(family_of("separator"), 4))
    other = next(training_images(family_of("separator"), 5))
    assert np.array_equal(first.pixels, again.pixels)
    assert first.pixels.shape != other.pixels.shape or not np.array_equal(first.pixels, other.pixels)


def test_no_web_serves_two_purposes():
    ranges = sorted(purpose.value for purpose in SeedRange)
    assert all(before[1] <= after[0] for before, after in pairwise(ranges))
    web = numbered_web(SeedRange.EVALUATION, 3, Material.ANODE, View.BRIGHT_FIELD)
    assert web.settings.seed == 2_000_003
    with pytest.raises(ValueError, match="number"):
        numbered_web(SeedRange.SELECTION, 1_000_000, Material.ANODE, View.BRIGHT_FIELD)


def test_no_material_has_two_families_and_their_safety_kinds_are_known():
    materials = [material for family in FAMILIES.values() for material in family.materials]
    assert len(set(materials)) == len(materials)
    safety = {name: {kind for kind in family.kinds if is_safety(kind)} for name, family in FAMILIES.items()}
    assert safety["electrode"] >= {"E12", "E13", "E20", "E26"}
    assert safety["separator"] >= {"S01", "S07", "S08", "S11"}


def test_families_know_what_a_network_finds_in_one_place_of_a_camera_on_coated_lanes():
    planted = {kind.code: kind for kind in PLANTED_KINDS}
    for family in FAMILIES.values():
        (material, *_), (view, *_) = zip(*family.looks, strict=True)
        layout = lay_out(WebSettings(material=material, view=view))
        has = {
            code
            for code, kind in planted.items()
            if material in kind.materials
            and Sites(layout).has(kind.place)
            and NAMED_KINDS[code].shape is not Shape.DIMENSION
        }
        assert set(family.kinds) == has | {"N06", "N07", "N08"}


@pytest.mark.slow
def test_a_full_pool_forgets_its_oldest_tiles():
    family = family_of("electrode")
    pool = TilePool(family, np.random.default_rng(1))
    image = image_with(label("E01", 300, 300))
    first, second = (
        list(cut_tiles(image, family, np.random.default_rng(seed), per_object=260, empty=0)) for seed in (1, 2)
    )
    pool.add(first)
    pool.add(second)
    drawn = pool.draw(200).tiles
    assert all(any(np.array_equal(tile.pixels, kept.pixels) for kept in second) for tile in drawn)


def test_batches_hold_the_fresh_tiles_and_rare_kinds_as_often_as_common_ones():
    family = family_of("electrode")
    pool = TilePool(family, np.random.default_rng(1))
    many = list(cut_tiles(image_with(label("E01", 300, 300)), family, np.random.default_rng(1), per_object=50, empty=0))
    rare = list(cut_tiles(image_with(label("E09", 300, 300)), family, np.random.default_rng(2), empty=0))
    pool.add(many + rare)
    batch = pool.draw(64, many[:2])
    assert batch.tiles[0] is many[0]
    assert 15 < sum(tile.subject == "E09" for tile in batch.tiles) < 50
    assert batch.pixels.shape == (64, 1, TILE_PX, TILE_PX)
    assert batch.wanted.shape == batch.weight.shape == (64, len(family.kinds), TILE_PX // 8, TILE_PX // 8)
