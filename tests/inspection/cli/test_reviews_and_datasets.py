import json

import pytest
from typer.testing import CliRunner

from inspection.cli import app
from inspection.errors import DataSetError, ReviewError, SettingsError
from inspection.rolls.roll_book import RollBook
from inspection.values import Verdict
from tests.support.review_fixtures import Plant
from tests.support.views import of_two_views

runner = CliRunner()


@pytest.fixture
def folder(tmp_path):
    plant = Plant(tmp_path)
    for sequence in range(1, 7):
        plant.add(sequence, Verdict.ACCEPT if sequence > 4 else Verdict.REJECT)
    RollBook(plant.line).begin("R-1", 1, "plc")
    plant.close()
    return tmp_path


def run(*words, folder=None):
    return runner.invoke(app, [*words, *(["--state-dir", str(folder)] if folder else [])], catch_exceptions=False)


def lines(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_the_queue_is_counted_filtered_and_claimed(folder):
    (told,) = lines(run("reviews", "queue", "--json", folder=folder))
    assert (told["waiting"]["reject"], told["waiting"]["accept_sample"]) == (4, 2)
    told, *cases = lines(run("reviews", "queue", "--json", "--count", "2", "--kind", "E04", folder=folder))
    assert sum(told["waiting"].values()) == 4
    assert len(cases) == 2
    assert "accept sample" in run("reviews", "queue", "--roll", "R-1", folder=folder).stdout


def test_answers_are_entered_taken_back_and_estimated(folder):
    for sequence, answer in ((1, "confirmed"), (2, "overruled"), (5, "confirmed")):
        result = run("reviews", "record", str(sequence), answer, "--who", "ann", "--json", folder=folder)
        assert lines(result)[0]["after"] == answer
    (told,) = lines(run("reviews", "estimates", "--json", folder=folder))
    assert told["confirmation"]["rate"] == 0.5
    assert told["reviewed"] == {"accept": 1, "reject": 2, "uninspected": 0}
    assert "50.00%" in run("reviews", "estimates", folder=folder).stdout
    assert "confirmed until now, open since" in run("reviews", "undo", "--who", "ann", folder=folder).stdout
    assert run("reviews", "undo", "--who", "bob", folder=folder).exit_code == 1


def test_a_data_set_is_frozen_listed_verified_and_exported(folder, tmp_path):
    run("reviews", "record", "1", "confirmed", folder=folder)
    run("reviews", "record", "5", "confirmed", folder=folder)
    made = run("datasets", "freeze", "first", "--search", '{"rolls": ["R-1"]}', "--note", "try", folder=folder)
    assert "2 images, 1 good" in made.stdout.replace("\n", " ")
    (listed,) = lines(run("datasets", "list", "--json", folder=folder))
    assert (listed["name"], listed["version"], listed["note"]) == ("first", 1, "try")
    assert run("datasets", "verify", listed["folder"]).exit_code == 0
    exported = run("datasets", "export", str(tmp_path / "out"), "--layout", "mvtec", folder=folder)
    assert exported.exit_code == 0
    assert (tmp_path / "out" / "groups.csv").exists()


def test_what_freezing_would_give_is_told_by_view_and_nothing_is_written(tmp_path):
    plant = Plant(tmp_path)
    for number in (1, 2):
        plant.add_views(of_two_views(number))
    RollBook(plant.line).begin("R-1", 1, "plc")
    plant.close()
    run("reviews", "record", "1", "confirmed", folder=tmp_path)
    (told,) = lines(run("datasets", "preview", "holes", "--json", folder=tmp_path))
    assert (told["frames"], told["views"]) == (2, {"back-light": 1, "bright-field": 1})
    assert (told["parts"], told["lacks"]) == ({"R-1": "train"}, ["rolls"])
    words = run("datasets", "preview", "holes", folder=tmp_path).stdout
    assert "views: back-light 1, bright-field 1" in words
    assert "would refuse it" in words
    assert not (tmp_path / "datasets").exists()
    assert "views: back-light 1, bright-field 1" in run("datasets", "freeze", "holes", folder=tmp_path).stdout
    (listed,) = lines(run("datasets", "list", "--json", folder=tmp_path))
    assert listed["views"] == told["views"]


@pytest.mark.parametrize(
    ("words", "error", "says"),
    [
        (("reviews", "queue"), SettingsError, "Name either"),
        (("reviews", "queue", "--state-dir", "nowhere"), SettingsError, "no such folder"),
        (("reviews", "queue", "--roll", "R-9", "--state-dir", "."), ReviewError, "no roll 'R-9'"),
        (("datasets", "freeze", "x", "--search", "{", "--state-dir", "."), ReviewError, "Correct the search"),
        (("datasets", "freeze", "X", "--state-dir", "."), DataSetError, "small letters"),
        (("datasets", "verify", "nothing"), DataSetError, "can't be read"),
    ],
)
def test_wrong_words_are_refused(folder, monkeypatch, words, error, says):
    monkeypatch.chdir(folder)
    with pytest.raises(error, match=says):
        run(*words)
