"""Serves the API in a thread of the station's process, on an event loop of its own."""

import socket
import threading
import time

import uvicorn
from fastapi import FastAPI

from inspection.api.reader import DecisionReader
from inspection.serving.configuration import server_configuration
from inspection.serving.listening import address_of
from inspection.station.settings import ApiSettings

_MOST_MESSAGE_BYTES = 64 * 1024
"""Nothing is expected over a WebSocket."""


class ApiServer:
    """uvicorn around the application. Takes the claimed socket over."""

    def __init__(self, app: FastAPI, reader: DecisionReader, claimed: socket.socket, settings: ApiSettings) -> None:
        self.reader = reader
        """Serves who asks for decisions."""
        self._socket = claimed
        self._scheme = "http" if settings.certificate is None else "https"
        self._server = uvicorn.Server(
            server_configuration(
                app,
                certificate=settings.certificate,
                key=settings.key,
                trusted_proxies=[str(each) for each in settings.trusted_proxies],
                most_message_bytes=_MOST_MESSAGE_BYTES,
                needs_lifespan=True,
            )
        )
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [claimed]}, name="api", daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return address_of(self._socket, self._scheme)

    @property
    def streams_open(self) -> int:
        """Clients that follow decisions now."""
        return self.reader.places.open

    def faults(self) -> list[str]:
        """What a person should look at, one sentence each."""
        return self.reader.places.faults()

    def start(self) -> None:
        """Serve; returns once requests are answered."""
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            time.sleep(0.005)

    def stop(self) -> None:
        """Let streams end with what is left, then stop serving."""
        if self._thread.ident is not None:
            self.reader.end_streams()
            self._server.should_exit = True
            self._thread.join()
        self._socket.close()
