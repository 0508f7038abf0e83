"""Frozen data sets: a selection of reviewed frames, numbered, hashed and read-only, that `training fit` takes as it is.

STATE_DIR/datasets/NAME-VERSION/
    truth.json          labels in COCO's format (training.data.coco says what is read of it)
    *.png               the frames, 8-bit grey
    README.md           what it is, for people
    provenance.json     who froze what, when, by which search; SHA-256 of every file and of the whole
"""

import json
import shlex
import stat
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from inspection.archive.layouts import write_coco, write_mvtec
from inspection.archive.provenance import (
    PROVENANCE,
    FrozenSet,
    Layout,
    Provenance,
    check_name,
    digest_of,
    hashes_of,
    list_data_sets,
)
from inspection.archive.search import Search
from inspection.archive.selection import Frames, Source, known_parts, reviewed_of
from inspection.archive.splitting import split_rolls
from inspection.errors import DataSetError
from inspection.private_files import FOLDER_MODE, make_folder


def freeze(
    source: Source,
    datasets_dir: Path,
    name: str,
    search: Search,
    by: str,
    note: str = "",
    report: Callable[[int, int], None] = lambda done, of: None,
) -> FrozenSet:
    """Make the next version of a data set: all saved frames, of all views, of the reviewed pieces that a search finds.

    Rolls keep the part that the version before gave them. `report`: frames done, of how many. Raises DataSetError for
    an impossible name, when nothing usable is found, and when the disk does not take it: nothing is left then.
    """
    check_name(name)
    earlier = [each.provenance for each in list_data_sets(datasets_dir) if each.provenance.name == name]
    version = max((each.version for each in earlier), default=0) + 1
    sequences = reviewed_of(source, search)
    folder = datasets_dir / f"{name}-{version}"
    frames = Frames(source, sequences, only_reviewed=True, report=report)
    usable = frames.count()
    if not usable.by_roll:
        raise DataSetError(
            f"Data set {name}: the search finds {len(sequences)} reviewed pieces, none of which can be used"
            f"{_why(usable.left_out)}. Review more, or search for others."
        )
    parts = split_rolls(usable.by_roll, known_parts(datasets_dir, name))
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


def fit_command(folder: Path) -> str:
    """What a person enters to train on a data set.

    >>> fit_command(Path("/srv/line 2/datasets/pinholes-1"))
    "training fit --data '/srv/line 2/datasets/pinholes-1' --out runs/pinholes-1"
    """
    return f"training fit --data {shlex.quote(str(folder))} --out {shlex.quote(f'runs/{folder.name}')}"


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
    frames = Frames(source, sequences, only_reviewed=False, report=report)
    with _new_folder(folder) as part:
        if layout == "coco":
            write_coco(part, frames, {"description": "frames of an inspection station", "station": source.station})
        else:
            write_mvtec(part, frames)
        made = _seal(part, frames, folder.name, 0, layout, by, note, search, source.station, {})
    return FrozenSet(folder, made)


def _seal(
    folder: Path,
    frames: Frames,
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
        views=dict(sorted(frames.views.items())),
        parts=dict(parts),
        left_out=dict(frames.left_out),
        files={},
        sha256="",
    )
    (folder / "README.md").write_text(_readme(made, frames.reviewed))
    files = hashes_of(folder)
    made = made.model_copy(update={"files": files, "sha256": digest_of(files)})
    (folder / PROVENANCE).write_text(made.model_dump_json(indent=1) + "\n")
    return made


def _readme(made: Provenance, reviewed: int) -> str:
    title = f"{made.name}-{made.version}" if made.version else made.name
    objects = counts_of(made.objects) or "none"
    lines = [
        f"# {title}",
        "",
        f"{made.images} frames of station {made.station}, {made.good} of them good, {reviewed} reviewed by people.",
        f"Marked objects: {objects}.",
        "",
        f"Made by {made.made_by} on {made.made_utc:%Y-%m-%d %H:%M} UTC" + (f": {made.note}" if made.note else "."),
        f"Search: `{json.dumps(made.search)}`",
    ]
    if made.views:
        lines.insert(4, f"Views: {counts_of(made.views)}; `training fit --view` takes one of them.")
    if made.parts:
        rolls = Counter(made.parts.values())
        lines += ["", "Divided by roll: " + ", ".join(f"{part} {count}" for part, count in sorted(rolls.items())) + "."]
        lines += ["", f"    training data check {title}", f"    {fit_command(Path(title))}"]
    if made.left_out:
        lines += ["", "Left out:", ""]
        lines += [f"* {count}: {why}" for why, count in sorted(made.left_out.items())]
    return "\n".join(lines) + "\n"


def counts_of(several: Mapping[str, int]) -> str:
    """Counts by name.

    >>> counts_of({"bright-field": 12, "back-light": 9})
    'bright-field 12, back-light 9'
    """
    return ", ".join(f"{name} {count}" for name, count in several.items())


def _why(left_out: Mapping[str, int]) -> str:
    return " (" + " ".join(f"{count}: {why}" for why, count in left_out.items()) + ")" if left_out else ""


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
