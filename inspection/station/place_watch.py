"""Whether cameras still look where the settings say: told by objects that two of them saw."""

import statistics
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import hypot

from inspection.alarms.condition import AlarmKind, Condition, Fact
from inspection.station.feed import Publication
from inspection.values import Sighting

_NEWEST = 30
_FEWEST = 10
"""Objects that two cameras saw; of fewer one odd object could be half."""
_OFF, _BACK = 0.5, 0.4
"""Parts of the recipe's fusing.within_mm: from where on a camera is off, and below which it is back."""
_STRAY = 4.0
"""Times fusing.within_mm: sightings farther apart are two objects, even if a camera has been pushed."""
_LONGEST_MM = 5.0
"""Longest objects that count: two lights may show different parts of a longer one."""


@dataclass(slots=True)
class _Pair:
    """How two cameras' sightings of the same objects differed, the newest ones."""

    along_mm: deque[float] = field(default_factory=lambda: deque(maxlen=_NEWEST))
    across_mm: deque[float] = field(default_factory=lambda: deque(maxlen=_NEWEST))
    is_off: bool = False

    def add(self, along_mm: float, across_mm: float, within_mm: float) -> None:
        self.along_mm.append(along_mm)
        self.across_mm.append(across_mm)
        if len(self.along_mm) < _FEWEST:
            return
        along, across = self.middle
        spread = statistics.median(
            hypot(one - along, other - across) for one, other in zip(self.along_mm, self.across_mm, strict=True)
        )
        # What two cameras saw near each other by chance lies anywhere.
        is_known = spread <= _OFF * within_mm
        self.is_off = is_known and hypot(along, across) > (_BACK if self.is_off else _OFF) * within_mm

    @property
    def middle(self) -> tuple[float, float]:
        """Medians along and across."""
        return statistics.median(self.along_mm), statistics.median(self.across_mm)


class PlaceWatch:
    """A sink that compares sightings, and says which cameras have been pushed. Safe from any thread."""

    def __init__(self, cameras: Sequence[str], within_mm: Callable[[], float]) -> None:
        """`cameras`: those that look at one web, the leading one first; `within_mm`: the recipe's fusing.within_mm."""
        self._ranks = {camera: rank for rank, camera in enumerate(cameras)}
        self._within_mm = within_mm
        self._lock = threading.Lock()
        self._pairs: dict[tuple[str, str], _Pair] = {}

    def take(self, publications: Sequence[Publication]) -> None:
        """Sink: compare what cameras saw of one object."""
        within_mm = self._within_mm()
        with self._lock:
            for publication in publications:
                for one, other in self._seen_twice(publication, within_mm):
                    first, second = sorted((one, other), key=lambda each: self._ranks[each.frame.camera])
                    pair = self._pairs.setdefault((first.frame.camera, second.frame.camera), _Pair())
                    pair.add(
                        second.defect.md_mm - first.defect.md_mm, second.defect.cd_mm - first.defect.cd_mm, within_mm
                    )

    def conditions(self) -> list[Condition]:
        """One for each camera that looks beside its place."""
        within_mm = self._within_mm()
        with self._lock:
            off = {names: (pair.middle, len(pair.along_mm)) for names, pair in self._pairs.items() if pair.is_off}
        worst: dict[str, tuple[float, Condition]] = {}
        for (by, camera), ((along, across), count) in off.items():
            off_mm = hypot(along, across)
            facts: dict[str, Fact] = {"camera": camera, "off": f"{off_mm:.2f}", "count": count}
            detail = (
                f"By camera {by} it shows them {along:+.2f} mm along and {across:+.2f} mm across; sightings within "
                f"{within_mm:g} mm are one object. See whether one of the two was pushed, stop the station, let the "
                "web run and measure anew: inspection cameras align."
            )
            if off_mm > worst.get(camera, (0.0,))[0]:
                worst[camera] = off_mm, Condition(AlarmKind.CAMERA_PLACE, camera, facts, detail)
        return [condition for _, condition in worst.values()]

    def _seen_twice(self, publication: Publication, within_mm: float) -> Iterator[tuple[Sighting, Sighting]]:
        for defect in publication.decision.defects:
            fit = [sighting for sighting in defect.sightings if self._is_whole(sighting, publication)]
            yield from combinations({sighting.frame.camera: sighting for sighting in fit}.values(), 2)
        yield from _near(self._alone(publication), _STRAY * within_mm)

    def _alone(self, publication: Publication) -> list[Sighting]:
        """What one camera alone seems to have seen: one that was pushed shows an object beside where another does."""
        return [
            defect.sightings[0]
            for defect in publication.decision.defects
            if len(defect.sightings) == 1 and self._is_whole(defect.sightings[0], publication)
        ]

    def _is_whole(self, sighting: Sighting, publication: Publication) -> bool:
        """Whether its middle is that of the whole object: small, and cut by no border of the image."""
        defect, frame = sighting.defect, publication.frames.get(sighting.frame)
        return (
            sighting.frame.camera in self._ranks
            and defect.length_mm <= _LONGEST_MM
            and not (defect.continued or defect.reaches_leading_edge or defect.reaches_trailing_edge)
            and defect.box.left > 0
            and (frame is None or defect.box.right < frame.width_px)
        )


def _near(seen: Sequence[Sighting], reach_mm: float) -> Iterator[tuple[Sighting, Sighting]]:
    """Sightings by two cameras that are each other's nearest."""
    nearest = {index: _nearest(index, seen, reach_mm) for index in range(len(seen))}
    for index, other in nearest.items():
        if other is not None and index < other and nearest[other] == index:
            yield seen[index], seen[other]


def _nearest(index: int, seen: Sequence[Sighting], reach_mm: float) -> int | None:
    one = seen[index]

    def away_mm(other: int) -> float:
        return hypot(one.defect.md_mm - seen[other].defect.md_mm, one.defect.cd_mm - seen[other].defect.cd_mm)

    others = [other for other in range(len(seen)) if seen[other].frame.camera != one.frame.camera]
    found = min(others, key=away_mm, default=None)
    return found if found is not None and away_mm(found) <= reach_mm else None
