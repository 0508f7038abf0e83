"""What one partner may hold at most, and that others go on meanwhile."""

import asyncio
import struct
from types import SimpleNamespace
from urllib.parse import urlsplit

import psutil
import pytest
from asyncua import Client, ua
from asyncua.ua.ua_binary import uatcp_to_binary

from tests.support.opcua_partner import LINE, ROOT, Partner, a_partner, until_async
from tests.support.opcua_plant import a_plant
from tests.support.patience import until

pytestmark = pytest.mark.process
SESSIONS, SUBSCRIPTIONS, ITEMS = 6, 8, 40


@pytest.fixture(scope="module")
def plant(folder, tmp_path_factory):
    bounds = {"most_sessions": SESSIONS, "most_subscriptions": SUBSCRIPTIONS, "most_monitored_items": ITEMS}
    with a_plant(folder, tmp_path_factory.mktemp("state"), **bounds) as (_, door):
        yield door


def memory_mb(door):
    (process,) = [each for each in psutil.Process().children() if "inspection.line.opcua" in " ".join(each.cmdline())]
    return process.memory_info().rss / 2**20


async def fail(awaited, code):
    with pytest.raises(ua.UaStatusCodeError) as refused:
        await awaited
    assert refused.value.code == code


def test_one_session_has_a_quarter_of_all_subscriptions_and_another_one_its_own(plant):
    async def talk():
        async with a_partner(plant) as greedy, a_partner(plant) as modest:
            held = [await greedy.client.create_subscription(500, greedy) for _ in range(SUBSCRIPTIONS // 4)]
            await fail(greedy.client.create_subscription(500, greedy), ua.StatusCodes.BadTooManySubscriptions)
            await modest.subscribe("1024")
            assert await modest.hear("1024")
            await held[0].delete()
            await greedy.client.create_subscription(500, greedy)

    asyncio.run(talk())


def test_one_session_has_a_quarter_of_all_monitored_items(plant):
    async def talk():
        async with a_partner(plant) as greedy, a_partner(plant) as modest:
            held = await greedy.client.create_subscription(500, greedy)
            nodes = [greedy.node(f"{LINE}.Heartbeat")] * (ITEMS // 4 + 1)
            greedy.datachange_notification = lambda *_: None
            await fail(held.subscribe_data_change(nodes), ua.StatusCodes.BadTooManyMonitoredItems)
            await held.subscribe_data_change(nodes[1:])
            await modest.subscribe("1024")
            assert await modest.hear("1024")

    asyncio.run(talk())


def test_one_user_has_half_of_all_sessions_and_what_was_left_behind_makes_room(plant):
    async def talk():
        held = []
        for _ in range(SESSIONS // 2):
            client = Client(plant.address, timeout=60)
            await client.connect()
            held.append(client)
        await fail(Client(plant.address, timeout=60).connect(), ua.StatusCodes.BadTooManySessions)
        assert await held[0].get_namespace_array()
        for client in held:
            partner = Partner(client)
            await partner.learn()
            await partner.subscribe("1024")
            client.uaclient.protocol.transport.abort()  # a cable that is pulled: the session stays for a while
        for _ in range(2 * SESSIONS):
            async with a_partner(plant) as partner:
                assert (await partner.read(f"{ROOT}.SystemState")).State

    asyncio.run(talk())


def test_connections_that_say_nothing_leave_room_for_others(plant):
    async def talk():
        where = urlsplit(plant.address)
        silent = [await asyncio.open_connection(where.hostname, where.port) for _ in range(4 * SESSIONS)]
        closed = [reader for reader, _ in silent if reader.at_eof() or await _is_closed(reader)]
        assert len(silent) - len(closed) <= 2 * SESSIONS
        for _, writer in silent:
            writer.close()
        await until_async(lambda: _is_served(plant))

    asyncio.run(talk())


async def _is_closed(reader):
    try:
        async with asyncio.timeout(0.05):
            return await reader.read(1) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def test_a_subscription_of_no_interval_or_no_number_is_slowed_down(plant):
    async def talk():
        async with a_partner(plant) as partner:
            for asked, granted in ((0.0, 10.0), (-5.0, 10.0), (1e-9, 10.0), (1e12, 60_000.0), (float("nan"), 60_000.0)):
                told = ua.CreateSubscriptionParameters()
                told.RequestedPublishingInterval, told.RequestedLifetimeCount = asked, 2**32 - 1
                told.RequestedMaxKeepAliveCount, told.PublishingEnabled = 2**32 - 1, True
                found = await partner.client.uaclient.session.create_subscription(told, lambda _: None)
                assert found.RevisedPublishingInterval == granted
                assert granted * found.RevisedLifetimeCount <= 300_000
                await partner.client.uaclient.session.delete_subscriptions([found.SubscriptionId])

    asyncio.run(talk())


def test_another_ones_subscription_can_be_neither_changed_nor_taken_nor_ended(plant):
    async def talk():
        async with a_partner(plant) as owner, a_partner(plant) as stranger:
            held = await owner.subscribe("1024")
            session = stranger.client.uaclient.session
            (code,) = await session.delete_subscriptions([held.subscription_id])
            assert code.value == ua.StatusCodes.BadSubscriptionIdInvalid
            told = ua.ModifySubscriptionParameters()
            told.SubscriptionId = held.subscription_id
            await fail(session.modify_subscription(told), ua.StatusCodes.BadSubscriptionIdInvalid)
            items = ua.CreateMonitoredItemsParameters()
            items.SubscriptionId = held.subscription_id
            await fail(session.create_monitored_items(items), ua.StatusCodes.BadSubscriptionIdInvalid)
            assert await owner.hear("1024")

    asyncio.run(talk())


def test_who_never_reads_nor_publishes_costs_no_memory_and_delays_nobody(plant):
    """A partner that subscribes and asks for nothing, and one that asks for much and reads none of it."""

    async def talk():
        async with a_partner(plant) as modest:
            await modest.subscribe("1024")
            await modest.hear("1024")
            before_mb = memory_mb(plant)
            async with a_partner(plant) as flooder:
                transport = flooder.client.uaclient.protocol.transport
                transport.pause_reading()
                asked = [asyncio.ensure_future(flooder.client.nodes.namespace_array.read_value()) for _ in range(3000)]
                for _ in range(10):
                    await modest.hear("1024")
                transport.resume_reading()
                for each in asked:
                    each.cancel()
                await asyncio.gather(*asked, return_exceptions=True)
            assert memory_mb(plant) < before_mb + 60

    asyncio.run(talk())


def test_an_array_of_nothing_without_end_is_refused(plant):
    """A Variant of two thousand million nulls takes five bytes to say, and sixteen gigabytes to hold."""

    async def talk():
        async with a_partner(plant) as partner:
            before_mb = memory_mb(plant)
            protocol = partner.client.uaclient.protocol
            transport, said = protocol.transport, b"\x0f" + struct.pack("<i", 8) + b"all-null"
            bomb = b"\x80" + struct.pack("<i", 2**31 - 1) + b"all-null"
            protocol.transport = SimpleNamespace(write=lambda told: transport.write(told.replace(said, bomb)))
            told = ua.Variant(b"all-null", ua.VariantType.ByteString)
            await fail(partner.node(f"{LINE}.State").write_value(told), ua.StatusCodes.BadDecodingError)
            protocol.transport = transport
            assert memory_mb(plant) < before_mb + 30
            assert await partner.state()

    asyncio.run(talk())


def test_a_message_that_is_too_large_ends_its_connection_alone(plant):
    async def talk():
        async with a_partner(plant) as modest:
            async with a_partner(plant) as partner:
                write = partner.node(f"{LINE}.State").write_value("x" * 3_000_000)
                with pytest.raises((ua.UaError, ConnectionError, TimeoutError)):
                    await write
            assert await modest.state()

    asyncio.run(talk())


def test_bounds_that_were_met_are_counted(plant):
    until(lambda: plant.state.counters.get("refused_requests", 0) >= 3)


def test_half_a_message_is_not_waited_for_for_ever(plant):
    async def talk():
        where = urlsplit(plant.address)
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        hello = uatcp_to_binary(ua.MessageType.Hello, ua.Hello(0, 65535, 65535, 0, 0, "opc.tcp://x"))
        writer.write(hello + b"OPNF" + struct.pack("<II", 60_000, 0))
        async with asyncio.timeout(120):
            await reader.read(-1)
        writer.close()
        await until_async(lambda: _is_served(plant))

    asyncio.run(talk())


async def _is_served(door):
    try:
        async with a_partner(door) as partner:
            return await partner.state()
    except ConnectionError:
        return None
