"""The station: cameras, pipelines, runner, store, archive and API, wired together from the settings."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from typing import Self

import structlog

from camera.sources import open_source
from inspection.api.app import create_app
from inspection.api.desk import Desk
from inspection.api.server import ApiServer
from inspection.challenge import Challenge
from inspection.database import Database
from inspection.errors import StoreError
from inspection.frame_archive import FrameArchive
from inspection.intervention import FILE, InterventionKind, Interventions
from inspection.listening import claim_port
from inspection.metrics import Snapshot, StationMetrics
from inspection.model_store import find_model
from inspection.pipeline import Pipeline
from inspection.publication import DecisionFeed, Sink
from inspection.recipe import Recipe
from inspection.recorder import Recorder
from inspection.references import load_references
from inspection.review.store.rolls import RollBook
from inspection.runner import Runner
from inspection.station_settings import StationSettings
from inspection.station_status import ArchiveStatus, LatencyStatus, StationState, StationStatus
from inspection.store import Store
from inspection.triggers import TriggerQueue
from inspection.trouble_log import TroubleLog

_log = structlog.get_logger("inspection.station")


class Station:
    """One station. `start`, then `wait` until the cameras have shown all they had, or `stop` at any time."""

    def __init__(self, settings: StationSettings, *, sinks: Sequence[Sink] = ()) -> None:
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
        with ExitStack() as undo:
            claimed = claim_port(settings.api.host, settings.api.port, "api")
            undo.callback(claimed.close)
            database = Database.at(settings.store_url, settings.state_dir)
            self.store = Store(database)
            undo.callback(self.store.close)
            self._station_run = self.store.begin_run(settings.name, program_version(), recipe.artefact, model.artefact)
            self._recorder = Recorder(self.store)
            self.feed = DecisionFeed(lambda: self._recorder.recorded_up_to)
            self.archive = FrameArchive(settings.frames_dir, settings.archive, self.store)
            self.metrics = StationMetrics(self._snapshot)
            self.triggers = TriggerQueue(camera.name for camera in settings.cameras)
            self.interventions = Interventions(settings.state_dir / FILE)
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
        self.store.close()

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
        return [*reasons, trouble] if trouble else reasons

    def alarms(self) -> list[str]:
        """What a person should look at now, one sentence each."""
        alarms = self.runner.faults()
        alarms += self.challenge.faults() if self.challenge else []
        if (current := self.interventions.current) is not None:
            alarms.append(current.sentence)
        if self._state is StationState.RUNNING:
            alarms += [f"Camera {s.camera}: {s.detail}" for s in self.runner.sources() if not s.is_connected]
            if not self.archive.is_alive:
                alarms.append("The frame archive has died, no frame is saved. The log says more; restart the station.")
        alarms += [text for text in (self._recorder.trouble, self.archive.trouble) if text]
        alarms += self.api.faults()
        if self._recorder.not_kept:
            alarms.append(
                f"{self._recorder.not_kept} decisions were published but never stored: the store was away for too long."
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
            intervention=self.interventions.current,
            streams_open=self.api.streams_open,
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
            challenges=self.challenge.outcomes if self.challenge else {},
        )


def program_version() -> str:
    """The installed program's version."""
    try:
        return version("web-inspection-station")
    except PackageNotFoundError:
        return "not installed"
