import hashlib

import pytest

from inspection.errors import RecipeError
from inspection.kinds import KINDS, Shape
from inspection.recipe import Recipe, default_recipe, default_recipe_path

SHIPPED = [
    ("anode", "bright-field"),
    ("cathode", "bright-field"),
    ("separator", "bright-field"),
    ("separator", "back-light"),
]


@pytest.mark.parametrize(("material", "view"), SHIPPED)
def test_shipped_recipes_are_valid_and_name_their_own_hash(material, view):
    recipe = default_recipe(material, view)
    content = default_recipe_path(material, view).read_bytes()
    assert (recipe.material, recipe.view) == (material, view)
    assert recipe.artefact.sha256 == hashlib.sha256(content).hexdigest()
    assert set(recipe.limits) <= set(KINDS)


def test_every_defect_of_the_catalogue_that_no_gauge_has_to_find_has_limits_in_a_shipped_recipe():
    limited = {kind for where in SHIPPED for kind in default_recipe(*where).limits}
    assert limited == {code for code, kind in KINDS.items() if kind.shape not in (Shape.NUISANCE, Shape.DIMENSION)}


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("deadline_ms = 500.0", "deadline = 500.0", "deadline: no such key"),
        ("deadline_ms = 500.0", "deadline_ms = -1", "deadline_ms: expected: .*greater than 0; got -1"),
        ("reject_above = [{ diameter_mm = 3.0 }]", "reject_above = [{ diameter = 3.0 }]", "no such key"),
        ("reject_above = [{ diameter_mm = 3.0 }]", "reject_above = []", "limits.E24.reject_above"),
        ("reject_above = [{ diameter_mm = 3.0 }]", "reject_above = [{}]", "at least one of"),
        ("max_pitch_um = 55.0", "max_pitch_um = 5.0", "below min_pitch_um"),
        ('name = "electrode"', "", "model.name: missing"),
        ("[guard]", "[guard", "no valid TOML"),
        ('version = "1.0"', 'version = "1.0"\nsha256 = "abc"', "sha256: is taken from the file"),
        ('material = "anode"', 'material = "paper"', "material: expected: .*got 'paper'"),
        ("[storm]", "[layout]\nlanes = [{ left_mm = 5, right_mm = 2 }]\n[storm]", "right_mm 2.0 must be above"),
    ],
)
def test_a_mistake_in_a_recipe_is_named_by_its_key(tmp_path, old, new, sentence):
    text = default_recipe_path("anode", "bright-field").read_text()
    assert old in text
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(old, new))
    with pytest.raises(RecipeError, match=sentence) as caught:
        Recipe.load(path)
    assert "mine.toml" in str(caught.value)


def test_a_missing_recipe_is_named(tmp_path):
    with pytest.raises(RecipeError, match=r"nowhere\.toml: there is no such file. Shipped are anode, cathode"):
        Recipe.load(tmp_path / "nowhere.toml")
    with pytest.raises(RecipeError, match="No recipe is shipped"):
        default_recipe("anode", "back-light")
