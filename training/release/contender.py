"""A model that wants to come into models/, and the one that it would replace."""

from dataclasses import dataclass
from pathlib import Path

from inspection.model.shelf import Model, find_model, list_models, version_in_service
from training.data import Item
from training.data.dataset import read_folders, validation_items
from training.errors import DataError
from training.family import OWN
from training.fitting.run_folder import RUN, read_run
from training.release.exporting import unchanged_data
from training.release.own_kinds import held_out


@dataclass(frozen=True, slots=True)
class Unseen:
    """A plant's own images that a run has not learnt from."""

    words: str
    """What they are."""
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Contender:
    """A model that wants to come into models/."""

    model: Model
    run: Path
    """Folder of the run that it was exported from."""
    unseen: Unseen
    """None where it learnt from simulated web alone."""


def find_contender(source: Path, run: Path | None = None) -> Contender:
    """The model in a model folder, or the newest one below a run's folder.

    `run`: where the model was exported from; None: the folder that it lies in. Raises DataError if one of both is
    missing or the run's images are damaged, ExportError if these have changed, ModelError for a damaged model.
    """
    if (source / "card.json").exists() and not (source / RUN).exists():
        folder, run = source, run or source.resolve().parent
    elif exported := list_models(source):
        folder, run = exported[-1], run or source
    else:
        raise DataError(
            f"{source} holds no exported model: no card.json, nor a folder with one. Export one from a finished run: "
            f"training export {source} --out {source}/NAME-VERSION (own kinds: also --web, --view, --pitch-um)"
        )
    if not (run / RUN).exists():
        raise DataError(
            f"Parity of {folder} can't be shown again: {run} is not the run that it was exported from. "
            "Name that run: --run DIR"
        )
    return Contender(Model.load(folder), run, _unseen(run))


def current_model(models_dir: Path, name: str) -> Model | None:
    """The one in service, None if there is none of that name. Raises ModelError for a damaged one."""
    return find_model(models_dir, name) if version_in_service(models_dir, name) else None


def _unseen(run_folder: Path) -> Unseen:
    """Images for testing where there are any, else those that were held out; none of a run on simulated web alone."""
    run = read_run(run_folder)
    if run.family != OWN and not run.rehearsed:
        return Unseen("", ())
    settings = unchanged_data(run_folder, run)
    folders, views = settings.data, settings.view
    lights = () if run.family == OWN else run.fitted_family.views
    items = [item for data_set in read_folders(folders, views, lights) for item in data_set.items]
    if tests := tuple(item for item in items if item.split == "test" and item.is_marked):
        return Unseen("images for testing", tests)
    kept = held_out(run, folders, views) if run.family == OWN else validation_items(folders, run.fitted_family, views)
    return Unseen("images held out from the fit, on which its thresholds were chosen, too", kept)
