"""`inspection check` over folders as they are found in plants: what it looks at, what it says, what it writes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from inspection.cli.check import check
from inspection.errors import InspectionError
from tests.support.patience import PATIENCE_S

PROJECT = Path(__file__).resolve().parents[3]
SAMPLES = PROJECT / "sample_images"
RECIPE = PROJECT / "inspection/recipe/shipped/anode.toml"
GOOD = SAMPLES / "anode-bright-field-good-1.png"
PINHOLE = SAMPLES / "anode-bright-field-E01-1.png"

app = typer.Typer()
app.command()(check)


def run(*arguments: object) -> Result:
    """In this process: a model loads faster than an interpreter starts."""
    return CliRunner().invoke(app, [*map(str, arguments), "--recipe", str(RECIPE), "--models-dir", PROJECT / "models"])


def grey(path: Path) -> np.ndarray:
    return cv2.imread(str(path), cv2.IMREAD_UNCHANGED)


def results(done: Result) -> dict[str, str]:
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {result["image"]: result["verdict"] for result in lines}


def copy(source: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(source.read_bytes())
    return target


def test_several_pictures_in_one_file_are_not_accepted_for_their_first(tmp_path: Path):
    cv2.imwritemulti(str(tmp_path / "stack.tif"), [grey(GOOD), grey(PINHOLE)])
    done = run(tmp_path)
    assert done.exit_code == 2
    assert "holds 2 pictures, expected 1; none was looked at" in done.stdout


def test_bmp_files_are_judged_too(tmp_path: Path):
    cv2.imwrite(str(tmp_path / "pinhole.bmp"), grey(PINHOLE))
    done = run(tmp_path, "--json")
    assert (done.exit_code, results(done)) == (1, {"pinhole.bmp": "reject"})


@pytest.mark.parametrize("name", ["web.gif", "web.webp", "web.jp2", "web.pgm", "web", "web.png.bak", "roll1/web.png"])
def test_what_looks_like_an_image_and_is_not_looked_at_is_named(tmp_path: Path, name: str):
    copy(GOOD, tmp_path / "good.png")
    copy(PINHOLE, tmp_path / name)
    done = run(tmp_path)
    assert done.exit_code == 1
    assert f"not looked at: {name.split('/')[0]}: " in done.stderr


def test_subfolders_are_looked_at_where_that_is_asked_for(tmp_path: Path):
    copy(GOOD, tmp_path / "good.png")
    copy(PINHOLE, tmp_path / "roll1/deep/web.png")
    (tmp_path / "roll1/up").symlink_to(tmp_path, target_is_directory=True)
    done = run(tmp_path, "--recursive", "--json")
    assert (done.exit_code, results(done)) == (1, {"good.png": "accept", "roll1/deep/web.png": "reject"})


def test_what_systems_leave_beside_images_is_no_image(tmp_path: Path):
    copy(GOOD, tmp_path / "good.png")
    (tmp_path / "._good.png").write_bytes(b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X")
    (tmp_path / ".DS_Store").write_bytes(b"\x00\x00\x00\x01Bud1")
    copy(PINHOLE, tmp_path / "__MACOSX/good.png")
    (tmp_path / "Thumbs.db").write_bytes(GOOD.read_bytes())
    (tmp_path / "notes.txt").write_text("a good roll")
    (tmp_path / "empty").mkdir()
    assert run(tmp_path).exit_code == 0


def test_images_come_in_the_order_in_which_people_count_and_under_their_whole_names(tmp_path: Path):
    for name in ("10.png", "2.png", "3 [ok].png", "[red]1.png"):
        copy(GOOD, tmp_path / name)
    done = run(tmp_path)
    assert done.exit_code == 0
    places = [done.stdout.index(f" {name} ") for name in ("2.png", "3 [ok].png", "10.png", "[red]1.png")]
    assert places == sorted(places)


def test_a_pipe_or_a_dangling_link_is_unreadable_and_holds_nothing_up(tmp_path: Path):
    copy(GOOD, tmp_path / "good.png")
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "dangling.png").symlink_to("nowhere")
    done = run(tmp_path, "--json")
    assert done.exit_code == 2
    assert results(done) == {"dangling.png": "uninspected", "good.png": "accept", "pipe.png": "uninspected"}


def test_twelve_bits_in_a_file_of_sixteen_are_told_and_judged_with_their_depth(tmp_path: Path):
    for name, sample in (("good.tif", GOOD), ("pinhole.png", PINHOLE)):
        cv2.imwrite(str(tmp_path / name), grey(sample).astype(np.uint16) * 16)
    done = run(tmp_path)
    assert done.exit_code == 1
    assert "hint: good.tif looks like 12 bits in a file of 16: try --bit-depth 12" in done.stderr
    done = run(tmp_path, "--bit-depth", 12, "--json")
    assert results(done) == {"good.tif": "accept", "pinhole.png": "reject"}
    assert "hint" not in done.stderr
    assert run(tmp_path, "--bit-depth", 10).exit_code == 2


def test_an_image_of_too_many_pixels_is_not_decoded(tmp_path: Path):
    copy(GOOD, tmp_path / "good.png")
    done = run(tmp_path, "--max-mpx", 0.1)
    assert done.exit_code == 2
    assert "expected at most 0.1 million pixels" in done.stdout


# Overlays


def test_each_image_has_an_overlay_of_its_own(tmp_path: Path):
    images = [
        copy(GOOD, tmp_path / "a/0001.png"),
        copy(PINHOLE, tmp_path / "b/0001.png"),
        copy(GOOD, tmp_path / "b/0002.png"),
        copy(GOOD, tmp_path / "c/b/0001.png"),
        copy(GOOD, tmp_path / "c/0003.png"),
    ]
    cv2.imwrite(str(tmp_path / "c/0003.tif"), grey(PINHOLE))
    for _ in range(2):  # the second time over its own
        done = run(*images, tmp_path / "c/0003.tif", "--overlays", tmp_path / "out")
        assert done.exit_code == 1, done.stderr
        drawn = {path.name for path in (tmp_path / "out").iterdir()}
        assert len(drawn) == 6
        assert {"a-0001.png.png", "0002.png", "0003.png.png", "0003.tif.png"} <= drawn
    assert all(cv2.imread(str(tmp_path / "out" / name), cv2.IMREAD_UNCHANGED).ndim == 3 for name in drawn)


@pytest.mark.parametrize("where", ["in", "in/../in", "link"])
def test_overlays_are_not_drawn_over_the_images(tmp_path: Path, where: str):
    image = copy(GOOD, tmp_path / "in/a.png")
    (tmp_path / "link").symlink_to(tmp_path / "in")
    done = run(tmp_path / "in", "--overlays", tmp_path / where)
    assert isinstance(done.exception, InspectionError)
    assert "the images themselves lie there" in str(done.exception)
    assert image.read_bytes() == GOOD.read_bytes()


def test_overlays_are_not_drawn_over_anything_of_others(tmp_path: Path):
    copy(GOOD, tmp_path / "in/a.png")
    other = copy(PINHOLE, tmp_path / "elsewhere/a.png")
    done = run(tmp_path / "in", "--overlays", tmp_path / "elsewhere")
    assert isinstance(done.exception, InspectionError)
    assert "was not drawn by this command" in str(done.exception)
    assert other.read_bytes() == PINHOLE.read_bytes()
    done = run(tmp_path / "in", "--overlays", other)
    assert "can't be made a folder" in str(done.exception)


def test_an_overlay_that_cannot_be_written_is_told(tmp_path: Path):
    copy(GOOD, tmp_path / "in/a.png")
    (tmp_path / "out/.a.png.part").mkdir(parents=True)
    done = run(tmp_path / "in", "--overlays", tmp_path / "out")
    assert done.exit_code == 2
    assert "a.png: could not be written" in done.stderr


@pytest.mark.process
def test_a_name_of_any_bytes_is_judged_printed_and_drawn(tmp_path: Path):
    folder = tmp_path / "in"
    folder.mkdir()
    for name in (b"b\xe9ton.png", b"m\n\x1b[31m.png", b"n" * 251 + b".png"):
        Path(os.fsdecode(os.path.join(os.fsencode(folder), name))).write_bytes(GOOD.read_bytes())
    # In a process of its own: this once ended in the operating system's hands.
    command = [sys.executable, "-c", "from inspection.cli import main; main()", "check", folder, "--recipe", RECIPE]
    done = subprocess.run(
        [*command, "--overlays", tmp_path / "out"],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        cwd=PROJECT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert r"b\xe9ton.png" in done.stdout
    assert r"m\x0a\x1b[31m.png" in done.stdout
    assert len(list((tmp_path / "out").iterdir())) == 3
