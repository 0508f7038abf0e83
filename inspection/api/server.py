"""Serves the API in a thread of the station's process, on an event loop of its own."""

import socket
import threading
import time

import uvicorn
from fastapi import FastAPI

from inspection.api.reader import DecisionReader
from inspection.listening import address_of

_GRACE_S = 2


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
        return address_of(self._socket)

    @property
    def streams_open(self) -> int:
        """Clients that follow decisions now."""
        return self._reader.places.open

    def faults(self) -> list[str]:
        """What a person should look at, one sentence each."""
        return self._reader.places.faults()

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
