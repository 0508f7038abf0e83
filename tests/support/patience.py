"""How long tests wait for what must come: as long as a machine may take that has ten other things to do.

A wait ends when what it waits for is there, so that patience costs nothing but where something is broken.
"""

import time
from collections.abc import Callable

PATIENCE_S = 300.0


def until(happened: Callable[[], object], what: str = "what was waited for", every_s: float = 0.01) -> None:
    """Return when it has happened; fails after `PATIENCE_S`."""
    end_s = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < end_s, f"{what}: not in {PATIENCE_S:.0f} s"
        time.sleep(every_s)
