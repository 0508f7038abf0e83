"""Tells the service manager (systemd) how this service is, as sd_notify(3) describes: ready, alive, stopping.

Without one, as when a person starts the program, nothing is told.
"""

import os
import socket
from collections.abc import MutableMapping

import structlog

_log = structlog.get_logger("inspection.serving.service_manager")


class ServiceManager:
    """The way to the manager. Nothing here raises: whether it listens never matters to the line."""

    def __init__(self, address: str | None, watchdog_s: float | None = None) -> None:
        """`address`: path of its datagram socket, an abstract one begins with @; None: there is no manager."""
        self._address = "\0" + address[1:] if address and address.startswith("@") else address
        self._watchdog_s = watchdog_s
        self._is_complaining = False

    @classmethod
    def of(cls, environment: MutableMapping[str, str]) -> "ServiceManager":
        """The manager that the environment names, which is taken out: child processes do not speak for this one."""
        address = environment.pop("NOTIFY_SOCKET", None)
        watchdog_us = environment.pop("WATCHDOG_USEC", "")
        is_for_us = environment.pop("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        is_number = watchdog_us.isascii() and watchdog_us.isdigit() and int(watchdog_us) > 0
        return cls(address, int(watchdog_us) / 1e6 if is_for_us and is_number else None)

    @property
    def period_s(self) -> float:
        """How often to call `alive`: thrice within what the manager waits for, twice a second at least.

        >>> ServiceManager(None).period_s, ServiceManager("/run/notify", watchdog_s=0.75).period_s
        (0.5, 0.25)
        """
        return 0.5 if self._watchdog_s is None else min(0.5, self._watchdog_s / 3.0)

    def ready(self) -> None:
        """The service does what it is for."""
        self._send("READY=1")

    def alive(self) -> None:
        """To be called again and again while all is well; without it the manager starts the service anew."""
        if self._watchdog_s is not None:
            self._send("WATCHDOG=1")

    def stuck(self, why: str) -> None:
        """In place of `alive`: what the manager shows as the reason when it ends the service."""
        self._send(f"STATUS={' '.join(why.split())}")

    def stopping(self) -> None:
        """The service ends by itself, or because it was asked to."""
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        if self._address is None:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
                sender.setblocking(False)
                sender.sendto(message.encode(errors="replace"), self._address)
        except OSError as error:
            if not self._is_complaining:
                _log.warning("the service manager can't be told", message=message, error=str(error))
            self._is_complaining = True
        else:
            self._is_complaining = False
