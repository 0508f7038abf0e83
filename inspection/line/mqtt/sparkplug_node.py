"""The station as a Sparkplug B 3.0 edge node: which births, data and deaths go out, and when. No network, no clock.

The station is the node; each camera, and each lane that results are about, is a device. For monitoring alone: all of it
goes out once (QoS 0), and nobody acknowledges it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from inspection.line.line_status import LineCamera, LineStatus
from inspection.line.mqtt.sparkplug_payload import DataType, Metric, Payload, encode
from inspection.line.result import Result
from inspection.values import Verdict

NAMESPACE = "spBv1.0"
REBIRTH = "Node Control/Rebirth"
BD_SEQ = "bdSeq"
_WRAP = 256


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message of the node's."""

    topic: str
    payload: bytes


@dataclass(slots=True)
class _Lane:
    """What is counted of a lane since the door's start."""

    counts: dict[Verdict, int] = field(default_factory=lambda: dict.fromkeys(Verdict, 0))
    last: Result | None = None


class SparkplugNode:
    """One session after the other: `connect` for each CONNECT, whose will is `death`; then `births`, then `news`."""

    def __init__(self, group: str, node: str) -> None:
        self._group, self._node = group, node
        self._bd_seq = -1
        self._seq = 0
        self._told: dict[str, Metric] = {}
        self._devices: dict[str, dict[str, Metric]] = {}
        self._lanes: dict[int, _Lane] = {}
        self._last: Result | None = None

    @property
    def commands(self) -> tuple[str, str]:
        """Topics that a host speaks to the node and its devices on."""
        return f"{NAMESPACE}/{self._group}/NCMD/{self._node}", f"{NAMESPACE}/{self._group}/DCMD/{self._node}/+"

    def connect(self) -> None:
        """A new session begins: another number names its birth and death."""
        self._bd_seq = (self._bd_seq + 1) % _WRAP

    def death(self, timestamp_ms: int) -> Outgoing:
        """The node is gone; the will, and what goes out before it leaves by itself."""
        return Outgoing(self._topic("NDEATH"), encode(Payload(timestamp_ms, None, (self._bd_seq_metric(),))))

    def take(self, result: Result) -> None:
        """A result, for the counts of its lane."""
        self._last = result
        if result.lane:
            lane = self._lanes.setdefault(result.lane, _Lane())
            lane.counts[result.verdict] += 1
            lane.last = result

    def births(self, status: LineStatus, timestamp_ms: int, *, stop_requested: bool) -> list[Outgoing]:
        """All that the node has, from the beginning; at the start of a session, and when a host asks for it."""
        self._seq = 0
        self._told = _by_name(self._node_metrics(status, stop_requested))
        always = (self._bd_seq_metric(), Metric(REBIRTH, DataType.BOOLEAN, False))
        born = [self._message("NBIRTH", None, (*always, *self._told.values()), timestamp_ms)]
        self._devices = {}
        for device, metrics in self._device_metrics(status).items():
            born.append(self._bear(device, metrics, timestamp_ms))
        return born

    def news(self, status: LineStatus, timestamp_ms: int, *, stop_requested: bool) -> list[Outgoing]:
        """What has changed since; devices that came are born, those that are gone die."""
        told = []
        metrics = _by_name(self._node_metrics(status, stop_requested))
        if changed := _changed(self._told, metrics):
            told.append(self._message("NDATA", None, changed, timestamp_ms))
        self._told = metrics
        devices = self._device_metrics(status)
        for device in [each for each in self._devices if each not in devices]:
            del self._devices[device]
            told.append(self._message("DDEATH", device, (), timestamp_ms))
        for device, now in devices.items():
            before = self._devices.get(device)
            if before is None:
                told.append(self._bear(device, now, timestamp_ms))
            elif changed := _changed(before, now):
                told.append(self._message("DDATA", device, changed, timestamp_ms))
                self._devices[device] = now
        return told

    def _bear(self, device: str, metrics: dict[str, Metric], timestamp_ms: int) -> Outgoing:
        self._devices[device] = metrics
        return self._message("DBIRTH", device, metrics.values(), timestamp_ms)

    def _message(self, kind: str, device: str | None, metrics: Iterable[Metric], timestamp_ms: int) -> Outgoing:
        payload = encode(Payload(timestamp_ms, self._seq, tuple(metrics)))
        self._seq = (self._seq + 1) % _WRAP
        return Outgoing(self._topic(kind, device), payload)

    def _topic(self, kind: str, device: str | None = None) -> str:
        topic = f"{NAMESPACE}/{self._group}/{kind}/{self._node}"
        return f"{topic}/{device}" if device else topic

    def _bd_seq_metric(self) -> Metric:
        return Metric(BD_SEQ, DataType.INT64, self._bd_seq)

    def _device_metrics(self, status: LineStatus) -> dict[str, dict[str, Metric]]:
        """Cameras that are connected, and lanes that results were about."""
        cameras = {each.name: _by_name(_camera(each)) for each in status.cameras if each.is_connected}
        lanes = {f"lane-{number}": _by_name(_lane(lane)) for number, lane in sorted(self._lanes.items())}
        return lanes | cameras

    def _node_metrics(self, status: LineStatus, stop_requested: bool) -> list[Metric]:
        return [
            Metric("Ready", DataType.BOOLEAN, status.is_ready),
            Metric("Not Ready", DataType.STRING, " ".join(status.not_ready)),
            Metric("State", DataType.STRING, status.state),
            Metric("Stop Requested", DataType.BOOLEAN, stop_requested),
            Metric("Intervention", DataType.STRING, status.intervention),
            Metric("Recipe/Name", DataType.STRING, status.recipe.name),
            Metric("Recipe/Version", DataType.STRING, status.recipe.version),
            Metric("Recipe/SHA256", DataType.STRING, status.recipe.sha256),
            Metric("Model/Name", DataType.STRING, status.model.name),
            Metric("Model/Version", DataType.STRING, status.model.version),
            Metric("Model/SHA256", DataType.STRING, status.model.sha256),
            Metric("Results/Accepted", DataType.UINT64, status.accepted),
            Metric("Results/Rejected", DataType.UINT64, status.rejected),
            Metric("Results/Uninspected", DataType.UINT64, status.uninspected),
            Metric("Results/Uninspected In A Row", DataType.UINT64, status.uninspected_in_a_row),
            Metric("Results/Late", DataType.UINT64, status.late),
            Metric("Latency/Deadline ms", DataType.DOUBLE, status.deadline_ms),
            Metric("Latency/Median ms", DataType.DOUBLE, status.latency_p50_ms),
            Metric("Latency/99 Of 100 ms", DataType.DOUBLE, status.latency_p99_ms),
            Metric("Alarms/Count", DataType.UINT32, len(status.alarms)),
            Metric("Alarms/Gravest", DataType.STRING, status.alarms[0].sentence if status.alarms else None),
            *_last_result(self._last),
        ]


def _camera(camera: LineCamera) -> list[Metric]:
    return [
        Metric("Standing", DataType.BOOLEAN, camera.is_standing),
        Metric("Frames", DataType.UINT64, camera.frames),
    ]


def _lane(lane: _Lane) -> list[Metric]:
    return [
        Metric("Results/Accepted", DataType.UINT64, lane.counts[Verdict.ACCEPT]),
        Metric("Results/Rejected", DataType.UINT64, lane.counts[Verdict.REJECT]),
        Metric("Results/Uninspected", DataType.UINT64, lane.counts[Verdict.UNINSPECTED]),
        *_last_result(lane.last),
    ]


def _last_result(last: Result | None) -> list[Metric]:
    return [
        Metric("Last Result/Sequence", DataType.UINT64, last.sequence if last else None),
        Metric("Last Result/Verdict Code", DataType.UINT8, last.verdict_code if last else None),
        Metric("Last Result/Reason Code", DataType.UINT32, last.reason_code if last else None),
        Metric("Last Result/Piece Id", DataType.STRING, last.piece_id if last else None),
    ]


def _by_name(metrics: Iterable[Metric]) -> dict[str, Metric]:
    return {metric.name: metric for metric in metrics}


def _changed(before: Mapping[str, Metric], now: Mapping[str, Metric]) -> tuple[Metric, ...]:
    return tuple(metric for name, metric in now.items() if before.get(name) != metric)
