"""Tells the night shift why pieces go uninspected: a line when it begins, when its cause changes, when it is over."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from inspection.station.feed import Publication
from inspection.values import Decision, Verdict

_log = structlog.get_logger("inspection.trouble")


@dataclass(slots=True)
class _Trouble:
    """A camera's uninspected pieces in a row."""

    rule: str
    pieces: int = 0


class TroubleLog:
    """A sink that writes one WARNING for each spell of trouble, however many pieces it takes."""

    def __init__(self) -> None:
        self._now: dict[str, _Trouble] = {}

    def take(self, publications: Sequence[Publication]) -> None:
        """Look at decisions in their order."""
        for publication in publications:
            decision = publication.decision
            if decision.verdict is Verdict.UNINSPECTED:
                self._note(decision)
            elif (over := self._now.pop(decision.piece.frame.camera, None)) is not None:
                _log.warning(
                    "inspected again",
                    camera=decision.piece.frame.camera,
                    frame=str(decision.piece.frame),
                    sequence=decision.sequence,
                    uninspected_pieces=over.pieces,
                )

    def _note(self, decision: Decision) -> None:
        camera, reason = decision.piece.frame.camera, decision.reasons[0]
        trouble = self._now.get(camera)
        if trouble is None or trouble.rule != reason.rule:
            _log.warning(
                "uninspected",
                camera=camera,
                frame=str(decision.piece.frame),
                sequence=decision.sequence,
                rule=reason.rule,
                why=reason.sentence,
            )
            trouble = self._now[camera] = _Trouble(reason.rule, trouble.pieces if trouble else 0)
        trouble.pieces += 1
