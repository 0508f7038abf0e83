"""The station: cameras, pipelines, runner, store, archive and API, wired together from the settings."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from typing import Self

import structlog

from camera.discovery import check_apart
from camera.settings import GenTLSettings
from camera.sources import open_source
from inspection.api.app import create_app
from inspection.api.desk import Desk
from inspection.api.server import ApiServer
from inspection.challenge import Challenge
from inspection.clock import Clock
from inspection.errors import StoreError
from inspection.frame_archive import FrameArchive
from inspection.intervention import FILE, InterventionKind, Interventions
from inspection.listening import claim_port
from inspection.metrics import Snapshot, StationMetrics
from inspection.model_store import Model, find_model, loose_pin
from inspection.pipeline import Pipeline
from inspection.publication import DecisionFeed, Sink
from inspection.recipe import Recipe
from inspection.recorder import Recorder
from inspection.references import load_references
from inspection.review.store.rolls import RollBook
from inspection.runner import Runner
from inspection.station_settings import StationSettings
from inspection.station_status import ArchiveStatus, LatencyStatus, StationState, StationStatus
from inspection.station_store import StationStore
from inspection.store import Store
from inspection.triggers import TriggerQueue
from inspection.trouble_log import TroubleLog

_log = structlog.get_logger("inspection.station")


class Station:
    """One station. `start`, then `wait` until the cameras have shown all they had, or `stop` at any time."""

    def __init__(self, settings: StationSettings, *, sinks: Sequence[Sink] = (), clock: Clock | None = None) -> None:
        """Check and open all but the cameras. `sinks` hear of each decision once it is on disk.

        Raises SettingsError, RecipeError, ModelError, ReferencesError or StoreError: nothing is left open then.
        """
        self.settings = settings
        self._state = StationState.STARTING
        self._started_utc = datetime.now(UTC)
        self._started_s = time.monotonic()
        recipe = Recipe.load(settings.recipe_path)
        model = find_model(settings.models_dir, recipe.model.name, recipe.model.sha256)
        pipelines = [
            Pipeline(
                recipe, model, load_references(settings.references[c.name]) if c.name in settings.references else None
            )
            for c in settings.cameras
        ]
        self._recipe, self._model = recipe.artefact, model.artefact
        self._setups = {c.name: p.setup_sha256 for c, p in zip(settings.cameras, pipelines, strict=True)}
        if (loose := loose_pin(recipe, model.card)) is not None:
            _log.warning("the recipe's pin leaves thresholds open", advice=loose)
        with ExitStack() as undo:
            claimed = claim_port(settings.api.host, settings.api.port, "api")
            undo.callback(claimed.close)
            self._kept = undo.enter_context(StationStore(settings, clock))
            database, self.store = self._kept.database, self._kept.store
            self._changes = _changed_since_last_start(self.store, recipe, model)
            self._station_run = self.store.begin_run(settings.name, program_version(), recipe.artefact, model.artefact)
            self._recorder = Recorder(self.store, self._kept.mark)
            self.feed = DecisionFeed(lambda: self._recorder.recorded_up_to)
            self.archive = FrameArchive(settings.frames_dir, settings.archive, self.store)
            self.metrics = StationMetrics(self._snapshot)
            self.triggers = TriggerQueue(
                (camera.name for camera in settings.cameras), expiry_s=settings.trigger_expiry_s
            )
            now = clock or Clock()
            self.interventions = Interventions(settings.state_dir / FILE, now.wall, now.running_s, now.boot_id)
            every_s = settings.challenge.every_s
            names = [camera.name for camera in settings.cameras]
            self.challenge = Challenge(dict(zip(names, pipelines, strict=True)), every_s) if every_s else None
            challenged = (self.challenge.take,) if self.challenge else ()
            self.runner = Runner(
                [(open_source(c), p) for c, p in zip(settings.cameras, pipelines, strict=True)],
                self._recorder,
                sinks=(self.feed.take, *sinks, self.metrics.take, self.archive.take, TroubleLog().take, *challenged),
                triggers=self.triggers,
                intervention=lambda: self.interventions.current,
                workers=settings.workers,
                deadline_ms=settings.deadline_ms,
            )
            desk = Desk(
                self.feed,
                self.store,
                self.archive,
                self.triggers,
                self.interventions,
                RollBook(database),
                recipe,
                model.artefact,
                model.card,
                self.status,
                self.not_ready,
                self.runner.heartbeats_s,
                self.metrics.exposition,
            )
            key = settings.api.api_key
            app, reader = create_app(desk, program_version(), key.get_secret_value() if key else None)
            self.api = ApiServer(app, reader, claimed)
            undo.pop_all()

    @property
    def api_url(self) -> str:
        """Where the API listens."""
        return self.api.url

    def start(self) -> None:
        """Open the cameras and begin. Raises CameraError; everything is closed again then."""
        try:
            check_apart(camera for camera in self.settings.cameras if isinstance(camera, GenTLSettings))
            self._kept.start()
            self.archive.start()
            self.api.start()
            self.runner.start()
            if self.challenge:
                self.challenge.start()
        except BaseException:
            self.stop()
            raise
        self._state = StationState.RUNNING
        _log.info("the station runs", station=self.settings.name, api=self.api_url, station_run=self._station_run)

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
        self.api.stop()
        self.archive.stop()
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
        reasons = [] if self._state is StationState.RUNNING else [f"The station is {self._state.value}."]
        reasons += [f"Camera {s.camera}: {s.detail}" for s in self.runner.sources() if not s.is_connected]
        reasons += self.runner.faults()
        reasons += self.challenge.faults() if self.challenge else []
        current = self.interventions.current
        if current is not None and current.kind is InterventionKind.HOLD:
            reasons.append(current.sentence)
        trouble = self._recorder.trouble
        if trouble is None:
            try:
                self.store.probe()
            except StoreError as error:
                trouble = str(error)
        return [*reasons, *(text for text in (trouble, self._kept.trouble) if text)]

    def alarms(self) -> list[str]:
        """What a person should look at now, one sentence each."""
        alarms = self.runner.faults()
        alarms += self.challenge.faults() if self.challenge else []
        if (current := self.interventions.current) is not None:
            alarms.append(current.sentence)
        if self._state is StationState.RUNNING:
            for source in self.runner.sources():
                if not source.is_connected:
                    alarms.append(f"Camera {source.camera}: {source.detail}")
                if source.alarm is not None:
                    alarms.append(f"Camera {source.camera}: {source.alarm}")
            if not self.archive.is_alive:
                alarms.append("The frame archive has died, no frame is saved. The log says more; restart the station.")
        alarms += [*self._kept.alarms(), *self._changes]
        alarms += [text for text in (self._recorder.trouble, self.archive.trouble, self.archive.notice) if text]
        alarms += self.api.faults()
        if self._recorder.not_kept:
            alarms.append(
                f"{self._recorder.not_kept} decisions were published but never stored: the store was away for too "
                "long, or could not hold them. GET /v1/decisions/NUMBER says why for each."
            )
        return alarms

    def status(self) -> StationStatus:
        """A snapshot."""
        progress, latency, archive = self.runner.progress, self.runner.latency_ms(), self.archive
        not_ready = self.not_ready()
        return StationStatus(
            name=self.settings.name,
            state=self._state,
            is_ready=not not_ready,
            not_ready=not_ready,
            alarms=self.alarms(),
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
            archive=ArchiveStatus(dict(archive.counters), archive.waiting, archive.saved_bytes, archive.free_bytes),
            recipe=self._recipe,
            model=self._model,
            setups=self._setups,
            intervention=self.interventions.current,
            streams_open=self.api.streams_open,
            triggers_expired=self.triggers.expired(),
        )

    def _snapshot(self) -> Snapshot:
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
            is_ready=not self.not_ready(),
            epoch=self.store.epoch,
            wal_bytes=self._kept.database.wal_bytes,
            challenges=self.challenge.outcomes if self.challenge else {},
        )


def _changed_since_last_start(store: Store, recipe: Recipe, model: Model) -> list[str]:
    """Recipe or model under the name and version of the last start, but not the same; one sentence each."""
    told = []
    for role, artefact, also in (("recipe", recipe.artefact, ""), ("model", model.artefact, model.card.sha256)):
        before = store.last_used(role, artefact.name, artefact.version)
        if before not in (None, artefact.sha256, also):  # an earlier program noted the graph's hash alone
            told.append(
                f"The {role} {artefact.name} {artefact.version} is not what it was when the station last used it: its "
                f"SHA-256 was {before}, now it is {artefact.sha256}. Restore it, or give what was changed a version of "
                "its own; its decisions are told apart by the hash alone."
            )
            _log.warning("changed under the same version", advice=told[-1])
    return told


def program_version() -> str:
    """The installed program's version."""
    try:
        return version("web-inspection-station")
    except PackageNotFoundError:
        return "not installed"
