"""The PLC's side of the HTTP API: a gateway that follows the stream and hands triggers in."""

import queue
import threading
import time
from collections.abc import Callable

from inspection.client import Client, ClientError, Refusal, StationAway
from inspection.simulated_line.partner import sheet_of
from inspection.simulated_line.plc import Word

_BEAT_S = 0.25
_RETRY_S = 0.05
_END_S = 5.0
_OLD_S = 2.0
"""A trigger that could not be handed in for so long is given up: its sheet has passed."""


class HttpPartner:
    """One thread follows, one tells triggers, one asks whether the line may run."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"
        self._triggers: queue.SimpleQueue[tuple[int, float, float] | None] = queue.SimpleQueue()
        self._is_over = threading.Event()
        self._goes = threading.Event()
        self._goes.set()
        self._threads: list[threading.Thread] = []
        self._clients = [Client(self._url), Client(self._url), Client(self._url, timeout_s=1.0)]

    def start(self, hears: Callable[[Word], None], beats: Callable[[], None]) -> None:
        """Begin with what is decided from now on."""
        following, telling, asking = self._clients
        place = following.last_sequence()
        for name, run in (
            ("follow", lambda: self._follow(following, place, hears)),
            ("tell", lambda: self._tell(telling)),
            ("beat", lambda: self._ask(asking, beats)),
        ):
            thread = threading.Thread(target=self._until_over, args=(run,), name=f"http partner {name}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def tell_sheet(self, number: int, place_mm: float) -> None:
        """Hand it to the thread that tells."""
        self._triggers.put((number, place_mm, time.monotonic()))

    def stall(self, *, stalls: bool) -> None:
        """Stop reading and telling."""
        if stalls:
            self._goes.clear()
        else:
            self._goes.set()

    def close(self) -> None:
        """End. May be repeated."""
        self._is_over.set()
        self._goes.set()
        self._triggers.put(None)
        for client in self._clients:
            client.close()
        for thread in self._threads:
            thread.join(_END_S)

    def _until_over(self, run: Callable[[], None]) -> None:
        """What breaks because the connection was closed at the end breaks nothing."""
        try:
            run()
        except RuntimeError:
            if not self._is_over.is_set():
                raise

    def _follow(self, station: Client, place: int, hears: Callable[[Word], None]) -> None:
        for decision in station.follow(place, for_line=True):
            self._goes.wait()
            if self._is_over.is_set():
                return
            now_s = time.monotonic()
            hears(Word(decision.sequence, sheet_of(decision.piece_id), decision.verdict_code, now_s))
            try:
                station.acknowledge(decision.sequence, "line-simulation")
            except ClientError:
                continue  # the next one acknowledges this one as well

    def _tell(self, station: Client) -> None:
        while (told := self._triggers.get()) is not None:
            number, place_mm, since_s = told
            while not self._is_over.is_set() and time.monotonic() - since_s < _OLD_S:
                self._goes.wait()
                try:
                    station.trigger(f"{number}-{since_s:.3f}", str(number), place_mm=place_mm)
                    break
                except StationAway:
                    time.sleep(_RETRY_S)
                except Refusal:
                    break

    def _ask(self, station: Client, beats: Callable[[], None]) -> None:
        while not self._is_over.wait(_BEAT_S):
            self._goes.wait()
            try:
                station.readiness()
            except ClientError:
                continue
            beats()
