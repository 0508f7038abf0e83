"""Serves the pages: one process, one event loop."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import cv2
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import Response
from nicegui import app as nicegui_app
from nicegui import ui

from inspection.errors import SettingsError
from inspection.pages.archive.package_routes import package_routes
from inspection.pages.contents import CONTENTS
from inspection.pages.frame.desk import PagesDesk, PagesPlan
from inspection.pages.frame.guard import Guard
from inspection.pages.frame.image_routes import image_routes
from inspection.pages.frame.known_signatures import keep_signatures
from inspection.pages.frame.login_routes import login_routes
from inspection.pages.frame.page_routes import not_found, serve_page
from inspection.pages.frame.sessions import SocketGate
from inspection.pages.frame.static_files import FOLDER, KeptFiles
from inspection.pages.line.wall_routes import wall_routes
from inspection.pages.review.review_cases import keep_enrolling
from inspection.pages.review.review_routes import review_routes
from inspection.pages.settings.audit_routes import audit_routes
from inspection.pages.statistics.shift_routes import shift_routes
from inspection.serving.body_limit import BodyLimit
from inspection.serving.configuration import check_certificate, server_configuration
from inspection.serving.hosts import HostGuard, own_names
from inspection.serving.listening import address_of, claim_port
from inspection.serving.refusals import plain_refusal
from inspection.serving.service_manager import ServiceManager

_MOST_BODY_BYTES = 1024 * 1024
"""Reviews with many corrections, recipes."""
_MOST_FORM_BYTES = 16 * 1024
_FORMS = ("/login", "/logout", "/password", "/guest")


def create_app(desk: PagesDesk, manager: ServiceManager) -> FastAPI:
    """The pages as an ASGI application; the service manager hears from them as long as their event loop turns."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        running = [asyncio.create_task(desk.live.run()), asyncio.create_task(keep_enrolling(desk.queue))]
        running.append(asyncio.create_task(_say_alive(manager)))
        running.append(asyncio.create_task(desk.sessions.watch()))
        yield
        manager.stopping()
        for task in running:
            task.cancel()
        await desk.station.close()

    keep_signatures()
    app = FastAPI(title=desk.plan.name, docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.include_router(login_routes(desk))
    app.include_router(image_routes(desk))
    app.include_router(package_routes(desk))
    app.include_router(wall_routes(desk))
    app.include_router(review_routes(desk))
    app.include_router(audit_routes(desk))
    app.include_router(shift_routes(desk))
    app.mount("/static", KeptFiles(), "static")
    for page in CONTENTS:
        serve_page(desk, page, CONTENTS)

    @nicegui_app.exception_handler(404)
    async def say_not_found(request: Request, _error: Exception) -> Response:
        return not_found(desk, request)

    ui.run_with(
        app,
        title=desk.plan.name,
        favicon=FOLDER / "favicon.svg",
        dark=None,
        language="en-US",
        tailwind=False,
        show_welcome_message=False,
        reconnect_timeout=30.0,
        message_history_length=100,
    )
    # The last one that is added is asked first.
    forms = dict.fromkeys(_FORMS, _MOST_FORM_BYTES)
    app.add_middleware(BodyLimit, refuse=plain_refusal, most_bytes=_MOST_BODY_BYTES, most_bytes_at=forms)
    app.add_middleware(SocketGate, sessions=desk.sessions)
    names = own_names(desk.plan.settings.allowed_hosts)
    app.add_middleware(HostGuard, names=names, refuse=plain_refusal, section="pages")
    app.add_middleware(Guard)
    return app


async def _say_alive(manager: ServiceManager) -> None:
    manager.ready()
    while True:
        manager.alive()
        await asyncio.sleep(manager.period_s)


def serve(plan: PagesPlan, tell: Callable[[str, str | None], None], manager: ServiceManager) -> None:
    """Serve until SIGINT or SIGTERM. `tell` gets the address, and the first admin's one-time password if one was made.

    Raises SettingsError or StoreError before anything is served.
    """
    settings = plan.settings
    if plan.is_guest_welcome and not settings.is_local:
        raise SettingsError(
            f"A guest needs no password, so pages with a guest listen on this machine only; host is {settings.host}. "
            "Leave the guest out, or keep host 127.0.0.1."
        )
    check_certificate("pages", settings.certificate, settings.key)
    cv2.setNumThreads(1)
    claimed = claim_port(settings.host, settings.port, "pages")
    try:
        desk = PagesDesk(plan)
        try:
            desk.recipes.put_files()
            password = desk.people.make_first_admin()
            server = uvicorn.Server(_configuration(create_app(desk, manager), plan))
            gc.freeze()  # what is loaded once stays: looking through it for garbage takes 0.1 s again and again
            tell(address_of(claimed, "https" if desk.is_https else "http"), password)
            server.run(sockets=[claimed])
        finally:
            desk.close()
    finally:
        claimed.close()


def _configuration(app: FastAPI, plan: PagesPlan) -> uvicorn.Config:
    settings = plan.settings
    return server_configuration(
        app,
        certificate=settings.certificate,
        key=settings.key,
        trusted_proxies=[str(each) for each in settings.trusted_proxies],
        most_message_bytes=_MOST_BODY_BYTES,
        needs_lifespan=False,
    )
