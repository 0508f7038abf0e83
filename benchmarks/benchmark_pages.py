"""How fast the pages are with a large store: 100,000 decisions, 20,000 saved frames, a roll with 20,000 defects.

Fills a folder, starts `inspection pages` on it, and times every page in Chromium from its address (or a click) until
what it is for is on screen, the pictures in sight included: at the first visit after the start, with an empty browser
cache, and the median of later ones. Asked are at most 2 s for the first page and 0.8 s for each other one. For the roll
map it times steps of the mouse wheel until the whole map is drawn again. Exits with 1 if anything takes longer than
asked. Run it on a machine that does nothing else:

    python benchmarks/benchmark_pages.py [--json] [--state-dir DIR] [--chromium /usr/bin/chromium]

With `--state-dir` the store stays there, and is taken as it is when it is there already.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np
from benchmark_review import (
    HEIGHT,
    LENGTH_MM,
    LIMIT_MM,
    MODEL,
    RECIPE,
    WIDTH,
    decision,
    pinhole,
    running_pages,
    web_with_pinhole,
    window,
)
from playwright.sync_api import Page
from rich.console import Console
from rich.table import Table

from camera.frame import FrameId
from inspection.archive.archive import ArchiveSearch
from inspection.archive.data_set import freeze
from inspection.archive.search import Search
from inspection.archive.selection import Source
from inspection.people.audit import AuditLog
from inspection.people.registry import People
from inspection.people.roles import Role
from inspection.review.book import ReviewBook
from inspection.review.cases import Answer, NewReview
from inspection.review.queue import ReviewQueue
from inspection.rolls.roll_book import RollBook
from inspection.store.database import STORE_FILE, Database
from inspection.store.decisions import Store
from inspection.store.engine import Access
from inspection.store.frame_index import SavedFrame
from inspection.values import Decision, Defect, Dimension, Severity, Verdict

DECISIONS = 100_000
SAVED_FRAMES = 20_000
ROLLS = 8
CROWDED_ROLL = 5
CROWDED_DEFECTS = 20_000
REVIEWS = 1_000
PEOPLE = 20
PICTURES = 16
"""Different ones; all saved frames are links to these."""
FIRST_PAGE_S, PAGE_S, ZOOM_MS = 2.0, 0.8, 50.0
"""Asked; twenty pictures a second look smooth."""
_LATER_VISITS = 5
_ZOOM_STEPS = 40
_CHUNK = 2_000
_NAME, _PASSWORD = "benchmark", "a password for the benchmark"
_KINDS = (("E01", Severity.S2), ("E13", Severity.S1), ("E04", Severity.S2), ("E08", Severity.S3), ("E24", Severity.S4))
_ROLLER_MM = 942.5
_PIECES_OF_ROLL = DECISIONS // ROLLS
_CROWDED_FIRST = (CROWDED_ROLL - 1) * _PIECES_OF_ROLL + 1

_TOOLS = """
window.isShown = (selector, least = 1) =>
  [...document.querySelectorAll(selector)].filter((each) => each.getClientRects().length).length >= least;
window.arePicturesShown = () => [...document.images].every((picture) => {
  const box = picture.getBoundingClientRect();
  return !box.width || box.top >= innerHeight || (picture.complete && picture.naturalWidth > 0);
});
window.timeSteps = () => {
  const element = document.querySelector(".map-chart"), chart = getElement(Number(element.id.slice(1))).chart;
  let began = 0;
  window.steps = [];
  element.addEventListener("wheel", (event) => { began = event.timeStamp; }, true);
  chart.on("finished", () => {
    if (!began) return;
    const from = began;
    began = 0;
    requestAnimationFrame(() => window.steps.push(performance.now() - from));
  });
};
"""
_NEXT_PICTURE = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"


@dataclass(frozen=True, slots=True)
class Stop:
    """Something to look at."""

    name: str
    path: str
    ready: str
    """JavaScript: true when its content is on screen."""
    click: Callable[[Page], None] | None = None
    """What is done after `path` is there; then the time counts from the click."""
    before: str = ""
    """JavaScript: true when the page is ready for the click."""
    asked_s: float = PAGE_S


@dataclass(frozen=True, slots=True)
class Timing:
    """How long it took."""

    page: str
    asked_s: float
    first_s: float
    later_s: float
    """Median."""

    @property
    def is_met(self) -> bool:
        """Whether it is as fast as asked, the first visit too."""
        return max(self.first_s, self.later_s) <= self.asked_s


def _search(page: Page) -> None:
    page.get_by_label("⌀ from (mm)").fill("0.6")
    page.get_by_role("button", name="Search", exact=True).click()


def _older(page: Page) -> None:
    page.get_by_role("button", name="Older ones").click()


def _rolls(page: Page) -> None:
    page.get_by_label("Roll", exact=True).click()


_MAP = "isShown('.map-chart canvas') && isShown('.figure-value', 6)"
_RESULTS = "isShown('.archive-body .found-picture') && arePicturesShown()"
STOPS = (
    Stop("line", "/", "isShown('.strip') && isShown('.reject-picture', 2) && arePicturesShown()", asked_s=FIRST_PAGE_S),
    Stop("review", "/review", "isShown('.viewer[data-sequence]')"),
    Stop("roll map, newest roll", "/rolls", _MAP),
    Stop("list of rolls", "/rolls", f"isShown('.q-menu .q-item', {ROLLS})", _rolls, _MAP),
    Stop(f"roll map, {CROWDED_DEFECTS:,} defects", f"/rolls?roll={_CROWDED_FIRST}&within=1", _MAP),
    Stop("statistics", "/statistics", "isShown('.chart-box canvas', 4) && isShown('.wide-card tbody tr')"),
    Stop("archive", "/archive", _RESULTS),
    Stop(
        "archive, search", "/archive", f"!document.body.innerText.includes('20,000') && {_RESULTS}", _search, _RESULTS
    ),
    Stop("archive, older ones", "/archive", f"isShown('.archive-body tbody tr', 80) && {_RESULTS}", _older, _RESULTS),
    Stop("data sets", "/archive", "isShown('.tools tbody tr')"),
    Stop("recipes", "/recipes", "isShown('.card .table tr', 4)"),
    Stop("models", "/models", "isShown('.card .version', 2)"),
    Stop("people", "/people", f"isShown('.card .table tr', {PEOPLE + 1})"),
    Stop("audit log", "/audit", "isShown('.card .table tr', 101)"),
)


def main() -> None:
    """Prepare, measure, print."""
    parser = argparse.ArgumentParser(description="Times every page with a large store.")
    parser.add_argument("--json", action="store_true", help="For programs.")
    parser.add_argument("--state-dir", type=Path, help="Keep the store here, or take the one that is here.")
    parser.add_argument("--chromium", default="/usr/bin/chromium", help="The browser's program.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = options.state_dir or Path(name)
        if not (folder / STORE_FILE).exists():
            fill(folder)
        with running_pages(folder) as address, window(options.chromium) as page:
            page.add_init_script(_TOOLS)
            log_in(page, address)
            timings = measure(page, address)
            steps_ms = zoom_steps_ms(page, address)
    if options.json:
        sys.stdout.write(json.dumps(_report(timings, steps_ms), indent=2) + "\n")
    else:
        _print(timings, steps_ms)
    sys.exit(0 if all(each.is_met for each in timings) and median(steps_ms) <= ZOOM_MS else 1)


def log_in(page: Page, address: str) -> None:
    """Without a look at any page: the first one shall be the first."""
    page.request.post(f"{address}/login", form={"name": _NAME, "password": _PASSWORD}, max_redirects=0)


def measure(page: Page, address: str) -> list[Timing]:
    """All pages once, in their order, for the first visits; then each some times more."""
    firsts = [visit_s(page, address, stop) for stop in STOPS]
    return [
        Timing(stop.name, stop.asked_s, first, median(visit_s(page, address, stop) for _ in range(_LATER_VISITS)))
        for stop, first in zip(STOPS, firsts, strict=True)
    ]


def visit_s(page: Page, address: str, stop: Stop) -> float:
    """Seconds until a stop's content is on screen."""
    began = time.perf_counter()
    page.goto(f"{address}{stop.path}", wait_until="commit")
    if stop.click is not None:
        page.wait_for_function(stop.before)
        began = time.perf_counter()
        stop.click(page)
    page.wait_for_function(stop.ready)
    page.evaluate(_NEXT_PICTURE)
    return time.perf_counter() - began


def zoom_steps_ms(page: Page, address: str) -> list[float]:
    """From each step of the mouse wheel over the crowded roll's map to the whole map on screen, into it and back."""
    page.goto(f"{address}/rolls?roll={_CROWDED_FIRST}&within=1")
    page.wait_for_function(_MAP)
    page.locator(".map-chart").hover()
    page.evaluate("timeSteps()")
    half = _ZOOM_STEPS // 2
    for done in range(_ZOOM_STEPS):
        page.mouse.wheel(0, -100 if done < half else 100)
        page.wait_for_function("count => window.steps.length > count", arg=done)
    return [float(each) for each in page.evaluate("window.steps")]


def fill(folder: Path) -> None:
    """Everything that the pages show, in a new store."""
    line = Database.in_file(folder / STORE_FILE)
    rejected = _decide(line, folder / "frames")
    for number in range(ROLLS):
        RollBook(line).begin(f"R-{number + 1}", number * _PIECES_OF_ROLL + 1, "plc")
    line.close()
    database = Database.in_file(folder / STORE_FILE, Access.PEOPLE)
    _hire(database)
    ReviewQueue(database).enrol()
    _review(database, rejected[-REVIEWS:])
    book, rolls, archive = ReviewBook(database), RollBook(database), ArchiveSearch(database)
    source = Source(Store(database), book, rolls, archive, folder / "frames", "benchmark")
    newest = DECISIONS - _PIECES_OF_ROLL // 10
    freeze(source, folder / "datasets", "rejects", Search(first_sequence=newest), _NAME)
    database.close()


def _hire(database: Database) -> None:
    people = People(database)
    for name in (_NAME, *(f"person-{number}" for number in range(1, PEOPLE))):
        one_time = people.add("station", name, Role.ADMIN)
        if name == _NAME:
            people.change_password(people.log_in(name, one_time, "benchmark"), one_time, _PASSWORD)


def _decide(database: Database, frames_dir: Path) -> list[int]:
    """Append all decisions, the last one made now, and save frames of them; returns the numbers of the rejects."""
    store = Store(database)
    store.begin_run("benchmark", "0", RECIPE, MODEL)
    began = datetime.now(UTC) - timedelta(seconds=0.1 * DECISIONS)
    made: list[tuple[int, Verdict]] = []
    decisions = _decisions(began)
    for _ in range(0, DECISIONS, _CHUNK):
        chunk = [next(decisions) for _ in range(_CHUNK)]
        store.append(chunk)
        made += [(each.sequence, each.verdict) for each in chunk]
    saved = list(_save(_to_save(made), frames_dir, began))
    for first in range(0, len(saved), _CHUNK):
        store.frame_index.note_saved_frames(saved[first : first + _CHUNK])
    return [sequence for sequence, verdict in made if verdict is Verdict.REJECT]


def _decisions(began: datetime) -> Iterator[Decision]:
    """A decision each 0.1 s; one piece of 200 is not inspected."""
    random = np.random.default_rng(1)
    for sequence in range(1, DECISIONS + 1):
        defects = _defects(random, sequence)
        verdict = Verdict.REJECT if any(each.diameter_mm > LIMIT_MM for each in defects) else Verdict.ACCEPT
        if sequence % 200 == 0 and not defects:
            verdict = Verdict.UNINSPECTED
        width = Dimension("coat_width", 100.0 + 0.02 * random.standard_normal(), 0.005)
        yield decision(sequence, began + timedelta(seconds=0.1 * sequence), verdict, defects, [width])


def _defects(random: np.random.Generator, sequence: int) -> list[Defect]:
    """On the crowded roll evenly many, with a roller's mark at each turn; on the others one on each twelfth piece."""
    place = sequence - _CROWDED_FIRST
    if not 0 <= place < _PIECES_OF_ROLL:
        return [_defect(random, sequence)] if sequence % 12 == 0 else []
    before, after = (number * CROWDED_DEFECTS // _PIECES_OF_ROLL for number in (place, place + 1))
    found = [_defect(random, sequence) for _ in range(after - before)]
    since_mark_mm = sequence * LENGTH_MM % _ROLLER_MM
    if since_mark_mm < LENGTH_MM:
        top = int((LENGTH_MM - since_mark_mm) / LENGTH_MM * HEIGHT)
        found[0] = pinhole(WIDTH // 3, top, sequence * LENGTH_MM, 0.3)
    return found


def _defect(random: np.random.Generator, sequence: int) -> Defect:
    kind, severity = _KINDS[int(random.integers(len(_KINDS)))]
    left, top = int(random.integers(50, WIDTH - 50)), int(random.integers(50, HEIGHT - 50))
    found = pinhole(left, top, sequence * LENGTH_MM, float(random.lognormal(-1.0, 0.5)), 1 + 2 * left // WIDTH)
    return replace(found, kind=kind, severity=severity)


def _to_save(made: Sequence[tuple[int, Verdict]]) -> list[tuple[int, Verdict]]:
    """All rejects, and as many of the others, evenly spread, as are missing."""
    rejects = [each for each in made if each[1] is Verdict.REJECT]
    others = [each for each in made if each[1] is not Verdict.REJECT]
    missing = SAVED_FRAMES - len(rejects)
    return sorted(rejects + [others[number * len(others) // missing] for number in range(missing)])


def _save(wanted: Sequence[tuple[int, Verdict]], frames_dir: Path, began: datetime) -> Iterator[SavedFrame]:
    """Frames of full size, of which every sixteenth is the same file."""
    random = np.random.default_rng(2)
    pictures = [frames_dir / f"picture-{number}.png" for number in range(PICTURES)]
    frames_dir.mkdir(parents=True)
    for picture in pictures:
        cv2.imwrite(str(picture), web_with_pinhole(random, WIDTH // 3, HEIGHT // 2), [cv2.IMWRITE_PNG_COMPRESSION, 1])
    for number, (sequence, verdict) in enumerate(wanted):
        at = began + timedelta(seconds=0.1 * sequence)
        path = frames_dir / f"{at:%Y-%m-%d}" / f"{sequence:010d}-cam0-{sequence}-{verdict.value}-8bit.png"
        path.parent.mkdir(exist_ok=True)
        os.link(pictures[number % PICTURES], path)
        frame = FrameId("cam0", 1, sequence)
        yield SavedFrame(1, frame, str(path.relative_to(frames_dir)), verdict, 8, path.stat().st_size, at)


def _review(database: Database, sequences: Sequence[int]) -> None:
    book, audit = ReviewBook(database), AuditLog(database)
    answers = (*(Answer.CONFIRMED,) * 8, Answer.OVERRULED, Answer.UNSURE)
    for number, sequence in enumerate(sequences):
        answer = answers[number % len(answers)]
        book.record(NewReview(sequence, _NAME, answer, looked_s=2.0 + number % 5))
        audit.add(_NAME, "review.record", f"decision:{sequence}", None, {"answer": answer.value})


def _report(timings: Sequence[Timing], steps_ms: Sequence[float]) -> dict[str, Any]:
    return {
        "decisions": DECISIONS,
        "saved_frames": SAVED_FRAMES,
        "defects_of_crowded_roll": CROWDED_DEFECTS,
        "load": os.getloadavg()[0],
        "pages": [asdict(each) for each in timings],
        "zoom_step_ms": {"asked": ZOOM_MS, "median": median(steps_ms), "longest": max(steps_ms)},
    }


def _print(timings: Sequence[Timing], steps_ms: Sequence[float]) -> None:
    title = f"{DECISIONS:,} decisions, {SAVED_FRAMES:,} saved frames; seconds until a page's content is on screen"
    table = Table(title=title)
    table.add_column("page")
    for head in ("asked", "first visit", f"median of {_LATER_VISITS} later", ""):
        table.add_column(head, justify="right")
    for each in timings:
        found = (each.asked_s, each.first_s, each.later_s)
        table.add_row(each.page, *(f"{seconds:.2f}" for seconds in found), "" if each.is_met else "[red]too slow")
    console = Console()
    console.print(table)
    console.print(
        f"a step of the wheel over {CROWDED_DEFECTS:,} defects: median {median(steps_ms):.0f} ms "
        f"(asked: at most {ZOOM_MS:.0f}), longest {max(steps_ms):.0f} ms; load of the machine {os.getloadavg()[0]:.1f}"
    )


if __name__ == "__main__":
    main()
