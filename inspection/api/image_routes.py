"""Frames as PNG, as the camera gave them or with what was found drawn in."""

from typing import Annotated, Any

import cv2
import numpy as np
from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from camera.frame import FrameId
from inspection.api.problems import ApiProblem, responses
from inspection.api.wire import MOST_RUN, MOST_SEQUENCE, RunNumber, SequenceNumber
from inspection.station.desk import Desk
from inspection.vision.overlay import draw_overlay, to_grey8

_NO_IMAGE = {404: "No decision is about it (`not-found`), or its frame is not kept (`no-image`)."}
_PNG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}, "description": "The frame."}
}

Overlay = Annotated[
    bool, Query(description="Draw defects and verdict in (8-bit colour); else the pixels as the camera gave them.")
]


def image_routes(desk: Desk) -> APIRouter:
    """Routes of images, by sequence number and by frame."""
    router = APIRouter(prefix="/v1", tags=["images"])

    @router.get("/decisions/{sequence}/image", responses=_PNG | responses(_NO_IMAGE), response_class=Response)
    def image_of_decision(sequence: SequenceNumber, overlay: Overlay = False) -> Response:
        """The frame that a decision is about."""
        return _image(desk, sequence, overlay=overlay)

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
        return _image(desk, sequence, overlay=overlay)

    return router


def _image(desk: Desk, sequence: int, *, overlay: bool) -> Response:
    saved = desk.archive.png(sequence)
    if saved is None:
        raise ApiProblem(
            404,
            "no-image",
            f"The frame of decision {sequence} is not kept: of accepted frames a sample is saved, lost frames have "
            "no pixels, and old ones are removed. `archive` in the station's settings says how many and how long.",
        )
    png, bit_depth = saved
    if overlay:
        stored = desk.store.decision(sequence)
        decision = stored.decision if stored else desk.feed.decision(sequence)
        if decision is None:
            raise ApiProblem(404, "not-found", f"There is no decision {sequence}.")
        pixels = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
        drawn = draw_overlay(to_grey8(np.asarray(pixels), bit_depth), decision)
        png = cv2.imencode(".png", drawn, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()
    return Response(png, media_type="image/png")
