"""Whom a server answers: those who call it by a name that it has, and no page of another site.

A page elsewhere can send requests to any address that a browser reaches, and can let its own name point there (DNS
rebinding). Browsers say both: by which name they ask (`Host`), and which page sent it (`Origin`, `Sec-Fetch-Site`).
"""

import socket
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from inspection.serving.refusals import POLICY_VIOLATION, Refuse

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def own_names(allowed: Collection[str] = ()) -> frozenset[str]:
    """The names of this machine, and those that the settings allow. Addresses it listens on count in any case."""
    name = socket.gethostname().lower()
    short = name.partition(".")[0]
    return LOOPBACK_NAMES | {name, short, f"{short}.local"} | {each.lower().strip("[]") for each in allowed}


class HostGuard:
    """ASGI middleware for HTTP and WebSocket."""

    def __init__(self, app: ASGIApp, names: Collection[str], refuse: Refuse, section: str) -> None:
        """`section`: of the settings, as `api`."""
        self._app = app
        self._names = names
        self._refuse = refuse
        self._section = section

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on: else 400 without a host or for another one, 403 for another site's page."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        fault = self._fault(scope)
        if fault is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": fault[1]})
        else:
            await self._refuse(*fault, scope["path"])(scope, receive, send)

    def _fault(self, scope: Scope) -> tuple[int, str, str] | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if not hosts and scope.get("http_version") == "1.0":  # a watchdog of old; no browser asks so
            return None
        if len(hosts) != 1:
            return 400, "host-missing", f"A request names one Host, this one {len(hosts)}."
        name, port = _name_and_port(hosts[0])
        server = (scope.get("server") or ("",))[0]
        if name not in self._names and name != _plain(server):
            return (
                400,
                "unknown-host",
                f"The station is not known as {name[:100]!r}. Ask by its address or its machine's name, or add the "
                f"name to allowed_hosts in [{self._section}] of the settings.",
            )
        own_port = port or _PORTS.get(scope["scheme"], 80)
        if is_foreign(
            headers, scope.get("method", "GET"), (name, own_port), is_secure=scope["scheme"] in ("https", "wss")
        ):
            return (
                403,
                "foreign-page",
                "This was sent by another site's page. Behind a proxy that ends TLS, name its address in "
                f"trusted_proxies in [{self._section}] of the settings.",
            )
        return None


def is_foreign(headers: Headers, method: str, own: tuple[str, int], *, is_secure: bool) -> bool:
    """Whether another site's page has sent a request. That a person follows a link from there is fine.

    `own`: name and port by which the server was asked.

    >>> ours = ("127.0.0.1", 8080)
    >>> origins = ("http://127.0.0.1:8080", "http://evil.example", "https://127.0.0.1:8080", "null")
    >>> [is_foreign(Headers({"origin": origin}), "GET", ours, is_secure=False) for origin in origins]
    [False, True, True, True]
    >>> link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    >>> [is_foreign(Headers(link), method, ours, is_secure=False) for method in ("GET", "POST")]
    [False, True]
    """
    origins = headers.getlist("origin")
    if any(_origin(origin) != ("https" if is_secure else "http", *own) for origin in origins):
        return True
    is_link = headers.get("sec-fetch-mode") == "navigate" and method in ("GET", "HEAD")
    return not origins and headers.get("sec-fetch-site") in ("cross-site", "same-site") and not is_link


def _origin(origin: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(origin)
        return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        return None


def _name_and_port(host: str) -> tuple[str, int | None]:
    """Name and port of a Host header.

    >>> _name_and_port("[::1]:8000"), _name_and_port("Station7."), _name_and_port("a:b")
    (('::1', 8000), ('station7', None), ('a:b', None))
    """
    try:
        parts = urlsplit(f"//{host}")
        if parts.hostname and parts.netloc == host and "@" not in host:
            return parts.hostname.rstrip("."), parts.port
    except ValueError:
        pass
    return host, None


def _plain(address: str | None) -> str:
    """An address as a Host names it: IPv4 in IPv6's clothes is IPv4."""
    return (address or "").removeprefix("::ffff:").partition("%")[0]
