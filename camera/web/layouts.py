"""The layouts that there are, L1 to L8 and one for any width (numbers note, section 4.6)."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from camera.errors import SettingsError
from camera.web.layout import Lane, Layout, Rhythm, Span, Tabs
from camera.web.settings import LayoutName, Material, WebSettings

LANE_GAP_MM = 2.0
"""Gap between slit lanes that run side by side."""


def lay_out(settings: WebSettings) -> Layout:
    """The layout of a web. SettingsError where the camera sees nothing of it, or the material has no such layout."""
    seed = int(np.random.default_rng([settings.seed, 61]).integers(2**62))
    camera_mm = settings.width_px * settings.pixel_pitch_um / 1000.0
    if settings.layout == "auto":
        if settings.left_mm != 0.0 or settings.web_mm is not None:
            raise SettingsError(
                "layout auto: the web is as wide as the camera sees, so left_mm is 0 and web_mm empty, "
                f"got {settings.left_mm} and {settings.web_mm}; leave them out or name a layout, L1 to L8"
            )
        return _fitted(settings.material, camera_mm)
    _check_material(settings.layout, settings.material)
    layout = _LAYOUTS[settings.layout](settings.material, seed)
    if settings.web_mm is not None:
        layout = _widened(layout, settings.layout, settings.web_mm)
    if settings.left_mm >= layout.width_mm or settings.left_mm + camera_mm <= 0.0:
        raise SettingsError(
            f"left_mm: the web of layout {settings.layout} lies at 0 .. {layout.width_mm:g} mm, "
            f"the camera sees {settings.left_mm:g} .. {settings.left_mm + camera_mm:g} mm; "
            f"choose left_mm between {-camera_mm:g} and {layout.width_mm:g}"
        )
    if settings.side == "A":
        return layout
    cross, machine = misregistration_mm(settings.seed)
    gaps = layout.gaps and replace(layout.gaps, offset_mm=machine)
    return replace(_moved(layout, cross), gaps=gaps)


def _fitted(material: Material, width_mm: float) -> Layout:
    """The layout for any width.

    One lane without margin below 30 mm, one with margins below 60 mm, then two lanes and a gap; four lanes from 400 mm
    on. A separator is one lane between uncoated edges.

    >>> [round(lane.left_mm, 2) for lane in _fitted(Material.ANODE, 100.0).lanes]
    [6.0, 53.0]
    >>> _fitted(Material.CATHODE, 12.8).lanes
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


def _stripes(margin: float, ceramic: float, coat: float, gap: float, count: int) -> Layout:
    """A coater's web: stripes of coating with foil between and beside them."""
    lefts = [margin + ceramic + n * (coat + 2.0 * ceramic + gap) for n in range(count)]
    width = lefts[-1] + coat + ceramic + margin
    lanes = tuple(Lane(left, left + coat) for left in lefts)
    insulation = [
        stripe
        for lane in lanes
        for stripe in ((lane.left_mm - ceramic, lane.left_mm), (lane.right_mm, lane.right_mm + ceramic))
    ]
    return Layout(width, lanes, tuple(insulation) if ceramic else (), pieces=((0.0, width),))


def _cathode_coat(_: Material, seed: int) -> Layout:
    return _stripes(35.0, 4.0, 302.0, 30.0, 4)


def _anode_coat(_: Material, seed: int) -> Layout:
    return _stripes(33.0, 0.0, 314.0, 26.0, 4)


def _skip(_: Material, seed: int) -> Layout:
    # The gaps' places jitter so much that patches come out at 600 mm, N(0, 0.25): 2 (0.16^2 + 0.15^2 / 4) = 0.25^2.
    return replace(_stripes(25.0, 0.0, 300.0, 50.0, 2), gaps=Rhythm(620.0, 20.0, 0.15, 0.16, seed))


def _one_lane(material: Material) -> Layout:
    """155 mm of coating, ceramic included, and 15 mm of foil; an anode's is slit from the wider stripe of L2."""
    if material.is_anode:
        return Layout(170.0, (Lane(13.0, 170.0),), pieces=((0.0, 170.0),))
    return Layout(170.0, (Lane(19.0, 170.0),), insulation=((15.0, 19.0),), pieces=((0.0, 170.0),))


def _slit(material: Material, seed: int) -> Layout:
    """Eight lanes side by side, foil to the left and to the right in turn, as they leave the knives."""
    lane = _one_lane(material)
    lanes, insulation, pieces = [], [], []
    for number in range(8):
        start = number * (lane.width_mm + LANE_GAP_MM)
        is_mirrored = number % 2 == 1

        lanes.append(Lane(*_placed((lane.lanes[0].left_mm, lane.lanes[0].right_mm), start, is_mirrored)))
        insulation += [_placed(stripe, start, is_mirrored) for stripe in lane.insulation]
        pieces.append((start, start + lane.width_mm))
    return Layout(pieces[-1][1], tuple(lanes), tuple(insulation), tuple(pieces))


def _placed(span: Span, start_mm: float, is_mirrored: bool) -> Span:
    """Part of a slit lane of 170 mm that begins at `start_mm`."""
    left, right = span
    return (start_mm + 170.0 - right, start_mm + 170.0 - left) if is_mirrored else (start_mm + left, start_mm + right)


def _notched(material: Material, seed: int) -> Layout:
    tabs = Tabs(12.0, 45.0, 2.0, Rhythm(102.0, 45.0, 0.05, 0.1, seed))
    return replace(_one_lane(material), pieces=((12.0, 170.0),), tabs=tabs)


def _sheets(material: Material, seed: int) -> Layout:
    """Sheets side by side with 8 mm between them, long side across the machine; the separator has no tab."""
    length, height = (98.0, 300.0) if not material.is_anode else (101.0, 303.0)
    if not material.is_electrode:
        return Layout(306.0, (Lane(0.0, 306.0),), pieces=((0.0, 306.0),), sheets=Rhythm(112.0, 104.0, 0.05, 0.1, seed))
    ceramic = 0.0 if material.is_anode else 4.0
    # Cathode and anode tabs lie on different halves of the sheet.
    tabs = Tabs(20.0, 45.0, 2.0, None, from_middle_mm=20.0 if material.is_anode else -20.0)
    right = 20.0 + height
    return Layout(
        right,
        (Lane(20.0 + ceramic, right),),
        insulation=((20.0, 20.0 + ceramic),) if ceramic else (),
        pieces=((20.0, right),),
        sheets=Rhythm(length + 8.0, length, 0.05, 0.1, seed),
        tabs=tabs,
    )


def _cylindrical(material: Material, seed: int) -> Layout:
    coat = 72.0 if material.is_anode else 68.0
    return Layout(8.0 + coat, (Lane(8.0, 8.0 + coat),), pieces=((0.0, 8.0 + coat),))


def _separator(_: Material, seed: int) -> Layout:
    return _stripes(5.0, 0.0, 1290.0, 0.0, 1)


def _slit_separator(_: Material, seed: int) -> Layout:
    lanes = [Lane(n * (106.0 + LANE_GAP_MM), n * (106.0 + LANE_GAP_MM) + 106.0) for n in range(12)]
    return Layout(lanes[-1].right_mm, tuple(lanes), pieces=tuple((lane.left_mm, lane.right_mm) for lane in lanes))


_LAYOUTS: dict[LayoutName, Callable[[Material, int], Layout]] = {
    "L1": _cathode_coat,
    "L2": _anode_coat,
    "L3": _skip,
    "L4": _slit,
    "L5": _notched,
    "L6": _sheets,
    "L7": _cylindrical,
    "L8": _separator,
    "L8-slit": _slit_separator,
}


def _check_material(name: LayoutName, material: Material) -> None:
    expected, is_fitting = {
        "L1": ("a cathode", material.is_electrode and not material.is_anode),
        "L2": ("an anode", material.is_anode),
        "L6": ("an electrode or a separator", True),
        "L8": ("a separator", not material.is_electrode),
        "L8-slit": ("a separator", not material.is_electrode),
    }.get(name, ("an electrode", material.is_electrode))
    if not is_fitting:
        fitting = "L1, L3 to L7" if not material.is_anode else "L2 to L7"
        others = fitting if material.is_electrode else "L6, L8, L8-slit"
        raise SettingsError(
            f"layout {name}: expected {expected}, got {material.value}; choose auto, {others}, or another material"
        )


def _widened(layout: Layout, name: LayoutName, web_mm: float) -> Layout:
    """The same lanes on a web of another width: both margins grow or shrink alike."""
    if name not in ("L1", "L2", "L3", "L8"):
        raise SettingsError(
            f"web_mm: a web of layout {name} is cut to {layout.width_mm:g} mm, got {web_mm:g}; "
            "leave web_mm out, or choose L1, L2, L3 or L8, which have margins"
        )
    first, last = (
        (layout.insulation[0][0], layout.insulation[-1][1])
        if layout.insulation
        else (
            layout.lanes[0].left_mm,
            layout.lanes[-1].right_mm,
        )
    )
    taken = last - first
    if taken > web_mm:
        raise SettingsError(
            f"web_mm: the lanes of layout {name} and the gaps between them need {taken:g} mm, got a web of "
            f"{web_mm:g} mm; give it {taken:g} mm or more, or choose another layout"
        )
    return replace(_moved(layout, 0.5 * (web_mm - layout.width_mm)), width_mm=web_mm, pieces=((0.0, web_mm),))


def misregistration_mm(seed: int) -> tuple[float, float]:
    """(cross, machine) distance of side B's coating from side A's on the web of a seed.

    N(0, 0.15) mm, and for skip-coated patches along the machine N(0, 0.25) mm (numbers note, section 4.6).
    """
    cross, machine = np.random.default_rng([seed, 62]).standard_normal(2)
    return 0.15 * float(cross), 0.25 * float(machine)


def _moved(layout: Layout, aside_mm: float) -> Layout:
    """All coating and ceramic lie farther to the right; what is cut through stays cut where it was."""
    cuts = {round(end, 6) for piece in layout.pieces or () for end in piece}

    def move(place_mm: float) -> float:
        return place_mm if round(place_mm, 6) in cuts else place_mm + aside_mm

    return replace(
        layout,
        lanes=tuple(Lane(move(lane.left_mm), move(lane.right_mm)) for lane in layout.lanes),
        insulation=tuple((move(left), move(right)) for left, right in layout.insulation),
    )
