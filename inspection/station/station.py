"""The station: cameras, pipelines, runner, store, archive and doors, wired together from the settings."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from typing import Self

import structlog

from camera.gentl.discovery import check_apart
from camera.settings import GenTLSettings
from camera.sources import open_sources
from inspection.alarms.alarm import Alarm
from inspection.alarms.book import AlarmBook
from inspection.alarms.condition import AlarmKind, Condition, Priority, not_ready
from inspection.alarms.messages import messengers
from inspection.alarms.records import AlarmRecords
from inspection.alarms.watch import AlarmWatch
from inspection.clock import Clock
from inspection.model.shelf import Model, loose_pin
from inspection.people.line_ledger import LineLedger
from inspection.recipe.recipe import Recipe
from inspection.rolls.roll_book import RollBook
from inspection.station.challenge import Challenge
from inspection.station.change_over import ChangeOvers, take_up
from inspection.station.conditions import StationConditions
from inspection.station.desk import Desk
from inspection.station.door import Door
from inspection.station.door_guard import DoorGuard
from inspection.station.feed import DecisionFeed, Sink
from inspection.station.frame_archive import FrameArchive
from inspection.station.intervention import FILE, Interventions
from inspection.station.metrics import Snapshot, StationMetrics
from inspection.station.place_watch import PlaceWatch
from inspection.station.quality_alarms import QualityWatch
from inspection.station.recorder import Recorder
from inspection.station.runner import Runner
from inspection.station.settings import StationSettings
from inspection.station.setup import set_up
from inspection.station.station_store import StationStore
from inspection.station.status import ArchiveStatus, LatencyStatus, StationState, StationStatus, place_status
from inspection.station.triggers import TriggerQueue
from inspection.station.trouble_log import TroubleLog
from inspection.store.database import Database
from inspection.store.decisions import Store
from inspection.store.engine import Access

_log = structlog.get_logger("inspection.station.station")
_FRAMES_WAITING = 16
"""Frames that may wait for the archive's disk, for each camera that looks at the web."""


class Station:
    """One station. `start`, then `wait` until the cameras have shown all they had, or `stop` at any time."""

    def __init__(
        self,
        settings: StationSettings,
        *,
        doors: Sequence[Door] = (),
        sinks: Sequence[Sink] = (),
        clock: Clock | None = None,
    ) -> None:
        """Check and open all but the cameras and doors. `sinks` hear of each decision once it is on disk.

        `doors`: see `inspection.doors.make_doors`; the station opens and closes them, whatever happens.

        Raises SettingsError, RecipeError, ModelError, ReferencesError or StoreError: nothing is left open then.
        """
        self.settings = settings
        self._state = StationState.STARTING
        self._started_utc = datetime.now(UTC)
        self._started_s = time.monotonic()
        with ExitStack() as undo:
            self.doors = tuple(doors)
            self._guards = [DoorGuard(door) for door in self.doors]
            for guard in self._guards:
                undo.callback(guard.close)
            self._kept = undo.enter_context(StationStore(settings, clock))
            database, self.store = self._kept.database, self._kept.store
            beginning = take_up(settings, self.store.last_number() + 1)
            setup = set_up(beginning.recipe, settings)
            recipe, model = setup.recipe, setup.model
            if (loose := loose_pin(recipe, model.card)) is not None:
                _log.warning("the recipe's pin leaves thresholds open", advice=loose)
            changes = _changed_since_last_start(self.store, recipe, model)
            if beginning.notice is not None:
                changes.append(Condition(AlarmKind.SETUP_FROM_SETTINGS, detail=beginning.notice))
                _log.warning(beginning.notice)
            self._station_run = self.store.begin_run(settings.name, program_version(), recipe.artefact, model.artefact)
            self._recorder = Recorder(self.store, self._kept.mark)
            self.feed = DecisionFeed(lambda: self._recorder.recorded_up_to)
            self.archive = FrameArchive(
                settings.frames_dir, settings.archive, self.store, _FRAMES_WAITING * max(1, len(settings.places))
            )
            self.metrics = StationMetrics(self._snapshot)
            self.triggers = TriggerQueue((web.lead for web in setup.webs), expiry_s=settings.trigger_expiry_s)
            now = clock or Clock()
            self.interventions = Interventions(settings.state_dir / FILE, now.wall, now.running_s, now.boot_id)
            every_s = settings.challenge.every_s
            self.challenge = (
                Challenge(
                    lambda camera: self.change_overs.setup.pipelines[camera],
                    every_s,
                    lambda camera: self.change_overs.setup.hashes[camera],
                )
                if every_s
                else None
            )
            challenged = (self.challenge.take,) if self.challenge else ()
            quality = QualityWatch(settings.alarms)
            placed = setup.webs[0].cameras if settings.places else ()
            place_watch = PlaceWatch(placed, lambda: self.change_overs.setup.recipe.fusing.within_mm)
            self.runner = Runner(
                [
                    (source, setup.pipelines[camera.name])
                    for camera, source in zip(settings.cameras, open_sources(settings.cameras), strict=True)
                ],
                self._recorder,
                sinks=(
                    self.feed.take,
                    *sinks,
                    self.metrics.take,
                    self.archive.take,
                    TroubleLog().take,
                    quality.take,
                    place_watch.take,
                    lambda publications: self.change_overs.take(publications),
                    *challenged,
                ),
                triggers=self.triggers,
                intervention=lambda: self.interventions.current,
                workers=settings.workers,
                deadline_ms=settings.deadline_ms,
                webs=setup.webs,
            )
            evidence = database.evidence or settings.open_evidence()
            self._ledger = LineLedger(
                lambda: Database.at(settings.store_url, settings.state_dir, Access.PEOPLE, evidence)
            )
            rolls = RollBook(database)
            self.change_overs = ChangeOvers(settings, beginning, setup, self.runner, rolls)
            limits = settings.alarms
            told = messengers(settings.name, limits)
            self._conditions = StationConditions(
                state=lambda: self._state,
                runner=self.runner,
                recorder=self._recorder,
                kept=self._kept,
                archive=self.archive,
                interventions=self.interventions,
                quality=quality,
                places=place_watch,
                challenge=self.challenge,
                changes=changes,
                doors=self._guards,
                ledger=self._ledger,
                is_watched=lambda: self._watch.is_alive(),
                messengers=told,
            )
            self.alarm_book = AlarmBook(fold_s=limits.fold_s, longest_shelf_min=limits.longest_shelf_min, clock=clock)
            records = AlarmRecords(database)
            self.alarm_book.take_up(records.last_number(), records.unsettled())
            self._watch = AlarmWatch(
                self.alarm_book,
                records,
                self.store.time,
                standing=self._conditions.standing,
                passing=self._conditions.passing,
                messengers=told,
                keep_days=limits.keep_days,
            )
            self._desk = Desk(
                self.feed,
                self.store,
                self.archive,
                self.triggers,
                self.interventions,
                self.alarm_book,
                records,
                rolls,
                self._ledger,
                evidence,
                self.change_overs,
                self.status,
                self.not_ready,
                self.runner.heartbeats_s,
                self.metrics.exposition,
                self.runner.give_pulses,
                program_version(),
            )
            undo.pop_all()

    def door(self, name: str) -> Door:
        """One of its doors. Raises KeyError."""
        return {door.name: door for door in self.doors}[name]

    def start(self) -> None:
        """Open doors and cameras, and begin. Raises CameraError or DoorError; everything is closed again then."""
        try:
            check_apart(camera for camera in self.settings.cameras if isinstance(camera, GenTLSettings))
            self._kept.start()
            self.archive.start()
            for door in self.doors:
                door.open(self._desk)
            self.runner.start()
            self._watch.start()
            if self.challenge:
                self.challenge.start()
        except BaseException:
            self.stop()
            raise
        self._state = StationState.RUNNING
        doors = {door.name: door.address for door in self.doors}
        _log.info("the station runs", station=self.settings.name, doors=doors, station_run=self._station_run)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until the cameras have shown all they had and everything is decided; False if that takes longer."""
        is_done = self.runner.wait(timeout_s)
        if is_done and self._state is StationState.RUNNING:
            self._state = StationState.FINISHED
        return is_done

    def stop(self) -> None:
        """Close the cameras; each frame that was read gets its decision, streams get the last ones. May be repeated."""
        self._state = StationState.STOPPING
        if self.challenge:
            self.challenge.stop()
        self.runner.stop()
        self._watch.stop()
        for guard in self._guards:
            guard.close()
        self.archive.stop()
        self._ledger.close()
        self._kept.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def not_ready(self) -> list[str]:
        """Why the line may not run at this moment, one sentence each; empty when it may."""
        return not_ready(self._look())

    def alarms(self) -> list[str]:
        """What stands and a person should look at now, one sentence each with its detail."""
        self._look()
        return _told(self.alarm_book.unsettled())

    def _look(self) -> Sequence[Condition]:
        """What stands, and the list of alarms brought up to it: whoever asks, readiness and alarms say the same."""
        return self.alarm_book.look(self._conditions.standing)

    def status(self) -> StationStatus:
        """A snapshot."""
        setup = self.change_overs.setup
        progress, latency, archive = self.runner.progress, self.runner.latency_ms(), self.archive
        reasons, alarms = not_ready(self._look()), self.alarm_book.unsettled()
        return StationStatus(
            name=self.settings.name,
            state=self._state,
            is_ready=not reasons,
            not_ready=reasons,
            alarms=_told(alarms),
            alarm_list=alarms,
            station_run=self._station_run,
            epoch=self.store.epoch,
            started_utc=self._started_utc,
            uptime_s=time.monotonic() - self._started_s,
            last_sequence=self.feed.last_sequence,
            recorded_up_to=self._recorder.recorded_up_to,
            verdicts=dict(progress.verdicts),
            reasons=dict(progress.rules),
            frames=dict(progress.frames),
            web_m={camera: length / 1000.0 for camera, length in progress.length_mm.items()},
            frames_in_hand=self.runner.in_hand,
            late_results=self.runner.late_results,
            published_late=progress.published_late,
            decisions_waiting_for_store=self._recorder.waiting,
            triggers_waiting=self.triggers.waiting(),
            latency=LatencyStatus(*latency, self.runner.deadline_ms) if latency else None,
            cameras=self.runner.sources(),
            places=place_status(self.settings.places, setup.recipe.views),
            cut=self.settings.pieces.cut,
            archive=ArchiveStatus(dict(archive.counters), archive.waiting, archive.saved_bytes, archive.free_bytes),
            recipe=setup.recipe.artefact,
            model=setup.model.artefact,
            setups=setup.hashes,
            in_force=self.change_overs.in_force,
            change_over=self.change_overs.to_come,
            intervention=self.interventions.current,
            streams_open=sum(door.followers for door in self.doors),
            triggers_expired=self.triggers.expired(),
            uninspected_in_a_row=progress.uninspected_in_a_row,
            doors=[door.state for door in self.doors],
        )

    def _snapshot(self) -> Snapshot:
        conditions = self._look()
        return Snapshot(
            sources=self.runner.sources(),
            frames_in_hand=self.runner.in_hand,
            late_results=self.runner.late_results,
            published_late=self.runner.progress.published_late,
            decisions_waiting_for_store=self._recorder.waiting,
            decisions_not_stored=self._recorder.not_kept,
            archive_counts=dict(self.archive.counters),
            archive_bytes=self.archive.saved_bytes,
            disk_free_bytes=self.archive.free_bytes,
            is_ready=not not_ready(conditions),
            alarms=self.alarm_book.unsettled(),
            alarms_raised=self.alarm_book.raised(),
            epoch=self.store.epoch,
            wal_bytes=self._kept.database.wal_bytes,
            challenges=self.challenge.outcomes if self.challenge else {},
        )


def _told(alarms: Sequence[Alarm]) -> list[str]:
    """Those that stand and are more than a notice, as sentences."""
    return [
        f"{alarm.sentence} {alarm.detail}".strip()
        for alarm in alarms
        if alarm.is_standing and alarm.priority is not Priority.NOTICE
    ]


def _changed_since_last_start(store: Store, recipe: Recipe, model: Model) -> list[Condition]:
    """Recipe or model under the name and version of the last start, but not the same."""
    told = []
    for role, artefact, also in (("recipe", recipe.artefact, ""), ("model", model.artefact, model.card.sha256)):
        before = store.last_used(role, artefact.name, artefact.version)
        if before not in (None, artefact.sha256, also):  # an earlier program noted the graph's hash alone
            advice = (
                f"The {role} {artefact.name} {artefact.version} is not what it was when the station last used it: its "
                f"SHA-256 was {before}, now it is {artefact.sha256}. Restore it, or give what was changed a version of "
                "its own; its decisions are told apart by the hash alone."
            )
            told.append(Condition(AlarmKind.SETUP_CHANGED, role, {"role": role}, advice))
            _log.warning("changed under the same version", advice=advice)
    return told


def program_version() -> str:
    """The installed program's version."""
    try:
        return version("web-inspection-station")
    except PackageNotFoundError:
        return "not installed"
