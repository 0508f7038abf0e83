"""Makes the nodes that the server shows: the types of OPC 40100-1, and one vision system of them."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from asyncua import Client, Server, ua

from inspection.line.opcua.table import Part, Row, by_id, children, table

_CLASSES: Mapping[str, tuple[int, Callable[[], Any]]] = {
    "Object": (ua.NodeClass.Object, ua.ObjectAttributes),
    "Variable": (ua.NodeClass.Variable, ua.VariableAttributes),
    "Method": (ua.NodeClass.Method, ua.MethodAttributes),
    "ObjectType": (ua.NodeClass.ObjectType, ua.ObjectTypeAttributes),
    "VariableType": (ua.NodeClass.VariableType, ua.VariableTypeAttributes),
    "DataType": (ua.NodeClass.DataType, ua.DataTypeAttributes),
    "ReferenceType": (ua.NodeClass.ReferenceType, ua.ReferenceTypeAttributes),
}
_REFERENCES: Mapping[str, int] = {
    name: getattr(ua.ObjectIds, name)
    for name in ("HasComponent", "HasProperty", "HasSubtype", "HasEncoding", "Organizes", "HasModellingRule")
}
_ENUMERATION, _STRUCTURE, _ARGUMENT, _UINT32, _STRING = "0:29", "0:22", "0:296", "0:7", "0:12"
_STATE, _INITIAL_STATE = "0:2307", "0:2309"
_READ = ua.AccessLevel.CurrentRead.mask


async def load_types(partner: Server | Client, model: int) -> None:
    """Make the model's structures known to asyncua, for a server or a client. `model`: index of its namespace there."""
    for row in table():
        if row.node_class == "DataType" and row.parent in (_STRING, _UINT32):
            # OPC UA has types of the same names since 2022, so that asyncua 2.1 does not look for the model's own ones
            ua.basetype_by_datatype[ua.NodeId(int(row.id), model)] = row.name
    await partner.load_data_type_definitions()


class Nodes:
    """Adds nodes to a server that has not been started yet."""

    def __init__(self, server: Server, model: int, own: int) -> None:
        """`model`, `own`: indices of the model's namespace and of the station's own one."""
        self._server = server
        self._service = server.iserver.node_mgt_service
        self._model = model
        self._own = own

    def id_of(self, told: str) -> ua.NodeId:
        """The NodeId of a table's id."""
        return ua.NodeId(int(told[2:]), 0) if told.startswith("0:") else ua.NodeId(int(told), self._model)

    def own_id(self, path: str) -> ua.NodeId:
        """The NodeId of a node of the station's own, by the names that lead to it: `VisionSystem.SystemState`."""
        return ua.NodeId(path, self._own)

    async def add_types(self) -> None:
        """All rows of the table, at their official places; the structures are classes of asyncua's `ua` afterwards."""
        for row in sorted(table(), key=lambda row: not row.node_class.endswith("Type")):  # types before what is of them
            self._add(row, self.id_of(row.id), self.id_of(row.parent), self._value_of(row))
            if row.node_class == "DataType" and (told := self._definition(row)) is not None:
                await self._server.get_node(self.id_of(row.id)).write_data_type_definition(told)
        for row in table():
            for kind, target in row.references:
                self._refer(self.id_of(row.id), self.id_of(kind), self.id_of(target))
        await load_types(self._server, self._model)

    def add_instance(self, type_id: str, path: str, parent: ua.NodeId, leave_out: Collection[str]) -> dict[str, Row]:
        """An object of a type with all that the type declares, but names that are left out.

        Returns the declaring row of each node by its path.
        """
        made: dict[str, Row] = {}
        root = by_id()[type_id]
        self.add_object(path, parent, self.id_of(type_id), notifies=True)

        def add_children(declared: Row, at: str) -> None:
            for row in children(declared.id):
                if row.name in leave_out or row.rule not in ("78", "80"):
                    continue
                below = f"{at}.{row.name}"
                self._add(row, self.own_id(below), self.own_id(at), self._value_of(row), is_instance=True)
                made[below] = row
                add_children(row, below)

        add_children(root, path)
        return made

    def add_object(self, path: str, parent: ua.NodeId, kind: ua.NodeId, *, notifies: bool = False) -> None:
        """An object of the station's own."""
        attributes = ua.ObjectAttributes()
        attributes.EventNotifier = int(notifies)
        by = ua.ObjectIds.Organizes if parent == ua.NodeId(ua.ObjectIds.ObjectsFolder) else ua.ObjectIds.HasComponent
        self._put(ua.NodeClass.Object, attributes, self._own_name(path), self.own_id(path), parent, by, kind)
        if notifies:
            self._refer(ua.NodeId(ua.ObjectIds.Server), ua.NodeId(ua.ObjectIds.HasNotifier), self.own_id(path))

    def add_variable(
        self, path: str, parent: ua.NodeId, data: ua.NodeId, value: ua.Variant, name: ua.QualifiedName | None = None
    ) -> None:
        """A variable of the station's own, that partners read."""
        attributes = self._variable(data, value, -1 if not value.is_array else 1)
        self._put(
            ua.NodeClass.Variable,
            attributes,
            name or self._own_name(path),
            self.own_id(path),
            parent,
            ua.ObjectIds.HasComponent,
            ua.NodeId(ua.ObjectIds.BaseDataVariableType),
        )

    def add_property(self, path: str, parent: ua.NodeId, data: ua.NodeId, value: ua.Variant, name: str) -> None:
        """A property with a name of OPC UA itself."""
        self._put(
            ua.NodeClass.Variable,
            self._variable(data, value, -1 if not value.is_array else 1),
            ua.QualifiedName(name, 0),
            self.own_id(path),
            parent,
            ua.ObjectIds.HasProperty,
            ua.NodeId(ua.ObjectIds.PropertyType),
        )

    def add_method(self, path: str, parent: ua.NodeId, inputs: Iterable[Part], outputs: Iterable[Part]) -> None:
        """A method of the station's own."""
        attributes = ua.MethodAttributes()
        attributes.Executable = attributes.UserExecutable = True
        self._put(
            ua.NodeClass.Method,
            attributes,
            self._own_name(path),
            self.own_id(path),
            parent,
            ua.ObjectIds.HasComponent,
            ua.NodeId(),
        )
        for name, parts in (("InputArguments", inputs), ("OutputArguments", outputs)):
            told = [self._argument(part) for part in parts]
            if told:
                self.add_property(
                    f"{path}.{name}", self.own_id(path), self.id_of(_ARGUMENT), _extension_objects(told), name
                )

    def _own_name(self, path: str) -> ua.QualifiedName:
        return ua.QualifiedName(path.rpartition(".")[2], self._own)

    def _add(
        self, row: Row, at: ua.NodeId, parent: ua.NodeId, value: ua.Variant | None, *, is_instance: bool = False
    ) -> None:
        node_class, make = _CLASSES[row.node_class]
        name = ua.QualifiedName(row.name, self._model if row.is_own else 0)
        if row.node_class == "Variable":
            attributes = self._variable(self.id_of(row.data), value, row.rank)
        else:
            attributes = make()
            if row.node_class == "Object":
                attributes.EventNotifier = 0
            elif row.node_class == "Method":
                attributes.Executable = attributes.UserExecutable = True
            elif row.node_class == "VariableType":
                attributes.DataType, attributes.ValueRank = self.id_of(row.data), row.rank
            if hasattr(attributes, "IsAbstract"):
                attributes.IsAbstract = row.is_abstract
        kind = self.id_of(row.type) if row.type else ua.NodeId()
        self._put(node_class, attributes, name, at, parent, _REFERENCES[row.by], kind)
        if row.rule and not is_instance:
            self._refer(at, ua.NodeId(ua.ObjectIds.HasModellingRule), ua.NodeId(int(row.rule)), both=False)

    def _put(
        self,
        node_class: int,
        attributes: Any,
        name: ua.QualifiedName,
        at: ua.NodeId,
        parent: ua.NodeId,
        by: int,
        kind: ua.NodeId,
    ) -> None:
        attributes.DisplayName = ua.LocalizedText(name.Name)
        attributes.Description = ua.LocalizedText()
        attributes.WriteMask = attributes.UserWriteMask = 0
        item = ua.AddNodesItem()
        item.RequestedNewNodeId, item.ParentNodeId, item.ReferenceTypeId = at, parent, ua.NodeId(by)
        item.BrowseName, item.NodeClass, item.TypeDefinition, item.NodeAttributes = name, node_class, kind, attributes
        self._service.add_nodes([item])[0].StatusCode.check()

    def _refer(self, source: ua.NodeId, kind: ua.NodeId, target: ua.NodeId, *, both: bool = True) -> None:
        for start, end, forward in ((source, target, True), (target, source, False))[: 1 + both]:
            item = ua.AddReferencesItem()
            item.SourceNodeId, item.ReferenceTypeId, item.TargetNodeId, item.IsForward = start, kind, end, forward
            self._service.add_references([item])[0].check()

    @staticmethod
    def _variable(data: ua.NodeId, value: ua.Variant | None, rank: int) -> ua.VariableAttributes:
        attributes = ua.VariableAttributes()
        attributes.DataType, attributes.ValueRank = data, rank
        attributes.Value = value if value is not None else ua.Variant(None)
        attributes.AccessLevel = attributes.UserAccessLevel = _READ
        attributes.Historizing = False
        if rank >= 1:
            attributes.ArrayDimensions = [0]
        return attributes

    def _value_of(self, row: Row) -> ua.Variant | None:
        if row.data == _ARGUMENT:
            return _extension_objects([self._argument(part) for part in row.parts])
        if row.data == _UINT32 and row.value:
            return ua.Variant(int(row.value), ua.VariantType.UInt32)
        if row.name == "EnumValues":
            return _extension_objects([_enum_value(name, value) for name, value in row.members.items()])
        return None

    def _argument(self, part: Part) -> ua.Argument:
        argument = ua.Argument()
        argument.Name, argument.DataType = part.name, self.id_of(part.data)
        argument.ValueRank = 1 if part.is_array else -1
        argument.ArrayDimensions = [0] if part.is_array else []
        return argument

    def _definition(self, row: Row) -> Any:
        """What a structure or enumeration consists of; None for a type that only has a name of its own."""
        if row.members:
            enumeration = ua.EnumDefinition()
            enumeration.Fields = [_enum_field(name, value) for name, value in row.members.items()]
            return enumeration
        line = [row]
        while not line[-1].parent.startswith("0:"):
            line.append(by_id()[line[-1].parent])
        parts = [part for each in reversed(line) for part in each.parts]
        if line[-1].parent != _STRUCTURE:
            return None
        structure = ua.StructureDefinition()
        structure.BaseDataType = self.id_of(row.parent)
        has_optional = any(part.is_optional for part in parts)
        kinds = ua.StructureType
        structure.StructureType = kinds.StructureWithOptionalFields if has_optional else kinds.Structure
        encoding = next((each for each in table() if each.parent == row.id and each.by == "HasEncoding"), None)
        if encoding is not None:
            structure.DefaultEncodingId = self.id_of(encoding.id)
        structure.Fields = [self._field(part) for part in parts]
        return structure

    def _field(self, part: Part) -> ua.StructureField:
        field = ua.StructureField()
        field.Name, field.DataType, field.IsOptional = part.name, self.id_of(part.data), part.is_optional
        field.ValueRank = 1 if part.is_array else -1
        field.ArrayDimensions = [0] if part.is_array else []
        return field


def _extension_objects(told: list[Any]) -> ua.Variant:
    return ua.Variant(told, ua.VariantType.ExtensionObject, is_array=True)


def _enum_value(name: str, value: int) -> ua.EnumValueType:
    told = ua.EnumValueType()
    told.Value, told.DisplayName = value, ua.LocalizedText(name)
    return told


def _enum_field(name: str, value: int) -> ua.EnumField:
    told = ua.EnumField()
    told.Name, told.Value, told.DisplayName = name, value, ua.LocalizedText(name)
    return told
