"""ResultManagement: each decision as it is made, and all that a partner has missed, in order."""

import time
from datetime import UTC, datetime
from typing import Any

from asyncua import ua

from inspection.line.opcua.identities import result_fields
from inspection.line.opcua.jobs import Jobs
from inspection.line.opcua.methods import ERRORS, Call, is_structure, structure
from inspection.line.opcua.table import Part, by_id
from inspection.line.opcua.vision import ROOT, Vision
from inspection.line.orders import MOST_RESULTS, Acknowledge, AskResult
from inspection.line.refusal import Refused
from inspection.line.result import Result

RESULTS = f"{ROOT}.ResultManagement"
_RESULT_READY = "1024"
_MOST_MS = 10_000
"""A list is looked for so long at most."""
_SEVERITIES = {1: 100, 2: 200, 3: 400}
"""The event's severity by verdict."""
_TRUE_TYPES = {
    "HasTransferableDataOnFile": ua.VariantType.Boolean,
    "IsPartial": ua.VariantType.Boolean,
    "IsSimulated": ua.VariantType.Boolean,
    "ResultState": ua.VariantType.Int32,
    "CreationTime": ua.VariantType.DateTime,
}
_ANY_STATE = 0
"""ResultStateDataType: Undefined, which as a filter means any."""


class Results:
    """Methods, and the event for each decision."""

    def __init__(self, vision: Vision, jobs: Jobs) -> None:
        self._vision = vision
        self._jobs = jobs

    def build(self) -> None:
        """Have the methods answered."""
        add = self._vision.add_method
        add(f"{RESULTS}.GetResultById", self._by_id)
        add(f"{RESULTS}.GetResultComponentsById", self._components)
        add(f"{RESULTS}.GetResultListFiltered", self._list)
        number, error = Part("UpTo", "0:9", False, False), Part("Error", "0:6", False, False)
        self._vision.add_own_method(f"{RESULTS}.AcknowledgeResults", (number,), (error,), self._acknowledge)

    async def tell(self, result: Result) -> None:
        """Raise ResultReady."""
        fields = {name: _field(name, value) for name, value in self._fields(result).items()}
        message = f"{result.verdict.value} {result.sequence}" + (f": {result.sentence}" if result.sentence else "")
        severity = _SEVERITIES[result.verdict_code]
        await self._vision.tell(_RESULT_READY, message[:500], severity, fields, result.decided_utc)
        await self._jobs.heard(result)

    def told(self, result: Result) -> Any:
        """ResultDataType."""
        return structure("ResultDataType", **self._fields(result))

    def _fields(self, result: Result) -> dict[str, Any]:
        job = self._jobs.of(result)
        if job is None:
            return result_fields(result, "", "", "", "")
        return result_fields(result, job.id, job.meas, job.part, job.product)

    async def _by_id(self, call: Call, asked: Any, timeout_ms: int) -> tuple[Any, ...]:
        found = await self._found(call, asked)
        if found is None:
            return 0, structure("ResultDataType"), ERRORS["not-found"]
        return 0, self.told(found), 0

    async def _components(self, call: Call, asked: Any, timeout_ms: int) -> tuple[Any, ...]:
        found = await self._found(call, asked)
        names = [part.name for part in by_id()["6025"].parts[:-1]]
        fields = {"CreationTime": datetime.now(UTC)} if found is None else self._fields(found)
        fields = fields | {"ResultHandle": 0}
        values = [fields[name] if fields.get(name) is not None else _default(name) for name in names]
        return *values, ERRORS["not-found"] if found is None else 0

    async def _list(self, call: Call, *told: Any) -> tuple[Any, ...]:
        """Results after the sequence number StartIndex, that match; an argument that is empty matches all."""
        state, meas, part, external, internal, external_setup, internal_setup, product, job, *rest = told
        most, start, timeout_ms = rest
        until_s = time.monotonic() + min(max(timeout_ms, 100), _MOST_MS) / 1000.0
        wanted = {
            "MeasId": meas,
            "PartId": part,
            "ExternalRecipeId": external,
            "InternalRecipeId": internal,
            "ExternalConfigurationId": external_setup,
            "InternalConfigurationId": internal_setup,
            "ProductId": product,
            "JobId": job,
        }
        limit = min(most or MOST_RESULTS, MOST_RESULTS)
        found: list[Any] = []
        if state not in (_ANY_STATE, 1):
            return True, 0, 0, found, 0
        link, after = self._vision.link, start
        while True:
            try:
                page = await link.results(after)
            except Refused as refused:
                return True, 0, 0, [], ERRORS[refused.name]
            for result in page:
                after = result.sequence
                fields = self._fields(result)
                if all(_matches(asked, fields[name]) for name, asked in wanted.items()):
                    found.append(structure("ResultDataType", **fields))
                    if len(found) == limit:
                        return after >= link.status.last_sequence, limit, 0, found, 0
            if not page:
                return True, len(found), 0, found, 0
            if time.monotonic() > until_s:
                return False, len(found), 0, found, 0

    async def _acknowledge(self, call: Call, up_to: int) -> tuple[int]:
        order = Acknowledge(up_to=up_to, by=call.by)
        try:
            await self._vision.ask(call, order)
        except Refused as refused:
            if refused.name == "forbidden":
                raise
            return (ERRORS[refused.name],)
        link = self._vision.link
        link.acknowledged = max(link.acknowledged, up_to)
        return (0,)

    async def _found(self, call: Call, asked: Any) -> Result | None:
        """The result that an id names, `EPOCH.SEQUENCE` or the number alone."""
        epoch, _, number = (asked.Id if asked is not None and asked.Id else "").rpartition(".")
        if not number.isascii() or not number.isdigit() or not 0 < int(number) < 2**63:
            return None
        try:
            result = Result.model_validate(await self._vision.ask(call, AskResult(sequence=int(number))))
        except Refused as refused:
            if refused.name == "not-found":
                return None
            raise
        return result if epoch in ("", result.epoch) else None


def _field(name: str, value: Any) -> ua.Variant:
    if name == "ResultContent":
        return ua.Variant(value, ua.VariantType.Variant, is_array=True)
    return ua.Variant(value, _TRUE_TYPES.get(name, ua.VariantType.ExtensionObject))


def _matches(asked: Any, has: Any) -> bool:
    if asked is None:
        return True
    for name in ("Id", "Version", "Hash"):
        wanted = getattr(asked, name, None)
        if wanted and wanted != getattr(has, name, None):
            return False
    return True


def _default(name: str) -> Any:
    part = next(part for part in by_id()["6025"].parts if part.name == name)
    if is_structure(part):
        return structure(by_id()[part.data].name)
    return [] if part.is_array else False
