"""What the line's words are as numbers: errors, commands, steps of a change-over. No number is given away twice."""

from collections.abc import Mapping
from enum import IntEnum

from inspection.line.result import Named
from inspection.station.planned_change import ChangeStep
from inspection.values import Cut

ERRORS: Mapping[str, int] = {
    "conflict": 1,
    "duplicate": 2,
    "forbidden": 3,
    "invalid": 4,
    "not-found": 5,
    "recipe-refused": 6,
    "sequence-ahead": 7,
    "too-late": 8,
    "too-many-triggers": 9,
    "unavailable": 10,
    "unknown-alarm": 11,
    "unknown-camera": 12,
    "unknown-key": 13,
}
"""By the name that an order is refused with."""
OTHER_ERROR = 99
"""A refusal that this table does not know."""
MEANINGS: Mapping[str, str] = {
    "conflict": "not now: something else is in force, or was not prepared; for 2 the hash is not the prepared recipe's",
    "duplicate": "this trigger id was sent before: count on over a restart of the PLC",
    "forbidden": "the door's `role` does not let its partners do that",
    "invalid": "a number that means nothing: an unknown command, or 0 as id",
    "not-found": "no recipe has that number in the door's `recipes`",
    "recipe-refused": "the station cannot run with that recipe; its log says why",
    "sequence-ahead": "a decision that is not there yet",
    "too-late": "the frame was read before the trigger came",
    "too-many-triggers": "too many triggers wait for frames: send one for each piece",
    "unavailable": "the station cannot now, or was taken offline by the PLC",
    "unknown-alarm": "there is no such alarm",
    "unknown-camera": "there is no such camera",
    "unknown-key": "there is no such key",
}
"""What each error means to the PLC."""
CUTS: Mapping[Cut, int] = {Cut.BLOCK: 1, Cut.LANE: 2, Cut.SHEET: 3}
"""What a piece is."""
STEPS: Mapping[ChangeStep, int] = {ChangeStep.PREPARED: 1, ChangeStep.CONFIRMED: 2, ChangeStep.COMING: 3}
"""How far a change-over has come; 0: none is to come."""


class Command(IntEnum):
    """What the PLC may have done."""

    PREPARE_RECIPE = 1
    CONFIRM_RECIPE = 2
    CANCEL_RECIPE = 3
    BEGIN_ROLL = 4
    END_ROLL = 5
    HOLD = 6
    END_HOLD = 7
    GO_OFFLINE = 8
    GO_ONLINE = 9


COMMANDS: Mapping[Command, str] = {
    Command.PREPARE_RECIPE: "load recipe number `argument` of the door's `recipes`; its hash is then in `change_hash`",
    Command.CONFIRM_RECIPE: "have the prepared recipe take effect with the next roll; `hash` echoes `change_hash`",
    Command.CANCEL_RECIPE: "give up the change that is to come",
    Command.BEGIN_ROLL: "roll number `argument` begins",
    Command.END_ROLL: "the roll has ended",
    Command.HOLD: "stop the line",
    Command.END_HOLD: "end the hold or bypass",
    Command.GO_OFFLINE: "refuse triggers until 9; results are told all the same",
    Command.GO_ONLINE: "take triggers again",
}
"""What each command does."""


def error_id(name: str) -> int:
    """The number of a refusal.

    >>> error_id("duplicate"), error_id("of tomorrow")
    (2, 99)
    """
    return ERRORS.get(name, OTHER_ERROR)


def hash_numbers(sha256: str | None) -> tuple[int, int]:
    """The first 8 bytes of a hash as two numbers; (0, 0): there is none.

    >>> hash_numbers("0123456789abcdef" + 48 * "0") == (0x01234567, 0x89ABCDEF)
    True
    """
    return (int(sha256[:8], 16), int(sha256[8:16], 16)) if sha256 else (0, 0)


def named(prefix: str, told: Named | None) -> dict[str, int]:
    """A recipe's or model's hash by the names of its two registers."""
    first, second = hash_numbers(told.sha256 if told else None)
    return {f"{prefix}_hash_1": first, f"{prefix}_hash_2": second}


def number_of(text: str | None) -> int | None:
    """A number that the line gave an id, as it is told back; None: no id, or none that is such a number.

    >>> number_of("4711"), number_of("0"), number_of("A-7"), number_of("4294967296"), number_of(None)
    (4711, None, None, None, None)
    """
    if text is None or not (text.isascii() and text.isdigit()) or text[0] == "0" or len(text) > 10:
        return None
    number = int(text)
    return number if number < 1 << 32 else None
