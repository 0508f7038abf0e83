"""The door that is a camera's own output: a pulse at an encoder count for each piece, without a PLC between."""

import threading
from collections import Counter
from collections.abc import Sequence

import structlog

from inspection.alarms.condition import AlarmKind, Condition
from inspection.station.desk import Desk
from inspection.station.door_settings import CameraOutputSettings
from inspection.station.door_state import DoorState
from inspection.values import Decision, Verdict

_AT_ONCE = 100
_log = structlog.get_logger("inspection.line")


class OutputDoor:
    """Tells the camera's process where on the web its output is to rise; that process watches the encoder.

    What was decided while no station ran is told to nobody: those pieces have passed.
    """

    def __init__(self, name: str, told: CameraOutputSettings) -> None:
        self.name = name
        self._told = told
        self._desk: Desk | None = None
        self._thread: threading.Thread | None = None
        self._news = threading.Event()
        self._is_over = False
        self._place = 0
        self._counters: Counter[str] = Counter()
        self._trouble = ""

    @property
    def address(self) -> str:
        """Where its partners find it."""
        return self._told.address

    @property
    def access(self) -> str:
        """Whom it lets in, in a sentence."""
        return "whoever is wired to it"

    @property
    def followers(self) -> int:
        """Number of partners: the gate, as long as the camera is there."""
        return int(self._is_open and not self._trouble)

    @property
    def state(self) -> DoorState:
        """How it is doing."""
        last = self._desk.feed.last_sequence if self._desk else 0
        return DoorState(
            self.name,
            self._told.kind,
            self.address,
            self._is_open,
            self.followers,
            last_partner=self._told.camera,
            acknowledged=self._place,
            waiting=max(0, last - self._place),
            trouble=self._trouble,
            counters=dict(self._counters),
        )

    @property
    def _is_open(self) -> bool:
        return self._thread is not None and self._thread.is_alive() and not self._is_over

    def open(self, desk: Desk) -> None:
        """Begin with the next decision."""
        self._desk = desk
        self._place = desk.feed.last_sequence
        desk.feed.listen(self._news.set)
        self._thread = threading.Thread(target=self._run, name=f"door {self.name}", daemon=True)
        self._thread.start()

    def conditions(self) -> Sequence[Condition]:
        """What a person should look at now."""
        if self._desk is None or self._is_over:
            return []
        facts = {"door": self.name}
        if not self._is_open:
            kind = AlarmKind.DOOR_CLOSED if self._told.is_required else AlarmKind.DOOR_DOWN
            return [Condition(kind, self.name, facts, "Its thread has died; restart the station.")]
        if self._trouble:
            kind = AlarmKind.DOOR_LEFT if self._told.is_required else AlarmKind.DOOR_TROUBLE
            return [Condition(kind, self.name, facts, self._trouble)]
        return []

    def close(self) -> None:
        """End. May be repeated."""
        self._is_over = True
        self._news.set()
        if self._thread is not None and self._desk is not None:
            self._thread.join(5.0)
            self._desk.feed.forget(self._news.set)
            self._thread = None

    def _run(self) -> None:
        assert self._desk is not None
        feed = self._desk.feed
        while not self._is_over:
            self._news.wait()
            self._news.clear()
            while found := feed.after(max(self._place, feed.begins_after), _AT_ONCE):
                self._place = found[-1].sequence
                self._tell(self._desk, found)

    def _tell(self, desk: Desk, decisions: Sequence[Decision]) -> None:
        wanted = [each for each in decisions if (each.verdict is Verdict.ACCEPT) == (self._told.pulse_on == "accept")]
        placed = [each.piece.start_mm for each in wanted if each.piece.start_mm is not None]
        unplaced = len(wanted) - len(placed)
        pulses = [(start + self._told.gate_mm, start + self._told.gate_mm + self._told.pulse_mm) for start in placed]
        is_taken = not pulses or desk.give_pulses(self._told.camera, pulses)
        self._counters["pulses"] += len(pulses) if is_taken else 0
        self._counters["unplaced"] += unplaced
        self._counters["not_taken"] += 0 if is_taken else len(pulses)
        before, self._trouble = self._trouble, self._what_is_wrong(unplaced, is_taken=is_taken)
        if self._trouble and not before:
            _log.warning("a camera's output gives no pulse", door=self.name, why=self._trouble)

    def _what_is_wrong(self, unplaced: int, *, is_taken: bool) -> str:
        if not is_taken:
            return (
                f"Camera {self._told.camera} takes no pulses: it is away. Nothing is let through by it, and no ejector "
                "is fired: see to the camera."
            )
        if unplaced and self._told.pulse_on == "reject":
            return (
                f"{unplaced} pieces to be rejected lie where nobody knows, so the ejector was not fired: stop the line "
                'and take them out. A gate with pulse_on = "accept" passes none of these.'
            )
        return ""
