"""What the PLC means by what it writes into our own map: counters ask, numbers acknowledge."""

from collections.abc import Mapping

from inspection.line.handshake import OutOfOrder
from inspection.line.modbus.conversation import Conversation
from inspection.line.modbus.errands import Asked, Trigger
from inspection.line.modbus.numbers import Command
from inspection.line.modbus.register_file import Code, Refusal


class StationWords:
    """Takes in writes to the block `asked`, whole or not at all."""

    def __init__(self, conversation: Conversation) -> None:
        self._told = conversation
        self._acknowledged = 0
        self._clear_error = 0

    def tell(self) -> Mapping[str, int]:
        """All numbers and bits."""
        return self._told.told()

    def judge(self, asked: Mapping[str, int], touched: frozenset[str]) -> None:
        """Raises Refusal, and nothing has changed."""
        talk = self._told
        is_trigger = "trigger_count" in touched and talk.triggers.is_news(asked["trigger_count"])
        is_command = "command_count" in touched and talk.commands.is_news(asked["command_count"])
        if (is_trigger and talk.triggers.is_full) or (is_command and talk.commands.is_full):
            raise Refusal(Code.DEVICE_BUSY, "what was asked before is still to be carried out")
        if is_trigger and not asked["new_trigger_id"]:
            raise Refusal(Code.ILLEGAL_VALUE, "a trigger needs an id, and 0 is none")
        if is_command and asked["command"] not in list(Command):
            raise Refusal(Code.ILLEGAL_VALUE, f"there is no command {asked['command']}")
        if "result_acknowledged" in touched:
            self._acknowledge(asked["result_acknowledged"])
        if "trigger_count" in touched:
            talk.triggers.count(
                asked["trigger_count"],
                Trigger(str(asked["new_trigger_id"]), asked["new_piece_id"], asked["encoder_position"]),
            )
        if "command_count" in touched:
            command = Command(asked["command"]) if is_command else Command.GO_ONLINE
            told = Asked(command, asked["argument"], (asked["hash_1"], asked["hash_2"]))
            talk.commands.count(asked["command_count"], (told,))
        if "partner_heartbeat" in touched:
            talk.beats.hear(asked["partner_heartbeat"], talk.now_s())
        if "clear_error" in touched and asked["clear_error"] != self._clear_error:
            self._clear_error = asked["clear_error"]
            talk.clear_error()

    def _acknowledge(self, number: int) -> None:
        """A number that stands in the register is repeated by each write of the whole block: that says nothing new."""
        shown = self._told.results.shown
        is_repeated = number == self._acknowledged and (shown is None or number != shown.sequence)
        if not is_repeated:
            try:
                self._told.results.acknowledge(number, self._told.now_s())
            except OutOfOrder as error:
                self._told.counters["acknowledged_out_of_order"] += 1
                raise Refusal(Code.ILLEGAL_VALUE, str(error)) from error
        self._acknowledged = number
