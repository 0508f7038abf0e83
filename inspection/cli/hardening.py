"""What docs/how-to/hardening.md asks of a station, row by row: each check has the name of its row."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from camera.files.file_names import printable
from inspection.cli.finding import Finding, State
from inspection.cli.places import PROJECT
from inspection.errors import InspectionError
from inspection.people.onlooker import logins
from inspection.people.roles import Role
from inspection.private_files import others_may
from inspection.serving.certificates import valid_until
from inspection.station.settings import ServerSettings, StationSettings
from inspection.store.copies import copies, people_file
from inspection.store.database import STORE_FILE
from inspection.store.sealing_key import exposed_to

_LEAST_DIFFERENT = 8
"""Characters of an API key."""
_RENEW_DAYS = 30
_MOST_PROXIES = 16
"""Addresses of a network of proxies."""
_LONG_SESSION_HOURS = 24.0
_OLD_COPY = timedelta(hours=50)
_UNIT = "inspection-station.service"
_UNIT_FOLDERS = ("/etc/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system")
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Site:
    """A station as it is set up on this machine."""

    config: Path
    """Its settings file."""
    settings: StationSettings
    unit_folders: tuple[str, ...] = _UNIT_FOLDERS
    """Where systemd looks for services."""


Answer = tuple[State, str, str]
"""How it is, what was found, what to do."""


def hardening_findings(site: Site) -> Iterator[Finding]:
    """One for each check, in the order of the page."""
    for name, look in CHECKS.items():
        try:
            yield Finding(name, *look(site))
        except (InspectionError, OSError) as error:
            yield Finding(name, State.FAULT, str(error), "run this as the station's user, or as root")


def _fine(found: str) -> Answer:
    return State.OK, found, ""


def _api_address(site: Site) -> Answer:
    api = site.settings.api
    if api.is_local:
        return _fine(f"{api.host}: this machine alone")
    if api.certificate is None:
        how = "set [api] certificate and key; it speaks HTTP in the clear, and whoever listens hears the keys"
        return State.FAULT, f"{api.host}: other machines reach it without HTTPS", how
    how = "keep it to the machine network of the line, by its own network card or a firewall"
    return State.NOTE, f"{api.host}: other machines reach it, by HTTPS", how


def _api_key(site: Site) -> Answer:
    api = site.settings.api
    if api.is_open:
        how = (
            "set [api] demands_key = true (`inspection keys add` makes keys): else every program here may hold the line"
        )
        return State.NOTE, "none is asked for", how
    if api.api_key is None:
        return _fine("keys by name are asked for")
    if len(set(api.api_key.get_secret_value())) < _LEAST_DIFFERENT:
        how = "draw another: python3 -c 'import secrets; print(secrets.token_hex(32))'"
        return State.FAULT, "it can be guessed", how
    how = "[api] demands_key = true and `inspection keys add` name who asks, and can be revoked one by one"
    return State.NOTE, "one key may do everything, whoever has it", how


def _certificate(server: ServerSettings) -> Answer:
    if server.certificate is None or server.key is None:
        return _fine("none") if server.is_local else (State.FAULT, "none", "name certificate and key (PEM files)")
    until = valid_until(server.certificate, server.key)
    days = (until - datetime.now(UTC)).days
    found = f"holds until {until:%Y-%m-%d}"
    return _fine(found) if days >= _RENEW_DAYS else (State.NOTE, found, f"renew {server.certificate}")


def _private_key(server: ServerSettings) -> Answer:
    if server.key is None:
        return _fine("none")
    mode = server.key.stat().st_mode
    if mode & 0o027:
        how = f"chmod 640 {server.key}, group of the station's user at most"
        return State.FAULT, f"{server.key} has mode {mode & 0o777:04o}", how
    return _fine(f"{server.key}: for its owner and group alone")


def _proxies(server: ServerSettings) -> Answer:
    if wide := [str(each) for each in server.trusted_proxies if each.num_addresses > _MOST_PROXIES]:
        how = "name the proxies alone: whoever is in these networks can say to be anybody"
        return State.FAULT, f"believed: {_some(wide)}", how
    return _fine(f"{len(server.trusted_proxies)} believed" if server.trusted_proxies else "nobody is believed")


def _pages_address(site: Site) -> Answer:
    pages = site.settings.pages
    if pages.is_local:
        return _fine(f"{pages.host}: this machine alone")
    return _fine(f"{pages.host}: other machines reach it, by HTTPS")


def _pages_session(site: Site) -> Answer:
    hours = site.settings.pages.session_hours
    if hours > _LONG_SESSION_HOURS:
        how = "an unlocked browser stays logged in so long: shorten [pages] session_hours"
        return State.NOTE, f"{hours:g} hours", how
    return _fine(f"{hours:g} hours")


def _people(site: Site) -> Answer:
    if site.settings.store_url is not None and not site.settings.store_url.startswith("sqlite"):
        return State.NOTE, "people lie in another database", "see the people page: who is admin, who has a password"
    known = logins(people_file(site.settings.state_dir / STORE_FILE))
    if not known:
        return State.NOTE, "nobody is known yet", "start the pages: they print the first admin's one-time password"
    waiting = [login.name for login in known if login.must_change_password]
    admins = sum(login.role == Role.ADMIN for login in known)
    if waiting:
        return (
            State.NOTE,
            f"one-time passwords not changed yet: {_some(waiting)}",
            "have them log in, or make them inactive",
        )
    if admins < 2:
        return State.NOTE, f"{len(known)} people, {admins} admin", "a second admin helps when one has lost the password"
    return _fine(f"{len(known)} people, {admins} of them admins")


def _files_settings(site: Site) -> Answer:
    mode = site.config.stat().st_mode & 0o777
    if mode & 0o027:
        how = f"chmod 640 {site.config}: it holds the API's key, and says what the station judges by"
        return State.FAULT, f"{site.config} has mode {mode:04o}", how
    return _fine(f"{site.config}: mode {mode:04o}")


def _files_state(site: Site) -> Answer:
    state_dir = site.settings.state_dir
    if not state_dir.exists():
        return State.NOTE, f"{state_dir} is not there yet", "the first start makes it"
    if others_may(state_dir) is None:
        return _fine(f"{state_dir} is closed to others")
    if opened := [printable(path) for path in sorted(state_dir.iterdir()) if others_may(path) is not None]:
        how = f"chmod -R go-rwx {state_dir}"
        return State.FAULT, f"others may use {_some(opened)}", how
    return _fine(f"all in {state_dir} is closed to others")


def _files_copies(site: Site) -> Answer:
    folder = site.settings.backup.folder
    if folder is None:
        return _fine("no copies are made, see backup.copies")
    if opened := [printable(copy.folder) for copy in copies(folder) if others_may(copy.folder) is not None]:
        return State.FAULT, f"others may use {_some(opened)}", f"chmod -R go-rwx {folder}/copy-*"
    return _fine(f"copies in {folder} are closed to others")


def _files_program(site: Site) -> Answer:
    owner = PROJECT.stat().st_uid
    state_dir = site.settings.state_dir
    if not state_dir.exists():
        return State.NOTE, f"{state_dir} is not there yet", "the first start makes it"
    user = state_dir.stat().st_uid
    if user == owner:
        how = "scripts/install installs a program that its own service can't change"
        return State.NOTE, f"program and state belong to the same user (number {user})", how
    return _fine("the program belongs to another user than its state")


def _service_user(site: Site) -> Answer:
    state_dir = site.settings.state_dir
    if (state_dir.exists() and state_dir.stat().st_uid == 0) or (not state_dir.exists() and os.geteuid() == 0):
        return State.NOTE, "the station runs as root", "give it a user of its own: scripts/install does"
    return _fine("the station does not run as root")


def _service_watchdog(site: Site) -> Answer:
    for folder in site.unit_folders:
        try:
            lines = Path(folder, _UNIT).read_text(errors="replace").splitlines()
        except OSError:
            continue
        if any(line.startswith("WatchdogSec=") for line in lines):
            return _fine(f"{folder}/{_UNIT}")
        return (
            State.NOTE,
            f"{folder}/{_UNIT} has no WatchdogSec",
            "take scripts/systemd's: a frozen station starts anew",
        )
    return State.NOTE, f"no {_UNIT}", "scripts/install puts it in place: a station that ends or freezes starts anew"


def _evidence_key(site: Site) -> Answer:
    key_file = site.settings.open_evidence().key_file
    if not key_file.exists():
        return State.NOTE, f"{key_file} is not there yet", "the first start makes it; keep a copy apart"
    if (trouble := exposed_to(key_file)) is not None:
        return State.FAULT, trouble, f"chmod 600 {key_file}"
    return _fine(f"{key_file}: for its owner alone; keep a copy apart")


def _evidence_anchors(site: Site) -> Answer:
    told = site.settings.evidence
    if told.syslog is not None and not told.syslog.startswith("/"):
        return _fine(f"anchors are sent to {told.syslog}")
    anchors, state = site.settings.open_evidence().anchor_file.parent, site.settings.state_dir
    if anchors.exists() and state.exists() and anchors.stat().st_dev != state.stat().st_dev:
        return _fine(f"anchors lie on another disk, in {anchors}")
    how = "set [evidence] syslog to another machine, or anchor_file to another disk: who can alter both leaves no trace"
    return State.NOTE, "anchors lie beside what they prove", how


def _backup_copies(site: Site) -> Answer:
    if site.settings.store_url is not None and not site.settings.store_url.startswith("sqlite"):
        return State.NOTE, "the store is another database", "copy it with its own means"
    folder, state = site.settings.backup.folder, site.settings.state_dir
    if folder is None:
        return State.NOTE, "none are made", "set [backup] folder, on another disk"
    made = copies(folder)
    if not made:
        return State.NOTE, f"none in {folder} yet", "the first is made a minute after the start"
    found = f"the newest was made {made[0].card.made_utc:%Y-%m-%d %H:%M} UTC"
    if datetime.now(UTC) - made[0].card.made_utc > _OLD_COPY:
        return State.FAULT, found, "see the alarms: they say why there is no newer one"
    if state.exists() and folder.stat().st_dev == state.stat().st_dev:
        return State.NOTE, f"{found}, on the same disk as the store", "set [backup] folder, on another disk"
    return _fine(found)


def _some(names: list[str]) -> str:
    return ", ".join(names[:_MOST_NAMED]) + (
        f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    )


CHECKS: Mapping[str, Callable[[Site], Answer]] = {
    "api.address": _api_address,
    "api.key": _api_key,
    "api.certificate": lambda site: _certificate(site.settings.api),
    "api.secret": lambda site: _private_key(site.settings.api),
    "api.proxies": lambda site: _proxies(site.settings.api),
    "pages.address": _pages_address,
    "pages.certificate": lambda site: _certificate(site.settings.pages),
    "pages.secret": lambda site: _private_key(site.settings.pages),
    "pages.proxies": lambda site: _proxies(site.settings.pages),
    "pages.session": _pages_session,
    "pages.people": _people,
    "files.settings": _files_settings,
    "files.state": _files_state,
    "files.copies": _files_copies,
    "files.program": _files_program,
    "service.user": _service_user,
    "service.watchdog": _service_watchdog,
    "evidence.key": _evidence_key,
    "evidence.anchors": _evidence_anchors,
    "backup.copies": _backup_copies,
}
"""By the name of its row in docs/how-to/hardening.md."""
