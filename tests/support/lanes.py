"""A web whose lanes are decided one by one: three decisions for each stretch of 100 mm."""

from collections.abc import Sequence
from dataclasses import replace

from camera.frame import FrameId
from inspection.values import Cut, Piece, Reason, Severity, Verdict
from tests.support.review_fixtures import Plant
from tests.support.rig import TOO_LARGE, defect

LANES = (1, 2, 3)
LENGTH_MM = 100.0
A, R, U = Verdict.ACCEPT, Verdict.REJECT, Verdict.UNINSPECTED
SAID = ((A, A, A), (A, R, A), (R, R, A), (A, A, U), (U, U, U))
"""The lanes' verdicts, stretch by stretch; in the third one object lies over lanes 1 and 2."""


def add_lanes(plant: Plant, *, stretches: Sequence[Sequence[Verdict]] = SAID, is_saved: bool = False) -> None:
    """Decisions from number 1 on."""
    for stretch, said in enumerate(stretches):
        for lane, verdict in zip(LANES, said, strict=True):
            sequence = 3 * stretch + lane
            start_mm = LENGTH_MM * stretch
            piece = Piece(FrameId("cam0", 1, stretch + 1), start_mm, LENGTH_MM, None, None, Cut.LANE, lane, stretch + 1)
            found = replace(defect(md_mm=start_mm + 40.0, cd_mm=10.0 * lane, lane=lane), severity=Severity.S2)
            if stretch == 2:
                found = replace(found, cd_mm=15.0, lane=1)
            reasons = {A: (), R: (TOO_LARGE,), U: (Reason("late", ""),)}[verdict]
            plant.add(
                sequence,
                verdict,
                piece=piece,
                is_saved=is_saved and lane == 1,  # they share its frame
                reasons=reasons,
                defects=(found,) if verdict is R else (),
            )
