"""Puts the routes together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from inspection.api.access import KeyGuard
from inspection.api.alarm_routes import alarm_routes
from inspection.api.decision_routes import decision_routes
from inspection.api.desk import Desk
from inspection.api.documentation import documentation_page
from inspection.api.heads import HeadAnswers
from inspection.api.image_routes import image_routes
from inspection.api.problems import Problem, add_problem_handlers
from inspection.api.reader import DecisionReader
from inspection.api.roll_routes import roll_routes
from inspection.api.station_routes import station_routes

_ABOUT = """\
Decisions of an inline inspection station. Each frame number gets exactly one, in order, and it is on disk before it is
told. Keep the last sequence number that you have dealt with and ask for what comes after it: nothing is missed, also
after a crash. Treat `uninspected` as a reject. Errors are problem details (RFC 9457). This is not a safety function.
"""


def create_app(desk: Desk, version: str, api_key: str | None = None) -> tuple[FastAPI, DecisionReader]:
    """The API as an ASGI application, and the reader whose streams the server ends at its stop."""
    reader = DecisionReader(desk.feed, desk.store)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        reader.open()
        yield
        reader.close()

    # Swagger's pages come from the Internet, which a station does not have: /docs is our own.
    app = FastAPI(
        title="Inspection station",
        version=version,
        description=_ABOUT,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    add_problem_handlers(app)
    app.include_router(decision_routes(desk, reader))
    app.include_router(image_routes(desk))
    app.include_router(roll_routes(desk))
    app.include_router(station_routes(desk))
    app.include_router(alarm_routes(desk))

    @app.get("/docs", include_in_schema=False, response_class=HTMLResponse)
    async def documentation() -> str:
        return documentation_page(app.openapi())

    app.add_middleware(HeadAnswers)
    if api_key is not None:
        app.add_middleware(KeyGuard, api_key=api_key)
    _describe_problems(app, has_key=api_key is not None)
    return app, reader


def _describe_problems(app: FastAPI, *, has_key: bool) -> None:
    """Every error in the OpenAPI document has the one shape that it has in truth."""
    document = app.openapi()
    schemas = document["components"]["schemas"]
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schema.pop("$defs"))
    schemas["Problem"] = schema
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    if has_key:
        document["components"]["securitySchemes"] = {"key": {"type": "apiKey", "in": "header", "name": "X-API-Key"}}
        document["security"] = [{"key": []}]
