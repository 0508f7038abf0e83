"""A recipe's text: each mistake at its line, each value a field, one value changed and the rest as it was written."""

import tomllib

import pytest

from inspection.errors import RecipeError
from inspection.recipe.fields import sections_of
from inspection.recipe.moves import moves
from inspection.recipe.recipe import Recipe, default_recipe_path, shipped_recipe_paths
from inspection.recipe.text import line_of, mistakes_in, with_value
from inspection.values.kinds import KINDS

TEXT = default_recipe_path("anode", "bright-field").read_text()
SEVERAL_LINES = """name = "x"
[limits.E10]
severity = "S2"
reject_above = [
  { length_mm = 3.0 },
  { width_mm = -0.2 },
]
min_px = 3.0
"""


def placed(before: str, after: str) -> tuple[str, int]:
    """The text with one place changed, and that place's line."""
    assert TEXT.count(before) >= 1
    return TEXT.replace(before, after, 1), TEXT[: TEXT.index(before)].count("\n") + 1


@pytest.mark.parametrize(
    ("before", "after", "lines_below", "sentence"),
    [
        (
            'severity = "S2"\nreject_above = [{ length_mm = 1.0 }]',
            'severity = "S9"\nreject_above = [{ length_mm = 1.0 }]',
            0,
            "expected: 'S1'",
        ),
        ("reject_above = [{ diameter_mm = 0.5 }]\ncount", "reject_above = []\ncount", 0, "at least one limit"),
        ("reject_above = [{ length_mm = 50.0 }]", "reject_above = [{ }]", 0, "needs at least one of"),
        ("reject_above = [{ length_mm = 50.0 }]", "", -2, "reject_above: missing"),
        ("size_px", "sizepx", 0, "no such key"),
        ("from_diameter_mm = 0.1\n\n[limits", "from_diameter_mm = 0\n\n[limits", 0, "expected: greater than 0; got 0"),
        ("[storm]", "[storm", 0, "Expected ']'"),
        ("[limits.E02]", "[limits.E01]", 0, "Cannot declare"),
        ('name = "default-anode"', 'name = "A b"', 0, "name: expected"),
    ],
)
def test_a_mistake_is_told_in_words_with_its_line(before, after, lines_below, sentence):
    text, line = placed(before, after)
    (mistake,) = mistakes_in(text)
    assert sentence in mistake.sentence
    assert mistake.line == line + lines_below


def test_several_mistakes_each_have_their_own_line():
    text, first = placed("size_px = 1.0", "size_px = -1.0")
    text = text.replace("max_candidates = 400", "max_candidates = 0")
    assert [mistake.line for mistake in mistakes_in(text)] == [first, first + 3]


def test_a_value_of_several_lines_is_at_its_first():
    assert line_of(SEVERAL_LINES, ("limits", "E10", "reject_above", 1, "width_mm")) == 4
    assert line_of(SEVERAL_LINES, ("limits", "E10", "min_px")) == 8
    assert line_of(SEVERAL_LINES, ("nothing",)) is None


def test_every_value_of_the_shipped_recipes_is_a_field_within_its_bounds():
    for path in shipped_recipe_paths():
        tables = tomllib.loads(path.read_text())
        fields = {field.path: field for section in sections_of(tables) for field in section.fields}
        for kind, limit in tables["limits"].items():
            for number, condition in enumerate(limit["reject_above"]):
                for name, value in condition.items():
                    field = fields["limits", kind, "reject_above", number, name]
                    assert field.value == value
                    assert field.unit, name
                    assert (field.least or 0) <= value <= field.most
        assert (
            fields[
                "image",
                "min_pitch_um",
            ].unit
            == "µm"
        )
        assert fields["storm", "max_candidates"].is_whole


@pytest.mark.parametrize("broken", [{}, {"limits": 3}, {"limits": {"E01": []}}, {"cluster": "many", "guard": None}])
def test_a_form_can_be_drawn_of_any_tables(broken):
    assert [field.value for section in sections_of(broken) for field in section.fields if field.value is not None] == []


def test_one_value_changes_and_nothing_else():
    path = ("limits", "E10", "reject_above", 1, "width_mm")
    both = "[{{ length_mm = 3.0 }}, {{ width_mm = {} }}]"
    assert with_value(TEXT, path, 0.25) == TEXT.replace(both.format(0.2), both.format(0.25))
    assert with_value(TEXT, ("guard", "size_px"), 1.0) == TEXT


def test_kinds_and_limits_are_added_and_taken_out_and_the_recipe_still_loads():
    text = with_value(TEXT, ("limits", "E16"), {"severity": "S2", "reject_above": [{"diameter_mm": 0.5}]})
    text = with_value(text, ("limits", "E16", "reject_above", 1), {"length_mm": 3.0})
    text = with_value(text, ("cluster", 2), {"objects": 9, "within_mm": 5.0, "from_diameter_mm": 0.2})
    text = with_value(text, ("limits", "E10", "reject_above", 0), None)
    text = with_value(text, ("limits", "E09"), None)
    text = with_value(text, ("limits", "E02", "min_px"), 3.0)
    recipe = Recipe.parse(text.encode(), "changed")
    assert [condition.numbers for condition in recipe.limits["E16"].reject_above] == [
        {"diameter_mm": 0.5},
        {"length_mm": 3.0},
    ]
    assert [rule.objects for rule in recipe.cluster] == [3, 5, 9]
    assert [condition.numbers for condition in recipe.limits["E10"].reject_above] == [{"width_mm": 0.2}]
    assert "E09" not in recipe.limits
    assert recipe.limits["E02"].min_px == 3.0
    assert recipe.limits.keys() | {"E09"} == Recipe.parse(TEXT.encode(), "before").limits.keys() | {"E16"}
    for comment in (line for line in TEXT.splitlines() if line.startswith("#")):
        assert comment in text


@pytest.mark.slow
def test_every_kind_can_be_added():
    known = Recipe.parse(TEXT.encode(), "before").limits
    for kind in set(KINDS) - set(known):
        text = with_value(TEXT, ("limits", kind), {"severity": "S2", "reject_above": [{"diameter_mm": 0.5}]})
        assert Recipe.parse(text.encode(), kind).limits[kind].reject_above[0].diameter_mm == 0.5


@pytest.mark.parametrize("path", [("limits", "E99", "reject_above", 5, "x"), ("name", "x"), ("cluster", 7, "objects")])
def test_a_place_that_there_is_not_is_refused(path):
    with pytest.raises(RecipeError, match="can't be set in this text"):
        with_value(TEXT, path, 1.0)


def move_of(before: str, after: str) -> list[str]:
    then, now = (Recipe.parse(text.encode(), "x") for text in (TEXT, placed(before, after)[0]))
    return [f"{move.where}: {move.before} {move.after}" for move in moves(then, now)]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("reject_above = [{ diameter_mm = 0.5 }]\ncount", "reject_above = [{ diameter_mm = 1.0 }]\ncount", []),
        (
            "reject_above = [{ diameter_mm = 0.5 }]\ncount",
            "reject_above = [{ diameter_mm = 1.01 }]\ncount",
            ["E01 diameter_mm: 0.5 1.01"],
        ),
        (
            "reject_above = [{ diameter_mm = 0.5 }]\ncount",
            "reject_above = [{ diameter_mm = 0.24 }]\ncount",
            ["E01 diameter_mm: 0.5 0.24"],
        ),
        ("at_most = 5", "at_most = 11", ["E01 count 1 at_most: 5.0 11.0"]),
        ("at_most = 5", "at_most = 0", ["E01 count 1 at_most: 5.0 0.0"]),
        ("{ length_mm = 3.0 }, ", "", ["E10 length_mm: 3.0 None"]),
        (
            '[limits.E27]\nseverity = "S1"\nreject_above = [{ length_mm = 0.012 }]\nmin_px = 3.0',
            "",
            ["E27 length_mm: 0.012 None", "E27 diameter_mm: None 0.05", "E27 area_mm2: None 1.0"],
        ),
        ('[limits.E12]\nseverity = "S1"', '[limits.E12]\nseverity = "S4"', ["E12 severity: S1 S4"]),
        ("size_px = 1.0", "size_px = 0.2", ["guard size_px: 1.0 0.2"]),
        ("max_candidates = 400", "max_candidates = 900", ["storm max_candidates: 400.0 900.0"]),
        ("objects = 3", "objects = 7", ["cluster 1 objects: 3.0 7.0"]),
        ("[model]", "[model]\nthresholds = { E01 = 0.9 }", ["threshold E01: None 0.9"]),
    ],
)
def test_a_limit_that_moves_by_more_than_a_factor_of_two_is_told(before, after, told):
    assert move_of(before, after) == told
