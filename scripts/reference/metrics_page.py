"""`metrics.md`: every metric that /metrics tells, read off what a station with one of everything would tell."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from prometheus_client.parser import text_string_to_metric_families

from camera.frame import FrameId
from camera.source import SourceStatus
from inspection.alarms.alarm import Alarm
from inspection.alarms.condition import AlarmKind, Priority
from inspection.station.feed import Publication
from inspection.station.metrics import Snapshot, StationMetrics
from inspection.values import Artefact, Box, Decision, Defect, Piece, Reason, Severity, Verdict
from scripts.reference.markdown import code, page, table

_ABOUT = """\
What `GET /metrics` of the API tells Prometheus ([API](api.md)). Counters begin at 0 with each start of the
station; gauges are read at the moment of asking. `camera` is a camera's name in the [settings](settings.md), `rule` one
of the [rules](rules.md), `kind` a defect's code or, for alarms, one of the [alarms](alarms.md).
"""
_MORE = {"counter": "_total", "info": "_info", "histogram": ""}
"""What a family's name has added when it is told."""
_NOT_A_LABEL = {"le", "epoch"}
"""A histogram's bound, and what an info says."""
_NOON = datetime(2030, 1, 2, 12, tzinfo=UTC)
_ARTEFACT = Artefact("name", "1.0", "0" * 64)


@dataclass(frozen=True, slots=True)
class Told:
    """One metric."""

    name: str
    """As it is asked for; a histogram's has `_bucket`, `_sum` and `_count` besides."""
    kind: str
    labels: tuple[str, ...]
    meaning: str


def metrics() -> Iterator[Told]:
    """Every metric.

    >>> next(told.labels for told in metrics() if told.name == "inspection_defects_total")
    ('kind', 'severity')
    """
    station = StationMetrics(_snapshot)
    station.take([Publication(_decision(), None)])
    for family in text_string_to_metric_families(station.exposition().decode()):
        if family.name.endswith("_created"):  # when prometheus_client made a counter: no figure of the station
            continue
        if not family.samples:
            raise ValueError(
                f"The metric {family.name} tells nothing of a station with one of everything: add it here."
            )
        labels = dict.fromkeys(label for sample in family.samples for label in sample.labels)
        yield Told(
            family.name + _MORE.get(family.type, ""),
            family.type,
            tuple(label for label in labels if label not in _NOT_A_LABEL),
            family.documentation,
        )


def metrics_page() -> str:
    """Every metric with its labels."""
    rows = [(code(told.name), told.kind, ", ".join(map(code, told.labels)), told.meaning) for told in metrics()]
    return page("Metrics", _ABOUT, table(["metric", "type", "labels", "meaning"], rows))


def _snapshot() -> Snapshot:
    alarm = Alarm(1, AlarmKind.CAMERA_GONE, "cam0", Priority.CRITICAL, "", "", _NOON, _NOON)
    return Snapshot(
        sources=[SourceStatus("cam0", "gentl", True, "", counters={"frames": 1})],
        frames_in_hand=0,
        late_results=0,
        published_late=0,
        decisions_waiting_for_store=0,
        decisions_not_stored=0,
        archive_counts={},
        archive_bytes=0,
        disk_free_bytes=0,
        is_ready=True,
        epoch="0" * 32,
        wal_bytes=0,
        challenges={("cam0", "passed"): 1},
        alarms=[alarm],
        alarms_raised={AlarmKind.CAMERA_GONE: 1},
    )


def _decision() -> Decision:
    defect = Defect(
        kind="E01",
        score=0.9,
        severity=Severity.S2,
        box=Box(0, 0, 1, 1),
        mask=np.ones((1, 1), dtype=bool),
        length_mm=1.0,
        width_mm=1.0,
        area_mm2=1.0,
        contrast_percent=50.0,
        snr=10.0,
        md_mm=0.0,
        cd_mm=0.0,
        lane=None,
    )
    return Decision(
        sequence=1,
        piece=Piece(FrameId("cam0", 1, 1), 0.0, 50.0),
        verdict=Verdict.REJECT,
        reasons=(Reason("limit.E01.diameter_mm", ""),),
        defects=(defect,),
        recipe=_ARTEFACT,
        model=_ARTEFACT,
        captured_utc=_NOON,
        decided_utc=_NOON,
        latency_ms=1.0,
        deadline_met=True,
        stage_ms={"detect": 1.0},
    )
