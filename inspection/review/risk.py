"""How much depends on a second look: the order of the review queue. Pure."""

import hashlib
from collections.abc import Mapping, Sequence

from inspection.review.cases import Risk
from inspection.values import Reason, Severity, Verdict, guilty_of
from inspection.values.kinds import KINDS

NEAR_LIMIT = 1.1
"""A size of at most so many times its limit is near it: the guard band lies below, a tenth of uncertainty above."""
LOW_SCORE = 0.5
"""Below this the network was not sure what it saw, or saw it at all."""


def risk_of(
    verdict: Verdict, severity: Severity | None, reasons: Sequence[Reason], defects: Mapping[int, tuple[str, float]]
) -> Risk:
    """A decision's place in the queue. `defects`: kind and score of each, by their places.

    >>> pinhole = Reason("limit.E01.diameter_mm", "", "E01", 0.48, 0.5, "mm", defects=(0,))
    >>> risk_of(Verdict.REJECT, Severity.S2, [pinhole], {0: ("E01", 0.9)})
    <Risk.NEAR_LIMIT: 2>
    """
    if verdict is Verdict.ACCEPT:
        return Risk.ACCEPT_SAMPLE
    if verdict is Verdict.UNINSPECTED:
        return Risk.UNINSPECTED
    if reasons and all(_is_near_limit(reason) for reason in reasons):
        return Risk.NEAR_LIMIT
    guilty = [defects[place] for place in guilty_of(reasons) if place in defects]
    best = max((score for _, score in guilty), default=1.0)
    kinds = {kind for kind, _ in guilty} | {reason.kind for reason in reasons if reason.kind}
    if best < LOW_SCORE or not kinds <= KINDS.keys():
        return Risk.UNUSUAL
    return Risk.SAFETY if severity is Severity.S1 else Risk.REJECT


def is_drawn(sequence: int, share: float) -> bool:
    """Whether a case goes to a second reader as well: by chance, but for a sequence number always the same.

    Independent of the draw by which the frame archive saves accepts, else all of these were read twice.

    >>> sum(is_drawn(n, 0.1) for n in range(10_000))
    1027
    """
    digest = hashlib.blake2b(f"second reader {sequence}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) < share * 2**64


def _is_near_limit(reason: Reason) -> bool:
    if not reason.rule.startswith("limit.") or reason.measured is None or reason.limit is None:
        return False
    return reason.measured <= NEAR_LIMIT * reason.limit
