"""`training catalogue`: the picture book of the simulated web."""

import base64
import re
from dataclasses import replace

import cv2
import numpy as np
import pytest

from camera.web import Material, SimulatedWeb, View
from camera.web.figure import Place
from camera.web.kinds import KINDS
from training.errors import DataError
from training.simulation.catalogue import write_catalogue
from training.simulation.catalogue.page import as_page, outline_path
from training.simulation.catalogue.specimens import PITCH_UM, Chapter, find_specimens, stand_for

HOLE = next(kind for kind in KINDS if kind.code == "S01")
STREAK = next(kind for kind in KINDS if kind.code == "E06")


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "catalogue.html"
    return write_catalogue(path, kinds=["S01"], materials=[Material.SEPARATOR], seed=2), path.read_text()


def test_a_small_a_middle_and_a_large_one_are_shown_in_each_light(book):
    ((chapter,), _) = book
    specimens = chapter.specimens[Material.SEPARATOR]
    assert [each.size for each in specimens] == ["small", "middle", "large"]
    lengths = [each.planted.length_mm for each in specimens]
    assert lengths == sorted(lengths)
    assert lengths[-1] > 2 * lengths[0]
    for each in specimens:
        assert [picture.view for picture in each.pictures] == list(View)


def test_the_outline_lies_on_the_object(book):
    ((chapter,), _) = book
    for specimen in chapter.specimens[Material.SEPARATOR]:
        back = next(picture for picture in specimen.pictures if picture.view is View.BACK_LIGHT)
        around = cv2.dilate(back.mask.astype(np.uint8), np.ones((9, 9))) == 0
        assert back.pixels[back.mask].mean() > back.pixels[around].mean() + 60
        assert np.percentile(back.pixels[around], 99.9) < back.pixels[back.mask].mean() - 40
        assert back.is_visible


def test_the_page_needs_nothing_but_itself(book):
    _, page = book
    assert set(re.findall(r'(?:src|href)="([^"#]{4})', page)) == {"data"}
    assert "http" not in page
    assert "url(" not in page


def test_pictures_on_the_page_are_the_cameras_pixels(book):
    ((chapter,), page) = book
    images = re.findall(r'alt="([a-z-]+)" src="data:image/png;base64,([^"]+)"', page)
    pictures = [
        picture
        for view in View
        for specimen in chapter.specimens[Material.SEPARATOR]
        for picture in specimen.pictures
        if picture.view is view
    ]
    assert len(images) == len(pictures) == 9
    for (view, data), picture in zip(images, pictures, strict=True):
        assert view == picture.view
        shown = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_UNCHANGED)
        assert np.array_equal(shown, picture.pixels)
        assert outline_path(picture.mask) in page


def test_name_severity_cause_limit_and_facts_are_said(book):
    ((chapter,), page) = book
    for words in (
        'id="S01"',
        "separator pinhole",
        "S1 safety",
        "gel tear",
        "<b>separator-back-light</b>: rejected above diameter 0.05 mm",
    ):
        assert words in page
    largest = chapter.specimens[Material.SEPARATOR][-1]
    assert f"length {largest.planted.length_mm:.2g} mm" in page
    assert f"contrast {largest.pictures[0].contrast_percent:+.0f} %, SNR {largest.pictures[0].snr:.0f}" in page


def test_a_whole_catalogue_stays_under_fifteen_megabytes(book):
    _, page = book
    kinds_on_two_materials = 60 * 2
    assert len(page.encode()) * kinds_on_two_materials < 15e6


def test_a_kind_that_nobody_has_named_yet_is_shown_all_the_same():
    kind = replace(HOLE, code="S77")
    specimens = find_specimens("S01", Material.SEPARATOR, (View.BACK_LIGHT,), 2)
    page = as_page([Chapter(kind, {Material.SEPARATOR: specimens})])
    assert "S77</a> (no name yet)" in page
    assert "no default limit" in page


def test_long_objects_are_averaged_along_the_machine_until_they_fit():
    specimens = find_specimens("E06", Material.ANODE, (View.BRIGHT_FIELD,), 1)
    for specimen in specimens:
        (picture,) = specimen.pictures
        assert max(picture.pixels.shape) <= 152
        assert specimen.lines_per_row > 4
        assert specimen.columns_per_column <= 2
        assert picture.mask.any(axis=1).mean() > 0.6


def test_views_that_show_nothing_are_left_away():
    specimens = find_specimens("E06", Material.ANODE, (View.BRIGHT_FIELD, View.BACK_LIGHT), 1)
    page = as_page([Chapter(STREAK, {Material.ANODE: specimens})])
    assert 'alt="bright-field"' in page
    assert 'alt="back-light"' not in page
    assert "Not to be seen in back-light." in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kinds": ["E01", "X99"]}, "Kinds X99: not simulated; there are E01"),
        ({"kinds": ["E01"], "materials": [Material.SEPARATOR]}, "None of these kinds can lie on these materials"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_words(changes, words, tmp_path):
    with pytest.raises(DataError, match=words):
        write_catalogue(tmp_path / "catalogue.html", **changes)
    assert list(tmp_path.iterdir()) == []


def test_what_lies_off_the_coating_is_looked_for_where_it_can_lie():
    codes = [kind.code for kind in KINDS if kind.place is Place.CUT_EDGE]
    assert codes
    for code in codes[:1]:
        material = next(kind for kind in KINDS if kind.code == code).materials[0]
        assert len(find_specimens(code, material, (View.BACK_LIGHT,), 1)) == 3


def test_a_bump_whose_bright_and_dark_flanks_cancel_is_shown():
    specimens = find_specimens("E02", Material.ANODE, (View.DARK_FIELD,), 1)
    assert any(picture.is_visible for specimen in specimens for picture in specimen.pictures)


def test_two_processes_write_the_same_page(tmp_path):
    wanted = {"kinds": ["N04", "S01"], "materials": [Material.SEPARATOR]}
    write_catalogue(tmp_path / "one.html", **wanted)
    write_catalogue(tmp_path / "two.html", **wanted, workers=2)
    assert (tmp_path / "one.html").read_text() == (tmp_path / "two.html").read_text()


def test_a_file_that_cannot_be_written_is_said_in_one_sentence(tmp_path):
    with pytest.raises(DataError, match=r"catalogue.html: can't be written \(No such file or directory\)"):
        write_catalogue(tmp_path / "none" / "catalogue.html", kinds=["S01"], materials=[Material.SEPARATOR])


def test_outlines_run_along_pixel_borders():
    mask = np.array([[True, True, False], [False, True, False]])
    assert outline_path(mask) == "M0 0h2M0 1h1M1 2h1M0 0v1M1 1v1M2 0v2"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_the_camera_stands_where_the_kind_can_lie(kind):
    for material in kind.materials[:2]:
        web = SimulatedWeb(stand_for(kind, material, View.BRIGHT_FIELD, PITCH_UM, seed=1))
        assert any(web.objects(first_line, 8192) for first_line in range(0, 1_600_000, 8192)), material
