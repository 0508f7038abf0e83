"""Kinds in one place: the station's row, the web's drawing and the models' families say the same of each."""

import pytest

from camera.web.camera_marks import MARK_CODES
from camera.web.figure import Place
from camera.web.kinds import KINDS as DRAWINGS
from camera.web.settings import Material
from inspection.values import Severity
from inspection.values.kinds import KINDS, Judged, Kind, Shape, is_nuisance
from training.family import FAMILIES, Family, family_of

ON_LANES = {Place.COATING, Place.COATING_EDGE, Place.LANE, Place.FOIL}
"""Where a camera on coated lanes looks."""


def test_every_row_has_a_drawing_and_every_drawing_a_row():
    drawn = [drawing.code for drawing in DRAWINGS]
    assert sorted(drawn) == sorted(set(drawn))
    assert {*drawn, *MARK_CODES} == KINDS.keys()
    assert {code for code, kind in KINDS.items() if kind.is_column} == set(MARK_CODES)


def test_a_row_says_where_its_drawing_lies():
    for drawing in DRAWINGS:
        kind = KINDS[drawing.code]
        electrodes = {"E": {True}, "S": {False}, "N": {True, False}}[kind.code[0]]
        assert {material.is_electrode for material in drawing.materials} == electrodes, kind.code
        if kind.judged is not Judged.DIMENSION and not is_nuisance(kind.code):
            assert (kind.judged is Judged.COATED_LANE) == (drawing.place in ON_LANES), kind.code


def test_every_row_has_its_own_code_and_words_in_both_languages():
    for kind in KINDS.values():
        assert kind.code[0] in "ESN", kind.code
        assert kind.code[1:].isdecimal(), kind.code
        assert all(text.strip() for text in (kind.name, kind.french, kind.text)), kind.code
        assert (kind.code[0] == "N") == (kind.severity is Severity.N) == (kind.shape is Shape.NUISANCE), kind.code


def test_a_family_tells_apart_what_a_camera_on_its_lanes_sees_and_all_that_is_no_defect():
    marks = tuple(code for code in KINDS if code.startswith("N"))
    electrode, separator = family_of("electrode").kinds, family_of("separator").kinds
    assert electrode[-len(marks) :] == separator[-len(marks) :] == marks
    assert not {"E16", "E18", "E22", "E23", "E27", "E28", "E29", "E30", "E31", "E32"} & set(electrode)
    assert not {"S14", "S15", "S16"} & set(separator)
    assert (len(electrode), len(separator)) == (
        sum(kind.judged is Judged.COATED_LANE and kind.code[0] in "EN" for kind in KINDS.values()),
        sum(kind.judged is Judged.COATED_LANE and kind.code[0] in "SN" for kind in KINDS.values()),
    )
    assert {"E01", "E17", "E33"} < set(electrode)
    assert {"S01", "S13"} < set(separator)


def test_what_a_family_takes_for_alike_it_tells_apart():
    for family in FAMILIES.values():
        assert {code for group in family.alike for code in group} <= set(family.kinds)


def test_a_model_that_was_fitted_before_a_kind_came_is_asked_for_its_own_kinds_alone():
    family = Family("separator", ((Material.SEPARATOR, "back-light"),), ("S01", "S99", "N01"))
    assert family.known_to(("S01", "N01", "N02")).kinds == ("S01", "N01")


@pytest.mark.parametrize(
    ("shape", "judged"), [(Shape.DIMENSION, Judged.COATED_LANE), (Shape.BLOB, Judged.DIMENSION)], ids=str
)
def test_a_dimension_without_a_gauge_and_a_gauge_without_a_dimension_are_refused(shape, judged):
    with pytest.raises(ValueError, match=r"E99: Shape\.DIMENSION goes with Judged\.DIMENSION"):
        Kind("E99", "name", "nom", Severity.S2, shape, "text", judged)
