"""Decisions: asked for, waited for, streamed, acknowledged."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Annotated

from fastapi import APIRouter, Header, Query, WebSocket, WebSocketDisconnect
from fastapi.responses import StreamingResponse
from pydantic import ConfigDict, Field
from starlette.types import Receive, Scope, Send

from camera.checked import Checked
from camera.frame import FrameId
from inspection.api.problems import ApiProblem, responses
from inspection.api.reader import DecisionReader
from inspection.api.stream_places import NoPlace
from inspection.api.wire import (
    EXAMPLE_DECISION,
    MOST_SEQUENCE,
    AckIn,
    AckOut,
    DecisionDetail,
    DecisionList,
    PlainText,
    SequenceNumber,
)
from inspection.api.wire_decisions import decision_detail, unstored_detail
from inspection.station.desk import Desk
from inspection.values import Decision

_OTHER_STORE = {
    409: "`after` is ahead of this station (`sequence-ahead`), or `epoch` is another store's (`other-epoch`)."
}
ALIVE_S = 10.0
"""A stream without decisions says so often that it is alive."""
_TRY_AGAIN_LATER = 1013
_POLICY_VIOLATION = 1008


Epoch = Annotated[
    PlainText | None,
    Query(
        max_length=64,
        description="The store's name that came with the client's last decision; 409 if it has another now.",
    ),
]
After = Annotated[
    int | None,
    Query(
        ge=0,
        le=MOST_SEQUENCE,
        description="Highest sequence number that the client has; without it, from now on.",
    ),
]
LastEventId = Annotated[
    int | None,
    Header(
        ge=0,
        le=MOST_SEQUENCE,
        description="What a browser's EventSource sends when it comes back; it counts before `after`.",
    ),
]
ForLine = Annotated[bool, Query(description="Take one of the places that are kept for the line.")]


class ListQuery(Checked):
    """Which decisions."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    after: int = Field(default=0, ge=0, le=MOST_SEQUENCE)
    """Highest sequence number that the client has; 0 from the beginning."""
    limit: int = Field(default=100, ge=1, le=1000)
    """Most decisions in one answer."""
    wait_s: float = Field(default=0.0, ge=0.0, le=60.0)
    """Long-poll: how many seconds to wait for the first one."""
    epoch: PlainText | None = Field(default=None, max_length=64)
    """The store's name that came with the client's last decision; 409 if it has another one now."""


def decision_routes(desk: Desk, reader: DecisionReader) -> APIRouter:
    """Routes below /v1/decisions."""
    router = APIRouter(prefix="/v1/decisions", tags=["decisions"])

    @router.get("", responses=responses(_OTHER_STORE))
    async def list_decisions(query: Annotated[ListQuery, Query()]) -> DecisionList:
        """Decisions after a sequence number, in order. With `wait_s` it waits for the first (long-poll)."""
        reader.check(query.after, query.epoch)
        found = await reader.after(query.after, query.limit, query.wait_s)
        return DecisionList(decisions=found, last_sequence=desk.feed.last_sequence, epoch=desk.store.epoch)

    @router.get(
        "/stream",
        responses=responses(_OTHER_STORE | {503: "All places for streams are taken: `too-many-streams`."})
        | {
            200: {
                "description": "Server-sent events: `id` is the sequence number, `event` is `decision`, "
                "`data` is a decision as JSON. A comment comes every 10 s when there is nothing to tell.",
                "content": {
                    "text/event-stream": {
                        "schema": {"type": "string"},
                        "example": f"id: 412\nevent: decision\ndata: {json.dumps(EXAMPLE_DECISION)}\n\n",
                    }
                },
            }
        },
        response_class=StreamingResponse,
    )
    async def stream_events(
        after: After = None,
        last_event_id: LastEventId = None,
        epoch: Epoch = None,
        for_line: ForLine = False,
    ) -> StreamingResponse:
        """Every decision as it is made, as server-sent events; from `after` or Last-Event-ID on, else from now on.

        The same path takes a WebSocket (`?after=N&epoch=E`): one decision in JSON for each message. A client that does
        not read for 10 s is cut off; it asks again from its last sequence number on.
        """
        start = next((n for n in (last_event_id, after) if n is not None), desk.feed.last_sequence)
        reader.check(start, epoch)
        place = ExitStack()
        try:
            place.enter_context(reader.places.taken(for_line=for_line))
        except NoPlace as error:
            raise ApiProblem(503, "too-many-streams", str(error)) from error

        async def events() -> AsyncIterator[str]:
            yield "retry: 1000\n\n"
            async for decisions in reader.follow(start, ALIVE_S):
                yield (
                    "".join(f"id: {d.sequence}\nevent: decision\ndata: {d.model_dump_json()}\n\n" for d in decisions)
                    or ": alive\n\n"
                )

        return _EventStream(events(), place)

    @router.websocket("/stream")
    async def stream_messages(
        socket: WebSocket,
        after: After = None,
        epoch: Epoch = None,
        for_line: ForLine = False,
    ) -> None:
        await socket.accept()
        start = desk.feed.last_sequence if after is None else after
        try:
            reader.check(start, epoch)
        except ApiProblem as problem:
            await socket.close(_POLICY_VIOLATION, problem.name)
            return
        try:
            with reader.places.taken(for_line=for_line):
                await _converse(socket, reader, start)
        except NoPlace:
            await socket.close(_TRY_AGAIN_LATER, "too-many-streams")

    @router.post(
        "/ack",
        responses=responses(
            {404: "One of them does not exist: `not-found`.", 409: "`epoch` is another store's: `other-epoch`."}
        ),
    )
    def acknowledge(ack: AckIn) -> AckOut:
        """Note that the line, or a person, has taken decisions. It may be repeated; the first one counts."""
        reader.check(0, ack.epoch)
        last = desk.feed.last_sequence
        if ack.up_to is not None:
            if ack.up_to > last:
                raise ApiProblem(404, "not-found", f"There is no decision {ack.up_to}; the last one is {last}.")
            return AckOut(newly_acknowledged=desk.store.acknowledge_up_to(ack.up_to, ack.by))
        sequences = ack.sequences or []
        if missing := sorted(set(sequences) - desk.store.existing(sequences)):
            raise ApiProblem(404, "not-found", f"The store has no decision {', '.join(map(str, missing))}.")
        return AckOut(newly_acknowledged=desk.store.acknowledge(sequences, ack.by))

    @router.get(
        "/{sequence}",
        responses=responses(
            {404: "There is none yet (`not-found`), or no decision has this number, and why (`no-such-number`)."}
        ),
    )
    def one_decision(sequence: SequenceNumber) -> DecisionDetail:
        """One decision, with its acknowledgement."""
        stored = desk.store.decision(sequence)
        if stored is not None:
            is_of_now = stored.station_run == desk.store.station_run
            held = _held(desk, stored.decision) if is_of_now else set()
            return decision_detail(stored, pictured=held | set(stored.saved_frames))
        unstored = desk.feed.decision(sequence)
        if unstored is None:
            if (gap := desk.store.gap_at(sequence)) is not None:
                numbers = f"{gap.first_sequence} to {gap.last_sequence}"
                raise ApiProblem(404, "no-such-number", f"No decision has the numbers {numbers}. {gap.why}")
            last = desk.feed.last_sequence
            raise ApiProblem(404, "not-found", f"There is no decision {sequence}; the last one is {last}.")
        return unstored_detail(unstored, epoch=desk.store.epoch, pictured=_held(desk, unstored))

    return router


def _held(desk: Desk, decision: Decision) -> set[FrameId]:
    """Its frames that are still on their way to the disk."""
    frames = {decision.piece.frame, *(seen.frame for seen in decision.view_frames)}
    return {frame for frame in frames if desk.archive.is_waiting(frame)}


class _EventStream(StreamingResponse):
    """Server-sent events that hold a place as long as they are sent, however that ends."""

    def __init__(self, events: AsyncIterator[str], place: ExitStack) -> None:
        super().__init__(events, media_type="text/event-stream", headers={"Cache-Control": "no-store"})
        self._place = place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._place:
            await super().__call__(scope, receive, send)


async def _converse(socket: WebSocket, reader: DecisionReader, after: int) -> None:
    telling = asyncio.create_task(_tell(socket, reader, after))
    hearing = asyncio.create_task(_hear(socket))
    try:
        await asyncio.wait((telling, hearing), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (telling, hearing):
            task.cancel()
        await asyncio.gather(telling, hearing, return_exceptions=True)


async def _tell(socket: WebSocket, reader: DecisionReader, after: int) -> None:
    async for decisions in reader.follow(after, ALIVE_S):
        for decision in decisions:
            await socket.send_text(decision.model_dump_json())
    await socket.close()


async def _hear(socket: WebSocket) -> None:
    """Nothing is expected from the client but that it leaves; only who listens hears that."""
    try:
        while True:
            await socket.receive_text()
    except (WebSocketDisconnect, KeyError):
        return
