"""The station's figures for Prometheus: counters and histograms as it runs, gauges when they are asked for."""

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from camera.source import SourceStatus
from inspection.alarms.alarm import Alarm
from inspection.alarms.condition import AlarmKind
from inspection.station.feed import Publication

_MS_BUCKETS = (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 300, 500, 1000, 2000, 5000)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is read off the station at the moment of asking."""

    sources: Sequence[SourceStatus]
    frames_in_hand: int
    late_results: int
    published_late: int
    decisions_waiting_for_store: int
    decisions_not_stored: int
    archive_counts: dict[str, int]
    archive_bytes: int
    disk_free_bytes: int | None
    is_ready: bool
    epoch: str
    wal_bytes: int
    challenges: dict[tuple[str, str], int]
    """By camera and outcome, `passed` or `failed`."""
    alarms: Sequence[Alarm]
    """Alarms that somebody has still to deal with."""
    alarms_raised: Mapping[AlarmKind, int]
    """Since start."""


class StationMetrics:
    """All metrics of one station, in a registry of their own."""

    def __init__(self, snapshot: Callable[[], Snapshot]) -> None:
        self._registry = CollectorRegistry()
        self._decisions = Counter(
            "inspection_decisions", "Decisions by camera and verdict", ["camera", "verdict"], registry=self._registry
        )
        self._reasons = Counter(
            "inspection_reasons", "Decisions by rule that spoke against them", ["rule"], registry=self._registry
        )
        self._defects = Counter(
            "inspection_defects",
            "Defects measured, by kind and severity",
            ["kind", "severity"],
            registry=self._registry,
        )
        self._length_mm = Counter(
            "inspection_web_millimetres", "Web seen, by camera", ["camera"], registry=self._registry
        )
        self._latency = Histogram(
            "inspection_latency_ms",
            "Time from the last line exposed to the decision",
            ["camera"],
            buckets=_MS_BUCKETS,
            registry=self._registry,
        )
        self._stages = Histogram(
            "inspection_stage_ms", "Time spent in each stage", ["stage"], buckets=_MS_BUCKETS, registry=self._registry
        )
        self._registry.register(_Gauges(snapshot))

    def take(self, publications: Sequence[Publication]) -> None:
        """Sink: count decisions."""
        for publication in publications:
            decision = publication.decision
            camera = decision.piece.frame.camera
            self._decisions.labels(camera, decision.verdict.value).inc()
            self._length_mm.labels(camera).inc(decision.piece.length_mm or 0.0)
            self._latency.labels(camera).observe(decision.latency_ms)
            for stage, ms in decision.stage_ms.items():
                self._stages.labels(stage).observe(ms)
            for rule in {reason.rule for reason in decision.reasons}:
                self._reasons.labels(rule).inc()
            for defect in decision.defects:
                self._defects.labels(defect.kind, defect.severity.value).inc()

    def exposition(self) -> bytes:
        """The text that Prometheus reads."""
        return generate_latest(self._registry)


class _Gauges(Collector):
    def __init__(self, snapshot: Callable[[], Snapshot]) -> None:
        self._snapshot = snapshot

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterable[Metric]:
        now = self._snapshot()
        connected = GaugeMetricFamily("inspection_camera_connected", "1 while the camera answers", labels=["camera"])
        standing = GaugeMetricFamily(
            "inspection_camera_standing", "1 while the web is known to stand still", labels=["camera"]
        )
        ring_used = GaugeMetricFamily("inspection_ring_used", "Frames waiting in the camera's ring", labels=["camera"])
        ring_slots = GaugeMetricFamily("inspection_ring_slots", "Size of the camera's ring", labels=["camera"])
        waiting = GaugeMetricFamily(
            "inspection_files_waiting", "Images that wait in a watched folder", labels=["camera"]
        )
        counts = CounterMetricFamily(
            "inspection_camera_events", "Frames and losses, as the camera counts", labels=["camera", "event"]
        )
        for source in now.sources:
            connected.add_metric([source.camera], float(source.is_connected))
            standing.add_metric([source.camera], float(source.is_standing))
            ring_used.add_metric([source.camera], source.ring_used)
            ring_slots.add_metric([source.camera], source.ring_slots)
            waiting.add_metric([source.camera], source.waiting)
            for event, count in source.counters.items():
                counts.add_metric([source.camera, event], count)
        archive = CounterMetricFamily(
            "inspection_archive_frames", "Frames saved, dropped, refused, removed", labels=["outcome"]
        )
        for outcome in ("saved", "dropped", "refused", "removed"):
            archive.add_metric([outcome], now.archive_counts.get(outcome, 0))
        store = InfoMetricFamily("inspection_store", "Which store it is: sequence numbers are this epoch's")
        store.add_metric([], {"epoch": now.epoch})
        challenges = CounterMetricFamily(
            "inspection_challenges", "Spoilt copies of good frames, judged rightly or not", labels=["camera", "outcome"]
        )
        for (camera, outcome), count in now.challenges.items():
            challenges.add_metric([camera, outcome], count)
        yield from (connected, standing, ring_used, ring_slots, waiting, counts, archive, store, challenges)
        yield from _of_alarms(now)
        for name, text, value in (
            ("inspection_ready", "1 while /readyz is content", float(now.is_ready)),
            ("inspection_frames_in_hand", "Frames read and not yet decided", now.frames_in_hand),
            ("inspection_store_waiting", "Decisions that wait for the store", now.decisions_waiting_for_store),
            ("inspection_archive_bytes", "Size of the saved frames", now.archive_bytes),
            ("inspection_store_log_bytes", "Length of the store's write-ahead log", now.wal_bytes),
        ):
            yield GaugeMetricFamily(name, text, value=value)
        if now.disk_free_bytes is not None:
            yield GaugeMetricFamily(
                "inspection_disk_free_bytes", "Free on the archive's disk", value=now.disk_free_bytes
            )
        for name, text, value in (
            ("inspection_late_results", "Inspections that ended after their decision", now.late_results),
            ("inspection_published_late", "Decided in time, published after the deadline", now.published_late),
            ("inspection_store_lost", "Decisions published that the store never got", now.decisions_not_stored),
        ):
            yield CounterMetricFamily(name, text, value=value)


def _of_alarms(now: Snapshot) -> Iterable[Metric]:
    active = GaugeMetricFamily("inspection_alarms_active", "Alarms that stand", labels=["kind", "priority"])
    for (kind, priority), count in Tally((a.kind, a.priority) for a in now.alarms if a.is_standing).items():
        active.add_metric([kind.value, priority.value], count)
    raised = CounterMetricFamily("inspection_alarms_raised", "How often alarms were raised", labels=["kind"])
    for kind, count in now.alarms_raised.items():
        raised.add_metric([kind.value], count)
    yield active
    yield raised
    open_alarms = sum(not alarm.is_acknowledged for alarm in now.alarms)
    yield GaugeMetricFamily(
        "inspection_alarms_unacknowledged", "Alarms that nobody has acknowledged", value=open_alarms
    )
    shelved = sum(alarm.is_shelved for alarm in now.alarms)
    yield GaugeMetricFamily(
        "inspection_alarms_shelved", "Alarms that somebody has put aside for a while", value=shelved
    )
