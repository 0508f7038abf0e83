"""The types of OPC 40100-1 as a table of our own: ids and names are the standard's, see `scripts/make_opcua_table.py`.

Ids are written `5003` for a node of the model and `0:58` for one of OPC UA itself.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

URI = "http://opcfoundation.org/UA/MachineVision"
HAS_CAUSE, FROM_STATE, TO_STATE, HAS_EFFECT = "0:53", "0:51", "0:52", "0:54"
_STATE_TYPES, _TRANSITION_TYPE = ("0:2307", "0:2309"), "0:2310"


@dataclass(frozen=True, slots=True)
class Part:
    """An argument of a method, or a field of a structure."""

    name: str
    data: str
    """Id of its type."""
    is_array: bool
    is_optional: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A node."""

    node_class: str
    """Object, Variable, Method, ObjectType ..."""
    id: str
    name: str
    """Without its namespace."""
    is_own: bool
    """Its name belongs to the model, not to OPC UA itself."""
    parent: str
    by: str
    """The reference that leads from the parent to it, `HasComponent` ..."""
    type: str
    rule: str
    """Id of the modelling rule: 78 mandatory, 80 optional."""
    data: str
    """Id of a variable's data type."""
    rank: int
    is_abstract: bool
    value: str
    """A plain value, arguments, fields or an enumeration's values."""
    references: tuple[tuple[str, str], ...]
    """Further references from it: type and target."""

    @property
    def parts(self) -> tuple[Part, ...]:
        """Arguments or fields that the value tells."""
        found = []
        for told in self.value.split("|") if ":" in self.value else ():
            name, rest = told.split(":", 1)
            words = rest.split(":")
            data = ":".join(words[:2]) if words[0] == "0" else words[0]
            rank, *optional = words[2:] if words[0] == "0" else words[1:]
            found.append(Part(name, data, int(rank) >= 1, optional == ["1"]))
        return tuple(found)

    @property
    def members(self) -> Mapping[str, int]:
        """Values of an enumeration by name."""
        return {name: int(value) for name, _, value in (told.partition("=") for told in self.value.split("|")) if value}


@dataclass(frozen=True, slots=True)
class State:
    """A state of one of the state machines."""

    name: str
    id: str
    number: int


@dataclass(frozen=True, slots=True)
class Transition:
    """A way from one state to another."""

    name: str
    id: str
    number: int
    start: str
    """Name of the state that it leaves."""
    end: str
    """Name of the state that it enters."""
    cause: str | None
    """Name of the method that causes it; None: it happens by itself."""


@cache
def table() -> tuple[Row, ...]:
    """All rows, each parent before its children."""
    text = files("inspection.line.opcua").joinpath("machine_vision.csv").read_text()
    return tuple(_row(told) for told in csv.DictReader(text.splitlines()))


@cache
def by_id() -> Mapping[str, Row]:
    """All rows."""
    return {row.id: row for row in table()}


def children(parent: str) -> Iterator[Row]:
    """Components and properties of a node."""
    return (row for row in table() if row.parent == parent and row.by in ("HasComponent", "HasProperty"))


def node(parent: str, name: str) -> Row:
    """The child of a node that has a name."""
    return next(row for row in children(parent) if row.name == name)


@cache
def states(machine: str) -> Mapping[str, State]:
    """States of a state machine's type, by name."""
    return {
        row.name: State(row.name, row.id, int(node(row.id, "StateNumber").value))
        for row in children(machine)
        if row.type in _STATE_TYPES
    }


@cache
def transitions(machine: str) -> tuple[Transition, ...]:
    """Transitions of a state machine's type."""
    found = []
    for row in children(machine):
        if row.type == _TRANSITION_TYPE:
            targets = dict(reversed(row.references))
            cause = targets.get(HAS_CAUSE)
            found.append(
                Transition(
                    row.name,
                    row.id,
                    int(node(row.id, "TransitionNumber").value),
                    by_id()[targets[FROM_STATE]].name,
                    by_id()[targets[TO_STATE]].name,
                    by_id()[cause].name if cause else None,
                )
            )
    return tuple(found)


def _row(told: dict[str, str]) -> Row:
    is_own = told["name"].startswith("1:")
    pairs = (pair.split(">") for pair in told["references"].split())
    return Row(
        node_class=told["class"],
        id=told["id"],
        name=told["name"].removeprefix("1:"),
        is_own=is_own,
        parent=told["parent"],
        by=told["by"],
        type=told["type"],
        rule=told["rule"],
        data=told["data"],
        rank=int(told["rank"] or -1),
        is_abstract=told["abstract"] == "1",
        value=told["value"],
        references=tuple((kind, target) for kind, target in pairs),
    )
