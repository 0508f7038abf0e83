"""The one form that every data set takes: images that say what lies on them, read when somebody asks."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.data.labels import Label, LabelledImage
from training.data.marks import Found, Marks, labels_of
from training.data.pictures import read_grey
from training.data.problem import UNUSABLE, BrokenItemError, Problem


@dataclass(frozen=True, slots=True)
class Item:
    """One image of a data set."""

    name: str
    """Its path inside the data set; unique."""
    path: Path
    split: str
    """train, validation or test; empty where the data set does not say."""
    group: str
    """Roll, batch or whatever must not be torn apart by a split; empty: unknown."""
    is_good: bool
    """Known to show no defect; nuisance objects may lie on it."""
    kinds: tuple[str, ...]
    """Kinds of defects known to be on it, which may exceed what is marked. Empty when it is good; empty and not good:
    nobody said what it shows."""
    sha256: str
    """SHA-256 of the image file."""
    marks: Marks | None = field(default=None, repr=False)
    """Where its labels come from; None: nobody marked anything."""
    pixel_pitch_um: float | None = None
    """None where the data set does not say."""
    view: str = ""
    """The view that shows it, by its name in the recipe that judged it, or its light; empty: unknown, or the only
    one."""
    is_complete: bool = True
    """False: its labels say more than could be understood, so that it is not good, whatever is not marked on it."""

    @property
    def is_marked(self) -> bool:
        """Whether `labels` tells where the defects lie: always of a good image, else when somebody marked them all."""
        return self.is_good or (self.marks is not None and self.is_complete)

    def pixels(self) -> NDArray[np.uint8]:
        """(height, width) grey, 8 bits; row 0 is the leading edge. Raises BrokenItemError for an unusable file."""
        return read_grey(self.path, self.name)

    def found(self, shape: tuple[int, int]) -> Found:
        """What is marked on the image of (height, width), and what is wrong with that."""
        return Found((), ()) if self.marks is None else self.marks.objects(shape)

    def labelled(self) -> LabelledImage:
        """Pixels and labels, with kinds spelt as the data set does: a mask's connected regions are a label each.

        Raises BrokenItemError where nobody can say what the image shows.
        """
        pixels = self.pixels()
        objects, problems = self.found((pixels.shape[0], pixels.shape[1]))
        for problem in problems:
            if problem.check in UNUSABLE:
                raise BrokenItemError(problem)
        return LabelledImage(pixels, labels_of(pixels, objects))

    def labels(self) -> tuple[Label, ...]:
        """The labels alone; see `labelled`."""
        return self.labelled().labels


@dataclass(frozen=True, slots=True)
class DataSet:
    """Images of one origin."""

    root: Path
    layout: str
    """coco, mvtec, mask-folders, images-and-masks or kind-folders; see `training.data`."""
    items: tuple[Item, ...]
    """In the order of their names."""
    kinds: tuple[str, ...]
    """All that are on any image, nuisance too, in alphabetical order."""
    sha256: str
    """Identifies the content: images, marks, kinds, splits and groups by their names in the data set."""
    problems: tuple[Problem, ...] = ()
    """What the reader had to leave out, or could not understand."""
