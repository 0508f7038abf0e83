"""Reasons as numbers, for machines that read no text. A number is never given to another rule."""

from collections.abc import Mapping

from inspection.values.kinds import KINDS

ACCEPTED = 0
UNKNOWN = 9999
"""A rule that this table does not know."""

_OF_OBJECTS: Mapping[str, int] = {"limit": 1000, "count": 2000}
"""To these the kind's number is added."""
_LETTERS: Mapping[str, int] = {"E": 0, "S": 100, "N": 200}
CODES: Mapping[str, int] = {
    "cluster": 3000,
    "storm": 3001,
    "hold": 4000,
    "bypass": 4001,
    "changeover": 4002,
    "late": 5000,
    "late.frame": 5001,
    "late.store": 5002,
    "overload": 5003,
    "failed": 5004,
    "store": 5005,
    "store.detail": 5006,
    "model": 5100,
    "model.scores": 5101,
    "lost": 6000,
    "lost.dropped": 6001,
    "lost.incomplete": 6002,
    "lost.timeout": 6003,
    "lost.device_lost": 6004,
    "lost.process_died": 6005,
    "lost.overrun": 6006,
    "lost.wrong_size": 6007,
    "lost.counter": 6008,
    "lost.unreadable": 6009,
    "image": 7000,
    "image.size": 7001,
    "image.short": 7002,
    "image.short.unplaced": 7003,
    "image.depth": 7004,
    "image.pitch": 7005,
    "image.level": 7006,
    "image.black": 7007,
    "image.saturated": 7008,
    "image.blind": 7009,
    "image.blurred": 7010,
    "image.hidden": 7011,
    "image.frozen": 7012,
    "encoder": 7100,
    "encoder.backwards": 7101,
    "encoder.jump": 7102,
    "view": 7200,
    "view.missing": 7201,
    "view.gap": 7202,
}
"""By rule; one that is not here has the code of its first part."""


def reason_code(rule: str, kind: str | None = None) -> int:
    """The number of a reason, 0 to 9999. Of an object it holds the kind: 1000 (limit) or 2000 (count), and for E01 1,
    for S01 101, for N01 201.

    >>> reason_code("limit.E03.diameter_mm", "E03"), reason_code("count.S01", "S01"), reason_code("lost.dropped")
    (1003, 2101, 6001)
    >>> reason_code("image.of_tomorrow"), reason_code("of_tomorrow")
    (7000, 9999)
    """
    family = rule.partition(".")[0]
    if family in _OF_OBJECTS:
        return _OF_OBJECTS[family] + (kind_number(kind) if kind else 0)
    return CODES.get(rule, CODES.get(family, UNKNOWN))


def kind_number(code: str) -> int:
    """A kind of the catalogue as a number, 1 to 299; 0 for one that is not in it.

    >>> kind_number("E31"), kind_number("S01"), kind_number("N02"), kind_number("X01")
    (31, 101, 202, 0)
    """
    return _LETTERS[code[0]] + int(code[1:]) if code in KINDS else 0
