"""Everything about one roll, gathered for its page and its certificate."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from inspection.csv_table import Separators
from inspection.pages.frame.desk import PagesDesk
from inspection.pages.frame.visit import Visit, action
from inspection.pages.rolls.roll_chart import RollPicture
from inspection.people.roles import Permission
from inspection.review.blame import RollTally
from inspection.rolls.certificate import Certificate, certificate_csv, certificate_pdf, facts_csv
from inspection.rolls.grade import Grade, grade_of
from inspection.rolls.repeats import Repeat, find_repeats
from inspection.rolls.roll_book import RollBook
from inspection.rolls.roll_defects import MOST_DEFECTS
from inspection.rolls.roll_map import MapFilter, RollDefects, RollLayout, lay_out
from inspection.store.database import Database
from inspection.values import Artefact
from inspection.values.roll import Roll

ONLY_GUILTY = MapFilter(is_guilty=True)
"""What a map shows first."""
EVERYTHING = MapFilter()


@dataclass(frozen=True, slots=True)
class RollFile:
    """What the page shows of a roll."""

    roll: Roll
    picture: RollPicture
    tally: RollTally
    grade: Grade
    recipes: tuple[Artefact, ...]
    models: tuple[Artefact, ...]
    began_utc: datetime
    ended_utc: datetime
    looked_utc: datetime
    """When all this was so."""


def roll_file(database: Database, roll: Roll, wanted: MapFilter, known: RollFile | None = None) -> RollFile:
    """Look a roll up: some tenths of a second for a long one. Raises StoreError.

    `known`: the same roll as it was looked up before, of which all but the defects stays.
    """
    book = RollBook(database)
    if known is None:
        layout = lay_out(book.blocks(roll))
        guilty, defects = _guilty_and_wanted(book, roll, wanted)
    else:
        layout, defects = known.picture.layout, book.defects(roll, wanted)
    metres = layout.metres(defects.sequence, defects.md_mm)
    picture = RollPicture(layout, defects, metres, _repeats(layout, defects, metres))
    if known is not None:
        return replace(known, picture=picture)
    recipes, models = book.artefacts(roll)
    tally = book.tally(roll, guilty)
    grade = grade_of(layout, tally.safety)
    return RollFile(roll, picture, tally, grade, tuple(recipes), tuple(models), *book.times(roll), datetime.now(UTC))


def kept_roll_file(desk: PagesDesk, roll: Roll, wanted: MapFilter) -> RollFile:
    """The same, of a roll of the past looked up once as long as nothing changes. Raises StoreError."""
    looked_utc, mark = datetime.now(UTC), RollBook(desk.database).mark(roll)
    found = desk.answers.ask((roll, wanted), mark, lambda: roll_file(desk.database, roll, wanted))
    return replace(found, looked_utc=looked_utc)


def _guilty_and_wanted(book: RollBook, roll: Roll, wanted: MapFilter) -> tuple[RollDefects, RollDefects]:
    """What broke a limit, and what the map shows; read once where one holds the other."""
    if wanted == EVERYTHING:
        defects = book.defects(roll, wanted)
        return (defects.guilty() if defects.is_complete else book.guilty(roll)), defects
    guilty = book.guilty(roll)
    if wanted == ONLY_GUILTY and len(guilty.kind) <= MOST_DEFECTS:
        return guilty, guilty
    return guilty, book.defects(roll, wanted)


def _repeats(layout: RollLayout, defects: RollDefects, metres: NDArray[np.float64]) -> tuple[Repeat, ...]:
    """Each camera's by themselves: the same place across the picture of another one is another place of the roller."""
    cameras = layout.camera_of(defects.sequence)
    found: list[Repeat] = []
    for camera in range(len(layout.cameras)):
        its = np.flatnonzero(cameras == camera)
        repeats = find_repeats(1000.0 * metres[its], defects.cd_mm[its])
        found += [replace(repeat, members=tuple(its[list(repeat.members)].tolist())) for repeat in repeats]
    return tuple(sorted(found, key=lambda each: (-len(each.members), each.first_m)))


def certificate_of(database: Database, station: str, roll: Roll, made_by: str) -> Certificate:
    """A roll's certificate as of now. Raises StoreError."""
    book = RollBook(database)
    recipes, models = book.artefacts(roll)
    guilty = book.guilty(roll)
    return Certificate(
        station,
        roll,
        lay_out(book.blocks(roll)),
        guilty,
        book.tally(roll, guilty),
        tuple(recipes),
        tuple(models),
        *book.times(roll),
        datetime.now(UTC),
        made_by,
        tuple(book.setups(roll)),
    )


@action(Permission.SEE_RESULTS)
def make_certificate(
    visit: Visit, roll: Roll, kind: str, separators: Separators = Separators.COMMA_POINT
) -> bytes:  # fmt: skip
    """The certificate as `pdf`, its table as `csv` or what else it says as `facts`; it takes a second for many defects.

    Raises StoreError, ReviewError.
    """
    certificate = certificate_of(visit.desk.database, visit.desk.plan.name, roll, visit.person.name)
    if kind == "pdf":
        content = certificate_pdf(certificate)
    else:
        content = (facts_csv if kind == "facts" else certificate_csv)(certificate, separators)
    told = {"decisions": [roll.first_sequence, roll.last_sequence], "grade": certificate.grade.letter, "kind": kind}
    visit.desk.audit.add(visit.person.name, "roll.certificate", f"roll:{roll.name}", None, told)
    return content
