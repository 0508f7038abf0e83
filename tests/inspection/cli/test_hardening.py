"""Each row of docs/how-to/hardening.md has its check, and each check finds what it is for."""

import json
import os
import re
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from inspection.cli.finding import Finding, State
from inspection.cli.hardening import CHECKS, Site, hardening_findings
from inspection.errors import SettingsError
from inspection.people.roles import Role
from inspection.serving.certificates import valid_until
from inspection.station.settings import load_settings
from inspection.store.copies import back_up
from inspection.store.database import Database
from inspection.store.engine import Access
from inspection.store.sealing_key import make_key
from tests.support.passwords import quick_people
from tests.support.rig import begun_store

pytestmark = pytest.mark.process

PROJECT = Path(__file__).resolve().parents[3]
PAGE = (PROJECT / "docs" / "how-to" / "hardening.md").read_text()
CAMERA = '[[cameras]]\nkind = "simulated"\n'


def found(folder: Path, settings: str = "", **changes) -> dict[str, Finding]:
    config = folder / "station.toml"
    config.write_text(f'recipe = "anode"\nstate_dir = "state"\n{CAMERA}{settings}')
    config.chmod(changes.pop("mode", 0o640))
    site = Site(config, load_settings(config), **changes)
    return {finding.subject: finding for finding in hardening_findings(site)}


def test_each_row_of_the_page_has_its_check_and_each_check_its_row():
    rows = re.findall(r"^\| `([a-z]+\.[a-z]+)` \|", PAGE, re.MULTILINE)
    assert rows == list(CHECKS)


def test_doctor_answers_each_row_by_its_name(tmp_path):
    (tmp_path / "station.toml").write_text(f'recipe = "anode"\nmodels_dir = "{PROJECT / "models"}"\n{CAMERA}')
    (tmp_path / "station.toml").chmod(0o644)
    command = [sys.executable, "-c", "from inspection.cli import main; main()", "doctor", "--json"]
    done = subprocess.run(
        [*command, "--config", tmp_path / "station.toml"], capture_output=True, text=True, timeout=110
    )
    told = {finding["subject"]: finding for finding in map(json.loads, done.stdout.splitlines())}
    assert told.keys() >= CHECKS.keys()
    assert told["files.settings"]["state"] == "fault"
    assert "chmod 640" in told["files.settings"]["do"]
    assert done.returncode == 1


def test_a_new_station_on_this_machine_alone_has_no_fault(tmp_path):
    assert [f for f in found(tmp_path).values() if f.state is State.FAULT] == []


def test_an_api_that_others_reach_without_https_and_a_key_that_can_be_guessed_are_faults(tmp_path):
    told = found(tmp_path, '[api]\nhost = "0.0.0.0"\napi_key = "aaaaaaaaaaaaaaaabbbb"\n')
    assert told["api.address"].state is told["api.certificate"].state is State.FAULT
    assert told["api.key"].state is State.FAULT
    assert "aaaa" not in told["api.key"].found


def test_keys_by_name_are_well_one_for_all_and_none_are_told_of(tmp_path):
    assert found(tmp_path)["api.key"].found == "none is asked for"
    assert found(tmp_path, '[api]\napi_key = "0123456789abcdef"\n')["api.key"].state is State.NOTE
    assert found(tmp_path, "[api]\ndemands_key = true\n")["api.key"].state is State.OK


@pytest.mark.parametrize("server", ["api", "pages"])
def test_proxies_by_address_are_well_and_whole_networks_a_fault(tmp_path, server):
    asked = f"[{server}]\n" + ("demands_key = true\n" if server == "api" else "") + "trusted_proxies = {}\n"
    assert found(tmp_path, asked.format('["10.0.0.7"]'))[f"{server}.proxies"].state is State.OK
    assert found(tmp_path, asked.format('["10.0.0.0/8"]'))[f"{server}.proxies"].state is State.FAULT
    assert found(tmp_path)[f"{server}.proxies"].found == "nobody is believed"


def certificate(folder: Path, until: datetime, server: str = "pages") -> str:
    issued = trustme.CA().issue_cert("slitter-2.plant.example", not_after=until)
    for blob in issued.cert_chain_pems[:1]:
        blob.write_to_path(folder / "pages.pem")
    issued.private_key_pem.write_to_path(folder / "pages.key")
    (folder / "pages.key").chmod(0o600)
    keys = "demands_key = true\n" if server == "api" else ""
    return f'[{server}]\nhost = "0.0.0.0"\n{keys}certificate = "pages.pem"\nkey = "pages.key"\n'


@pytest.mark.parametrize("server", ["api", "pages"])
@pytest.mark.parametrize(("days", "state"), [(365, State.OK), (10, State.NOTE), (-1, State.FAULT)])
def test_a_certificate_is_told_of_before_it_is_over(tmp_path, server, days, state):
    told = found(tmp_path, certificate(tmp_path, datetime.now(UTC) + timedelta(days=days, hours=1), server))
    assert told[f"{server}.certificate"].state is state
    assert told[f"{server}.address"].state is (State.NOTE if server == "api" else State.OK)


def test_a_key_of_another_certificate_and_a_key_that_others_read_are_faults(tmp_path):
    settings = certificate(tmp_path, datetime.now(UTC) + timedelta(days=365))
    (tmp_path / "pages.key").chmod(0o644)
    assert found(tmp_path, settings)["pages.secret"].state is State.FAULT
    trustme.CA().issue_cert("other.example").private_key_pem.write_to_path(tmp_path / "pages.key")
    assert found(tmp_path, settings)["pages.certificate"].state is State.FAULT
    with pytest.raises(SettingsError, match="belong"):
        valid_until(tmp_path / "pages.pem", tmp_path / "pages.key")


def test_a_session_of_weeks_is_told_of(tmp_path):
    assert found(tmp_path, "[pages]\nsession_hours = 500\n")["pages.session"].state is State.NOTE
    assert found(tmp_path)["pages.session"].state is State.OK


def test_people_who_never_changed_their_password_are_named_and_nothing_is_written(tmp_path):
    with closing(begun_store(tmp_path / "state" / "store.db")):
        pass
    with closing(Database.in_file(tmp_path / "state" / "store.db", Access.PEOPLE)) as database:
        people = quick_people(database)
        one_time = {name: people.add("station", name, Role.ADMIN) for name in ("ann", "bob")}
        assert "ann, bob" in found(tmp_path)["pages.people"].found
        for name, password in one_time.items():
            people.change_password(people.log_in(name, password, "test"), password, f"a long password of {name}")
    before = (tmp_path / "state" / "store-people.db").read_bytes()
    assert found(tmp_path)["pages.people"].state is State.OK
    assert (tmp_path / "state" / "store-people.db").read_bytes() == before


@pytest.mark.parametrize(
    ("mode", "state"),
    [(0o600, State.OK), (0o640, State.OK), (0o660, State.FAULT), (0o644, State.FAULT), (0o604, State.FAULT)],
)
def test_settings_are_for_owner_and_readers_of_a_group_alone(tmp_path, mode, state):
    assert found(tmp_path, mode=mode)["files.settings"].state is state


def test_a_store_that_others_may_read_is_a_fault_unless_its_folder_is_closed(tmp_path):
    with closing(begun_store(tmp_path / "state" / "store.db")):
        pass
    (tmp_path / "state" / "store.db").chmod(0o644)
    assert found(tmp_path)["files.state"].state is State.OK
    (tmp_path / "state").chmod(0o755)
    told = found(tmp_path)["files.state"]
    assert told.state is State.FAULT
    assert "store.db" in told.found


def test_copies_that_are_open_old_or_missing_are_told_of(tmp_path):
    settings = '[backup]\nfolder = "copies"\n'
    with closing(begun_store(tmp_path / "state" / "store.db")):
        assert found(tmp_path)["backup.copies"].found == "none are made"
        copy = back_up(tmp_path / "state" / "store.db", tmp_path / "copies", keep=3)
    told = found(tmp_path, settings)
    assert told["files.copies"].state is State.OK
    assert told["backup.copies"].state is State.NOTE, "on the same disk"
    copy.folder.chmod(0o755)
    card = copy.card.model_copy(update={"made_utc": datetime.now(UTC) - timedelta(days=4)})
    (copy.folder / "copy.json").write_text(card.model_dump_json())
    told = found(tmp_path, settings)
    assert told["files.copies"].state is told["backup.copies"].state is State.FAULT


def test_a_key_of_the_seals_that_others_read_is_a_fault(tmp_path):
    make_key(tmp_path / "state" / "evidence.key")
    assert found(tmp_path)["evidence.key"].state is State.OK
    (tmp_path / "state" / "evidence.key").chmod(0o640)
    assert found(tmp_path)["evidence.key"].state is State.FAULT


def test_anchors_on_another_machine_are_well_and_beside_the_store_a_note(tmp_path):
    assert found(tmp_path)["evidence.anchors"].state is State.NOTE
    assert found(tmp_path, '[evidence]\nsyslog = "logs.plant.example:514"\n')["evidence.anchors"].state is State.OK
    assert found(tmp_path, '[evidence]\nsyslog = "/dev/log"\n')["evidence.anchors"].state is State.NOTE


def test_the_unit_that_is_shipped_is_found_where_it_is_installed(tmp_path):
    assert found(tmp_path, unit_folders=(str(tmp_path),))["service.watchdog"].state is State.NOTE
    shipped = str(PROJECT / "scripts" / "systemd")
    assert found(tmp_path, unit_folders=(shipped,))["service.watchdog"].state is State.OK


def test_a_station_of_the_same_user_as_its_program_is_told_of(tmp_path):
    (tmp_path / "state").mkdir(mode=0o700)
    told = found(tmp_path)
    assert (told["files.program"].state is State.OK) == (PROJECT.stat().st_uid != os.geteuid())
    assert (told["service.user"].state is State.NOTE) == (os.geteuid() == 0)
