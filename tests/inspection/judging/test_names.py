"""A better name for a rejected defect: it never decides over accept or reject, nor makes light of what may be grave."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from inspection.judging.decide import decide
from inspection.judging.name_classifier import NameClassifier, features_of
from inspection.judging.naming import renamed
from inspection.model.card import NameWeights
from inspection.recipe.recipe import default_recipe
from inspection.values import Box, Defect, Severity, Verdict

RECIPE = default_recipe("anode", "bright-field")
PITCH_UM = 50.0
KINDS = ("E01", "E04", "E13", "E26")
FEATURES = len(KINDS) + 5 + 15


def weights(*bias):
    """Says the same of everything."""
    rows = tuple((0.0,) * FEATURES for _ in KINDS)
    return NameWeights(
        kinds=KINDS, mean=(0.0,) * FEATURES, scale=(1.0,) * FEATURES, weights=rows, bias=bias, method="by hand"
    )


def defect(kind="E04", size_mm=2.0):
    side = round(size_mm / 0.05)
    box = Box(0, 0, side, side)
    return Defect(
        kind, 0.9, Severity.S2, box, np.ones((side, side), bool), size_mm, size_mm, 0.785 * size_mm**2, -40.0, 50.0,
        1.0, 1.0, None,
    )  # fmt: skip


SCORES = dict.fromkeys(KINDS, 0.3) | {"E04": 0.9}


def name_of(each, bias):
    return renamed(each, SCORES, NameClassifier(weights(*bias)), RECIPE, PITCH_UM).kind


def test_the_likeliest_name_is_given():
    assert name_of(defect("E04"), (9.0, 0.0, 0.0, 0.0)) == "E01"
    assert name_of(defect("E04"), (0.0, 9.0, 0.0, 0.0)) == "E04"


def test_the_score_is_that_of_the_new_name():
    other = renamed(defect("E04"), SCORES, NameClassifier(weights(9.0, 0.0, 0.0, 0.0)), RECIPE, PITCH_UM)
    assert other.score == 0.3


def test_without_a_classifier_and_for_kinds_that_it_does_not_know_names_stay():
    assert renamed(defect("E04"), SCORES, None, RECIPE, PITCH_UM).kind == "E04"
    assert name_of(defect("E09"), (9.0, 0.0, 0.0, 0.0)) == "E09"


def test_what_is_within_its_limits_keeps_its_name():
    small = defect("E01", 0.3)
    assert decide([small], RECIPE, PITCH_UM)[0] is Verdict.ACCEPT
    assert name_of(small, (0.0, 0.0, 9.0, 0.0)) == "E01", "metal of that size would be rejected"


def test_what_a_border_cuts_keeps_the_name_that_its_other_part_is_judged_by():
    likely = (9.0, 0.0, 0.0, 0.0)
    assert name_of(defect("E04"), likely) == "E01"
    assert name_of(replace(defect("E04"), reaches_trailing_edge=True), likely) == "E04"
    assert name_of(replace(defect("E04"), reaches_leading_edge=True), likely) == "E04"


def test_a_name_that_would_be_accepted_is_not_given():
    metal = defect("E13", 0.3)
    assert decide([metal], RECIPE, PITCH_UM)[0] is Verdict.REJECT
    assert name_of(metal, (30.0, 0.0, 0.0, 0.0)) == "E13", "a pinhole of that size would pass"


def test_a_grave_name_is_given_up_only_where_it_is_unlikely():
    fair, hardly = (0.0, 1.0, 0.0, 0.0), (0.0, 9.0, 0.0, 0.0)
    assert name_of(defect("E13"), fair) == "E13"
    assert name_of(defect("E13"), hardly) == "E04"
    assert name_of(defect("E04"), (0.0, 0.0, 1.0, 0.0)) == "E13", "a graver one needs no proof"


@given(
    st.sampled_from(KINDS),
    st.floats(0.06, 4.0),
    st.lists(st.floats(-20.0, 20.0), min_size=len(KINDS), max_size=len(KINDS)),
)
def test_no_name_changes_the_verdict(kind, size_mm, bias):
    before = defect(kind, size_mm)
    after = replace(before, kind=name_of(before, bias))
    assert decide([after], RECIPE, PITCH_UM)[0] is decide([before], RECIPE, PITCH_UM)[0]


def test_probabilities_are_those_of_the_logistic_regression():
    chances = NameClassifier(weights(0.0, np.log(3.0), -900.0, -900.0)).probabilities(defect(), SCORES)
    assert list(chances) == list(KINDS)
    assert chances["E04"] == pytest.approx(0.75)
    assert sum(chances.values()) == pytest.approx(1.0)


def test_features_are_taken_in_their_own_units():
    plain = weights(0.0, 0.0, 0.0, 0.0).model_dump()
    features = features_of(defect(), SCORES, KINDS)
    row = np.zeros(FEATURES)
    row[4] = 1.0
    units = {"mean": features - 3.0, "scale": np.full(FEATURES, 2.0)}
    scaled = NameWeights.model_validate(plain | units | {"weights": [row, *np.zeros((3, FEATURES))]})
    chances = NameClassifier(scaled).probabilities(defect(), SCORES)
    assert chances["E01"] / chances["E04"] == pytest.approx(np.exp(1.5))


def test_scores_of_nothing_and_of_certainty_are_finite():
    assert np.isfinite(features_of(defect(), {"E01": 0.0, "E04": 1.0}, ["E01", "E04"])).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [({"scale": (1.0,)}, "as many numbers each"), ({"bias": (1.0,)}, "a row for each of 4 kinds")],
)
def test_weights_that_do_not_fit_together_are_refused(change, words):
    with pytest.raises(ValidationError, match=words):
        NameWeights.model_validate(weights(0.0, 0.0, 0.0, 0.0).model_dump() | change)
