"""Conditions: the station's alarms as OPC UA has them. Who acknowledges one here has acknowledged it at the station."""

from collections.abc import Sequence
from typing import Any

from asyncua import ua
from asyncua.common.utils import ServiceError

from inspection.alarms.condition import Priority
from inspection.line.line_status import LineAlarm
from inspection.line.opcua.events import Event
from inspection.line.opcua.methods import Call
from inspection.line.opcua.vision import Vision
from inspection.line.orders import AcknowledgeAlarm
from inspection.line.refusal import Refused

_WARNING, _ERROR = "1034", "1035"
_KINDS = {
    Priority.CRITICAL: (_ERROR, 900),
    Priority.HIGH: (_ERROR, 700),
    Priority.MEDIUM: (_WARNING, 500),
    Priority.LOW: (_WARNING, 300),
    Priority.NOTICE: (_WARNING, 100),
}
"""Type and severity by an alarm's priority. VisionPersistentError is not used: no alarm here needs the line's reset."""
_T = ua.VariantType


class Conditions:
    """What is shown of the alarms."""

    def __init__(self, vision: Vision) -> None:
        self._vision = vision
        self._shown: dict[int, tuple[LineAlarm, Event]] = {}

    def build(self, by_method: dict[ua.NodeId, Any]) -> None:
        """Have the methods of OPC UA itself answered."""
        by_method[ua.NodeId(ua.ObjectIds.AcknowledgeableConditionType_Acknowledge)] = self._acknowledge
        by_method[ua.NodeId(ua.ObjectIds.ConditionType_ConditionRefresh)] = self._refresh
        by_method[ua.NodeId(ua.ObjectIds.ConditionType_ConditionRefresh2)] = self._refresh

    @property
    def stopping(self) -> str | None:
        """What makes the station's word worthless now, in a sentence; None: nothing does."""
        for alarm, _ in self._shown.values():
            if alarm.is_standing and alarm.priority is Priority.CRITICAL and not alarm.kind.startswith("door."):
                return alarm.sentence
        return None

    async def show(self, alarms: Sequence[LineAlarm]) -> None:
        """Tell what is new, has changed, or is gone."""
        now = {alarm.number: alarm for alarm in alarms}
        for number in set(self._shown) - set(now):
            alarm, _ = self._shown.pop(number)
            over = alarm.model_copy(update={"is_standing": False, "is_acknowledged": True})
            await self._vision.events.publish(self._event(over, retain=False))
        for number, alarm in now.items():
            if number not in self._shown or self._shown[number][0] != alarm:
                event = self._event(alarm, retain=True)
                self._shown[number] = (alarm, event)
                await self._vision.events.publish(event)

    def _event(self, alarm: LineAlarm, *, retain: bool) -> Event:
        kind, severity = _KINDS[alarm.priority]
        acknowledged = "Acknowledged" if alarm.is_acknowledged else "Unacknowledged"
        active = "Active" if alarm.is_standing else "Inactive"
        name = f"{alarm.kind}.{alarm.subject}" if alarm.subject else alarm.kind
        fields = {
            "ConditionName": ua.Variant(name, _T.String),
            "ConditionClassId": ua.Variant(ua.NodeId(ua.ObjectIds.SystemConditionClassType), _T.NodeId),
            "ConditionClassName": ua.Variant(ua.LocalizedText("SystemConditionClassType"), _T.LocalizedText),
            "BranchId": ua.Variant(ua.NodeId(), _T.NodeId),
            "Retain": ua.Variant(retain, _T.Boolean),
            "EnabledState": ua.Variant(ua.LocalizedText("Enabled"), _T.LocalizedText),
            "EnabledState/Id": ua.Variant(True, _T.Boolean),
            "Quality": ua.Variant(ua.StatusCode(), _T.StatusCode),
            "LastSeverity": ua.Variant(severity, _T.UInt16),
            "Comment": ua.Variant(ua.LocalizedText(""), _T.LocalizedText),
            "ClientUserId": ua.Variant("", _T.String),
            "AckedState": ua.Variant(ua.LocalizedText(acknowledged), _T.LocalizedText),
            "AckedState/Id": ua.Variant(alarm.is_acknowledged, _T.Boolean),
            "ActiveState": ua.Variant(ua.LocalizedText(active), _T.LocalizedText),
            "ActiveState/Id": ua.Variant(alarm.is_standing, _T.Boolean),
            "BlockReaction": ua.Variant(False, _T.Boolean),
            "StopReaction": ua.Variant(alarm.priority is Priority.CRITICAL, _T.Boolean),
            "CausePath": ua.Variant(alarm.subject, _T.String),
            "ErrorCode": ua.Variant(alarm.number, _T.UInt64),
            "ErrorString": ua.Variant(alarm.kind, _T.String),
        }
        make, at = self._vision.events.make, self._vision.nodes
        condition = at.own_id(f"Alarms.{alarm.number}")
        return make(at.id_of(kind), alarm.sentence, severity, fields, condition, alarm.raised_utc)

    async def _acknowledge(self, call: Call, on: ua.NodeId, given: Sequence[Any]) -> ua.StatusCode:
        """Acknowledge(EventId, Comment), on the condition."""
        if len(given) != 2 or not isinstance(given[0], bytes):
            raise ServiceError(ua.StatusCodes.BadArgumentsMissing)
        found = next(
            (
                alarm
                for alarm, event in self._shown.values()
                if self._vision.nodes.own_id(f"Alarms.{alarm.number}") == on
            ),
            None,
        )
        if found is None:
            raise ServiceError(ua.StatusCodes.BadNodeIdUnknown)
        if self._shown[found.number][1].EventId != given[0]:
            raise ServiceError(ua.StatusCodes.BadEventIdUnknown)
        if found.is_acknowledged:
            raise ServiceError(ua.StatusCodes.BadConditionBranchAlreadyAcked)
        try:
            await self._vision.ask(call, AcknowledgeAlarm(number=found.number))
        except Refused as refused:
            if refused.name == "unknown-alarm":
                raise ServiceError(ua.StatusCodes.BadEventIdUnknown) from refused
            raise
        return ua.StatusCode()

    async def _refresh(self, call: Call, on: ua.NodeId, given: Sequence[Any]) -> ua.StatusCode:
        """Tell one subscription all that stands."""
        if not given or not isinstance(given[0], int) or len(given) > 2:
            raise ServiceError(ua.StatusCodes.BadArgumentsMissing)
        subscription = call.session.subscription_service.subscriptions.get(given[0])
        if subscription is None or subscription.session_id != call.session.session_id:
            raise ServiceError(ua.StatusCodes.BadSubscriptionIdInvalid)
        events = self._vision.events
        for kind, message, told in (
            (ua.ObjectIds.RefreshStartEventType, "Refresh begins", False),
            (None, "", True),
            (ua.ObjectIds.RefreshEndEventType, "Refresh has ended", False),
        ):
            if told:
                for _, event in list(self._shown.values()):
                    await events.publish_to(subscription, event)
            else:
                await events.publish_to(subscription, events.make(ua.NodeId(kind), message, 1, {}))
        return ua.StatusCode()
