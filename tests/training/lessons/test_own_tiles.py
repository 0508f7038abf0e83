"""Tiles of a plant's own images, and the thresholds that its images give."""

import numpy as np
import pytest
import torch

from training.data.labels import Label, LabelledImage
from training.lessons.own_tiles import (
    FOR_GOOD,
    FOR_OUTLINES,
    cut,
    cut_tile,
    framed,
    picture_of,
    varied_picture,
    varied_tile,
)
from training.networks.losses import outline_loss
from training.release.own_thresholds import choose_own

KINDS = ("dent", "scrape")


def image_with(*labels, shape=(96, 128)):
    pixels = np.full(shape, 100, np.uint8)
    made = []
    for kind, top, left, height, width in labels:
        pixels[top : top + height, left : left + width] = 30
        made.append(Label(kind, top, left, np.ones((height, width), bool), np.inf, 0.0))
    return LabelledImage(pixels, tuple(made))


def test_a_cell_says_how_much_of_it_is_covered():
    tile = framed(picture_of(image_with(("dent", 8, 8, 4, 6)), KINDS), 128, np.random.default_rng(1))
    assert tile.pixels.shape == (128, 128)
    assert tile.share.shape == (2, 32, 32)
    assert float(tile.share[0].sum()) * 16 == pytest.approx(24, abs=0.5)
    assert not tile.share[1].any()


def test_what_the_image_does_not_fill_is_not_asked_for():
    tile = framed(picture_of(image_with(), KINDS), 160, np.random.default_rng(1))
    assert 22 * 30 <= tile.is_asked.sum() <= 24 * 32
    assert not framed(picture_of(image_with(), KINDS), 160, np.random.default_rng(1)).is_asked.all()


def test_where_an_object_of_another_kind_lies_nothing_is_known():
    picture = picture_of(image_with(("stain", 10, 20, 30, 40)), KINDS)
    assert not picture.is_known[10:40, 20:60].any()
    assert picture.is_known.sum() == 96 * 128 - 30 * 40
    assert not picture.on.any()


def test_tiles_of_a_large_image_mostly_show_its_small_object():
    picture = picture_of(image_with(("dent", 700, 900, 6, 6), shape=(1024, 1536)), KINDS)
    rng = np.random.default_rng(1)
    shown = sum(bool(cut_tile(picture, 256, rng).share[0].any()) for _ in range(40))
    assert 20 <= shown < 40
    assert cut(picture, 256, rng).pixels.shape == (256, 256)


def test_masks_vary_with_their_image():
    picture = picture_of(image_with(("dent", 30, 40, 30, 30)), KINDS)
    rng = np.random.default_rng(1)
    for _ in range(20):
        varied = varied_picture(picture, FOR_OUTLINES, rng)
        inside, outside = varied.pixels[varied.on[0] > 0], varied.pixels[varied.on.sum(axis=0) == 0]
        assert np.median(inside) < 0.7 * np.median(outside)
        assert 0.55 * 900 < varied.on[0].sum() < 1.6 * 900


def test_a_good_image_keeps_its_texture():
    image = LabelledImage(np.random.default_rng(2).integers(80, 121, (96, 128)).astype(np.uint8), ())
    varied = varied_picture(picture_of(image, ()), FOR_GOOD, np.random.default_rng(1))
    turned = (image.pixels[::down, ::across] for down in (1, -1) for across in (1, -1))
    gain = varied.pixels.mean() / image.pixels.mean()
    assert 0.9 < gain < 1.11
    assert any(np.abs(varied.pixels - gain * each).max() < 1.0 for each in turned)


def test_a_cell_that_is_not_asked_costs_nothing():
    logits = torch.zeros(1, 1, 4, 4)
    logits[0, 0, 0, 0] = 50.0
    share, asked = torch.zeros(1, 1, 4, 4), torch.ones(1, 1, 4, 4)
    with_it = outline_loss(logits, share, asked)
    asked[0, 0, 0, 0] = 0.0
    assert outline_loss(logits, share, asked) < with_it - 1.0


def scores_like(image, on, off, channel=0):
    scores = np.full((2, image.pixels.shape[0] // 4, image.pixels.shape[1] // 4), off, np.float32)
    for label in image.labels:
        rows, columns = (
            slice(at // 4, end // 4) for at, end in ((label.top_px, label.bottom_px), (label.left_px, label.right_px))
        )
        scores[channel, rows, columns] = on
    return scores


def test_a_threshold_lies_where_outlines_fit_best():
    image = image_with(("dent", 32, 32, 32, 32))
    chosen = choose_own(KINDS, [(image, scores_like(image, 0.8, 0.1))] * 3, 4, 0.01)
    assert 0.1 < chosen.thresholds["dent"] <= 0.8
    assert chosen.metrics["validation_iou"]["dent"] > 0.9
    assert chosen.metrics["validation_objects"] == {"dent": 3, "scrape": 0}
    assert chosen.thresholds["scrape"] == pytest.approx(0.5, abs=2e-4), "nothing is known"
    assert "None of them is good" in chosen.method


def test_good_images_raise_a_threshold_until_no_more_than_wanted_are_rejected():
    bad, good = image_with(("dent", 32, 32, 32, 32)), image_with()
    noisy = np.full((2, 24, 32), 0.1, np.float32)
    noisy[0, 3, 3] = 0.9
    seen = [(bad, scores_like(bad, 0.8, 0.1))] * 3 + [(good, np.full((2, 24, 32), 0.1, np.float32))] * 18
    quiet = choose_own(KINDS, seen, 4, 0.01)
    alarmed = choose_own(KINDS, [*seen, (good, noisy)], 4, 0.01)
    assert quiet.thresholds["dent"] <= 0.8 < 0.9 < alarmed.thresholds["dent"]
    assert alarmed.metrics["validation_false_rejects"] == {"count": 0, "total": 19}
    assert "0 of 19 (0 %; 95 % confidence: 0 % to 18 %)" in alarmed.method
    noisy[0, 3, 3] = 0.99995
    sure = choose_own(KINDS, [*seen, (good, noisy)], 4, 0.01)
    assert sure.metrics["validation_false_rejects"]["count"] == 0, "however near to one a score is"
    generous = choose_own(KINDS, [*seen, (good, noisy)], 4, 0.2)
    assert generous.thresholds["dent"] <= 0.8
    assert generous.metrics["validation_false_rejects"]["count"] == 1


def test_of_a_large_image_tiles_show_an_object_more_often_than_not_and_reach_its_corners():
    large = LabelledImage(
        np.full((1024, 2048), 90, np.uint8), (Label("dent", 500, 900, np.ones((8, 8), bool), 9.0, 9.0),)
    )
    picture, rng = picture_of(large, KINDS), np.random.default_rng(1)
    assert sum(bool(varied_tile(picture, 256, rng).share.any()) for _ in range(60)) > 30
    at_corner = LabelledImage(large.pixels, (Label("dent", 0, 0, np.ones((8, 8), bool), 9.0, 9.0),))
    corner = picture_of(at_corner, KINDS)
    assert any(varied_tile(corner, 256, rng).share[0].any() for _ in range(10))
