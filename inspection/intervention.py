"""Hold and bypass: a person takes material out of the station's hands, with a reason.

Neither ever makes a verdict milder. While one is in force every piece that would have been accepted is UNINSPECTED,
and what is rejected stays rejected; both say why.

* A **hold** stops the line: the station is not ready until somebody ends it, also after a restart.
* A **bypass** lets the line run while the station's word does not count (a splice, a trial, a set-up): the station is
  ready, but answers for nothing. Whether material then passes the gate is for the line's own switch, not for the
  station: here it is UNINSPECTED. A bypass ends by itself.
"""

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

import structlog
from pydantic import AwareDatetime, Field, ValidationError

from camera.checked import Checked
from inspection.errors import LineError
from inspection.values import Decision, Reason, Verdict
from inspection.whole_file import write_whole

LONGEST_BYPASS_MIN = 480
FILE = "intervention.json"
_log = structlog.get_logger("inspection.intervention")


class InterventionKind(StrEnum):
    """What a person has done."""

    HOLD = "hold"
    BYPASS = "bypass"


class Intervention(Checked):
    """A hold or a bypass in force."""

    kind: InterventionKind
    reason: str = Field(min_length=1, max_length=500)
    by: str = Field(min_length=1, max_length=128)
    since_utc: AwareDatetime
    until_utc: AwareDatetime | None
    """When a bypass ends by itself; None for a hold."""

    @property
    def sentence(self) -> str:
        """For the line, alarms and reasons."""
        since = f"{self.since_utc:%Y-%m-%d %H:%M:%S} UTC"
        if self.kind is InterventionKind.HOLD:
            return (
                f"On hold since {since} by {self.by}: {self.reason}. Nothing is accepted until somebody ends the hold."
            )
        return (
            f"Bypassed since {since} by {self.by}, until {self.until_utc:%H:%M:%S} UTC: {self.reason}. "
            "The station accepts nothing meanwhile."
        )

    def applied(self, verdict: Verdict, reasons: Sequence[Reason]) -> tuple[Verdict, tuple[Reason, ...]]:
        """Verdict and reasons while this is in force: never milder than without.

        >>> hold = Intervention(
        ...     kind="hold", reason="splice", by="ann", since_utc="2030-01-02T03:04:05Z", until_utc=None
        ... )
        >>> hold.applied(Verdict.ACCEPT, ())[0], hold.applied(Verdict.REJECT, ())[0]
        (<Verdict.UNINSPECTED: 'uninspected'>, <Verdict.REJECT: 'reject'>)
        """
        stricter = Verdict.UNINSPECTED if verdict is Verdict.ACCEPT else verdict
        return stricter, (*reasons, Reason(self.kind.value, self.sentence))


class Interventions:
    """The one intervention that may be in force, kept in a file so that it outlives a crash. Safe from any thread."""

    def __init__(self, path: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Take up what was in force. A file that can't be read is a hold: nobody knows what it said."""
        self._path = path
        self._now = now
        self._lock = threading.Lock()
        self._current = self._read()

    @property
    def current(self) -> Intervention | None:
        """What is in force now."""
        current = self._current
        if current is not None and current.until_utc is not None and self._now() >= current.until_utc:
            return None
        return current

    def hold(self, reason: str, by: str) -> Intervention:
        """Stop the line until somebody ends it; a bypass ends with it.

        Raises LineError if it would not outlive a crash; it is in force all the same then.
        """
        return self._begin(InterventionKind.HOLD, reason, by, None)

    def bypass(self, reason: str, by: str, minutes: float) -> Intervention:
        """Let the line run unjudged. Raises LineError during a hold, and as `hold` does."""
        current = self.current
        if current is not None and current.kind is InterventionKind.HOLD:
            raise LineError("The line is on hold: end the hold before a bypass.")
        return self._begin(InterventionKind.BYPASS, reason, by, self._now() + timedelta(minutes=minutes))

    def end(self, by: str) -> Intervention | None:
        """End what is in force; returns it, None if nothing was. Raises LineError: the file can't be removed."""
        with self._lock:
            ended = self.current
            try:
                self._path.unlink(missing_ok=True)
            except OSError as error:
                raise LineError(
                    f"The {ended.kind if ended else 'intervention'} stays in force, for {self._path} can't be removed: "
                    f"{error.strerror}. Check the folder's rights and the disk."
                ) from error
            self._current = None
        if ended is not None:
            _log.warning("intervention ended", kind=ended.kind.value, by=by, since=ended.since_utc.isoformat())
        return ended

    def _begin(self, kind: InterventionKind, reason: str, by: str, until: datetime | None) -> Intervention:
        begun = Intervention(kind=kind, reason=reason, by=by, since_utc=self._now(), until_utc=until)
        with self._lock:
            self._current = begun
            _log.warning("intervention", kind=kind.value, by=by, reason=reason)
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                write_whole(self._path, begun.model_dump_json().encode())
            except OSError as error:
                raise LineError(
                    f"The {kind.value} is in force, but would not outlive a restart: {self._path} can't be written "
                    f"({error.strerror}). Check the folder's rights and the disk, then set it again."
                ) from error
        return begun

    def _read(self) -> Intervention | None:
        try:
            return Intervention.model_validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            _log.error("the file of holds can't be read: the line is on hold", path=str(self._path), error=str(error))
            return Intervention(
                kind=InterventionKind.HOLD,
                reason=f"{self._path.name} can't be read, so that nobody knows what was in force",
                by="station",
                since_utc=self._now(),
                until_utc=None,
            )


def is_set_aside(decision: Decision) -> bool:
    """Whether a piece is uninspected for an intervention alone."""
    kinds = set(InterventionKind)
    return bool(decision.reasons) and all(reason.rule in kinds for reason in decision.reasons)
