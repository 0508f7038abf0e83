"""Saved frames and what was found in them, for logged-in people who may see images."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import Field

from camera.checked import Checked
from inspection.errors import StoreError
from inspection.pages.frame.desk import PagesDesk
from inspection.pages.frame.saved_frames import Look
from inspection.pages.frame.visit import visit_of
from inspection.people.roles import Permission
from inspection.values import Box

_KEEP = {"Cache-Control": "private, max-age=600"}
"""A frame never changes; a browser forgets it at the log-out."""


class LookQuery(Checked):
    """Which part of a frame, and how."""

    left: int = Field(default=0, ge=0)
    top: int = Field(default=0, ge=0)
    width: int | None = Field(default=None, ge=1, le=65536)
    height: int | None = Field(default=None, ge=1, le=65536)
    scale: float = Field(default=1.0, gt=0.001, le=1.0)
    low: int | None = Field(default=None, ge=0, le=65535)
    high: int | None = Field(default=None, ge=0, le=65535)
    view: int | None = Field(default=None, ge=0, le=65535)
    defect: int | None = Field(default=None, ge=0, le=65535)

    @property
    def look(self) -> Look:
        """For the frames."""
        is_whole = self.width is None and self.height is None and not self.left and not self.top
        width, height = self.width or 65536, self.height or 65536
        region = None if is_whole else Box(self.left, self.top, self.left + width, self.top + height)
        return Look(region, self.scale, self.low, self.high, self.view, self.defect)


def picture_address(
    sequence: int, box: Box | None, size_px: tuple[int, int] = (256, 160), defect: int | None = None
) -> str:
    """A region around a defect at full resolution, smaller if the defect is large; the whole frame where there is none.

    `size_px`: width and height of the picture; `defect`: its place in the decision, where other views may have seen it.

    >>> picture_address(7, None)
    '/frames/7.png?scale=0.125'
    >>> picture_address(7, Box(490, 300, 510, 320))
    '/frames/7.png?left=372&top=230&width=256&height=160&scale=1.000'
    >>> picture_address(7, Box(490, 300, 510, 320), defect=2)
    '/frames/7.png?left=372&top=230&width=256&height=160&scale=1.000&defect=2'
    """
    if box is None:
        return f"/frames/{sequence}.png?scale=0.125"
    width, height = max(size_px[0], 2 * box.width_px), max(size_px[1], 2 * box.height_px)
    left, top = max(0, (box.left + box.right - width) // 2), max(0, (box.top + box.bottom - height) // 2)
    scale = min(1.0, size_px[0] / width, size_px[1] / height)
    which = "" if defect is None else f"&defect={defect}"
    return f"/frames/{sequence}.png?left={left}&top={top}&width={width}&height={height}&scale={scale:.3f}{which}"


def image_routes(desk: PagesDesk) -> APIRouter:
    """/frames/<sequence>.png and /frames/<sequence>/defects.json."""
    router = APIRouter(prefix="/frames")

    @router.get("/{sequence}.png")
    def frame(request: Request, sequence: int, query: Annotated[LookQuery, Query()]) -> Response:
        _demand(desk, request)
        try:
            png = desk.frames.png(sequence, query.look)
        except StoreError as error:
            raise HTTPException(503, "The store does not answer.") from error
        if png is None:
            raise HTTPException(404, f"The frame of decision {sequence} is not kept.")
        return Response(png, media_type="image/png", headers=_KEEP)

    @router.get("/{sequence}/defects.json")
    def defects(request: Request, sequence: int) -> JSONResponse:
        _demand(desk, request)
        try:
            findings: dict[str, Any] | None = desk.frames.findings(sequence)
        except StoreError as error:
            raise HTTPException(503, "The store does not answer.") from error
        if findings is None:
            raise HTTPException(404, f"There is no decision {sequence}.")
        return JSONResponse(findings, headers=_KEEP)

    return router


def _demand(desk: PagesDesk, request: Request) -> None:
    """401 for nobody, 403 for somebody who may not see images."""
    visit = visit_of(desk, request)
    if visit is None:
        raise HTTPException(401, "Log in first.")
    if not visit.may(Permission.SEE_IMAGES):
        raise HTTPException(403, "You may not see images.")
