"""What stands at a moment, read off all parts of the station: the one place from which readiness and alarms come."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from camera.source import SourceStatus
from inspection.alarms.condition import AlarmKind, Condition, said
from inspection.alarms.messages import Messenger
from inspection.errors import StoreError
from inspection.people.line_ledger import LineLedger
from inspection.station.challenge import Challenge
from inspection.station.door_guard import DoorGuard
from inspection.station.frame_archive import FrameArchive
from inspection.station.intervention import Interventions
from inspection.station.place_watch import PlaceWatch
from inspection.station.quality_alarms import QualityWatch
from inspection.station.recorder import Recorder
from inspection.station.runner import Runner
from inspection.station.station_store import StationStore
from inspection.station.status import StationState

_NO_MATERIAL_S = 5.0
"""Without a decision for so long, no material passes."""
_OF_LIFE = {
    StationState.STARTING: AlarmKind.STARTING,
    StationState.STOPPING: AlarmKind.STOPPING,
    StationState.FINISHED: AlarmKind.FINISHED,
}
_CAMERAS = ("gentl", "simulated")
"""Kinds of sources with a cable; others read folders."""


@dataclass(slots=True)
class StationConditions:
    """Asks the parts. May be used from several threads; `passing` from one."""

    state: Callable[[], StationState]
    runner: Runner
    recorder: Recorder
    kept: StationStore
    archive: FrameArchive
    interventions: Interventions
    quality: QualityWatch
    places: PlaceWatch
    challenge: Challenge | None
    changes: Sequence[Condition]
    """Recipe or model under an old version."""
    doors: Sequence[DoorGuard]
    ledger: LineLedger
    is_watched: Callable[[], bool]
    """Whether anybody keeps the alarms up to date."""
    messengers: Sequence[Messenger] = ()
    _told_gone: dict[str, int] = field(default_factory=dict)
    _told_not_saved: int = 0

    def standing(self) -> list[Condition]:
        """All that calls for a person now, what stops the line first."""
        state = self.state()
        if state is StationState.RUNNING and self.runner.has_shown_all:  # nobody may have noticed yet
            state = StationState.FINISHED
        found = [Condition(_OF_LIFE[state])] if state in _OF_LIFE else []
        if state is StationState.RUNNING:
            for source in self.runner.sources():
                if not self.runner.has_ended(source.camera):
                    found += _of_source(source)
        dead = () if self.is_watched() else ("The alarms' thread has died. The log says more; restart the station.",)
        found += said(AlarmKind.STATION_THREAD, (*self.runner.faults(), *dead))
        found += said(AlarmKind.CHALLENGE_FAILED, self.challenge.faults() if self.challenge else ())
        found += self._of_people()
        found += self._of_store()
        if state is StationState.RUNNING:
            found += self._of_running()
            found += self.quality.conditions()
            found += self.places.conditions()
        found += self._of_pictures(state)
        found += [*self.kept.conditions(), *self.changes]
        for door in self.doors:
            found += door.conditions()
        found += said(AlarmKind.AUDIT_WAITS, self.ledger.faults())
        found += [condition for messenger in self.messengers for condition in messenger.conditions()]
        return found

    def passing(self) -> list[Condition]:
        """What has happened since the last call, and may be over already."""
        found = []
        for camera, (count, why) in self.quality.times_gone().items():
            if count > self._told_gone.get(camera, 0):
                self._told_gone[camera] = count
                found.append(Condition(AlarmKind.CAMERA_GONE, camera, {"camera": camera}, why))
        counters = self.archive.counters
        not_saved = counters["dropped"] + counters["refused"]
        if not_saved > self._told_not_saved:
            detail = f"{not_saved - self._told_not_saved} frames came faster than the disk took them, or were refused."
            found.append(Condition(AlarmKind.FRAMES_NOT_SAVED, detail=detail))
            self._told_not_saved = not_saved
        return found

    def _of_people(self) -> list[Condition]:
        current = self.interventions.current
        if current is None:
            return []
        facts = {"by": current.by, "reason": current.reason}
        if current.until_utc is None:
            return [Condition(AlarmKind.HOLD, facts=facts, known_to=current.by)]
        facts["until"] = f"{current.until_utc:%Y-%m-%d %H:%M:%S} UTC"
        return [Condition(AlarmKind.BYPASS, facts=facts, known_to=current.by)]

    def _of_store(self) -> list[Condition]:
        trouble = self.recorder.trouble
        if trouble is None:
            try:
                self.kept.store.probe()
            except StoreError as error:
                trouble = str(error)
        found = said(AlarmKind.STORE_AWAY, (trouble,))
        found += said(AlarmKind.STORE_SHARED, (self.kept.trouble,))
        if lost := self.recorder.not_kept:
            detail = (
                "The store was away for too long, or could not hold them. GET /v1/decisions/NUMBER says why for each."
            )
            found.append(Condition(AlarmKind.STORE_LOST, "", {"count": lost}, detail))
        return found

    def _of_running(self) -> list[Condition]:
        sources, silent_s = self.runner.sources(), self.quality.silent_s()
        if sources and all(source.is_standing for source in sources):
            return [Condition(AlarmKind.STANDING)]
        if silent_s is None or silent_s > _NO_MATERIAL_S:
            return [Condition(AlarmKind.NO_MATERIAL)]
        return []

    def _of_pictures(self, state: StationState) -> list[Condition]:
        troubles = [self.archive.trouble]
        if state is StationState.RUNNING and not self.archive.is_alive:
            troubles.append("The frame archive has died. The log says more; restart the station.")
        found = said(AlarmKind.FRAMES_NOT_SAVED, troubles)
        return found + said(AlarmKind.FRAMES_FOREIGN, (self.archive.notice,))


def _of_source(source: SourceStatus) -> list[Condition]:
    camera = source.camera
    found = []
    if not source.is_connected:
        kind = AlarmKind.CAMERA_GONE if source.kind in _CAMERAS else AlarmKind.CAMERA_NO_IMAGES
        found.append(Condition(kind, camera, {"camera": camera}, source.detail))
    if source.alarm is not None:
        found.append(Condition(AlarmKind.CAMERA_TROUBLE, camera, {"camera": camera}, source.alarm))
    return found
