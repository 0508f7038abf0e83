"""What the runner has done, counted: for the station's state, its metrics, and a line in the log every few seconds."""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import structlog

from inspection.station.decider import Decided
from inspection.values import Verdict

_log = structlog.get_logger("inspection.station.tally")


@dataclass(slots=True)
class Progress:
    """What the runner has done since its start; a copy, safe to keep."""

    read: Counter[str] = field(default_factory=Counter)
    """Frame numbers taken in from each camera, lost ones included."""
    frames: Counter[str] = field(default_factory=Counter)
    """Frame numbers decided, by camera."""
    verdicts: Counter[str] = field(default_factory=Counter)
    """Decisions of each verdict."""
    rules: Counter[str] = field(default_factory=Counter)
    """Decisions by the first part of their reasons' rules (`limit`, `lost`, `late` ...)."""
    length_mm: dict[str, float] = field(default_factory=dict)
    """Length of web in the frames decided, by camera."""
    published_late: int = 0
    """Decisions that were made in time, but written after their deadline (slow disk); none was published as accept."""
    uninspected_in_a_row: int = 0
    """The newest decisions: so many in a row are uninspected."""


class Tally:
    """Counts. Readers tell what they take in, the publisher all else; anybody may ask."""

    def __init__(self, cameras: Iterable[str]) -> None:
        self._progress = Progress(length_mm=dict.fromkeys(cameras, 0.0))
        self._latencies_ms: deque[float] = deque(maxlen=4096)
        self._summary: Counter[str] = Counter()

    @property
    def progress(self) -> Progress:
        """Counts since start."""
        p = self._progress
        return Progress(
            Counter(p.read),
            Counter(p.frames),
            Counter(p.verdicts),
            Counter(p.rules),
            dict(p.length_mm),
            p.published_late,
            p.uninspected_in_a_row,
        )

    def latency_ms(self) -> tuple[float, float, float] | None:
        """Median, 99th percentile and maximum of the last decisions, None before the first."""
        recent = list(self._latencies_ms)
        if not recent:
            return None
        p50, p99 = np.percentile(recent, [50, 99])
        return float(p50), float(p99), max(recent)

    def count_read(self, camera: str) -> None:
        """A frame number of a camera has been read."""
        self._progress.read[camera] += 1

    def count_withdrawn(self, decisions: int) -> None:
        """Decisions were written after their deadline, and withdrawn."""
        self._progress.published_late += decisions

    def count_decided(self, decided: Decided, published_ns: int) -> None:
        """A decision was published."""
        p, decision = self._progress, decided.decision
        for item in decided.ended:
            p.frames[item.piece.frame.camera] += 1
            p.length_mm[item.piece.frame.camera] += item.piece.length_mm or 0.0
        p.verdicts[decision.verdict.value] += 1
        p.uninspected_in_a_row = p.uninspected_in_a_row + 1 if decision.verdict is Verdict.UNINSPECTED else 0
        p.rules.update({reason.rule.split(".")[0] for reason in decision.reasons})
        self._latencies_ms.append((published_ns - decided.last_line_ns) / 1e6)
        self._summary[decision.verdict.value] += 1
        _log.debug(
            "decided", frame=str(decision.piece.frame), sequence=decision.sequence, verdict=decision.verdict.value
        )

    def log_summary(self, last_sequence: int, in_hand: int) -> None:
        """One line on what was decided since the last one. `in_hand`: frames read and not yet decided."""
        latency = self.latency_ms()
        _log.info(
            "decisions",
            last_sequence=last_sequence,
            **{verdict.value: self._summary[verdict.value] for verdict in Verdict},
            in_hand=in_hand,
            latency_p50_ms=round(latency[0], 1) if latency else None,
            latency_p99_ms=round(latency[1], 1) if latency else None,
        )
        self._summary.clear()
