"""VisionSystem.Line: the words of the line as plain variables, for partners that poll or watch and hear no events."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from asyncua import ua

from inspection.line.line_status import LineStatus
from inspection.line.opcua.content import LAYOUT_PLACES
from inspection.line.opcua.methods import ERRORS, Call
from inspection.line.opcua.table import Part
from inspection.line.opcua.vision import ROOT, Vision
from inspection.line.orders import AddTrigger, BeginRoll, Bypass, EndIntervention, EndRoll, Hold, Order
from inspection.line.refusal import Refused
from inspection.line.result import Result

LINE = f"{ROOT}.Line"
_T = ua.VariantType
_TYPES = {
    _T.Boolean: 1,
    _T.UInt16: 5,
    _T.Int32: 6,
    _T.UInt32: 7,
    _T.Int64: 8,
    _T.UInt64: 9,
    _T.Double: 11,
    _T.String: 12,
    _T.ByteString: 15,
}
_RESULT = tuple(place for place in LAYOUT_PLACES if not place.is_array)


@dataclass(frozen=True, slots=True)
class Word:
    """A variable about the station."""

    name: str
    kind: ua.VariantType
    meaning: str
    value: Callable[[LineStatus], Any]


WORDS: tuple[Word, ...] = (
    Word("State", _T.String, "starting, running, stopping or finished", lambda s: s.state),
    Word("IsReady", _T.Boolean, "whether the line may run", lambda s: s.is_ready),
    Word("NotReady", _T.String, "why not, a line for each reason", lambda s: "\n".join(s.not_ready)[:2000]),
    Word("Intervention", _T.String, "hold or bypass; empty: neither", lambda s: s.intervention or ""),
    Word(
        "Recipe",
        _T.String,
        "name and version of the recipe that judges",
        lambda s: f"{s.recipe.name}-{s.recipe.version}",
    ),
    Word("RecipeSha256", _T.ByteString, "its SHA-256", lambda s: bytes.fromhex(s.recipe.sha256)),
    Word(
        "ModelName",
        _T.String,
        "name and version of the model that looks",
        lambda s: f"{s.model.name}-{s.model.version}",
    ),
    Word("LastSequence", _T.UInt64, "number of the newest decision", lambda s: s.last_sequence),
    Word("Accepted", _T.UInt64, "decisions since start", lambda s: s.accepted),
    Word("Rejected", _T.UInt64, "decisions since start", lambda s: s.rejected),
    Word("Uninspected", _T.UInt64, "decisions since start", lambda s: s.uninspected),
    Word("Late", _T.UInt64, "decisions since start that met no deadline", lambda s: s.late),
    Word("TriggersWaiting", _T.UInt32, "triggers that wait for their pieces", lambda s: s.triggers_waiting),
    Word("TriggersExpired", _T.UInt64, "triggers that no decision echoes", lambda s: s.triggers_expired),
)
_ERROR = Part("Error", "0:6", False, False)


class Line:
    """Variables and methods of the station's own."""

    def __init__(self, vision: Vision) -> None:
        self._vision = vision
        self._heartbeat = 0
        self._told: dict[str, Any] = {}

    def build(self) -> None:
        """Make the object."""
        vision, nodes = self._vision, self._vision.nodes
        nodes.add_object(LINE, nodes.own_id(ROOT), ua.NodeId(ua.ObjectIds.BaseObjectType))
        for name, kind in (("Heartbeat", _T.UInt32), ("StopRequested", _T.Boolean), ("Acknowledged", _T.UInt64)):
            self._add(name, kind, 0)
        for word in WORDS:
            self._add(word.name, word.kind, word.value(vision.link.status))
        nodes.add_object(f"{LINE}.Result", nodes.own_id(LINE), ua.NodeId(ua.ObjectIds.BaseObjectType))
        for place in _RESULT:
            self._add(f"Result.{place.name}", place.kind, _NOTHING.get(place.kind, 0))
        text = {name: Part(name, "0:12", False, False) for name in ("TriggerId", "PieceId", "Roll", "Reason")}
        minutes = Part("Minutes", "0:11", False, False)
        add = vision.add_own_method
        for name, inputs, make in (
            ("AddTrigger", ("TriggerId", "PieceId"), lambda t, p: AddTrigger(trigger_id=t or "", piece_id=p or None)),
            ("BeginRoll", ("Roll",), lambda roll: BeginRoll(roll=roll or "")),
            ("EndRoll", (), lambda: EndRoll()),
            ("Hold", ("Reason",), lambda reason: Hold(reason=reason or "")),
            ("EndIntervention", ("Reason",), lambda reason: EndIntervention(reason=reason or "")),
        ):
            add(f"{LINE}.{name}", tuple(text[each] for each in inputs), (_ERROR,), self._order(make))
        bypass = self._order(lambda reason, most: Bypass(reason=reason or "", minutes=most))
        add(f"{LINE}.Bypass", (text["Reason"], minutes), (_ERROR,), bypass)
        where = Part("Place", "0:11", False, False)
        sheet = self._order(lambda t, p, mm: AddTrigger(trigger_id=t or "", piece_id=p or None, place_mm=mm))
        add(f"{LINE}.AddSheet", (text["TriggerId"], text["PieceId"], where), (_ERROR,), sheet)

    async def beat(self) -> None:
        """Twice a second while the station lives: the heartbeat, and what has changed."""
        link = self._vision.link
        if not link.is_fresh:
            return
        self._heartbeat = (self._heartbeat + 1) % 2**32
        status, bound = link.status, link.settings["stop_after_uninspected"]
        await self._write("Heartbeat", _T.UInt32, self._heartbeat)
        await self._write("StopRequested", _T.Boolean, status.uninspected_in_a_row >= bound)
        await self._write("Acknowledged", _T.UInt64, link.acknowledged)
        for word in WORDS:
            await self._write(word.name, word.kind, word.value(status))

    async def tell(self, result: Result) -> None:
        """The newest result: its number is written last, so that whoever sees it change reads all of it anew."""
        for place in sorted(_RESULT, key=lambda place: place.name == "Sequence"):
            await self._write(f"Result.{place.name}", place.kind, place.value(result))

    def _add(self, name: str, kind: ua.VariantType, value: Any) -> None:
        nodes, path = self._vision.nodes, f"{LINE}.{name}"
        parent = nodes.own_id(path.rpartition(".")[0])
        nodes.add_variable(path, parent, ua.NodeId(_TYPES[kind]), ua.Variant(value, kind))

    async def _write(self, name: str, kind: ua.VariantType, value: Any) -> None:
        if name not in self._told or self._told[name] != value:
            self._told[name] = value
            await self._vision.write(f"{LINE}.{name}", ua.Variant(value, kind))

    def _order(self, make: Callable[..., Order]) -> Any:
        async def handler(call: Call, *given: Any) -> tuple[int]:
            try:
                order = make(*given)
            except ValueError:  # pydantic's: too long, empty, out of range
                return (ERRORS["invalid"],)
            try:
                await self._vision.ask(call, order)
            except Refused as refused:
                if refused.name == "forbidden":
                    raise
                return (ERRORS[refused.name],)
            return (0,)

        return handler


_NOTHING = {_T.String: "", _T.ByteString: b"", _T.Boolean: False, _T.Double: 0.0}
