"""Claims the address that a server shall listen on, before anything else starts."""

import ipaddress
import socket

from inspection.errors import SettingsError

_SILENT_S = 10
"""After so long without an answer, or with a window that stays shut, a connection is given up."""


def claim_port(host: str, port: int, section: str) -> socket.socket:
    """Bind an address; port 0 takes any free one. `section`: of the settings, as `api`.

    Raises SettingsError when the address is taken, or is not this machine's.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise SettingsError(f"{section}.host {host!r} is no address of this machine: {error.strerror}.") from error
    claimed = socket.socket(family, kind, protocol)
    try:
        claimed.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # All connections inherit these: one whose other end is gone, or has stopped reading, is ended by the kernel.
        claimed.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _SILENT_S * 1000)
        claimed.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        claimed.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _SILENT_S)
        claimed.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _SILENT_S // 2)
        claimed.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 2)
        claimed.bind(address)
        claimed.listen(128)
    except OSError as error:
        claimed.close()
        raise SettingsError(
            f"The {section} can't listen on {host}:{port}: {error.strerror}. Another station or program has that port, "
            f"or the address is not this machine's. Stop that program, or set {section}.port or {section}.host."
        ) from error
    return claimed


def address_of(claimed: socket.socket, scheme: str = "http") -> str:
    """The URL of a claimed address."""
    host, port = claimed.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, seen from itself only.

    >>> is_loopback("localhost"), is_loopback("::1"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
