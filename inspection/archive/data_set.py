"""Frozen data sets: a selection of reviewed frames, numbered, hashed and read-only, that `training fit` takes as it is.

STATE_DIR/datasets/NAME-VERSION/
    truth.json          labels in COCO's format (training.data.coco says what is read of it)
    *.png               the frames, 8-bit grey
    README.md           what it is, for people
    provenance.json     who froze what, when, by which search; SHA-256 of every file and of the whole
"""

import hashlib
import json
import re
import shlex
import stat
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from camera.checked import Checked
from inspection.archive.archive import Archive
from inspection.archive.labelled_frame import LabelledFrame, LeftOut, labelled_frames, roll_of
from inspection.archive.layouts import write_coco, write_mvtec
from inspection.archive.search import Search
from inspection.archive.splitting import split_rolls
from inspection.errors import DataSetError
from inspection.mistakes import in_words
from inspection.private_files import FOLDER_MODE, make_folder
from inspection.review.book import ReviewBook
from inspection.review.cases import is_bad
from inspection.rolls.roll_book import RollBook
from inspection.store.decisions import Store
from inspection.values.roll import Roll

PROVENANCE = "provenance.json"
FEWEST_GOOD = 10
"""Good frames that `training fit` needs where nothing shows a defect."""
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
    """Marked ones, by kind."""
    parts: dict[str, str]
    """train, validation or test, by roll."""
    left_out: dict[str, int]
    """How many frames of the search were not taken, by reason."""
    files: dict[str, str]
    """SHA-256 of each file but this one."""
    sha256: str
    """Over names and hashes of all files: identifies the data set."""


@dataclass(frozen=True, slots=True)
class FrozenSet:
    """A data set on disk."""

    folder: Path
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Source:
    """Where frames and labels come from."""

    store: Store
    book: ReviewBook
    rolls: RollBook
    archive: Archive
    frames_dir: Path
    station: str
    """Its name, for the record."""


def freeze(
    source: Source,
    datasets_dir: Path,
    name: str,
    search: Search,
    by: str,
    note: str = "",
    report: Callable[[int, int], None] = lambda done, of: None,
) -> FrozenSet:
    """Make the next version of a data set from the reviewed frames that a search finds.

    Rolls keep the part that the version before gave them. `report`: frames done, of how many. Raises DataSetError for
    an impossible name, when nothing usable is found, and when the disk does not take it: nothing is left then.
    """
    check_name(name)
    earlier = [each.provenance for each in list_data_sets(datasets_dir) if each.provenance.name == name]
    version = max((each.version for each in earlier), default=0) + 1
    sequences = _reviewed_of(source, search)
    folder = datasets_dir / f"{name}-{version}"
    frames = _Frames(source, sequences, only_reviewed=True, report=report)
    usable = frames.usable_by_roll()
    if not usable:
        raise DataSetError(
            f"Data set {name}: the search finds {len(sequences)} reviewed frames, none of which can be used"
            f"{_why(frames.left_out)}. Review more, or search for others."
        )
    parts = split_rolls(usable, _known_parts(datasets_dir, name))
    with _new_folder(folder) as part:
        info = {
            "description": "reviewed frames of an inspection station",
            "name": name,
            "version": version,
            "station": source.station,
            "made_by": by,
        }
        write_coco(part, frames, info, parts)
        made = _seal(part, frames, name, version, "coco", by, note, search, source.station, parts)
    _make_read_only(folder)
    return FrozenSet(folder, made)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What freezing a search would give, before a file is looked at."""

    frames: int
    """Reviewed, clear, and with a picture."""
    parts: Mapping[str, str]
    """train, validation or test, by roll."""
    lacks: tuple["Lack", ...]
    """Why `training fit` would refuse it."""


class Lack(StrEnum):
    """What a data set needs for `training fit`, and has not."""

    FRAMES = "frames"
    """Nothing to train on."""
    ROLLS = "rolls"
    """All is of one roll: a part of another one is needed to choose thresholds by, for frames of a roll are alike."""
    GOOD = "good"
    """Nothing shows a defect, and there are fewer good frames than make a model of good ones alone."""


def outlook(source: Source, datasets_dir: Path, name: str, search: Search) -> Outlook:
    """What `freeze` would make of a search. Raises DataSetError for an impossible name."""
    check_name(name)
    sequences = _reviewed_of(source, search)
    usable = _Frames(source, sequences, only_reviewed=True, report=lambda done, of: None).usable_by_roll()
    parts = split_rolls(usable, _known_parts(datasets_dir, name))
    reviews = source.book.valid_reviews(source.book.valid_sequences(sequences))
    verdicts = {each.decision.sequence: each.decision.verdict for each in source.store.decisions(list(reviews))}
    rolls = source.rolls.rolls()
    taught = {n: r for n, r in reviews.items() if parts.get(roll_of(n, rolls)) != "test"}
    bad = sum(bool(r.answer and is_bad(verdicts[n], r.answer)) for n, r in taught.items())
    return Outlook(sum(usable.values()), parts, lacks(parts, len(taught) - bad, bad))


def lacks(parts: Mapping[str, str], good: int, bad: int) -> tuple[Lack, ...]:
    """Why `training fit` would refuse a data set with these rolls, good frames and frames that show a defect.

    >>> lacks({"R-1": "train"}, 40, 3), lacks({"R-1": "train", "R-2": "validation"}, 4, 0)
    ((<Lack.ROLLS: 'rolls'>,), (<Lack.GOOD: 'good'>,))
    """
    there = set(parts.values())
    found = []
    if "train" not in there:
        found.append(Lack.FRAMES)
    elif "validation" not in there:
        found.append(Lack.ROLLS)
    if not bad and good < FEWEST_GOOD:
        found.append(Lack.GOOD)
    return tuple(found)


def fit_command(folder: Path) -> str:
    """What a person enters to train on a data set.

    >>> fit_command(Path("/srv/line 2/datasets/pinholes-1"))
    "training fit --data '/srv/line 2/datasets/pinholes-1' --out runs/pinholes-1"
    """
    return f"training fit --data {shlex.quote(str(folder))} --out {shlex.quote(f'runs/{folder.name}')}"


def _known_parts(datasets_dir: Path, name: str) -> Mapping[str, str]:
    """Of the newest version there is."""
    earlier = [each.provenance for each in list_data_sets(datasets_dir) if each.provenance.name == name]
    newest = max(earlier, key=lambda each: each.version, default=None)
    return newest.parts if newest else {}


def _reviewed_of(source: Source, search: Search) -> list[int]:
    """The reviewed ones of the very list that a search shows, also those whose second, blind reading is due."""
    shown = set(source.archive.sequences(search, with_image=True))
    anything = Search(first_sequence=min(shown, default=1), last_sequence=max(shown, default=1), is_reviewed=True)
    reviewed = source.archive.sequences(anything, with_image=True, is_blind=False)
    return [sequence for sequence in reviewed if sequence in shown]


def export(
    source: Source,
    folder: Path,
    layout: Layout,
    search: Search,
    by: str,
    note: str = "",
    report: Callable[[int, int], None] = lambda done, of: None,
) -> FrozenSet:
    """Write what a search finds into a new folder, reviewed or not; provenance.json tells which labels are people's.

    Raises DataSetError when nothing is found, the folder exists, or the disk does not take it.
    """
    sequences = source.archive.sequences(search, with_image=True)
    if not sequences:
        raise DataSetError("The search finds no frame that is saved. Search for others.")
    frames = _Frames(source, sequences, only_reviewed=False, report=report)
    with _new_folder(folder) as part:
        if layout == "coco":
            write_coco(part, frames, {"description": "frames of an inspection station", "station": source.station})
        else:
            write_mvtec(part, frames)
        made = _seal(part, frames, folder.name, 0, layout, by, note, search, source.station, {})
    return FrozenSet(folder, made)


def list_data_sets(datasets_dir: Path) -> list[FrozenSet]:
    """All frozen sets, by name and version. Raises DataSetError for one whose provenance can't be read."""
    found = [FrozenSet(path.parent, read_provenance(path)) for path in sorted(datasets_dir.glob(f"*/{PROVENANCE}"))]
    return sorted(found, key=lambda each: (each.provenance.name, each.provenance.version))


def read_provenance(path: Path) -> Provenance:
    """Raises DataSetError."""
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
    there = _hashes(folder)
    faults = [f"{name} is missing" for name in sorted(wanted.files.keys() - there.keys())]
    faults += [f"{name} was added" for name in sorted(there.keys() - wanted.files.keys())]
    faults += [
        f"{name} was altered" for name, digest in sorted(wanted.files.items()) if there.get(name, digest) != digest
    ]
    if _digest(wanted.files) != wanted.sha256:
        faults.append(f"{PROVENANCE} was altered")
    return faults


def check_name(name: str) -> None:
    """Raises DataSetError for a name that is no plain folder name."""
    if not _NAME.fullmatch(name):
        raise DataSetError(
            f"Data set name {name[:80]!r}: expected 1 to 48 small letters, digits and hyphens, as in anode-pinholes. "
            "Choose another one."
        )


class _Frames:
    """The frames of a selection, read as somebody asks for them; remembers what they held and what was left out."""

    def __init__(
        self, source: Source, sequences: Sequence[int], *, only_reviewed: bool, report: Callable[[int, int], None]
    ) -> None:
        self._source = source
        self._sequences = sequences
        self._only_reviewed = only_reviewed
        self._report = report
        self._rolls: Sequence[Roll] = source.rolls.rolls()
        self.left_out: Counter[str] = Counter()
        self.objects: Counter[str] = Counter()
        self.images = self.good = self.reviewed = 0

    def usable_by_roll(self) -> dict[str, int]:
        """How many reviewed frames each roll has; files are not looked at yet."""
        reviewed = self._source.book.valid_sequences(self._sequences)
        return dict(Counter(roll_of(sequence, self._rolls) for sequence in reviewed))

    def __iter__(self) -> Iterator[LabelledFrame]:
        source = self._source
        frames = labelled_frames(
            self._sequences,
            source.store,
            source.book,
            self._rolls,
            source.frames_dir,
            only_reviewed=self._only_reviewed,
        )
        for done, each in enumerate(frames, start=1):
            if isinstance(each, LeftOut):
                self.left_out[each.why] += 1
            else:
                self.images += 1
                self.good += each.labels.is_good
                self.reviewed += each.is_reviewed
                self.objects.update(mark.kind for mark in each.labels.marks if mark.is_sure)
                yield each
            self._report(done, len(self._sequences))


def _seal(
    folder: Path,
    frames: _Frames,
    name: str,
    version: int,
    layout: Layout,
    by: str,
    note: str,
    search: Search,
    station: str,
    parts: Mapping[str, str],
) -> Provenance:
    """README and provenance of a folder that holds all else. Raises DataSetError when it holds no image."""
    if not frames.images:
        raise DataSetError(f"Data set {name}: no frame could be taken{_why(frames.left_out)}. Search for others.")
    made = Provenance(
        name=name,
        version=version,
        layout=layout,
        made_utc=datetime.now(UTC),
        made_by=by,
        note=note,
        search=search.model_dump(mode="json", exclude_defaults=True),
        station=station,
        images=frames.images,
        good=frames.good,
        objects=dict(sorted(frames.objects.items())),
        parts=dict(parts),
        left_out=dict(frames.left_out),
        files={},
        sha256="",
    )
    (folder / "README.md").write_text(_readme(made, frames.reviewed))
    files = _hashes(folder)
    made = made.model_copy(update={"files": files, "sha256": _digest(files)})
    (folder / PROVENANCE).write_text(made.model_dump_json(indent=1) + "\n")
    return made


def _readme(made: Provenance, reviewed: int) -> str:
    title = f"{made.name}-{made.version}" if made.version else made.name
    objects = ", ".join(f"{kind} {count}" for kind, count in made.objects.items()) or "none"
    lines = [
        f"# {title}",
        "",
        f"{made.images} frames of station {made.station}, {made.good} of them good, {reviewed} reviewed by people.",
        f"Marked objects: {objects}.",
        "",
        f"Made by {made.made_by} on {made.made_utc:%Y-%m-%d %H:%M} UTC" + (f": {made.note}" if made.note else "."),
        f"Search: `{json.dumps(made.search)}`",
    ]
    if made.parts:
        rolls = Counter(made.parts.values())
        lines += ["", "Divided by roll: " + ", ".join(f"{part} {count}" for part, count in sorted(rolls.items())) + "."]
        lines += ["", f"    training data check {title}", f"    {fit_command(Path(title))}"]
    if made.left_out:
        lines += ["", "Left out:", ""]
        lines += [f"* {count}: {why}" for why, count in sorted(made.left_out.items())]
    return "\n".join(lines) + "\n"


def _why(left_out: Mapping[str, int]) -> str:
    return " (" + " ".join(f"{count}: {why}" for why, count in left_out.items()) + ")" if left_out else ""


def _hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of each file but the provenance, by its path in the folder."""
    digests = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name != PROVENANCE:
            with path.open("rb") as file:
                digests[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests


def _digest(files: Mapping[str, str]) -> str:
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(files.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


@contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    """A folder to write into that becomes `folder` at the end; after an error nothing of it is left."""
    if folder.exists():
        raise DataSetError(f"{folder} is there already. Name another folder.")
    try:
        make_folder(folder.parent)
        # Beside it, so that it is on the same disk and moving it is one step.
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as beside:
            part = Path(beside) / folder.name
            part.mkdir(FOLDER_MODE)
            yield part
            part.rename(folder)
    except OSError as error:
        raise DataSetError(
            f"{folder}: can't be written ({error.strerror}), and nothing is left of it. Make room on the disk."
        ) from error


def _make_read_only(folder: Path) -> None:
    for path in (*folder.rglob("*"), folder):
        mode = path.stat().st_mode
        path.chmod(mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
