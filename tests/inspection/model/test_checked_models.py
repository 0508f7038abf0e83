"""All that is read from files and the network takes numbers that exist, in every field, of every model."""

import importlib
import inspect
import math
import pkgutil
import types
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel, ValidationError

import camera
import inspection
import training
from camera.checked import Checked
from inspection.archive.search import Search
from inspection.recipe.recipe import StormRule

NEVER = (math.inf, -math.inf, math.nan)


def models():
    """All pydantic models of the project, with their modules imported."""
    found = {}
    for package in (camera, inspection, training):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "migrations" in module.name or module.name.endswith("__main__"):
                continue
            for value in vars(importlib.import_module(module.name)).values():
                if inspect.isclass(value) and issubclass(value, BaseModel) and value.__module__ == module.name:
                    found[f"{value.__module__}.{value.__qualname__}"] = value
    return found


MODELS = models()
READ = [model for model in MODELS.values() if issubclass(model, Checked)]


def holding(annotation, number):
    """A value of the type with `number` in the place of each float; None where it has none."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if annotation in (float, Any):
        return number
    if origin is Annotated:
        return holding(parts[0], number)
    if origin in (Union, types.UnionType):
        return next((value for part in parts if (value := holding(part, number)) is not None), None)
    if origin is tuple:
        kinds = parts[:1] if parts[-1] is Ellipsis else parts
        inner = [holding(part, number) for part in kinds]
        return None if inner[0] is None else inner
    if origin is dict:
        inner = holding(parts[1], number)
        return None if inner is None else {"E01": inner}
    return None


FIELDS = [
    pytest.param(model, name, id=f"{model.__name__}.{name}")
    for model in READ
    for name, field in model.model_fields.items()
    if holding(field.annotation, 1.0) is not None
]


@pytest.mark.parametrize(("model", "name"), FIELDS)
def test_no_field_takes_a_number_that_is_none(model, name):
    field = model.model_fields[name]
    for number in NEVER:
        with pytest.raises(ValidationError) as caught:
            model.model_validate({field.alias or name: holding(field.annotation, number)})
        assert any(fault["loc"][:1] == (field.alias or name,) for fault in caught.value.errors()), (name, number)


def test_the_fields_that_decide_are_among_them():
    names = {f"{param.values[0].__name__}.{param.values[1]}" for param in FIELDS}
    assert {
        "Recipe.deadline_ms",
        "Condition.diameter_mm",
        "ModelChoice.thresholds",
        "StationSettings.deadline_ms",
        "ModelCard.thresholds",
        "ModelCard.metrics",
        "NameWeights.weights",
        "GenTLSettings.features",
        "WatchSettings.settle_ms",
        "CocoAnnotation.bbox",
        "FitSettings.minutes",
        "InterventionIn.minutes",
    } <= names


def test_every_model_that_is_read_is_a_checked_one():
    others = {name for name, model in MODELS.items() if not issubclass(model, Checked)}
    # What is only told is made by the station itself.
    assert {name for name in others if not name.startswith("inspection.api.")} == set()
    assert not any(name.endswith(("In", "Query")) for name in others)


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**400, 10**5000], ids=["64 bits", "-64 bits", "400", "5000"])
def test_an_integer_of_more_than_64_bits_is_refused(number):
    for model, name in ((StormRule, "max_candidates"), (Search, "first_sequence")):
        with pytest.raises(ValidationError):
            model.model_validate({name: number})


@pytest.mark.parametrize("text", ["a\0b", "a\x1bb", "\ud800"])
def test_text_that_the_store_can_not_hold_is_refused(text):
    with pytest.raises(ValidationError):
        Search(rolls=(text,))
    assert Search(rolls=("Rolle 7 – außen\t\u0301",)).rolls


def test_a_field_that_may_be_anything_is_looked_into():
    class Notes(Checked):
        notes: dict[str, Any]

    deep: Any = 1.0
    for _ in range(5000):
        deep = [deep]
    assert Notes(notes={"a": deep}).notes
    for value in (math.nan, {"b": [1, math.inf]}, 2**64, "\ud800", {"\0": 1}):
        with pytest.raises(ValidationError):
            Notes(notes={"a": value})
