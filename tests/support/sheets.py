"""A web that the line cuts into sheets, which begin anywhere in the frames of the one camera that looks at it."""

from collections.abc import Sequence
from dataclasses import replace

from camera.frame import FrameId
from inspection.values import Box, Cut, Defect, Fate, Piece, Reason, Severity, Sighting, Span, Verdict, ViewFrame
from tests.support.review_fixtures import Plant
from tests.support.rig import MODEL, TOO_LARGE, defect

SHEET_MM, FRAME_MM = 125.0, 50.0
A, R, U = Verdict.ACCEPT, Verdict.REJECT, Verdict.UNINSPECTED
SAID = (A, R, R, U, A, R, R)
"""Verdicts: one object lies over the border of sheets 2 and 3, in the middle of a frame; nobody knows where sheet 4
lay; one lies over the border of sheets 6 and 7, which is one of two frames as well."""


def frame_at(place_mm: float) -> FrameId:
    """Frame that shows a place."""
    return FrameId("cam0", 1, int(place_mm // FRAME_MM))


def add_sheets(plant: Plant, said: Sequence[Verdict] = SAID) -> None:
    """Decisions from number 1 on; sheet n begins at (n - 1) * 125 mm."""
    over = _over_border_in_a_frame(2 * SHEET_MM)
    ends, begins = _over_borders_of_both(6 * SHEET_MM)
    found = {2: over, 3: replace(over, continued=True), 6: ends, 7: begins}
    for number, verdict in enumerate(said, start=1):
        span = None if verdict is U else Span(SHEET_MM * (number - 1), SHEET_MM * number)
        start_mm = SHEET_MM * (number - 1)
        place = (None, None) if span is None else (span.start_mm, span.length_mm)
        piece = Piece(frame_at(start_mm), *place, f"T{number}", f"sheet {number}", Cut.SHEET, None, number)
        numbers = range(frame_at(start_mm).number, frame_at(start_mm + SHEET_MM - 1e-6).number + 1)
        frames = tuple(
            ViewFrame("top", FrameId("cam0", 1, n), Fate.SEEN, FRAME_MM * n, FRAME_MM, MODEL) for n in numbers
        )
        plant.add(
            number,
            verdict,
            piece=piece,
            is_saved=False,
            reasons={A: (), R: (TOO_LARGE,), U: (Reason("lost.place", ""),)}[verdict],
            defects=(found[number],) if verdict is R else (),
            view_frames=frames if span is not None else (),
        )


def _seen(found: Defect, frame: FrameId) -> Defect:
    return replace(found, severity=Severity.S2, sightings=(Sighting("top", frame, found),))


def _over_border_in_a_frame(place_mm: float) -> Defect:
    """The same in both sheets: one frame shows it."""
    return _seen(defect(md_mm=place_mm, cd_mm=10.0, lane=None, box=Box(20, 30, 40, 50)), frame_at(place_mm))


def _over_borders_of_both(place_mm: float) -> tuple[Defect, Defect]:
    """Its first part, which reaches the end of a frame, and all of it, in the next frame."""
    ends = defect(md_mm=place_mm - 1, cd_mm=30.0, lane=None, box=Box(60, 54, 80, 64), reaches_trailing_edge=True)
    begins = defect(md_mm=place_mm, cd_mm=30.0, lane=None, box=Box(60, -10, 80, 8), continued=True)
    return _seen(ends, frame_at(place_mm - 1)), replace(_seen(begins, frame_at(place_mm)), continued=True)
