"""Whether the line page is as light after an hour as at its beginning: the browser's heap and the pages' memory.

Starts the demo on a slow line, opens the line page in Chromium, and each minute collects the browser's garbage and
notes its JavaScript heap, its DOM nodes, and the resident memory of the pages' process. The first minutes are the
warm-up: the strip fills, charts get their points, caches their size. Asked is that the mean of the last quarter lies
at most 5 % above that of the first quarter after them; exits with 1 if not. Nothing else needs to be quiet:

    python benchmarks/benchmark_steadiness.py [--minutes 60] [--line-rate 2000] [--chromium /usr/bin/chromium] [--json]
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean

import psutil
from benchmark_review import window
from benchmark_visitors import free_port, wait_for
from playwright.sync_api import CDPSession, Page
from rich.console import Console
from rich.table import Table

ASKED = 1.05
WARM_UP_MINUTES = 10
_MIB = 1024.0 * 1024.0
_PATIENT_DEADLINE_MS = 10_000.0
"""The machine may have other things to do: what is late isn't the question here."""
_GONE_S = 60.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One look, after the browser's garbage was collected."""

    minute: float
    heap_mib: float
    """Heap of the page's JavaScript."""
    dom_nodes: int
    listeners: int
    pages_mib: float
    """Resident memory of the pages' process."""
    blocks: str
    """What the page counts on its screen: that it lives."""


def main() -> None:
    """Measure, print, and exit with 1 if anything grew."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=int, default=60, help="the warm-up included (default: 60)")
    parser.add_argument("--line-rate", type=float, default=2_000.0, help="lines per second (default: 2000)")
    parser.add_argument("--chromium", default="/usr/bin/chromium", help="the browser's program")
    parser.add_argument("--json", action="store_true", help="figures as JSON on standard output")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        samples = measure(Path(name), options.minutes, options.line_rate, options.chromium)
    growths = {what: growth(samples, what) for what in ("heap_mib", "dom_nodes", "pages_mib")}
    if options.json:
        figures = {"samples": [asdict(each) for each in samples], "growth": growths}
        sys.stdout.write(json.dumps(figures, indent=2) + "\n")
    else:
        show(samples, growths)
    sys.exit(0 if all(each <= ASKED for each in growths.values()) else 1)


def measure(folder: Path, minutes: int, line_rate_hz: float, chromium: str) -> list[Sample]:
    """One sample a minute from an open line page."""
    api, port = free_port(), free_port()
    command = [sys.executable, "-m", "inspection.cli", "demo", "--severity", "normal", "--state-dir", str(folder)]
    command += ["--line-rate", str(line_rate_hz), "--deadline-ms", str(_PATIENT_DEADLINE_MS)]
    command += ["--port", str(api), "--pages-port", str(port)]
    demo = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    samples = []
    try:
        wait_for(f"http://127.0.0.1:{api}/readyz")
        pages = pages_of(demo.pid)
        with window(chromium) as page:
            page.goto(f"http://127.0.0.1:{port}/")
            page.wait_for_selector(".strip")
            browser = page.context.new_cdp_session(page)
            browser.send("Performance.enable")
            began_s = time.monotonic()
            for minute in range(1, minutes + 1):
                page.wait_for_timeout(max(0.0, began_s + 60.0 * minute - time.monotonic()) * 1000.0)
                samples.append(look(float(minute), page, browser, pages))
                last = samples[-1]
                sys.stderr.write(
                    f"{minute} min: heap {last.heap_mib:.2f} MiB, {last.dom_nodes} nodes, {last.listeners} listeners, "
                    f"pages {last.pages_mib:.1f} MiB\n"
                )
    finally:
        demo.send_signal(signal.SIGTERM)
        demo.wait(_GONE_S)
    return samples


def pages_of(station_pid: int) -> psutil.Process:
    """The pages' process beside a demo."""
    for child in psutil.Process(station_pid).children():
        if "pages" in child.cmdline():
            return child
    sys.exit("the demo runs without pages; see the lines above")


def look(minute: float, page: Page, browser: CDPSession, pages: psutil.Process) -> Sample:
    """The figures now."""
    browser.send("HeapProfiler.collectGarbage")
    found = {each["name"]: each["value"] for each in browser.send("Performance.getMetrics")["metrics"]}
    return Sample(
        minute,
        found["JSHeapUsedSize"] / _MIB,
        int(found["Nodes"]),
        int(found["JSEventListeners"]),
        pages.memory_info().rss / _MIB,
        " ".join(page.locator("main").inner_text().split())[:200],
    )


def growth(samples: Sequence[Sample], what: str) -> float:
    """The mean of the last quarter over that of the first, of all that came after the warm-up."""
    settled = [float(getattr(each, what)) for each in samples if each.minute > WARM_UP_MINUTES]
    quarter = max(1, len(settled) // 4)
    return mean(settled[-quarter:]) / mean(settled[:quarter])


def show(samples: Sequence[Sample], growths: dict[str, float]) -> None:
    """The table for people."""
    table = Table("minute", "heap MiB", "DOM nodes", "listeners", "pages MiB")
    for each in samples:
        heap, pages = f"{each.heap_mib:.2f}", f"{each.pages_mib:.1f}"
        table.add_row(f"{each.minute:.0f}", heap, str(each.dom_nodes), str(each.listeners), pages)
    console = Console()
    console.print(table)
    for what, times in growths.items():
        console.print(
            f"{what}: {100.0 * (times - 1.0):+.1f} % after the first {WARM_UP_MINUTES} minutes (at most +5 %)"
        )


if __name__ == "__main__":
    main()
