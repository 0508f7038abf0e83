"""Where objects lie on the web: a Poisson process in cells, each with its own seed (numbers note, section 4.7)."""

import math
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from camera.web import lattice
from camera.web.figure import LONGEST_MM, Figure, Kind, Occasion, Place
from camera.web.kinds import KINDS
from camera.web.layout import Layout, Surface, sheet_aside_mm
from camera.web.settings import Material, PlantingRate
from camera.web.sites import CLUSTERED, SNAPPED, Site, Sites, Stop

CELL_MM = 50.0
"""Machine-direction length of a cell: what begins in it depends on nothing but the seed and its number."""
_REACH_MM = 120.0
"""No short object lies farther outside its cell."""
_CLEARANCE_MM = 1.0
_KEPT_CELLS = 512
_MOST_IN_CELL = 200
DENSE_PER_M2 = 130.0
"""Defects of all kinds in a dense web: 0.65 in 50 mm x 100 mm."""
_CLUSTER_SHARE = 0.3
_CLUSTER_SIZE = 4.0
_CLUSTER_MM = 10.0
"""Standard deviation of the children's distance, so that most lie within 20 mm."""


@dataclass(frozen=True, slots=True, eq=False)
class Planting:
    """An object and its place."""

    kind: Kind
    figure: Figure
    key: str
    md_mm: float
    cd_mm: float
    site: Site
    half_md_mm: float
    """As the figure says."""
    half_cd_mm: float

    def touches(self, top_mm: float, bottom_mm: float) -> bool:
        """It may show between these machine-direction positions."""
        return self.md_mm + self.half_md_mm > top_mm and self.md_mm - self.half_md_mm < bottom_mm

    def collides(self, other: "Planting") -> bool:
        """The boxes of the two come closer than the clearance."""
        md = abs(self.md_mm - other.md_mm) < self.half_md_mm + other.half_md_mm + _CLEARANCE_MM
        cd = abs(self.cd_mm - other.cd_mm) < self.half_cd_mm + other.half_cd_mm + _CLEARANCE_MM
        return md and cd


class Field:
    """All objects of a web, found by place."""

    def __init__(
        self, material: Material, severity: PlantingRate, layout: Layout, seed: int, kinds: tuple[Kind, ...] = KINDS
    ) -> None:
        """`kinds`: those that may be planted; left out are those that the material or the layout cannot have. What one
        kind draws never depends on the others.
        """
        self._material, self._severity = material, severity
        self._layout, self._sites, self._seed = layout, Sites(layout), seed
        self._kinds = [kind for kind in kinds if material in kind.materials and self._sites.has(kind.place)]
        self._drawn: OrderedDict[int, tuple[Planting, ...]] = OrderedDict()
        self._kept: OrderedDict[int, tuple[Planting, ...]] = OrderedDict()
        self._means = [self._mean_per_cell(kind) for kind in self._kinds]

    def touching(self, top_mm: float, bottom_mm: float) -> list[Planting]:
        """Objects that may show between two positions, in the order of their cells."""
        if self._severity is PlantingRate.CLEAN:
            return []
        first = max(0, int((top_mm - LONGEST_MM - _REACH_MM) // CELL_MM))
        last = int((bottom_mm + _REACH_MM) // CELL_MM)
        return [
            planting
            for cell in range(first, last + 1)
            for planting in self._cell(cell)
            if planting.touches(top_mm, bottom_mm)
        ]

    def _mean_per_cell(self, kind: Kind) -> float:
        rate = kind.rates.at(self._severity)
        coated_mm = sum(lane.width_mm for lane in self._layout.lanes)
        if self._severity is PlantingRate.DENSE and not kind.code.startswith("N"):
            defects = sum(not other.code.startswith("N") for other in self._kinds)
            return rate * DENSE_PER_M2 / defects * coated_mm * CELL_MM * 1e-6
        return rate * CELL_MM * 1e-3 * (coated_mm * 1e-3 if kind.rates.per == "m2" else 1.0)

    def _cell(self, cell: int) -> tuple[Planting, ...]:
        """What really lies there: of two that collide, the one of the later cell or later draw gives way; to a tape
        across the web everything else does.
        """
        if cell not in self._kept:
            kept = []
            reach = int((LONGEST_MM + 2.0 * _REACH_MM) // CELL_MM) + 1
            before = [p for k in range(max(0, cell - reach), cell) for p in self._draw_cell(k)]
            for number, planting in enumerate(self._draw_cell(cell)):
                rivals = [*before, *self._draw_cell(cell)[:number]]
                if planting.kind.place is Place.ACROSS:
                    rivals = [other for other in rivals if other.kind.place is Place.ACROSS]
                else:
                    end = int((planting.md_mm + planting.half_md_mm + _REACH_MM) // CELL_MM)
                    ahead = (other for k in range(cell, end + 1) for other in self._draw_cell(k))
                    rivals += [other for other in ahead if other.kind.place is Place.ACROSS]
                if not any(planting.collides(other) for other in rivals):
                    kept.append(planting)
            _remember(self._kept, cell, tuple(kept))
        return self._kept[cell]

    def _draw_cell(self, cell: int) -> tuple[Planting, ...]:
        if cell not in self._drawn:
            plantings: list[Planting] = []
            chances = lattice.uniform(self._seed ^ 0x51, np.array([_address(kind, cell) for kind in self._kinds]))
            for kind, chance, usual in zip(self._kinds, chances, self._means, strict=True):
                stops = self._stops(kind, cell)
                mean = usual if stops is None else usual * len(stops) / self._stops_per_cell(kind)
                count = _poisson(float(chance), mean)
                if count:
                    rng = np.random.default_rng([self._seed, 51, _address(kind, cell)])
                    for number in range(count):
                        plantings.extend(self._place(kind, rng, cell, number, stops))
            _remember(self._drawn, cell, tuple(plantings))
        return self._drawn[cell]

    def _stops(self, kind: Kind, cell: int) -> tuple[Stop, ...] | None:
        """Where in a cell objects of the kind may lie; None: anywhere."""
        if kind.place not in SNAPPED:
            return None
        return self._sites.stops(kind.place, cell * CELL_MM, (cell + 1) * CELL_MM)

    def _stops_per_cell(self, kind: Kind) -> float:
        return self._sites.stops_per_mm(kind.place) * CELL_MM

    def _place(
        self, kind: Kind, rng: np.random.Generator, cell: int, number: int, stops: tuple[Stop, ...] | None
    ) -> Iterator[Planting]:
        is_head = kind.is_clustered and self._severity is not PlantingRate.DENSE and kind.place in CLUSTERED
        # A cluster replaces as many single objects as it holds, so that the rate stays what it is.
        chance = _CLUSTER_SHARE / _CLUSTER_SIZE / (1.0 - _CLUSTER_SHARE + _CLUSTER_SHARE / _CLUSTER_SIZE)
        if is_head and rng.random() > 1.0 - _CLUSTER_SHARE + _CLUSTER_SHARE / _CLUSTER_SIZE:
            return
        md_mm = (cell + rng.random()) * CELL_MM
        stop = None if stops is None else stops[int(rng.integers(len(stops)))]
        if stop is not None:
            md_mm = stop.md_mm
        site = self._sites.draw(kind.place, stop, rng)
        occasion = Occasion(
            self._material,
            self._severity is PlantingRate.DENSE,
            site.room_mm,
            site.surface is Surface.FOIL,
            site.side,
            site.along or 1,
        )
        count = 1 + int(rng.poisson(_CLUSTER_SIZE - 1.0)) if is_head and rng.random() < chance else 1
        middle = None
        for child in range(count):
            figure = kind.draw(rng, occasion)
            cd_mm = self._across(kind, figure, site, rng)
            if cd_mm is None:
                continue
            where = md_mm
            if middle is None:
                middle = cd_mm
            elif child:
                where += float(np.clip(rng.normal(0.0, _CLUSTER_MM), -40.0, 40.0))
                near = middle + float(np.clip(rng.normal(0.0, _CLUSTER_MM), -40.0, 40.0))
                reach = figure.half_cd_mm + _CLEARANCE_MM
                if not site.left_mm + reach < near < site.right_mm - reach:
                    continue
                cd_mm = near
            if kind.rates.per == "m" and kind.place is Place.COATING:
                # Long ones are counted where they start.
                where += figure.half_md_mm
            key = f"{kind.code}-{cell}-{number}" + (f"-{child}" if child else "")
            turns = ((0.0, 0.0, figure), *figure.repeats())
            for turn, (later_mm, aside_mm, shown) in enumerate(turns):
                place_mm = where + later_mm
                if self._fits(kind, shown, site, place_mm):
                    yield Planting(
                        kind,
                        shown,
                        key + (f"-turn{turn}" if turn else ""),
                        place_mm,
                        cd_mm + aside_mm + self._aside_mm(place_mm),
                        site,
                        shown.half_md_mm,
                        shown.half_cd_mm,
                    )

    def _across(self, kind: Kind, figure: Figure, site: Site, rng: np.random.Generator) -> float | None:
        """Cross-direction centre, None where the object has no room."""
        place = float(rng.random())
        reach = figure.half_cd_mm
        if kind.place is Place.BORDER:
            # Labels stick out a little.
            return site.left_mm + reach - 0.3 if site.side > 0 else site.right_mm - reach + 0.3
        if site.position_mm is not None:
            return site.position_mm
        if kind.place in (Place.ACROSS, Place.LANE) or (kind.place is Place.PATCH_END and reach > 0.4 * site.room_mm):
            return 0.5 * (site.left_mm + site.right_mm)
        inset = reach + (_CLEARANCE_MM if kind.place is Place.COATING else 0.0)
        low, high = site.left_mm + inset, site.right_mm - inset
        return low + place * (high - low) if high > low else None

    def _fits(self, kind: Kind, figure: Figure, site: Site, md_mm: float) -> bool:
        """It lies on web, or on coating, that is whole; long ones may be cut off by gaps."""
        if kind.place in SNAPPED or figure.is_windowed:
            return True
        reach = figure.half_md_mm + _CLEARANCE_MM
        is_on_coating = site.surface in (Surface.COATING, Surface.INSULATION)
        if self._layout.is_interrupted(md_mm - reach, md_mm + reach, is_on_coating):
            return False
        at_tabs = kind.place in (Place.CUT_EDGE, Place.BORDER) and site.side > 0
        return not (at_tabs and self._layout.tabs_touching(md_mm - reach, md_mm + reach))

    def _aside_mm(self, md_mm: float) -> float:
        """The sheet lies so far to the right, and with it what lies on it."""
        sheets = self._layout.sheets
        return 0.0 if sheets is None else float(sheet_aside_mm(sheets, np.array([md_mm]))[0])


def _address(kind: Kind, cell: int) -> int:
    """A number of its own for each kind in each cell."""
    return cell * 1024 + 256 * "ESN".index(kind.code[0]) + int(kind.code[1:])


def _poisson(chance: float, mean: float) -> int:
    """The Poisson-distributed number that belongs to a chance in 0..1.

    >>> [_poisson(chance, 1.0) for chance in (0.3, 0.5, 0.9)]
    [0, 1, 2]
    """
    count, share = 0, math.exp(-mean)
    while chance >= share and count < _MOST_IN_CELL:
        chance -= share
        count += 1
        share *= mean / count
    return count


def _remember(store: OrderedDict[int, tuple[Planting, ...]], cell: int, plantings: tuple[Planting, ...]) -> None:
    store[cell] = plantings
    while len(store) > _KEPT_CELLS:
        store.popitem(last=False)
