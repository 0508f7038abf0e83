"""A Sparkplug host that decodes with Google's own library what the station encodes with ours.

The numbers of the fields are those of Eclipse Tahu's sparkplug_b.proto.
"""

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_TYPES = descriptor_pb2.FieldDescriptorProto
_PAYLOAD = (("timestamp", 1, "UINT64"), ("seq", 3, "UINT64"), ("uuid", 4, "STRING"), ("body", 5, "BYTES"))
_METRIC = (
    ("name", 1, "STRING"),
    ("alias", 2, "UINT64"),
    ("timestamp", 3, "UINT64"),
    ("datatype", 4, "UINT32"),
    ("is_historical", 5, "BOOL"),
    ("is_transient", 6, "BOOL"),
    ("is_null", 7, "BOOL"),
    ("int_value", 10, "UINT32"),
    ("long_value", 11, "UINT64"),
    ("float_value", 12, "FLOAT"),
    ("double_value", 13, "DOUBLE"),
    ("boolean_value", 14, "BOOL"),
    ("string_value", 15, "STRING"),
    ("bytes_value", 16, "BYTES"),
)
DATATYPES = {
    1: "int_value",
    2: "int_value",
    3: "int_value",
    4: "long_value",
    5: "int_value",
    6: "int_value",
    7: "int_value",
    8: "long_value",
    9: "float_value",
    10: "double_value",
    11: "boolean_value",
    12: "string_value",
    13: "long_value",
    14: "string_value",
}
"""By the number of a datatype, the field that carries its values."""


def _message():
    file = descriptor_pb2.FileDescriptorProto(name="sparkplug_b.proto", package="host", syntax="proto2")
    payload = file.message_type.add(name="Payload")
    metric = payload.nested_type.add(name="Metric")
    metric.oneof_decl.add(name="value")
    for message, fields in ((payload, _PAYLOAD), (metric, _METRIC)):
        for name, number, kind in fields:
            field = message.field.add(
                name=name, number=number, type=getattr(_TYPES, f"TYPE_{kind}"), label=_TYPES.LABEL_OPTIONAL
            )
            if name.endswith("_value"):
                field.oneof_index = 0
    payload.field.add(
        name="metrics",
        number=2,
        type=_TYPES.TYPE_MESSAGE,
        type_name=".host.Payload.Metric",
        label=_TYPES.LABEL_REPEATED,
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("host.Payload"))


PAYLOAD = _message()


def decode(data):
    """The payload, with nothing in it that the standard does not know."""
    payload = PAYLOAD.FromString(data)
    assert payload.SerializeToString(deterministic=True)
    return payload


def values(payload):
    """Values by name, each in the field that its datatype demands; None: null."""
    found = {}
    for metric in payload.metrics:
        kind = metric.WhichOneof("value")
        if metric.is_null:
            assert kind is None, metric
        else:
            assert kind == DATATYPES[metric.datatype], metric
        found[metric.name] = None if metric.is_null else getattr(metric, kind)
    assert len(found) == len(payload.metrics)
    return found


def rebirth(name="Node Control/Rebirth", flag=True):
    """A host's command."""
    payload = PAYLOAD(timestamp=1)
    payload.metrics.add(name=name, datatype=11, boolean_value=flag, timestamp=1)
    return payload.SerializeToString()
