"""Events: what subscribers hear. Each is made once, its values never change, and nothing waits for a subscriber."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from asyncua import ua

_T = ua.VariantType


class Event:
    """One event, as asyncua asks it for its fields."""

    def __init__(self, fields: Mapping[str, ua.Variant], condition: ua.NodeId | None = None) -> None:
        """`fields` by their path, `FromState/Id`; `condition`: names the condition that it is about."""
        self.fields = fields
        self.emitting_node = ua.NodeId()
        self._condition = condition

    def __getattr__(self, name: str) -> Any:
        """A field's value, for the filters of subscribers; None for a field that it has not."""
        if name.startswith("_") or name == "fields":
            raise AttributeError(name)
        told = self.fields.get(name)
        return None if told is None else told.Value

    def to_event_fields(self, clauses: Any) -> list[ua.Variant]:
        """What a subscriber has chosen."""
        return [self._field(each) for each in clauses or ()]

    def _field(self, clause: Any) -> ua.Variant:
        if not clause.BrowsePath:
            is_id = clause.AttributeId == ua.AttributeIds.NodeId and self._condition is not None
            return ua.Variant(self._condition, _T.NodeId) if is_id else ua.Variant(None)
        path = "/".join(each.Name or "" for each in clause.BrowsePath)
        return self.fields.get(path, ua.Variant(None))


class Events:
    """Makes events of one source, and hands them to whoever has subscribed to it or to the server."""

    def __init__(self, subscriptions: Any, source: ua.NodeId, source_name: str) -> None:
        """`subscriptions`: asyncua's service."""
        self._subscriptions = subscriptions
        self._source = source
        self._source_name = source_name

    def make(
        self,
        kind: ua.NodeId,
        message: str,
        severity: int,
        fields: Mapping[str, ua.Variant],
        condition: ua.NodeId | None = None,
        time: datetime | None = None,
    ) -> Event:
        """An event of a type; `severity` 1 to 1000."""
        now = datetime.now(UTC)
        common = {
            "EventId": ua.Variant(secrets.token_bytes(16), _T.ByteString),
            "EventType": ua.Variant(kind, _T.NodeId),
            "SourceNode": ua.Variant(self._source, _T.NodeId),
            "SourceName": ua.Variant(self._source_name, _T.String),
            "Time": ua.Variant(time or now, _T.DateTime),
            "ReceiveTime": ua.Variant(now, _T.DateTime),
            "Message": ua.Variant(ua.LocalizedText(message), _T.LocalizedText),
            "Severity": ua.Variant(severity, _T.UInt16),
        }
        return Event(common | dict(fields), condition)

    async def publish(self, event: Event) -> None:
        """Put it into the queues of all who have subscribed."""
        for subscription in list(self._subscriptions.subscriptions.values()):
            await self.publish_to(subscription, event)

    async def publish_to(self, subscription: Any, event: Event) -> None:
        """Put it into the queues of one subscription."""
        for node in (self._source, ua.NodeId(ua.ObjectIds.Server)):
            event.emitting_node = node
            await subscription.monitored_item_srv.trigger_event(event)
