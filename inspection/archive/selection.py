"""What a data set is made of: the frames and labels of a search, and the parts that their rolls had before."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from inspection.archive.archive import ArchiveSearch
from inspection.archive.labelled_frame import LabelledFrame, LeftOut, labelled_frames, roll_of
from inspection.archive.provenance import list_data_sets
from inspection.archive.search import Search
from inspection.review.book import ReviewBook
from inspection.rolls.roll_book import RollBook
from inspection.store.decisions import Store
from inspection.values.roll import Roll


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


class Frames:
    """The frames of a selection, read as somebody asks for them; remembers what they held and what was left out."""

    def __init__(
        self, source: Source, sequences: Sequence[int], *, only_reviewed: bool, report: Callable[[int, int], None]
    ) -> None:
        self._source = source
        self._sequences = sequences
        self._only_reviewed = only_reviewed
        self._report = report
        self._rolls: Sequence[Roll] = source.rolls.rolls()
        self.left_out: Counter[str] = Counter()
        self.objects: Counter[str] = Counter()
        self.images = self.good = self.reviewed = 0

    def usable_by_roll(self) -> dict[str, int]:
        """How many reviewed frames each roll has; files are not looked at yet."""
        reviewed = self._source.book.valid_sequences(self._sequences)
        return dict(Counter(roll_of(sequence, self._rolls) for sequence in reviewed))

    def __iter__(self) -> Iterator[LabelledFrame]:
        source = self._source
        frames = labelled_frames(
            self._sequences,
            source.store,
            source.book,
            self._rolls,
            source.frames_dir,
            only_reviewed=self._only_reviewed,
        )
        for done, each in enumerate(frames, start=1):
            if isinstance(each, LeftOut):
                self.left_out[each.why] += 1
            else:
                self.images += 1
                self.good += each.labels.is_good
                self.reviewed += each.is_reviewed
                self.objects.update(mark.kind for mark in each.labels.marks if mark.is_sure)
                yield each
            self._report(done, len(self._sequences))
