"""What the door for OPC UA takes, and how late its partners hear: a web of so many results a second, two partners.

Starts a station with a simulated camera and the door, in this process and the door's own; two partners subscribe to
ResultReady, one of them acknowledges each result. Prints how many results were heard, how long after the decision, and
the memory of the door's process over the time. Run it on a machine that does nothing else:

    python -m benchmarks.benchmark_opcua [--per-second 100] [--seconds 60] [--json]
"""

import argparse
import asyncio
import json
import logging
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import structlog
from asyncua import ua

from inspection.line.process_door import ProcessDoor
from inspection.station.door_settings import OpcUaSettings
from inspection.station.settings import StationSettings
from inspection.station.station import Station
from tests.support.opcua_partner import RESULTS, a_partner
from tests.support.rig import write_model

LINES = 64


class Heard:
    """What one partner hears."""

    def __init__(self) -> None:
        self.late_ms: list[float] = []
        self.sequences: list[int] = []

    def event_notification(self, event: Any) -> None:
        """ResultReady."""
        self.late_ms.append((datetime.now(UTC) - event.CreationTime.replace(tzinfo=UTC)).total_seconds() * 1000.0)
        self.sequences.append(event.ResultContent[1].Value)


async def listen(door: ProcessDoor, seconds: float) -> tuple[list[Heard], list[float]]:
    """Both partners, and the door's memory in MB, read each second."""
    heard, memory_mb = [Heard(), Heard()], []
    process = next(each for each in psutil.Process().children() if "opcua" in " ".join(each.cmdline()))
    async with a_partner(door) as first, a_partner(door) as second:
        for partner, each in zip((first, second), heard, strict=True):
            subscription = await partner.client.create_subscription(10, each)
            kind = partner.client.get_node(ua.NodeId(1024, partner.model))
            await subscription.subscribe_events(partner.node("VisionSystem"), kind, queuesize=500)
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            await asyncio.sleep(1.0)
            memory_mb.append(process.memory_info().rss / 2**20)
            if heard[0].sequences:
                told = ua.Variant(heard[0].sequences[-1], ua.VariantType.UInt64)
                await first.call(f"{RESULTS}.AcknowledgeResults", told)
    return heard, memory_mb


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--per-second", type=float, default=100.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--json", action="store_true")
    told = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory() as where:
        folder = Path(where)
        write_model(folder / "models" / "electrode-0.1")
        camera = {"kind": "simulated", "web": {"width_px": 256, "severity": "clean"}, "lines": LINES}
        settings = StationSettings.model_validate(
            {
                "name": "benchmark",
                "cameras": [camera | {"line_rate_hz": told.per_second * LINES}],
                "recipe": "anode",
                "models_dir": folder / "models",
                "state_dir": folder / "state",
                "deadline_ms": 2000,
                "api": {"port": 0},
                "archive": {"accept_sample": 0.0, "min_free_gb": 0},
            }
        )
        open_to_all = OpcUaSettings(port=0, security="none", anonymous="trigger")
        door = ProcessDoor("plc", open_to_all, settings, "inspection.line.opcua.server", "opcua")
        with Station(settings, doors=[door]) as station:
            heard, memory_mb = asyncio.run(listen(door, told.seconds))
            waiting, restarts = door.state.waiting, door.state.restarts
            decided = station.feed.last_sequence
    late_ms = np.array([late for each in heard for late in each.late_ms])
    found = {
        "decided": decided,
        "heard": [len(each.sequences) for each in heard],
        "gaps": [int(np.sum(np.diff(each.sequences) != 1)) for each in heard],
        "late_ms": {str(q): round(float(np.percentile(late_ms, q)), 1) for q in (50, 99, 99.9, 100)},
        "memory_mb": [round(each, 1) for each in memory_mb[5 :: max(1, len(memory_mb) // 10)]],
        "waiting": waiting,
        "restarts": restarts,
    }
    print(json.dumps(found, indent=None if told.json else 2))  # noqa: T201


if __name__ == "__main__":
    main()
