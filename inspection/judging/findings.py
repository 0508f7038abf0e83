"""What is known of a frame by itself, what it leaves for the next ones, and what becomes of a piece."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from camera.frame import FrameId
from inspection.judging.joining import OpenObject
from inspection.values import Defect, Reason, Verdict
from inspection.vision.checks.doubt import Doubt
from inspection.vision.checks.line_prints import Prints, Remembered


@dataclass(frozen=True, slots=True)
class Findings:
    """What one frame shows by itself."""

    frame_id: FrameId
    start_mm: float
    length_mm: float
    pitch_x_um: float
    pitch_y_um: float
    shape: tuple[int, int]
    """Lines and columns of the frame."""
    image: NDArray[np.uint8] = field(repr=False)
    """(height, width) as prepared; empty (0, 0) when the frame could not be prepared."""
    defects: tuple[Defect, ...]
    """Measured in this frame alone."""
    problem: Reason | None
    """Why the frame can't be judged, None if it can."""
    storm: int | None
    """Number of places that look defective when there were too many to look at; None when each was."""
    prints: Prints | None = field(repr=False)
    """To know its lines again; None when the frame could not be prepared."""
    scores: tuple[Mapping[str, float], ...]
    """All names that the network holds possible, for each of the defects."""
    doubts: tuple[Doubt, ...]
    """Places that look as if nobody had seen them, unless an object that was found there explains it."""
    product_columns: tuple[tuple[int, int], ...]
    """(first, end) column of each lane, end excluded."""
    stage_ms: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on one piece, and why."""

    verdict: Verdict
    reasons: tuple[Reason, ...]
    """Empty only for ACCEPT."""
    defects: tuple[Defect, ...]
    """All that was measured, each object once."""
    stage_ms: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Carried:
    """What a frame leaves for the next ones of its camera: objects at the border, encoder position, its lines."""

    before: tuple[FrameId, float, float] | None = None
    """Id, start and length in mm of the last frame with pixels; None at the start."""
    open_objects: tuple[OpenObject, ...] = ()
    seen: Remembered = field(default_factory=Remembered)
    """Lines of the last frames, the newest last."""

    START: ClassVar["Carried"]
    """Nothing seen yet."""

    def after_loss(self) -> "Carried":
        """What remains after a frame that nobody saw: nothing can be joined over the gap."""
        return replace(self, open_objects=())


Carried.START = Carried()
