"""Change-over: another recipe judges from the next roll on, while the station runs.

Three steps, so that nobody is surprised. `prepare` loads a recipe and all that it needs, or refuses it; the one in
force runs on. `confirm` names the very file that was prepared, by its hash. With the next roll that begins it takes
effect: each decision before the roll's first is by the old recipe, each one from there on by the new one, and what lies
between (the first piece of each web, and what was inspected by the other recipe) is UNINSPECTED. Where several cameras
see one web the change is at a place on it.

What was confirmed, and what came into force, is in a file before it counts: a station that is killed goes on with it.
"""

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog
from pydantic import AwareDatetime, Field, ValidationError

from camera.checked import Checked
from camera.frame import Frame
from inspection.errors import LineError, RecipeError
from inspection.recipe.recipe import Recipe
from inspection.rolls.roll_book import RollBook
from inspection.station.feed import Publication
from inspection.station.planned_change import ChangeStep, PlannedChange, RecipeInForce
from inspection.station.recipe_shelf import ShelfRecipe, find_recipe, recipes_there
from inspection.station.runner import Runner
from inspection.station.settings import StationSettings
from inspection.station.setup import Setup, check_kinds, set_up
from inspection.values.roll import RollChange
from inspection.vision.checks.plausibility import check_frame
from inspection.whole_file import write_whole

FILE = "change_over.json"
_log = structlog.get_logger("inspection.station.change_over")


@dataclass(frozen=True, slots=True)
class RollBegun:
    """A roll has begun, and with it perhaps a recipe."""

    change: RollChange
    recipe_from: int | None
    """The first decision by the new recipe; None: no change-over was confirmed."""


class _Order(Checked):
    """A change that somebody wants, as it is kept."""

    content: str
    """The recipe's file."""
    by: str
    why: str
    prepared_utc: AwareDatetime
    confirmed_by: str | None = None
    confirmed_utc: AwareDatetime | None = None
    roll: str | None = None
    first_sequence: int | None = Field(default=None, ge=1)

    @property
    def recipe(self) -> Recipe:
        """Raises RecipeError."""
        return Recipe.parse(self.content.encode(), FILE)


class _Kept(Checked):
    """The file."""

    settings_recipe: str
    """What the settings named when it was written: where they name something else, that counts."""
    in_force: _Order | None = None
    to_come: _Order | None = None


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a station starts with."""

    recipe: Recipe
    to_come: Recipe | None
    kept: _Kept
    notice: str | None
    """What a person should know, None if there is nothing."""


def take_up(settings: StationSettings, next_sequence: int) -> Beginning:
    """The recipe in force as a station starts, and the one that it is to change over to.

    Raises RecipeError, also where nobody knows which one was in force.
    """
    named, path = _named(settings), settings.state_dir / FILE
    try:
        kept = _Kept.model_validate_json(path.read_bytes()) if path.exists() else None
    except (OSError, ValidationError) as error:
        raise RecipeError(
            f"{path} can't be read, so that nobody knows which recipe was in force. Restore it from a copy; or remove "
            f"it, and the station begins with the settings' recipe, {settings.recipe}."
        ) from error
    if kept is None:
        return Beginning(Recipe.load(settings.recipe_path), None, _Kept(settings_recipe=named), None)
    if (coming := kept.to_come) and coming.first_sequence is not None and coming.first_sequence <= next_sequence:
        kept = kept.model_copy(update={"in_force": coming, "to_come": None})
    if kept.settings_recipe != named:
        recipe = Recipe.load(settings.recipe_path)
        order = kept.to_come or kept.in_force
        notice = (
            f"The settings name another recipe than when {order.confirmed_by} changed the line over ({order.why}): "
            f"{recipe.name} {recipe.version} is in force now. If that is not meant, change over again."
            if order
            else None
        )
        return Beginning(recipe, None, _Kept(settings_recipe=named), notice)
    try:
        recipe = kept.in_force.recipe if kept.in_force else Recipe.load(settings.recipe_path)
        return Beginning(recipe, kept.to_come.recipe if kept.to_come else None, kept, None)
    except RecipeError as error:
        raise RecipeError(
            f"A recipe that the line was changed over to does not load any more: {error} Remove {path} to begin with "
            f"the settings' recipe, {settings.recipe}, and change over again."
        ) from error


class ChangeOvers:
    """The one change that may be to come. Safe from any thread."""

    def __init__(
        self, settings: StationSettings, beginning: Beginning, setup: Setup, runner: Runner, rolls: RollBook
    ) -> None:
        """Takes up what was confirmed before. Raises RecipeError, ModelError or ReferencesError if that can't be."""
        self._settings = settings
        self._path = settings.state_dir / FILE
        self._runner = runner
        self._rolls = rolls
        self._kept = beginning.kept
        self._lock = threading.Lock()
        self._preparing = threading.Lock()
        self._setup = setup
        self._frames: dict[str, Frame] = {}
        self._next: tuple[_Order, Setup] | None = None
        if (order := beginning.kept.to_come) is not None and beginning.to_come is not None:
            coming = set_up(beginning.to_come, settings)
            self._next = (order, coming)
            if order.first_sequence is not None:
                runner.announce(coming.pipelines, order.first_sequence)
                runner.settle()

    @property
    def setup(self) -> Setup:
        """What judges at this moment."""
        following = self._next
        if following is not None and following[0].first_sequence is not None and self._runner.coming_from is None:
            return following[1]
        return self._setup

    @property
    def in_force(self) -> RecipeInForce:
        """The recipe that judges at this moment, and whose word that was."""
        setup, order = self.setup, self._kept.in_force
        if (following := self._next) is not None and following[1] is setup:
            order = following[0]
        artefact = setup.recipe.artefact
        return RecipeInForce(
            artefact, *((order.first_sequence, order.roll, order.by, order.why) if order else (None,) * 4)
        )

    @property
    def next_read(self) -> int:
        """Number of the decision about the next frame that is read."""
        return self._runner.next_read

    @property
    def to_come(self) -> PlannedChange | None:
        """The change that is to come, None if there is none."""
        following = self._next
        return None if following is None or following[1] is self.setup else _told(*following)

    def take(self, publications: Sequence[Publication]) -> None:
        """Sink: remember what each camera's frames are like."""
        for publication in publications:
            if publication.frame is not None:
                self._frames[publication.frame.id.camera] = publication.frame

    def recipes(self) -> list[ShelfRecipe]:
        """What the line may be changed over to."""
        return recipes_there(self._settings)

    def prepare(self, title: str, by: str, why: str, sha256: str | None = None) -> PlannedChange:
        """Load the recipe NAME-VERSION and all that it needs. The one in force runs on.

        `sha256`: what the file must have. Raises RecipeError, ModelError or ReferencesError if the line could not run
        with it, LineError if another change is on its way.
        """
        if not self._preparing.acquire(blocking=False):
            raise LineError("Another recipe is being prepared at this moment. Try again.")
        try:
            self._check_free()
            wanted = find_recipe(self._settings, title)
            if sha256 is not None and wanted.recipe.sha256 != sha256:
                raise RecipeError(
                    f"Recipe {title} has SHA-256 {wanted.recipe.sha256}, not {sha256}: its file is not what was "
                    "released. Restore it, or release a new version."
                )
            setup = set_up(wanted.recipe, self._settings)
            check_kinds(setup)
            self._check_webs(setup)
            self._check_frames(setup)
            order = _Order(content=_text(wanted), by=by, why=why, prepared_utc=datetime.now(UTC))
            with self._lock:
                self._check_free()
                self._promote()
                self._next = (order, setup)
        finally:
            self._preparing.release()
        _log.info("recipe prepared", recipe=title, sha256=setup.recipe.sha256, by=by, why=why)
        return _told(order, setup)

    def confirm(self, sha256: str, by: str) -> PlannedChange:
        """Have what is prepared take effect with the next roll. Raises LineError: it is another one, or none."""
        with self._lock:
            order, setup = self._wanted()
            if order.confirmed_by is not None:
                raise LineError(f"{_title(setup)} was confirmed by {order.confirmed_by} already.")
            if setup.recipe.sha256 != sha256:
                raise LineError(
                    f"What is prepared is {_title(setup)} with SHA-256 {setup.recipe.sha256}, not {sha256}. "
                    "Prepare the wanted recipe, look at it, and confirm that."
                )
            confirmed = order.model_copy(update={"confirmed_by": by, "confirmed_utc": datetime.now(UTC)})
            self._keep(self._kept.model_copy(update={"to_come": confirmed}))
            self._next = (confirmed, setup)
        _log.warning("change-over confirmed", recipe=_title(setup), sha256=sha256, by=by)
        return _told(confirmed, setup)

    def cancel(self, by: str, why: str) -> PlannedChange:
        """Give up the change that is to come. Raises LineError: there is none, or it has happened."""
        with self._lock:
            order, setup = self._wanted()
            if order.first_sequence is not None and not self._runner.give_up():
                raise LineError(f"Too late: {_title(setup)} is in force. Change over to the wanted recipe.")
            try:
                if order.confirmed_by is not None:
                    self._keep(self._kept.model_copy(update={"to_come": None}))
            except LineError:
                if order.first_sequence is not None:
                    self._runner.announce(setup.pipelines, order.first_sequence)
                    self._runner.settle()
                raise
            self._next = None
        _log.warning("change-over cancelled", recipe=_title(setup), by=by, why=why)
        return _told(order, setup)

    def begin_roll(self, roll: str, first_sequence: int | None, by: str) -> RollBegun:
        """A roll begins; what was confirmed takes effect with it. Both happen, or neither and an error is raised.

        `first_sequence`: None is the next frame that is read. Raises ReviewError, StoreError or LineError.
        """
        with self._lock:
            self._promote()
            if self._next is None or self._next[0].confirmed_by is None or self._next[0].first_sequence is not None:
                return RollBegun(self._rolls.begin(roll, first_sequence or self._runner.next_read, by), None)
            order, setup = self._next
            first = self._runner.announce(setup.pipelines, first_sequence)
            begun = order.model_copy(update={"roll": roll, "first_sequence": first})
            try:
                self._keep(self._kept.model_copy(update={"to_come": begun}))
                change = self._rolls.begin(roll, first_sequence or first, by)
            except BaseException:
                self._runner.give_up()
                with suppress(LineError):
                    self._keep(self._kept.model_copy(update={"to_come": order}))
                raise
            if (settled := self._runner.settle()) != first:
                first, begun = settled, begun.model_copy(update={"first_sequence": settled})
                with suppress(LineError):  # the number that is kept is earlier: a restart begins with this recipe
                    self._keep(self._kept.model_copy(update={"to_come": begun}))
            self._next = (begun, setup)
        _log.warning("change-over", recipe=_title(setup), roll=roll, first_sequence=first, by=by)
        return RollBegun(change, first)

    def _check_free(self) -> None:
        if (coming := self.to_come) is not None and coming.step is not ChangeStep.PREPARED:
            raise LineError(
                f"The change-over to {coming.recipe.name} {coming.recipe.version} is {coming.step.value}, by "
                f"{coming.confirmed_by}: cancel it before another one, or begin the roll."
            )

    def _check_webs(self, setup: Setup) -> None:
        """Which cameras see one web, and which of them leads, holds from start to stop."""
        now, coming = (((web.cameras, web.cut) for web in each.webs) for each in (self.setup, setup))
        if list(now) != list(coming):
            raise RecipeError(
                f"{_title(setup)} has other cameras see the web, or another one lead, than the recipe in force: name "
                "it in the settings and start the station again."
            )

    def _check_frames(self, setup: Setup) -> None:
        for camera, frame in dict(self._frames).items():
            pipeline = setup.pipelines[camera]
            card = setup.models[pipeline.place.view].card
            problem = check_frame(frame, pipeline.recipe.image, card, pipeline.references_width_px)
            if problem is not None:
                raise RecipeError(
                    f"With {_title(setup)} no frame of camera {camera} could be judged as it is now: {problem.sentence}"
                )

    def _wanted(self) -> tuple[_Order, Setup]:
        self._promote()
        if self._next is None:
            raise LineError("No change-over is prepared. Prepare the wanted recipe first.")
        return self._next

    def _promote(self) -> None:
        """What has happened is what is in force."""
        if self._next is not None and self._next[1] is self.setup:
            order, self._setup = self._next
            self._kept = self._kept.model_copy(update={"in_force": order, "to_come": None})
            self._next = None

    def _keep(self, kept: _Kept) -> None:
        """Put it on disk. Raises LineError: nothing has changed then."""
        try:
            write_whole(self._path, kept.model_dump_json().encode())
        except OSError as error:
            raise LineError(
                f"Nothing has changed, for it would not outlive a restart: {self._path} can't be written "
                f"({error.strerror}). Check the folder's rights and the disk, then try again."
            ) from error
        self._kept = kept


def _told(order: _Order, setup: Setup) -> PlannedChange:
    step = ChangeStep.PREPARED if order.confirmed_by is None else ChangeStep.CONFIRMED
    return PlannedChange(
        step=step if order.first_sequence is None else ChangeStep.COMING,
        recipe=setup.recipe.artefact,
        model=setup.model.artefact,
        setups=setup.hashes,
        by=order.by,
        why=order.why,
        prepared_utc=order.prepared_utc,
        confirmed_by=order.confirmed_by,
        confirmed_utc=order.confirmed_utc,
        roll=order.roll,
        first_sequence=order.first_sequence,
    )


def _title(setup: Setup) -> str:
    return f"{setup.recipe.name} {setup.recipe.version}"


def _text(wanted: ShelfRecipe) -> str:
    """With its byte order mark, if it has one: the hash is that of the very bytes."""
    return wanted.content.decode()


def _named(settings: StationSettings) -> str:
    """What the settings name: a file of one's own by its content as well; a shipped one is new with each program."""
    if Path(settings.recipe).suffix != ".toml":
        return settings.recipe
    return f"{settings.recipe} {Recipe.load(settings.recipe_path).sha256}"
