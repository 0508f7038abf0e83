"""The classifier of names: it learns from what the model finds on simulated web, and says how well it names."""

from pathlib import Path

import numpy as np
import pytest

from inspection.model.shelf import find_model
from training.errors import DataError
from training.family import family_of
from training.release.name_fitting import Sample, fit_names, gather_samples, named_kinds

MODELS = Path(__file__).parents[3] / "models"
SEPARATOR = family_of("separator")
KINDS = ("S01", "S07", "S08")


def samples(seed=1, webs=20, of_each=3):
    """S01 and S07 differ in a measured feature alone, not in their scores."""
    rng = np.random.default_rng(seed)
    made = []
    for web in range(webs):
        for kind, place in zip(KINDS, (-2.0, 2.0, 0.0), strict=True):
            for _ in range(of_each):
                features = rng.normal(0.0, 0.5, len(KINDS) + 20)
                features[KINDS.index("S08")] = 3.0 if kind == "S08" else -3.0
                features[len(KINDS)] += place
                made.append(Sample(kind, "S07" if kind == "S01" else kind, features, web))
    return made


def test_it_learns_what_the_highest_score_does_not_tell():
    names = fit_names(samples(), KINDS)
    assert names.kinds == KINDS
    assert "it names right, of the objects on the others, 36 of 36" in names.method
    assert "the highest score alone 24" in names.method


def test_the_same_samples_give_the_same_weights():
    assert fit_names(samples(), KINDS) == fit_names(samples(), KINDS)


def test_kinds_of_which_there_is_next_to_nothing_are_left_out():
    some = [each for each in samples() if each.kind != "S08"] + [each for each in samples() if each.kind == "S08"][:5]
    names = fit_names(some, KINDS)
    assert names.kinds == ("S01", "S07")
    assert {len(row) for row in names.weights} == {2 + 20}
    with pytest.raises(DataError, match="S01 9, S07 9, S08 9"):
        fit_names(samples(webs=3), KINDS)


def test_samples_are_objects_that_the_model_rejects():
    model = find_model(MODELS, "separator")
    found = gather_samples(model, SEPARATOR, 1)
    kinds = named_kinds(SEPARATOR)
    assert len(found) > 3
    assert {each.kind for each in found} | {each.called for each in found} <= set(kinds)
    assert {len(each.features) for each in found} == {len(kinds) + 20}
    assert all(np.isfinite(each.features).all() for each in found)
