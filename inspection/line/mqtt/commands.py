"""Takes commands in: reads them, has them carried out once, and says what became of them. asyncio."""

import asyncio
import hashlib
import json
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from inspection.line.mqtt.topics import COMMANDS, ONLY_ASKED, Answer
from inspection.line.orders import AskResults, Order
from inspection.line.refusal import Refused
from inspection.line.station_link import StationLink
from inspection.mistakes import in_words

MOST_BYTES = 16_384
"""A command that is larger is refused."""
_MOST_REMEMBERED = 1000
_MOST_AT_ONCE = 8
"""Commands that the station works on at a time; others are refused."""
LONGEST_ID = 128
"""Characters of a request id."""


class Allowance:
    """A number of things in a second, and as many at once.

    >>> allowance = Allowance(2.0, lambda: 0.0)
    >>> [allowance.take() for _ in range(3)]
    [True, True, False]
    """

    def __init__(self, per_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s, self._most = per_s, max(1.0, per_s)
        self._left, self._clock, self._seen_s = self._most, clock, clock()

    def take(self) -> bool:
        """Whether one more is allowed now."""
        now_s = self._clock()
        self._left = min(self._most, self._left + (now_s - self._seen_s) * self._per_s)
        self._seen_s = now_s
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True


@dataclass(frozen=True, slots=True)
class _Command:
    """A command that could be read."""

    request_id: str
    digest: bytes
    order: Order


class Commands:
    """One door's. What it does goes on though the connection breaks: the answer is there for who asks again."""

    def __init__(self, link: StationLink, per_s: float, counters: Counter[str]) -> None:
        self._link = link
        self._counters = counters
        self._allowance, self._refusals = Allowance(per_s), Allowance(per_s)
        self._carried_out: OrderedDict[str, tuple[bytes, asyncio.Task[Any]]] = OrderedDict()
        self._under_way: set[asyncio.Task[Any]] = set()

    def take(self, name: str, payload: bytes, correlation: bytes | None, *, is_retained: bool) -> "Taken":
        """A command, by the last level of its topic. What comes back is its answer, or a task that brings it."""
        self._counters["commands"] += 1
        if not self._allowance.take():
            self._counters["commands_too_many"] += 1
            if not self._refusals.take():
                return None  # an answer to each of a flood would be a flood
            return self._refuse(name, None, Refused("unavailable", "Too many commands in a second: send it again."))
        if is_retained:
            self._counters["commands_retained"] += 1
            return self._refuse(
                name,
                None,
                Refused(
                    "invalid",
                    "A retained command is not carried out: the broker would repeat it at each connection. Send it "
                    "without `retain`, and delete the one that the broker keeps (an empty retained message).",
                ),
            )
        try:
            command = _read(name, payload, correlation)
        except Refused as refused:
            return self._refuse(name, _request_id(payload), refused)
        return self._begin(name, command)

    def _begin(self, name: str, command: _Command) -> "Taken":
        known = self._carried_out.get(command.request_id)
        if known is not None:
            digest, task = known
            if digest != command.digest:
                return self._refuse(
                    name,
                    command.request_id,
                    Refused("duplicate", f"request_id {command.request_id} was another command's: give each its own."),
                )
            self._counters["commands_repeated"] += 1
            return asyncio.ensure_future(self._answer(name, command, task, is_repeated=True))
        if len(self._under_way) >= _MOST_AT_ONCE:
            self._counters["commands_too_many"] += 1
            return self._refuse(
                name,
                command.request_id,
                Refused("unavailable", f"{_MOST_AT_ONCE} commands are under way: send it again when one is answered."),
            )
        task = asyncio.ensure_future(self._link.ask(command.order))
        self._under_way.add(task)
        if not isinstance(command.order, ONLY_ASKED):
            self._carried_out[command.request_id] = (command.digest, task)
            if len(self._carried_out) > _MOST_REMEMBERED:
                self._carried_out.popitem(last=False)
        task.add_done_callback(lambda task: self._end(command.request_id, task))
        return asyncio.ensure_future(self._answer(name, command, task, is_repeated=False))

    def _end(self, request_id: str, task: "asyncio.Task[Any]") -> None:
        self._under_way.discard(task)
        known = self._carried_out.get(request_id)
        # What was refused has changed nothing: it may be tried again under the same id.
        failed = task.cancelled() or task.exception() is not None
        if failed and known is not None and known[1] is task:
            del self._carried_out[request_id]

    async def _answer(self, name: str, command: _Command, task: "asyncio.Task[Any]", *, is_repeated: bool) -> Answer:
        try:
            told = await asyncio.shield(task)
        except Refused as refused:
            return self._refuse(name, command.request_id, refused)
        return Answer(
            request_id=command.request_id,
            order=name,
            is_done=True,
            is_repeated=is_repeated,
            answer=told,
            refused=None,
            sentence=None,
        )

    def _refuse(self, name: str, request_id: str | None, refused: Refused) -> Answer:
        self._counters["commands_refused"] += 1
        return Answer(
            request_id=request_id,
            order=name if name in COMMANDS else "unknown",
            is_done=False,
            is_repeated=False,
            answer=None,
            refused=refused.name,
            sentence=refused.sentence,
        )


Taken = Answer | asyncio.Task[Answer] | None
"""What becomes of a command; None: it gets no answer."""


def _read(name: str, payload: bytes, correlation: bytes | None) -> _Command:
    kind = COMMANDS.get(name)
    if kind is None:
        raise Refused("invalid", f"There is no such command. There are {', '.join(COMMANDS)}.")
    if len(payload) > MOST_BYTES:
        raise Refused("invalid", f"A command has {MOST_BYTES} bytes at most, and this has {len(payload)}.")
    told = _object(payload)
    if told is None:
        raise Refused("invalid", 'A command is a JSON object, for example {"request_id": "7"}.')
    request_id = told.pop("request_id", None)
    if request_id is None and correlation:
        request_id = f"correlation {hashlib.sha256(correlation).hexdigest()}"
    if not _is_id(request_id):
        raise Refused(
            "invalid",
            f"A command needs a request_id, 1 to {LONGEST_ID} printable characters, another one for each command: by "
            "it a command that comes twice is carried out once.",
        )
    if told.pop("order", name) != name:
        raise Refused("invalid", f"`order` names another command than the topic does, {name}.")
    try:
        order = kind.model_validate(told, strict=True)
    except ValidationError as error:
        raise Refused("invalid", in_words(error)) from error
    if isinstance(order, AskResults) and order.wait_s:
        raise Refused("invalid", "wait_s is 0 here: what is new comes on the topic of results.")
    return _Command(request_id, hashlib.sha256(name.encode() + b"/" + payload).digest(), order)


def _object(payload: bytes) -> dict[str, Any] | None:
    try:
        told = json.loads(payload.decode() or "{}")
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _request_id(payload: bytes) -> str | None:
    """As far as it can be read."""
    told = _object(payload) if len(payload) <= MOST_BYTES else None
    request_id = told.get("request_id") if told else None
    return request_id if _is_id(request_id) else None


def _is_id(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_ID and value.isprintable()
