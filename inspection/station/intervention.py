"""Hold and bypass: a person takes material out of the station's hands, with a reason.

Neither ever makes a verdict milder. While one is in force every piece that would have been accepted is UNINSPECTED,
and what is rejected stays rejected; both say why.

* A **hold** stops the line: the station is not ready until somebody ends it, also after a restart.
* A **bypass** lets the line run while the station's word does not count (a splice, a trial, a set-up): the station is
  ready, but answers for nothing. Whether material then passes the gate is for the line's own switch, not for the
  station: here it is UNINSPECTED. A bypass ends by itself, by the running clock: however the wall clock is set, it may
  end early and never late. It ends when the machine starts anew, for then nobody knows how long that took.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

import structlog
from pydantic import AwareDatetime, ConfigDict, Field, ValidationError

from camera.checked import Checked
from inspection.clock import boot_id, running_s
from inspection.errors import LineError
from inspection.private_files import make_folder
from inspection.values import Decision, Reason, Verdict
from inspection.whole_file import write_whole

LONGEST_BYPASS_MIN = 480
ASK_AGAIN_MIN = 30
"""Who asks for a longer bypass on the pages is asked whether they mean it."""
FILE = "intervention.json"
_SET_BACK = timedelta(minutes=1)
"""How far a wall clock may be steered back without anybody having set it."""
_log = structlog.get_logger("inspection.station.intervention")


class InterventionKind(StrEnum):
    """What a person has done."""

    HOLD = "hold"
    BYPASS = "bypass"


class Intervention(Checked):
    """A hold or a bypass in force."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    kind: InterventionKind
    """Hold or bypass."""
    reason: str = Field(min_length=1, max_length=500)
    """Why, in the words of who did it."""
    by: str = Field(min_length=1, max_length=128)
    """Who did it: a person or a machine."""
    since_utc: AwareDatetime
    """When it began."""
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


class _Kept(Intervention):
    """An intervention as it is kept in the file."""

    boot_id: str | None = None
    """Start of the machine in which it was begun; None for a hold, and where an earlier program wrote the file."""
    ends_s: float | None = None
    """When a bypass ends, on the running clock of that start."""

    @property
    def told(self) -> Intervention:
        """What others hear of it."""
        return Intervention.model_validate(self.model_dump(exclude={"boot_id", "ends_s"}))


class Interventions:
    """The one intervention that may be in force, kept in a file so that it outlives a crash. Safe from any thread."""

    def __init__(
        self,
        path: Path,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        running_s: Callable[[], float] = running_s,
        boot_id: Callable[[], str] = boot_id,
    ) -> None:
        """Take up what was in force. A file that can't be read is a hold: nobody knows what it said.

        `now`: the wall clock; `running_s`, `boot_id`: see `inspection.clock`.
        """
        self._path = path
        self._now = now
        self._running_s = running_s
        self._boot_id = boot_id()
        self._lock = threading.Lock()
        self._kept = self._read()
        self._current = self._kept.told if self._kept else None

    @property
    def current(self) -> Intervention | None:
        """What is in force now."""
        kept = self._kept
        if kept is not None and (why := self._is_over(kept)) is not None:
            self._end_by_itself(kept, why)
        return self._current

    def _is_over(self, kept: _Kept) -> str | None:
        """Why a bypass is not in force any more, None while it is."""
        if kept.until_utc is None:
            return None
        now = self._now()
        if kept.ends_s is None or not self._boot_id or kept.boot_id != self._boot_id:
            return "the machine was started anew"
        if self._running_s() >= kept.ends_s or now >= kept.until_utc:
            return "its time is over"
        if kept.since_utc - now > _SET_BACK:
            return "the wall clock was set back"
        return None

    def _end_by_itself(self, kept: _Kept, why: str) -> None:
        with self._lock:
            if self._kept is not kept:
                return  # somebody has begun or ended another one meanwhile
            self._kept = self._current = None
            with suppress(OSError):  # a file that stays says the same after a restart: it is over
                self._path.unlink(missing_ok=True)
        _log.warning("intervention ended by itself", kind=kept.kind.value, by=kept.by, because=why)

    def hold(self, reason: str, by: str) -> Intervention:
        """Stop the line until somebody ends it; a bypass ends with it.

        Raises LineError if it would not outlive a crash; it is in force all the same then.
        """
        return self._begin(
            _Kept(kind=InterventionKind.HOLD, reason=reason, by=by, since_utc=self._now(), until_utc=None)
        )

    def bypass(self, reason: str, by: str, minutes: float) -> Intervention:
        """Let the line run unjudged. Raises LineError during a hold or if it is too long, and as `hold` does."""
        if not 0.0 < minutes <= LONGEST_BYPASS_MIN:
            raise LineError(
                f"A bypass lasts at most {LONGEST_BYPASS_MIN} minutes, and more than none; asked for: {minutes:g}."
            )
        current = self.current
        if current is not None and current.kind is InterventionKind.HOLD:
            raise LineError("The line is on hold: end the hold before a bypass.")
        now, length = self._now(), timedelta(minutes=minutes)
        return self._begin(
            _Kept(
                kind=InterventionKind.BYPASS,
                reason=reason,
                by=by,
                since_utc=now,
                until_utc=now + length,
                boot_id=self._boot_id,
                ends_s=self._running_s() + length.total_seconds(),
            )
        )

    def end(self, by: str, reason: str) -> Intervention | None:
        """End what is in force; returns it, None if nothing was. Raises LineError: the file can't be removed."""
        ended = self.current
        with self._lock:
            try:
                self._path.unlink(missing_ok=True)
            except OSError as error:
                raise LineError(
                    f"The {ended.kind if ended else 'intervention'} stays in force, for {self._path} can't be removed: "
                    f"{error.strerror}. Check the folder's rights and the disk."
                ) from error
            self._kept = self._current = None
        if ended is not None:
            _log.warning(
                "intervention ended", kind=ended.kind.value, by=by, reason=reason, since=ended.since_utc.isoformat()
            )
        return ended

    def _begin(self, begun: _Kept) -> Intervention:
        told = begun.told
        with self._lock:
            self._kept, self._current = begun, told
            _log.warning("intervention", kind=begun.kind.value, by=begun.by, reason=begun.reason)
            try:
                make_folder(self._path.parent)
                write_whole(self._path, begun.model_dump_json().encode(), is_private=True)
            except OSError as error:
                raise LineError(
                    f"The {begun.kind.value} is in force, but would not outlive a restart: {self._path} can't be "
                    f"written ({error.strerror}). Check the folder's rights and the disk, then set it again."
                ) from error
        return told

    def _read(self) -> _Kept | None:
        try:
            return _Kept.model_validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            _log.error("the file of holds can't be read: the line is on hold", path=str(self._path), error=str(error))
            return _Kept(
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
