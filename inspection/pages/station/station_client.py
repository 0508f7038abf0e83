"""Asks the station for what only it knows, over its `/v1` API."""

import json
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter, ValidationError

from inspection.alarms.alarm import Alarm
from inspection.errors import LineError
from inspection.station.chain import WATCH_S, ChainLink
from inspection.station.status import StationStatus

_TIMEOUT_S = 2.0
_LOADING_S = 30.0
_STATUS = TypeAdapter(StationStatus)
_ALARM = TypeAdapter(Alarm)
_CHAIN = TypeAdapter(list[ChainLink])


class StationClient:
    """One client for the whole process. All methods raise LineError when the station does not answer as it should."""

    def __init__(
        self, url: str | None, api_key: Callable[[], str | None] = lambda: None, certificate: Path | None = None
    ) -> None:
        """`url`: None when there is no station to ask; `api_key`: None as long as there is none.

        `certificate`: the station's, with its chain: no other is believed; None: no HTTPS.
        """
        self.url = url
        self._api_key = api_key
        self._client = httpx.AsyncClient(
            base_url=url or "", verify=_trusting(certificate), timeout=_TIMEOUT_S, trust_env=False
        )

    async def close(self) -> None:
        """Hang up."""
        await self._client.aclose()

    async def status(self) -> StationStatus:
        """How the station is doing."""
        content = await self._ask("GET", "/v1/status")
        try:
            return _STATUS.validate_json(content)
        except ValidationError as error:
            raise LineError(
                f"The station at {self.url} speaks another version than these pages: {error.error_count()} fields of "
                "its status don't fit. Start station and pages from the same installation."
            ) from error

    async def lanes(self) -> int:
        """How many lanes the recipe in use has; 0: the whole image is the product."""
        content = await self._ask("GET", "/v1/recipes")
        try:
            return len(json.loads(content)[0]["content"]["layout"]["lanes"])
        except (ValueError, LookupError, TypeError) as error:
            raise LineError(f"The station at {self.url} tells no recipe that these pages understand.") from error

    async def hold(self, reason: str, by: str) -> None:
        """Put the line on hold."""
        await self._ask("PUT", "/v1/intervention", {"kind": "hold", "reason": reason, "by": by})

    async def bypass(self, reason: str, by: str, minutes: float) -> None:
        """Let the line run unjudged for so many minutes."""
        await self._ask("PUT", "/v1/intervention", {"kind": "bypass", "reason": reason, "by": by, "minutes": minutes})

    async def end_intervention(self, by: str, reason: str) -> None:
        """End the hold or bypass in force."""
        await self._ask("DELETE", f"/v1/intervention?by={quote(by)}&reason={quote(reason, safe='')}")

    async def acknowledge_alarm(self, number: int, by: str) -> Alarm:
        """Say that somebody has seen an alarm."""
        return _alarm(await self._ask("POST", f"/v1/alarms/{number}/acknowledge", {"by": by}))

    async def shelve_alarm(self, number: int, by: str, reason: str, minutes: float) -> Alarm:
        """Put an alarm aside for so many minutes."""
        body = {"by": by, "reason": reason, "minutes": minutes}
        return _alarm(await self._ask("PUT", f"/v1/alarms/{number}/shelf", body))

    async def unshelve_alarm(self, number: int, by: str) -> Alarm:
        """Take an alarm from the shelf before its time."""
        return _alarm(await self._ask("DELETE", f"/v1/alarms/{number}/shelf?by={quote(by)}"))

    async def prepare(self, title: str, by: str, why: str, sha256: str) -> None:
        """Have the station load the recipe NAME-VERSION, whose file has this hash."""
        body = {"recipe": title, "by": by, "why": why, "sha256": sha256}
        await self._ask("PUT", "/v1/change-over", body, timeout_s=_LOADING_S)

    async def confirm_change(self, sha256: str, by: str) -> None:
        """Have what is prepared take effect with the next roll."""
        await self._ask("POST", "/v1/change-over/confirm", {"sha256": sha256, "by": by})

    async def cancel_change(self, by: str, why: str) -> None:
        """Give the change up that is to come."""
        await self._ask("DELETE", f"/v1/change-over?by={quote(by)}&why={quote(why)}")

    async def begin_roll(self, roll: str, by: str) -> tuple[int, int | None]:
        """A roll begins. Returns its first decision, and the first by a new recipe if there is one."""
        told = json.loads(await self._ask("POST", "/v1/rolls", {"roll_id": roll, "by": by}))
        return int(told["first_sequence"]), told["recipe_from"]

    async def end_roll(self, by: str) -> int:
        """The roll has ended. Returns the first decision after it."""
        return int(json.loads(await self._ask("POST", "/v1/rolls/end", {"by": by}))["first_sequence"])

    async def test(self, what: Literal["cameras", "doors"], name: str) -> list[ChainLink]:
        """Which part of the way from a camera, or through a door, is broken. Takes some seconds."""
        content = await self._ask("GET", f"/v1/{what}/{quote(name, safe='')}/test", timeout_s=WATCH_S + _LOADING_S)
        try:
            return _CHAIN.validate_python(json.loads(content)["links"])
        except (ValidationError, ValueError, LookupError, TypeError) as error:
            raise LineError("The station tells of a test in a way that these pages don't understand.") from error

    async def _ask(self, method: str, path: str, body: object = None, timeout_s: float = _TIMEOUT_S) -> bytes:
        if self.url is None:
            raise LineError("These pages were started without a station: only what is stored can be seen.")
        key = self._api_key()
        headers = {"X-API-Key": key} if key else {}
        try:
            answer = await self._client.request(method, path, json=body, headers=headers, timeout=timeout_s)
        except httpx.HTTPError as error:
            raise LineError(
                f"The station at {self.url} does not answer ({type(error).__name__}). Start it, or correct [api] in "
                "its settings."
            ) from error
        if answer.is_success:
            return answer.content
        raise LineError(_refusal(answer))


def _alarm(content: bytes) -> Alarm:
    try:
        return _ALARM.validate_json(content)
    except ValidationError as error:
        raise LineError("The station tells of an alarm in a way that these pages don't understand.") from error


def _trusting(certificate: Path | None) -> ssl.SSLContext | bool:
    """Trust in the station's own certificate alone: it is asked by its address, which no authority certifies."""
    if certificate is None:
        return False
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(certificate)
    return context


def _refusal(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"The station answered {answer.status_code} to {answer.request.url.path}."
