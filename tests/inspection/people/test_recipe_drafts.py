"""Recipes from the pages: checked, released by somebody else, never altered."""

import json

import pytest

from inspection.errors import RecipeError
from inspection.people.audit import AuditLog
from inspection.people.recipe_drafts import DraftError, RecipeDrafts
from inspection.recipe.recipe import Recipe, default_recipe_path
from inspection.store.database import Database
from inspection.store.engine import Access
from tests.support.fresh_store import lay_store

TEXT = default_recipe_path("anode", "bright-field").read_text().replace("default-anode", "line-3")


@pytest.fixture
def database(tmp_path):
    database = Database.in_file(lay_store(tmp_path / "store.db", Access.PEOPLE), Access.PEOPLE)
    yield database
    database.close()


@pytest.fixture
def drafts(database, tmp_path):
    return RecipeDrafts(database, tmp_path / "recipes")


def test_what_a_second_person_releases_is_a_file_that_loads(drafts, database, tmp_path):
    draft = drafts.write("eve", TEXT)
    assert draft.is_released is None
    assert not (tmp_path / "recipes").exists()
    with pytest.raises(DraftError, match="second person"):
        drafts.settle("eve", draft.id, "mine", is_released=True)
    released = drafts.settle("ann", draft.id, " limits as in order 4711 ", is_released=True)
    recipe = Recipe.load(drafts.file_of(released))
    assert (recipe.name, recipe.version, recipe.sha256) == ("line-3", "1.0", draft.sha256)
    entries = AuditLog(database).latest(2)
    assert [entry.action for entry in entries] == ["recipe.release", "recipe.write"]
    assert json.loads(entries[0].after) == {"sha256": draft.sha256, "comment": "limits as in order 4711"}
    assert (released.comment, drafts.last_released("line-3")) == ("limits as in order 4711", released)
    assert drafts.last_released("of nobody") is None


@pytest.mark.parametrize("comment", ["", "  ", "x" * 1001])
def test_nothing_is_settled_without_a_word_about_it(drafts, comment):
    draft = drafts.write("eve", TEXT)
    with pytest.raises(DraftError, match="A comment of 1 to 1000 characters"):
        drafts.settle("ann", draft.id, comment, is_released=True)
    assert drafts.newest()[0].is_released is None


def test_a_version_is_given_once_unless_it_was_refused(drafts):
    first = drafts.write("eve", TEXT)
    with pytest.raises(DraftError, match="needs a new version"):
        drafts.write("bob", TEXT)
    assert drafts.settle("eve", first.id, "seen", is_released=False).is_released is False
    second = drafts.write("eve", TEXT)
    drafts.settle("ann", second.id, "seen", is_released=True)
    with pytest.raises(DraftError, match="settled by ann"):
        drafts.settle("bob", second.id, "seen", is_released=False)
    with pytest.raises(DraftError, match="no draft 99"):
        drafts.settle("ann", 99, "seen", is_released=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("deadline_ms", "deadline"), "deadline: no such key"),
        (('version = "1.0"', 'version = "../../x"'), "version: expected"),
        (('name = "line-3"', 'name = "../x"'), "name: expected"),
        (("[model]", "[model"), "no valid TOML"),
    ],
)
def test_a_recipe_that_would_not_load_is_not_taken(drafts, change, message):
    with pytest.raises(RecipeError, match=message):
        drafts.write("eve", TEXT.replace(*change))
    assert drafts.newest() == []


def test_a_file_that_is_lost_or_altered_is_put_back(drafts):
    released = drafts.settle("ann", drafts.write("eve", TEXT).id, "seen", is_released=True)
    drafts.file_of(released).write_text("altered")
    drafts.put_files()
    assert drafts.file_of(released).read_text() == TEXT
