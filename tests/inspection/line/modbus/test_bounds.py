"""What no partner may do to the door: requests that mean nothing, too many of anything, and plain noise."""

import random
import socket
import struct
from ipaddress import ip_network
from urllib.parse import urlsplit

import pytest

from inspection.line.modbus.numbers import Command
from inspection.line.modbus.server import serve
from inspection.people.key_role import KeyRole
from inspection.station.door_settings import ModbusSettings
from tests.support.modbus_plc import Plc
from tests.support.patience import PATIENCE_S, until
from tests.support.told_link import ToldLink, serving


def a_link(**changes):
    return ToldLink(ModbusSettings(**{"port": 0, "role": KeyRole.HOLD, "retry_s": 0} | changes))


@pytest.fixture
def link():
    with serving(serve, a_link()) as told:
        yield told


def connect(link):
    where = urlsplit(link.address)
    return socket.create_connection((where.hostname, where.port), PATIENCE_S)


def frame(pdu, transaction=1, unit=1, protocol=0, length=None):
    return struct.pack(">HHHB", transaction, protocol, len(pdu) + 1 if length is None else length, unit) + pdu


def hear(connection):
    """One answer: its transaction, unit and PDU."""
    with connection.makefile("rb", buffering=0) as stream:
        head = b""
        while len(head) < 7:
            part = stream.read(7 - len(head))
            assert part, "the door has hung up"
            head += part
        transaction, _, length, unit = struct.unpack(">HHHB", head)
        pdu = b""
        while len(pdu) < length - 1:
            pdu += stream.read(length - 1 - len(pdu))
    return transaction, unit, pdu


REFUSED = [
    ("a function that there is not", b"\x63\x00", 0x63, 1),
    ("diagnostics, which could silence the door", b"\x08\x00\x04\x00\x00", 8, 1),
    ("identification", b"\x2b\x0e\x01\x00", 0x2B, 1),
    ("files", b"\x14\x07\x06\x00\x04\x00\x01\x00\x02", 0x14, 1),
    ("an exception as a request", b"\x83\x02", 3, 1),
    ("an address that there is not", b"\x03\x27\x0f\x00\x01", 3, 2),
    ("one register too many", b"\x03\x00\x00\x00\x79", 3, 2),
    ("the end of all addresses", b"\x03\xff\xff\x00\x02", 3, 2),
    ("coils, which this layout has not", b"\x01\x00\x00\x00\x01", 1, 2),
    ("inputs of holding registers", b"\x04\x03\xe8\x00\x01", 4, 2),
    ("no register at all", b"\x03\x00\x00\x00\x00", 3, 3),
    ("more than a request may ask", b"\x03\x00\x00\x00\x7e", 3, 3),
    ("a request cut short", b"\x03\x00\x00\x00", 3, 3),
    ("a request with bytes too many", b"\x03\x00\x00\x00\x01\x00", 3, 3),
    ("a function alone", b"\x10", 16, 3),
    ("a write to what the station tells", b"\x06\x00\x34\x00\x01", 6, 2),
    ("a write of a verdict", b"\x10\x00\x34\x00\x01\x02\x00\x01", 16, 2),
    ("a write across the end", b"\x10\x03\xfb\x00\x02\x04\x00\x00\x00\x01", 16, 2),
    ("a write with fewer bytes than it says", b"\x10\x03\xe8\x00\x02\x04\x00\x01", 16, 3),
    ("a write with another count than bytes", b"\x10\x03\xe8\x00\x03\x04\x00\x01\x00\x01", 16, 3),
    ("a write of nothing", b"\x10\x03\xe8\x00\x00\x00", 16, 3),
    ("a write and a read of what there is not", b"\x17\x27\x0f\x00\x01\x03\xe8\x00\x01\x02\x00\x63", 23, 2),
    ("a write and a read of too much", b"\x17\x00\x00\x00\x7e\x03\xe8\x00\x01\x02\x00\x63", 23, 3),
    ("a mask on what the station tells", b"\x16\x00\x34\x00\x00\x00\x01", 22, 2),
    ("a mask cut short", b"\x16\x03\xe8\x00\x00", 22, 3),
]


@pytest.mark.parametrize(("pdu", "function", "code"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_can_not_be_carried_out_is_answered_with_the_protocols_own_exception(link, pdu, function, code):
    link.decide()
    with connect(link) as connection:
        connection.sendall(frame(pdu, transaction=777, unit=9))
        transaction, unit, answer = hear(connection)
        assert (transaction, unit, answer) == (777, 9, bytes([function | 0x80, code]))
        connection.sendall(frame(b"\x03\x03\xe8\x00\x14"))
        assert hear(connection)[2] == b"\x03\x28" + bytes(40)
        connection.sendall(frame(b"\x04\x00\x32\x00\x03"))
        until(lambda: link.status.last_sequence == 1)
        assert hear(connection)[2][-2:] == b"\x00\x01"
    assert link.asked == link.acknowledgements == []


@pytest.mark.parametrize(
    "noise",
    [b"GET / HTTP/1.1\r\n\r\n", frame(b"\x03\0\0\0\1", protocol=1), frame(b"", length=1), frame(b"", length=400)],
    ids=["HTTP", "another protocol", "no function", "too long"],
)
def test_whoever_speaks_no_modbus_is_hung_up_on(link, noise):
    with connect(link) as connection:
        connection.sendall(noise)
        with pytest.raises((ConnectionError, AssertionError)):
            hear(connection)


def test_requests_that_come_in_one_packet_are_all_answered_in_order(link):
    with connect(link) as connection:
        connection.sendall(b"".join(frame(b"\x03\x00\x00\x00\x02", transaction=each) for each in range(50)))
        assert [hear(connection)[0] for _ in range(50)] == list(range(50))
        for byte in frame(b"\x03\x00\x00\x00\x02", transaction=99):
            connection.sendall(bytes([byte]))
        assert hear(connection) == (99, 1, b"\x03\x04\x12\x34\x56\x78")


@pytest.mark.parametrize(("unit", "code"), [(3, None), (1, 11), (0, 11)])
def test_a_unit_that_is_not_the_doors_is_refused(unit, code):
    with serving(serve, a_link(unit_id=3)) as link, connect(link) as connection:
        connection.sendall(frame(b"\x03\x00\x00\x00\x01", unit=unit))
        answer = hear(connection)[2]
        assert (answer[1] if answer[0] & 0x80 else None) == code


def test_a_stranger_is_hung_up_on():
    with serving(serve, a_link(partners=(ip_network("192.0.2.0/24"),))) as link, connect(link) as connection:
        connection.sendall(frame(b"\x03\x00\x00\x00\x01"))
        with pytest.raises((ConnectionError, AssertionError)):
            hear(connection)
        until(lambda: link.partners.counters.get("strangers") == 1)


def test_a_new_connection_takes_the_place_of_one_that_is_idle_and_never_of_one_that_asks():
    with serving(serve, a_link(most_connections=3)) as link:
        plc = Plc(link.address)
        idle = [connect(link) for _ in range(2)]
        until(lambda: plc.write() == 0 and link.partners.connected == 3)

        def is_let_in():
            plc.write()
            with connect(link) as late:
                late.sendall(frame(b"\x03\x00\x00\x00\x01"))
                try:
                    return hear(late)[2][0] == 3
                except (ConnectionError, AssertionError):
                    return False

        until(is_let_in, every_s=0.1)
        assert plc.write() == 0
        until(lambda: link.partners.counters.get("connections_dropped", 0) >= 1)
        plc.close()
        for each in idle:
            each.close()


def test_one_that_floods_and_reads_nothing_is_cut_off_and_delays_nobody():
    with serving(serve, a_link(most_requests_per_s=100_000)) as link, socket.socket() as flood:
        plc = Plc(link.address)
        flood.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        flood.connect((urlsplit(link.address).hostname, urlsplit(link.address).port))
        flood.settimeout(0.05)
        request, sent = frame(b"\x03\x00\x00\x00\x78"), 0

        def is_cut_off():
            nonlocal sent
            assert plc.told()["self_test"] == 0x12345678
            try:
                sent += flood.send((request * 201)[sent % len(request) :])
            except TimeoutError:
                return False
            except ConnectionError:
                return True
            return False

        until(is_cut_off)
        until(lambda: link.partners.counters.get("slow_partners") == 1)
        plc.close()


FUNCTIONS = (1, 2, 3, 4, 5, 6, 15, 16, 22, 23)


def a_pdu(chance):
    """A request that is well formed, and asks for anything that changes no state: heartbeats and reads are its own."""
    function = chance.choice(FUNCTIONS)
    address = chance.choice([0, 50, 999, 1000, chance.randrange(65536)])
    count = chance.choice([1, 2, 20, 120, chance.randrange(130)])
    if function in (5, 6):
        return struct.pack(">BHH", function, address, chance.randrange(65536))
    if function == 22:
        return struct.pack(">BHHH", function, address, chance.randrange(65536), chance.randrange(65536))
    data = chance.randbytes(2 * min(count, 120))
    if function in (15, 16):
        return struct.pack(">BHHB", function, address, count, len(data)) + data
    if function == 23:
        return struct.pack(">BHHHHB", function, 0, count, address, count, len(data)) + data
    return struct.pack(">BHH", function, address, count)


@pytest.mark.parametrize("seed", range(3))
def test_noise_and_random_requests_end_nothing_and_change_nothing_but_what_they_may(link, seed):
    """What they may: the block that the PLC writes. Whatever that holds, no result is lost and no order made up."""
    chance = random.Random(seed)
    link.decide(3)
    plc = Plc(link.address)
    until(lambda: plc.told()["result_sequence"] == 1)
    for _ in range(150):
        with connect(link) as connection:
            for _ in range(4):
                if chance.random() < 0.5:
                    connection.sendall(frame(a_pdu(chance), transaction=chance.randrange(65536)))
                    hear(connection)
                else:
                    connection.sendall(chance.randbytes(chance.randrange(1, 300)))
                    break
        if chance.random() < 0.1:
            assert plc.told()["self_test"] == 0x12345678
    told = plc.told()
    assert told["result_sequence"] == 1  # nobody guesses the number that acknowledges
    assert link.acknowledgements == []
    assert all(1 <= order_code(order) <= max(Command) for order in link.asked)
    plc.close()


def order_code(order):
    orders = ("trigger", "prepare_recipe", "confirm_recipe", "cancel_recipe", "begin_roll", "end_roll", "hold")
    return (*orders, "end_intervention").index(order.order) + 1


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.0.2", "::"])
def test_a_door_that_others_reach_names_its_partners(host):
    with pytest.raises(ValueError, match="Modbus knows no keys"):
        ModbusSettings(host=host)
    ModbusSettings(host=host, partners=("192.168.0.10/32",))
