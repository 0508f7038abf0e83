"""The values that travel down the pipeline: Frame -> Candidate -> Defect -> Decision. All frozen."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from camera.frame import FrameId


class Light(StrEnum):
    """How the web is lit."""

    BRIGHT_FIELD = "bright-field"
    """Light near the mirror angle: streaks, stains, bare foil."""
    DARK_FIELD = "dark-field"
    """Grazing light from one side: particles, scratches, bumps and dents."""
    BACK_LIGHT = "back-light"
    """A lamp on the other side of the web: holes, edges, thin spots of film."""


class Side(StrEnum):
    """Which side of the web a camera looks at."""

    TOP = "top"
    """The side that the product's recipe counts lanes on."""
    BOTTOM = "bottom"
    """The other one."""


class Cut(StrEnum):
    """What the line can take out of the web, and so what one decision is about."""

    BLOCK = "block"
    """The stretch that one frame of the leading camera shows, over the whole width."""
    LANE = "lane"
    """One lane of such a stretch."""
    SHEET = "sheet"
    """A sheet, from one cut to the next."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of web, by the encoder; the same for all cameras.

    >>> Span(10.0, 61.2).meets(Span(61.0, 80.0)), Span(10.0, 61.2).meets(Span(61.2, 80.0))
    (True, False)
    """

    start_mm: float
    end_mm: float

    @property
    def length_mm(self) -> float:
        """From its start to its end."""
        return self.end_mm - self.start_mm

    def meets(self, other: "Span") -> bool:
        """Whether some web lies in both."""
        return self.start_mm < other.end_mm and other.start_mm < self.end_mm


class Verdict(StrEnum):
    """What the line must do with a piece."""

    ACCEPT = "accept"
    REJECT = "reject"
    UNINSPECTED = "uninspected"
    """Nobody looked, or not in time: the line treats it as a reject."""

    @property
    def code(self) -> int:
        """What a machine reads: 1 accept, 2 reject, 3 uninspected. Whatever is not 1 is to be rejected."""
        return list(Verdict).index(self) + 1


class Severity(StrEnum):
    """S1 safety, S2 cell function, S3 process, S4 cosmetic; N for objects that are no defects (tape, label, ink)."""

    S1 = "S1"
    S2 = "S2"
    S3 = "S3"
    S4 = "S4"
    N = "N"

    @property
    def rank(self) -> int:
        """0 for the gravest; sorted by their names, N would come before S1.

        >>> sorted(Severity, key=lambda severity: severity.rank)[0]
        <Severity.S1: 'S1'>
        """
        return list(Severity).index(self)


def gravest(severities: Iterable[Severity]) -> Severity | None:
    """The gravest of several, None of none.

    >>> gravest([Severity.N, Severity.S3, Severity.S2])
    <Severity.S2: 'S2'>
    """
    return min(severities, default=None, key=lambda severity: severity.rank)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of pixels; right and bottom are exclusive.

    >>> Box(2, 3, 10, 5).width_px
    8
    """

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width_px(self) -> int:
        """Columns."""
        return self.right - self.left

    @property
    def height_px(self) -> int:
        """Lines."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place where the network saw something, before anybody measured it."""

    box: Box
    kind: str
    """The kind whose score stands highest above its threshold (ratio)."""
    scores: Mapping[str, float]
    """Raw score in 0..1 for each kind of the model, the highest in the candidate's cells."""
    cells: NDArray[np.bool_]
    """True where the network fired; one element for `cell_px` x `cell_px` pixels from the box's corner."""
    cell_px: int

    @property
    def score(self) -> float:
        """Raw score of its kind."""
        return self.scores[self.kind]


@dataclass(frozen=True, slots=True)
class Region:
    """A candidate traced at full resolution: pixels and grey values, nothing in millimetres yet."""

    candidate: Candidate
    box: Box
    """As tight as the mask."""
    mask: NDArray[np.bool_]
    """(box height, box width), True on the object."""
    area_px: float
    """Sub-pixel: may be less than the mask's count for an object smaller than the blur."""
    width_px: float | None
    """Mean extent across a line or streak; None for compact objects."""
    x_px: float
    """Centroid, of a line the middle between its ends; the first column's centre is at 0.5."""
    y_px: float
    difference_dn: float
    """Object minus background, signed, freed from blur."""
    background_dn: float
    snr: float


@dataclass(frozen=True, slots=True)
class Defect:
    """One object on the web, measured."""

    kind: str
    """Catalogue code: E01 ..., S01 ..., N01 ..."""
    score: float
    """The model's raw score for the kind, 0..1."""
    severity: Severity
    box: Box
    """In the frame where it ends; top is negative when it reaches back into the frame before."""
    mask: NDArray[np.bool_]
    """True on the object, as far as this frame shows it: its last row is the box's last, its columns are the box's."""
    length_mm: float
    """Longest extent (minimum-area rectangle)."""
    width_mm: float
    """Mean extent across the length: area / length for elongated objects, short side of the rectangle else."""
    area_mm2: float
    contrast_percent: float
    """Weber contrast against the local background, signed: (object - background) / background * 100."""
    snr: float
    """Summed difference over the mask against the background's noise: mean difference * sqrt(pixels) / sigma."""
    md_mm: float
    """Machine direction: position of the centroid (a line's middle) on the web (encoder)."""
    cd_mm: float
    """Cross direction: position of the centroid from the image's drive-side border."""
    lane: int | None
    """1-based lane that the centroid lies in, None on margins and gaps."""
    reaches_leading_edge: bool = False
    """It touches row 0: it may continue the frame before."""
    reaches_trailing_edge: bool = False
    """It touches the last row: it may go on in the next frame, so its sizes are lower bounds."""
    continued: bool = False
    """It began in an earlier frame or piece and its sizes include that part."""
    sightings: tuple["Sighting", ...] = ()
    """What each camera saw of it, first the one that box, mask, contrast and sizes are of. Empty where one camera alone
    looks at the web: then that is what it saw."""
    cleared_by: str | None = None
    """View that saw its place and nothing there, where the recipe lets it take such an object back: it is nobody's
    reason. None: it counts."""

    @property
    def diameter_mm(self) -> float:
        """Diameter of the circle of the same area."""
        return float(2.0 * np.sqrt(self.area_mm2 / np.pi))


@dataclass(frozen=True, slots=True)
class Sighting:
    """One object as one camera of a view shows it."""

    view: str
    """The recipe's name for the view."""
    frame: FrameId
    """The frame that the defect's box and mask lie in."""
    defect: Defect
    """As this view alone measured and named it, at its place on the web; without sightings of its own."""
    scores: Mapping[str, float] = field(default_factory=dict)
    """Highest score at its place, for each kind of the view's model that is likely there."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """A gauged width, length or position."""

    code: str
    value_mm: float
    uncertainty_mm: float
    """Standard uncertainty."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a piece is not accepted."""

    rule: str
    """Machine-readable, like `limit.E01.diameter_mm`, `count.E01`, `storm`, `lost.dropped`, `late`, `image.black`."""
    sentence: str
    """What a person should know: measured value, limit, where, what to do."""
    kind: str | None = None
    measured: float | None = None
    limit: float | None = None
    unit: str | None = None
    defects: tuple[int, ...] = ()
    """Places in the decision's `defects` of those that it is about; empty where it is about the frame as a whole."""
    severity: Severity | None = None
    """The recipe's word on the gravest of them; of a cluster or storm at least S2. None: nothing was judged."""
    quantity: str | None = None
    """What `measured` and `limit` are: `diameter_mm` and other sizes of a defect, `objects` or `places` counted.
    None where the rule alone says it."""
    view: str | None = None
    """The view that it is about, by the recipe's name; None where it is about all, or where there is only one."""


@dataclass(frozen=True, slots=True)
class Artefact:
    """A recipe or a model, named so that nobody can mix two up."""

    name: str
    """Name of the recipe or model."""
    version: str
    """Version that its file or card states."""
    sha256: str
    """SHA-256 of the recipe's file, or of the model's card.json, 64 hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class Piece:
    """The stretch of web, or the part of its width, that one decision is about."""

    frame: FrameId
    """The leading camera's frame in which it begins."""
    start_mm: float | None
    """Place of its leading edge on the web, by the encoder; None where nobody knows it."""
    length_mm: float | None
    trigger_id: str | None = None
    """Echo of what the line sent for it."""
    piece_id: str | None = None
    cut: Cut = Cut.BLOCK
    lane: int | None = None
    """The recipe's lane that it is, counted from 1; None over the whole width."""
    number: int = 0
    """Counts the pieces of the station's start from 1; lanes of one stretch share theirs. 0: not counted yet."""

    @property
    def span(self) -> Span | None:
        """Where on the web it lies, None where nobody knows."""
        if self.start_mm is None or self.length_mm is None:
            return None
        return Span(self.start_mm, self.start_mm + self.length_mm)


class Fate(StrEnum):
    """What became of a frame."""

    SEEN = "seen"
    """It was inspected."""
    NOT_JUDGED = "not_judged"
    """It has pixels that could not be judged, or not in time."""
    LOST = "lost"
    """It never had pixels."""


@dataclass(frozen=True, slots=True)
class ViewFrame:
    """A frame that a piece was judged on, or should have been."""

    view: str
    """The recipe's name for the view."""
    frame: FrameId
    outcome: Fate
    start_mm: float | None
    """Place of its row 0 on the web; None where nobody knows it."""
    length_mm: float | None
    model: Artefact | None = None
    """The model that looked at it; None where none did."""
    first_cd_mm: float | None = None
    """Where across the web its first column's outer border lies; None where it has no pixels."""
    last_cd_mm: float | None = None
    """The same of its last column; less than the first one's: the image is mirrored."""
    skew_mm: float = 0.0
    """How much farther along the web its last column looks than its first; the place is that of the middle."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The station's one word about one piece."""

    sequence: int
    """1, 2, 3 ... within the store's epoch, never given twice, also not to another store's piece in the same folder.

    A number is missing only between two starts of the station, or where the store took nothing for so long that memory
    was used up: it may have been told as UNINSPECTED, and was lost in a crash. The store keeps the reason of each gap.
    """
    piece: Piece
    verdict: Verdict
    reasons: tuple[Reason, ...]
    """Empty only for ACCEPT."""
    defects: tuple[Defect, ...]
    """All that was measured, also what lies below the limits and nuisance objects."""
    recipe: Artefact
    model: Artefact
    captured_utc: datetime
    decided_utc: datetime
    latency_ms: float
    """From the last line exposed (or the loss noticed) to the decision."""
    deadline_met: bool
    stage_ms: Mapping[str, float] = field(default_factory=dict)
    """Time spent in each stage: wait, prepare, detect, refine, measure, decide."""
    dimensions: tuple[Dimension, ...] = ()
    setup_sha256: str | None = None
    """One hash over all that judged it, see `Pipeline.setup_sha256`. None: of an earlier program, which told none."""
    view_frames: tuple[ViewFrame, ...] = ()
    """The frames of all views that it was judged on, the leading camera's first, in each camera's order. Empty where
    one camera alone looks at the web: then the piece's frame is the only one."""

    @property
    def severity(self) -> Severity | None:
        """The gravest of its reasons', None if they have none."""
        return gravest(reason.severity for reason in self.reasons if reason.severity is not None)

    @property
    def guilty(self) -> frozenset[int]:
        """Places in `defects` of those that a reason is about."""
        return guilty_of(self.reasons)


def guilty_of(reasons: Iterable[Reason]) -> frozenset[int]:
    """Places of the defects that any of the reasons is about.

    >>> sorted(guilty_of([Reason("cluster", "", defects=(0, 2)), Reason("count.E01", "", defects=(2, 3))]))
    [0, 2, 3]
    """
    return frozenset(place for reason in reasons for place in reason.defects)
