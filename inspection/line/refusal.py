"""What an order that can't be carried out is answered with."""

REFUSALS = (
    "conflict",
    "duplicate",
    "forbidden",
    "invalid",
    "not-found",
    "recipe-refused",
    "sequence-ahead",
    "too-late",
    "too-many-triggers",
    "unavailable",
    "unknown-alarm",
    "unknown-camera",
    "unknown-key",
)
"""All names that an order may be refused with."""


class Refused(Exception):
    """An order can't be carried out: a name for machines, a sentence for people."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(sentence)
        self.name = name
        self.sentence = sentence
