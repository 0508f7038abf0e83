"""What an edge node says of lanes, and of devices that come and go. Pure."""

from dataclasses import replace

from inspection.line.mqtt.sparkplug_node import SparkplugNode
from inspection.line.result import Result
from inspection.values import Verdict
from tests.support import rig
from tests.support.line_snapshot import STATUS
from tests.support.sparkplug_host import decode, values


def a_node():
    node = SparkplugNode("plant", "slitter")
    node.connect()
    return node


def told(messages):
    """Kind and device, sequence number, values."""
    found = []
    for each in messages:
        _, _, kind, _, *device = each.topic.split("/")
        payload = decode(each.payload)
        found.append((" ".join((kind, *device)), payload.seq, values(payload)))
    return found


def of_lane(lane, verdict, sequence=8):
    decision = rig.decision(sequence, verdict)
    return Result.of(replace(decision, piece=replace(decision.piece, lane=lane)), epoch="e")


def without(status, camera):
    cameras = tuple(
        each.model_copy(update={"is_connected": each.name != camera and each.is_connected}) for each in status.cameras
    )
    return status.model_copy(update={"cameras": cameras})


def test_nothing_is_told_while_nothing_changes():
    node = a_node()
    assert [kind for kind, *_ in told(node.births(STATUS, 1, stop_requested=False))] == [
        "NBIRTH",
        "DBIRTH cam0",
        "DBIRTH cam1",
    ]
    assert node.news(STATUS, 2, stop_requested=False) == []


def test_only_what_has_changed_is_told_and_numbers_run_on():
    node = a_node()
    node.births(STATUS, 1, stop_requested=False)
    assert told(node.news(STATUS.model_copy(update={"rejected": 1}), 2, stop_requested=True)) == [
        ("NDATA", 3, {"Results/Rejected": 1, "Stop Requested": True})
    ]


def test_a_camera_that_is_gone_dies_and_is_born_when_it_is_back():
    node = a_node()
    node.births(STATUS, 1, stop_requested=False)
    assert told(node.news(without(STATUS, "cam1"), 2, stop_requested=False)) == [("DDEATH cam1", 3, {})]
    assert node.news(without(STATUS, "cam1"), 3, stop_requested=False) == []
    ((kind, seq, found),) = told(node.news(STATUS, 4, stop_requested=False))
    assert (kind, seq, found["Frames"]) == ("DBIRTH cam1", 4, 7)


def test_a_lane_is_a_device_from_its_first_result_on_with_counts_of_its_own():
    node = a_node()
    node.births(STATUS, 1, stop_requested=False)
    node.take(of_lane(2, Verdict.REJECT))
    kinds = {kind: found for kind, _, found in told(node.news(STATUS, 2, stop_requested=False))}
    assert kinds["DBIRTH lane-2"]["Results/Rejected"] == 1
    assert kinds["DBIRTH lane-2"]["Last Result/Verdict Code"] == 2
    assert kinds["NDATA"]["Last Result/Sequence"] == 8
    node.take(of_lane(2, Verdict.UNINSPECTED, 9))
    kinds = {kind: found for kind, _, found in told(node.news(STATUS, 3, stop_requested=False))}
    assert kinds["DDATA lane-2"] == {
        "Results/Uninspected": 1,
        "Last Result/Sequence": 9,
        "Last Result/Verdict Code": 3,
        "Last Result/Piece Id": "P9",
    }
    assert [kind for kind, *_ in told(node.births(STATUS, 4, stop_requested=False))][1] == "DBIRTH lane-2"


def test_sequence_numbers_and_sessions_wrap_after_255():
    node = a_node()
    node.births(STATUS, 1, stop_requested=False)
    numbers = []
    for count in range(300):
        numbers += [
            seq for _, seq, _ in told(node.news(STATUS.model_copy(update={"late": count + 1}), 2, stop_requested=False))
        ]
    assert numbers == [(3 + each) % 256 for each in range(300)]
    for _ in range(255):
        node.connect()
    assert values(decode(node.death(1).payload)) == {"bdSeq": 255}
    node.connect()
    assert values(decode(node.death(1).payload)) == {"bdSeq": 0}
