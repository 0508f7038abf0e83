"""Card of a classifier that names an object by what several views saw of it: weights, and where they come from.

It lies beside the models as `<name>-<version>/card.json`, without a network: the weights are in the card itself.
"""

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from camera.checked import Checked
from inspection.errors import ModelError
from inspection.mistakes import in_words
from inspection.text_file import TextError, decode_text, parse_json, read_bytes
from inspection.values import Artefact, Light, Side

Finite = Annotated[float, Field(allow_inf_nan=False)]
ROLE = "names"
"""Tells such a card from a model's, which has no role."""
MEASURED = 5
"""Sizes, contrast and visibility of a sighting."""
BLOCK_BESIDE_SCORES = 1 + MEASURED + MEASURED * (MEASURED + 1) // 2
"""Features of a view beside its kinds' scores: whether it saw the object, what it measured, and that by twos."""


class NamedView(Checked):
    """One view that it was taught on."""

    light: Light
    """How it is lit."""
    side: Side = Side.TOP
    """Which side of the web is looked at."""
    model: str
    """Name of the model that looks."""
    model_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    """SHA-256 of that model's card when it was taught."""
    kinds: tuple[str, ...] = Field(min_length=1)
    """Kinds of that model whose scores it weighs."""

    @property
    def features(self) -> int:
        """Length of this view's block."""
        return BLOCK_BESIDE_SCORES + len(self.kinds)


class NamesCard(Checked):
    """Contents of such a `card.json`."""

    schema_version: Literal[1] = 1
    role: Literal["names"]
    """Tells it from a model's card."""
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    version: str = Field(pattern=r"^[0-9]+(\.[0-9]+)*$")
    material: str
    """What the web is."""
    views: tuple[NamedView, ...] = Field(min_length=2)
    """In the order of the features' blocks."""
    kinds: tuple[str, ...] = Field(min_length=2)
    """Kinds that it tells apart."""
    mean: tuple[Finite, ...]
    """(features,) subtracted from them, of a view that saw the object,"""
    scale: tuple[Annotated[float, Field(gt=0, allow_inf_nan=False)], ...]
    """(features,) and what they are divided by."""
    weights: tuple[tuple[Finite, ...], ...]
    """(kinds, features)"""
    bias: tuple[Finite, ...]
    """(kinds,)"""
    method: str
    """What it was fitted on, and how well it names what it was not fitted on."""
    metrics: dict[str, Any]
    """Measured on webs that it was not fitted on."""
    data_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    """SHA-256 of the settings that generate the data."""
    versions: dict[str, str]
    """Versions of the libraries that made it."""
    created_utc: datetime
    licence: str
    intended_use: str
    limits: str
    """What it can't do."""
    card_sha256: str = Field(default="", exclude=True)
    """SHA-256 of card.json itself. Set when the card is read, not in the file."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        features = sum(view.features for view in self.views)
        if len(self.mean) != features or len(self.scale) != features or any(len(r) != features for r in self.weights):
            raise ValueError(
                f"mean, scale and each row of weights: {features} numbers each, as views and kinds ask for"
            )
        if len(self.weights) != len(self.kinds) or len(self.bias) != len(self.kinds):
            raise ValueError(f"weights and bias: a row for each of {len(self.kinds)} kinds")
        if len(set(self.kinds)) != len(self.kinds):
            raise ValueError(f"kinds: each code once, got {', '.join(self.kinds)}")
        looks = [(view.light, view.side) for view in self.views]
        if len(set(looks)) != len(looks):
            raise ValueError("views: each light and side once")
        known = {kind for view in self.views for kind in view.kinds}
        if unknown := [kind for kind in self.kinds if kind not in known]:
            raise ValueError(f"kinds: those that some view's model knows, got {', '.join(unknown)}")
        return self

    @property
    def artefact(self) -> Artefact:
        """Name, version and SHA-256 of the card."""
        return Artefact(self.name, self.version, self.card_sha256)


def is_names_card(path: Path) -> bool:
    """Whether a `card.json` says that it is of a classifier of names; what can't be read is taken for a model's."""
    try:
        card = parse_json(decode_text(read_bytes(path)))
    except (OSError, TextError):
        return False
    return isinstance(card, dict) and card.get("role") == ROLE


def read_names_card(path: Path) -> NamesCard:
    """Read and check such a `card.json`. Raises ModelError."""
    restore = "Fit it again with `training names`, or restore the folder from its delivery."
    try:
        content = read_bytes(path)
        card = NamesCard.model_validate(parse_json(decode_text(content)))
    except OSError as error:
        raise ModelError(f"Names' card {path} can't be read ({error.strerror}). {restore}") from error
    except TextError as error:
        raise ModelError(f"Names' card {path} can't be read: {error}. {restore}") from error
    except ValidationError as error:
        raise ModelError(f"Names' card {path}: {in_words(error)} {restore}") from error
    if "card_sha256" in card.model_fields_set:
        raise ModelError(f"Names' card {path}: card_sha256: is taken from the file itself. Remove that line.")
    return card.model_copy(update={"card_sha256": hashlib.sha256(content).hexdigest()})


def names_card_text(card: NamesCard) -> str:
    """The file's contents: one line a key, so that weights don't fill pages."""
    told = card.model_dump(mode="json")
    lines = [f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in told.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"
