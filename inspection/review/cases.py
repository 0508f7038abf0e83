"""A person's word on a decision: confirmed, overruled or unsure, and what the station drew wrongly or missed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, TypeAdapter, model_validator

from camera.checked import Checked
from inspection.values import Verdict

KindCode = Annotated[str, Field(pattern=r"^[A-Z][0-9]{2}$")]
Pixel = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]
Point = tuple[Pixel, Pixel]
_MOST_FRAMES = 64


class Answer(StrEnum):
    """What a reader says of a verdict."""

    CONFIRMED = "confirmed"
    """The verdict is right. Of an uninspected piece: it must not go on."""
    OVERRULED = "overruled"
    """The verdict is wrong: a reject is good, an accept is bad (an escape), an uninspected piece is good."""
    UNSURE = "unsure"


class ReviewOutcome(StrEnum):
    """What counts of a case in the end."""

    CONFIRMED = "confirmed"
    OVERRULED = "overruled"
    UNSURE = "unsure"
    DISPUTED = "disputed"
    """Two readers disagree, and nobody has settled it."""


class Reading(IntEnum):
    """Which reader's word a review is."""

    FIRST = 1
    SECOND = 2
    """Reading of somebody else, who does not know the first answer."""
    FINAL = 3
    """Settles a dispute, knowing both answers; it alone counts then."""


class Risk(IntEnum):
    """Why a case is looked at; the lower, the sooner."""

    UNINSPECTED = 1
    """Nobody judged it, but there are pixels."""
    NEAR_LIMIT = 2
    """Rejected by measured sizes alone, none of which is clearly above its limit."""
    UNUSUAL = 3
    """Rejected for something without a name, or with a score that is low."""
    SAFETY = 4
    """Rejected for a kind of severity S1."""
    REJECT = 5
    ACCEPT_SAMPLE = 6
    """An accept that was saved by chance: the only way to learn what escapes."""


class Change(StrEnum):
    """What a reader does to the objects on a frame."""

    RELABELLED = "relabelled"
    REDRAWN = "redrawn"
    REMOVED = "removed"
    """The station saw something where nothing is."""
    ADDED = "added"
    """The station missed it."""


class Drawing(Checked):
    """What a reader drew around an object, in px of one frame: pixel 0 reaches from 0 to 1, row 0 comes first."""

    box_px: tuple[Pixel, Pixel, Pixel, Pixel] | None = None
    """Left, top, right, bottom; right and bottom are exclusive."""
    polygon_px: tuple[Point, ...] | None = Field(default=None, min_length=3, max_length=2000)
    """Corners (x, y) in turn."""
    view: int | None = Field(default=None, ge=0)
    """Place of that frame among the decision's frames of all views; None: the frame in which its piece begins, the only
    one where one camera alone looks at the web."""

    @property
    def is_drawn(self) -> bool:
        """Whether there is a box or a polygon, and not both."""
        return (self.box_px is None) != (self.polygon_px is None)

    @property
    def outline_px(self) -> tuple[Point, ...] | None:
        """Corners of polygon or box; None where nothing is drawn."""
        if self.polygon_px is not None or self.box_px is None:
            return self.polygon_px
        left, top, right, bottom = self.box_px
        return ((left, top), (right, top), (right, bottom), (left, bottom))

    @model_validator(mode="after")
    def _box_is_a_box(self) -> Self:
        if self.box_px is not None and (self.box_px[2] <= self.box_px[0] or self.box_px[3] <= self.box_px[1]):
            raise ValueError(f"box_px {self.box_px}: expected left below right and top below bottom")
        return self


class Correction(Drawing):
    """One change to what the station drew: of one object on the web, in whichever frames a reader drew it.

    >>> Correction(change="added", kind="E01", box_px=(3, 4, 9, 8)).outline_px
    ((3.0, 4.0), (9.0, 4.0), (9.0, 8.0), (3.0, 8.0))
    """

    change: Change
    defect: int | None = Field(default=None, ge=0)
    """Which of the decision's defects, counted from 0; None for an added one."""
    kind: KindCode | None = None
    """Its kind from now on; None keeps the station's."""
    elsewhere: tuple[Drawing, ...] = Field(default=(), max_length=_MOST_FRAMES)
    """The same object in other frames, as a reader drew it there."""

    @property
    def drawings(self) -> tuple[Drawing, ...]:
        """All that is drawn, each in another frame; empty where nothing is."""
        return (self, *self.elsewhere) if self.is_drawn else ()

    @model_validator(mode="after")
    def _fits_its_change(self) -> Self:
        is_known = self.defect is not None
        is_bare = self.box_px is None and self.polygon_px is None
        ok = {
            Change.RELABELLED: is_known and self.kind is not None and is_bare,
            Change.REDRAWN: is_known and self.is_drawn,
            Change.REMOVED: is_known and self.kind is None and is_bare,
            Change.ADDED: not is_known and self.kind is not None and self.is_drawn,
        }[self.change]
        if not ok:
            raise ValueError(
                "relabelled needs defect and kind; redrawn needs defect and a box or a polygon; removed needs defect "
                "alone; added needs kind and a box or a polygon"
            )
        if is_bare and (self.elsewhere or self.view is not None):
            raise ValueError("view and elsewhere say where something is drawn, and nothing is")
        views = [drawing.view for drawing in self.drawings]
        if len(set(views)) < len(views) or not all(drawing.is_drawn for drawing in self.drawings):
            raise ValueError("elsewhere: each needs a box or a polygon, in a frame of its own")
        return self


CORRECTIONS: TypeAdapter[tuple[Correction, ...]] = TypeAdapter(tuple[Correction, ...])
"""From JSON."""


def corrections_json(corrections: Sequence[Correction]) -> Any:
    """To JSON; what says nothing is left away.

    >>> corrections_json([Correction(change="removed", defect=2)])
    [{'change': 'removed', 'defect': 2}]
    """
    return CORRECTIONS.dump_python(tuple(corrections), mode="json", exclude_defaults=True)


@dataclass(frozen=True, slots=True)
class NewReview:
    """What a person has just decided."""

    sequence: int
    """Sequence number of the decision."""
    person: str
    answer: Answer
    kind: str | None = None
    """What it really is, as a catalogue code; None: as the station says."""
    note: str = ""
    corrections: tuple[Correction, ...] = ()
    looked_s: float | None = None
    """From the frame on screen to the answer; None where nobody took the time."""
    replaces: int | None = None
    """Number of the answer that this one takes the place of; None: its reader knows of none."""


@dataclass(frozen=True, slots=True)
class Review:
    """An entry of the review book, which is only ever added to."""

    number: int
    """Counts all entries."""
    sequence: int
    reading: Reading
    person: str
    reviewed_utc: datetime
    answer: Answer | None
    """None: this entry takes back another one."""
    kind: str | None
    note: str
    corrections: tuple[Correction, ...]
    looked_s: float | None
    takes_back: int | None
    """Number of the entry that is no longer valid."""

    def says(self, new: NewReview) -> bool:
        """Whether an answer is this very one once more: it was sent again, for nobody knew that it had arrived."""
        said = (self.sequence, self.person, self.answer, self.kind, self.note, self.corrections)
        return said == (new.sequence, new.person, new.answer, new.kind, new.note, new.corrections)


@dataclass(frozen=True, slots=True)
class Case:
    """A decision with a saved frame, as it is handed to a reader. It does not tell whether somebody answered before."""

    sequence: int
    verdict: Verdict
    risk: Risk
    claimed_until_utc: datetime | None
    """Nobody else is handed it before; None when it was not claimed."""


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases a reader wants; None and empty: all."""

    spans: tuple[tuple[int, int], ...] = ()
    """Sequence numbers from the first to the last, both included: those of rolls."""
    lanes: tuple[int, ...] = ()
    kinds: tuple[str, ...] = ()
    verdicts: tuple[Verdict, ...] = ()


def is_bad(verdict: Verdict, answer: Answer | ReviewOutcome) -> bool | None:
    """Whether a piece is bad, as its reader says; None where that is not known.

    >>> is_bad(Verdict.ACCEPT, Answer.OVERRULED), is_bad(Verdict.REJECT, Answer.OVERRULED)
    (True, False)
    """
    if answer not in (Answer.CONFIRMED, Answer.OVERRULED):
        return None
    return (verdict is Verdict.ACCEPT) == (answer == Answer.OVERRULED)


def outcome_of(first: Answer | None, second: Answer | None, final: Answer | None) -> ReviewOutcome | None:
    """What counts of up to three readings; None before the first.

    >>> outcome_of(Answer.CONFIRMED, Answer.OVERRULED, None)
    <ReviewOutcome.DISPUTED: 'disputed'>
    """
    if final is not None:
        return ReviewOutcome(final)
    if first is not None and second is not None and first is not second:
        return ReviewOutcome.DISPUTED
    either = first if first is not None else second
    return None if either is None else ReviewOutcome(either)


def interleaved(
    risky: Sequence[int], accepts: Sequence[int], second: Sequence[int], count: int, position: int
) -> list[int]:
    """Up to `count` sequence numbers, mixed at a steady rate: of ten places two are accepts and one a second reading.

    `position`: how many places have been given out before. Where one sort has run out, the others fill its places.

    >>> interleaved([1, 2, 3, 4, 5, 6, 7], [90, 91], [50], 10, 0)
    [1, 2, 90, 3, 4, 50, 5, 91, 6, 7]
    """
    sorts = {"risky": list(dict.fromkeys(risky)), "accepts": list(accepts), "second": list(second)}
    order = {"risky": ("risky", "second", "accepts"), "accepts": ("accepts", "risky", "second")}
    order["second"] = ("second", "risky", "accepts")
    chosen: list[int] = []
    for place in range(position, position + count):
        wanted = "accepts" if place % 5 == 2 else "second" if place % 10 == 5 else "risky"
        source = next((sorts[name] for name in order[wanted] if sorts[name]), None)
        if source is None:
            break
        chosen.append(source.pop(0))
    return chosen
