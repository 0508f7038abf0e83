"""The two state machines of a vision system, as OPC 40100-1 draws them. Pure: no clock, no network.

>>> machine = StateMachines()
>>> [step.transition.number for step in machine.call("SelectModeAutomatic")], machine.automatic
([141, 151], 'Initialized')
"""

from dataclasses import dataclass

from inspection.line.opcua.table import Transition, transitions

VISION, AUTOMATIC = "1017", "1021"
"""Ids of the types of both state machines."""


class WrongState(Exception):
    """The method leads nowhere from the state that the machine is in."""


@dataclass(frozen=True, slots=True)
class Step:
    """A transition that one of the machines has made."""

    machine: str
    """VISION or AUTOMATIC."""
    transition: Transition


class StateMachines:
    """The machine of the vision system and, while that is operational, the one of its automatic mode."""

    def __init__(self) -> None:
        self.vision = "Preoperational"
        self.automatic: str | None = None
        """None: the automatic mode is not chosen. In an error it stays as it was, and goes on when that is over."""

    @property
    def is_operational(self) -> bool:
        """Whether the automatic mode's methods may be called."""
        return self.vision == "Operational" and self.automatic is not None

    @property
    def is_executing(self) -> bool:
        """Whether a job runs, or waits for an error to pass."""
        return self.automatic in ("SingleExecution", "ContinuousExecution")

    def check(self, cause: str) -> None:
        """Raises WrongState: the method leads nowhere now."""
        self._ways(cause)

    def call(self, cause: str) -> list[Step]:
        """Make the transitions that a method causes. Raises WrongState; nothing changes then."""
        steps = self._ways(cause)
        for step in steps:
            self._go(step)
        return steps

    def by_itself(self, end: str) -> list[Step]:
        """Enter a state without anybody's call, if a transition leads there. Returns none where none does."""
        for machine, start in ((VISION, self.vision), (AUTOMATIC, self.automatic)):
            for each in transitions(machine):
                if (each.start, each.end, each.cause) == (start, end, None):
                    step = Step(machine, each)
                    if machine == AUTOMATIC and not self.is_operational:
                        return []
                    self._go(step)
                    return [step]
        return []

    def _ways(self, cause: str) -> list[Step]:
        found = [Step(VISION, each) for each in transitions(VISION) if (each.start, each.cause) == (self.vision, cause)]
        if self.is_operational:
            found += [
                Step(AUTOMATIC, each)
                for each in transitions(AUTOMATIC)
                if (each.start, each.cause) == (self.automatic, cause)
            ]
        if not found:
            inner = f", {self.automatic}" if self.is_operational else ""
            raise WrongState(f"{cause} leads nowhere from {self.vision}{inner}.")
        return sorted(found, key=lambda step: step.transition.number)

    def _go(self, step: Step) -> None:
        end = step.transition.end
        if end in ("Initialized", "Ready", "SingleExecution", "ContinuousExecution"):
            self.automatic = end
            return
        if end in ("Preoperational", "Halted"):
            self.automatic = None
        self.vision = end
