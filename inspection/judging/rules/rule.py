"""What a rule is: reasons for one piece, and what it keeps in mind for the next ones. Pure."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from inspection.recipe.recipe import Recipe
from inspection.values import Defect, Reason

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class PieceSeen:
    """A piece of web as rules see it."""

    defects: Mapping[int, Defect]
    """What was measured, by its place among the piece's defects; nuisance is left out."""
    recipe: Recipe
    pitches_um: Mapping[int, float]
    """By the defect's place: pixel pitch of the camera that its sizes are from, the coarser of both directions."""

    def slack_mm(self, place: int) -> float:
        """Guard band of a defect's sizes, in mm."""
        return self.recipe.guard.size_px * self.pitches_um[place] / 1000.0


class Rule(Protocol[S]):
    """Judges pieces in the order of the web. Its state is a frozen value: the rule itself remembers nothing."""

    @property
    def name(self) -> str:
        """First part of its reasons' rule."""

    @property
    def start(self) -> S:
        """What it knows before the first piece."""

    def judge(self, piece: PieceSeen, seen: S) -> tuple[tuple[Reason, ...], S]:
        """Why the piece is rejected, empty if it is not; and what is known after it."""

    def after_gap(self, seen: S) -> S:
        """What is still known after a piece that nobody saw."""


class PieceRule(ABC):
    """A rule that looks at one piece alone, and keeps nothing in mind."""

    start = None

    def judge(self, piece: PieceSeen, seen: None) -> tuple[tuple[Reason, ...], None]:
        """See `Rule`."""
        return tuple(self.reasons(piece)), None

    def after_gap(self, seen: None) -> None:
        """See `Rule`."""
        return seen

    @abstractmethod
    def reasons(self, piece: PieceSeen) -> Iterator[Reason]:
        """Why the piece is rejected."""
