"""What the rules keep in mind along the web: one frozen value for each camera's web, handed from piece to piece."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from inspection.judging.rules.rule import PieceSeen, Rule
from inspection.values import Reason


@dataclass(frozen=True, slots=True)
class Memory:
    """The state of each rule after some piece."""

    states: Mapping[str, Any] = field(default_factory=dict)
    """By the rule's name; a rule that is not in it knows what it does at its start."""

    START: ClassVar["Memory"]
    """Nothing seen yet."""

    def judge(self, piece: PieceSeen, rules: Sequence[Rule[Any]]) -> tuple[tuple[Reason, ...], "Memory"]:
        """What all rules have to say about the next piece, and what they know after it."""
        reasons: list[Reason] = []
        states: dict[str, Any] = {}
        for rule in rules:
            found, states[rule.name] = rule.judge(piece, self.states.get(rule.name, rule.start))
            reasons += found
        return tuple(reasons), Memory(states)

    def after_gap(self, rules: Sequence[Rule[Any]]) -> "Memory":
        """What they still know after a piece that nobody saw."""
        return Memory({rule.name: rule.after_gap(self.states[rule.name]) for rule in rules if rule.name in self.states})


Memory.START = Memory()
