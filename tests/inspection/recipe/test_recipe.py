import hashlib
import re

import pytest

from inspection.errors import RecipeError
from inspection.people.recipe_drafts import check_recipe
from inspection.recipe.recipe import Recipe, default_recipe, default_recipe_path, recipe_path
from inspection.values.kinds import KINDS, Shape

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


def test_the_separator_seen_in_two_lights_is_judged_by_the_limits_of_both():
    both = Recipe.load(recipe_path("separator"))
    assert both.lead == "bright-field"
    for light, view in both.views.items():
        alone = default_recipe("separator", light)
        assert view.is_required
        assert (view.light, view.model, view.image) == (alone.view, alone.model, alone.image)
        assert both.limits == alone.limits
        assert (both.unknown, both.cluster, both.guard, both.storm) == (
            alone.unknown,
            alone.cluster,
            alone.guard,
            alone.storm,
        )


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


ANODE = default_recipe_path("anode", "bright-field").read_text()
NUMBERS = sorted(
    {line.split("=")[0].strip() for line in ANODE.splitlines() if line.split("=")[-1].strip()[:1].isdigit()}
)


@pytest.mark.parametrize("value", ["inf", "-inf", "nan", "1e999", "9" * 400])
@pytest.mark.parametrize("key", NUMBERS)
def test_no_number_of_a_recipe_may_be_infinite_or_none_at_all(key, value):
    text = re.sub(rf"(?m)^{key} = .*", f"{key} = {value}", ANODE)
    assert text != ANODE
    with pytest.raises(RecipeError, match=rf"{key}: expected: "):
        Recipe.parse(text.encode(), "mine")


@pytest.mark.parametrize("value", ["inf", "nan", "1e300", "5001.0"])
@pytest.mark.parametrize("key", ["diameter_mm", "from_diameter_mm", "width_mm"])
def test_a_limit_that_nothing_exceeds_is_refused(key, value):
    text = re.sub(rf"\b{key} = [0-9.]+", f"{key} = {value}", ANODE)
    with pytest.raises(RecipeError, match=rf"{key}: expected: "):
        Recipe.parse(text.encode(), "mine")


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("deadline_ms = 500.0", "deadline_ms = 1e300", "deadline_ms"),
        ("deadline_ms = 500.0", "deadline_ms = 3_600_001", "deadline_ms"),
        ("max_candidates = 400", "max_candidates = 999_999_999", "max_candidates"),
        ("at_most = 5", "at_most = 9_223_372_036_854_775_808", "at_most"),
        ("at_most = 5", "at_most = 1_000_000", "at_most"),
        ("size_px = 1.0", "size_px = 1e9", "size_px"),
        ("min_mean_dn = 15.0", "max_encoder_gap_mm = 1e9", "max_encoder_gap_mm"),
        ("within_mm = 10.0", "within_mm = inf", "within_mm"),
        ("objects = 3", "objects = 1_000_000", "objects"),
        ('name = "electrode"', 'name = "electrode"\nthresholds = { E01 = nan }', "thresholds.E01"),
    ],
)
def test_what_would_switch_a_rule_off_unseen_is_refused(old, new, key):
    assert old in ANODE
    with pytest.raises(RecipeError, match=rf"{key}: expected: "):
        Recipe.parse(ANODE.replace(old, new).encode(), "mine")


def test_a_limit_larger_than_the_image_is_refused():
    wide = ANODE.replace("min_pitch_um", "width_px = 1000\nmin_pitch_um")
    assert Recipe.parse(wide.encode(), "mine").image.width_px == 1000
    for limit in ("{ diameter_mm = 55.1 }", "{ width_mm = 55.1, length_mm = 1.0 }"):
        spoilt = wide.replace("reject_above = [{ diameter_mm = 3.0 }]", f"reject_above = [{limit}]")
        assert spoilt != wide
        with pytest.raises(
            RecipeError, match=r"rejects above 55\.1 mm across, which nothing exceeds in an image of 55 mm"
        ):
            Recipe.parse(spoilt.encode(), "mine")


def test_a_recipe_with_a_byte_order_mark_is_the_same_but_for_its_hash(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xef\xbb\xbf" + ANODE.encode())
    recipe = Recipe.load(path)
    assert recipe.limits == default_recipe("anode", "bright-field").limits
    assert recipe.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_a_recipe_in_another_encoding_is_told_so(tmp_path, encoding):
    (tmp_path / "mine.toml").write_bytes(f"# für die Anode\n{ANODE}".encode(encoding))
    with pytest.raises(RecipeError, match=r"UTF-8.*: save it again as UTF-8"):
        Recipe.load(tmp_path / "mine.toml")


RECIPE_BOMBS = {
    "lists": "a = " + "[" * 5000 + "]" * 5000,
    "deep values": f"material.{'a.' * 30}b = 1",
    "a long value": f"material = '{'x' * 100_000}'",
    "many keys": "\n".join(f"k{number} = 1" for number in range(15_000)),
    "a long key": "a." * 99_000 + "b = 1",
    "half a character": "name = '\ud800'",
    "digits": "deadline_ms = " + "9" * 100_000,
}


@pytest.mark.parametrize("name", RECIPE_BOMBS)
def test_a_text_that_is_no_recipe_is_refused_in_a_few_words(name):
    with pytest.raises(RecipeError) as caught:
        check_recipe(RECIPE_BOMBS[name])
    assert len(str(caught.value)) < 2000


def test_a_file_of_a_hundred_megabytes_is_no_recipe(tmp_path):
    with (tmp_path / "mine.toml").open("wb") as file:
        file.truncate(100_000_000)
    with pytest.raises(RecipeError, match="larger than 10 MiB"):
        Recipe.load(tmp_path / "mine.toml")
