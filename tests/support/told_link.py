"""A door's end of the link to a station that a test tells what to say: quick, and in the test's own process."""

import asyncio
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace

from inspection.line.line_status import LineStatus
from inspection.line.refusal import Refused
from inspection.line.result import Named, Result
from inspection.values import Cut, Verdict

RECIPE = Named(name="anode", version="1.0", sha256="0123456789abcdef" + 48 * "0")
OTHER = Named(name="cathode", version="2.0", sha256="fedcba9876543210" + 48 * "0")
MODEL = Named(name="electrode", version="0.1", sha256="00112233445566778" + 47 * "9")
NOW = datetime(2026, 11, 30, tzinfo=UTC)


def a_result(sequence, **changes):
    values = {
        "sequence": sequence,
        "epoch": "e1",
        "piece_number": sequence,
        "cut": Cut.SHEET,
        "lane": 0,
        "camera": "cam1",
        "trigger_id": None,
        "piece_id": None,
        "verdict": Verdict.ACCEPT,
        "reason_code": 0,
        "rule": None,
        "sentence": None,
        "reasons": 0,
        "severity": None,
        "severity_code": 0,
        "start_mm": 300.0 * sequence,
        "length_mm": 300.0,
        "start_counts": None,
        "length_counts": None,
        "objects": (),
        "object_count": 0,
        "latency_ms": 12.4,
        "deadline_met": True,
        "recipe": RECIPE,
        "model": MODEL,
        "setup_sha256": None,
        "captured_utc": NOW,
        "decided_utc": NOW,
    } | changes
    return Result(verdict_code=values["verdict"].code, **values)


def a_status(**changes):
    values = {
        "station": "test",
        "state": "running",
        "is_ready": True,
        "not_ready": (),
        "intervention": None,
        "recipe": RECIPE,
        "model": MODEL,
        "change_step": None,
        "change_recipe": None,
        "cut": Cut.SHEET,
        "epoch": "e1",
        "last_sequence": 0,
        "accepted": 0,
        "rejected": 0,
        "uninspected": 0,
        "uninspected_in_a_row": 0,
        "late": 0,
        "triggers_waiting": 0,
        "triggers_expired": 0,
        "deadline_ms": 100.0,
        "latency_p50_ms": None,
        "latency_p99_ms": None,
        "cameras": (),
        "alarms": (),
        "setups": {},
        "uptime_s": 1.0,
    }
    return LineStatus(**values | changes)


class ToldLink:
    """What a door's `serve` is given."""

    def __init__(self, settings):
        self.name = "plc"
        self.settings = settings.model_dump(mode="json")
        self.acknowledged = 0
        self.status = a_status()
        self.is_fresh = True
        self.address = None
        self.partners = None
        self.results = []
        self.acknowledgements = []
        self.asked = []
        self.refuses = None
        self.is_slow = False
        self.gone = SimpleNamespace(set=lambda: None)
        self.is_open = threading.Event()

    def decide(self, count=1, **changes):
        for _ in range(count):
            self.results.append(a_result(len(self.results) + 1, **changes))
        self.status = self.status.model_copy(update={"last_sequence": len(self.results)})

    async def follow(self, after):
        while True:
            while after < len(self.results):
                after += 1
                yield self.results[after - 1]
            await asyncio.sleep(0.002)

    async def acknowledge(self, up_to, by=""):
        self.acknowledged = up_to
        self.acknowledgements.append((up_to, by))

    async def ask(self, order):
        while self.is_slow:
            await asyncio.sleep(0.002)
        self.asked.append(order)
        if self.refuses:
            raise Refused(self.refuses, "No.")
        return {"recipe": OTHER.model_dump()}

    async def tell_open(self, address):
        self.address = address
        self.is_open.set()

    def tell_partners(self, partners):
        self.partners = partners


@contextmanager
def serving(serve, link):
    """A door that serves on a thread of its own."""
    loop = asyncio.new_event_loop()
    task = loop.create_task(serve(link))

    def run():
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            pass
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        while not link.is_open.wait(0.05):
            assert thread.is_alive()
        yield link
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
