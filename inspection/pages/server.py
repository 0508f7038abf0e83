"""Serves the pages: one process, one event loop."""

import asyncio
import gc
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import cv2
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from nicegui import app as nicegui_app
from nicegui import ui
from starlette.middleware.trustedhost import TrustedHostMiddleware

from inspection.errors import SettingsError
from inspection.listening import address_of, claim_port
from inspection.pages.contents import CONTENTS
from inspection.pages.desk import PagesDesk, PagesPlan
from inspection.pages.guard import Guard
from inspection.pages.image_routes import image_routes
from inspection.pages.login_routes import login_routes
from inspection.pages.page import not_found, serve_page
from inspection.pages.review_cases import keep_enrolling
from inspection.pages.review_routes import review_routes
from inspection.service_manager import ServiceManager

_STATIC = Path(__file__).parent / "static"
_GRACE_S = 2
_LOOPBACK_NAMES = ["127.0.0.1", "localhost", "[::1]"]


def create_app(desk: PagesDesk, manager: ServiceManager) -> FastAPI:
    """The pages as an ASGI application; the service manager hears from them as long as their event loop turns."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        running = [asyncio.create_task(desk.live.run()), asyncio.create_task(keep_enrolling(desk.queue))]
        running.append(asyncio.create_task(_say_alive(manager)))
        yield
        manager.stopping()
        for task in running:
            task.cancel()
        await desk.station.close()

    app = FastAPI(title=desk.plan.name, docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.include_router(login_routes(desk))
    app.include_router(image_routes(desk))
    app.include_router(review_routes(desk))
    app.mount("/static", StaticFiles(directory=_STATIC), "static")
    for page in CONTENTS:
        serve_page(desk, page, CONTENTS)

    @nicegui_app.exception_handler(404)
    async def say_not_found(request: Request, _error: Exception) -> Response:
        return not_found(desk, request)

    ui.run_with(
        app,
        title=desk.plan.name,
        favicon=_STATIC / "favicon.svg",
        dark=None,
        language="en-US",
        tailwind=False,
        show_welcome_message=False,
        reconnect_timeout=30.0,
        message_history_length=100,
    )
    if desk.plan.is_guest_welcome:  # else a site that names itself 127.0.0.1 in the DNS could act as the guest
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=_LOOPBACK_NAMES)
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
    _check_certificate(plan)
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
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        ws="websockets-sansio",
        timeout_graceful_shutdown=_GRACE_S,
        ssl_certfile=plan.settings.certificate,
        ssl_keyfile=plan.settings.key,
    )


def _check_certificate(plan: PagesPlan) -> None:
    certificate, key = plan.settings.certificate, plan.settings.key
    if certificate is None or key is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            f"pages.certificate {certificate} and pages.key {key} can't be used: {error}. Expected: PEM files that "
            "belong together, the key without a passphrase, readable for this user."
        ) from error
