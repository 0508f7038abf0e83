"""What a roll is worth. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from inspection.rolls.roll_map import RollLayout

_MOST_MISSING = 0.01
_REVIEW, _HOLD = 0.05, 0.02
"""Shares of rejected length from which the numbers note (section 5.1) has a lane reviewed for scrap, and held."""


class GradeReason(StrEnum):
    """Why a roll has its grade."""

    NO_LENGTH = "no_length"
    NOT_INSPECTED = "not_inspected"
    UNKNOWN_LENGTH = "unknown_length"
    MUCH_REJECTED = "much_rejected"
    SOME_REJECTED = "some_rejected"
    SAFETY = "safety"
    FINE = "fine"


@dataclass(frozen=True, slots=True)
class Grade:
    """A letter with its reason."""

    letter: str | None
    """A, B or C; None where too little was inspected to say."""
    reason: GradeReason
    rejected: float
    """Share of the length."""
    not_inspected: float
    """Share of the length."""
    safety: int
    """What broke a limit with severity S1, after review: see `RollTally.safety`."""
    unseen: int = 0
    """Places at which web passed that nobody saw, and nobody knows how much."""

    @property
    def because(self) -> str:
        """The reason as a sentence."""
        rejected = f"{100.0 * self.rejected:.1f} % of the length is rejected"
        return {
            GradeReason.NO_LENGTH: "No length of web is known.",
            GradeReason.NOT_INSPECTED: f"{100.0 * self.not_inspected:.1f} % of the length was not inspected; at most "
            f"{100.0 * _MOST_MISSING:.0f} % may be missing.",
            GradeReason.UNKNOWN_LENGTH: f"At {self.unseen} places web may have passed unseen, and nobody knows how "
            "much: the station or a camera did not run, or lost count.",
            GradeReason.MUCH_REJECTED: f"{rejected}, more than {100.0 * _REVIEW:.0f} %.",
            GradeReason.SOME_REJECTED: f"{rejected}, more than {100.0 * _HOLD:.0f} %.",
            GradeReason.SAFETY: f"{self.safety} safety defects (S1); {rejected}.",
            GradeReason.FINE: f"{rejected}, no safety defect (S1).",
        }[self.reason]


def grade_of(layout: RollLayout, safety: int) -> Grade:
    """A: at most 2 % of the length rejected and no safety defect; B: at most 5 %; C: more.

    `safety`: how many safety defects (S1) broke a limit, see `RollTally.safety`; one makes it B at best. With more
    than 1 % of the length not inspected there is no grade, nor where what was not inspected is of unknown length.
    Whoever needs other grades takes lengths and counts from the CSV.
    """
    whole = layout.length_m
    rejected, missing = (layout.rejected_m / whole, layout.not_inspected_m / whole) if whole > 0.0 else (0.0, 0.0)
    if whole <= 0.0:
        letter, reason = None, GradeReason.NO_LENGTH
    elif missing > _MOST_MISSING:
        letter, reason = None, GradeReason.NOT_INSPECTED
    elif layout.unseen:
        letter, reason = None, GradeReason.UNKNOWN_LENGTH
    elif rejected > _REVIEW:
        letter, reason = "C", GradeReason.MUCH_REJECTED
    elif rejected > _HOLD:
        letter, reason = "B", GradeReason.SOME_REJECTED
    elif safety:
        letter, reason = "B", GradeReason.SAFETY
    else:
        letter, reason = "A", GradeReason.FINE
    return Grade(letter, reason, rejected, missing, safety, len(layout.unseen))
