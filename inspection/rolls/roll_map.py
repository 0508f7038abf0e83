"""A roll in metres: where each defect lies, what was not inspected, and how long everything is. Pure.

Encoders start anew when a camera does. A stretch of decisions from one start of a camera keeps its encoder's
distances; a later stretch that begins before the end of the one before is put behind it. What a start of the station
saw lies behind all that earlier starts saw; see `inspection.rolls.roll_blocks` for what passed in between.

Several cameras look at the same metres side by side. Of each metre the worst counts that any of them said: it is
rejected if one rejected it, and not inspected if one of those that the station ran with judged nothing there. What
people overruled counts as they said: a reject as good, an accept as rejected. What nobody inspected stays so.

Lanes that are decided one by one lie side by side like cameras: a metre counts once, and the worst that is said of any
of its lanes is said of it. `RollLayout.lanes` tells each lane's own lengths.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inspection.review.blame import Blame
from inspection.review.cases import ReviewOutcome
from inspection.rolls.roll_blocks import TOUCHING_MM, Blocks, NotInspected, Unseen, steps_back, unseen
from inspection.values import Severity, Verdict

_VERDICTS = tuple(Verdict)
_UNINSPECTED, _REJECT = _VERDICTS.index(Verdict.UNINSPECTED), _VERDICTS.index(Verdict.REJECT)
_ACCEPT = _VERDICTS.index(Verdict.ACCEPT)
_NOTHING_M = 0.0005
"""Lengths below that are rounding."""


@dataclass(frozen=True, slots=True)
class MapFilter:
    """Which defects a map shows; None and empty: all."""

    kinds: tuple[str, ...] = ()
    severities: tuple[Severity, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    lanes: tuple[int, ...] = ()
    from_mm: float | None = None
    """Smallest diameter."""
    to_mm: float | None = None
    is_guilty: bool | None = None
    """Whether a reason of its decision is about it, because it broke a limit."""


@dataclass(frozen=True, slots=True)
class RollDefects:
    """Columns of a roll's defects, of the same length n.

    An object over several frames counts once: where it begins, or in the first frame in which it broke a limit.
    """

    sequence: NDArray[np.int64]
    position: NDArray[np.int64]
    """Which of the decision's defects."""
    kind: tuple[str, ...]
    """As the last word of a review calls it, else as the station does; so is the severity."""
    severity: tuple[str, ...]
    score: NDArray[np.float64]
    diameter_mm: NDArray[np.float64]
    length_mm: NDArray[np.float64]
    md_mm: NDArray[np.float64]
    """Encoder; see `RollLayout.metres`."""
    cd_mm: NDArray[np.float64]
    lane: tuple[int | None, ...]
    verdict: tuple[Verdict, ...]
    """Verdict of the decision."""
    outcome: tuple[ReviewOutcome | None, ...]
    """Outcome of its review, None also while a reading is due; overruled also where it struck out just this object."""
    blame: tuple[Blame | None, ...]
    """The gravest reason that is about it; None: it lies within the limits."""
    has_image: tuple[bool, ...]
    is_complete: bool
    """False: there are more, and only the gravest and largest are here, what broke a limit before all else."""

    def guilty(self) -> "RollDefects":
        """Those that broke a limit, overruled or not."""
        places = [place for place, blame in enumerate(self.blame) if blame is not None]
        columns = (field.name for field in fields(self) if field.name != "is_complete")
        return replace(self, **{name: _at(getattr(self, name), places) for name in columns})


def _at(column: Any, places: list[int]) -> Any:
    return column[places] if isinstance(column, np.ndarray) else tuple(column[place] for place in places)


@dataclass(frozen=True, slots=True)
class LaneLength:
    """How much of a roll was decided on one lane by itself."""

    lane: int
    inspected_m: float
    rejected_m: float
    """After review."""


@dataclass(frozen=True, slots=True)
class RollLayout:
    """Where a roll's pieces lie, in metres from its beginning."""

    cameras: tuple[str, ...]
    length_m: float
    """From the first leading edge to the last trailing edge, of the camera that saw most."""
    inspected_m: float
    """Judged by every camera that the station ran with."""
    not_inspected: tuple[NotInspected, ...]
    """Stretches that each camera by itself did not inspect; see `blind_m`."""
    unseen: tuple[Unseen, ...]
    """Those among them of unknown length, by place; they are in none of the lengths here."""
    rejected_m: float
    """Rejected by any camera, after review; where another one judged nothing it counts as not inspected as well."""
    first_sequences: NDArray[np.int64]
    """First sequence numbers of stretches with one encoder, ascending; the offset to add to the encoder is below."""
    offsets_mm: NDArray[np.float64]
    verdicts: dict[Verdict, int]
    """The station's."""
    lost_frames: int
    """Decisions about frames without pixels, whose length is not known; about sheets, of which nobody knows where."""
    stretch_cameras: NDArray[np.int64]
    block_sequences: NDArray[np.int64]
    block_stretches: NDArray[np.int64]
    lanes: tuple[LaneLength, ...] = ()
    """Empty where all was decided over the whole width."""
    is_of_sheets: bool = False
    """All of it was decided sheet by sheet."""

    @property
    def not_inspected_m(self) -> float:
        """What is missing of the whole length."""
        return max(0.0, self.length_m - self.inspected_m)

    @property
    def scattered_m(self) -> float:
        """What is missing in gaps between blocks that are too small to be told one by one."""
        return max(0.0, self.not_inspected_m - sum(to_m - from_m for from_m, to_m in self.blind_m))

    @property
    def is_all_inspected(self) -> bool:
        """Whether a length is known and all of it was judged: no gap, no uninspected piece, no unknown length."""
        is_missing = self.not_inspected_m >= _NOTHING_M or bool(self.unseen) or self.verdicts[Verdict.UNINSPECTED] > 0
        return self.length_m > 0.0 and not is_missing

    @property
    def blind_m(self) -> list[tuple[float, float]]:
        """From and to of what one camera or several did not inspect, as far as its length is known, in order."""
        found: list[tuple[float, float]] = []
        for gap in sorted(filter(lambda gap: gap.is_length_known, self.not_inspected), key=lambda gap: gap.from_m):
            if found and gap.from_m <= found[-1][1]:
                found[-1] = (found[-1][0], max(found[-1][1], gap.to_m))
            else:
                found.append((gap.from_m, gap.to_m))
        return found

    def stretches(self, sequences: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n,) number of the stretch that decisions of the roll belong to."""
        places = np.searchsorted(self.block_sequences, sequences).clip(0, max(0, self.block_sequences.size - 1))
        return np.asarray(self.block_stretches[places], np.int64)

    def metres(self, sequences: NDArray[np.int64], encoder_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n,) metres from the roll's beginning, of encoder positions seen in decisions of the roll."""
        if not sequences.size:
            return np.zeros(0)
        return (encoder_mm + self.offsets_mm[self.stretches(sequences)]) / 1000.0

    def camera_of(self, sequences: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n,) place in `cameras` of the camera that saw decisions of the roll."""
        stretches = self.stretches(sequences) if sequences.size else np.zeros(0, np.int64)
        return np.asarray(self.stretch_cameras[stretches], np.int64)


def lay_out(blocks: Blocks) -> RollLayout:
    """Put a roll's blocks in metres."""
    channels = blocks.channel
    keys = np.stack([blocks.station_run, channels, blocks.run, steps_back(blocks)], axis=1)
    _, firsts, stretch = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(firsts)  # stretches in the order in which they began
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size)
    stretch = rank[stretch.reshape(-1)] if firsts.size else np.zeros(0, np.int64)
    offsets = np.zeros(order.size)
    ends: dict[int, float] = {}
    begins: dict[int, float] = {}
    origin: float | None = None
    for number in range(order.size):
        mine = stretch == number
        channel, run = int(channels[mine][0]), int(blocks.station_run[mine][0])
        behind = begins.setdefault(run, max(ends.values(), default=0.0))
        starts, lengths = blocks.start_mm[mine], blocks.length_mm[mine]
        known = ~np.isnan(starts)
        if not known.any():
            continue
        begin = float(starts[known].min())
        end = float((starts[known] + np.nan_to_num(lengths[known])).max())
        origin = begin if origin is None else origin
        at = max(begin - origin, behind, ends.get(channel, 0.0))
        offsets[number] = at - begin
        ends[channel] = at + end - begin
    length_m = max(ends.values(), default=0.0) / 1000.0
    at_m = (blocks.start_mm + offsets[stretch]) / 1000.0 if stretch.size else np.zeros(0)
    marks_m = [begin / 1000.0 for begin in begins.values()]
    as_reviewed = _reviewed(blocks)
    parts = [
        _part(as_reviewed, at_m, blocks.station_run == run, begin_m, end_m)
        for run, begin_m, end_m in zip(begins, marks_m, [*marks_m[1:], length_m], strict=False)
    ]
    unknown = unseen(blocks, stretch, at_m, ends)
    counts = np.bincount(blocks.verdict, minlength=len(_VERDICTS))
    return RollLayout(
        cameras=blocks.cameras,
        length_m=length_m,
        inspected_m=sum(part.inspected_m for part in parts),
        not_inspected=(
            *(gap for part in parts for gap in part.gaps),
            *(
                NotInspected(c, each.at_m, each.at_m, 0, is_length_known=False)
                for each in unknown
                for c in each.cameras
            ),
        ),
        unseen=unknown,
        rejected_m=sum(part.rejected_m for part in parts),
        first_sequences=blocks.sequence[firsts[order]],
        offsets_mm=offsets,
        verdicts={verdict: int(counts[number]) for number, verdict in enumerate(_VERDICTS)},
        lost_frames=int((np.isnan(blocks.length_mm) & _is_first(blocks)).sum()),
        stretch_cameras=blocks.camera[firsts[order]],
        block_sequences=blocks.sequence,
        block_stretches=stretch,
        lanes=_lane_lengths(as_reviewed),
        is_of_sheets=blocks.are_sheets,
    )


def _is_first(blocks: Blocks) -> NDArray[np.bool_]:
    """(n,) whether it is the first decision about its frame: over the whole width, or about the first lane."""
    return blocks.lane <= 1 if blocks.lane.size else np.ones(blocks.sequence.size, np.bool_)


def _lane_lengths(blocks: Blocks) -> tuple[LaneLength, ...]:
    lengths_m = np.nan_to_num(blocks.length_mm) / 1000.0
    found = []
    for lane in sorted(set(blocks.lane[blocks.lane > 0].tolist())):
        mine = blocks.lane == lane
        judged = mine & (blocks.verdict != _UNINSPECTED)
        rejected = mine & (blocks.verdict == _REJECT)
        found.append(LaneLength(int(lane), float(lengths_m[judged].sum()), float(lengths_m[rejected].sum())))
    return tuple(found)


def _reviewed(blocks: Blocks) -> Blocks:
    """With the verdicts that count after review."""
    is_overruled = np.isin(blocks.sequence, list(blocks.overruled))
    is_good, is_bad = (is_overruled & (blocks.verdict == verdict) for verdict in (_REJECT, _ACCEPT))
    return replace(blocks, verdict=np.where(is_good, _ACCEPT, np.where(is_bad, _REJECT, blocks.verdict)))


@dataclass(frozen=True, slots=True)
class _Part:
    """What one start of the station saw of a roll."""

    inspected_m: float
    rejected_m: float
    gaps: tuple[NotInspected, ...]


def _part(blocks: Blocks, at_m: NDArray[np.float64], mine: NDArray[np.bool_], begin_m: float, end_m: float) -> _Part:
    """All cameras that decided in this start were there from its begin to its end: what one lacks nobody inspected."""
    lengths_m = np.nan_to_num(blocks.length_mm) / 1000.0
    is_placed = ~np.isnan(at_m)
    gaps: list[NotInspected] = []
    rejected = mine & is_placed & (blocks.verdict == _REJECT)
    # Blocks of a camera jitter: it inspected no more, and rejected no less, than its blocks are long together.
    least_m, rejected_m = np.inf, _covered_m(at_m[rejected], at_m[rejected] + lengths_m[rejected])
    channels = blocks.channel
    for channel in np.unique(channels[mine]).tolist():
        its = mine & (channels == channel)
        camera, lane = channel % len(blocks.cameras), channel // len(blocks.cameras) or None
        judged = (blocks.verdict[its] != _UNINSPECTED) & is_placed[its]
        least_m = min(least_m, float(lengths_m[its][judged].sum()))
        rejected_m = max(rejected_m, float(lengths_m[its & rejected].sum()))
        its_gaps = _not_inspected(blocks.cameras[camera], at_m[its], lengths_m[its], judged, begin_m, end_m)
        gaps += [replace(gap, lane=lane) for gap in its_gaps]
    gaps = _across_all_lanes(gaps, {int(each) for each in np.unique(channels[mine])}, len(blocks.cameras))
    blind_m = _covered_m([gap.from_m for gap in gaps], [gap.to_m for gap in gaps])
    return _Part(max(0.0, min(end_m - begin_m - blind_m, least_m)), rejected_m, tuple(gaps))


def _across_all_lanes(gaps: list[NotInspected], channels: set[int], cameras: int) -> list[NotInspected]:
    """A stretch that no lane of a camera was judged on is one, over the whole width."""
    lanes = sum(channel >= cameras for channel in channels)
    alike: dict[NotInspected, int] = {}
    for gap in gaps:
        whole = replace(gap, lane=None)
        alike[whole] = alike.get(whole, 0) + 1
    found = dict.fromkeys(whole if lanes and alike[whole := replace(gap, lane=None)] >= lanes else gap for gap in gaps)
    return list(found)


def _covered_m(starts_m: ArrayLike, stops_m: ArrayLike) -> float:
    """Length that stretches cover together, what lies in several of them once.

    >>> _covered_m([5.0, 0.0, 1.0], [6.0, 2.0, 3.0])
    4.0
    """
    starts, stops = np.asarray(starts_m, np.float64), np.asarray(stops_m, np.float64)
    order = np.argsort(starts)
    reached = np.concatenate([[-np.inf], np.maximum.accumulate(stops[order])[:-1]])[: order.size]
    return float((stops[order] - np.maximum(starts[order], reached)).clip(0.0).sum())


def _not_inspected(
    camera: str,
    at_m: NDArray[np.float64],
    lengths_m: NDArray[np.float64],
    judged: NDArray[np.bool_],
    begin_m: float,
    end_m: float,
) -> list[NotInspected]:
    """What lies between the judged blocks of a camera, and before and behind them."""
    order = np.argsort(np.where(judged, at_m, np.inf), kind="stable")[: int(judged.sum())]
    starts, ends = at_m[order], at_m[order] + lengths_m[order]
    begins = np.concatenate([[begin_m], np.maximum.accumulate(ends)]) if ends.size else np.full(1, begin_m)
    stops = np.concatenate([starts, [end_m]])
    unjudged = np.sort(at_m[~judged & ~np.isnan(at_m)])
    found = []
    for number in np.flatnonzero(stops - begins > TOUCHING_MM / 1000.0):
        start, stop = float(begins[number]), float(stops[number])
        inside = np.searchsorted(unjudged, [start - 1e-6, stop])
        found.append(NotInspected(camera, start, stop, int(inside[1] - inside[0])))
    return found


def counts_by(names: Iterable[str]) -> dict[str, int]:
    """How often each comes, most often first.

    >>> counts_by(["E04", "E01", "E04"])
    {'E04': 2, 'E01': 1}
    """
    found: dict[str, int] = {}
    for name in names:
        found[name] = found.get(name, 0) + 1
    return dict(sorted(found.items(), key=lambda each: (-each[1], each[0])))
