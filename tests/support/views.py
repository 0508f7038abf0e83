"""Decisions about pieces that two cameras see, as the station's core makes them."""

from dataclasses import replace

from camera.frame import FrameId
from inspection.values import (
    Artefact,
    Box,
    Cut,
    Decision,
    Fate,
    Piece,
    Reason,
    Severity,
    Sighting,
    Verdict,
    ViewFrame,
)
from tests.support.rig import MODEL, decision, defect

BACK_LIGHT_MODEL = Artefact("separator-back-light", "2.0", "b1" * 32)


def above(number: int) -> FrameId:
    """The leading camera's frame."""
    return FrameId("above", 1, number)


def below(number: int) -> FrameId:
    """The other camera's."""
    return FrameId("below", 2, number)


def of_two_views(
    sequence: int, verdict: Verdict = Verdict.REJECT, *, number: int | None = None, lane: int | None = None, **changes
) -> Decision:
    """About piece `number`, seen by a frame from above and by one of a camera below, whose next one was lost; with a
    hole that both see and a stain that only the leading view does.
    """
    number = sequence if number is None else number
    hole = defect(kind="E13", severity=Severity.S1, box=Box(30, 10, 50, 20))
    through = replace(hole, kind="E01", severity=Severity.S2, box=Box(90, 40, 110, 50), score=0.75, length_mm=1.25)
    stain = defect(kind="E04", box=Box(60, 30, 80, 40), lane=None)
    seen = (
        Sighting("bright-field", above(number), hole, {"E13": 0.9, "E01": 0.5}),
        Sighting("back-light", below(number + 10), through, {"E01": 0.75}),
    )
    fused = (
        replace(hole, sightings=seen),
        replace(
            stain, sightings=(Sighting("bright-field", above(number), stain, {"E04": 0.9}),), cleared_by="back-light"
        ),
    )
    start_mm = 50.0 * number
    judged_by = ("bright-field", MODEL), ("back-light", BACK_LIGHT_MODEL)
    frames = (
        ViewFrame(judged_by[0][0], above(number), Fate.SEEN, start_mm, 50.0, judged_by[0][1]),
        ViewFrame(judged_by[1][0], below(number + 10), Fate.SEEN, start_mm - 10.0, 50.0, judged_by[1][1]),
        ViewFrame(judged_by[1][0], below(number + 1000), Fate.LOST, None, None),
    )
    told = {
        "piece": Piece(above(number), start_mm, 50.0, "T", "P", Cut.BLOCK if lane is None else Cut.LANE, lane, number),
        "defects": fused,
        "view_frames": frames,
    }
    if verdict is not Verdict.ACCEPT:
        told["reasons"] = (Reason("limit.E13", "a hole", "E13", defects=(0,), severity=Severity.S1, view="back-light"),)
    return decision(sequence, verdict, **(told | changes))
