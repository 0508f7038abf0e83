"""What a PLC has done by the station: triggers and commands as orders, and the numbers that they are answered with."""

from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from inspection.line.handshake import next_count
from inspection.line.modbus.numbers import Command, error_id
from inspection.line.modbus.result_numbers import Echo
from inspection.line.orders import (
    AddTrigger,
    BeginRoll,
    CancelRecipe,
    ConfirmRecipe,
    EndIntervention,
    EndRoll,
    Hold,
    Order,
    PrepareRecipe,
)
from inspection.line.refusal import Refused
from inspection.line.station_link import StationLink

_MOST_ECHOES = 4096
"""Triggers of which the encoder's position is remembered."""
_WHY = "asked for over Modbus"


@dataclass(frozen=True, slots=True)
class Trigger:
    """What the PLC tells of a piece."""

    trigger_id: str
    piece_id: int
    encoder: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A command, with its argument and the hash that confirms it."""

    command: Command
    argument: int
    hashes: tuple[int, int] = (0, 0)


class Errands:
    """One door's. Belongs to one event loop."""

    def __init__(
        self, link: StationLink, recipes: Sequence[str], counters: Counter[str], *, by_encoder: bool = False
    ) -> None:
        """`recipes`: by number, from 1; `by_encoder`: a trigger's encoder position says where on the web it belongs."""
        self._link = link
        self._by_encoder = by_encoder
        self._recipes = recipes
        self._counters = counters
        self._echoes: OrderedDict[str, Echo] = OrderedDict()
        self._prepared: str | None = None
        self.acquisition_id = 0
        """Counts the triggers that were taken in."""
        self.is_taken_off = False
        """The partner took the station offline."""

    def echo(self, trigger_id: str | None) -> Echo | None:
        """What is remembered of a trigger; None: none came, or before the door's start, or too long ago."""
        return None if trigger_id is None else self._echoes.get(trigger_id)

    async def trigger(self, trigger: Trigger, by: str) -> int:
        """Tell the station. Returns 0, or an error's number."""
        if self.is_taken_off:
            return error_id("unavailable")
        acquisition_id = next_count(self.acquisition_id)
        before = self._echoes.get(trigger.trigger_id)
        self._echoes[trigger.trigger_id] = Echo(acquisition_id, trigger.encoder)  # the result may be quicker
        piece_id = str(trigger.piece_id) if trigger.piece_id else None
        place = trigger.encoder if self._by_encoder else None
        order = AddTrigger(trigger_id=trigger.trigger_id, piece_id=piece_id, by=by, place_counts=place)
        answer = await self._ask(order)
        if answer:
            del self._echoes[trigger.trigger_id]
            if before is not None:
                self._echoes[trigger.trigger_id] = before
            return answer
        self.acquisition_id = acquisition_id
        self._counters["triggers"] += 1
        while len(self._echoes) > _MOST_ECHOES:
            self._echoes.popitem(last=False)
        return 0

    async def command(self, asked: Asked, by: str) -> int:
        """Have the station do it. Returns 0, or an error's number."""
        if asked.command in (Command.GO_OFFLINE, Command.GO_ONLINE):
            self.is_taken_off = asked.command is Command.GO_OFFLINE
            return 0
        try:
            order = self._order(asked, by)
        except Refused as refused:
            return error_id(refused.name)
        return await self._ask(order)

    def _order(self, asked: Asked, by: str) -> Order:
        """Raises Refused."""
        number = asked.argument
        match asked.command:
            case Command.PREPARE_RECIPE:
                return PrepareRecipe(recipe=self._title(number), why=_WHY, by=by)
            case Command.CONFIRM_RECIPE:
                return ConfirmRecipe(sha256=self._confirmed(asked.hashes), by=by)
            case Command.CANCEL_RECIPE:
                return CancelRecipe(why=_WHY, by=by)
            case Command.BEGIN_ROLL:
                if not number:
                    raise Refused("invalid", "0 is no roll.")
                return BeginRoll(roll=str(number), by=by)
            case Command.END_ROLL:
                return EndRoll(by=by)
            case Command.HOLD:
                return Hold(reason=_WHY, by=by)
            case _:
                return EndIntervention(reason=_WHY, by=by)

    def _title(self, number: int) -> str:
        if not 1 <= number <= len(self._recipes):
            raise Refused("not-found", f"Recipe {number} is not among the door's recipes.")
        return self._recipes[number - 1]

    def _confirmed(self, hashes: tuple[int, int]) -> str:
        """The whole hash of what was prepared. `hashes`: its beginning; (0, 0) for what was prepared just now."""
        change = self._link.status.change_recipe
        prepared = self._prepared or (change.sha256 if change else None)
        told = "".join(f"{number:08x}" for number in hashes)
        if prepared is None or (any(hashes) and not prepared.startswith(told)):
            raise Refused("conflict", "No recipe with this hash was prepared.")
        return prepared

    async def _ask(self, order: Order) -> int:
        """Returns 0, or an error's number."""
        try:
            answer = await self._link.ask(order)
        except Refused as refused:
            self._counters[f"refused_{refused.name}"] += 1
            return error_id(refused.name)
        if isinstance(order, PrepareRecipe):
            self._prepared = str(answer["recipe"]["sha256"])
        elif isinstance(order, CancelRecipe | BeginRoll):
            self._prepared = None
        return 0
