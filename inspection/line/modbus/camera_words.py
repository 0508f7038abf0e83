"""What the PLC means by the bits that In-Sight cameras have in common: rises ask, and acknowledge."""

import time
from collections.abc import Mapping

from inspection.line.modbus.conversation import Conversation
from inspection.line.modbus.errands import Asked, Trigger
from inspection.line.modbus.numbers import Command, error_id
from inspection.line.modbus.register_file import Code, Refusal


class CameraWords:
    """Takes in writes to the blocks `control` and `input`, whole or not at all."""

    def __init__(self, conversation: Conversation) -> None:
        self._told = conversation
        self._start = f"{time.time_ns() // 1_000_000:x}"
        """Sets this start's triggers apart from all others': the PLC gives them no ids."""
        self._trigger = 0
        self._before: Mapping[str, int] = {}
        self._input: Mapping[str, int] = {}
        self._user_data = (0, 0)
        self._is_refused = False
        self._triggers_answered = 0
        self._is_exposed = False

    def tell(self) -> Mapping[str, int]:
        """All numbers and bits."""
        talk, before = self._told, self._before
        told = talk.told()
        self._settle_trigger()
        is_taken = talk.triggers.is_settled and talk.triggers.answer == 0
        is_done, is_valid = talk.commands.is_settled, talk.results.is_valid
        return told | {
            "trigger_ready": talk.is_ready and bool(before.get("trigger_enable")),
            "trigger_ack": is_taken,
            "acquisition_error": self._is_refused,
            "offline_reason_1": told["offline_reason"] & 1,
            "offline_reason_2": told["offline_reason"] & 2,
            "offline_reason_4": told["offline_reason"] & 4,
            "inspection_completed": talk.results.completed & 1,
            "buffer_overrun": talk.results.is_overrun,
            "results_valid": is_valid,
            "command_executing": talk.commands.is_busy,
            "command_completed": is_done and talk.commands.answer == 0,
            "command_failed": is_done and talk.commands.answer != 0,
            "set_user_data_ack": before.get("set_user_data", 0),
            "string_command_error": before.get("initiate_string_command", 0),
            "exposure_complete": self._is_exposed,
            "job_pass": is_valid and told.get("verdict") == 1,
        }

    def judge(self, asked: Mapping[str, int], touched: frozenset[str]) -> None:
        """Raises Refusal, and nothing has changed."""
        if "job" in asked:
            self._input = asked
        else:
            self._judge_control(asked)

    def _judge_control(self, asked: Mapping[str, int]) -> None:
        talk, rises = self._told, self._rises(asked)
        if ("trigger" in rises and talk.triggers.is_full) or ("execute_command" in rises and talk.commands.is_full):
            raise Refusal(Code.DEVICE_BUSY, "what was asked before is still to be carried out")
        talk.results.is_held = bool(asked["buffer_results_enable"])
        talk.errands.is_taken_off = bool(asked["set_offline"])
        if "set_user_data" in rises:
            self._user_data = (self._input.get("new_piece_id", 0), self._input.get("encoder_position", 0))
        if "clear_error" in rises:
            talk.clear_error()
        if "clear_exposure_complete" in rises:
            self._is_exposed = False
        if not talk.results.set_acknowledging(bool(asked["results_ack"]), talk.now_s()):
            talk.counters["acknowledged_out_of_order"] += 1
        self._set_trigger(asked, is_rise="trigger" in rises)
        job = self._input.get("job", 0)
        talk.commands.set(
            bool(asked["execute_command"]),
            (Asked(Command.PREPARE_RECIPE, job), Asked(Command.CONFIRM_RECIPE, job)),
        )
        self._before = asked

    def _rises(self, asked: Mapping[str, int]) -> set[str]:
        return {name for name, value in asked.items() if value and not self._before.get(name)}

    def _set_trigger(self, asked: Mapping[str, int], *, is_rise: bool) -> None:
        self._settle_trigger()
        if is_rise and not asked["trigger_enable"]:
            self._is_refused = True
            self._told.error_id = error_id("unavailable")
        if "trigger_enable" in self._rises(asked):
            self._is_refused = False
        if is_rise and asked["trigger_enable"]:
            self._trigger += 1
            trigger = Trigger(f"{self._start}-{self._trigger}", *self._user_data)
            self._told.triggers.set(True, trigger)
            self._user_data = (0, 0)
        elif not asked["trigger"]:
            self._told.triggers.set(False, Trigger("", 0, 0))

    def _settle_trigger(self) -> None:
        """Note how the last trigger was answered."""
        triggers = self._told.triggers
        if triggers.answered != self._triggers_answered:
            self._triggers_answered = triggers.answered
            self._is_refused = triggers.answer != 0
            self._is_exposed = self._is_exposed or triggers.answer == 0
