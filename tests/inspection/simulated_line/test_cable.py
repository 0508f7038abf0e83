"""A cable that can be pulled: what goes through, what hangs, and what comes back."""

import socket
import threading

import pytest

from inspection.simulated_line.cable import Cable
from tests.support.patience import PATIENCE_S, until


@pytest.fixture
def echo():
    """A server that says everything again."""
    server = socket.create_server(("127.0.0.1", 0))
    is_over = threading.Event()

    def serve(connection):
        with connection:
            while heard := connection.recv(4096):
                connection.sendall(heard)

    def run():
        while not is_over.is_set():
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=run, daemon=True).start()
    yield server.getsockname()[1]
    is_over.set()
    server.shutdown(socket.SHUT_RDWR)
    server.close()


def heard_all(connection, size):
    heard = b""
    while len(heard) < size:
        heard += connection.recv(65536)
    return heard


def test_what_is_said_goes_through_whole_in_both_directions(echo):
    said = bytes(range(256)) * 4000
    with Cable("127.0.0.1", echo) as cable, socket.create_connection(("127.0.0.1", cable.port), PATIENCE_S) as ours:
        threading.Thread(target=ours.sendall, args=(said,), daemon=True).start()
        assert heard_all(ours, len(said)) == said


def test_a_cable_that_was_pulled_says_nothing_and_ends_what_hung_once_it_is_in_again(echo):
    with Cable("127.0.0.1", echo) as cable, socket.create_connection(("127.0.0.1", cable.port), PATIENCE_S) as ours:
        ours.sendall(b"before")
        assert heard_all(ours, 6) == b"before"
        cable.pull()
        ours.sendall(b"lost")
        ours.settimeout(0.3)
        with pytest.raises(TimeoutError):
            ours.recv(10)
        cable.plug()
        ours.settimeout(PATIENCE_S)
        assert ours.recv(10) == b""
        with socket.create_connection(("127.0.0.1", cable.port), PATIENCE_S) as again:
            again.sendall(b"after")
            assert heard_all(again, 5) == b"after"


def test_a_door_that_is_closed_is_found_closed(echo):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with Cable("127.0.0.1", port) as cable:

        def is_turned_away():
            with socket.create_connection(("127.0.0.1", cable.port), PATIENCE_S) as ours:
                return ours.recv(10) == b""

        until(is_turned_away)
