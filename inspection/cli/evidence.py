"""`inspection store verify` and `new-key`: whether what the station and people wrote is as they wrote it."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from inspection.cli.console import OUT, complain, print_json
from inspection.cli.reviews import AsJson, Config, StateDir, store_of
from inspection.errors import EvidenceError
from inspection.people.audit import AuditCheck, AuditLog
from inspection.people.person import STATION
from inspection.store.seal_check import SealCheck, check_seals
from inspection.store.sealing_key import make_key, read_key

_LIMITS = (
    "What this can't show: whoever has the key can forge; of decisions and entries before the first seal nothing is "
    "known; what was cut off since the last anchor is not missed, nor anything where anchors were cut off as well. "
    "Keep the key's copy, and anchors (by syslog), where nobody who can write the store can write."
)


def verify(
    config: Config = None,
    state_dir: StateDir = None,
    key: Annotated[
        list[Path] | None, typer.Option(help="File of an earlier key that made seals of this store; repeatable.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check decisions and audit log against seals and anchors; exit code 1 if something does not fit.

    The station may run meanwhile. 100,000 decisions take some ten seconds.
    """
    with store_of(config, state_dir) as (database, _, _):
        evidence = database.evidence
        assert evidence is not None, "a store that is opened by its folder has one"
        keys, trouble = [read_key(path) for path in key or ()], None
        audit = AuditLog(database).check(keys)
        try:
            keys.append(evidence.key_to_check())
        except EvidenceError as error:
            trouble = str(error)
        seals = check_seals(database, keys, evidence.anchors())
        faults = [*seals.faults, *_of_audit_log(audit)]
        if trouble is not None and faults:
            faults.append(trouble)
        troubles = evidence.troubles()
    if as_json:
        print_json(
            {"is_intact": not faults, "faults": faults, "decisions": asdict(seals), "audit_log": asdict(audit)}
            | {"warnings": troubles}
        )
    else:
        _tell(seals, audit)
        for fault in faults:
            complain(fault)
        for each in troubles:
            OUT.print(f"[yellow]look:[/] {each}")
        OUT.print(_LIMITS, style="dim")
    if faults:
        raise typer.Exit(1)


def new_key(config: Config = None, state_dir: StateDir = None) -> None:
    """Make a new key where the old one is lost for good. What that one sealed can't be checked any more."""
    with store_of(config, state_dir) as (database, _, _):
        assert database.evidence is not None, "a store that is opened by its folder has one"
        path = database.evidence.key_file
        if path.exists():
            raise EvidenceError(f"There is a key already: {path}. Move it away first if it shall not be used any more.")
        made = make_key(path)
        AuditLog(database).add(STATION, "evidence.new_key", "store", after={"key": made.name})
    OUT.print(f"made key {made.name}: {path}. Keep a copy apart. A station that runs takes it up by itself.")


def _tell(seals: SealCheck, audit: AuditCheck) -> None:
    OUT.print(
        f"decisions: {seals.decisions}, of which {seals.sealed} are as they were sealed and {seals.before_seals} are "
        f"older than the seals; {_anchored(seals.anchored_up_to)}"
    )
    OUT.print(
        f"audit log: {audit.entries} entries, of which {audit.before_seals} are older than the seals; the last is "
        f"{audit.last_number}, SHA-256 {audit.last_sha256}; {_anchored(audit.anchored_up_to)}"
    )
    if seals.is_intact and audit.is_intact:
        OUT.print("[green]ok[/] nothing that was sealed was altered, removed or added")


def _anchored(number: int | None) -> str:
    return "no anchor shows that the end was not cut off" if number is None else f"anchors reach to number {number}"


def _of_audit_log(audit: AuditCheck) -> list[str]:
    faults = []
    if audit.broken_at is not None:
        faults.append(
            f"Audit log: entry {audit.broken_at} does not follow from the one before, its seal or its anchor."
        )
    if audit.not_sealed is not None:
        faults.append(f"Audit log: entry {audit.not_sealed} has no seal: no key was there, or somebody added it.")
    if audit.missing_up_to is not None:
        faults.append(
            f"Audit log: it ends with entry {audit.last_number}, an anchor names {audit.missing_up_to}: its end was "
            "cut off, or an older copy of the store was put back."
        )
    if audit.trouble is not None:
        faults.append(f"Audit log: {audit.trouble}")
    return faults
