"""The log says why pieces go uninspected, once for each spell of trouble."""

from structlog.testing import capture_logs

from inspection.station.feed import Publication
from inspection.station.trouble_log import TroubleLog
from inspection.values import Reason, Verdict
from tests.support.rig import decision


def uninspected(sequence: int, rule: str, camera: str = "cam0") -> Publication:
    why = (Reason(rule, f"because of {rule}"),)
    return Publication(decision(sequence, Verdict.UNINSPECTED, camera=camera, reasons=why), None)


def good(sequence: int, camera: str = "cam0") -> Publication:
    return Publication(decision(sequence, Verdict.ACCEPT, camera=camera, reasons=()), None)


def test_a_spell_of_trouble_is_one_warning_with_its_sentence_and_one_when_it_is_over():
    log = TroubleLog()
    with capture_logs() as records:
        log.take([good(1), *(uninspected(n, "lost.device_lost") for n in range(2, 50)), good(50), good(51)])
    assert [(r["log_level"], r["event"]) for r in records] == [
        ("warning", "uninspected"),
        ("warning", "inspected again"),
    ]
    assert records[0]["why"] == "because of lost.device_lost"
    assert records[1]["uninspected_pieces"] == 48


def test_a_change_of_cause_is_told_and_cameras_are_kept_apart():
    log = TroubleLog()
    with capture_logs() as records:
        log.take([uninspected(1, "lost.timeout"), uninspected(2, "lost.device_lost"), good(3, camera="cam1")])
        log.take([uninspected(4, "lost.device_lost"), good(5)])
    assert [r.get("rule") for r in records] == ["lost.timeout", "lost.device_lost", None]
    assert records[-1]["uninspected_pieces"] == 3
