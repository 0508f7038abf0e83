"""Takes a version of a model into service, and back out of it. The station loads it at its next start."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from inspection.errors import ModelError
from inspection.model.card import read_card
from inspection.model.history import Change, add_change, changing, read_history, way_back
from inspection.model.shelf import Model, list_models, version_in_service


def activate(models_dir: Path, name_version: str, *, who: str, why: str) -> Change:
    """Put NAME-VERSION into service. Raises ModelError if it is not there, or not what its card says."""
    with changing(models_dir):
        name, _, version = name_version.rpartition("-")
        return _put_into_service(models_dir, "activate", name, version, who, why)


def roll_back(models_dir: Path, name: str, *, who: str, why: str) -> Change:
    """Put the version into service again that the last change replaced; once more goes back one more change.

    Raises ModelError if there is nothing to go back to, or that version is gone or damaged.
    """
    with changing(models_dir):
        version = way_back(read_history(models_dir), name)
        if version is None:
            there = ", ".join(folder.name for folder in list_models(models_dir)) or "none"
            raise ModelError(
                f"There is nothing to roll {name!r} back to: no change of it is in the history of {models_dir}. "
                f"Activate the wanted version by name; there are: {there}."
            )
        return _put_into_service(models_dir, "rollback", name, version, who, why)


def _put_into_service(
    models_dir: Path, action: Literal["activate", "rollback"], name: str, version: str, who: str, why: str
) -> Change:
    model = Model.load(_folder_of(models_dir, name, version))
    change = Change(
        utc=datetime.now(UTC),
        who=who,
        action=action,
        name=name,
        version=version,
        sha256=model.card.card_sha256,
        before=version_in_service(models_dir, name),
        after=version,
        why=why,
    )
    add_change(models_dir, change)
    return change


def _folder_of(models_dir: Path, name: str, version: str) -> Path:
    folders = list_models(models_dir)
    for folder in folders:
        card = read_card(folder / "card.json")
        if (card.name, card.version) == (name, version):
            return folder
    there = ", ".join(folder.name for folder in folders) or "none"
    raise ModelError(
        f"No model {f'{name}-{version}'.lstrip('-')!r} in {models_dir}; there are: {there}. "
        "Name one of them as NAME-VERSION, or copy the model's folder there."
    )
