"""What stands between the network and asyncua: who gets a channel, and how much anybody may send or leave unread.

asyncua 2.1 leaves these to whoever runs it: it takes messages on channels that were never opened, opens channels
without security whatever its policies say, checks a certificate that the client names instead of the channel's own,
buffers what clients do not read, and takes arrays of nothing of any length.
"""

import asyncio
import struct
from dataclasses import dataclass
from typing import Any, Protocol

from asyncua import Server, ua
from asyncua.common.connection import TransportLimits
from asyncua.common.utils import Buffer, ServiceError
from asyncua.crypto.permission_rules import User
from asyncua.server.binary_server_asyncio import BinaryServer, OPCUAProtocol
from asyncua.server.internal_server import InternalServer
from asyncua.server.uaprocessor import UaProcessor
from asyncua.ua import ua_binary
from asyncua.ua.ua_binary import header_from_binary, struct_from_binary, uatcp_to_binary

from inspection.people.key_role import KeyRole

CHUNK_BYTES = 65_535
_CHUNKS = 16
"""A message has so many at most: a mebibyte."""
_LEAST_HEADER = 8
_WAITING_MESSAGES, _MOST_WAITING = 100, 8000
"""Behind so many a partner is not listened to; what came in one piece with them is still taken."""
_UNREAD_BYTES = 4 * 2**20
"""A partner that leaves so much unread is answered no more until it has read."""
_ACTIVATION_S = 15.0
"""A connection that has no session by then is closed."""
_DISCOVERY = (
    ua.ObjectIds.FindServersRequest_Encoding_DefaultBinary,
    ua.ObjectIds.GetEndpointsRequest_Encoding_DefaultBinary,
    ua.ObjectIds.CloseSecureChannelRequest_Encoding_DefaultBinary,
)
"""What may be asked without security, for otherwise nobody could learn what security is asked for."""
_CREATE = ua.NodeId(ua.ObjectIds.CreateSessionRequest_Encoding_DefaultBinary)
_ACTIVATE = ua.NodeId(ua.ObjectIds.ActivateSessionRequest_Encoding_DefaultBinary)


@dataclass
class Caller(User):
    """Who is behind a session."""

    key_role: KeyRole = KeyRole.READ
    """What it may do at most."""


class Doorkeeper(Protocol):
    """Who decides whom the server lets in."""

    def check_certificate(self, certificate: bytes, address: str) -> None:
        """Look at a channel's certificate, DER. Raises ServiceError for one that is not trusted."""

    async def admit(self, name: str | None, password: str | None, address: str) -> Caller | None:
        """Who a user is; a name of None is an anonymous one. None: it is not let in."""


class Admitted:
    """asyncua's user manager: hands over who was admitted just now."""

    def __init__(self) -> None:
        self.caller: Caller | None = None

    def get_user(
        self, iserver: Any, username: str | None = None, password: str | None = None, certificate: Any = None
    ) -> Caller | None:
        """Whom the doorkeeper let in."""
        return self.caller


class GuardedServer(Server):
    """asyncua's server, behind a doorkeeper."""

    def __init__(
        self, iserver: InternalServer, doorkeeper: Doorkeeper, *, allows_none: bool, most_sessions: int
    ) -> None:
        super().__init__(iserver)
        self.doorkeeper = doorkeeper
        self.allows_none = allows_none
        self.limits = TransportLimits(CHUNK_BYTES, CHUNK_BYTES, _CHUNKS, _CHUNKS * CHUNK_BYTES)
        iserver.max_pending_messages_per_connection = _MOST_WAITING
        iserver.max_pending_activation_seconds = _ACTIVATION_S
        iserver.max_connections = 2 * most_sessions
        iserver.max_session_timeout_ms = 120_000
        iserver.max_unacked_messages_per_subscription = 50
        iserver.max_monitored_item_queue_size = 500
        ua_binary.unpack_uatype_array = _bounded_array

    async def start(self) -> None:
        """Listen. Raises OSError: the address can't be had."""
        await self._setup_server_nodes()
        await self.iserver.start()
        host, port = self._get_bind_socket_info()
        self.bserver = _Listener(self.iserver, host or "", port or 0, self.limits)
        self.bserver.guarded = self
        self.bserver.set_policies(self._policies)
        try:
            await self.bserver.start()
        except OSError:
            await self.iserver.stop()
            raise


class _Listener(BinaryServer):
    guarded: GuardedServer

    def _make_protocol(self) -> OPCUAProtocol:
        return _Connection(self)


class _Connection(OPCUAProtocol):
    """One partner's connection."""

    processor: Any
    _buffer: bytes

    def __init__(self, listener: _Listener) -> None:
        self.guarded = listener.guarded
        super().__init__(
            iserver=listener.iserver,
            policies=listener._policies,
            clients=listener.clients,
            closing_tasks=listener.closing_tasks,
            limits=listener.limits,
        )
        self._may_write = asyncio.Event()
        self._may_write.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        address = (transport.get_extra_info("peername") or ("",))[0]
        neighbours = sum(1 for each in self.clients if each.peer_name and each.peer_name[0] == address)
        if neighbours >= max(2, self.iserver.max_connections * 3 // 4):
            transport.close()  # one address leaves room for the others
            return
        super().connection_made(transport)
        if self.processor is not None and self.transport is not None:
            self.transport.set_write_buffer_limits(high=_UNREAD_BYTES)
            self.processor = _Processor(self.guarded, self.transport, self.limits)
            self.processor.set_policies(self.policies)

    def data_received(self, data: bytes) -> None:
        """Cut what comes into messages; a partner that sends faster than it is answered has to wait."""
        told = self._buffer + data
        start = 0
        while len(told) - start >= _LEAST_HEADER:
            size = int.from_bytes(told[start + 4 : start + 8], "little")
            if not _LEAST_HEADER <= size <= CHUNK_BYTES:
                self._end(ua.StatusCodes.BadTcpMessageTooLarge)
                return
            if len(told) - start < size:
                break
            message = Buffer(told[start : start + size])
            start += size
            try:
                self.messages.put_nowait((header_from_binary(message), message))
            except Exception:  # noqa: BLE001 - whatever it is, it is no OPC UA, or far too much of it
                self._end(ua.StatusCodes.BadTcpMessageTypeInvalid)
                return
        self._buffer = told[start:]
        if self.messages.qsize() > _WAITING_MESSAGES and self.transport is not None:
            self.transport.pause_reading()

    def pause_writing(self) -> None:
        self._may_write.clear()

    def resume_writing(self) -> None:
        self._may_write.set()

    async def _process_one_msg(self, header: Any, buf: Buffer) -> bool:
        await self._may_write.wait()
        if self.messages.qsize() <= _WAITING_MESSAGES // 2 and self.transport is not None:
            self.transport.resume_reading()
        return bool(await super()._process_one_msg(header, buf))

    def _end(self, code: int) -> None:
        self._buffer = b""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(uatcp_to_binary(ua.MessageType.Error, ua.ErrorMessage(ua.StatusCode(code), "")))
            self.transport.close()


class _Processor(UaProcessor):
    """Answers one connection's messages."""

    def __init__(self, guarded: GuardedServer, transport: Any, limits: TransportLimits) -> None:
        super().__init__(guarded.iserver, transport, limits)
        self._guarded = guarded
        self._address = str((self.name or ("",))[0])

    async def process(self, header: Any, body: Any) -> bool:
        """Whatever can't be understood ends the connection, as the specification says, with an error that says why."""
        try:
            if header.MessageType == ua.MessageType.SecureMessage and not self._connection.is_open():
                raise ServiceError(ua.StatusCodes.BadSecureChannelClosed)
            return bool(await super().process(header, body))
        except (ServiceError, ua.UaStatusCodeError) as error:
            code = error.code
        except Exception:  # noqa: BLE001 - what a stranger sends; it must not end more than his own connection
            code = ua.StatusCodes.BadTcpInternalError
        self._transport.write(uatcp_to_binary(ua.MessageType.Error, ua.ErrorMessage(ua.StatusCode(code), "")))
        return False

    def open_secure_channel(self, algohdr: Any, seqhdr: Any, body: Any) -> None:
        if not self._connection.is_open() and algohdr.SecurityPolicyURI != _NONE:
            self._guarded.doorkeeper.check_certificate(algohdr.SenderCertificate or b"", self._address)
        super().open_secure_channel(algohdr, seqhdr, body)

    async def close(self) -> None:
        if self.session is not None:
            self.session.is_attached = False
        await super().close()

    async def _process_message(self, typeid: Any, requesthdr: Any, seqhdr: Any, body: Any) -> bool:
        policy = self._connection.security_policy
        if policy.URI == _NONE and not self._guarded.allows_none and typeid not in map(ua.NodeId, _DISCOVERY):
            raise ServiceError(ua.StatusCodes.BadSecurityPolicyRejected)
        if typeid == _CREATE:
            self._check_create(struct_from_binary(ua.CreateSessionParameters, body.copy()))
        elif typeid == _ACTIVATE:
            await self._admit(requesthdr, struct_from_binary(ua.ActivateSessionParameters, body.copy()))
        answered = await super()._process_message(typeid, requesthdr, seqhdr, body)
        if typeid == _CREATE and self.session is not None:
            self.session.certificate = policy.peer_certificate
        return bool(answered)

    def _check_create(self, told: Any) -> None:
        if self.session is not None and not self.session.is_closed:
            raise ServiceError(ua.StatusCodes.BadTooManySessions)  # a channel has one session here
        if (self._connection.security_policy.peer_certificate or None) != (told.ClientCertificate or None) and (
            self._connection.security_policy.URI != _NONE
        ):
            raise ServiceError(ua.StatusCodes.BadCertificateInvalid)
        if self._session_watchdog_task is not None:
            self._session_watchdog_task.cancel()

    async def _admit(self, requesthdr: Any, told: Any) -> None:
        """Learn who the user is, before asyncua asks for it."""
        session = self.session or self.iserver.lookup_external_session(requesthdr.AuthenticationToken)
        if session is None or session.is_closed:
            raise ServiceError(ua.StatusCodes.BadSessionIdInvalid)
        if self.session is None and session.certificate != self._connection.security_policy.peer_certificate:
            raise ServiceError(ua.StatusCodes.BadSecurityChecksFailed)  # somebody else's session
        token, name, password = told.UserIdentityToken, None, None
        if isinstance(token, ua.UserNameIdentityToken):
            is_private = self._connection.security_policy.Mode == ua.MessageSecurityMode.SignAndEncrypt
            if not token.EncryptionAlgorithm and not is_private:
                raise ServiceError(ua.StatusCodes.BadIdentityTokenRejected)  # a password that anybody could have read
            try:
                name, password = self.iserver.decrypt_user_token(session, token)
            except (ValueError, IndexError, struct.error) as error:
                raise ServiceError(ua.StatusCodes.BadIdentityTokenInvalid) from error
        caller = await self._guarded.doorkeeper.admit(name, password, self._address)
        if caller is None:
            raise ServiceError(ua.StatusCodes.BadUserAccessDenied)
        if session.is_activated() and session.user.name != caller.name:
            raise ServiceError(ua.StatusCodes.BadUserAccessDenied)  # who began a session goes on with it
        self.iserver.check_room_for(session, caller)
        session.is_attached = True
        self.iserver.user_manager.caller = caller


_NONE = "http://opcfoundation.org/UA/SecurityPolicy#None"
_unpack_array = ua_binary.unpack_uatype_array


def _bounded_array(kind: Any, data: Any) -> Any:
    """An array of a message; each element takes a byte at least, so that none can be longer than what is left of it."""
    length = int.from_bytes(data.copy(4).read(4), "little", signed=True)
    if length > len(data):
        raise ServiceError(ua.StatusCodes.BadDecodingError)
    return _unpack_array(kind, data)
