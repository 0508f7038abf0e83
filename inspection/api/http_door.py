"""The door for programs: HTTP, streams and WebSockets, in a thread of the station's process, on its own event loop."""

import threading
import time
from collections.abc import Sequence

import structlog
import uvicorn

from inspection.alarms.condition import AlarmKind, Condition, said
from inspection.api.app import create_app
from inspection.api.key_ring import KeyRing
from inspection.api.reader import DecisionReader
from inspection.errors import DoorError
from inspection.people.line_ledger import LineLedger
from inspection.serving.configuration import check_certificate, server_configuration
from inspection.serving.hosts import own_names
from inspection.serving.listening import address_of, claim_port
from inspection.station.desk import Desk
from inspection.station.door_state import DoorState
from inspection.station.settings import StationSettings

_MOST_MESSAGE_BYTES = 64 * 1024
"""Nothing is expected over a WebSocket."""
_OPEN_S = 60.0
_CLOSE_S = 30.0
"""Clients are given two seconds to end; this is for a server that hangs."""
_log = structlog.get_logger("inspection.api")


class HttpDoor:
    """uvicorn around the application, on a socket that is claimed from the beginning."""

    name = "http"

    def __init__(self, settings: StationSettings) -> None:
        """Claim the address. Raises SettingsError: it is taken, or the certificate can't be used."""
        api = self._settings = settings.api
        check_certificate("api", api.certificate, api.key)
        self._socket = claim_port(api.host, api.port, "api")
        self.address = address_of(self._socket, "http" if api.certificate is None else "https")
        """The URL where it listens; still known when it has closed."""
        self._ledger: LineLedger | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._is_closing = False
        self.reader: DecisionReader | None = None
        """Serves who asks for decisions; None: it is not open yet."""

    @property
    def access(self) -> str:
        """Whom it lets in, in a sentence."""
        api = self._settings
        if api.is_open:
            return "every program on this machine may ask, and stop the line, without a key"
        found = self._ledger.keys() if self._ledger else ()
        keys = [f"{len(found)} by name"] if found else []
        keys += ["api_key of the settings"] if api.api_key else []
        told = f"every request needs a key ({', '.join(keys) or 'there is none yet: inspection keys add'})"
        if api.certificate is None and not api.is_local:
            told += ", which crosses the network in the clear: name certificate and key in [api]"
        return told

    @property
    def followers(self) -> int:
        """Number of clients that follow decisions now."""
        return self.reader.places.open if self.reader else 0

    @property
    def state(self) -> DoorState:
        """How it is doing."""
        is_open = self._thread is not None and self._thread.is_alive() and not self._is_closing
        return DoorState(self.name, "http", self.address, is_open, self.followers)

    def open(self, desk: Desk) -> None:
        """Serve; returns once requests are answered. Raises DoorError."""
        api = self._settings
        key = api.api_key.get_secret_value() if api.api_key else None
        self._ledger = desk.ledger
        keys = KeyRing(desk.ledger, desk.evidence, key, is_open=api.is_open)
        app, self.reader = create_app(desk, desk.program_version, keys, own_names(api.allowed_hosts))
        self._server = uvicorn.Server(
            server_configuration(
                app,
                certificate=api.certificate,
                key=api.key,
                trusted_proxies=[str(each) for each in api.trusted_proxies],
                most_message_bytes=_MOST_MESSAGE_BYTES,
                needs_lifespan=True,
            )
        )
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="api", daemon=True
        )
        self._thread.start()
        until_s = time.monotonic() + _OPEN_S
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > until_s:
                raise DoorError(
                    f"The API on {self.address} was to answer requests, and does not begin to. The log says more; "
                    "without it no line hears of decisions, so the station does not start."
                )
            time.sleep(0.005)

    def conditions(self) -> Sequence[Condition]:
        """What a person should look at now."""
        found = said(AlarmKind.API_REFUSES, self.reader.places.faults()) if self.reader else []
        if self._thread is not None and not self._thread.is_alive() and not self._is_closing:
            dead = "The API's thread has died: no line hears of decisions. The log says more; restart the station."
            found += said(AlarmKind.STATION_THREAD, (dead,))
        return found

    def close(self) -> None:
        """Let streams end with what is left, then stop serving. May be repeated."""
        self._is_closing = True
        if self._thread is not None and self._server is not None and self.reader is not None:
            self.reader.end_streams()
            self._server.should_exit = True
            self._thread.join(_CLOSE_S)
            if self._thread.is_alive():
                _log.error("the API does not end; it is left behind", waited_s=_CLOSE_S)
        self._socket.close()
