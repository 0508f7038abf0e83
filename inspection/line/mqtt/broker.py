"""One connection to a broker. The only module that knows aiomqtt and the library below it."""

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Any, Self

import aiomqtt
from paho.mqtt.client import MQTT_CLEAN_START_FIRST_ONLY
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from inspection.line.mqtt.trouble import Trouble, lost, of_code, of_error, silent, unreadable
from inspection.station.door_settings import MqttSettings

MOST_HEARD_BYTES = 2**20
"""A broker that speaks MQTT 5 is told to send nothing larger."""
_MOST_HEARD = 100
"""Messages that wait to be looked at; others are dropped."""
_MOST_AT_ONCE = 65_535
_REFUSED = 128
_NOBODY = 16
_TOO_LARGE = 149
_AROUND_BYTES = 300
"""What a packet has beside topic and payload, at most: header, lengths, correlation."""
_LEAVE_S = 1.0
_LOG = logging.getLogger("inspection.line.mqtt")
_LOG.setLevel(logging.ERROR)


class Heard(Enum):
    """What the broker says of a message that it has got."""

    TAKEN = "taken"
    NOBODY = "nobody"
    """Nobody has subscribed to it: it is gone."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The broker's word about one message."""

    heard: Heard
    words: str
    """Why it was refused, and what to do; else empty."""


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says of the station when the connection is gone."""

    topic: str
    payload: bytes
    qos: int
    retain: bool


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message to the station."""

    topic: str
    payload: bytes
    is_retained: bool
    """Somebody may have said it long ago."""
    answer_topic: str | None
    """Where the sender wants the answer (MQTT 5); None: it doesn't say."""
    correlation: bytes | None
    """What the answer has to echo (MQTT 5)."""


class Broker:
    """A connection, from `async with` to its end: there is a new one for each attempt. All of it raises Trouble."""

    def __init__(self, told: MqttSettings, client_name: str, will: Will) -> None:
        self._told = told
        self._client_name = client_name
        self._will = will
        self._client: _Client
        self._slots: asyncio.Semaphore
        self._broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._says_goodbye = False
        self.name = f"{told.host}:{told.port}"
        """For people."""

    async def __aenter__(self) -> Self:
        told = self._told
        is_new = told.version == "5"
        properties = _properties(PacketTypes.CONNECT) if is_new else None
        if properties is not None:
            properties.MaximumPacketSize = MOST_HEARD_BYTES
            properties.SessionExpiryInterval = 0
        self._client = _Client(
            told.host,
            told.port,
            username=told.username,
            password=self._password(),
            identifier=self._client_name,
            protocol=aiomqtt.ProtocolVersion.V5 if is_new else aiomqtt.ProtocolVersion.V311,
            will=aiomqtt.Will(self._will.topic, self._will.payload, self._will.qos, self._will.retain),
            # Nothing that was said while the station was away is carried out later: an old hold must not come back.
            clean_session=None if is_new else True,
            clean_start=True if is_new else MQTT_CLEAN_START_FIRST_ONLY,
            properties=properties,
            keepalive=told.keepalive_s,
            timeout=told.answer_s,
            logger=_LOG,
            max_queued_incoming_messages=_MOST_HEARD,
            max_inflight_messages=0,  # `send` counts them: the broker's own limit is known only after it has answered
            tls_context=self._secured(),
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],  # a result waits for no other one
        )
        try:
            await self._client.__aenter__()
        except aiomqtt.MqttError as error:
            self._client.drop()
            raise self._refused(error) from error
        except BaseException:
            self._client.drop()
            raise
        self._slots = asyncio.Semaphore(self._client.most_at_once)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Hang up. Without a goodbye before, the broker tells the will."""
        if not self._says_goodbye:
            self._client.drop()
        self._client.timeout = _LEAVE_S
        with suppress(aiomqtt.MqttError):
            await self._client.__aexit__(None, None, None)
        self._client.drop()

    async def say_goodbye(self, topic: str, payload: bytes, *, retain: bool) -> None:
        """Say a last word instead of the will, as far as the broker takes it in a second; also while cancelled."""
        self._says_goodbye = True
        saying = asyncio.ensure_future(self._say(topic, payload, retain))
        was_cancelled = False
        while not saying.done():
            try:
                await asyncio.wait((saying,))
            except asyncio.CancelledError:
                was_cancelled = True  # it takes a second at most
        if was_cancelled:
            raise asyncio.CancelledError

    async def _say(self, topic: str, payload: bytes, retain: bool) -> None:
        with suppress(Trouble, TimeoutError):
            async with asyncio.timeout(_LEAVE_S):
                await (await self.send(topic, payload, retain=retain))

    async def subscribe(self, topics: Iterable[str]) -> str:
        """Hear what is said there; returns why the broker refuses some, empty: it does not."""
        words = ""
        for topic in topics:
            # With this a live message that asks to be retained is told from none that does.
            options = SubscribeOptions(qos=1, retainAsPublished=True) if self._told.version == "5" else None
            try:
                codes = await self._client.subscribe(topic, 0 if options else 1, options)
            except aiomqtt.MqttError as error:
                raise self._ended(error) from error
            for code in codes:
                value = code.value if isinstance(code, ReasonCode) else int(code)
                if value >= _REFUSED:
                    words = str(self._of_code(value, str(code), f"lets nobody subscribe to {topic}"))
        return words

    async def send(
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = 1,
        retain: bool = False,
        correlation: bytes | None = None,
    ) -> "asyncio.Future[Acknowledgement]":
        """Publish, as soon as the broker may get another message; what comes back is its word about this one.

        In the order of the calls. A broker that has no word in time breaks the connection.
        """
        acknowledged: asyncio.Future[Acknowledgement] = asyncio.get_running_loop().create_future()
        most_bytes = self._client.most_bytes
        if most_bytes is not None and len(topic) + len(payload) + _AROUND_BYTES > most_bytes:
            # A broker ends the connection for it, and each one after that.
            acknowledged.set_result(self._word(topic, _TOO_LARGE, "Packet too large"))
            return acknowledged
        await self._slots.acquire()
        try:
            waiting = self._client.send(topic, payload, qos, retain, self._properties(correlation))
        except BaseException as error:
            self._slots.release()
            if isinstance(error, aiomqtt.MqttError):
                raise self._ended(error) from error
            raise
        if waiting is None:
            self._slots.release()
            acknowledged.set_result(Acknowledgement(Heard.TAKEN, ""))
            return acknowledged
        patience = asyncio.get_running_loop().call_later(self._told.answer_s, self._lose_patience)

        def hear(answer: "asyncio.Future[tuple[int, str]]") -> None:
            patience.cancel()
            self._slots.release()
            if not answer.cancelled() and not acknowledged.done():
                acknowledged.set_result(self._word(topic, *answer.result()))

        waiting.add_done_callback(hear)
        return acknowledged

    async def messages(self) -> AsyncIterator[Incoming]:
        """What is said to the station, until the connection breaks."""
        try:
            async for message in self._client.messages:
                properties = message.properties
                yield Incoming(
                    topic=str(message.topic),
                    payload=bytes(message.payload),
                    is_retained=message.retain,
                    answer_topic=getattr(properties, "ResponseTopic", None),
                    correlation=getattr(properties, "CorrelationData", None),
                )
        except aiomqtt.MqttError as error:
            raise self._ended(error) from error

    async def wait_until_broken(self) -> None:
        """Until the broker has taken too long for an acknowledgement: raises Trouble then."""
        await self._broken

    def _lose_patience(self) -> None:
        if not self._broken.done():
            self._broken.set_exception(silent(self.name, "to what it was sent: no acknowledgement comes"))

    def _word(self, topic: str, code: int, text: str) -> Acknowledgement:
        if code >= _REFUSED:
            return Acknowledgement(Heard.REFUSED, str(self._of_code(code, text, f"refuses what is sent to {topic}")))
        return Acknowledgement(Heard.NOBODY if code == _NOBODY else Heard.TAKEN, "")

    def _properties(self, correlation: bytes | None) -> Properties | None:
        if correlation is None or self._told.version != "5":
            return None
        properties = _properties(PacketTypes.PUBLISH)
        properties.CorrelationData = correlation
        return properties

    def _password(self) -> str | None:
        if (path := self._told.password_file) is None:
            return None
        try:
            return path.read_text(encoding="utf-8").rstrip("\r\n")
        except OSError as error:
            raise unreadable(path, "password_file", error) from error
        except UnicodeDecodeError as error:
            raise Trouble(f"{path} holds no text. Put the password there, and nothing else.") from error

    def _secured(self) -> ssl.SSLContext | None:
        told = self._told
        if told.security == "none":
            return None
        try:
            context = ssl.create_default_context(cafile=told.ca_file)
        except OSError as error:
            raise unreadable(told.ca_file, "ca_file", error) from error
        if told.certificate is not None:
            try:
                context.load_cert_chain(told.certificate, told.key)
            except OSError as error:
                raise unreadable(f"{told.certificate} or {told.key}", "certificate` or `key", error) from error
        return context

    def _refused(self, error: aiomqtt.MqttError) -> Trouble:
        if isinstance(error, aiomqtt.MqttCodeError) and isinstance(error.rc, ReasonCode):
            return self._of_code(error.rc.value, str(error.rc), "refuses the connection")
        cause = error.__context__
        return of_error(self.name, cause) if isinstance(cause, OSError) else silent(self.name, "to the call")

    def _ended(self, error: aiomqtt.MqttError) -> Trouble:
        """Why a connection that stood is gone."""
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, aiomqtt.MqttCodeError) and isinstance(cause.rc, ReasonCode) and self._client.was_told:
                return self._of_code(cause.rc.value, str(cause.rc), "has ended the connection")
            cause = cause.__cause__
        return lost(self.name)

    def _of_code(self, code: int, text: str, doing: str) -> Trouble:
        return of_code(self.name, self._client_name, code, text, doing)


def _properties(packet: int) -> Properties:
    return Properties(packet)  # type: ignore[no-untyped-call]


class _Client(aiomqtt.Client):
    """aiomqtt's client, that also keeps what the broker says with its acknowledgements: aiomqtt 2.5 drops it."""

    most_at_once = _MOST_AT_ONCE
    """Unacknowledged messages that the broker allows."""
    most_bytes: int | None = None
    """Largest message that the broker takes; None: it names no limit."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._waiting: dict[int, asyncio.Future[tuple[int, str]]] = {}
        self.was_told = False
        """Whether the broker has said why it ended the connection; else paho makes a reason up."""

    def send(
        self, topic: str, payload: bytes, qos: int, retain: bool, properties: Properties | None
    ) -> "asyncio.Future[tuple[int, str]] | None":
        """Publish; the broker's reason code and its name, when they come. None: it says nothing, for QoS is 0."""
        told = self._client.publish(topic, payload, qos, retain, properties)
        if told.rc != 0:
            raise aiomqtt.MqttCodeError(told.rc, "not sent")
        if qos == 0:
            return None
        waiting = self._loop.create_future()
        self._waiting[told.mid] = waiting
        return waiting

    def drop(self) -> None:
        """Hang up without a word; nothing stays open. May be repeated."""
        for waiting in self._waiting.values():
            waiting.cancel()
        self._waiting.clear()
        connection = self._client.socket()
        if isinstance(connection, socket.socket):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            with suppress(OSError, ValueError):
                self._client.loop_read()
        if self._disconnected.done():
            self._disconnected.exception()  # nobody waits for it any more

    def _on_connect(
        self, client: Any, userdata: Any, flags: Any, reason_code: ReasonCode, properties: Properties | None = None
    ) -> None:
        self.most_at_once = getattr(properties, "ReceiveMaximum", _MOST_AT_ONCE)
        self.most_bytes = getattr(properties, "MaximumPacketSize", None)
        super()._on_connect(client, userdata, flags, reason_code, properties)

    def _on_disconnect(
        self, client: Any, userdata: Any, flags: Any, reason_code: ReasonCode, properties: Properties | None = None
    ) -> None:
        self.was_told = self.was_told or flags.is_disconnect_packet_from_server
        super()._on_disconnect(client, userdata, flags, reason_code, properties)

    def _on_publish(
        self, client: Any, userdata: Any, mid: int, reason_code: ReasonCode, properties: Properties
    ) -> None:
        waiting = self._waiting.pop(mid, None)
        if waiting is not None and not waiting.done():
            waiting.set_result((reason_code.value, str(reason_code)))
        super()._on_publish(client, userdata, mid, reason_code, properties)
