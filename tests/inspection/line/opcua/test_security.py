"""Who is let in: trusted certificates, users with an API key; and what a stranger can't do."""

import asyncio
import shutil
import struct
from urllib.parse import urlsplit

import pytest
from asyncua import Client, ua
from asyncua.ua.ua_binary import header_to_binary, struct_to_binary, uatcp_to_binary

from inspection.line.opcua.certificates import MOST_REJECTED, CertificateFault, Certificates
from inspection.people.api_keys import ApiKeys
from inspection.people.key_role import KeyRole
from tests.support.opcua_partner import CAUSE, MACHINE, a_partner
from tests.support.opcua_plant import a_plant, people_of
from tests.support.patience import until

pytestmark = pytest.mark.process
URI = "urn:a-line"


class Line:
    """A partner's own certificate."""

    def __init__(self, folder, uri=URI):
        self.certificates = Certificates(folder)
        self.certificates.make(uri, "a line", ["localhost"])

    def security(self, door_certificates, mode="SignAndEncrypt"):
        own = self.certificates
        return f"Basic256Sha256,{mode},{own.certificate},{own.key},{door_certificates.certificate}"


@pytest.fixture(scope="module")
def plant(folder, tmp_path_factory):
    state = tmp_path_factory.mktemp("state")
    with people_of(state) as database:
        keys = {role: ApiKeys(database).add("ann", f"the-{role}", role) for role in KeyRole}
    with a_plant(folder, state, security="sign", anonymous=None) as (_, door):
        yield door, Certificates(state / "doors" / "plc"), keys


@pytest.fixture
def line(tmp_path):
    return Line(tmp_path / "line")


def trust(certificates, line):
    shutil.copy(line.certificates.certificate, certificates.trusted / f"{id(line)}.der")


async def enter(door, security=None, user=None, password=None, uri=URI):
    client = Client(door.address, timeout=60)
    client.application_uri = uri
    if user is not None:
        client.set_user(user)
        client.set_password(password)
    if security is not None:
        await client.set_security_string(security)
    async with client:
        return await client.get_namespace_array()


@pytest.mark.parametrize("mode", ["Sign", "SignAndEncrypt"])
def test_a_trusted_partner_with_a_users_key_is_let_in(plant, line, mode):
    door, certificates, keys = plant
    trust(certificates, line)
    asyncio.run(enter(door, line.security(certificates, mode), "the-read", keys[KeyRole.READ]))


def test_a_stranger_is_kept_out_until_an_engineer_moves_his_certificate(plant, line):
    door, certificates, keys = plant
    told = line.security(certificates), "the-read", keys[KeyRole.READ]
    with pytest.raises((ConnectionError, ua.UaError, TimeoutError)):
        asyncio.run(enter(door, *told))
    (kept,) = [each for each in certificates.rejected.iterdir() if each.read_bytes() == _der(line)]
    until(lambda: door.state.counters.get("rejected_certificates"))
    kept.rename(certificates.trusted / kept.name)
    assert asyncio.run(enter(door, *told))


@pytest.mark.parametrize(("user", "key"), [("the-read", "wrong"), ("nobody", KeyRole.READ), ("the-hold", KeyRole.READ)])
def test_a_wrong_password_or_another_users_key_is_refused(plant, line, user, key):
    door, certificates, keys = plant
    trust(certificates, line)
    with pytest.raises(ua.UaStatusCodeError) as refused:
        asyncio.run(enter(door, line.security(certificates), user, keys.get(key, key)))
    assert refused.value.code == ua.StatusCodes.BadUserAccessDenied


def test_nobody_comes_in_without_a_user_or_without_security(plant, line):
    door, certificates, keys = plant
    trust(certificates, line)
    with pytest.raises(ua.UaError):
        asyncio.run(enter(door, line.security(certificates)))
    with pytest.raises((ua.UaError, ConnectionError)):
        asyncio.run(enter(door, None, "the-read", keys[KeyRole.READ]))


def test_without_security_anybody_learns_what_security_is_asked_for(plant):
    door, _, _ = plant

    async def ask():
        return await Client(door.address, timeout=60).connect_and_get_server_endpoints()

    told = {(each.SecurityPolicyUri.rpartition("#")[2], each.SecurityMode.name) for each in asyncio.run(ask())}
    assert told == {("Basic256Sha256", "Sign"), ("Basic256Sha256", "SignAndEncrypt")}


def test_a_users_key_says_what_he_may(plant, line):
    door, certificates, keys = plant
    trust(certificates, line)

    async def talk(role):
        security = line.security(certificates)
        async with a_partner(door, f"the-{role}", keys[role], security, URI) as partner:
            return await partner.call(f"{MACHINE}.Halt", *CAUSE), await partner.call(f"{MACHINE}.Reset", *CAUSE)

    with pytest.raises(ua.UaStatusCodeError) as refused:
        asyncio.run(talk(KeyRole.READ))
    assert refused.value.code == ua.StatusCodes.BadUserAccessDenied
    assert asyncio.run(talk(KeyRole.TRIGGER)) == (0, 0)


def hello(reader_limit=65535):
    return uatcp_to_binary(ua.MessageType.Hello, ua.Hello(0, reader_limit, reader_limit, 0, 0, "opc.tcp://x"))


def raw(door, *messages):
    """What the server answers to bytes, until it closes the connection."""

    async def talk():
        where = urlsplit(door.address)
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        for each in messages:
            writer.write(each)
        await writer.drain()
        async with asyncio.timeout(60):
            found = await reader.read(-1)
        writer.close()
        return found

    return asyncio.run(talk())


def test_a_message_on_a_channel_that_was_never_opened_ends_the_connection(plant):
    """It would be taken as one without security, whatever the settings say."""
    door, _, _ = plant
    request = ua.CreateSessionRequest()
    body = struct_to_binary(request)
    header = ua.Header(ua.MessageType.SecureMessage, ua.ChunkType.Single, 0)
    security = struct_to_binary(ua.SymmetricAlgorithmHeader(0)) + struct_to_binary(ua.SequenceHeader(1, 1))
    header.body_size = len(security) + len(body)
    answer = raw(door, hello(), header_to_binary(header) + security + body)
    assert b"ERR" in answer
    assert b"MSG" not in answer


@pytest.mark.parametrize(
    "bytes_",
    [
        b"GET / HTTP/1.1\r\n\r\n" * 4,
        b"HELF" + struct.pack("<I", 2**31),
        b"HELF" + struct.pack("<I", 0),
        b"MSGF" + struct.pack("<I", 8),
        b"OPNF" + struct.pack("<II", 30, 0) + b"\xff" * 18,
        b"\0" * 64,
    ],
)
def test_what_is_no_opc_ua_ends_the_connection_at_once_and_nothing_else(plant, line, bytes_):
    door, certificates, keys = plant
    raw(door, bytes_)
    trust(certificates, line)
    assert asyncio.run(enter(door, line.security(certificates), "the-read", keys[KeyRole.READ]))


def test_of_strangers_certificates_only_the_last_ones_are_kept(tmp_path):
    certificates = Certificates(tmp_path / "door")
    certificates.make("urn:door", "door")
    line = Certificates(tmp_path / "line")
    told = []
    for number in range(MOST_REJECTED + 2):
        line.make(f"urn:{number}", "line", ["localhost"])
        told.append(line.certificate.read_bytes())
        with pytest.raises(CertificateFault, match="not trusted"):
            certificates.check(told[-1])
    kept = {each.read_bytes() for each in certificates.rejected.iterdir()}
    assert kept <= set(told)
    assert len(kept) == MOST_REJECTED
    assert told[-1] in kept


@pytest.mark.parametrize("der", [b"", b"no certificate", b"0" * 100_000])
def test_what_is_no_certificate_is_neither_taken_nor_kept(tmp_path, der):
    certificates = Certificates(tmp_path / "door")
    certificates.make("urn:door", "door")
    with pytest.raises(CertificateFault):
        certificates.check(der)
    assert list(certificates.rejected.iterdir()) == []


def _der(line):
    return line.certificates.certificate.read_bytes()
