"""A door for machines, seen from the station: it starts the door's process, answers it, and starts it anew.

Whatever becomes of that process, the station waits for nothing: results are read from feed and store on this door's own
threads, at the pace at which the process asks.
"""

import contextlib
import json
import queue
import signal
import socket
import subprocess
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import structlog
from pydantic import TypeAdapter, ValidationError

from camera.child_process import spawn
from camera.settings import GenTLSettings
from inspection.alarms.condition import AlarmKind, Condition
from inspection.errors import DoorError, InspectionError
from inspection.line.clerk import Clerk
from inspection.line.line_status import LineStatus
from inspection.line.orders import Acknowledge, AnyOrder, AskResults, Order, TellPartners
from inspection.line.outbox import Outbox
from inspection.line.refusal import Refused
from inspection.line.station_link import MOST_MESSAGE_BYTES
from inspection.station.desk import Desk
from inspection.station.door_settings import LineDoorSettings
from inspection.station.door_state import DoorState
from inspection.station.settings import StationSettings

FOLDER = "doors"
"""Below the station's state_dir: how far each door is."""
_OPEN_S = 60.0
_STATUS_EVERY_S = 0.5
_SILENT_S = 10.0
"""A process that gives no sign of life for so long is ended: it gives one each second."""
_FIRST_REST_S, _LONGEST_REST_S = 0.5, 30.0
"""Between a process's end and the next one's start; doubled each time it ends within a minute."""
_STEADY_S = 60.0
_END_S = 5.0
"""Patience with a process that is to end, before it is killed."""
_WAITS_S = 60.0
"""Results that wait longer than this for a partner are an alarm."""
_LAST_LINES, _LONGEST_LINE = 20, 2000
"""What is kept of a process's own log."""
_ORDERS = TypeAdapter[Any](AnyOrder)
_log = structlog.get_logger("inspection.line")


class ProcessDoor:
    """One door of the settings."""

    def __init__(self, name: str, told: LineDoorSettings, settings: StationSettings, module: str, kind: str) -> None:
        """`module`: what answers its partners, see `door_process`; `kind`: what people call such a door."""
        self.name = name
        self.address = told.address
        self._told = told
        self._kind = kind
        self._module = module
        self._path = settings.state_dir / FOLDER / f"{name}.json"
        self._encoder_step_um = {
            camera.name: camera.encoder_step_um or camera.pixel_pitch_y_um
            for camera in settings.cameras
            if isinstance(camera, GenTLSettings)
        }
        self._desk: Desk | None = None
        self._outbox: Outbox | None = None
        self._session: _Session | None = None
        self._is_closing = threading.Event()
        self._was_open = threading.Event()
        self._partners = TellPartners(connected=0)
        self._trouble = ""
        self._restarts = 0
        self._behind_since_s: float | None = None
        self._thread: threading.Thread | None = None

    @property
    def access(self) -> str:
        """Whom it lets in, in a sentence."""
        return f"partners may {self._told.role} at most"

    @property
    def followers(self) -> int:
        """Number of partners that are connected now."""
        return self._partners.connected if self._is_up else 0

    @property
    def state(self) -> DoorState:
        """How it is doing."""
        outbox, desk, partners = self._outbox, self._desk, self._partners
        return DoorState(
            name=self.name,
            kind=self._kind,
            address=self.address,
            is_open=self._is_up,
            partners=self.followers,
            last_partner=partners.last_partner,
            acknowledged=outbox.acknowledged if outbox else 0,
            waiting=outbox.waiting(desk.feed.last_sequence) if outbox and desk else 0,
            restarts=self._restarts,
            trouble=self._trouble or partners.detail,
            counters=dict(partners.counters),
        )

    @property
    def _is_up(self) -> bool:
        session = self._session
        return session is not None and session.is_open

    def open(self, desk: Desk) -> None:
        """Start the process; returns once it answers partners. Raises DoorError: it does not begin to."""
        self._desk = desk
        self._outbox = Outbox(self._path, desk.feed.last_sequence)
        self._thread = threading.Thread(target=self._keep, name=f"door {self.name}", daemon=True)
        self._thread.start()
        until_s = time.monotonic() + _OPEN_S
        while not self._was_open.wait(0.05):
            if self._restarts or time.monotonic() > until_s:
                self.close()
                raise DoorError(
                    f"Door {self.name} ({self._kind}) on {self.address} was to answer partners, and does not begin to: "
                    f"{self._trouble or 'it says nothing'} Correct [doors.{self.name}], or take it out."
                )

    def conditions(self) -> Sequence[Condition]:
        """What a person should look at now."""
        if self._desk is None or self._is_closing.is_set() or not self._was_open.is_set():
            return []
        found, state, facts = [], self.state, {"door": self.name}
        required = self._told.is_required
        if not state.is_open:
            kind = AlarmKind.DOOR_CLOSED if required else AlarmKind.DOOR_DOWN
            found.append(Condition(kind, self.name, facts, self._trouble))
        elif required and not state.partners:
            found.append(Condition(AlarmKind.DOOR_LEFT, self.name, facts, state.trouble))
        elif state.trouble:
            found.append(Condition(AlarmKind.DOOR_TROUBLE, self.name, facts, state.trouble))
        if not state.waiting:
            self._behind_since_s = None
        elif self._behind_since_s is None:
            self._behind_since_s = time.monotonic()
        elif time.monotonic() - self._behind_since_s > _WAITS_S and state.partners == 0:
            found.append(Condition(AlarmKind.DOOR_WAITS, self.name, facts | {"count": state.waiting}, state.trouble))
        if self._outbox and self._outbox.trouble:
            found.append(Condition(AlarmKind.DOOR_TROUBLE, self.name, facts, self._outbox.trouble))
        return found

    def close(self) -> None:
        """Let the process hand on what waits, within some seconds, then end it. May be repeated."""
        self._is_closing.set()
        if (session := self._session) is not None:
            session.hand_on(_END_S)
            session.end()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(3 * _END_S)
        if self._outbox is not None:
            self._outbox.keep_up(at_once=True)

    def _keep(self) -> None:
        """Start a process for as long as the door is to be open."""
        assert self._desk is not None
        assert self._outbox is not None
        rest_s = _FIRST_REST_S
        while not self._is_closing.is_set():
            began_s = time.monotonic()
            clerk = Clerk(self.name, self._told.role, self._desk, self._encoder_step_um)
            try:
                folder = self._path.with_suffix("")
                with _Session(self.name, self._module, self._told, self._desk, clerk, self._outbox, folder) as session:
                    self._session = session
                    self._trouble = session.serve(self._heard)
            except (OSError, InspectionError) as error:
                self._trouble = f"Its process could not be started: {error}."
            self._session = None
            if self._is_closing.is_set():
                return
            self._restarts += 1
            _log.error("a door's process has ended; it is started anew", door=self.name, why=self._trouble)
            rest_s = _FIRST_REST_S if time.monotonic() - began_s > _STEADY_S else min(2 * rest_s, _LONGEST_REST_S)
            self._is_closing.wait(rest_s)

    def _heard(self, told: str | TellPartners) -> None:
        if isinstance(told, TellPartners):
            self._partners = told
        else:
            self.address, self._trouble = told, ""
            self._was_open.set()
            _log.info("a door is open", door=self.name, address=told)


class _Session:
    """One process of a door, from its start to its end."""

    def __init__(
        self,
        name: str,
        module: str,
        told: LineDoorSettings,
        desk: Desk,
        clerk: Clerk,
        outbox: Outbox,
        folder: Path,
    ) -> None:
        """Start it. Raises OSError."""
        self._name, self._told, self._desk, self._clerk, self._outbox = name, told, desk, clerk, outbox
        self._folder = folder
        self._connection, theirs = socket.socketpair()
        try:
            with theirs:
                self._process: subprocess.Popen[bytes] = spawn(
                    "inspection.line.door_process",
                    (str(theirs.fileno()), module),
                    pass_fds=(theirs.fileno(),),
                    stderr=subprocess.PIPE,
                )
        except BaseException:
            self._connection.close()
            raise
        self._said: deque[str] = deque(maxlen=_LAST_LINES)
        self._too_much = ""
        self.is_open = False
        self._is_over = threading.Event()
        self._news = threading.Event()
        self._sending = threading.Lock()
        self._asked: queue.SimpleQueue[tuple[int, AskResults] | None] = queue.SimpleQueue()
        self._orders = ThreadPoolExecutor(4, thread_name_prefix=f"door {name} order")
        self._threads = [
            threading.Thread(target=run, name=f"door {name} {what}", daemon=True)
            for what, run in (
                ("results", self._answer_results),
                ("status", self._tell_status),
                ("log", self._hear_log),
            )
        ]

    def __enter__(self) -> "_Session":
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def serve(self, heard: Any) -> str:
        """Answer the process until it ends; returns why it ended, in a sentence."""
        self._connection.settimeout(_SILENT_S)
        self._send(
            {
                "name": self._name,
                "folder": str(self._folder),
                "settings": self._told.model_dump(mode="json"),
                "acknowledged": self._outbox.acknowledged,
                "status": self._status(),
            }
        )
        self._desk.feed.listen(self._wake)
        for thread in self._threads:
            thread.start()
        why = ""
        try:
            with self._connection.makefile("rb") as lines:
                while line := lines.readline(MOST_MESSAGE_BYTES):
                    self._take(json.loads(line), heard)
                    self._outbox.keep_up()
        except TimeoutError:
            why = f"Its process has given no sign of life for {_SILENT_S:g} s."
        except (ValueError, ValidationError) as error:
            why = f"Its process said what nobody understands: {error}"
        except OSError:
            pass  # the process has ended, or was ended
        finally:
            self._desk.feed.forget(self._wake)
            self.end()
        return why or self._last_words()

    def hand_on(self, patience_s: float) -> None:
        """Wait until the partner has taken what was published, as long as somebody takes anything."""
        until_s = time.monotonic() + patience_s
        while self.is_open and time.monotonic() < until_s and not self._is_over.is_set():
            if not self._outbox.waiting(self._desk.feed.last_sequence):
                return
            before = self._outbox.acknowledged
            self._is_over.wait(0.5)
            if self._outbox.acknowledged == before:
                return

    def end(self) -> None:
        """End the process. May be repeated."""
        self._is_over.set()
        self.is_open = False
        self._wake()
        self._asked.put(None)
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
        self._connection.close()
        self._orders.shutdown(wait=False, cancel_futures=True)
        for thread in self._threads[:-1]:  # after this the station may close what they ask
            if thread.ident is not None:
                thread.join(_END_S)

    def _take(self, message: Mapping[str, Any], heard: Any) -> None:
        if "open" in message:
            self.is_open = True
            heard(str(message["open"]))
        elif "order" in message:
            number, order = int(message["id"]), _ORDERS.validate_python(message["order"])
            if isinstance(order, TellPartners):
                heard(order)
            elif isinstance(order, AskResults):
                self._asked.put((number, order))
                self._wake()
            else:
                self._orders.submit(self._carry_out, number, order)

    def _carry_out(self, number: int, order: Order) -> None:
        try:
            if isinstance(order, Acknowledge):
                self._clerk.check(order)
                if order.up_to > self._desk.feed.last_sequence:
                    raise Refused("sequence-ahead", f"There is no decision {order.up_to} yet.")
                self._outbox.acknowledge(order.up_to)
                answer: Any = 0 if order.by_door else self._clerk.acknowledge(order)
            else:
                answer = self._clerk.carry_out(order)
        except Refused as refused:
            self._refuse(number, refused)
        except InspectionError as error:
            self._refuse(number, Refused("unavailable", str(error)))
        except Exception as error:  # noqa: BLE001 - the partner hears of it, and the door goes on
            _log.exception("a door's order broke off", door=self._name, order=type(order).__name__)
            self._refuse(number, Refused("unavailable", f"The station could not do it: {error!r}."))
        else:
            self._send({"id": number, "answer": answer})

    def _answer_results(self) -> None:
        """Answer those who ask for results, when there are some or their time is up."""
        waiting: dict[int, tuple[AskResults, float]] = {}
        while not self._is_over.is_set():
            due_s = min((until_s for _, until_s in waiting.values()), default=None)
            self._news.wait(None if due_s is None else max(0.0, due_s - time.monotonic()))
            self._news.clear()
            while not self._asked.empty():
                if (asked := self._asked.get()) is None:
                    return
                waiting[asked[0]] = (asked[1], time.monotonic() + asked[1].wait_s)
            for number, (order, until_s) in list(waiting.items()):
                if self._answer_one(number, order, is_due=time.monotonic() >= until_s):
                    del waiting[number]

    def _answer_one(self, number: int, order: AskResults, *, is_due: bool) -> bool:
        try:
            found = self._clerk.results(order)
        except Refused as refused:
            self._refuse(number, refused)
            return True
        if not found and not is_due:
            return False
        self._send({"id": number, "answer": [each.model_dump(mode="json") for each in found]})
        return True

    def _tell_status(self) -> None:
        """Tell the process how the station is doing, and look after its memory."""
        while not self._is_over.wait(_STATUS_EVERY_S):
            self._send({"status": self._status()})
            with contextlib.suppress(psutil.Error):
                taken_mb = psutil.Process(self._process.pid).memory_info().rss / 2**20
                if taken_mb > self._told.most_memory_mb:
                    self._too_much = f"It took {taken_mb:.0f} MB of memory, of {self._told.most_memory_mb} it may. "
                    self._process.send_signal(signal.SIGKILL)

    def _status(self) -> dict[str, Any]:
        return LineStatus.of(self._desk.status()).model_dump(mode="json")

    def _refuse(self, number: int, refused: Refused) -> None:
        self._send({"id": number, "refused": {"name": refused.name, "sentence": refused.sentence}})

    def _send(self, message: Mapping[str, Any]) -> None:
        with self._sending:
            try:
                self._connection.sendall(json.dumps(message).encode() + b"\n")
            except OSError:  # it is gone, or takes nothing; half a message may be under way, so nothing more is sent
                with contextlib.suppress(OSError):
                    self._connection.shutdown(socket.SHUT_RDWR)

    def _wake(self) -> None:
        self._news.set()

    def _hear_log(self) -> None:
        """What the process writes goes to the station's log; its last lines say why it ended."""
        assert self._process.stderr is not None
        with self._process.stderr as lines:
            while line := lines.readline(_LONGEST_LINE):
                text = line.decode(errors="replace").rstrip()
                self._said.append(text)
                _log.warning("a door says", door=self._name, text=text)

    def _last_words(self) -> str:
        status = self._process.poll()
        self._threads[-1].join(1.0)
        last = next((line for line in reversed(self._said) if line.strip()), "")
        told = f"{self._too_much}Its process has ended with status {status}."
        return f"{told} It said: {last[:500]}" if last else told
