"""Where a data set comes from, and whether it still is what was frozen: its provenance.json."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from camera.checked import Checked
from inspection.errors import DataSetError
from inspection.mistakes import in_words

PROVENANCE = "provenance.json"
Layout = Literal["coco", "mvtec"]
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?")


class Provenance(Checked):
    """Contents of provenance.json."""

    name: str
    version: int
    layout: Layout
    made_utc: datetime
    made_by: str
    note: str
    search: dict[str, Any]
    station: str
    images: int
    good: int
    objects: dict[str, int]
    """Number of marked objects, by kind."""
    views: dict[str, int] = Field(default_factory=dict)
    """Number of images of each view; empty where one camera alone looked at the web."""
    parts: dict[str, str]
    """Part of each roll: train, validation or test."""
    left_out: dict[str, int]
    """Number of frames, or of pieces with all their frames, that were not taken, by reason."""
    files: dict[str, str]
    """SHA-256 of each file but this one."""
    sha256: str
    """SHA-256 over names and hashes of all files: identifies the data set."""


@dataclass(frozen=True, slots=True)
class FrozenSet:
    """A data set on disk."""

    folder: Path
    provenance: Provenance


def list_data_sets(datasets_dir: Path) -> list[FrozenSet]:
    """All frozen sets, by name and version. Raises DataSetError for one whose provenance can't be read."""
    found = [FrozenSet(path.parent, read_provenance(path)) for path in sorted(datasets_dir.glob(f"*/{PROVENANCE}"))]
    return sorted(found, key=lambda each: (each.provenance.name, each.provenance.version))


def read_provenance(path: Path) -> Provenance:
    """The contents of a provenance.json. Raises DataSetError."""
    try:
        return Provenance.model_validate_json(path.read_bytes())
    except OSError as error:
        raise DataSetError(f"{path} can't be read ({error.strerror}). Restore the data set from its copy.") from error
    except ValidationError as error:
        raise DataSetError(
            f"{path}: {in_words(error, whole='the file')} Restore the data set from its copy."
        ) from error


def verify(folder: Path) -> list[str]:
    """What is no longer as it was frozen, in words; empty when all is. Raises DataSetError without provenance."""
    wanted = read_provenance(folder / PROVENANCE)
    there = hashes_of(folder)
    faults = [f"{name} is missing" for name in sorted(wanted.files.keys() - there.keys())]
    faults += [f"{name} was added" for name in sorted(there.keys() - wanted.files.keys())]
    faults += [
        f"{name} was altered" for name, digest in sorted(wanted.files.items()) if there.get(name, digest) != digest
    ]
    if digest_of(wanted.files) != wanted.sha256:
        faults.append(f"{PROVENANCE} was altered")
    return faults


def check_name(name: str) -> None:
    """See that a name is a plain folder name. Raises DataSetError."""
    if not _NAME.fullmatch(name):
        raise DataSetError(
            f"Data set name {name[:80]!r}: expected 1 to 48 small letters, digits and hyphens, as in anode-pinholes. "
            "Choose another one."
        )


def hashes_of(folder: Path) -> dict[str, str]:
    """SHA-256 of each file but the provenance, by its path in the folder."""
    digests = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name != PROVENANCE:
            with path.open("rb") as file:
                digests[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests


def digest_of(files: Mapping[str, str]) -> str:
    """SHA-256 over names and hashes of a data set's files."""
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(files.items()))
    return hashlib.sha256(lines.encode()).hexdigest()
