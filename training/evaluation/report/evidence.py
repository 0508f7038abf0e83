"""What a model said of material whose truth is known: all that the report is made of, whoever collected it.

`by_scores` collects it from the images of a data set. Evidence of the simulated web, where only the station's verdicts
are known, has no scores: what takes a moving threshold is then left out of the report.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from inspection.values import Artefact, Severity
from inspection.values.kinds import KINDS

Unit = Literal["mm", "px"]
"""px where nobody knows the pixel pitch."""
MISSED = "missed"
UNNAMED = "defect"
"""Kind of an object of which it is only known that its image is bad."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A small part of an image."""

    pixels: NDArray[np.uint8]
    """(height, width)"""
    mask: NDArray[np.bool_]
    """(height, width), True where the thing lies."""


@dataclass(frozen=True, slots=True)
class SeenObject:
    """A defect that is there."""

    key: str
    """The same for the same object whichever model is judged."""
    kind: str
    image: str
    size: float | None
    """Diameter of a disc of its area, in the evidence's unit; None where only the image is known to be bad."""
    is_found: bool
    called: str
    """The kind that the model gives it, or MISSED."""
    score: float | None
    """Highest score on it of any kind of defect; None where only verdicts are known."""
    picture: Picture | None = None
    is_asked: bool = True
    """False: it need not be found, being within its limits or too faint. It only serves to tell what is seen at its
    size; `is_found` then says whether a defect was measured there."""
    barely_found: bool | None = None
    """Whether an image that shows it was rejected for it, where it is above its limits and only too faint to be asked
    for (SNR 5 to 8); None for any other object."""
    words: str = ""
    """Kind, place, SNR and sizes of one that is missed on simulated web, for people; else empty."""


@dataclass(frozen=True, slots=True)
class FalseAlarm:
    """A place on good web that the model takes for a defect."""

    image: str
    called: str
    size: float | None
    """Diameter of a disc of its area, as an object's."""
    score: float | None
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class SeenImage:
    """One image, or block of web."""

    name: str
    is_good: bool
    kinds: tuple[str, ...]
    """Known to be on it; () when good."""
    is_rejected: bool
    called: str
    """The kind that the model would give the image if it had to name one."""
    score: float | None
    """Highest score of any kind of defect; None where only verdicts are known."""
    measured: tuple[str, ...] = ()
    """Kinds of the defects that the station measured on it, each once; () where it did not judge."""


@dataclass(frozen=True, slots=True)
class KindOverlap:
    """How well the pixels of a kind are covered."""

    iou: float
    """At the card's threshold."""
    threshold: float
    best_iou: float
    """At the best threshold for these very images: no other choice would give more."""
    best_threshold: float


@dataclass(frozen=True, slots=True)
class PixelFigures:
    """Pixel by pixel, at the images' own size, over the good images and those bad ones that have masks."""

    images: int
    regions: int
    """Connected ones in the masks."""
    average_precision: float | None
    aupro30: float | None
    overlaps: dict[str, KindOverlap]
    """For each kind that both the model and the masks know."""


@dataclass(frozen=True, slots=True)
class DataIdentity:
    """Which material."""

    name: str
    layout: str
    split: str
    """Empty: all of it."""
    sha256: str
    left_out: int = 0
    """Images of which nobody said what they show."""


@dataclass(frozen=True, slots=True)
class AsShipped:
    """What the same images give with the thresholds of the model's card."""

    false_rejects: int
    good_images: int
    escapes: int
    objects: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that the report is made of."""

    model: Artefact
    model_kinds: tuple[str, ...]
    data: DataIdentity
    unit: Unit
    operating_point: str
    """When an object counts as found and an image as rejected: words that end a sentence."""
    threshold: float | None
    """The score meant by them, where it is one for all kinds."""
    images: tuple[SeenImage, ...]
    objects: tuple[SeenObject, ...]
    false_alarms: tuple[FalseAlarm, ...]
    """All that there are on good images."""
    good_area: float
    """Area of the good images: m² where the unit is mm, else megapixels."""
    pixels: PixelFigures | None = None
    """None where only verdicts are known."""
    as_shipped: AsShipped | None = None
    mpx_s: float | None = None
    """Megapixels a second of the network alone, ONNX Runtime on two threads."""
    uninspected: Mapping[str, int] = field(default_factory=dict)
    """Images that the station did not inspect, which are none of `images`, by the rule that says why."""

    @property
    def asked(self) -> tuple[SeenObject, ...]:
        """Objects that have to be found."""
        return tuple(each for each in self.objects if each.is_asked)


def worst_misses(objects: Iterable[SeenObject], count: int) -> list[SeenObject]:
    """Safety kinds of the catalogue first, then the largest."""
    missed = [each for each in objects if each.is_asked and not each.is_found]
    return sorted(missed, key=lambda each: (not is_known_safety(each.kind), -(each.size or 0.0)))[:count]


def worst_false_alarms(alarms: Sequence[FalseAlarm], count: int) -> list[FalseAlarm]:
    """The surest, then the largest."""
    return sorted(alarms, key=lambda each: (-(each.score or 0.0), -(each.size or 0.0)))[:count]


def is_known_safety(kind: str) -> bool:
    """One of the catalogue's kinds that endanger the cell (S1).

    >>> is_known_safety("E13"), is_known_safety("blowhole")
    (True, False)
    """
    return kind in KINDS and KINDS[kind].severity is Severity.S1
