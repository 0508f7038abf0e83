"""Tests of a camera or a door: which part of the way is broken."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict

from inspection.api.problems import responses
from inspection.station.chain import WATCH_S, ChainLink, look_at_camera, look_at_door
from inspection.station.desk import Desk

_UNKNOWN = {404: "The station has no such camera or door: `unknown-part`."}
Name = Annotated[str, Path(max_length=64, description="Its name in the settings.")]
Seconds = Annotated[float, Query(ge=0.2, le=30, description="For how long to watch.")]


class ChainOut(BaseModel):
    """A chain, part by part, in the order in which it is to be mended."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    name: str
    """The camera or door."""
    links: list[ChainLink]
    """Its parts; the first that is `broken` is where to look."""


def chain_routes(desk: Desk) -> APIRouter:
    """A test for each camera and door."""
    router = APIRouter(tags=["operation"])

    @router.get("/v1/cameras/{name}/test", responses=responses(_UNKNOWN))
    def camera_chain(name: Name, seconds: Seconds = WATCH_S) -> ChainOut:
        """Watch a camera for some seconds, and say which part of the way to its decisions is broken."""
        return ChainOut(name=name, links=look_at_camera(desk, name, seconds))

    @router.get("/v1/doors/{name}/test", responses=responses(_UNKNOWN))
    def door_chain(name: Name, seconds: Seconds = WATCH_S) -> ChainOut:
        """Watch a door for some seconds, and say which part of the way to its partner is broken."""
        return ChainOut(name=name, links=look_at_door(desk, name, seconds))

    return router
