"""A small plant for the pages: a store with decisions and saved frames, people, and the pages in their own process."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
from playwright.sync_api import Page, Response

from camera.frame import FrameId
from inspection.people.registry import People
from inspection.people.roles import Role
from inspection.store.database import Database
from inspection.store.decisions import Store
from inspection.store.engine import Access
from inspection.store.frame_index import SavedFrame
from inspection.values import Artefact, Box, Decision, Defect, Piece, Reason, Severity, Verdict
from tests.support.fresh_store import lay_store
from tests.support.passwords import quick_people
from tests.support.patience import PATIENCE_S

PROJECT = Path(__file__).resolve().parents[3]
HEIGHT, WIDTH = 64, 128
LENGTH_MM = 51.2
RECIPE = Artefact("anode", "1.0", "a" * 64)
MODEL = Artefact("electrode", "1.2.0", "b" * 64)
WAIT_MS = 1000 * PATIENCE_S / 2
"""Before a browser test gives up: a machine that is busy with other things is slow, not broken."""
_IS_CONNECTED = "!document.getElementById('app') || window.did_handshake === true"
PASSWORD = "a long enough password"


def defect() -> Defect:
    mask = np.zeros((10, 20), bool)
    mask[2:8, 3:17] = True
    return Defect(
        kind="E01",
        score=0.9,
        severity=Severity.S2,
        box=Box(30, 10, 50, 20),
        mask=mask,
        length_mm=1.0,
        width_mm=0.5,
        area_mm2=0.4,
        contrast_percent=-40.0,
        snr=30.0,
        md_mm=12.0,
        cd_mm=2.0,
        lane=1,
    )


TOO_LARGE = Reason(
    "limit.E01.diameter_mm",
    "E01 pinhole: 0.71 mm (limit 0.5)",
    "E01",
    *(0.71, 0.5, "mm", (0,), Severity.S2, "diameter_mm"),
)


def decision(sequence: int, verdict: Verdict, at: datetime) -> Decision:
    is_reject = verdict is Verdict.REJECT
    reasons = {
        Verdict.ACCEPT: (),
        Verdict.REJECT: (TOO_LARGE,),
        Verdict.UNINSPECTED: (Reason("lost.dropped", "The camera went on without this frame."),),
    }
    return Decision(
        sequence=sequence,
        piece=Piece(FrameId("cam0", 1, sequence), LENGTH_MM * sequence, LENGTH_MM, None, f"roll-7/{sequence}"),
        verdict=verdict,
        reasons=reasons[verdict],
        defects=(defect(),) if is_reject else (),
        recipe=RECIPE,
        model=MODEL,
        captured_utc=at,
        decided_utc=at + timedelta(milliseconds=40),
        latency_ms=40.0,
        deadline_met=True,
    )


def verdict_of(sequence: int) -> Verdict:
    """Every tenth is rejected, number 15 is lost."""
    if sequence == 15:
        return Verdict.UNINSPECTED
    return Verdict.REJECT if sequence % 10 == 0 else Verdict.ACCEPT


def fill(folder: Path, count: int = 60, *, bit_depth: int = 8) -> None:
    """A store with decisions about the last seconds, and the frames of those that were rejected."""
    database = Database.in_file(lay_store(folder / "store.db", Access.PEOPLE))
    store = Store(database)
    store.begin_run("plant", "0", RECIPE, MODEL)
    began = datetime.now(UTC) - timedelta(milliseconds=100 * count)
    store.append([decision(n, verdict_of(n), began + timedelta(milliseconds=100 * n)) for n in range(1, count + 1)])
    saved = []
    for sequence in range(10, count + 1, 10):
        path = folder / "frames" / "2030-01-02" / f"{sequence:010d}-cam0-{sequence}-reject-{bit_depth}bit.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), picture(bit_depth))
        name = str(path.relative_to(folder / "frames"))
        about = (store.station_run, FrameId("cam0", 1, sequence), name)
        saved.append(SavedFrame(*about, Verdict.REJECT, bit_depth, path.stat().st_size, datetime.now(UTC)))
    if saved:
        store.frame_index.note_saved_frames(saved)
    database.close()


def picture(bit_depth: int = 8) -> np.ndarray:
    """A ramp along the columns over the whole range of grey values."""
    top = 2**bit_depth - 1
    row = np.linspace(0, top, WIDTH).astype(np.uint8 if bit_depth == 8 else np.uint16)
    return np.tile(row, (HEIGHT, 1))


def staff(folder: Path) -> dict[Role, str]:
    """A person of each role, with PASSWORD as their own. Returns their names."""
    database = Database.in_file(folder / "store.db", Access.PEOPLE)
    people = quick_people(database)
    names = {}
    for role in Role:
        if role not in (Role.GUEST, Role.SCREEN):
            names[role] = f"the-{role.value}"
            _hire(people, names[role], role)
    database.close()
    return names


def hire(folder: Path, name: str, role: Role) -> None:
    """Somebody besides the staff, with PASSWORD as their own: for tests that change what a person prefers."""
    database = Database.in_file(folder / "store.db", Access.PEOPLE)
    _hire(quick_people(database), name, role)
    database.close()


def _hire(people: People, name: str, role: Role) -> None:
    one_time = people.add("station", name, role)
    people.change_password(people.log_in(name, one_time, "test"), one_time, PASSWORD)


def wait_for_connection(page: Page) -> None:
    """From now on `page.goto` returns when the page has its connection.

    What is typed before waits in NiceGUI's scripts and reaches the server a moment after it, a key pressed after it at
    once: no person is so fast, but a test is.
    """
    load = page.goto

    def goto(url: str, **options: Any) -> Response | None:
        answer = load(url, **options)
        page.wait_for_function(_IS_CONNECTED)
        return answer

    page.goto = goto  # type: ignore[method-assign]


@dataclass
class RunningPages:
    """The pages in a process of their own."""

    process: subprocess.Popen[str]
    address: str
    admin_password: str | None
    printed: list[str]

    @contextmanager
    def client(self, name: str | None = None, password: str = PASSWORD) -> Iterator[httpx.Client]:
        """A browser without a window, logged in if a name is given."""
        with httpx.Client(base_url=self.address, timeout=PATIENCE_S, verify=False) as client:
            if name is not None:
                answer = client.post("/login", data={"name": name, "password": password})
                assert answer.status_code == 303, answer.text
            yield client

    def stop(self) -> None:
        self.process.terminate()
        self.process.communicate(timeout=PATIENCE_S)


def start_pages(folder: Path, *options: str) -> RunningPages:
    """`inspection pages` on a folder's store."""
    command = [sys.executable, "-m", "inspection.cli", "pages", "--port", "0"]
    where = ("--state-dir", str(folder), "--name", "plant") if "--config" not in options else ()
    process = subprocess.Popen(
        [*command, *where, *options], cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    printed: list[str] = []
    for line in process.stdout:
        printed.append(line)
        if "pages on" in line:
            break
    match = re.search(r"pages on (\S+)", "".join(printed))
    assert match, "".join(printed)
    pages = RunningPages(process, match[1], None, printed)
    with pages.client() as client:
        for _ in range(300):
            try:
                client.get("/login")
                break
            except httpx.TransportError:
                time.sleep(0.1)
    found = re.search(r"one-time password (\S+),", "".join(printed))
    pages.admin_password = found[1] if found else None
    return pages
