"""What people do in the archive: keep searches, export what they found, freeze data sets."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from inspection.archive.archive import COUNTED, ArchiveSearch, Found
from inspection.archive.data_set import export, freeze
from inspection.archive.outlook import Outlook, outlook
from inspection.archive.provenance import FrozenSet, Layout, check_name, verify
from inspection.archive.search import Search
from inspection.archive.selection import Source
from inspection.csv_table import Separators, csv_table
from inspection.errors import ReviewError
from inspection.pages.frame.visit import Visit, action
from inspection.people.roles import Permission
from inspection.review.book import ReviewBook
from inspection.rolls.roll_book import RollBook

DATA_SETS, EXPORTS = "datasets", "exports"
_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,60}")
_AT_ONCE = 1000
"""Rows read in one go."""
Report = Callable[[int, int], None]


@action(Permission.SEE_RESULTS)
def save_search(visit: Visit, name: str, search: Search) -> None:
    """Keep a search for everybody."""
    ArchiveSearch(visit.desk.database).save(name, search, visit.person.name)
    told = search.model_dump(mode="json", exclude_defaults=True)
    visit.desk.audit.add(visit.person.name, "search.save", f"search:{name}", None, told)


@action(Permission.SEE_RESULTS)
def remove_search(visit: Visit, name: str) -> None:
    """Forget a search."""
    ArchiveSearch(visit.desk.database).remove(name, visit.person.name)
    visit.desk.audit.add(visit.person.name, "search.remove", f"search:{name}")


@action(Permission.EXPORT)
def export_frames(visit: Visit, search: Search, folder: str, layout: Layout, report: Report) -> FrozenSet:
    """Write frames into a folder below the station's state folder; minutes for thousands."""
    if not _FOLDER.fullmatch(folder):
        raise ReviewError(
            f"Folder {folder[:80]!r}: expected 1 to 61 letters, digits, - and _. Choose another name; the folder will "
            f"lie in {EXPORTS} of the station's state folder."
        )
    target = visit.desk.plan.state_dir / EXPORTS / folder
    made = export(source_of(visit), target, layout, search, visit.person.name, report=report)
    _note(visit, "data_set.export", made)
    return made


@action(Permission.EXPORT)
def freeze_frames(visit: Visit, search: Search, name: str, note: str, report: Report) -> FrozenSet:
    """Freeze reviewed frames as the next version of a data set; minutes for thousands."""
    made = freeze(source_of(visit), data_sets_dir(visit), name, search, visit.person.name, note[:2000], report)
    _note(visit, "data_set.freeze", made)
    return made


@action(Permission.EXPORT)
def look_ahead(visit: Visit, search: Search, name: str) -> Outlook:
    """What freezing would give, and what `training fit` would say to it."""
    return outlook(source_of(visit), data_sets_dir(visit), name, search)


@action(Permission.EXPORT)
def results_table(visit: Visit, search: Search, separators: Separators) -> bytes:
    """What a search finds as CSV, the newest first, as many as are counted; nothing that spoils a blind reading."""
    archive, before = ArchiveSearch(visit.desk.database), None
    rows: list[tuple[object, ...]] = []
    while len(rows) < COUNTED and (found := archive.find(search, _AT_ONCE, before)):
        views = archive.saved_views([each.sequence for each in found])
        rows += [_row(each, views.get(each.sequence, {})) for each in found]
        before = found[-1].sequence
    told = search.model_dump(mode="json", exclude_defaults=True)
    visit.desk.audit.add(visit.person.name, "search.export", "archive", None, told)
    return csv_table(_HEADER, rows[:COUNTED], separators)


_HEADER = (
    *("decision", "camera", "captured_utc", "verdict", "severity", "encoder_mm", "kinds", "lanes", "largest_mm"),
    *("review", "has_picture", "lane", "piece_id", "saved_views"),
)


def _row(found: Found, saved_views: Mapping[str, int]) -> tuple[object, ...]:
    return (
        found.sequence,
        found.camera,
        found.captured_utc.isoformat(timespec="milliseconds"),
        found.verdict.value,
        found.severity.value if found.severity else None,
        None if found.start_mm is None else round(found.start_mm, 3),
        " ".join(found.kinds),
        " ".join(map(str, found.lanes)),
        None if found.largest_mm is None else round(found.largest_mm, 4),
        found.outcome.value if found.outcome else None,
        found.has_image,
        found.lane,
        found.piece_id,
        " ".join(f"{view}:{count}" for view, count in saved_views.items()),
    )


@action(Permission.EXPORT)
def verify_data_set(visit: Visit, folder_name: str) -> list[str]:
    """Hold a data set against its hashes. Raises DataSetError."""
    check_name(folder_name)
    return verify(data_sets_dir(visit) / folder_name)


def data_sets_dir(visit: Visit) -> Path:
    """Where frozen data sets lie."""
    return visit.desk.plan.state_dir / DATA_SETS


def source_of(visit: Visit) -> Source:
    """Where frames and labels come from."""
    database = visit.desk.database
    return Source(
        visit.desk.store,
        ReviewBook(database),
        RollBook(database),
        ArchiveSearch(database),
        visit.desk.plan.state_dir / "frames",
        visit.desk.plan.name,
    )


def _note(visit: Visit, what: str, made: FrozenSet) -> None:
    told = made.provenance.model_dump(mode="json", include={"images", "sha256", "search", "layout"})
    visit.desk.audit.add(visit.person.name, what, f"data_set:{made.folder.name}", None, told)
