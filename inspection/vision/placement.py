"""From a camera's image to the web: where on it a frame lies, in coordinates that all cameras share."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from inspection.recipe.recipe import Lane, Layout
from inspection.values import Defect, Span


@dataclass(frozen=True, slots=True)
class Across:
    """A stretch of the web's width.

    >>> Across(0.0, 50.0).meets(Across(49.0, 90.0)), Across(0.0, 50.0).meets(Across(50.0, 90.0))
    (True, False)
    """

    left_mm: float
    right_mm: float

    def meets(self, other: "Across") -> bool:
        """Whether some of the width lies in both."""
        return self.left_mm < other.right_mm and other.left_mm < self.right_mm


@dataclass(frozen=True, slots=True)
class Rect:
    """The part of the web that an object's box covers."""

    along: Span
    across: Across

    def gap_mm(self, other: "Rect") -> float:
        """Distance between both; 0 where they meet.

        >>> Rect(Span(0, 1), Across(0, 1)).gap_mm(Rect(Span(4, 5), Across(5, 6)))
        5.0
        """
        along = max(0.0, other.along.start_mm - self.along.end_mm, self.along.start_mm - other.along.end_mm)
        across = max(0.0, other.across.left_mm - self.across.right_mm, self.across.left_mm - other.across.right_mm)
        return float((along**2 + across**2) ** 0.5)

    @property
    def middle(self) -> tuple[float, float]:
        """Along and across, in mm."""
        return (
            (self.along.start_mm + self.along.end_mm) / 2.0,
            (self.across.left_mm + self.across.right_mm) / 2.0,
        )


@dataclass(frozen=True, slots=True)
class Placement:
    """One camera's place on the web; see `inspection.station.places.PlaceSettings`, whose numbers these are."""

    view: str
    """The recipe's name for the view that it serves."""
    across_mm: float = 0.0
    along_mm: float = 0.0
    is_mirrored: bool = False
    scale: float = 1.0
    rotation_mrad: float = 0.0

    @property
    def is_plain(self) -> bool:
        """Whether the image's coordinates are the web's."""
        return (self.across_mm, self.along_mm, self.is_mirrored, self.scale, self.rotation_mrad) == (0, 0, False, 1, 0)

    def cd_mm(self, x_mm: float) -> float:
        """Place across the web; `x_mm`: from the image's first column, by its pixel pitch."""
        return self.across_mm + (-x_mm if self.is_mirrored else x_mm) * self.scale

    def md_mm(self, position_mm: float, x_mm: float) -> float:
        """Place along the web of what lies at the encoder's position, `x_mm` from the first column."""
        return position_mm - self.along_mm - x_mm * self.scale * self.rotation_mrad / 1000.0

    def field(self, width_mm: float) -> Across:
        """What it sees of the width; `width_mm`: of its image, by its pixel pitch."""
        one, other = self.cd_mm(0.0), self.cd_mm(width_mm)
        return Across(min(one, other), max(one, other))

    def span(self, position_mm: float, length_mm: float, width_mm: float) -> Span:
        """The web along that an image shows in its middle column; a turned line shows `skew_mm` less at both ends."""
        start_mm = self.md_mm(position_mm, width_mm / 2.0)
        return Span(start_mm, start_mm + length_mm)

    def skew_mm(self, width_mm: float) -> float:
        """How much farther than its middle column the outermost ones look, along the web."""
        return abs(width_mm * self.scale * self.rotation_mrad / 2000.0)

    def placed(self, defect: Defect, lanes: Layout) -> Defect:
        """A defect that was measured in the image, at its place on the web."""
        if self.is_plain:
            return defect
        cd_mm = self.cd_mm(defect.cd_mm)
        return replace(defect, md_mm=self.md_mm(defect.md_mm, defect.cd_mm), cd_mm=cd_mm, lane=lanes.lane_at(cd_mm))

    def rect(self, defect: Defect, position_mm: float, pitch_x_um: float, pitch_y_um: float) -> Rect:
        """The part of the web under a defect's box; `position_mm`: of the row 0 that the box counts from."""
        left_mm, right_mm = (x * pitch_x_um / 1000.0 for x in (defect.box.left, defect.box.right))
        middle_mm = (left_mm + right_mm) / 2.0
        top_mm, bottom_mm = (position_mm + y * pitch_y_um / 1000.0 for y in (defect.box.top, defect.box.bottom))
        one, other = self.cd_mm(left_mm), self.cd_mm(right_mm)
        return Rect(
            Span(self.md_mm(top_mm, middle_mm), self.md_mm(bottom_mm, middle_mm)),
            Across(min(one, other), max(one, other)),
        )

    def lanes_seen(self, layout: Layout) -> Layout:
        """The lanes in the image's own coordinates, without those that lie beside its first column."""
        if self.is_plain:
            return layout
        seen = []
        for lane in layout.lanes:
            ends = sorted((cd_mm - self.across_mm) / self.scale for cd_mm in (lane.left_mm, lane.right_mm))
            left_mm, right_mm = (-ends[1], -ends[0]) if self.is_mirrored else (ends[0], ends[1])
            if right_mm > 0.0:
                seen.append(Lane(left_mm=max(0.0, left_mm), right_mm=right_mm))
        return Layout(lanes=tuple(seen))


def uncovered(fields: Sequence[Across], wanted: Sequence[Across], least_mm: float = 0.01) -> Across | None:
    """The first part of the wanted stretches that no field sees, None if all is seen.

    `least_mm`: narrower is rounding.

    >>> uncovered([Across(0, 50), Across(49, 100)], [Across(5, 95)]) is None
    True
    >>> uncovered([Across(0, 50), Across(52, 100)], [Across(5, 95)])
    Across(left_mm=50, right_mm=52)
    """
    for stretch in wanted:
        reached_mm = stretch.left_mm
        for field in sorted(fields, key=lambda each: each.left_mm):
            if field.left_mm > reached_mm + least_mm:
                break
            reached_mm = max(reached_mm, field.right_mm)
        if reached_mm < stretch.right_mm - least_mm:
            later = [field.left_mm for field in fields if field.left_mm > reached_mm]
            return Across(reached_mm, min([stretch.right_mm, *later]))
    return None
