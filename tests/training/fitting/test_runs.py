"""`training runs`: what is in a folder of runs."""

import json
import sys

import pytest
from typer.testing import CliRunner

from inspection.whole_file import sole_writer
from training.cli import app
from training.errors import DataError
from training.fitting.fit_settings import FitSettings, to_toml
from training.fitting.mlflow_export import export_to_mlflow
from training.fitting.run_folder import CurvePoint, Run, RunState, overview_of, read_curves, write_curves

RUN = Run(
    family="separator",
    kinds=("S01",),
    seed=1,
    steps=20,
    minutes=3.5,
    data=(),
    data_sha256="0" * 64,
    started_from=None,
    last_loss=0.75,
    versions={},
)
POINTS = [CurvePoint(loss=10.0 - step / 10.0, learning_rate=0.001, seconds=3.0 * step) for step in range(1, 21)]


def begin(folder):
    folder.mkdir()
    settings = FitSettings(material="separator", simulated=True, steps=40, memory_mib=500.0)
    (folder / "run.toml").write_text(to_toml(settings))


def finish(folder):
    (folder / "network.pt").write_bytes(b"weights")
    (folder / "run.json").write_text(RUN.model_dump_json())


@pytest.fixture
def runs(tmp_path):
    """One finished, one interrupted after 20 of 40 steps, one just begun, one from before there was run.toml."""
    for name in ("done", "half", "new"):
        begin(tmp_path / name)
    (tmp_path / "old").mkdir()
    finish(tmp_path / "done")
    finish(tmp_path / "old")
    write_curves(tmp_path / "half", POINTS)
    (tmp_path / "notes").mkdir()
    return tmp_path


def invoke(*arguments):
    return CliRunner().invoke(app, ["runs", *map(str, arguments)])


def test_the_list_tells_how_far_each_run_is(runs):
    with sole_writer(runs / "new"):
        done = invoke("list", runs, "--json")
    rows = {row["folder"].rpartition("/")[2]: row for row in json.loads(done.stdout)}
    assert {name: row["state"] for name, row in rows.items()} == {
        "done": "finished",
        "half": "interrupted",
        "new": "running",
        "old": "finished",
    }
    assert (rows["done"]["steps"], rows["done"]["loss"], rows["done"]["minutes"]) == (20, 0.75, 3.5)
    assert (rows["half"]["steps"], rows["half"]["loss"], rows["half"]["minutes"]) == (20, 8.05, 1.0)
    assert (rows["new"]["steps"], rows["new"]["loss"]) == (0, None)
    assert rows["half"]["settings"]["memory-mib"] == 500.0
    assert rows["old"]["settings"] == {}


def test_the_list_for_people_names_steps_of_how_many(runs):
    words = invoke("list", runs).stdout
    assert "20 of 40" in words
    assert "interrupted" in words


def test_a_damaged_run_does_not_hide_the_others(runs):
    (runs / "half" / "run.toml").write_text("steps = 1\n")
    done = invoke("list", runs)
    assert "done" in done.stdout
    assert "half" not in done.stdout
    assert "either --data DIR" in done.stderr


def test_a_run_is_shown_with_its_course_and_what_to_do(runs):
    words = invoke("show", runs / "half").stdout
    assert f"training fit --resume {runs / 'half'}" in words
    shown = json.loads(invoke("show", runs / "half", "--json").stdout)
    assert [part["step"] for part in shown["course"]] == list(range(2, 21, 2))
    assert shown["course"][0]["loss"] == pytest.approx(9.85)
    assert "--resume" not in invoke("show", runs / "done").stdout


@pytest.mark.parametrize(
    ("arguments", "words"), [(("list", "nowhere"), "no folder nowhere"), (("show", "nowhere"), "is no run folder")]
)
def test_what_is_not_there_is_told(arguments, words):
    assert words in str(invoke(*arguments).exception)


def test_a_run_without_its_network_is_not_finished(runs):
    (runs / "done" / "network.pt").unlink()
    assert overview_of(runs / "done").state is RunState.INTERRUPTED


def test_curves_are_read_as_they_were_written(runs):
    assert read_curves(runs / "half") == [
        CurvePoint(pytest.approx(point.loss), point.learning_rate, point.seconds) for point in POINTS
    ]
    assert read_curves(runs / "new") == []
    (runs / "half" / "curves.csv").write_text("step,loss\n1,x\n")
    with pytest.raises(DataError, match="for people only"):
        read_curves(runs / "half")


def test_without_mlflow_the_export_says_how_to_get_it(runs, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(DataError, match=r"pip install 'web-inspection-station\[mlflow\]'"):
        export_to_mlflow(runs / "done", "sqlite:///nowhere.db")


def test_a_run_goes_to_mlflow_with_settings_curves_and_files(runs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # MLflow puts files beside its database into mlruns/
    mlflow = pytest.importorskip("mlflow", reason="an optional extra")
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    done = invoke("export-mlflow", runs / "half", "--tracking-uri", uri)
    assert done.exit_code == 0, done.output
    client = mlflow.MlflowClient(tracking_uri=uri)
    (run,) = client.search_runs([client.get_experiment_by_name("separator").experiment_id])
    assert (run.info.run_name, run.info.status) == ("half", "KILLED")
    assert (run.data.params["memory-mib"], run.data.params["steps"]) == ("500.0", "40")
    assert [(m.step, m.value) for m in client.get_metric_history(run.info.run_id, "loss")] == [
        (step, pytest.approx(point.loss)) for step, point in enumerate(POINTS, start=1)
    ]
    assert {file.path for file in client.list_artifacts(run.info.run_id)} == {"run.toml", "curves.csv"}
