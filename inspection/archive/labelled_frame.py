"""Saved frames with what is known to lie on them, on their way into a folder."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.review.book import ReviewBook
from inspection.review.cases import Review
from inspection.review.labels import Labels, reviewed_labels, station_labels
from inspection.store.decisions import Store, StoredDecision
from inspection.store.frame_files import FrameFiles, batched
from inspection.store.frame_index import SavedFrame
from inspection.values.roll import Roll
from inspection.vision.overlay import to_grey8

_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class LabelledFrame:
    """One frame."""

    sequence: int
    name: str
    """Name of the image file, made of sequence number, camera and frame number."""
    pixels: NDArray[np.uint8]
    """(height, width) grey; frames of more bits are cut to 8."""
    labels: Labels
    is_reviewed: bool
    roll: str
    pixel_pitch_um: float | None
    """Along the web, from the piece's length; None where that is not known."""
    origin: Mapping[str, Any]
    """Where it is from, for the record: camera, frame, verdict, recipe, model, who reviewed it when."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A frame that could not be taken."""

    sequence: int
    why: str


def labelled_frames(
    sequences: Sequence[int],
    store: Store,
    book: ReviewBook,
    rolls: Sequence[Roll],
    frames_dir: Path,
    *,
    only_reviewed: bool,
) -> Iterator[LabelledFrame | LeftOut]:
    """Frames one by one, in the order of their numbers; what can't be used, with the reason.

    With `only_reviewed` those alone that people have judged, and drawn where that is needed; else what nobody has
    reviewed comes with the station's own marks.
    """
    files = FrameFiles(frames_dir, store)
    for chunk in batched(sequences, _AT_ONCE):
        reviews = book.valid_reviews(chunk)
        for stored in store.decisions(chunk):
            sequence = stored.decision.sequence
            yield _taken(stored, reviews.get(sequence), rolls, files, only_reviewed=only_reviewed)


def _taken(
    stored: StoredDecision, review: Review | None, rolls: Sequence[Roll], files: FrameFiles, *, only_reviewed: bool
) -> LabelledFrame | LeftOut:
    decision, saved = stored.decision, stored.saved_frame
    if saved is None:
        return LeftOut(decision.sequence, "Its frame is not saved, or no longer.")
    if review is None and only_reviewed:
        return LeftOut(decision.sequence, "Nobody has reviewed it, or its readers disagree.")
    labels = station_labels(decision) if review is None else reviewed_labels(decision, review)
    if labels.not_usable is not None and only_reviewed:
        return LeftOut(decision.sequence, labels.not_usable)
    pixels = _pixels(files, saved)
    if pixels is None:
        return LeftOut(decision.sequence, "Its file is missing or damaged.")
    frame = decision.piece.frame
    length_mm = decision.piece.length_mm
    return LabelledFrame(
        decision.sequence,
        f"{decision.sequence:010d}-{frame.camera}-{frame.number}.png",
        pixels,
        labels,
        review is not None,
        roll_of(decision.sequence, rolls),
        None if length_mm is None else round(1000.0 * length_mm / pixels.shape[0], 4),
        _origin(stored, review),
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


def _origin(stored: StoredDecision, review: Review | None) -> dict[str, Any]:
    decision = stored.decision
    frame = decision.piece.frame
    origin: dict[str, Any] = {
        "sequence": decision.sequence,
        "station_run": stored.station_run,
        "camera": frame.camera,
        "run": frame.run,
        "number": frame.number,
        "verdict": decision.verdict.value,
        "start_mm": decision.piece.start_mm,
        "captured_utc": decision.captured_utc.isoformat(),
        "recipe": f"{decision.recipe.name} {decision.recipe.version}",
        "recipe_sha256": decision.recipe.sha256,
        "model": f"{decision.model.name} {decision.model.version}",
        "model_sha256": decision.model.sha256,
    }
    if review is not None and review.answer is not None:
        origin |= {
            "review": review.answer.value,
            "reviewed_by": review.person,
            "reviewed_utc": review.reviewed_utc.isoformat(),
            "review_note": review.note,
        }
    return origin
