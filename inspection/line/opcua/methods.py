"""Methods that partners call: what they are given is checked before anything is done."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from asyncua import ua
from asyncua.common.utils import ServiceError

from inspection.line.opcua.guard import Caller
from inspection.line.opcua.table import Part, by_id
from inspection.line.refusal import Refused
from inspection.line.station_link import StationGone

ERRORS: Mapping[str, int] = {
    "conflict": -1,
    "duplicate": -2,
    "forbidden": -3,
    "invalid": -4,
    "not-found": -5,
    "recipe-refused": -6,
    "sequence-ahead": -7,
    "too-late": -8,
    "too-many-triggers": -9,
    "unavailable": -10,
    "unknown-alarm": -11,
    "unknown-camera": -12,
    "unknown-key": -13,
}
"""What a method's argument `Error` says, by the name of what the station refuses; 0 is fine. By OPC 40100-1, numbers
below 0 are an application's own."""
_PLAIN: Mapping[str, ua.VariantType] = {
    "0:1": ua.VariantType.Boolean,
    "0:5": ua.VariantType.UInt16,
    "0:6": ua.VariantType.Int32,
    "0:7": ua.VariantType.UInt32,
    "0:9": ua.VariantType.UInt64,
    "0:11": ua.VariantType.Double,
    "0:12": ua.VariantType.String,
    "0:15": ua.VariantType.ByteString,
    "0:17": ua.VariantType.NodeId,
    "0:21": ua.VariantType.LocalizedText,
    "0:294": ua.VariantType.DateTime,
    "3009": ua.VariantType.Int32,
    "3014": ua.VariantType.Int32,
    "3017": ua.VariantType.String,
    "3018": ua.VariantType.UInt32,
}
_ANY = "0:24"
_LONGEST_TEXT = 512
_log = logging.getLogger("inspection.line.opcua")


@dataclass(frozen=True, slots=True)
class Call:
    """Who calls a method, and with what session."""

    caller: Caller
    session: Any

    @property
    def by(self) -> str:
        """What the audit log calls whoever it is."""
        return (self.caller.name or "")[:64]


Handler = Callable[..., Awaitable[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Method:
    """What is called, and with what."""

    inputs: tuple[Part, ...]
    outputs: tuple[Part, ...]
    handler: Handler


class Methods:
    """All methods of the server, by object and method."""

    def __init__(self) -> None:
        self._methods: dict[tuple[ua.NodeId, ua.NodeId], Method] = {}
        self.by_method: dict[ua.NodeId, Callable[[Call, ua.NodeId, Sequence[Any]], Awaitable[ua.StatusCode]]] = {}
        """Methods of OPC UA itself that are called on objects which nobody has to show, such as conditions."""
        self.failed: Callable[[str, str, Call], Awaitable[None]] | None = None
        """Hears of each call that was refused: the method's name, why, and who called."""
        self.names: dict[ua.NodeId, str] = {}
        self.refused = 0
        """Calls that were refused."""

    def add(self, on: ua.NodeId, ids: Sequence[ua.NodeId], name: str, method: Method) -> None:
        """A method on an object; `ids`: of the object's own method, and of its type's."""
        for each in ids:
            self._methods[on, each] = method
            self.names[each] = name

    async def call(self, session: Any, asked: Any) -> ua.CallMethodResult:
        """Carry one call out, or say by OPC UA's codes why not."""
        call, told = Call(session.user, session), ua.CallMethodResult()
        given = [each.Value for each in asked.InputArguments or []]
        try:
            if (special := self.by_method.get(asked.MethodId)) is not None:
                told.StatusCode = await special(call, asked.ObjectId, given)
                return told
            method = self._methods.get((asked.ObjectId, asked.MethodId))
            if method is None:
                known = asked.MethodId in self.names
                raise ServiceError(ua.StatusCodes.BadMethodInvalid if known else ua.StatusCodes.BadNodeIdUnknown)
            told.InputArgumentResults = _check(method.inputs, asked.InputArguments or [])
            if any(not each.is_good() for each in told.InputArgumentResults):
                raise ServiceError(ua.StatusCodes.BadInvalidArgument)
            found = await method.handler(call, *given)
            told.OutputArguments = [variant(part, value) for part, value in zip(method.outputs, found, strict=True)]
            if method.outputs and method.outputs[-1].name == "Error" and found[-1]:
                await self._tell_failed(asked.MethodId, f"Error {found[-1]}", call)
        except ServiceError as error:
            told.StatusCode = ua.StatusCode(error.code)
            await self._tell_failed(asked.MethodId, told.StatusCode.name, call)
        except Refused as refused:
            code = ua.StatusCodes.BadUserAccessDenied if refused.name == "forbidden" else ua.StatusCodes.BadInvalidState
            told.StatusCode = ua.StatusCode(code)
            await self._tell_failed(asked.MethodId, refused.sentence, call)
        except StationGone:
            told.StatusCode = ua.StatusCode(ua.StatusCodes.BadShutdown)
        except Exception:  # noqa: BLE001 - one call that breaks off is the caller's alone; the station's log has it
            _log.exception("a method broke off: %s", self.names.get(asked.MethodId, asked.MethodId))
            told.StatusCode = ua.StatusCode(ua.StatusCodes.BadInternalError)
        return told

    async def _tell_failed(self, method_id: Any, why: str, call: Call) -> None:
        self.refused += 1
        if self.failed is not None and method_id in self.names:
            await self.failed(self.names[method_id], why, call)


def variant(part: Part, value: Any) -> ua.Variant:
    """A value as an argument is told."""
    kind = _PLAIN.get(part.data)
    if part.data == _ANY:
        return ua.Variant(value, ua.VariantType.Variant, is_array=True) if part.is_array else ua.Variant(value)
    return ua.Variant(value, kind or ua.VariantType.ExtensionObject, is_array=part.is_array)


def is_structure(part: Part) -> bool:
    """Whether it is one of the model's structures, not a number or text."""
    return part.data != _ANY and part.data not in _PLAIN


def structure(name: str, **fields: Any) -> Any:
    """A value of one of the model's structures; asyncua makes their classes from the nodes."""
    return getattr(ua, name)(**fields)


def _check(inputs: Sequence[Part], given: Sequence[Any]) -> list[ua.StatusCode]:
    """What is wrong with each argument. Raises ServiceError: their number."""
    if len(given) < len(inputs):
        raise ServiceError(ua.StatusCodes.BadArgumentsMissing)
    if len(given) > len(inputs):
        raise ServiceError(ua.StatusCodes.BadTooManyArguments)
    return [ua.StatusCode(_fault(part, each)) for part, each in zip(inputs, given, strict=True)]


def _fault(part: Part, given: Any) -> Any:
    good, mismatch = ua.StatusCodes.Good, ua.StatusCodes.BadTypeMismatch
    value = given.Value
    if part.data == _ANY:
        return good
    if part.is_array != isinstance(value, list) and not (part.is_array and value is None):
        return mismatch
    kind = _PLAIN.get(part.data)
    if kind is None:
        expected = getattr(ua, by_id()[part.data].name)
        if value is not None and not isinstance(value, expected):
            return mismatch
        return good if value is None or _is_short(value) else ua.StatusCodes.BadOutOfRange
    if kind is ua.VariantType.String and value is None:
        return good
    if given.VariantType != kind or (value is None and kind is not ua.VariantType.LocalizedText):
        return mismatch
    return good if not isinstance(value, str) or len(value) <= _LONGEST_TEXT else ua.StatusCodes.BadOutOfRange


def _is_short(value: Any) -> bool:
    texts = (getattr(value, name, None) for name in ("Id", "Version", "HashAlgorithm", "Hash"))
    return all(text is None or len(text) <= _LONGEST_TEXT for text in texts)
