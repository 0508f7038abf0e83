"""What one camera showed of the web in one frame, once the frames before it are known; and a piece with all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from camera.frame import FrameId
from inspection.recipe.recipe import Layout, Recipe
from inspection.values import Cut, Piece, Reason, Sighting, Span
from inspection.vision.placement import Across, Rect

_ROUNDING_MM = 1e-3


@dataclass(frozen=True, slots=True)
class SeenObject:
    """One sighting, and where on the web its box lies."""

    sighting: Sighting
    rect: Rect
    pitch_um: float
    """Pixel pitch that its sizes come from, the coarser of both directions."""
    sigma_mm: float
    """How well its camera knows a size: pixel pitch times blur. Smaller is better."""
    is_cut: bool
    """It touches a border of the image, so that its sizes are lower bounds."""
    is_mirrored: bool = False
    """The mask's columns count against the web's."""


@dataclass(frozen=True, slots=True)
class Sight:
    """One frame, judged as far as one camera can: plausible after the frames before it, objects joined over borders."""

    view: str
    frame_id: FrameId
    span: Span
    """The web along that it shows."""
    across: Across
    """The web's width that it shows."""
    unseen: tuple[Reason, ...] = ()
    """Why nobody saw it, or a part of it; empty if all was seen."""
    storm: Reason | None = None
    """Why its objects were not looked at one by one."""
    objects: tuple[SeenObject, ...] = ()
    goes_on: frozenset[int] = frozenset()
    """Places among the frame before's objects of those that are a part of this one's."""
    stage_ms: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unseen:
    """A part of a piece that a required view did not show."""

    reason: Reason
    across: Across | None = None
    """The width that it is about; None: all of it."""

    def concerns(self, across: Across | None) -> bool:
        """Whether a piece over this stretch of the width (None: all of it) is not seen whole for it."""
        return across is None or self.across is None or self.across.meets(across)


@dataclass(frozen=True, slots=True)
class PieceInHand:
    """A stretch of web that its views have seen, or had their time to see."""

    pieces: tuple[Piece, ...]
    """What is decided about it: one piece, or one for each lane."""
    sights: tuple[Sight, ...]
    """Frames that show some of it, each camera's in order."""
    missing: tuple[Unseen, ...] = ()
    """What required views have not shown of it, beyond what their frames say themselves."""

    def was_seen(self, view: str, rect: Rect, joint_mm: float = 0.0) -> bool:
        """Whether a view has seen all of a place: only then may it say that nothing is there.

        `joint_mm`: gap between frames that is the encoder's slip. A place over two cameras' seam counts as unseen.
        """
        sights = [sight for sight in self.sights if sight.view == view and sight.span.meets(rect.along)]
        if any(sight.unseen or sight.storm for sight in sights) or any(
            each.reason.view == view for each in self.missing
        ):
            return False
        by_camera: dict[str, list[Span]] = {}
        for sight in sights:
            if sight.across.left_mm <= rect.across.left_mm and rect.across.right_mm <= sight.across.right_mm:
                by_camera.setdefault(sight.frame_id.camera, []).append(sight.span)
        return any(_cover(spans, rect.along, joint_mm) for spans in by_camera.values())


def _cover(spans: Sequence[Span], wanted: Span, joint_mm: float) -> bool:
    """Whether stretches that follow each other leave nothing out of a wanted one."""
    ordered = sorted(spans, key=lambda each: each.start_mm)
    is_whole = all(later.start_mm - one.end_mm <= joint_mm + _ROUNDING_MM for one, later in pairwise(ordered))
    starts, ends = ordered[0].start_mm, max(each.end_mm for each in ordered)
    return is_whole and starts <= wanted.start_mm + _ROUNDING_MM and wanted.end_mm - _ROUNDING_MM <= ends


def objects_on(span: Span | None, sights: Sequence[Sight]) -> list[SeenObject]:
    """What one camera's frames show on a stretch of web (None: all that they show), each object once.

    The part of an object that a later one of these frames shows whole is left out.
    """
    found: list[SeenObject] = []
    for number, sight in enumerate(sights):
        after = sights[number + 1] if number + 1 < len(sights) else None
        goes_on = after.goes_on if after is not None and _is_next(sight, after) else frozenset()
        found += [
            each
            for place, each in enumerate(sight.objects)
            if place not in goes_on and (span is None or each.rect.along.meets(span))
        ]
    return found


def _is_next(sight: Sight, after: Sight) -> bool:
    one, other = sight.frame_id, after.frame_id
    return one.run == other.run and one.number + 1 == other.number


def seen_objects(in_hand: PieceInHand) -> tuple[Span | None, dict[str, list[SeenObject]]]:
    """The stretch that objects are counted on (None: all that the frames show), and what each camera saw on it."""
    by_camera: dict[str, list[Sight]] = {}
    for sight in in_hand.sights:
        by_camera.setdefault(sight.frame_id.camera, []).append(sight)
    span = None if is_its_frame(in_hand) else in_hand.pieces[0].span
    return span, {camera: objects_on(span, sights) for camera, sights in by_camera.items()}


def is_its_frame(in_hand: PieceInHand) -> bool:
    """Whether the piece is the frame that all was seen in."""
    piece = in_hand.pieces[0]
    return piece.cut is not Cut.SHEET and all(sight.frame_id == piece.frame for sight in in_hand.sights)


def unseen_in(sight: Sight, recipe: Recipe) -> tuple[Reason, ...]:
    """Why a required view did not see a frame; nothing where the view is not required."""
    if not recipe.views[sight.view].is_required:
        return ()
    if len(recipe.views) == 1:
        return sight.unseen
    return tuple(replace(reason, view=sight.view) for reason in sight.unseen)


def piece_of(sight: Sight) -> Piece:
    """The piece that a frame is where one camera alone looks at the web."""
    return Piece(sight.frame_id, sight.span.start_mm, sight.span.length_mm)


def across_of(lane: int | None, layout: Layout) -> Across | None:
    """The width that a lane takes, None for the whole width."""
    return None if lane is None else Across(layout.lanes[lane - 1].left_mm, layout.lanes[lane - 1].right_mm)


def is_on(across: Across, lane: int | None, layout: Layout) -> bool:
    """Whether an object counts for a piece: it lies in its lane, or beside all lanes and this is a nearest one."""
    if lane is None:
        return True
    lanes = [Across(each.left_mm, each.right_mm) for each in layout.lanes]
    if any(each.meets(across) for each in lanes):
        return lanes[lane - 1].meets(across)
    far_mm = [max(each.left_mm - across.right_mm, across.left_mm - each.right_mm) for each in lanes]
    return far_mm[lane - 1] <= min(far_mm)
