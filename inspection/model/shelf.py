"""Models on disk: `<name>-<version>/model.onnx` with its card. A file that is not what its card says is refused."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from inspection.errors import ModelError
from inspection.model.card import ModelCard, read_card
from inspection.model.detectors import open_detector
from inspection.model.history import HISTORY, last_choice, read_history
from inspection.model.names_card import NamesCard, is_names_card, read_names_card
from inspection.recipe.recipe import Recipe
from inspection.values import Artefact

REPORT = "report.html"
"""In a model's folder, where it has been evaluated: what it misses and what that costs, for people. Not verified."""
MAX_BYTES = 200 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Model:
    """A card and the verified bytes of its network."""

    card: ModelCard
    onnx: bytes
    folder: Path

    @property
    def artefact(self) -> Artefact:
        """Name, version and SHA-256 of the card, which holds that of model.onnx."""
        return Artefact(self.card.name, self.card.version, self.card.card_sha256)

    @classmethod
    def load(cls, folder: Path | str) -> "Model":
        """Read a model, verify its hash, and try its graph against its card. Raises ModelError."""
        folder = Path(folder)
        card = read_card(folder / "card.json")
        path = folder / "model.onnx"
        try:
            if path.stat().st_size > MAX_BYTES:
                raise ModelError(f"{path} is larger than {MAX_BYTES // 2**20} MiB: that is no model of this station.")
            onnx = path.read_bytes()
        except OSError as error:
            raise ModelError(
                f"Model file {path} can't be read ({error.strerror}). Restore the model's folder from its delivery."
            ) from error
        digest = hashlib.sha256(onnx).hexdigest()
        if digest != card.sha256:
            raise ModelError(
                f"Model file {path} has SHA-256 {digest}, its card says {card.sha256}: it was altered or damaged. "
                "Restore the model's folder from its delivery; never edit the card to match."
            )
        model = cls(card, onnx, folder)
        verify(model)
        return model


def verify(model: Model) -> None:
    """Self-test: run the network on a fixed tile; names, shapes and range of the scores must be as the card says.

    Raises ModelError.
    """
    open_detector(model.card, model.onnx)


def list_models(models_dir: Path | str) -> list[Path]:
    """Folders below `models_dir` that hold a model's card, by name and then by version, newest last."""
    return [folder for folder in _folders(models_dir) if not is_names_card(folder / "card.json")]


def list_names(models_dir: Path | str) -> list[Path]:
    """Folders below `models_dir` that hold the card of a classifier of names, in the same order."""
    return [folder for folder in _folders(models_dir) if is_names_card(folder / "card.json")]


def find_names(models_dir: Path | str, name: str, sha256: str | None = None) -> NamesCard:
    """The newest classifier of a name, or the one that a recipe pins by its card's SHA-256.

    Raises ModelError if it is missing or damaged.
    """
    folders = list_names(models_dir)
    cards = [card for folder in folders if (card := read_names_card(folder / "card.json")).name == name]
    if sha256 is not None:
        cards = [card for card in cards if card.card_sha256 == sha256]
    if not cards:
        pinned = f" with SHA-256 {sha256}" if sha256 else ""
        there = ", ".join(folder.name for folder in folders) or "none"
        raise ModelError(
            f"No classifier of names {name!r}{pinned} in {models_dir}; there are: {there}. Copy its folder there, or "
            "correct names in [fusing] of the recipe."
        )
    return cards[-1]


def find_model(models_dir: Path | str, name: str, sha256: str | None = None) -> Model:
    """The model of a name that is in service, or the one that a recipe pins by SHA-256, which always wins.

    In service is the version that was activated, else the newest. A pin is the SHA-256 of a card, or, as earlier
    programs had it, that of a model.onnx, which says nothing of thresholds. Raises ModelError if the model is missing,
    damaged, or another one than was activated: its card and so its thresholds count, too.
    """
    candidates = [(folder, card) for folder, card in _cards(models_dir) if card.name == name]
    if sha256 is not None:
        candidates = [(f, c) for f, c in candidates if c.card_sha256 == sha256] or [
            (f, c) for f, c in candidates if c.sha256 == sha256
        ]
    if not candidates:
        pinned = f" with SHA-256 {sha256}" if sha256 else ""
        there = ", ".join(folder.name for folder in list_models(models_dir)) or "none"
        raise ModelError(
            f"No model {name!r}{pinned} in {models_dir}; there are: {there}. "
            "Copy the model's folder there, or correct [model] in the recipe."
        )
    chosen = None if sha256 else last_choice(read_history(models_dir), name)
    if chosen is None:
        return Model.load(candidates[-1][0])
    for folder, card in candidates:
        if card.version == chosen.version:
            if not is_pinned(card, chosen.sha256):
                raise ModelError(
                    f"Model {folder}: {name} {chosen.version} is in service with SHA-256 {chosen.sha256} ({HISTORY}), "
                    f"but card.json there has {card.card_sha256} and model.onnx {card.sha256}: the card, with its "
                    "thresholds, or the graph was altered. Restore the folder from its delivery, or activate the "
                    "version that you want."
                )
            return Model.load(folder)
    raise ModelError(
        f"Model {name} {chosen.version} is in service ({HISTORY} in {models_dir}), but not there; there are: "
        f"{', '.join(folder.name for folder, _ in candidates)}. Restore its folder, or activate one of these."
    )


def is_pinned(card: ModelCard, sha256: str) -> bool:
    """Whether a pin means this model: by its card, or by its graph alone."""
    return sha256 in (card.card_sha256, card.sha256)


def loose_pin(recipe: Recipe, card: ModelCard) -> str | None:
    """What a recipe leaves open though it pins its model, None if nothing."""
    if recipe.model.sha256 != card.sha256:
        return None
    return (
        f"Recipe {recipe.name} {recipe.version} pins model.onnx of {card.name}-{card.version} alone: with other "
        f'thresholds in card.json it would still be taken. Pin the card: [model] sha256 = "{card.card_sha256}".'
    )


def version_in_service(models_dir: Path | str, name: str) -> str | None:
    """The version of a model that a recipe gets which pins none; None if there is no such model. Raises ModelError."""
    if chosen := last_choice(read_history(models_dir), name):
        return chosen.version
    versions = [card.version for _, card in _cards(models_dir) if card.name == name]
    return versions[-1] if versions else None


def _folders(models_dir: Path | str) -> list[Path]:
    folders = [path.parent for path in Path(models_dir).glob("*/card.json")]
    return sorted(folders, key=_name_and_version)


def _cards(models_dir: Path | str) -> list[tuple[Path, ModelCard]]:
    return [(folder, read_card(folder / "card.json")) for folder in list_models(models_dir)]


def _name_and_version(folder: Path) -> tuple[str, tuple[int, ...], str]:
    name, _, version = folder.name.rpartition("-")
    numbers = tuple(int(part) for part in version.split(".") if part.isdigit())
    return name, numbers, folder.name
