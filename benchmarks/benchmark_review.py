"""How fast the review page is: 50 prepared rejects, answered by script, in Chromium.

Prints the median time from a key press to the next frame drawn (asked: at most 15 ms) and to the screen's refresh after
that, which alone takes 17 ms at 60 Hz; and how long the first page takes from its address to a frame on screen
(asked: at most 2 s). Run it on a machine that does nothing else:

    python benchmarks/benchmark_review.py [--cases 50] [--chromium /usr/bin/chromium]
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page, sync_playwright

from camera.frame import FrameId
from inspection.store.database import Database
from inspection.store.decisions import Store
from inspection.store.frame_index import SavedFrame
from inspection.values import Artefact, Box, Decision, Defect, Dimension, Piece, Reason, Severity, Verdict

PROJECT = Path(__file__).resolve().parents[1]
RECIPE, MODEL = Artefact("anode", "1.0", "a" * 64), Artefact("electrode", "1.0", "b" * 64)
HEIGHT, WIDTH = 1024, 2048
LENGTH_MM = 51.2
PINHOLE_PX = 16
LIMIT_MM = 0.5
LOOK_MS = 300
"""A reader looks at least so long; the next pictures are fetched meanwhile."""
_WATCH = """
() => {
  window.shown = [];
  window.drawn = [];
  let pressed = 0;
  // A message that is sent while a refresh is prepared arrives as soon as the refresh is drawn.
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }) => window.drawn.push(performance.now() - data);
  document.addEventListener("keydown", (event) => { pressed = event.timeStamp; }, true);
  // Drawn with this refresh of the screen, and on it with the next.
  document.addEventListener("case-shown", () => {
    const from = pressed;
    requestAnimationFrame(() => {
      port2.postMessage(from);
      requestAnimationFrame(() => window.shown.push(performance.now() - from));
    });
  });
}
"""


def main() -> None:
    """Prepare, measure, print."""
    parser = argparse.ArgumentParser(description="Times the review page.")
    parser.add_argument("--cases", type=int, default=50, help="Rejects to answer.")
    parser.add_argument("--chromium", default="/usr/bin/chromium", help="The browser's program.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, options.cases + 1)
        with running_pages(folder, "--guest") as address, window(options.chromium) as page:
            measure(page, address, options.cases)


def measure(page: Page, address: str, cases: int) -> None:
    """Answer the cases one by one, and print what it took."""
    for visit in ("first page, empty browser cache", "first page, again"):
        began = time.perf_counter()
        page.goto(f"{address}/review")
        page.wait_for_selector(".viewer[data-sequence]")
        sys.stdout.write(f"{visit}: {time.perf_counter() - began:.2f} s (asked: at most 2 s)\n")
    page.evaluate(_WATCH)
    for answered in range(1, cases + 1):
        page.wait_for_timeout(LOOK_MS)
        page.keyboard.press("c")
        page.wait_for_function("count => window.shown.length >= count", arg=answered)
    for what, told in (("drawn", "asked: at most 15 ms"), ("shown", "one refresh of the screen later")):
        took = page.evaluate(f"window.{what}")
        sys.stdout.write(
            f"key press to the next frame of {WIDTH} x {HEIGHT} {what}, {len(took)} cases: "
            f"median {median(took):.0f} ms ({told}), longest {max(took):.0f} ms\n"
        )


@contextmanager
def running_pages(state_dir: Path, *options: str) -> Iterator[str]:
    """The pages in a process of their own; gives the address that they print."""
    command = [sys.executable, "-m", "inspection.cli", "pages", "--port", "0", "--state-dir", str(state_dir), *options]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as pages:
        try:
            found = (re.search(r"pages on (\S+)", line) for line in pages.stdout or ())
            address = next((each[1] for each in found if each), None)
            if address is None:
                raise SystemExit("the pages did not start; run `inspection pages` to see why")
            yield address
        finally:
            pages.terminate()


@contextmanager
def window(chromium: str) -> Iterator[Page]:
    """An empty browser's only tab."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser.new_page(viewport={"width": 1920, "height": 1080})
        browser.close()


def prepare(folder: Path, count: int) -> None:
    """A store with so many rejects, each with a pinhole on a web with its own noise."""
    database = Database.in_file(folder / "store.db")
    store = Store(database)
    store.begin_run("benchmark", "0", RECIPE, MODEL)
    began = datetime.now(UTC) - timedelta(seconds=count)
    for sequence in range(1, count + 1):
        at = began + timedelta(seconds=sequence)
        random = np.random.default_rng(sequence)
        left, top = int(random.integers(50, WIDTH - 50)), int(random.integers(50, HEIGHT - 50))
        defect = pinhole(left, top, sequence * LENGTH_MM, 0.9)
        store.append([decision(sequence, at, Verdict.REJECT, [defect])])
        pixels = web_with_pinhole(random, left, top)
        path = folder / "frames" / "prepared" / f"{sequence:010d}-cam0-{sequence}-reject-8bit.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), pixels)
        saved = SavedFrame(
            store.station_run,
            FrameId("cam0", 1, sequence),
            f"prepared/{path.name}",
            Verdict.REJECT,
            8,
            path.stat().st_size,
            at,
        )
        store.frame_index.note_saved_frames([saved])
    database.close()


def web_with_pinhole(random: np.random.Generator, left: int, top: int) -> NDArray[np.uint8]:
    """(HEIGHT, WIDTH) uint8 with one bright disc."""
    pixels = random.normal(90.0, 4.0, (HEIGHT, WIDTH)).astype(np.uint8)
    half = PINHOLE_PX // 2
    cv2.circle(pixels, (left + half, top + half), half, 230, cv2.FILLED)
    return pixels


def pinhole(left: int, top: int, start_mm: float, diameter_mm: float, lane: int = 1) -> Defect:
    """A pinhole in a frame whose leading edge lies at `start_mm`."""
    return Defect(
        kind="E01",
        score=0.9,
        severity=Severity.S2,
        box=Box(left, top, left + PINHOLE_PX, top + PINHOLE_PX),
        mask=np.ones((PINHOLE_PX, PINHOLE_PX), np.bool_),
        length_mm=diameter_mm,
        width_mm=diameter_mm,
        area_mm2=np.pi / 4.0 * diameter_mm**2,
        contrast_percent=150.0,
        snr=30.0,
        md_mm=start_mm + top * LENGTH_MM / HEIGHT,
        cd_mm=left * LENGTH_MM / HEIGHT,
        lane=lane,
    )


def decision(
    sequence: int, at: datetime, verdict: Verdict, defects: Sequence[Defect] = (), dimensions: Sequence[Dimension] = ()
) -> Decision:
    """One about the piece at `sequence` times its length. A reject names its largest defect."""
    reasons: tuple[Reason, ...] = ()
    if verdict is Verdict.UNINSPECTED:
        reasons = (Reason("late", "The decision was not ready at its deadline."),)
    elif verdict is Verdict.REJECT:
        place = max(range(len(defects)), key=lambda place: defects[place].diameter_mm)
        worst = defects[place]
        sentence = f"{worst.kind}: diameter {worst.diameter_mm:.3g} mm (limit {LIMIT_MM:g})."
        rule = f"limit.{worst.kind}.diameter_mm"
        size = (worst.diameter_mm, LIMIT_MM, "mm")
        reasons = (Reason(rule, sentence, worst.kind, *size, (place,), worst.severity, "diameter_mm"),)
    return Decision(
        sequence=sequence,
        piece=Piece(FrameId("cam0", 1, sequence), sequence * LENGTH_MM, LENGTH_MM),
        verdict=verdict,
        reasons=reasons,
        defects=tuple(defects),
        recipe=RECIPE,
        model=MODEL,
        captured_utc=at,
        decided_utc=at + timedelta(milliseconds=40),
        latency_ms=40.0,
        deadline_met=True,
        dimensions=tuple(dimensions),
    )


if __name__ == "__main__":
    main()
