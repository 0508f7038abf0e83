"""A program's side of the station's API: typed, with one connection, and a stream that goes on where it was cut.

with Client("http://127.0.0.1:8000") as station:
    for decision in station.follow(after=station.last_sequence()):
        ...
        station.acknowledge(decision.sequence, by="gateway")
"""

import json
import ssl
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from pydantic import TypeAdapter, ValidationError

from inspection.api.change_over_routes import ChangeOverOut, PlannedChangeOut, RecipeChoice
from inspection.api.roll_routes import RollChangeOut
from inspection.api.wire import AckOut, DecisionDetail, DecisionList, DecisionOut, Readiness, TriggerOut
from inspection.errors import InspectionError
from inspection.station.intervention import Intervention
from inspection.station.status import StationStatus

T = TypeVar("T")
_TIMEOUT_S = 5.0
_LOADING_S = 60.0
_ALIVE_S = 25.0
"""A stream that says nothing for so long is dead: the station gives a sign of life every 10 s."""
_FIRST_REST_S, _LONGEST_REST_S = 0.1, 5.0
"""Between two tries to come back to a stream."""


class ClientError(InspectionError):
    """The station does not answer, or refuses: what was asked, what it said, what to do."""


class StationAway(ClientError):
    """The station does not answer."""


class Refusal(ClientError):
    """The station answers, and refuses."""

    def __init__(self, status: int, name: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        """The HTTP status."""
        self.name = name
        """For programs to tell refusals apart: `conflict`, `not-found`, `too-many-triggers` …"""


class Client:
    """One station. For one thread; use it as a context."""

    def __init__(
        self, url: str, *, api_key: str | None = None, certificate: Path | None = None, timeout_s: float = _TIMEOUT_S
    ) -> None:
        """`certificate`: the station's, with its chain: no other is believed. Raises ClientError: it can't be read."""
        self.url = url.rstrip("/")
        try:
            verify: ssl.SSLContext | bool = (
                True if certificate is None else ssl.create_default_context(cafile=str(certificate))
            )
        except OSError as error:
            raise ClientError(
                f"Certificate {certificate} can't be read: {error}. Name the station's, as PEM."
            ) from error
        self._http = httpx.Client(
            base_url=self.url,
            headers={"X-API-Key": api_key} if api_key else {},
            verify=verify,
            timeout=timeout_s,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def status(self) -> StationStatus:
        """How the station is doing."""
        return self._ask(StationStatus, "GET", "/v1/status")

    def readiness(self) -> Readiness:
        """Whether the line may run, and why not."""
        return self._ask(Readiness, "GET", "/readyz", accepted=(503,))

    def last_sequence(self) -> int:
        """Sequence number of the newest decision; 0 before the first."""
        return self._ask(DecisionList, "GET", "/v1/decisions?limit=1").last_sequence

    def decisions(
        self, after: int = 0, *, limit: int = 100, wait_s: float = 0.0, epoch: str | None = None
    ) -> DecisionList:
        """Decisions after a sequence number, in order; waits up to `wait_s`, at most 60, for the first.

        `epoch`: the store's name that came with the last one: another store's numbers are refused, with `other-epoch`.
        """
        query: dict[str, Any] = {"after": after, "limit": limit, "wait_s": wait_s}
        if epoch is not None:
            query["epoch"] = epoch
        return self._ask(DecisionList, "GET", "/v1/decisions", params=query, timeout_s=wait_s + _TIMEOUT_S)

    def decision(self, sequence: int) -> DecisionDetail:
        """One decision. Raises Refusal: `not-found`."""
        return self._ask(DecisionDetail, "GET", f"/v1/decisions/{sequence}")

    def follow(
        self, after: int | None = None, *, epoch: str | None = None, for_line: bool = False
    ) -> Iterator[DecisionOut]:
        """All decisions after a sequence number as they are made, None: from now on; without end, whatever becomes of
        the connection. `for_line`: take one of the places that are kept for the line.

        Raises Refusal where coming back can't help: another store, an unknown key.
        """
        place = self._place_now() if after is None else after
        rest_s = _FIRST_REST_S
        while True:
            try:
                for decision in self._stream(place, epoch, for_line):
                    place, rest_s = decision.sequence, _FIRST_REST_S
                    epoch = decision.epoch
                    yield decision
            except Refusal as refusal:
                if refusal.status != 503:  # all places are taken for the moment
                    raise
            except StationAway:
                pass
            time.sleep(rest_s)
            rest_s = min(2 * rest_s, _LONGEST_REST_S)

    def acknowledge(self, up_to: int, by: str) -> int:
        """All decisions up to a number have been taken. Returns how many nobody had acknowledged before."""
        return self._ask(AckOut, "POST", "/v1/decisions/ack", {"up_to": up_to, "by": by}).newly_acknowledged

    def trigger(
        self,
        trigger_id: str,
        piece_id: str | None = None,
        *,
        place_mm: float | None = None,
        frame_number: int | None = None,
        camera: str | None = None,
    ) -> int:
        """Hand in a trigger, echoed on the decision of the piece it belongs to. Returns how many wait for their frames.

        Raises Refusal: `conflict`, `unknown-camera`, `too-many-triggers`.
        """
        told = {
            "trigger_id": trigger_id,
            "piece_id": piece_id,
            "place_mm": place_mm,
            "frame_number": frame_number,
            "camera": camera,
        }
        body = {name: value for name, value in told.items() if value is not None}
        return self._ask(TriggerOut, "POST", "/v1/triggers", body).waiting

    def begin_roll(self, roll_id: str, by: str, first_sequence: int | None = None) -> RollChangeOut:
        """A roll begins; a change-over that was confirmed takes effect with it."""
        return self._ask(
            RollChangeOut, "POST", "/v1/rolls", {"roll_id": roll_id, "by": by, "first_sequence": first_sequence}
        )

    def end_roll(self, by: str, first_sequence: int | None = None) -> RollChangeOut:
        """The roll has ended, and no other has begun yet."""
        return self._ask(RollChangeOut, "POST", "/v1/rolls/end", {"by": by, "first_sequence": first_sequence})

    def recipes(self) -> list[RecipeChoice]:
        """What the line may be changed over to."""
        return self._ask(list[RecipeChoice], "GET", "/v1/change-over/recipes")

    def change_over(self) -> ChangeOverOut:
        """What is in force, and what is to come."""
        return self._ask(ChangeOverOut, "GET", "/v1/change-over")

    def prepare(self, recipe: str, by: str, why: str, sha256: str | None = None) -> PlannedChangeOut:
        """Load a recipe and all that it needs; nothing changes yet. Raises Refusal: `recipe-refused`, `conflict`."""
        body = {"recipe": recipe, "by": by, "why": why, "sha256": sha256}
        return self._ask(PlannedChangeOut, "PUT", "/v1/change-over", body, timeout_s=_LOADING_S)

    def confirm(self, sha256: str, by: str) -> PlannedChangeOut:
        """Have what was prepared take effect with the next roll; `sha256`: echo of the recipe's."""
        return self._ask(PlannedChangeOut, "POST", "/v1/change-over/confirm", {"sha256": sha256, "by": by})

    def cancel(self, by: str, why: str) -> PlannedChangeOut:
        """Give the change up that is to come."""
        return self._ask(PlannedChangeOut, "DELETE", "/v1/change-over", params={"by": by, "why": why})

    def hold(self, reason: str, by: str) -> Intervention:
        """Stop the line until somebody ends the hold."""
        return self._ask(Intervention, "PUT", "/v1/intervention", {"kind": "hold", "reason": reason, "by": by})

    def bypass(self, reason: str, by: str, minutes: float) -> Intervention:
        """Let the line run unjudged for some minutes."""
        body = {"kind": "bypass", "reason": reason, "by": by, "minutes": minutes}
        return self._ask(Intervention, "PUT", "/v1/intervention", body)

    def end_intervention(self, by: str, reason: str) -> None:
        """End the hold or bypass in force."""
        self._ask(dict[str, Any], "DELETE", "/v1/intervention", params={"by": by, "reason": reason})

    def _place_now(self) -> int:
        rest_s = _FIRST_REST_S
        while True:
            try:
                return self.last_sequence()
            except StationAway:
                time.sleep(rest_s)
                rest_s = min(2 * rest_s, _LONGEST_REST_S)

    def _stream(self, after: int, epoch: str | None, for_line: bool) -> Iterator[DecisionOut]:
        query: dict[str, Any] = {"after": after, "for_line": for_line} | ({"epoch": epoch} if epoch else {})
        timeout = httpx.Timeout(_TIMEOUT_S, read=_ALIVE_S)
        try:
            with self._http.stream("GET", "/v1/decisions/stream", params=query, timeout=timeout) as answer:
                if answer.status_code != 200:
                    answer.read()
                    raise self._refusal(answer)
                for line in answer.iter_lines():
                    if line.startswith("data: "):
                        yield DecisionOut.model_validate_json(line[len("data: ") :])
        except httpx.HTTPError as error:
            raise self._away(error) from error

    def _ask(
        self,
        wanted: type[T],
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        params: Mapping[str, Any] | None = None,
        accepted: tuple[int, ...] = (),
        timeout_s: float | None = None,
    ) -> T:
        try:
            answer = self._http.request(method, path, json=body, params=params, timeout=timeout_s or self._http.timeout)
        except httpx.HTTPError as error:
            raise self._away(error) from error
        if answer.is_error and answer.status_code not in accepted:
            raise self._refusal(answer)
        try:
            return TypeAdapter(wanted).validate_json(answer.content)
        except ValidationError as error:
            raise ClientError(
                f"The station at {self.url} speaks another version than this program: {error.error_count()} fields of "
                f"{path.partition('?')[0]} don't fit. Use a client of the station's own version."
            ) from error

    def _away(self, error: httpx.HTTPError) -> StationAway:
        why = str(error) or type(error).__name__
        return StationAway(f"The station at {self.url} does not answer: {why}. Check that it runs, and the network.")

    def _refusal(self, answer: httpx.Response) -> Refusal:
        try:
            problem = json.loads(answer.content)
            name, sentence = str(problem["type"]).rpartition(":")[2], str(problem["detail"])
        except (ValueError, LookupError, TypeError):
            name, sentence = "unknown", f"The station at {self.url} refuses, with status {answer.status_code}."
        return Refusal(answer.status_code, name, sentence)
