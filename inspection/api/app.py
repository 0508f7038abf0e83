"""Puts the routes together."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, JSONResponse

from inspection.api.access import KeyGuard
from inspection.api.alarm_routes import alarm_routes
from inspection.api.chain_routes import chain_routes
from inspection.api.change_over_routes import change_over_routes
from inspection.api.decision_routes import decision_routes
from inspection.api.description import DescribedApi
from inspection.api.documentation import documentation_page
from inspection.api.heads import HeadAnswers
from inspection.api.image_routes import image_routes
from inspection.api.key_ring import KeyRing
from inspection.api.problems import add_problem_handlers, problem_response
from inspection.api.reader import DecisionReader
from inspection.api.roll_routes import roll_routes
from inspection.api.station_routes import station_routes
from inspection.serving.body_limit import BodyLimit
from inspection.serving.hosts import HostGuard
from inspection.station.desk import Desk

MOST_BODY_BYTES = 256 * 1024
"""Acknowledgements of a thousand numbers are the largest that anybody sends."""
_ABOUT = """\
Decisions of an inline inspection station. Each frame number gets exactly one, in order, and it is on disk before it is
told. Keep the last sequence number that you have dealt with and ask for what comes after it: nothing is missed, also
after a crash. Treat `uninspected` as a reject. Errors are problem details (RFC 9457). This is not a safety function.
"""


def create_app(desk: Desk, version: str, keys: KeyRing, hosts: Collection[str]) -> tuple[FastAPI, DecisionReader]:
    """The API as an ASGI application, and the reader whose streams the server ends at its stop.

    `hosts`: names by which it may be asked.
    """
    reader = DecisionReader(desk.feed, desk.store)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        reader.open()
        watching = asyncio.create_task(keys.watch())
        yield
        watching.cancel()
        reader.close()

    # Swagger's pages come from the Internet, which a station does not have: /docs is our own.
    app = DescribedApi(
        has_key=not keys.is_open,
        title="Inspection station",
        version=version,
        description=_ABOUT,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    add_problem_handlers(app)
    app.include_router(decision_routes(desk, reader))
    app.include_router(image_routes(desk))
    app.include_router(roll_routes(desk))
    app.include_router(change_over_routes(desk))
    app.include_router(station_routes(desk))
    app.include_router(alarm_routes(desk))
    app.include_router(chain_routes(desk))

    # Not on the event loop: the first answer takes a while, and streams go on.
    @app.get("/openapi.json", include_in_schema=False)
    def description() -> JSONResponse:
        return JSONResponse(app.openapi())

    @app.get("/docs", include_in_schema=False, response_class=HTMLResponse)
    def documentation() -> str:
        return documentation_page(app.openapi())

    # The last one that is added is asked first.
    app.add_middleware(HeadAnswers)
    app.add_middleware(BodyLimit, refuse=problem_response, most_bytes=MOST_BODY_BYTES)
    app.add_middleware(KeyGuard, keys=keys)
    app.add_middleware(HostGuard, names=hosts, refuse=problem_response, section="api")
    return app, reader
