"""A run's settings: from options, from a TOML file with the same names, or from both; and how a fit is shown."""

import io
import tomllib
import tracemalloc

import numpy as np
import pytest
from rich.console import Console
from typer.main import get_command
from typer.testing import CliRunner

from training.cli import app
from training.cli.fit_progress import show_progress
from training.errors import DataError
from training.family import family_of
from training.fitting.fit_settings import FitSettings, load_run_settings, read_fit_settings, to_toml
from training.fitting.fitting import Progress
from training.lessons.pool import TilePool, pool_mib, tiles_kept
from training.lessons.tiles import TILE_PX, Tile

SIMULATED = 'material = "separator"\nsimulated = true\nsteps = 7\n'


def config(folder, text):
    path = folder / "run.toml"
    path.write_text(text)
    return path


def test_a_file_sets_up_a_run_and_options_go_before_it(tmp_path):
    path = config(tmp_path, SIMULATED + 'out = "mine"\nmemory-mib = 500\ncheckpoint-minutes = 2.5\nseed = 3\n')
    settings, out = read_fit_settings(path, {"seed": 4})
    assert out == tmp_path / "mine"
    assert (settings.seed, settings.threads, settings.memory_mib, settings.checkpoint_minutes) == (4, 1, 500.0, 2.5)
    assert settings.material == "separator"


def test_an_option_takes_the_place_of_its_rival_in_the_file(tmp_path):
    path = config(tmp_path, SIMULATED)
    settings, _ = read_fit_settings(path, {"minutes": 3.0, "data": [tmp_path], "out": tmp_path / "o"})
    assert (settings.steps, settings.minutes) == (None, 3.0)
    assert (settings.simulated, settings.data) == (False, (tmp_path,))


def test_paths_in_a_file_count_from_its_folder(tmp_path):
    path = config(tmp_path, 'material = "separator"\ndata = ["a", "/b"]\nstart = "../s"\nminutes = 1\nout = "o"\n')
    settings, out = read_fit_settings(path, {})
    assert [str(each) for each in settings.data] == [f"{tmp_path}/a", "/b"]
    assert settings.start.resolve() == tmp_path.parent / "s"
    assert out == tmp_path / "o"


def test_the_names_in_the_file_are_those_of_the_options():
    options = {option for parameter in get_command(app).commands["fit"].params for option in parameter.opts}
    names = {f"--{field.alias}" for field in FitSettings.model_fields.values()}
    assert names | {"--out", "--config", "--resume"} == options


def test_settings_are_written_so_that_they_can_be_read_again_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings, _ = read_fit_settings(
        None, {"material": "separator", "data": ["ä b", 'c"d\\e'], "minutes": 0.5, "start": "s", "out": tmp_path}
    )
    config(tmp_path, to_toml(settings))
    again = load_run_settings(tmp_path)
    assert [str(each) for each in again.data] == [f"{tmp_path}/ä b", f'{tmp_path}/c"d\\e']
    assert again.start == tmp_path / "s"
    assert "out" not in tomllib.loads(to_toml(settings))
    assert (again.minutes, again.steps, again.simulated) == (0.5, None, False)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (SIMULATED + "stepps = 3\n", "stepps: no such setting"),
        (SIMULATED + "memory_mb = 3\n", "memory_mb: no such setting"),
        (SIMULATED + "seed = -1\n", "seed: expected: .*greater than or equal to 0; got -1"),
        (SIMULATED + 'threads = "many"\n', "threads: expected: .*integer.*; got 'many'"),
        (SIMULATED + "minutes = 3\n", "either --steps"),
        (SIMULATED + 'data = ["x"]\n', "either --data DIR"),
        ("simulated = true\nsteps = 1\n", "Give --material"),
        (SIMULATED.replace("separator", "paper"), "No model family 'paper'; there are electrode, separator"),
        (SIMULATED + "memory-mib = 20\n", "no room for 8 tiles of each kind of separator; expected at least 45"),
        ("steps = \n", "no valid TOML"),
    ],
)
def test_a_wrong_setting_is_told_by_its_name(tmp_path, text, words):
    with pytest.raises(DataError, match=words):
        read_fit_settings(config(tmp_path, text), {"out": tmp_path})


@pytest.mark.parametrize(
    ("text", "words"), [(SIMULATED, "out: missing"), (SIMULATED + "out = 5\n", "out: expected: the path")]
)
def test_a_run_needs_a_folder(tmp_path, text, words):
    with pytest.raises(DataError, match=words):
        read_fit_settings(config(tmp_path, text), {})


def test_a_settings_file_that_is_missing_is_told(tmp_path):
    with pytest.raises(DataError, match=r"nowhere\.toml can't be read: No such file"):
        read_fit_settings(tmp_path / "nowhere.toml", {})


def test_the_command_fits_as_the_file_says(tmp_path):
    path = config(tmp_path, SIMULATED.replace("steps = 7", "steps = 2") + 'memory-mib = 80\nout = "run"\n')
    done = CliRunner().invoke(app, ["fit", "--config", str(path), "--seed", "5"])
    assert done.exit_code == 0, done.output
    settings = load_run_settings(tmp_path / "run")
    assert (settings.simulated, settings.steps, settings.seed, settings.memory_mib) == (True, 2, 5, 80.0)
    assert "2 steps" in done.stdout


def test_resume_takes_no_other_option(tmp_path):
    done = CliRunner().invoke(app, ["fit", "--resume", str(tmp_path), "--steps", "3", "--memory-mib", "500"])
    assert "take away --steps, --memory-mib" in str(done.exception)
    done = CliRunner().invoke(app, ["fit", "--resume", str(tmp_path)])
    assert "is no run folder" in str(done.exception)


def full_pool_bytes(memory_mib):
    """What a pool takes from the system once each of its shelves has been used."""
    family = family_of("separator")
    cells = (len(family.kinds), TILE_PX // 8, TILE_PX // 8)
    tile = (np.zeros((TILE_PX, TILE_PX), np.uint8), np.zeros(cells, np.uint8), np.zeros(cells, np.float16))
    tracemalloc.start()
    try:
        pool = TilePool(family, np.random.default_rng(1), memory_mib)
        pool.add(Tile(*tile, subject) for subject in ("", *family.kinds))
        pool.add_hard(Tile(*tile, ""))
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


def test_a_pool_takes_the_memory_that_it_is_given():
    assert full_pool_bytes(400.0) == pytest.approx(400 * 2**20, rel=0.02)
    assert full_pool_bytes(None) == pytest.approx(pool_mib(family_of("separator")) * 2**20, rel=0.02)


def test_half_the_memory_keeps_half_the_tiles_of_each_subject():
    family = family_of("electrode")
    halved = tiles_kept(family, pool_mib(family) / 2)
    assert halved == {subject: kept // 2 for subject, kept in tiles_kept(family).items()}


STANDING = Progress(step=40, steps=200, fraction=0.2, loss=1.5, minutes_left=8.0)


def test_in_a_log_a_fit_is_a_plain_line_now_and_then():
    for every_s, lines in ((0.0, 3), (60.0, 0)):
        text = io.StringIO()
        with show_progress(Console(file=text), plain_every_s=every_s) as report:
            for _ in range(3):
                report(STANDING)
        assert text.getvalue() == "step 40 of 200, loss 1.500, 8 min left\n" * lines


def test_at_a_terminal_a_fit_is_a_bar():
    text = io.StringIO()
    with show_progress(Console(file=text, force_terminal=True, width=120)) as report:
        report(STANDING)
    assert "step 40 of 200, loss 1.500, 8 min left" in text.getvalue()
    assert "20%" in text.getvalue()
