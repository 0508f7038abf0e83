"""Where a frame's time goes."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


class Stopwatch:
    """Collects milliseconds by stage; belongs to one frame and one thread."""

    def __init__(self, so_far: Mapping[str, float] | None = None) -> None:
        self.stage_ms: dict[str, float] = dict(so_far or {})

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what runs inside, also when it is left early."""
        begin_ns = time.perf_counter_ns()
        try:
            yield
        finally:
            self.stage_ms[name] = self.stage_ms.get(name, 0.0) + (time.perf_counter_ns() - begin_ns) / 1e6
