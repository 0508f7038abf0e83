"""A PLC on Modbus TCP, by pymodbus' own client: it polls, takes what is told, and writes what it asks for."""

from contextlib import contextmanager
from urllib.parse import urlsplit

from pymodbus.client import ModbusTcpClient

from inspection.line.modbus.blocks import ASKED, CAMERA_STATUS, CONTROL, INPUT, OUTPUT, RESULT, STATUS
from inspection.line.modbus.registers import WordOrder
from tests.support.patience import PATIENCE_S, until

HIGH_FIRST = WordOrder.HIGH_FIRST


class Plc:
    """Speaks to a door of our own layout."""

    def __init__(self, address, order=HIGH_FIRST):
        where = urlsplit(address)
        self.client = ModbusTcpClient(where.hostname, port=where.port, timeout=PATIENCE_S, retries=0)
        assert self.client.connect()
        self.order = order
        self.asked = {}
        self.beat = 0

    def close(self):
        self.client.close()

    def words(self, address, count):
        answer = self.client.read_input_registers(address, count=count)
        assert not answer.isError(), answer
        return answer.registers

    def told(self):
        """All that is told, by one request."""
        words = self.words(0, STATUS.size + RESULT.size)
        told = STATUS.decode(words[: STATUS.size], self.order) | RESULT.decode(words[STATUS.size :], self.order)
        assert told["result_sequence"] == told["result_sequence_again"]
        assert told["result_valid"] == (told["result_sequence"] != 0)
        return told

    def write(self, **asked):
        """All that is asked, by one request. Returns the exception's number; 0: it was taken in."""
        self.beat = self.beat % 0xFFFF + 1
        asked = self.asked | {"partner_heartbeat": self.beat} | asked
        answer = self.client.write_registers(1000, ASKED.encode(asked, self.order))
        if answer.isError():
            return answer.exception_code
        self.asked = asked
        return 0

    def ask(self, counter, **asked):
        """Change a counter, and wait for its answer."""
        number = self.asked.get(counter, 0) + 1
        assert self.write(**asked | {counter: number}) == 0
        name = counter.removesuffix("_count")
        until(lambda: self.told()[f"{name}_answered"] == number)
        return self.told()[f"{name}_answer"]

    def next(self):
        """The next result, not acknowledged yet."""
        found = []

        def is_told():
            self.write()
            told = self.told()
            if told["result_valid"] and told["result_sequence"] != self.asked.get("result_acknowledged"):
                found.append(told)
            return found

        until(is_told)
        return found[0]

    def take(self, count):
        """Results, each acknowledged."""
        taken = []
        for _ in range(count):
            taken.append(self.next())
            assert self.write(result_acknowledged=taken[-1]["result_sequence"]) == 0
        return taken


class CameraPlc(Plc):
    """Has function blocks that were written for an In-Sight camera."""

    def __init__(self, address):
        super().__init__(address)
        self.control = {"buffer_results_enable": 1, "trigger_enable": 1}

    def told(self):
        words = self.words(0, CAMERA_STATUS.size)
        output = self.words(2000, OUTPUT.size)
        return CAMERA_STATUS.decode(words, self.order) | OUTPUT.decode(output, self.order)

    def set(self, **bits):
        self.control = self.control | bits
        answer = self.client.write_registers(0, CONTROL.encode(self.control, self.order))
        return answer.exception_code if answer.isError() else 0

    def put(self, **values):
        assert not self.client.write_registers(2000, INPUT.encode(values, self.order)).isError()

    def until(self, **bits):
        """What is told once these bits have come."""
        told = {}

        def has_come():
            told.update(self.told())
            return all(told[name] == value for name, value in bits.items())

        until(has_come, str(bits))
        return told

    def take(self, count):
        taken = []
        for _ in range(count):
            taken.append(self.until(results_valid=1))
            self.set(results_ack=1)
            self.until(results_valid=0)
            self.set(results_ack=0)
        return taken


@contextmanager
def a_plc(door, kind=Plc, **how):
    plc = kind(door.address, **how)
    try:
        yield plc
    finally:
        plc.close()
