"""The table that the OPC UA door serves, held against the OPC Foundation's own NodeSet (npm brings it), and itself."""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from inspection.line.opcua.states import AUTOMATIC, VISION
from inspection.line.opcua.table import by_id, states, table, transitions
from scripts.make_opcua_table import COLUMNS, DICTIONARY, OLD_ENCODINGS, rows

OFFICIAL = (
    Path(__file__).parent
    / "peer"
    / "node_modules"
    / "node-opcua-nodesets"
    / "nodesets"
    / "Opc.Ua.MachineVision.NodeSet2.xml"
)
UA = "{http://opcfoundation.org/UA/2011/03/UANodeSet.xsd}"
OWN = re.compile(r"ns=1;i=(\d+)$")

NEEDS_OFFICIAL = pytest.mark.slow
"""Needs the official file, which only `scripts/test` gets."""


@pytest.fixture(scope="module")
def official():
    """The official nodes by id, as far as they are of OPC UA 1.04 and later."""
    root = ElementTree.parse(OFFICIAL).getroot()
    return {OWN.search(each.get("NodeId"))[1]: each for each in root if each.tag.startswith(f"{UA}UA")}


def references(node):
    return {
        (each.get("ReferenceType"), each.text.strip(), each.get("IsForward") != "false")
        for each in node.iter(f"{UA}Reference")
    }


@NEEDS_OFFICIAL
def test_all_ids_classes_and_names_are_the_official_ones(official):
    for row in table():
        node = official[row.id]
        assert node.tag == f"{UA}UA{row.node_class}"
        assert node.get("BrowseName") == ("1:" if row.is_own else "") + row.name
        assert (node.get("IsAbstract") == "true") == row.is_abstract


@NEEDS_OFFICIAL
def test_only_what_describes_types_to_programs_of_before_2017_is_left_out(official):
    left_out = set(official) - {row.id for row in table()}
    assert left_out
    for each in left_out:
        node = official[each]
        kinds = {target for kind, target, _ in references(node) if kind == "HasTypeDefinition"}
        of_dictionary = {target for kind, target, _ in references(node)} & {f"ns=1;i={other}" for other in left_out}
        assert kinds & DICTIONARY or node.get("BrowseName") in OLD_ENCODINGS or of_dictionary


@NEEDS_OFFICIAL
def test_every_reference_between_nodes_that_are_served_is_served(official):
    aliases = {each.get("Alias"): each.text for each in ElementTree.parse(OFFICIAL).getroot().iter(f"{UA}Alias")}
    served = {row.id for row in table()}
    for row in table():
        told = {(kind, target) for kind, target in row.references}
        for kind, target, forward in references(official[row.id]):
            own = OWN.search(target)
            if not forward or own is None or own[1] not in served or kind in ("HasTypeDefinition", "HasDescription"):
                continue
            if kind in ("HasComponent", "HasProperty", "HasSubtype", "HasEncoding"):
                assert (by_id()[own[1]].parent, by_id()[own[1]].by) == (row.id, kind)
            else:
                number = aliases[kind].removeprefix("i=") if aliases[kind].startswith("i=") else None
                assert (f"0:{number}" if number else OWN.search(aliases[kind])[1], own[1]) in told


@NEEDS_OFFICIAL
def test_arguments_and_fields_have_the_official_names_and_order(official):
    types = "{http://opcfoundation.org/UA/2008/02/Types.xsd}"
    seen = 0
    for row in table():
        arguments = [each.findtext(f"{types}Name") for each in official[row.id].iter(f"{types}Argument")]
        fields = official[row.id].findall(f"{UA}Definition/{UA}Field")
        if arguments:
            assert [part.name for part in row.parts] == arguments
        elif fields and row.members:
            assert row.members == {each.get("Name"): int(each.get("Value")) for each in fields}
        elif fields:
            assert [(part.name, part.is_optional) for part in row.parts] == [
                (each.get("Name"), each.get("IsOptional") == "true") for each in fields
            ]
        seen += bool(arguments or fields)
    assert seen > 100


@NEEDS_OFFICIAL
def test_the_table_is_what_its_program_makes_of_the_official_file():
    made = list(rows(OFFICIAL))
    assert [each["id"] for each in made] == [row.id for row in table()]
    assert set(made[0]) == set(COLUMNS)


@pytest.mark.parametrize(
    ("machine", "number", "start", "end", "cause"),
    [
        (VISION, 141, "Preoperational", "Operational", "SelectModeAutomatic"),
        (VISION, 151, "Preoperational", "Initialized", "SelectModeAutomatic"),
        (VISION, 121, "Preoperational", "Halted", "Halt"),
        (VISION, 130, "Preoperational", "Error", None),
        (VISION, 211, "Halted", "Preoperational", "Reset"),
        (VISION, 311, "Error", "Preoperational", "Reset"),
        (VISION, 340, "Error", "Operational", None),
        (VISION, 411, "Operational", "Preoperational", "Reset"),
        (VISION, 421, "Operational", "Halted", "Halt"),
        (VISION, 430, "Operational", "Error", None),
        (AUTOMATIC, 561, "Initialized", "Ready", "PrepareRecipe"),
        (AUTOMATIC, 651, "Ready", "Initialized", "UnprepareRecipe"),
        (AUTOMATIC, 671, "Ready", "SingleExecution", "StartSingleJob"),
        (AUTOMATIC, 681, "Ready", "ContinuousExecution", "StartContinuous"),
        (AUTOMATIC, 760, "SingleExecution", "Ready", None),
        (AUTOMATIC, 761, "SingleExecution", "Ready", "Stop"),
        (AUTOMATIC, 862, "ContinuousExecution", "Ready", "Abort"),
    ],
)
def test_transitions_have_the_numbers_of_the_standard(machine, number, start, end, cause):
    found = next(each for each in transitions(machine) if each.number == number)
    assert (found.start, found.end, found.cause) == (start, end, cause)


def test_states_have_the_numbers_of_the_standard():
    assert {name: state.number for name, state in states(VISION).items()} == {
        "Preoperational": 1,
        "Halted": 2,
        "Error": 3,
        "Operational": 4,
    }
    assert {name: state.number for name, state in states(AUTOMATIC).items()} == {
        "Initialized": 5,
        "Ready": 6,
        "SingleExecution": 7,
        "ContinuousExecution": 8,
    }
