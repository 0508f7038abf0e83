"""Serves the API in a thread of the station's process, on an event loop of its own."""

import socket
import threading
import time

import uvicorn
from fastapi import FastAPI

from inspection.api.reader import DecisionReader
from inspection.errors import SettingsError
from inspection.station_settings import ApiSettings

_GRACE_S = 2


def claim_port(settings: ApiSettings) -> socket.socket:
    """Bind the API's address before anything else starts. Raises SettingsError when it is taken."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise SettingsError(f"api.host {settings.host!r} is no address of this machine: {error.strerror}.") from error
    claimed = socket.socket(family, kind, protocol)
    try:
        claimed.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        claimed.bind(address)
        claimed.listen(128)
    except OSError as error:
        claimed.close()
        raise SettingsError(
            f"The API can't listen on {settings.host}:{settings.port}: {error.strerror}. Another station or program "
            "has that port, or the address is not this machine's. Stop that program, or set api.port or api.host."
        ) from error
    return claimed


class ApiServer:
    """uvicorn around the application. Takes the claimed socket over."""

    def __init__(self, app: FastAPI, reader: DecisionReader, claimed: socket.socket) -> None:
        self._reader = reader
        self._socket = claimed
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="on",
                ws="websockets-sansio",
                timeout_graceful_shutdown=_GRACE_S,
            )
        )
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [claimed]}, name="api", daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self._socket.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    @property
    def is_alive(self) -> bool:
        """Whether it serves."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Serve; returns once requests are answered."""
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            time.sleep(0.005)

    def stop(self) -> None:
        """Let streams end with what is left, then stop serving."""
        if self._thread.ident is not None:
            self._reader.end_streams()
            self._server.should_exit = True
            self._thread.join()
        self._socket.close()
