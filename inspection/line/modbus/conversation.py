"""What passes between the station and a PLC, in whatever registers it lies: the handshake, and the orders behind it."""

import asyncio
import time
import zlib
from collections import Counter, deque
from collections.abc import Mapping
from typing import TypeVar

from inspection.line.handshake import (
    Heartbeats,
    LetGo,
    Offline,
    Request,
    Requests,
    Results,
    Rules,
    is_stop_wanted,
    offline,
)
from inspection.line.modbus.blocks import SELF_TEST, VERSION
from inspection.line.modbus.errands import Asked, Errands, Trigger
from inspection.line.modbus.numbers import STEPS, named
from inspection.line.modbus.result_numbers import result_numbers
from inspection.line.orders import (
    TellPartners,
)
from inspection.line.refusal import Refused
from inspection.line.result import Result
from inspection.line.station_link import StationLink
from inspection.people.key_role import KeyRole
from inspection.station.door_settings import ModbusSettings

_TICK_S = 0.05
_TELL_EVERY_S = 0.5
_REST_S = 1.0
"""Before results are asked for again that the station could not give."""
_AWAY_S = 3.0
"""For layouts without a heartbeat register, where the settings name no time."""
_GAP_S = 0.2
_MOST_ASKED = 32
"""Triggers, and commands, that wait to be carried out."""
_MOST_PARTNERS = 64
_TROUBLE_S = 60.0
"""For so long it is told that results were let go by force."""
T = TypeVar("T")


class Conversation:
    """One door's. Belongs to one event loop."""

    def __init__(self, link: StationLink, settings: ModbusSettings, *, has_heartbeat: bool) -> None:
        """`has_heartbeat`: the layout has a register for the partner's."""
        self._link = link
        self._settings = settings
        rules = Rules(
            buffer=settings.buffer_results,
            retry_s=settings.retry_s,
            gap_s=0.0 if has_heartbeat else _GAP_S,
            away_s=settings.heartbeat_s or _AWAY_S,
        )
        self.is_reader = settings.role is KeyRole.READ
        """Partners may change nothing: results are held for nobody."""
        self._counts_beats = has_heartbeat and settings.heartbeat_s > 0 and not self.is_reader
        self.results: Results[Result] = Results(rules, is_held=not self.is_reader)
        self.triggers: Requests[Trigger] = Requests(_MOST_ASKED)
        self.commands: Requests[tuple[Asked, ...]] = Requests(_MOST_ASKED)
        self.beats = Heartbeats(rules, self.now_s())
        self.error_id = 0
        """The last error; 0: none, or it was cleared."""
        self.counters: Counter[str] = Counter()
        """What is told of the door beside its state."""
        self.errands = Errands(link, settings.recipes, self.counters, by_encoder=settings.trigger_place == "encoder")
        self.connected = 0
        """Connections that are open now."""
        self._partner = ""
        self._writers: deque[str] = deque(maxlen=_MOST_PARTNERS)
        self._trouble = ""
        self._forced_s = float("-inf")
        self._room = asyncio.Event()
        self._news = [asyncio.Event() for _ in range(3)]
        self._shown: tuple[int, Mapping[str, int]] = (0, {})

    @staticmethod
    def now_s() -> float:
        """Seconds of the steady clock that all times of the handshake are by."""
        return time.monotonic()

    async def run(self) -> None:
        """Carry results and orders between station and registers, without end. Raises StationGone."""
        async with asyncio.TaskGroup() as tasks:
            for each in (self._follow, self._take_triggers, self._take_commands, self._hand_on, self._live):
                tasks.create_task(each())

    # What partners do

    def heard(self, partner: str) -> None:
        """A partner asks for something; call before it is carried out."""
        if partner in self._writers or self.is_reader:
            self._partner = partner
            if not self._counts_beats:
                self.beats.sign(self.now_s())

    def answered(self, partner: str, *, has_written: bool) -> None:
        """What it asked for was carried out."""
        if has_written and partner not in self._writers:
            self._writers.append(partner)
            self.heard(partner)
        if partner in self._writers:
            self.results.asked(self.now_s())
        if has_written or self.results.is_any_released:
            self._wake()

    def _wake(self) -> None:
        """Something is to be carried out, or was let go of."""
        self._room.set()
        for event in self._news:
            event.set()

    def clear_error(self) -> None:
        """The partner has seen the error."""
        self.error_id = 0

    # What partners are told

    def told(self) -> dict[str, int]:
        """All numbers and bits, by the names in `blocks`."""
        now_s, status, link = self.now_s(), self._link.status, self._link
        self.beats.tick(link.is_fresh, now_s)
        self.results.tick(now_s)
        why, shown = self.offline(), self.results.shown
        waiting = max(0, status.last_sequence - link.acknowledged)
        told: dict[str, int] = {
            "self_test": SELF_TEST,
            "map_version": VERSION,
            "heartbeat": self.beats.ours,
            "online": why is Offline.NO,
            "ready": self.is_ready,
            "busy": status.triggers_waiting > 0 or self.triggers.is_busy,
            "result_valid": self.results.is_valid,
            "overrun": self.results.is_overrun,
            "stop_request": is_stop_wanted(status.uninspected_in_a_row, self._settings.stop_after_uninspected),
            "error": self.error_id != 0,
            "partner_away": self.beats.is_away(now_s),
            "hold": status.intervention == "hold",
            "bypass": status.intervention == "bypass",
            "command_busy": self.commands.is_busy,
            "offline_reason": int(why),
            "error_id": self.error_id,
            "uninspected_in_a_row": status.uninspected_in_a_row,
            "trigger_answered": self.triggers.answered,
            "trigger_answer": self.triggers.answer,
            "command_answered": self.commands.answered,
            "command_answer": self.commands.answer,
            "acquisition_id": self.errands.acquisition_id,
            "results_waiting": max(waiting, self.results.waits),
            "results_forced": self.results.forced,
            "overruns": self.results.overruns,
            "writes_refused": self.counters["writes_refused"],
            "accepted": status.accepted,
            "rejected": status.rejected,
            "uninspected": status.uninspected,
            "late": status.late,
            "triggers_expired": status.triggers_expired,
            "last_sequence": max(status.last_sequence, shown.sequence if shown else 0),
            "store": zlib.crc32(status.epoch.encode()),
            "recipe": self._recipe_number(f"{status.recipe.name}-{status.recipe.version}"),
            "change_step": STEPS[status.change_step] if status.change_step else 0,
            "alarms": len(status.alarms),
            "deadline": round(status.deadline_ms or 0),
        }
        told |= named("recipe", status.recipe) | named("model", status.model) | named("change", status.change_recipe)
        told |= self._told_result(shown)
        return told

    @property
    def is_ready(self) -> bool:
        """One more trigger can be taken in."""
        return self.offline() is Offline.NO and not (self.triggers.is_full or self.is_reader)

    def offline(self) -> Offline:
        """Why nothing may be expected of the station now."""
        status = self._link.status
        return offline(
            is_fresh=self._link.is_fresh,
            is_taken_off=self.errands.is_taken_off,
            is_held=status.intervention == "hold",
            is_ready=status.is_ready,
            is_partner_away=self.beats.is_away(self.now_s()),
        )

    def _told_result(self, shown: Result | None) -> Mapping[str, int]:
        if shown is None:
            return {}
        if self._shown[0] != shown.sequence:
            self._shown = (shown.sequence, result_numbers(shown, self.errands.echo(shown.trigger_id)))
        return self._shown[1]

    def _recipe_number(self, title: str) -> int:
        recipes = self._settings.recipes
        return recipes.index(title) + 1 if title in recipes else 0

    # What is carried between them and the station

    async def _follow(self) -> None:
        after = self._link.status.last_sequence if self.is_reader else self._link.acknowledged
        while True:
            try:
                async for result in self._link.follow(after):
                    while not self.results.offer(result, self.now_s()):
                        self._room.clear()
                        await self._room.wait()
                    after = result.sequence
                    self._trouble = ""
            except Refused as refused:
                self._trouble = f"The station gives no results: {refused.sentence}"
                await asyncio.sleep(_REST_S)

    async def _take_triggers(self) -> None:
        while True:
            while request := self.triggers.begin():
                self._end(self.triggers, request, await self.errands.trigger(request.what, self._partner))
            await self._next(0)

    async def _take_commands(self) -> None:
        while True:
            while request := self.commands.begin():
                answer = 0
                for each in request.what:
                    answer = answer or await self.errands.command(each, self._partner)
                self._end(self.commands, request, answer)
            await self._next(1)

    async def _hand_on(self) -> None:
        """Tell the station what was let go of."""
        while True:
            for release in self.results.released():
                if release.how is LetGo.FORCED:
                    self._forced_s = self.now_s()
                if not self.is_reader:
                    by = self._partner if release.how is LetGo.ACKNOWLEDGED else f"{release.how.value}, {self._partner}"
                    await self._ask_acknowledge(release.sequence, by)
            await self._next(2)

    async def _next(self, task: int) -> None:
        """Wait until there is something to be done."""
        await self._news[task].wait()
        self._news[task].clear()

    def _end(self, requests: Requests[T], request: Request[T], answer: int) -> None:
        requests.end(request, answer)
        self.error_id = answer or self.error_id

    async def _ask_acknowledge(self, sequence: int, by: str) -> None:
        try:
            await self._link.acknowledge(sequence, by)
        except Refused as refused:  # the next one brings it along
            self._trouble = f"The station did not note that result {sequence} was taken: {refused.sentence}"

    async def _live(self) -> None:
        """Let time go on, and tell the station how it stands."""
        told_s = float("-inf")
        while True:
            now_s = self.now_s()
            self.beats.tick(self._link.is_fresh, now_s)
            self.results.tick(now_s)
            if now_s - told_s >= _TELL_EVERY_S:
                told_s = now_s
                self._link.tell_partners(self._partners(now_s))
            await asyncio.sleep(_TICK_S)

    def _partners(self, now_s: float) -> TellPartners:
        is_away = self.beats.is_away(now_s)
        counters = self.counters | Counter(
            {"results_forced": self.results.forced, "overruns": self.results.overruns, "connections": self.connected}
        )
        return TellPartners(
            connected=0 if is_away else self.connected,
            last_partner=self._partner,
            detail=self._trouble or self._partners_trouble(is_away, now_s),
            counters=dict(counters.most_common(32)),
        )

    def _partners_trouble(self, is_away: bool, now_s: float) -> str:
        if self.connected and is_away and self._writers:
            sign = "its heartbeat register stands still" if self._counts_beats else "it asks for nothing"
            return (
                f"{self._partner} is connected, and {sign}: it is taken for absent. Look whether the PLC runs, and "
                "whether its program writes the heartbeat."
            )
        if now_s - self._forced_s < _TROUBLE_S:
            return (
                f"{self.results.forced} results were read and not acknowledged in {self._settings.retry_s:g} s, and "
                "let go: the PLC's program forgets to acknowledge, or is too slow. Look at its handshake."
            )
        if self.results.is_overrun and not is_away:
            return (
                "The PLC takes results more slowly than the line makes them: they wait in the store, and are told "
                "late. Have it ask more often."
            )
        return ""
