"""Where a camera looks at the web, measured against another one whose place is known."""

from collections.abc import Sequence

from camera.frame import Frame
from inspection.errors import RegistrationError
from inspection.vision.placement import Placement
from inspection.vision.registration.consensus import match_marks
from inspection.vision.registration.fit import Registration, Search
from inspection.vision.registration.marks import find_marks
from inspection.vision.registration.overlap import match_texture, shared_mm

MOST_RESIDUAL_MM = 0.15
"""Root mean square; where marks lie farther off, the place is not known to 0.1 mm, or they are not the same marks."""
_NARROW_MM = 10.0
"""Cameras of one view that are to share less than this look side by side."""


def register(
    frames: Sequence[Frame], others: Sequence[Frame], other: Placement, told: Placement, search: Search
) -> Registration:
    """The place of the camera that took `frames`, by `others` of a camera at a known place, in the order they came.

    `told`: where it is thought to be. It is looked for that way and mirrored. Cameras of one view side by side are
    matched by the web's texture where they overlap, else (and all others) by compact marks that both show; these may
    be dark to one and bright to the other.

    Raises RegistrationError: what was looked for, what was found, what to do.
    """
    if not frames or not others:
        raise RegistrationError("there are no whole frames to measure by. See that the web runs and both cameras work.")
    found = _found(frames, others, other, told, search)
    if found.residual_mm > MOST_RESIDUAL_MM:
        raise RegistrationError(
            f"the {found.marks} marks that both cameras show lie {found.residual_mm:.2f} mm off the place that fits "
            f"them best, root mean square; at most {MOST_RESIDUAL_MM:g} mm is a measurement. See that the encoder "
            "counts for both cameras and the pixel pitch of both is right, or use a target with small round marks."
        )
    return found


def _found(
    frames: Sequence[Frame], others: Sequence[Frame], other: Placement, told: Placement, search: Search
) -> Registration:
    width_mm = frames[0].width_px * frames[0].pixel_pitch_x_um / 1000.0
    known = other.field(others[0].width_px * others[0].pixel_pitch_x_um / 1000.0)
    is_beside = shared_mm(told.field(width_mm), known) < _NARROW_MM
    problem: RegistrationError | None = None
    if told.view == other.view and is_beside:
        try:
            return match_texture(frames, others, other, told, search)
        except RegistrationError as error:  # a target, or a web without texture, may have marks there
            problem = error
    try:
        return match_marks(find_marks(frames), find_marks(others), other, told, width_mm, search)
    except RegistrationError as error:
        raise problem or error from None
