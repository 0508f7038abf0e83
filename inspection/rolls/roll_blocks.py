"""A roll's decisions as columns, and where web passed that nobody saw. Pure.

While the station is down, web may pass that nobody knows of: what lies between two of its starts is of unknown length,
unless the encoder went on exactly where it was left, for then it is the web's own and the web stood. So is what passed
where an encoder went back within a start, where a roll ends with frames that were lost, and where nobody knows how many
were. A camera that comes back while the station runs tells by its encoder how much it missed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

TOUCHING_MM = 2.0
"""Blocks with less between them touch: that much the encoder may jitter."""


@dataclass(frozen=True, slots=True)
class Edge:
    """What is known of the web beyond one end of a roll, where the station did not run through."""

    encoder_mm: Mapping[int, float]
    """By camera (place in `cameras`): where it left off before the roll, or went on behind it."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """Columns of a roll's decisions, in their order: arrays of the same length n."""

    sequence: NDArray[np.int64]
    station_run: NDArray[np.int64]
    camera: NDArray[np.int64]
    """Place in `cameras`."""
    cameras: tuple[str, ...]
    run: NDArray[np.int64]
    """The camera's start."""
    start_mm: NDArray[np.float64]
    """Encoder at the leading edge; nan where a lost frame's place is not known."""
    length_mm: NDArray[np.float64]
    """nan for a lost frame."""
    verdict: NDArray[np.int64]
    """Place in `tuple(Verdict)`; the station's word."""
    uncounted: frozenset[int] = frozenset()
    """Sequence numbers of decisions behind which nobody knows how much web passed: frames lost or short, uncounted."""
    before: Edge | None = None
    """None: the roll begins while the station runs, or with all that there is."""
    after: Edge | None = None
    """None: the roll ends while the station runs, or before it was stopped."""
    is_running: bool = False
    """More decisions may come: its end is not its end."""
    overruled: frozenset[int] = frozenset()
    """Sequence numbers of decisions that people overruled, all readings done: these rejects are good, accepts bad."""
    lane: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """The lane that it is about, 0 over the whole width; empty where all are."""
    are_sheets: bool = False
    """All of them are about sheets, and so about no single frame."""

    @property
    def channel(self) -> NDArray[np.int64]:
        """(n,) the same for decisions that follow each other along the web: a camera's, or of a lane of it."""
        return self.camera + len(self.cameras) * self.lane if self.lane.size else self.camera


@dataclass(frozen=True, slots=True)
class NotInspected:
    """A stretch that nobody judged."""

    camera: str
    from_m: float
    to_m: float
    frames: int
    """Decisions in it; 0 for a gap of the encoder that no decision is about."""
    is_length_known: bool = True
    """False: more web than from `from_m` to `to_m`, and nobody knows how much; see `Unseen`."""
    lane: int | None = None
    """The lane that nobody judged, beside others that were; None: the whole width."""


@dataclass(frozen=True, slots=True)
class Unseen:
    """A place at which web passed that nobody saw, and nobody knows how much: not inspected, of unknown length."""

    at_m: float
    next_sequence: int | None
    """The first decision behind it; None at the roll's end."""
    cameras: tuple[str, ...]
    """Cameras that did not see it."""


def steps_back(blocks: Blocks) -> NDArray[np.int64]:
    """(n,) how often the encoder has gone back since its camera's start: behind that, distances begin anew."""
    group = np.unique(np.stack([blocks.station_run, blocks.channel, blocks.run], axis=1), axis=0, return_inverse=True)[
        1
    ]
    group = group.reshape(-1)
    order = np.argsort(group, kind="stable")
    placed = order[~np.isnan(blocks.start_mm[order])]
    ends = blocks.start_mm[placed] + np.nan_to_num(blocks.length_mm[placed])
    is_same = group[placed[1:]] == group[placed[:-1]]
    steps = np.zeros(group.size, np.int64)
    steps[placed[1:][is_same & (blocks.start_mm[placed[1:]] < ends[:-1] - TOUCHING_MM)]] = 1
    steps[order] = np.cumsum(steps[order])
    return steps


def unseen(
    blocks: Blocks, stretch: NDArray[np.int64], at_m: NDArray[np.float64], ends_mm: Mapping[int, float]
) -> tuple[Unseen, ...]:
    """Where web may have passed that nobody knows of, in order; cameras that missed it at the same place together.

    `stretch`: (n,) which blocks share an encoder; `at_m`: (n,) where they lie; `ends_mm`: where a channel's last ends.
    """
    found: dict[float, list[tuple[int | None, str]]] = {}

    def note(at_m: float, next_sequence: int | None, camera: str) -> None:
        found.setdefault(round(at_m, 3), []).append((next_sequence, camera))

    channels = blocks.channel
    for channel in sorted(set(channels.tolist())):
        mine, camera = np.flatnonzero(channels == channel), channel % len(blocks.cameras)
        name, sequence = blocks.cameras[camera], blocks.sequence[mine]
        starts, ends = blocks.start_mm[mine], (blocks.start_mm + blocks.length_mm)[mine]
        reached_m = np.maximum.accumulate(np.nan_to_num(at_m[mine] + np.nan_to_num(blocks.length_mm[mine]) / 1000.0))
        for place in np.flatnonzero(np.diff(stretch[mine], prepend=-1)).tolist():
            if place == 0:
                left_off = starts[0] if blocks.before is None else blocks.before.encoder_mm.get(camera)
                is_known = _meet(left_off, starts[0])
            else:
                is_known = _meet(ends[place - 1], starts[place])
                if not is_known and blocks.station_run[mine[place - 1]] == blocks.station_run[mine[place]]:
                    its = ends[:place][stretch[mine[:place]] == stretch[mine[place - 1]]]
                    is_known = bool(starts[place] >= np.max(its, initial=-np.inf, where=~np.isnan(its)))
            if not is_known:
                at = float(reached_m[place - 1]) if place else float(np.nan_to_num(at_m[mine[0]]))
                note(at, int(sequence[place]), name)
        went_on = ends[-1] if blocks.after is None else blocks.after.encoder_mm.get(camera)
        if not (blocks.is_running or _meet(ends[-1], went_on)):
            note(ends_mm.get(channel, 0.0) / 1000.0, None, name)
        for place in np.flatnonzero(np.isin(sequence, list(blocks.uncounted))).tolist():
            note(float(reached_m[place]), int(sequence[place]), name)
    return tuple(
        Unseen(
            place,
            min((number for number, _ in found[place] if number is not None), default=None),
            tuple(sorted({camera for _, camera in found[place]})),
        )
        for place in sorted(found)
    )


def _meet(end_mm: float | None, start_mm: float | None) -> bool:
    """Whether an encoder went on where it was left.

    >>> _meet(7650.0, 7651.5), _meet(7650.0, 0.0), _meet(None, 0.0), _meet(float("nan"), 0.0)
    (True, False, False, False)
    """
    return end_mm is not None and start_mm is not None and bool(abs(start_mm - end_mm) <= TOUCHING_MM)
