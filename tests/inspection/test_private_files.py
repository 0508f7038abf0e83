"""What the station and the pages write is for their own user, whatever the umask of whoever starts them."""

import os
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from inspection.private_files import make_folder
from inspection.station.intervention import Interventions
from inspection.store.copies import back_up, restore
from inspection.store.database import Database
from inspection.store.engine import Access
from tests.support.patience import PATIENCE_S
from tests.support.rig import begun_store

pytestmark = pytest.mark.process

PROJECT = Path(__file__).resolve().parents[2]


def open_to_others(folder: Path) -> dict[str, str]:
    """Mode of each file and folder below `folder` that anybody but its owner may use."""
    modes = {str(p.relative_to(folder)): stat.S_IMODE(p.lstat().st_mode) for p in (folder, *folder.rglob("*"))}
    return {name: f"{mode:04o}" for name, mode in modes.items() if mode & 0o077}


@pytest.fixture(params=[0o000, 0o022], ids=["umask 000", "umask 022"])
def careless(request):
    before = os.umask(request.param)
    yield
    os.umask(before)


def run_station(folder: Path, *, umask: int) -> None:
    """A whole station over two images, one of which is rejected, with copies."""
    frames = folder / "frames-in"
    frames.mkdir()
    for number, name in enumerate(["good-1", "good-2"]):
        content = (PROJECT / "sample_images" / f"anode-bright-field-{name}.png").read_bytes()
        (frames / f"{number}.png").write_bytes(content)
    config = folder / "station.toml"
    config.write_text(
        f'recipe = "anode"\nmodels_dir = "{PROJECT / "models"}"\nstate_dir = "above/state"\ndeadline_ms = 60000\n'
        "[archive]\naccept_sample = 1\n[api]\nport = 0\n"
        '[[cameras]]\nkind = "replay"\nfolder = "frames-in"\npixel_pitch_um = 50\n'
    )
    command = [sys.executable, "-c", f"import os; os.umask({umask}); from inspection.cli import main; main()"]
    done = subprocess.run([*command, "run", "--config", config], capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stderr


def test_all_that_a_station_writes_is_its_users_own(tmp_path):
    run_station(tmp_path, umask=0)
    state = tmp_path / "above" / "state"
    names = {path.name for path in state.rglob("*")}
    assert {"store.db", "evidence.key", "anchors.jsonl", "station.lock"} <= names
    assert list(state.glob("frames/**/*.png"))
    assert open_to_others(tmp_path / "above") == {}


def test_stores_logs_copies_and_what_is_restored_are_closed_from_the_beginning(tmp_path, careless):
    above, state = tmp_path / "above", tmp_path / "above" / "state"
    with closing(begun_store(state / "store.db")), closing(Database.in_file(state / "store.db", Access.PEOPLE)):
        assert {"store.db", "store.db-wal", "store-people.db"} <= {path.name for path in state.iterdir()}
        copy = back_up(state / "store.db", above / "copies", keep=3)
        assert open_to_others(above) == {}
    restore(copy, state / "store.db", with_people=True)
    Interventions(state / "intervention.json").hold("coater head is being cleaned", "ann")
    assert open_to_others(above) == {}


def test_what_an_earlier_version_left_open_is_closed_when_it_is_used_again(tmp_path):
    file, above = tmp_path / "above" / "store.db", tmp_path / "above"
    with closing(begun_store(file)), closing(Database.in_file(file, Access.PEOPLE)):
        back_up(file, above / "copies", keep=3)
    for path in above.rglob("*"):
        path.chmod(0o777 if path.is_dir() else 0o666)
    with closing(begun_store(file)), closing(Database.in_file(file, Access.PEOPLE)):
        back_up(file, above / "copies", keep=3)
        assert {"store.db", "store.db-wal", "store-people.db"}.isdisjoint(open_to_others(above))
        assert stat.S_IMODE((above / "copies" / "copy-000001").stat().st_mode) == 0o700


def test_a_folder_that_is_there_keeps_its_mode_and_what_is_made_below_is_private(tmp_path, careless):
    (tmp_path / "shared").mkdir(mode=0o755)
    (tmp_path / "shared").chmod(0o755)
    make_folder(tmp_path / "shared" / "a" / "b")
    assert open_to_others(tmp_path / "shared") == {".": "0755"}
