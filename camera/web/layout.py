"""Where the coating lies across the web: lanes, margins and the gaps between lanes (numbers note, section 4.6)."""

from dataclasses import dataclass

from camera.web.settings import Material


@dataclass(frozen=True, slots=True)
class Lane:
    """A coated lane; positions in mm from column 0."""

    left_mm: float
    right_mm: float

    @property
    def width_mm(self) -> float:
        """Cross direction."""
        return self.right_mm - self.left_mm


@dataclass(frozen=True, slots=True)
class Layout:
    """The web across: coated lanes, and bare foil (or base film) between and beside them."""

    width_mm: float
    lanes: tuple[Lane, ...]

    def bare_bands(self) -> tuple[tuple[float, float], ...]:
        """(left, right) in mm of each stretch without coating.

        >>> Layout(100.0, (Lane(6.0, 47.0), Lane(53.0, 100.0))).bare_bands()
        ((0.0, 6.0), (47.0, 53.0))
        """
        starts = [0.0, *(lane.right_mm for lane in self.lanes)]
        ends = [*(lane.left_mm for lane in self.lanes), self.width_mm]
        return tuple((a, b) for a, b in zip(starts, ends, strict=True) if b > a)


def lay_out(material: Material, width_mm: float) -> Layout:
    """The layout for a web of that width: one lane without margin below 30 mm, one with margins below 60 mm,
    then two lanes and a gap; four lanes from 400 mm on. A separator is one lane between uncoated edges.

    >>> [round(lane.left_mm, 2) for lane in lay_out(Material.ANODE, 100.0).lanes]
    [6.0, 53.0]
    >>> lay_out(Material.CATHODE, 12.8).lanes
    (Lane(left_mm=0.0, right_mm=12.8),)
    """
    if width_mm < 30.0:
        return Layout(width_mm, (Lane(0.0, width_mm),))
    if not material.is_electrode:
        edge = min(5.0, 0.04 * width_mm)
        return Layout(width_mm, (Lane(edge, width_mm - edge),))
    margin = min(33.0, 0.06 * width_mm)
    count = 1 if width_mm < 60.0 else 2 if width_mm < 400.0 else 4
    gap = min(28.0, margin)
    coated = (width_mm - 2.0 * margin - (count - 1) * gap) / count
    lefts = [margin + n * (coated + gap) for n in range(count)]
    return Layout(width_mm, tuple(Lane(left, left + coated) for left in lefts))
