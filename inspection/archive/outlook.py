"""What freezing a search would give, before a file is looked at: parts by roll, and what training lacks."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from inspection.archive.provenance import check_name
from inspection.archive.search import Search
from inspection.archive.selection import Frames, Source, known_parts, reviewed_of
from inspection.archive.splitting import split_rolls

FEWEST_GOOD = 10
"""Number of good frames that `training fit` needs where nothing shows a defect."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What freezing a search would give, before a file is looked at."""

    frames: int
    """Number of saved frames, of all views, whose pieces are reviewed and clear."""
    views: Mapping[str, int]
    """How many of these each view has; empty where one camera alone looks at the web."""
    parts: Mapping[str, str]
    """Part of each roll: train, validation or test."""
    lacks: tuple["Lack", ...]
    """Why `training fit` would refuse it."""


class Lack(StrEnum):
    """What a data set needs for `training fit`, and has not."""

    FRAMES = "frames"
    """Nothing to train on."""
    ROLLS = "rolls"
    """All is of one roll: a part of another one is needed to choose thresholds by, for frames of a roll are alike."""
    GOOD = "good"
    """Nothing shows a defect, and there are fewer good frames than make a model of good ones alone."""


def outlook(source: Source, datasets_dir: Path, name: str, search: Search) -> Outlook:
    """What `freeze` would make of a search. Raises DataSetError for an impossible name."""
    check_name(name)
    found = Frames(source, reviewed_of(source, search), only_reviewed=True, report=lambda done, of: None).count()
    parts = split_rolls(found.by_roll, known_parts(datasets_dir, name))
    taught = [roll for roll, part in parts.items() if part != "test"]
    frames, good = (sum(counts[roll] for roll in taught) for counts in (found.by_roll, found.good_by_roll))
    return Outlook(found.by_roll.total(), dict(sorted(found.by_view.items())), parts, lacks(parts, good, frames - good))


def lacks(parts: Mapping[str, str], good: int, bad: int) -> tuple[Lack, ...]:
    """Why `training fit` would refuse a data set with these rolls, good frames and frames that show a defect.

    >>> lacks({"R-1": "train"}, 40, 3), lacks({"R-1": "train", "R-2": "validation"}, 4, 0)
    ((<Lack.ROLLS: 'rolls'>,), (<Lack.GOOD: 'good'>,))
    """
    there = set(parts.values())
    found = []
    if "train" not in there:
        found.append(Lack.FRAMES)
    elif "validation" not in there:
        found.append(Lack.ROLLS)
    if not bad and good < FEWEST_GOOD:
        found.append(Lack.GOOD)
    return tuple(found)
