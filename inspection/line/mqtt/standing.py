"""How the door's connections are doing, for the station: who is there, what is wrong, what was counted."""

import asyncio
import time
from collections import Counter

from inspection.line.mqtt.trouble import Trouble
from inspection.line.orders import TellPartners
from inspection.line.station_link import StationGone, StationLink

COUNTERS = {
    "connections": "Connections to the broker.",
    "results_sent": "Results sent, those that had to be sent again included.",
    "results_unheard": "Results that nobody had subscribed to.",
    "results_refused": "Results that the broker refused.",
    "commands": "Commands that came.",
    "commands_refused": "Commands that were answered with a refusal.",
    "commands_repeated": "Commands that came again, and were carried out once.",
    "commands_retained": "Retained commands, which are never carried out.",
    "commands_too_many": "Commands beyond what is carried out in a second, or at a time.",
    "answers_unheard": "Answers that nobody had subscribed to.",
    "answer_topics_refused": "Answers that were wanted on a topic of the station's own.",
    "sparkplug_sent": "Sparkplug messages.",
    "sparkplug_rebirths": "Births that a Sparkplug host asked for.",
    "sparkplug_ignored": "Sparkplug commands that the node does not know.",
}
"""What the door counts since its start."""


class Standing:
    """One door's."""

    def __init__(self, link: StationLink, broker: str) -> None:
        self._link = link
        self._broker = broker
        self.counters: Counter[str] = Counter(dict.fromkeys(COUNTERS, 0))
        """By the names of COUNTERS; `tell` shows them."""
        self.is_connected = False
        """Whether the broker takes the station's messages, and somebody is there to hear results."""
        self._troubles: dict[str, str] = {}
        self._lasting: dict[str, float] = {}

    def trouble(self, what: str, trouble: Trouble | str) -> None:
        """Something is wrong with a part of the door; an empty text says that it is well again."""
        if isinstance(trouble, Trouble):
            self._lasting[what] = time.monotonic() + trouble.lasts_s
        elif not trouble and time.monotonic() < self._lasting.get(what, 0.0):
            return
        if self._troubles.get(what, "") != str(trouble):
            self._troubles[what] = str(trouble)
            self.tell()

    def tell(self) -> None:
        """Have the station show it."""
        self._link.tell_partners(
            TellPartners(
                connected=int(self.is_connected),
                last_partner=f"broker {self._broker}"[:256],
                detail=" ".join(dict.fromkeys(each for each in self._troubles.values() if each))[:2000],
                counters=dict(self.counters),
            )
        )


def is_farewell(error: BaseException) -> bool:
    """Whether the station ends, or lets go of the door; else the connection is what ended."""
    if isinstance(error, BaseExceptionGroup):
        return any(is_farewell(each) for each in error.exceptions)
    return isinstance(error, asyncio.CancelledError | StationGone)
