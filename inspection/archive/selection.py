"""What a data set is made of: the frames and labels of a search, and the parts that their rolls had before."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from inspection.archive.archive import ArchiveSearch
from inspection.archive.labelled_frame import (
    LabelledFrame,
    LeftOut,
    Shelves,
    chosen_frames,
    labelled_frames,
)
from inspection.archive.provenance import list_data_sets
from inspection.archive.search import Search
from inspection.review.book import ReviewBook
from inspection.rolls.roll_book import RollBook
from inspection.store.decisions import Store


@dataclass(frozen=True, slots=True)
class Source:
    """Where frames and labels come from."""

    store: Store
    book: ReviewBook
    rolls: RollBook
    archive: ArchiveSearch
    frames_dir: Path
    station: str
    """Its name, for the record."""


def known_parts(datasets_dir: Path, name: str) -> Mapping[str, str]:
    """Part of each roll in the newest version of a data set; none where there is no version."""
    earlier = [each.provenance for each in list_data_sets(datasets_dir) if each.provenance.name == name]
    newest = max(earlier, key=lambda each: each.version, default=None)
    return newest.parts if newest else {}


def reviewed_of(source: Source, search: Search) -> list[int]:
    """The reviewed ones of the very list that a search shows, also those whose second, blind reading is due."""
    shown = set(source.archive.sequences(search, with_image=True))
    anything = Search(first_sequence=min(shown, default=1), last_sequence=max(shown, default=1), is_reviewed=True)
    reviewed = source.archive.sequences(anything, with_image=True, is_blind=False)
    return [sequence for sequence in reviewed if sequence in shown]


@dataclass(frozen=True, slots=True)
class FrameCounts:
    """How many frames a selection has."""

    by_roll: Counter[str] = field(default_factory=Counter)
    good_by_roll: Counter[str] = field(default_factory=Counter)
    by_view: Counter[str] = field(default_factory=Counter)
    """Empty where one camera alone looks at the web."""
    left_out: Counter[str] = field(default_factory=Counter)
    """By the reason; a piece that nobody can learn from counts once."""


class Frames:
    """The frames of a selection, read as somebody asks for them; remembers what they held and what was left out."""

    def __init__(
        self, source: Source, sequences: Sequence[int], *, only_reviewed: bool, report: Callable[[int, int], None]
    ) -> None:
        self._source = source
        self._sequences = sequences
        self._only_reviewed = only_reviewed
        self._report = report
        self._shelves = Shelves(source.store, source.book, source.rolls.rolls())
        self.left_out: Counter[str] = Counter()
        self.objects: Counter[str] = Counter()
        self.views: Counter[str] = Counter()
        """Images of each view; of one camera alone none are counted here."""
        self.images = self.good = self.reviewed = 0

    def count(self) -> "FrameCounts":
        """What it will give, as far as that is known before a file is looked at."""
        found = FrameCounts()
        for each in chosen_frames(self._sequences, self._shelves, only_reviewed=self._only_reviewed):
            if isinstance(each, LeftOut):
                found.left_out[each.why] += 1
            else:
                found.by_roll[each.roll] += 1
                found.good_by_roll[each.roll] += each.is_good
                found.by_view.update([] if each.view is None else [each.view])
        return found

    def __iter__(self) -> Iterator[LabelledFrame]:
        source = self._source
        frames = labelled_frames(
            self._sequences, self._shelves, source.frames_dir, only_reviewed=self._only_reviewed
        )  # fmt: skip
        done, last = 0, None
        for each in frames:
            # What is found of one piece comes together.
            done, last = done + (each.sequence != last), each.sequence
            if isinstance(each, LeftOut):
                self.left_out[each.why] += 1
            else:
                self.images += 1
                self.good += each.labels.is_good
                self.reviewed += each.is_reviewed
                self.views.update([] if each.view is None else [each.view])
                self.objects.update(mark.kind for mark in each.labels.marks if mark.is_sure)
                yield each
            self._report(done, len(self._sequences))
        self._report(len(self._sequences), len(self._sequences))
