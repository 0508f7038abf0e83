"""Writes the table of nodes that the OPC UA door serves, from the OPC Foundation's NodeSet of OPC 40100-1.

    python scripts/make_opcua_table.py Opc.Ua.MachineVision.NodeSet2.xml > inspection/line/opcua/machine_vision.csv

Once for each release of the NodeSet; `tests/inspection/line/opcua/test_table.py` holds the one against the other.
"""

import csv
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

UA = "{http://opcfoundation.org/UA/2011/03/UANodeSet.xsd}"
TYPES = "{http://opcfoundation.org/UA/2008/02/Types.xsd}"
COLUMNS = ("class", "id", "name", "parent", "by", "type", "rule", "data", "rank", "abstract", "value", "references")
DICTIONARY = {"i=69", "i=72"}
"""Types of the nodes of the binary and XML schema, which OPC UA 1.04 has replaced: nothing of them is served."""
OLD_ENCODINGS = {"Default XML", "Default JSON"}
PARENTS = ("HasComponent", "HasProperty", "HasSubtype", "HasEncoding", "Organizes")


def rows(path: Path) -> Iterator[dict[str, str]]:
    """The table's rows, each parent before its children."""
    root = ElementTree.parse(path).getroot()
    aliases = {each.get("Alias", ""): each.text or "" for each in root.iter(f"{UA}Alias")}

    def short(node_id: str) -> str:
        """`5003` for a node of the model, `0:58` for one of OPC UA itself."""
        node_id = aliases.get(node_id, node_id)
        return node_id.removeprefix("ns=1;i=") if node_id.startswith("ns=1;i=") else "0:" + node_id.removeprefix("i=")

    nodes = {short(each.get("NodeId", "")): each for each in root if each.tag.startswith(f"{UA}UA")}
    told: set[str] = set()

    def references(node: ElementTree.Element) -> list[tuple[str, str, bool]]:
        return [
            (each.get("ReferenceType", ""), short((each.text or "").strip()), each.get("IsForward") != "false")
            for each in node.iter(f"{UA}Reference")
        ]

    def row(key: str, node: ElementTree.Element) -> dict[str, str] | None:
        by_type = {name: target for name, target, forward in references(node) if forward}
        kind = by_type.get("HasTypeDefinition", "")
        if "i=" + kind.removeprefix("0:") in DICTIONARY or node.get("BrowseName", "") in OLD_ENCODINGS:
            return None
        parents = [(name, at) for name, at, forward in references(node) if not forward and name in PARENTS]
        by, parent = parents[0] if parents else ("", "")
        if parent.startswith("0:") or not parent or parent in nodes:
            pass
        return {
            "class": node.tag.removeprefix(f"{UA}UA"),
            "id": key,
            "name": node.get("BrowseName", ""),
            "parent": parent,
            "by": by,
            "type": kind,
            "rule": by_type.get("HasModellingRule", "").removeprefix("0:"),
            "data": short(node.get("DataType", "i=24")) if "Variable" in node.tag else "",
            "rank": node.get("ValueRank", "") if "Variable" in node.tag else "",
            "abstract": "1" if node.get("IsAbstract") == "true" else "",
            "value": definition(node, short) or value(node, short),
            "references": " ".join(
                f"{short(name)}>{target}"
                for name, target, forward in references(node)
                if forward
                and name not in PARENTS
                and name not in ("HasTypeDefinition", "HasModellingRule")
                and name != "HasDescription"
            ),
        }

    waiting = dict(nodes)
    while waiting:
        before = len(waiting)
        for key, node in list(waiting.items()):
            made = row(key, node)
            if made is None:
                told.discard(key)
                del waiting[key]
            elif made["parent"].startswith("0:") or not made["parent"] or made["parent"] in told:
                told.add(key)
                del waiting[key]
                yield made
        if len(waiting) == before:  # what hangs on a node that is left out
            return


def definition(node: ElementTree.Element, short) -> str:  # noqa: ANN001 - str -> str
    """Fields of a structure, `Name:type:rank:optional`, or values of an enumeration, `Name=1`."""
    fields = node.findall(f"{UA}Definition/{UA}Field")
    return "|".join(
        f"{each.get('Name')}={each.get('Value')}"
        if each.get("Value")
        else f"{each.get('Name')}:{short(each.get('DataType', 'i=24'))}:{each.get('ValueRank', '-1')}:"
        f"{'1' if each.get('IsOptional') == 'true' else ''}"
        for each in fields
    )


def value(node: ElementTree.Element, short) -> str:  # noqa: ANN001 - str -> str
    """Arguments of a method, `Name:type:rank`, or a plain value."""
    told = node.find(f"{UA}Value")
    if told is None or node.tag != f"{UA}UAVariable":
        return ""
    arguments = list(told.iter(f"{TYPES}Argument"))
    if arguments:
        return "|".join(
            ":".join(
                (
                    each.findtext(f"{TYPES}Name", ""),
                    short(each.findtext(f"{TYPES}DataType/{TYPES}Identifier", "i=24")),
                    each.findtext(f"{TYPES}ValueRank", "-1"),
                )
            )
            for each in arguments
        )
    values = list(told.iter(f"{TYPES}EnumValueType"))
    if values:
        return "|".join(
            f"{each.findtext(f'{TYPES}DisplayName/{TYPES}Text', '')}={each.findtext(f'{TYPES}Value', '')}"
            for each in values
        )
    return (told[0].text or "").strip() if told[0].tag in (f"{TYPES}UInt32", f"{TYPES}String") else ""


def main(path: str) -> None:
    """Write the table to stdout."""
    table = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows(rows(Path(path)))


if __name__ == "__main__":
    main(sys.argv[1])
