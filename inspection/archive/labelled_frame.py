"""Saved frames of all views with what is known to lie on them, on their way into a folder."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.frame import FrameId
from inspection.archive.shown_web import Judged, ShownWeb, shown_web
from inspection.review.book import ReviewBook
from inspection.review.cases import Review
from inspection.review.labels import Labels, reviewed_labels, station_labels
from inspection.store.decisions import Store, StoredDecision
from inspection.store.frame_files import FrameFiles, batched
from inspection.store.frame_index import SavedFrame
from inspection.values import ViewFrame
from inspection.values.roll import Roll
from inspection.vision.overlay import to_grey8

_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class ChosenFrame:
    """A saved frame of a piece, with what is known of it before its file is looked at."""

    stored: StoredDecision
    """Decision that it was chosen for: the first one that can be used."""
    review: Review | None
    saved: SavedFrame
    seen: ViewFrame | None
    """None where one camera alone looks at the web."""
    web: ShownWeb
    pieces: tuple[int, ...]
    """Sequence numbers of the decisions whose labels it bears."""
    is_reviewed: bool
    """People judged all of these."""
    roll: str

    @property
    def view(self) -> str | None:
        """The recipe's name for its view; None where one camera alone looks at the web."""
        return None if self.seen is None else self.seen.view

    @property
    def is_good(self) -> bool:
        """All of it is known to show no defect."""
        return self.web.labels.is_good and self.web.is_whole


@dataclass(frozen=True, slots=True)
class LabelledFrame:
    """One frame."""

    sequence: int
    """Number of the decision that it was chosen for."""
    name: str
    """Name of the image file, made of sequence number, view, camera and frame number."""
    pixels: NDArray[np.uint8]
    """(height, width) grey; frames of more bits are cut to 8."""
    labels: Labels
    is_reviewed: bool
    roll: str
    pixel_pitch_um: float | None
    """Along the web, from the length that it shows; None where that is not known."""
    origin: Mapping[str, Any]
    """Where it is from, for the record: camera, frame, verdict, recipe, model, who reviewed it when."""
    view: str | None = None
    """The recipe's name for its view; None where one camera alone looks at the web."""
    pieces: tuple[int, ...] = ()
    """Sequence numbers of the decisions whose labels it bears."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A frame that could not be taken, or all frames of a piece."""

    sequence: int
    why: str


@dataclass(frozen=True, slots=True)
class Shelves:
    """Where frames and what people said of them are found."""

    store: Store
    book: ReviewBook
    rolls: Sequence[Roll]


def chosen_frames(
    sequences: Sequence[int], shelves: Shelves, *, only_reviewed: bool
) -> Iterator[ChosenFrame | LeftOut]:  # fmt: skip
    """All saved frames of pieces, those of a piece after each other, the one in which it begins first; each frame once,
    though several pieces may lie on it. What can't be used comes with the reason.

    With `only_reviewed` those alone that people have judged, and drawn where that is needed; else what nobody has
    reviewed comes with the station's own marks.
    """
    done: set[tuple[int, FrameId]] = set()
    for chunk in batched(sequences, _AT_ONCE):
        yield from _Chunk(chunk, shelves, only_reviewed=only_reviewed).frames(done)


def labelled_frames(
    sequences: Sequence[int], shelves: Shelves, frames_dir: Path, *, only_reviewed: bool
) -> Iterator[LabelledFrame | LeftOut]:
    """The same with their pixels, read one by one."""
    files = FrameFiles(frames_dir, shelves.store)
    for chosen in chosen_frames(sequences, shelves, only_reviewed=only_reviewed):
        if isinstance(chosen, LeftOut):
            yield chosen
            continue
        pixels = _pixels(files, chosen.saved)
        if pixels is None:
            yield LeftOut(chosen.stored.decision.sequence, "Its file is missing or damaged.")
        else:
            yield _labelled(chosen, pixels)


class _Chunk:
    """Some decisions, with all others that are about the same frames."""

    def __init__(self, sequences: Sequence[int], shelves: Shelves, *, only_reviewed: bool) -> None:
        self._only_reviewed = only_reviewed
        self._rolls = shelves.rolls
        self._chosen = shelves.store.decisions(sequences)
        frames: dict[int, set[FrameId]] = {}
        for stored in self._chosen:
            frames.setdefault(stored.station_run, set()).update(stored.saved_frames)
        self._about = {
            (run, frame): numbers
            for run, several in frames.items()
            for frame, numbers in shelves.store.frame_index.decisions_on(run, several).items()
        }
        others = {number for numbers in self._about.values() for number in numbers} - set(sequences)
        known = [*self._chosen, *shelves.store.decisions(sorted(others))]
        self._stored = {stored.decision.sequence: stored for stored in known}
        self._reviews = shelves.book.valid_reviews(list(self._stored))

    def frames(self, done: set[tuple[int, FrameId]]) -> Iterator[ChosenFrame | LeftOut]:
        """Those of the decisions asked for that are not `done`; they are, then."""
        for stored in self._chosen:
            decision = stored.decision
            if why := self._why_not(stored):
                yield LeftOut(decision.sequence, why)
                continue
            for frame in _in_order(stored):
                if (key := (stored.station_run, frame)) not in done:
                    done.add(key)
                    yield self._frame(stored, frame)

    def _why_not(self, stored: StoredDecision) -> str | None:
        """Why nobody can learn from a piece."""
        sequence = stored.decision.sequence
        if not stored.saved_frames:
            return "Its frame is not saved, or no longer."
        if not self._only_reviewed:
            return None
        if sequence not in self._reviews:
            return "Nobody has reviewed it, or its readers disagree."
        return reviewed_labels(stored.decision, self._reviews[sequence]).not_usable

    def _frame(self, stored: StoredDecision, frame: FrameId) -> ChosenFrame | LeftOut:
        sequence = stored.decision.sequence
        judged = {number: self._judged(number, frame) for number in self._about[stored.station_run, frame]}
        told = tuple(number for number, each in judged.items() if each.labels is not None)
        web = shown_web(frame, list(judged.values()))
        if web is None:
            return LeftOut(sequence, "Nobody has judged all lanes of the web that it shows, or knows which part it is.")
        rolls = {roll_of(number, self._rolls) for number in told}
        if len(rolls) > 1:
            return LeftOut(sequence, "It shows the end of one roll and the beginning of another.")
        seen = next((each for each in stored.decision.view_frames if each.frame == frame), None)
        return ChosenFrame(
            stored,
            self._reviews.get(sequence),
            stored.saved_frames[frame],
            seen,
            web,
            told,
            all(number in self._reviews for number in told),
            rolls.pop(),
        )

    def _judged(self, sequence: int, frame: FrameId) -> Judged:
        decision, review = self._stored[sequence].decision, self._reviews.get(sequence)
        if review is not None:
            labels = reviewed_labels(decision, review, frame)
        elif self._only_reviewed:
            return Judged(decision, None)
        else:
            labels = station_labels(decision, frame)
        return Judged(decision, None if labels.not_usable is not None and self._only_reviewed else labels)


def _in_order(stored: StoredDecision) -> list[FrameId]:
    """The saved frames of a piece, its own first."""
    decision = stored.decision
    frames = dict.fromkeys((decision.piece.frame, *(seen.frame for seen in decision.view_frames)))
    return [frame for frame in frames if frame in stored.saved_frames]


def _labelled(chosen: ChosenFrame, pixels: NDArray[np.uint8]) -> LabelledFrame:
    decision, frame, seen = chosen.stored.decision, chosen.saved.frame, chosen.seen
    length_mm = decision.piece.length_mm if seen is None else seen.length_mm
    name = (
        f"{frame.camera}-{frame.number}" if seen is None else f"{seen.view}-{frame.camera}.{frame.run}-{frame.number}"
    )
    return LabelledFrame(
        decision.sequence,
        f"{decision.sequence:010d}-{name}.png",
        pixels,
        chosen.web.labels_of((pixels.shape[0], pixels.shape[1])),
        chosen.is_reviewed,
        chosen.roll,
        None if length_mm is None else round(1000.0 * length_mm / pixels.shape[0], 4),
        _origin(chosen),
        chosen.view,
        chosen.pieces,
    )


def roll_of(sequence: int, rolls: Sequence[Roll]) -> str:
    """The name of the roll that a decision belongs to; `rolls` in their order.

    >>> roll_of(7, [Roll("R-1", 1, 9, True, True)])
    'R-1'
    """
    place = bisect_right(rolls, sequence, key=lambda roll: roll.first_sequence) - 1
    return rolls[place].name if place >= 0 and sequence <= rolls[place].last_sequence else "no roll"


def _pixels(files: FrameFiles, saved: SavedFrame) -> NDArray[np.uint8] | None:
    try:
        data = np.frombuffer(files.content(saved), np.uint8)
        read = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if data.size else None
    except (OSError, cv2.error):
        return None
    if read is None or read.ndim != 2:
        return None
    if read.dtype == np.uint16:
        return to_grey8(np.asarray(read, np.uint16), saved.bit_depth)
    return np.asarray(read, np.uint8) if read.dtype == np.uint8 else None


def _origin(chosen: ChosenFrame) -> dict[str, Any]:
    decision, review, frame, seen = chosen.stored.decision, chosen.review, chosen.saved.frame, chosen.seen
    model = decision.model if seen is None or seen.model is None else seen.model
    origin: dict[str, Any] = {
        "sequence": decision.sequence,
        "station_run": chosen.stored.station_run,
        "camera": frame.camera,
        "run": frame.run,
        "number": frame.number,
        "verdict": decision.verdict.value,
        "start_mm": decision.piece.start_mm if seen is None else seen.start_mm,
        "captured_utc": decision.captured_utc.isoformat(),
        "recipe": f"{decision.recipe.name} {decision.recipe.version}",
        "recipe_sha256": decision.recipe.sha256,
        "model": f"{model.name} {model.version}",
        "model_sha256": model.sha256,
    }
    if review is not None and review.answer is not None:
        origin |= {
            "review": review.answer.value,
            "reviewed_by": review.person,
            "reviewed_utc": review.reviewed_utc.isoformat(),
            "review_note": review.note,
        }
    return origin
