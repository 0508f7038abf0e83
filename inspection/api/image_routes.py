"""Frames as PNG, as the camera gave them or with what was found drawn in."""

from dataclasses import dataclass
from typing import Annotated, Any, Self

import cv2
import numpy as np
from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from camera.files.file_names import printable
from camera.frame import FrameId
from inspection.api.problems import ApiProblem, responses
from inspection.api.wire import MOST_RUN, MOST_SEQUENCE, PlainText, RunNumber, SequenceNumber
from inspection.station.desk import Desk
from inspection.values import Decision, Fate, Piece, ViewFrame
from inspection.vision.overlay import draw_overlay, to_grey8

_NO_IMAGE = {
    404: "No decision is about it (`not-found`), it was not judged on such a view (`unknown-view`), or its frame is "
    "not kept (`no-image`)."
}
_PNG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}, "description": "The frame."}
}

Overlay = Annotated[
    bool, Query(description="Draw defects and verdict in (8-bit colour); else the pixels as the camera gave them.")
]


OfView = Annotated[
    PlainText | None, Query(max_length=32, description="Name of a view in the recipe; without it, the leading one.")
]
OfCamera = Annotated[PlainText | None, Query(max_length=32, description="Which camera, where several look at the web.")]


def image_routes(desk: Desk) -> APIRouter:
    """Routes of images, by sequence number and by frame."""
    router = APIRouter(prefix="/v1", tags=["images"])

    @router.get("/decisions/{sequence}/image", responses=_PNG | responses(_NO_IMAGE), response_class=Response)
    def image_of_decision(
        sequence: SequenceNumber, overlay: Overlay = False, view: OfView = None, camera: OfCamera = None
    ) -> Response:
        """The frame that a decision is about; with `view` or `camera` that of another view or camera.

        Of several frames of a view, or of a camera, it is the one that shows most of the piece: `views` of the decision
        names all of them, and `GET /v1/frames/{camera}/{run}/{number}/image` gives each.
        """
        told = _Told.of(desk, sequence)
        return _image(desk, told, _frame_asked(told.decision, view, camera), overlay=overlay)

    @router.get("/frames/{camera}/{run}/{number}/image", responses=_PNG | responses(_NO_IMAGE), response_class=Response)
    def image_of_frame(
        camera: Annotated[str, Path(description="The camera's name, from the settings.")],
        run: RunNumber,
        number: Annotated[
            int, Path(ge=-MOST_SEQUENCE, le=MOST_SEQUENCE, description="The camera's frame counter within the run.")
        ],
        overlay: Overlay = False,
        station_run: Annotated[
            int | None, Query(ge=0, le=MOST_RUN, description="Which of the station's starts; without it, the latest.")
        ] = None,
    ) -> Response:
        """A frame by its camera, the camera's run and number; of the latest start of the station unless told which."""
        frame = FrameId(camera, run, number)
        sequence = desk.store.sequence_of(frame, station_run)
        if sequence is None:
            raise ApiProblem(404, "not-found", f"No decision is about frame {frame}.")
        return _image(desk, _Told.of(desk, sequence), frame, overlay=overlay)

    return router


@dataclass(frozen=True, slots=True)
class _Told:
    """A decision, stored or not yet, and the start of the station that it is of."""

    decision: Decision
    station_run: int

    @classmethod
    def of(cls, desk: Desk, sequence: int) -> Self:
        """Raises ApiProblem where there is none."""
        if (stored := desk.store.decision(sequence)) is not None:
            return cls(stored.decision, stored.station_run)
        if (unstored := desk.feed.decision(sequence)) is not None:
            return cls(unstored, desk.store.station_run)
        raise ApiProblem(404, "not-found", f"There is no decision {sequence}.")


def _frame_asked(decision: Decision, view: str | None, camera: str | None) -> FrameId:
    """The decision's own frame, or of those of a view or camera the one that shows most of the piece."""
    if view is None and camera is None:
        return decision.piece.frame
    own = decision.piece.frame
    if not decision.view_frames:
        if view is None and camera == own.camera:
            return own
        raise ApiProblem(
            404,
            "unknown-view",
            f"Decision {decision.sequence} was judged on a frame of camera {own.camera} alone, and its view has no "
            "name. Ask without `view`.",
        )
    found = [seen for seen in decision.view_frames if view in (None, seen.view) and camera in (None, seen.frame.camera)]
    if not found:
        there = list(dict.fromkeys(f"{seen.view} ({seen.frame.camera})" for seen in decision.view_frames))
        asked = " of ".join(
            f"{word} {printable(name)}" for word, name in (("view", view), ("camera", camera)) if name is not None
        )
        raise ApiProblem(
            404,
            "unknown-view",
            f"Decision {decision.sequence} was judged on no {asked}. Its views, each with its camera: "
            f"{', '.join(there)}.",
        )
    return max(found, key=lambda seen: (seen.outcome is not Fate.LOST, _shown_mm(decision.piece, seen))).frame


def _shown_mm(piece: Piece, seen: ViewFrame) -> float:
    """How much of a piece a frame shows; 0 where nobody knows."""
    span = piece.span
    if span is None or seen.start_mm is None or seen.length_mm is None:
        return 0.0
    return min(span.end_mm, seen.start_mm + seen.length_mm) - max(span.start_mm, seen.start_mm)


def _image(desk: Desk, told: _Told, frame: FrameId, *, overlay: bool) -> Response:
    saved = desk.archive.png(told.station_run, frame)
    if saved is None:
        raise ApiProblem(
            404,
            "no-image",
            f"Frame {frame} of decision {told.decision.sequence} is not kept: of accepted frames a sample is saved, "
            "lost frames have no pixels, and old ones are removed. `archive` in the station's settings says how many "
            "and how long.",
        )
    png, bit_depth = saved
    if overlay:
        pixels = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
        drawn = draw_overlay(to_grey8(np.asarray(pixels), bit_depth), told.decision, frame)
        png = cv2.imencode(".png", drawn, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()
    return Response(png, media_type="image/png")
