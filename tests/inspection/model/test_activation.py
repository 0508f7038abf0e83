"""Which version of a model the station loads: the newest, the one that was chosen, or the one that a recipe pins."""

import json
import subprocess
import sys

import pytest

from inspection.errors import ModelError, RecipeError
from inspection.model.activation import activate, roll_back
from inspection.model.fit import check_fit
from inspection.model.history import HISTORY, changing, read_history
from inspection.model.shelf import Model, find_model, loose_pin, version_in_service
from inspection.recipe.recipe import default_recipe
from inspection.recipe.views import ModelChoice
from inspection.whole_file import has_writer, whole_file, write_whole
from tests.support.network import build_network, write_model

pytestmark = pytest.mark.process


@pytest.fixture
def models_dir(tmp_path):
    """electrode 0.1, 0.2 and 0.3, each another file."""
    for number, kinds in ((1, ("E01", "E04", "E06", "N01")), (2, ("E01", "E04", "E06")), (3, ("E01", "E04"))):
        write_model(
            tmp_path / f"electrode-0.{number}",
            build_network(kinds),
            version=f"0.{number}",
            kinds=kinds,
            thresholds=dict.fromkeys(kinds, 0.5),
        )
    return tmp_path


def version(models_dir, sha256=None):
    return find_model(models_dir, "electrode", sha256).card.version


def choose(models_dir, name_version):
    return activate(models_dir, name_version, who="Anna", why="qualified on roll 7")


def test_without_a_choice_the_newest_version_is_in_service(models_dir):
    assert version(models_dir) == version_in_service(models_dir, "electrode") == "0.3"
    assert read_history(models_dir) == []


def test_an_activated_version_is_loaded_even_if_newer_ones_come(models_dir):
    choose(models_dir, "electrode-0.2")
    write_model(models_dir / "electrode-0.4", version="0.4")
    assert version(models_dir) == version_in_service(models_dir, "electrode") == "0.2"
    assert find_model(models_dir, "electrode").artefact.version == "0.2"


def test_a_recipe_that_pins_a_file_always_gets_it(models_dir):
    pinned = find_model(models_dir, "electrode").artefact.sha256
    choose(models_dir, "electrode-0.1")
    assert version(models_dir, pinned) == "0.3"


def test_rolling_back_undoes_one_change_after_the_other(models_dir):
    choose(models_dir, "electrode-0.1")
    choose(models_dir, "electrode-0.2")
    assert roll_back(models_dir, "electrode", who="Bert", why="false rejects").after == "0.1"
    assert version(models_dir) == "0.1"
    assert roll_back(models_dir, "electrode", who="Bert", why="").after == "0.3"
    with pytest.raises(ModelError, match=r"nothing to roll 'electrode' back to.*electrode-0\.1, electrode-0\.2"):
        roll_back(models_dir, "electrode", who="Bert", why="")
    choose(models_dir, "electrode-0.2")
    assert roll_back(models_dir, "electrode", who="Bert", why="").after == "0.3"


def test_confirming_the_version_in_service_is_nothing_to_roll_back(models_dir):
    choose(models_dir, "electrode-0.3")
    with pytest.raises(ModelError, match="nothing to roll"):
        roll_back(models_dir, "electrode", who="Bert", why="")


def test_the_history_says_who_when_from_to_and_why_and_only_grows(models_dir):
    choose(models_dir, "electrode-0.1")
    first = (models_dir / HISTORY).read_bytes()
    roll_back(models_dir, "electrode", who="Bert", why="false rejects")
    assert (models_dir / HISTORY).read_bytes().startswith(first)
    activated, undone = read_history(models_dir)
    assert (activated.who, activated.action, activated.before, activated.after) == ("Anna", "activate", "0.3", "0.1")
    assert activated.why == "qualified on roll 7"
    assert activated.utc <= undone.utc
    assert (undone.who, undone.action, undone.before, undone.after) == ("Bert", "rollback", "0.1", "0.3")


@pytest.mark.parametrize("name", ["electrode-9.9", "electrode", "separator-0.1", ""])
def test_an_unknown_version_is_refused_and_changes_nothing(models_dir, name):
    with pytest.raises(ModelError, match=r"No model .*; there are: electrode-0\.1"):
        choose(models_dir, name)
    assert not (models_dir / HISTORY).exists()


def test_a_damaged_model_is_not_activated(models_dir):
    with (models_dir / "electrode-0.1" / "model.onnx").open("ab") as file:
        file.write(b" ")
    with pytest.raises(ModelError, match="altered or damaged"):
        choose(models_dir, "electrode-0.1")
    assert version(models_dir) == "0.3"


def test_another_file_under_the_activated_version_is_refused_though_its_card_matches(models_dir):
    choose(models_dir, "electrode-0.1")
    kinds = ("E01", "E04")
    other = {"kinds": kinds, "thresholds": dict.fromkeys(kinds, 0.5)}
    write_model(models_dir / "electrode-0.1", build_network(kinds), version="0.1", **other)
    with pytest.raises(ModelError, match=r"in service with SHA-256 \w+ \(history.jsonl\), but card.json there has"):
        find_model(models_dir, "electrode")


def make_blind(folder):
    """Thresholds that no score reaches, the graph as it was."""
    card = json.loads((folder / "card.json").read_text())
    card["thresholds"] = dict.fromkeys(card["kinds"], 1.0)
    (folder / "card.json").write_text(json.dumps(card))


def test_a_card_with_other_thresholds_is_another_model_and_no_pin_or_choice_takes_it_for_the_same(models_dir):
    before = find_model(models_dir, "electrode")
    choose(models_dir, "electrode-0.3")
    make_blind(models_dir / "electrode-0.3")
    after = Model.load(models_dir / "electrode-0.3")
    assert after.artefact.sha256 != before.artefact.sha256
    with pytest.raises(ModelError, match="the card, with its thresholds, or the graph was altered"):
        find_model(models_dir, "electrode")
    with pytest.raises(ModelError, match=f"No model 'electrode' with SHA-256 {before.artefact.sha256}"):
        find_model(models_dir, "electrode", before.artefact.sha256)
    assert find_model(models_dir, "electrode", after.artefact.sha256).artefact == after.artefact


def test_a_pin_of_the_graph_alone_goes_on_and_says_what_it_leaves_open(models_dir):
    model = find_model(models_dir, "electrode")
    recipe = default_recipe("anode", "bright-field")
    by_graph, by_card = (
        recipe.model_copy(update={"model": ModelChoice(name="electrode", sha256=sha256)})
        for sha256 in (model.card.sha256, model.card.card_sha256)
    )
    make_blind(models_dir / "electrode-0.3")
    blind = find_model(models_dir, "electrode", by_graph.model.sha256)
    check_fit(by_graph, blind)
    assert f'sha256 = "{blind.card.card_sha256}"' in loose_pin(by_graph, blind.card)
    assert loose_pin(by_card, model.card) is None
    assert loose_pin(recipe, model.card) is None
    with pytest.raises(RecipeError, match="it pins the model with SHA-256"):
        check_fit(by_card, blind)


def test_a_choice_that_an_earlier_program_noted_by_the_graph_holds(models_dir):
    choose(models_dir, "electrode-0.2")
    model = find_model(models_dir, "electrode")
    path = models_dir / HISTORY
    path.write_text(path.read_text().replace(model.card.card_sha256, model.card.sha256))
    assert version(models_dir) == "0.2"


def test_a_card_does_not_tell_its_own_hash(models_dir):
    path = models_dir / "electrode-0.3" / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"card_sha256": "0" * 64}))
    with pytest.raises(ModelError, match="card_sha256: is taken from the file itself"):
        find_model(models_dir, "electrode")


def test_an_activated_version_that_is_gone_is_told_not_replaced(models_dir):
    choose(models_dir, "electrode-0.1")
    (models_dir / "electrode-0.1").rename(models_dir.parent / "away")
    with pytest.raises(ModelError, match=r"0\.1 is in service.*but not there; there are: electrode-0\.2"):
        find_model(models_dir, "electrode")
    assert choose(models_dir, "electrode-0.2").before == "0.1"
    with pytest.raises(ModelError, match=r"No model 'electrode-0\.1'"):
        roll_back(models_dir, "electrode", who="Bert", why="")


@pytest.mark.parametrize(("line", "where"), [("{", "the line"), ('{"who": "Anna"}', "utc")])
def test_a_damaged_history_is_refused_by_line_and_key(models_dir, line, where):
    choose(models_dir, "electrode-0.1")
    with (models_dir / HISTORY).open("a") as file:
        file.write(line + "\n")
    with pytest.raises(ModelError, match=f"line 2: {where}"):
        find_model(models_dir, "electrode")


def test_two_commands_do_not_change_the_models_at_once(models_dir):
    with changing(models_dir), pytest.raises(ModelError, match="Another command changes the models"):
        choose(models_dir, "electrode-0.1")
    assert choose(models_dir, "electrode-0.1").after == "0.1"


def test_a_models_folder_that_is_missing_is_told(tmp_path):
    with pytest.raises(ModelError, match="can't be changed"):
        choose(tmp_path / "nowhere", "electrode-0.1")


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "card.json"
    write_whole(path, b"old")

    def fail_halfway():
        with whole_file(path) as file:
            file.write(b"ne")
            raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_killed_writer_lets_go_of_its_folder(tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from inspection.whole_file import sole_writer\n"
        "with sole_writer(Path(sys.argv[1])):\n    print('mine', flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"mine\n"
        assert has_writer(tmp_path)
        holder.kill()
    assert not has_writer(tmp_path)


def test_history_lines_are_json(models_dir):
    choose(models_dir, "electrode-0.2")
    (line,) = (models_dir / HISTORY).read_text().splitlines()
    assert json.loads(line)["after"] == "0.2"
