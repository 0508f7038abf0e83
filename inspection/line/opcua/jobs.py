"""Jobs: what partners start, so that they find their own ids on results. Inspection goes on with or without one."""

import uuid
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from asyncua import ua

from inspection.line.opcua.identities import title_of
from inspection.line.opcua.methods import ERRORS, Call, structure
from inspection.line.opcua.recipes import Recipes
from inspection.line.opcua.vision import ROOT, Vision
from inspection.line.orders import AddTrigger, BeginRoll, ConfirmRecipe
from inspection.line.refusal import Refused
from inspection.line.result import Named, Result
from inspection.people.key_role import KeyRole

AUTOMATIC = f"{ROOT}.VisionStateMachine.AutomaticModeStateMachine"
_JOB_STARTED, _READY = "1013", "1023"
_REMEMBERED = 1000
_SEVERITY = 100


@dataclass(slots=True)
class Job:
    """One that was started here."""

    id: str
    meas: str
    part: str
    product: str
    is_single: bool
    """It is about one piece, which echoes its id as the trigger's."""
    after: int
    """It is about results after this number."""
    up_to: int | None = None
    """The last number that it is about; None: it goes on."""

    def has(self, result: Result) -> bool:
        """Whether a result is one of its own."""
        if self.is_single:
            return result.trigger_id == self.id
        return self.after < result.sequence and (self.up_to is None or result.sequence <= self.up_to)


class Jobs:
    """Methods of the automatic mode."""

    def __init__(self, vision: Vision, recipes: Recipes) -> None:
        self._vision = vision
        self._recipes = recipes
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._running: Job | None = None

    def build(self) -> None:
        """Have the methods answered."""
        add = self._vision.add_method
        add(f"{AUTOMATIC}.StartSingleJob", self._start_single)
        add(f"{AUTOMATIC}.StartContinuous", self._start_continuous)
        add(f"{AUTOMATIC}.Stop", self._stop("Stop"))
        add(f"{AUTOMATIC}.Abort", self._stop("Abort"))
        add(f"{AUTOMATIC}.SimulationMode", self._simulate)

    def of(self, result: Result) -> Job | None:
        """The job that a result belongs to; None: it was made outside of all."""
        if result.trigger_id is not None and (single := self._jobs.get(result.trigger_id)) is not None:
            return single
        return next((job for job in reversed(self._jobs.values()) if not job.is_single and job.has(result)), None)

    async def heard(self, result: Result) -> None:
        """A result was told: a single job that it answers is over."""
        job = self._running
        if job is None or not job.is_single or not job.has(result):
            return
        async with self._vision.turn:
            if self._running is job and await self._vision.step_by_itself("Ready", "the piece is judged"):
                await self._ended()

    async def watch(self) -> None:
        """A job whose state was left by Halt or Reset is over."""
        if self._running is not None and self._vision.machines.automatic is None:
            self._end()

    async def _start_single(
        self, call: Call, meas: Any, part: Any, recipe: Any, product: Any, parameters: Any
    ) -> tuple[Any, ...]:
        async with self._vision.turn:
            self._vision.may(call, KeyRole.TRIGGER)
            self._vision.check("StartSingleJob")
            job = self._job(meas, part, product, is_single=True)
            try:
                await self._choose(call, recipe, job)
                await self._vision.ask(call, AddTrigger(trigger_id=job.id, piece_id=job.part[:128] or None))
            except Refused as refused:
                return self._refused(refused)
            return await self._begin(job, "StartSingleJob")

    async def _start_continuous(
        self, call: Call, meas: Any, part: Any, recipe: Any, product: Any, parameters: Any
    ) -> tuple[Any, ...]:
        async with self._vision.turn:
            self._vision.may(call, KeyRole.TRIGGER)
            self._vision.check("StartContinuous")
            job = self._job(meas, part, product, is_single=False)
            try:
                changes = await self._choose(call, recipe, job)
                if changes or job.part:
                    told = await self._vision.ask(call, BeginRoll(roll=(job.part or job.id)[:64]))
                    job.after = max(job.after, told["first_sequence"] - 1)
            except Refused as refused:
                return self._refused(refused)
            return await self._begin(job, "StartContinuous")

    async def _choose(self, call: Call, asked: Any, job: Job) -> bool:
        """Confirm the recipe that the job wants. Returns whether it is another one than judges now. Raises Refused."""
        prepared = list(self._recipes.prepared.values())
        name = (asked.Id or None) if asked is not None else None
        digest = bytes(asked.Hash).hex() if asked is not None and asked.Hash else None
        found = [
            each for each in prepared if name in (None, each.name, title_of(each)) and digest in (None, each.sha256)
        ]
        if not found:
            raise Refused("not-found", f"Recipe {name} is not prepared: call PrepareRecipe first.")
        recipe: Named = found[-1]
        if recipe.sha256 == self._recipes.in_force().sha256:
            return False
        await self._vision.ask(call, ConfirmRecipe(sha256=recipe.sha256))
        return True

    async def _begin(self, job: Job, cause: str) -> tuple[Any, ...]:
        self._jobs[job.id] = self._running = job
        while len(self._jobs) > _REMEMBERED:
            self._jobs.popitem(last=False)
        await self._vision.step(cause)
        await self._vision.tell(_JOB_STARTED, f"Job {job.id} begins", _SEVERITY, {"JobId": _job_id(job)})
        return structure("JobIdDataType", Id=job.id), 0

    def _stop(self, name: str) -> Any:
        async def handler(call: Call, cause: int, description: str | None) -> tuple[int]:
            self._vision.may(call, KeyRole.TRIGGER)
            async with self._vision.turn:
                await self._vision.step(name)
                await self._ended()
            return (0,)

        return handler

    async def _simulate(self, call: Call, activate: bool, cause: int, description: str | None) -> tuple[int]:
        """There is no simulation on command: a station with simulated cameras says so in its settings."""
        self._vision.may(call, KeyRole.TRIGGER)
        if not self._vision.machines.is_operational:
            self._vision.check("SimulationMode")
        return (ERRORS["invalid"] if activate else 0,)

    async def _ended(self) -> None:
        job = self._end()
        if job is not None:
            await self._vision.tell(_READY, f"Job {job.id} has ended", _SEVERITY, {"JobId": _job_id(job)})

    def _end(self) -> Job | None:
        job, self._running = self._running, None
        if job is not None and not job.is_single:
            job.up_to = self._vision.link.status.last_sequence
        return job

    def _job(self, meas: Any, part: Any, product: Any, *, is_single: bool) -> Job:
        meas, part, product = ((each.Id or "") if each is not None else "" for each in (meas, part, product))
        name = f"job-{uuid.uuid4().hex[:16]}"
        return Job(name, meas, part, product, is_single, self._vision.link.status.last_sequence)

    @staticmethod
    def _refused(refused: Refused) -> tuple[Any, ...]:
        if refused.name == "forbidden":
            raise refused
        return structure("JobIdDataType", Id=""), ERRORS[refused.name]


def _job_id(job: Job) -> ua.Variant:
    return ua.Variant(structure("JobIdDataType", Id=job.id), ua.VariantType.ExtensionObject)
