"""What may be wrong with an image or its labels, in words that say which file, what, and what to do."""

from dataclasses import dataclass
from enum import StrEnum

from training.errors import DataError


class Check(StrEnum):
    """What is looked for in a data set."""

    UNREADABLE = "unreadable file"
    IMAGE_SIZE = "image of another size"
    MASK_SIZE = "mask of another size"
    MASK_VALUES = "mask of more than two values"
    EMPTY_MASK = "empty mask"
    INVERTED = "mask of nearly everything"
    BROKEN_ENTRY = "entry that can't be read"
    BROKEN_LABEL = "label that can't be drawn"
    NOT_GOOD = "marks on a good image"
    NO_IMAGE = "labels without image"
    NO_MASK = "image without mask"
    UNKNOWN_CATEGORY = "unknown category"
    LISTED_TWICE = "image listed twice"
    OUTSIDE = "box outside the image"
    TOO_SMALL = "not larger than a pixel"
    DOUBLE_ID = "one number, two things"
    DOUBLE_NAME = "one name, two files"
    MARKED_TWICE = "one object marked twice"
    NOT_READ = "labels that nothing reads"
    TWO_KINDS = "one place, two kinds"
    MISSPELT = "kind misspelt"
    TORN_GROUP = "group in two splits"
    DUPLICATE = "duplicate"
    NEAR_DUPLICATE = "near-duplicate across splits"


UNUSABLE = frozenset({Check.UNREADABLE, Check.IMAGE_SIZE, Check.MASK_SIZE, Check.MASK_VALUES, Check.INVERTED})
"""After these nobody can say what the image shows; the others leave labels that can be used."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a data set."""

    check: Check
    name: str
    """Which file, relative to the data set's folder."""
    what: str
    """A sentence: what was expected, what is there."""
    remedy: str
    """A sentence: what to do."""

    def __str__(self) -> str:
        return f"{self.name}: {self.what} {self.remedy}"


class BrokenItemError(DataError):
    """An image or its labels can't be used."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem
