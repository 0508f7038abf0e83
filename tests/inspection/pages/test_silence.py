"""Nobody tells a browser that its server is dead: it sees by itself, says so, and takes it back by itself."""

import signal
import socket
import threading
from contextlib import contextmanager, suppress

import pytest
from playwright.sync_api import expect

from tests.inspection.pages.plant import PROJECT, staff, start_pages
from tests.inspection.pages.test_browser import log_in


class SwallowingProxy:
    """Passes a browser's connections on, until it swallows what both sides say and keeps every connection open."""

    def __init__(self, port: int) -> None:
        self._target_port = port
        self._passes = threading.Event()
        self._passes.set()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        self._sockets = [self._door]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def swallow(self) -> None:
        self._passes.clear()

    def pass_on(self) -> None:
        self._passes.set()

    def close(self) -> None:
        self._passes.set()
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(timeout=10)
        for each in self._sockets:
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                here, _ = self._door.accept()
                self._sockets.append(here)
                there = socket.create_connection(("127.0.0.1", self._target_port))
                self._sockets.append(there)
                for pair in ((here, there), (there, here)):
                    self._threads.append(threading.Thread(target=self._carry, args=pair))
                    self._threads[-1].start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while chunk := source.recv(65536):
                self._passes.wait()
                target.sendall(chunk)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)


@contextmanager
def watched(station, folder):
    """Pages that show a running station."""
    staff(folder)
    pages = start_pages(folder, "--api-url", station.api_url, "--models-dir", str(PROJECT / "models"))
    try:
        yield pages
    finally:
        pages.process.send_signal(signal.SIGCONT)
        pages.stop()


def expect_silence(window) -> None:
    expect(window.locator("#silence")).to_contain_text("No news since")
    expect(window.get_by_text("NO NEWS", exact=True)).to_be_visible()
    expect(window.locator(".state-word")).to_be_hidden()
    expect(window.get_by_text("Station connected")).to_be_hidden()
    assert window.evaluate("getComputedStyle(document.querySelector('main')).filter") == "grayscale(1)"
    assert window.locator("main").get_attribute("inert") is not None


def expect_news(window) -> None:
    expect(window.locator("#silence")).to_have_text("")
    expect(window.locator(".state-word")).to_have_text("RUNNING")
    expect(window.locator(".state-word")).to_be_visible()
    expect(window.get_by_text("NO NEWS", exact=True)).to_be_hidden()
    assert window.locator("main").get_attribute("inert") is None


def test_swallowed_frozen_or_killed_pages_are_called_old_by_the_browser_and_new_again_when_they_go_on(
    window, station, station_folder, screenshots
):
    with watched(station, station_folder / "state") as pages:
        proxy = SwallowingProxy(int(pages.address.rpartition(":")[2]))
        try:
            log_in(window, f"http://127.0.0.1:{proxy.port}", "the-operator")
            expect_news(window)
            proxy.swallow()
            expect_silence(window)
            window.screenshot(path=screenshots / "line-no-news.png")
            proxy.pass_on()
            expect_news(window)
            pages.process.send_signal(signal.SIGSTOP)
            expect_silence(window)
            pages.process.send_signal(signal.SIGCONT)
            expect_news(window)
            pages.process.kill()
            expect_silence(window)
        finally:
            proxy.close()


@pytest.mark.parametrize("path", ["/rolls", "/statistics", "/archive", "/recipes", "/models", "/people", "/audit"])
def test_every_page_says_that_it_is_old(window, pages, path):
    log_in(window, pages.address, "the-admin")
    window.goto(f"{pages.address}{path}")
    expect(window.locator(".connection .badge")).to_be_visible()
    pages.process.send_signal(signal.SIGSTOP)
    try:
        expect(window.locator("#silence")).to_contain_text("No news since")
        expect(window.locator("body.is-old")).to_have_count(1)
    finally:
        pages.process.send_signal(signal.SIGCONT)
    expect(window.locator("#silence")).to_have_text("")


def test_the_review_goes_on_without_its_server_and_says_that_it_is_away(window, pages):
    log_in(window, pages.address, "the-qa")
    window.goto(f"{pages.address}/review")
    expect(window.locator(".connection .badge")).to_be_visible()
    pages.process.send_signal(signal.SIGSTOP)
    try:
        expect(window.locator("#silence")).to_contain_text("No news since")
        assert window.locator("main").get_attribute("inert") is None
    finally:
        pages.process.send_signal(signal.SIGCONT)
    expect(window.locator("#silence")).to_have_text("")
