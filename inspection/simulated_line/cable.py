"""A network cable between a partner and a port of this machine, that can be pulled, and a switch that takes all in."""

import contextlib
import selectors
import socket
import threading
from dataclasses import dataclass

_CHUNK = 65536
_MOST_WAITING = 1 << 20
_LOOK_S = 0.05


@dataclass(eq=False, slots=True)
class _End:
    """One end of a connection that goes through."""

    own: socket.socket
    other: "_End | None" = None
    waiting: bytes = b""
    """What this end has still to be told."""


class Cable:
    """Hands TCP connections on, from a port of its own to another. Use it as a context."""

    def __init__(self, host: str, port: int) -> None:
        """`host`, `port`: where the station's door is; it may be closed now, and open later."""
        self._to = (host, port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._selector = selectors.DefaultSelector()
        self._lock = threading.Lock()
        self._ends: set[_End] = set()
        self._is_out = self._is_over = False
        self._thread = threading.Thread(target=self._run, name="cable", daemon=True)

    @property
    def port(self) -> int:
        """The port that partners use."""
        port: int = self._listening.getsockname()[1]
        return port

    def __enter__(self) -> "Cable":
        self._listening.setblocking(False)
        self._selector.register(self._listening, selectors.EVENT_READ)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        self._thread.join()
        for end in list(self._ends):
            end.own.close()
        self._listening.close()
        self._selector.close()

    def pull(self) -> None:
        """All that is under way is lost, connections hang, and nobody gets through."""
        with self._lock:
            self._is_out = True

    def plug(self) -> None:
        """The cable is in again; what hung is ended."""
        with self._lock:
            self._is_out = False
            for end in list(self._ends):
                self._drop(end)

    def _run(self) -> None:
        while not self._is_over:
            events = self._selector.select(_LOOK_S)
            with self._lock:
                if self._is_out:
                    self._swallow(events)
                    continue
                for key, mask in events:
                    if key.fileobj is self._listening:
                        self._accept()
                    elif key.data in self._ends:
                        self._serve(key.data, mask)

    def _swallow(self, events: list[tuple[selectors.SelectorKey, int]]) -> None:
        """What comes while the cable is out goes nowhere; who calls is not answered."""
        for key, _ in events:
            if key.fileobj is self._listening:
                with contextlib.suppress(OSError):
                    self._listening.accept()[0].close()
            else:
                with contextlib.suppress(OSError):
                    if not key.data.own.recv(_CHUNK):
                        self._drop(key.data)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            ours, _ = self._listening.accept()
            try:
                theirs = socket.create_connection(self._to, timeout=1.0)
            except OSError:
                ours.close()
                return
            one, other = _End(ours), _End(theirs)
            one.other, other.other = other, one
            for end in (one, other):
                end.own.setblocking(False)
                end.own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._ends.add(end)
                self._selector.register(end.own, selectors.EVENT_READ, end)

    def _serve(self, end: _End, mask: int) -> None:
        other = end.other
        assert other is not None
        try:
            if mask & selectors.EVENT_READ and len(other.waiting) < _MOST_WAITING:
                heard = end.own.recv(_CHUNK)
                if not heard:
                    self._drop(end)
                    return
                other.waiting += heard
                self._send(other)
            if mask & selectors.EVENT_WRITE:
                self._send(end)
        except BlockingIOError:
            pass
        except OSError:
            self._drop(end)

    def _send(self, end: _End) -> None:
        with contextlib.suppress(BlockingIOError):
            end.waiting = end.waiting[end.own.send(end.waiting) :]
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if end.waiting else 0)
        self._selector.modify(end.own, wanted, end)

    def _drop(self, end: _End) -> None:
        for each in (end, end.other):
            if each is not None and each in self._ends:
                self._ends.discard(each)
                self._selector.unregister(each.own)
                each.own.close()
