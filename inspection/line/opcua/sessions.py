"""Sessions of the server: what one partner may hold at most, and nothing that belongs to another."""

import asyncio
import math
import secrets
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from asyncua import ua
from asyncua.common.utils import ServiceError
from asyncua.crypto import uacrypto
from asyncua.server.internal_server import InternalServer
from asyncua.server.internal_session import InternalSession, SessionState

from inspection.line.opcua.guard import Admitted, Caller
from inspection.line.opcua.methods import Methods

_SLOWEST_MS, _QUICKEST_MS = 60_000.0, 10.0
"""Bounds of a subscription's publishing interval."""
_MOST_LIFETIME_MS = 300_000.0
_MOST_OPERATIONS = 1000
"""Nodes in one request."""
_DECRYPT: Mapping[str, Callable[[Any, bytes], bytes]] = {
    "http://www.w3.org/2001/04/xmlenc#rsa-oaep": uacrypto.decrypt_rsa_oaep,
    "http://opcfoundation.org/UA/security/rsa-oaep-sha2-256": uacrypto.decrypt_rsa_oaep_sha256,
}
"""How a password may be encrypted; not by RSA 1.5, whose padding gives it away."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What all partners together may hold; one of them at most half of the sessions and a quarter of the rest."""

    sessions: int
    subscriptions: int
    monitored_items: int


class Sessions(InternalServer):
    """asyncua's inner server, with bounds."""

    def __init__(self, bounds: Bounds, methods: Methods) -> None:
        super().__init__(user_manager=Admitted())
        self.bounds = bounds
        self.methods = methods
        self.refused = 0
        """Requests that met a bound."""
        self.max_subscriptions = bounds.subscriptions
        self.allow_remote_admin = False

    @property
    def partners(self) -> list["Session"]:
        """Sessions whose partner is there now."""
        return [each for each in self._external_sessions.values() if each.is_activated() and each.is_attached]

    def create_session(self, name: Any, user: Any = None, external: bool = False) -> InternalSession:
        """A partner's session. Raises ServiceError: there is no room."""
        if not external:
            return super().create_session(name)
        return Session(self, self.aspace, self.subscription_service, str(name), user=Caller(), external=True)

    def register_external_session(self, session: InternalSession) -> None:
        """Give it a name that nobody guesses; a partner that is gone makes room for one that is there."""
        if len(self._external_sessions) >= self.bounds.sessions and not self._drop_one_that_left():
            self.turn_away(ua.StatusCodes.BadTooManySessions)
        session.auth_token = ua.NodeId(secrets.token_bytes(32), 0)
        super().register_external_session(session)

    def check_room_for(self, session: "Session", caller: Caller) -> None:
        """Raises ServiceError: the user has half of all sessions already."""
        same = [each for each in self.partners if each.user.name == caller.name and each is not session]
        if len(same) >= max(1, self.bounds.sessions // 2):
            self.turn_away(ua.StatusCodes.BadTooManySessions)

    def turn_away(self, code: int) -> None:
        """Count it, and raise the ServiceError."""
        self.refused += 1
        raise ServiceError(code)

    def register_server(self, server: Any, conf: Any = None) -> None:
        """Nobody registers other servers here."""
        raise ServiceError(ua.StatusCodes.BadServiceUnsupported)

    def decrypt_user_token(self, isession: Any, token: Any) -> tuple[str, str]:
        """Name and password, if they were encrypted for this session. Raises ValueError."""
        if not token.EncryptionAlgorithm:
            return str(token.UserName), bytes(token.Password or b"").decode()
        decrypt = _DECRYPT.get(token.EncryptionAlgorithm)
        if decrypt is None:
            raise ValueError(token.EncryptionAlgorithm)
        raw = decrypt(self.private_key, bytes(token.Password or b""))
        (length,) = struct.unpack_from("<I", raw)
        secret, nonce = raw[4 : 4 + length], isession.nonce
        if not nonce or not secret.endswith(nonce):
            raise ValueError("encrypted for another session")
        return str(token.UserName), secret[: -len(nonce)].decode()

    def _drop_one_that_left(self) -> bool:
        left = [each for each in self._external_sessions.values() if not each.is_attached]
        if not left:
            return False
        oldest = min(left, key=lambda each: each.last_activity_s)
        self.unregister_external_session(oldest)
        self._closing = asyncio.ensure_future(oldest.close_session(True))
        return True


class Session(InternalSession):
    """One partner's."""

    def __init__(self, *told: Any, **more: Any) -> None:
        self.is_attached = True
        """Its partner's connection stands."""
        self.certificate: bytes | None = None
        """The one of the channel that it was made on."""
        super().__init__(*told, **more)

    @property
    def is_closed(self) -> bool:
        """It is no more."""
        return self.state is SessionState.Closed

    @property
    def last_activity_s(self) -> float:
        """When its partner was heard of last, by the monotonic clock."""
        return float(self._last_activity)

    async def read(self, params: Any) -> Any:
        """A thousand values at most."""
        self._check_count(params.NodesToRead)
        return await super().read(params)

    async def write(self, params: Any) -> Any:
        """A thousand values at most; asyncua refuses all that are for reading."""
        self._check_count(params.NodesToWrite)
        return await super().write(params)

    async def browse(self, params: Any) -> Any:
        """A thousand nodes at most."""
        self._check_count(params.NodesToBrowse)
        return await super().browse(params)

    async def translate_browsepaths_to_nodeids(self, params: Any) -> Any:
        """A thousand paths at most."""
        self._check_count(params)
        return await super().translate_browsepaths_to_nodeids(params)

    async def history_read(self, params: Any) -> Any:
        """The past is asked for by GetResultListFiltered."""
        raise ServiceError(ua.StatusCodes.BadHistoryOperationUnsupported)

    async def call(self, params: Any) -> Any:
        """Methods are carried out by `Methods`, which knows who calls."""
        self._check_count(params)
        return [await self.iserver.methods.call(self, each) for each in params]

    async def create_subscription(self, params: Any, callback: Any, request_callback: Any = None) -> Any:
        """One that neither keeps the server busy nor outlives its partner by more than some minutes."""
        mine = sum(1 for each in self.subscription_service.subscriptions.values() if each.session_id == self.session_id)
        if mine >= max(1, self.iserver.bounds.subscriptions // 4):
            self.iserver.turn_away(ua.StatusCodes.BadTooManySubscriptions)
        asked_ms = params.RequestedPublishingInterval
        every_ms = min(max(asked_ms, _QUICKEST_MS), _SLOWEST_MS) if math.isfinite(asked_ms) else _SLOWEST_MS
        params.RequestedPublishingInterval = every_ms
        most = max(3, int(_MOST_LIFETIME_MS / every_ms))
        params.RequestedMaxKeepAliveCount = min(params.RequestedMaxKeepAliveCount or most // 3, most // 3)
        params.RequestedLifetimeCount = min(
            max(params.RequestedLifetimeCount, 3 * params.RequestedMaxKeepAliveCount), most
        )
        return await super().create_subscription(params, callback, request_callback)

    async def create_monitored_items(self, params: Any) -> Any:
        """Watch more in a subscription of its own, within the bounds."""
        self._own(params.SubscriptionId)
        self._check_count(params.ItemsToCreate)
        bound = self.iserver.bounds.monitored_items
        mine, all_items = self._items(self.session_id), self._items(None)
        coming = len(params.ItemsToCreate)
        if mine + coming > bound // 4 or all_items + coming > bound:
            self.iserver.turn_away(ua.StatusCodes.BadTooManyMonitoredItems)
        for each in params.ItemsToCreate:
            asked = each.RequestedParameters
            is_event = each.ItemToMonitor.AttributeId == ua.AttributeIds.EventNotifier
            if isinstance(asked.Filter, ua.ExtensionObject) and asked.Filter.TypeId.is_null():
                asked.Filter = None  # how some clients say none
            if is_event and not isinstance(asked.Filter, ua.EventFilter):
                raise ServiceError(ua.StatusCodes.BadMonitoredItemFilterInvalid)
            if not is_event and asked.Filter is not None and not isinstance(asked.Filter, ua.DataChangeFilter):
                raise ServiceError(ua.StatusCodes.BadMonitoredItemFilterUnsupported)
            if not is_event:
                asked.QueueSize = max(1, asked.QueueSize)
        return await super().create_monitored_items(params)

    async def modify_monitored_items(self, params: Any) -> Any:
        """Change what a subscription of its own watches; asyncua would take any length of queue."""
        subscription = self._own(params.SubscriptionId)
        for each in params.ItemsToModify:
            if each.MonitoredItemId not in subscription.monitored_item_srv._monitored_items:
                raise ServiceError(ua.StatusCodes.BadMonitoredItemIdInvalid)
            asked = each.RequestedParameters
            asked.QueueSize = min(max(1, asked.QueueSize), subscription.max_queue_size)
        return await super().modify_monitored_items(params)

    async def set_monitoring_mode(self, params: Any) -> Any:
        """Rest or wake items of a subscription of its own."""
        self._own(params.SubscriptionId)
        return await super().set_monitoring_mode(params)

    async def delete_monitored_items(self, params: Any) -> Any:
        """Watch less in a subscription of its own."""
        self._own(params.SubscriptionId)
        return await super().delete_monitored_items(params)

    async def set_publishing_mode(self, params: Any) -> Any:
        """Rest or wake subscriptions of its own."""
        for each in params.SubscriptionIds:
            self._own(each)
        return await super().set_publishing_mode(params)

    async def delete_subscriptions(self, ids: Any) -> Any:
        """Its own ones; another's are unknown to it."""
        told = [ua.StatusCode(ua.StatusCodes.BadSubscriptionIdInvalid)] * len(ids)
        mine = [number for number in dict.fromkeys(ids) if self._is_mine(number)]
        for number, code in zip(mine, await super().delete_subscriptions(mine), strict=True):
            told[list(ids).index(number)] = code
        return told

    def modify_subscription(self, params: Any) -> Any:
        """One of its own."""
        self._own(params.SubscriptionId)
        return super().modify_subscription(params)

    def republish(self, params: Any) -> Any:
        """A message of a subscription of its own."""
        subscription = self._own(params.SubscriptionId)
        if params.RetransmitSequenceNumber not in subscription._not_acknowledged_results:
            raise ServiceError(ua.StatusCodes.BadMessageNotAvailable)
        return super().republish(params)

    def publish(self, acks: Any = None) -> Any:
        """Acknowledge messages of its own subscriptions."""
        mine = [each for each in acks or () if self._is_mine(each.SubscriptionId)]
        count, results = super().publish(mine)
        told = {id(each): code for each, code in zip(mine, results, strict=True)}
        unknown = ua.StatusCode(ua.StatusCodes.BadSubscriptionIdInvalid)
        return count, [told.get(id(each), unknown) for each in acks or ()]

    async def transfer_subscriptions(self, params: Any, callback: Any) -> Any:
        """What the same user has left behind in another session."""
        users = {each.session_id: each.user.name for each in self.iserver._external_sessions.values()}
        for number in params.SubscriptionIds:
            subscription = self.subscription_service.subscriptions.get(int(number))
            if subscription is not None and users.get(subscription.session_id) != self.user.name:
                raise ServiceError(ua.StatusCodes.BadUserAccessDenied)
        told = await super().transfer_subscriptions(params, callback)
        for number in params.SubscriptionIds:
            if (subscription := self.subscription_service.subscriptions.get(int(number))) is not None:
                subscription.pub_request_callback = callback.__self__.get_publish_request
        return told

    def _check_count(self, asked: Any) -> None:
        if not asked:
            raise ServiceError(ua.StatusCodes.BadNothingToDo)
        if len(asked) > _MOST_OPERATIONS:
            self.iserver.turn_away(ua.StatusCodes.BadTooManyOperations)

    def _is_mine(self, number: int) -> bool:
        subscription = self.subscription_service.subscriptions.get(number)
        return subscription is not None and subscription.session_id == self.session_id

    def _own(self, number: int) -> Any:
        if not self._is_mine(number):
            raise ServiceError(ua.StatusCodes.BadSubscriptionIdInvalid)
        return self.subscription_service.subscriptions[number]

    def _items(self, session_id: Any) -> int:
        return sum(
            len(each.monitored_item_srv._monitored_items)
            for each in self.subscription_service.subscriptions.values()
            if session_id is None or each.session_id == session_id
        )
