"""A model's card: all that a person and the station must know about `model.onnx`, in `card.json` beside it."""

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from camera.checked import Checked
from inspection.errors import ModelError
from inspection.mistakes import in_words
from inspection.text_file import TextError, decode_text, parse_json, read_bytes

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Score = Annotated[float, Field(gt=0.0, le=1.0)]


class PitchRange(Checked):
    """Pixel pitches that the model was trained for."""

    min: float = Field(gt=0, le=10_000)
    max: float = Field(gt=0, le=10_000)


class GreyRange(Checked):
    """Median grey values, 8-bit, of the images that the model was trained for."""

    min: float = Field(ge=0, le=255)
    max: float = Field(ge=0, le=255)


class ModelInput(Checked):
    """The graph's one input: an image (N, 1, height, width), scaled inside the graph."""

    name: str = "image"
    dtype: Literal["uint8"] = "uint8"
    layout: Literal["NCHW"] = "NCHW"
    scale: str = "inside the graph"
    """How grey values become numbers; for the reader, the station does nothing of it."""


class Parity(Checked):
    """How far ONNX Runtime and the training framework disagree on the same tiles."""

    max_abs_difference: float = Field(ge=0)
    tiles: int = Field(gt=0)
    tolerance: float = Field(gt=0)


class NameWeights(Checked):
    """A logistic regression that names objects; see `inspection.judging.name_classifier` for its features."""

    kinds: tuple[str, ...] = Field(min_length=2)
    """Kinds that it tells apart."""
    mean: tuple[float, ...]
    """(features,) subtracted from them,"""
    scale: tuple[Annotated[float, Field(gt=0)], ...]
    """(features,) and what they are divided by."""
    weights: tuple[tuple[float, ...], ...]
    """(kinds, features)"""
    bias: tuple[float, ...]
    """(kinds,)"""
    method: str
    """What it was fitted on, and how well it names what it was not fitted on."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        features = len(self.mean)
        if len(self.scale) != features or any(len(row) != features for row in self.weights):
            raise ValueError(f"mean, scale and each row of weights: as many numbers each, mean has {features}")
        if len(self.weights) != len(self.kinds) or len(self.bias) != len(self.kinds):
            raise ValueError(f"weights and bias: a row for each of {len(self.kinds)} kinds")
        return self


class ModelCard(Checked):
    """Contents of `card.json`."""

    schema_version: Literal[1] = 1
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    version: str = Field(pattern=r"^[0-9]+(\.[0-9]+)*$")
    kinds: tuple[str, ...] = Field(min_length=1)
    """Catalogue codes in the order of the output's channels, nuisance included."""
    stride: int = Field(gt=0)
    """Pixels of a cell of the score map, both ways."""
    halo_px: int = Field(ge=0)
    """How far the network looks beyond a cell: tiles overlap by so much."""
    border_px: int | None = Field(default=None, ge=0)
    """How far an image's border pixels are repeated outwards; None: as far as the network looks."""
    multiple_px: int = Field(gt=0)
    """Height and width of the input must be multiples of this."""
    pixel_pitch_um: PitchRange
    grey_level_dn: GreyRange | None = None
    """In another light the network sees nothing and says nothing: such frames are not judged. None: nobody measured."""
    least_texture: float | None = Field(default=None, gt=0)
    """Least texture ratio (`inspection.vision.checks.texture.Sampled`) of the images that the model was trained for.
    Web that shows clearly less is blurred, and is not judged. None: nobody measured."""
    least_noise: float | None = Field(default=None, gt=0)
    """Least noise ratio of these images. What has clearly less was not exposed. None: nobody measured."""
    materials: tuple[str, ...] = Field(min_length=1)
    views: tuple[str, ...] = Field(min_length=1)
    input: ModelInput = ModelInput()
    output: str = "scores"
    """Name of the output: float32 (N, kinds, height / stride, width / stride), 0..1, no threshold applied."""
    thresholds: dict[str, Score]
    """For each kind, the score from which a cell counts; a recipe may override it."""
    threshold_method: str
    """How they were chosen."""
    names: NameWeights | None = None
    """Tells kinds apart that look alike. None: an object's name is its highest score's."""
    sha256: Sha256
    """SHA-256 of model.onnx."""
    card_sha256: str = Field(default="", exclude=True)
    """SHA-256 of card.json itself, and so of graph, thresholds and all. Set when the card is read, not in the file."""
    data_sha256: Sha256
    """SHA-256 of the training data, or of the settings that generate it."""
    seed: int
    versions: dict[str, str]
    """Versions of the libraries that made it."""
    metrics: dict[str, Any]
    """Measured on data not used in training."""
    parity: Parity
    created_utc: datetime
    licence: str
    intended_use: str
    limits: str
    """What it can't do."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(set(self.kinds)) != len(self.kinds):
            raise ValueError(f"kinds: each code once, got {', '.join(self.kinds)}")
        missing = [kind for kind in self.kinds if kind not in self.thresholds]
        extra = [kind for kind in self.thresholds if kind not in self.kinds]
        if missing or extra:
            raise ValueError(f"thresholds: one for each kind; missing {missing}, not in kinds {extra}")
        if self.names and (unknown := [kind for kind in self.names.kinds if kind not in self.kinds]):
            raise ValueError(f"names: kinds of the model, got {', '.join(unknown)}")
        if self.multiple_px % self.stride:
            raise ValueError(f"multiple_px: a multiple of stride {self.stride}, got {self.multiple_px}")
        if self.pixel_pitch_um.min > self.pixel_pitch_um.max:
            raise ValueError("pixel_pitch_um: min is above max")
        if self.grey_level_dn is not None and self.grey_level_dn.min > self.grey_level_dn.max:
            raise ValueError("grey_level_dn: min is above max")
        return self


def read_card(path: Path) -> ModelCard:
    """Read and check `card.json`. Raises ModelError."""
    restore = "Export the model again, or restore the folder from its delivery."
    try:
        content = read_bytes(path)
        card = ModelCard.model_validate(parse_json(decode_text(content)))
    except OSError as error:
        raise ModelError(
            f"Model card {path} can't be read ({error.strerror}). Restore the model's folder from its delivery."
        ) from error
    except TextError as error:
        raise ModelError(f"Model card {path} can't be read: {error}. {restore}") from error
    except ValidationError as error:
        raise ModelError(f"Model card {path}: {in_words(error)} {restore}") from error
    if "card_sha256" in card.model_fields_set:
        raise ModelError(f"Model card {path}: card_sha256: is taken from the file itself. Remove that line.")
    return card.model_copy(update={"card_sha256": hashlib.sha256(content).hexdigest()})
