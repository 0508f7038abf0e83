"""kill -9 of the station: what the line heard is in the store, and the numbers go on."""

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from inspection.station.settings import StationSettings
from inspection.store.decisions import Store
from tests.support.patience import PATIENCE_S
from tests.support.rig import write_model
from tests.support.stations import Station

pytestmark = pytest.mark.process

PROGRAM = """
import json, sys
from tests.support.stations import Station
from inspection.station.settings import StationSettings
station = Station(StationSettings.model_validate_json(sys.argv[1]))
station.start()
print(station.api_url, flush=True)
station.wait()
"""


def settings(folder: Path, frame_limit: int | None = None) -> dict:
    camera = {
        "kind": "simulated",
        "web": {"width_px": 256, "severity": "clean"},
        "lines": 64,
        "line_rate_hz": 12_800.0,
        "frame_limit": frame_limit,
    }
    return {
        "cameras": [camera],
        "recipe": "anode",
        "models_dir": str(folder / "models"),
        "state_dir": str(folder / "state"),
        "deadline_ms": 10_000,
        "api": {"port": 0},
    }


@pytest.mark.parametrize("kill_after", [20, 75])
def test_a_killed_station_has_stored_all_it_told_and_goes_on_counting(tmp_path, kill_after):
    write_model(tmp_path / "models" / "electrode-0.1")
    root = Path(__file__).parents[2]
    child = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, json.dumps(settings(tmp_path))], stdout=subprocess.PIPE, text=True, cwd=root
    )
    # Logs share stdout with the address, which is the only line that begins with http.
    url = next(line.strip() for line in child.stdout if line.startswith("http"))
    drain = threading.Thread(target=child.stdout.read, daemon=True)
    drain.start()
    heard = []
    try:
        with httpx.stream("GET", f"{url}/v1/decisions/stream?after=0", timeout=PATIENCE_S) as stream:
            for line in stream.iter_lines():
                if line.startswith("data: "):
                    heard.append(json.loads(line[6:]))
                    if len(heard) == kill_after:
                        child.send_signal(signal.SIGKILL)
    except httpx.RemoteProtocolError:
        pass
    child.wait()
    drain.join()
    child.stdout.close()
    assert [d["sequence"] for d in heard] == list(range(1, len(heard) + 1))
    assert len(heard) >= kill_after

    store = Store.in_file(tmp_path / "state" / "store.db")
    stored = {s.decision.sequence: s.decision for s in store.decisions_after(0, 100_000)}
    last = store.last_sequence()
    store.close()
    for told in heard:
        kept = stored[told["sequence"]]
        assert (kept.verdict.value, kept.piece.frame.number) == (told["verdict"], told["number"])

    with Station(StationSettings.model_validate(settings(tmp_path, frame_limit=3))) as station:
        assert station.wait(PATIENCE_S)
        answer = httpx.get(f"{station.api_url}/v1/decisions", params={"after": len(heard), "limit": 1000}).json()
    assert [d["sequence"] for d in answer["decisions"]] == list(range(len(heard) + 1, last + 4))
