"""What visitors of the pages cost the station: ten line pages and two reviewers, in turns with nobody.

Starts the demo with its pages, and lets visitors come and go. They speak the pages' protocols to the last message, load
every picture that a reviewer would see and answer a case each in three seconds, but draw nothing: browsers belong on
other machines, and on this one they would compete with the station for its cores. Prints the time from the last line
exposed to the decision published, with visitors and without. Run it on a machine that does nothing else:

    python benchmarks/benchmark_visitors.py [--rounds 4] [--seconds 60] [--json]
"""

import argparse
import ast
import asyncio
import json
import multiprocessing
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import numpy as np
import socketio
from rich.console import Console
from rich.table import Table

LINE_PAGES, REVIEWERS = 10, 2
ANSWER_EVERY_S = 3.0
_SETTLE_S = 8.0
_START_S = 60.0
_QUERY = re.compile(r"query: (\{[^}]*\})")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Decisions of the rounds with, or without, visitors."""

    visitors: bool
    blocks: int
    blocks_per_s: float
    uninspected: int
    median_ms: float
    p99_ms: float
    messages: int
    """Number of messages that the pages sent to visitors."""


def main() -> None:
    """Measure, print, and exit with 1 if a block was uninspected."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=4, help="so often with and without (default: 4)")
    parser.add_argument("--seconds", type=float, default=60.0, help="of each (default: 60)")
    parser.add_argument("--json", action="store_true", help="figures as JSON on standard output")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        stretches = measure(Path(name), options.rounds, options.seconds)
    if options.json:
        sys.stdout.write(json.dumps([asdict(each) for each in stretches], indent=2) + "\n")
    else:
        show(stretches)
    sys.exit(1 if any(each.uninspected for each in stretches) else 0)


def measure(folder: Path, rounds: int, seconds: float) -> list[Stretch]:
    """Rounds in turns, of each the decisions when visitors have come, or gone."""
    api, pages = free_port(), free_port()
    command = [sys.executable, "-m", "inspection.cli", "demo", "--severity", "normal", "--state-dir", str(folder)]
    command += ["--port", str(api), "--pages-port", str(pages)]
    station = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    found: dict[bool, list[dict[str, Any]]] = {False: [], True: []}
    messages = 0
    try:
        wait_for(f"http://127.0.0.1:{api}/readyz")
        time.sleep(_SETTLE_S)
        for _ in range(rounds):
            found[False] += decisions_of(api, seconds)
            with Visitors(pages) as visitors:
                time.sleep(_SETTLE_S)
                found[True] += decisions_of(api, seconds)
            messages += visitors.messages
            time.sleep(_SETTLE_S)
    finally:
        station.send_signal(signal.SIGTERM)
        station.wait(30.0)
    return [summary(each, found[each], rounds * seconds, messages if each else 0) for each in (False, True)]


class Visitors:
    """A process of its own, which has what processor time nobody else wants."""

    def __init__(self, port: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._stop, self._answers = context.Event(), context.Queue()
        self._process = context.Process(target=_visit, args=(port, self._stop, self._answers))
        self.messages = 0

    def __enter__(self) -> "Visitors":
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self.messages = self._answers.get(timeout=30.0)
        self._process.join()


def _visit(port: int, stop: Any, answers: Any) -> None:
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))  # they stand for other machines
    messages = 0
    try:
        messages = asyncio.run(visit(f"http://127.0.0.1:{port}", stop))
    finally:
        answers.put(messages)


async def visit(address: str, stop: Any) -> int:
    """All visitors until `stop` is set; how many messages came."""
    counts = await asyncio.gather(
        *(read_line_page(address, stop) for _ in range(LINE_PAGES)), *(review(address, stop) for _ in range(REVIEWERS))
    )
    return sum(counts)


async def read_line_page(address: str, stop: Any) -> int:
    """One browser tab on the line page: opened, connected, every update taken."""
    async with httpx.AsyncClient(base_url=address, timeout=30.0) as http:
        client, taken = await connected(http, address, "/")
        while not stop.is_set():
            await asyncio.sleep(0.2)
        await client.disconnect()
    return len(taken)


async def review(address: str, stop: Any) -> int:
    """One reviewer: takes cases, loads the frame and the neighbours' pictures of each, confirms it."""
    async with httpx.AsyncClient(base_url=address, timeout=30.0, headers={"Origin": address}) as http:
        client, taken = await connected(http, address, "/review")
        while not stop.is_set():
            answer = await http.post("/review/cases", json={"count": 2})
            answer.raise_for_status()
            for case in answer.json()["cases"]:
                for path in (f"/frames/{case['sequence']}.png", *pictures_in(case)):
                    (await http.get(path)).raise_for_status()
                form = {"sequence": case["sequence"], "answer": "confirmed", "looked_s": ANSWER_EVERY_S}
                (await http.post("/review/answers", json=form)).raise_for_status()
                await asyncio.sleep(ANSWER_EVERY_S)
            if not answer.json()["cases"]:
                await asyncio.sleep(ANSWER_EVERY_S)
        await client.disconnect()
    return len(taken)


def pictures_in(value: Any) -> list[str]:
    """Addresses of all pictures that a case names."""
    if isinstance(value, dict):
        return [path for each in value.values() for path in pictures_in(each)]
    if isinstance(value, list):
        return [path for each in value for path in pictures_in(each)]
    return [value] if isinstance(value, str) and value.startswith("/") and ".png" in value else []


async def connected(http: httpx.AsyncClient, address: str, path: str) -> tuple[socketio.AsyncClient, list[Any]]:
    """A page's live connection, and the list that its messages come into."""
    page = await http.get(path, follow_redirects=True)
    page.raise_for_status()
    found = _QUERY.search(page.text)
    if found is None:
        sys.exit(f"{address}{path}: expected a page with a live connection, got {page.text[:200]!r}")
    query = ast.literal_eval(found.group(1)) | {"document_id": os.urandom(8).hex(), "tab_id": os.urandom(8).hex()}
    cookies = "; ".join(f"{name}={value}" for name, value in http.cookies.items())
    client, taken = socketio.AsyncClient(), list[Any]()
    client.on("*", lambda event, *message: taken.append(event))
    words = urlencode({name: str(value).lower() if isinstance(value, bool) else value for name, value in query.items()})
    await client.connect(
        f"{address}?{words}",
        headers={"Cookie": cookies, "Origin": address},
        socketio_path="/_nicegui_ws/socket.io",
        transports=["websocket"],
    )
    if not query.get("implicit_handshake") and not await client.call("handshake", query):
        sys.exit(f"{address}{path}: the page refused its live connection")
    return client, taken


def decisions_of(port: int, seconds: float) -> list[dict[str, Any]]:
    """What the station decides in so many seconds from now."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10.0) as http:
        first = http.get("/v1/status").json()["last_sequence"]
        time.sleep(seconds)
        last = http.get("/v1/status").json()["last_sequence"]
        found: list[dict[str, Any]] = []
        while first < last:
            page = http.get("/v1/decisions", params={"after": first, "limit": 500}).json()["decisions"]
            found += [each for each in page if each["sequence"] <= last]
            first = page[-1]["sequence"]
    return found


def summary(visitors: bool, decisions: list[dict[str, Any]], seconds: float, messages: int) -> Stretch:
    """Figures of all rounds."""
    latencies = np.array([each["latency_ms"] for each in decisions])
    uninspected = sum(each["verdict"] == "uninspected" for each in decisions)
    median, p99 = (round(float(np.percentile(latencies, part)), 1) for part in (50.0, 99.0))
    return Stretch(visitors, len(decisions), round(len(decisions) / seconds, 2), uninspected, median, p99, messages)


def show(stretches: list[Stretch]) -> None:
    """The table for people."""
    table = Table("visitors", "blocks", "blocks per s", "uninspected", "median ms", "p99 ms", "messages")
    for each in stretches:
        who = f"{LINE_PAGES} line pages, {REVIEWERS} reviewers" if each.visitors else "nobody"
        cells = (each.blocks, each.blocks_per_s, each.uninspected, each.median_ms, each.p99_ms, each.messages)
        table.add_row(who, *map(str, cells))
    Console().print(table)


def wait_for(address: str) -> None:
    """Until somebody answers there with success."""
    end_s = time.monotonic() + _START_S
    while time.monotonic() < end_s:
        with suppress(httpx.HTTPError):
            if httpx.get(address, timeout=2.0).is_success:
                return
        time.sleep(0.5)
    sys.exit(f"{address}: nobody answered in {_START_S:.0f} s; see the lines above")


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


if __name__ == "__main__":
    main()
