"""The vision system that partners see: its nodes, its state machines, and what it says of itself."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from asyncua import Server, ua
from asyncua.common.utils import ServiceError

from inspection.line.opcua.events import Events
from inspection.line.opcua.methods import Call, Handler, Method, Methods, structure
from inspection.line.opcua.nodes import Nodes
from inspection.line.opcua.states import AUTOMATIC, VISION, StateMachines, Step, WrongState
from inspection.line.opcua.table import Part, Row, by_id, children, states
from inspection.line.orders import Order, role_needed
from inspection.line.station_link import StationLink
from inspection.people.key_role import KeyRole

ROOT = "VisionSystem"
_TYPE = "1003"
LEFT_OUT = frozenset(
    {
        "SafetyStateManagement",
        "DiagnosticLevel",
        "ConfirmAll",
        "AddConfiguration",
        "Configurations",
        "ConfigurationTransfer",
        "ReleaseConfigurationHandle",
        "RemoveConfiguration",
        "AddRecipe",
        "PrepareProduct",
        "Products",
        "Recipes",
        "RecipeTransfer",
        "ReleaseRecipeHandle",
        "RemoveRecipe",
        "UnlinkProduct",
        "UnprepareProduct",
        "ReleaseResultHandle",
        "Results",
        "ResultTransfer",
        "PreoperationalStepModel",
        "HaltedStepModel",
        "ErrorStepModel",
        "InitializedStepModel",
        "ReadyStepModel",
        "SingleExecutionStepModel",
        "ContinuousExecutionStepModel",
    }
)
"""Optional parts of the model that this station has nothing for."""
_MACHINES = {VISION: f"{ROOT}.VisionStateMachine", AUTOMATIC: f"{ROOT}.VisionStateMachine.AutomaticModeStateMachine"}
_STATE_CHANGED, _ERROR, _ERROR_RESOLVED, _INFORMATION = "1018", "1019", "1020", "1037"
_STATE_SEVERITY, _ERROR_SEVERITY, _FAILED_SEVERITY = 100, 800, 300
_T = ua.VariantType


class Vision:
    """The system's root; what it manages hangs its own methods below it."""

    def __init__(self, server: Server, nodes: Nodes, methods: Methods, link: StationLink) -> None:
        self.server = server
        self.nodes = nodes
        self.link = link
        self.machines = StateMachines()
        self.turn = asyncio.Lock()
        """Held by whoever changes the state, so that two partners' calls come one after the other."""
        self._methods = methods
        self._declared: Mapping[str, Row] = {}
        self.events = Events(server.iserver.subscription_service, nodes.own_id(ROOT), ROOT)
        self._system_state: tuple[int, str] | None = None

    async def build(self) -> None:
        """Make the instance. Before the server starts."""
        objects = ua.NodeId(ua.ObjectIds.ObjectsFolder)
        self._declared = self.nodes.add_instance(_TYPE, ROOT, objects, LEFT_OUT)
        for machine, path in _MACHINES.items():
            current = f"{path}.CurrentState"
            number = ua.Variant(0, _T.UInt32)
            self.nodes.add_property(f"{current}.Number", self.nodes.own_id(current), ua.NodeId(7), number, "Number")
            await self._show_state(machine)
        for name in ("Halt", "Reset", "SelectModeAutomatic"):
            self.add_method(f"{_MACHINES[VISION]}.{name}", self._calls(name))
        self._methods.failed = self._tell_failed
        await self.show_system_state()

    def add_method(self, path: str, handler: Handler) -> None:
        """Have a declared method answered."""
        row = self._declared[path]
        inputs, outputs = (
            self._declared[f"{path}.{which}"].parts if f"{path}.{which}" in self._declared else ()
            for which in ("InputArguments", "OutputArguments")
        )
        on, own = self.nodes.own_id(path.rpartition(".")[0]), self.nodes.own_id(path)
        declaring = self._declared[path.rpartition(".")[0]].type
        of_type = next(each.id for each in children(declaring) if each.name == row.name)
        ids = (own, self.nodes.id_of(row.id), self.nodes.id_of(of_type))
        self._methods.add(on, ids, row.name, Method(inputs, outputs, handler))

    def add_own_method(self, path: str, inputs: tuple[Part, ...], outputs: tuple[Part, ...], handler: Handler) -> None:
        """A method that the standard does not have."""
        on = self.nodes.own_id(path.rpartition(".")[0])
        self.nodes.add_method(path, on, inputs, outputs)
        self._methods.add(on, (self.nodes.own_id(path),), path.rpartition(".")[2], Method(inputs, outputs, handler))

    def may(self, call: Call, needed: KeyRole) -> None:
        """Raises ServiceError: the caller may not do this."""
        if not call.caller.key_role.covers(needed) or not KeyRole(self.link.settings["role"]).covers(needed):
            raise ServiceError(ua.StatusCodes.BadUserAccessDenied)

    async def ask(self, call: Call, order: Order) -> Any:
        """Have the station do something that the caller may. Raises ServiceError, Refused."""
        self.may(call, role_needed(order))
        return await self.link.ask(order.model_copy(update={"by": call.by}))

    def check(self, cause: str) -> None:
        """Raises ServiceError: a method leads nowhere from the present state."""
        try:
            self.machines.check(cause)
        except WrongState as error:
            raise ServiceError(ua.StatusCodes.BadInvalidState) from error

    async def step(self, cause: str) -> None:
        """Go where a method leads, show it and tell it. Raises ServiceError: nowhere; nothing has changed."""
        self.check(cause)
        await self._told(self.machines.call(cause), cause)

    async def step_by_itself(self, end: str, why: str) -> bool:
        """Enter a state without anybody's call. Returns whether a transition leads there."""
        steps = self.machines.by_itself(end)
        await self._told(steps, why)
        return bool(steps)

    async def tell(
        self,
        kind: str,
        message: str,
        severity: int,
        fields: Mapping[str, ua.Variant],
        time: datetime | None = None,
    ) -> None:
        """Raise an event of a type of the model."""
        await self.events.publish(self.events.make(self.nodes.id_of(kind), message, severity, fields, None, time))

    async def write(self, path: str, value: ua.Variant) -> None:
        """Show a value."""
        now = datetime.now(UTC)
        told = ua.DataValue(value, SourceTimestamp=now, ServerTimestamp=now)
        await self.server.iserver.write_attribute_value(self.nodes.own_id(path), told)

    async def show_system_state(self) -> None:
        """SystemState, in the words of SEMI E10."""
        state = self._e10()
        if state != self._system_state:
            self._system_state = state
            enum = getattr(ua, "SystemStateDataType")(state[0])  # noqa: B009 - asyncua makes it from the nodes
            told = structure("SystemStateDescriptionDataType", State=enum, StateDescription=state[1])
            await self.write(f"{ROOT}.SystemState", ua.Variant(told, _T.ExtensionObject))

    def _e10(self) -> tuple[int, str]:
        status = self.link.status
        members, machine = by_id()["3023"].members, self.machines
        if machine.vision == "Error":
            return members["UDT_5"], "Unscheduled downtime: see the conditions"
        if machine.vision == "Halted":
            return members["NST_6"], "Halted"
        if status.intervention is not None:
            return members["ENG_3"], f"The line is on {status.intervention}"
        if machine.is_executing:
            return members["PRD_1"], f"Productive: {machine.automatic}"
        return members["SBY_2"], f"Standby: {machine.automatic or machine.vision}"

    def _calls(self, name: str) -> Handler:
        async def handler(call: Call, *_: Any) -> tuple[int]:
            self.may(call, KeyRole.TRIGGER)
            async with self.turn:
                await self.step(name)
            return (0,)

        return handler

    async def _told(self, steps: list[Step], why: str) -> None:
        for step in steps:
            told = step.transition
            start, end = (_state(name) for name in (told.start, told.end))
            machine = AUTOMATIC if told.end in states(AUTOMATIC) else VISION
            await self._show_state(machine)
            kind = _STATE_CHANGED
            if told.end == "Error":
                kind = _ERROR
            elif told.start == "Error" and told.cause is None:
                kind = _ERROR_RESOLVED
            fields = {
                "Transition": ua.Variant(ua.LocalizedText(told.name), _T.LocalizedText),
                "Transition/Id": ua.Variant(self.nodes.id_of(told.id), _T.NodeId),
                "Transition/Number": ua.Variant(told.number, _T.UInt32),
                "FromState": ua.Variant(ua.LocalizedText(told.start), _T.LocalizedText),
                "FromState/Id": ua.Variant(self.nodes.id_of(start.id), _T.NodeId),
                "FromState/Number": ua.Variant(start.number, _T.UInt32),
                "ToState": ua.Variant(ua.LocalizedText(told.end), _T.LocalizedText),
                "ToState/Id": ua.Variant(self.nodes.id_of(end.id), _T.NodeId),
                "ToState/Number": ua.Variant(end.number, _T.UInt32),
            }
            severity = _ERROR_SEVERITY if kind == _ERROR else _STATE_SEVERITY
            await self.tell(kind, f"{told.start} to {told.end}: {why}", severity, fields)
        if steps:
            if not self.machines.automatic:
                await self._show_state(AUTOMATIC)
            await self.show_system_state()

    async def _show_state(self, machine: str) -> None:
        name = self.machines.vision if machine == VISION else self.machines.automatic
        path = f"{_MACHINES[machine]}.CurrentState"
        told = None if name is None else _state(name)
        await self.write(path, ua.Variant(ua.LocalizedText(name or "", "en"), _T.LocalizedText))
        at = self.nodes.id_of(told.id) if told else ua.NodeId()
        await self.write(f"{path}.Id", ua.Variant(at, _T.NodeId))
        await self.write(f"{path}.Number", ua.Variant(told.number if told else 0, _T.UInt32))

    async def _tell_failed(self, name: str, why: str, call: Call) -> None:
        """By OPC 40100-1, 11.5, all others hear of a call that failed."""
        await self.tell(
            _INFORMATION, f"{name} was refused to {call.by or 'somebody'}: {why}"[:500], _FAILED_SEVERITY, {}
        )


def _state(name: str) -> Any:
    return states(VISION).get(name) or states(AUTOMATIC)[name]
