"""Whose key it is that a program shows, and until when."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from starlette.concurrency import run_in_threadpool

from inspection.errors import EvidenceError
from inspection.people.api_keys import key_of_pages, sha256_of
from inspection.people.key_role import KeyRole
from inspection.people.line_ledger import LineLedger
from inspection.people.throttle import Limit, Throttle, neighbourhood
from inspection.store.evidence import Evidence

LOOK_S = 2.0
"""Between two looks at the keys of those who follow decisions."""
_GUESSES = 10
_MOST_KNOWN = 1000
_log = structlog.get_logger("inspection.api")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who talks to the API."""

    name: str
    """For the audit log: `key:mes`, `settings` (of api_key), `pages`, or `local, no key`."""
    role: KeyRole
    sha256: str | None = None
    """SHA-256 of a key with a name; None: there is nothing to revoke."""
    is_pages: bool = False
    """Speaks for people who have logged in, and names them."""

    def signed(self, by: str, what: str) -> tuple[str, str]:
        """(who, action) for the audit log: the person where the pages say who it is, else whose key it is.

        >>> Caller("pages", KeyRole.HOLD, is_pages=True).signed("ann", "hold"), LOCAL.signed("ann", "hold")
        (('ann', 'line.hold'), ('local, no key', 'api.hold'))
        """
        return (by, f"line.{what}") if self.is_pages else (self.name, f"api.{what}")


LOCAL = Caller("local, no key", KeyRole.HOLD)


class Guessing(Exception):
    """An address has shown too many wrong keys."""

    def __init__(self, wait_s: float) -> None:
        super().__init__("too many wrong keys")
        self.wait_s = wait_s


class KeyRing:
    """Belongs to the API's event loop."""

    def __init__(self, ledger: LineLedger, evidence: Evidence, api_key: str | None, *, is_open: bool) -> None:
        """`api_key`: of the settings, None without; `is_open`: who shows no key is let in."""
        self._ledger = ledger
        self._evidence = evidence
        # Clients don't agree on how a header carries other letters than ASCII's.
        ways = () if api_key is None else (api_key.encode(), api_key.encode("latin-1", "replace"))
        self._settings = {sha256_of(each) for each in ways}
        self._pages: str | None = None
        self._throttle = Throttle()
        self._known: dict[str, None] = {}
        self._held: dict[asyncio.Event, str] = {}
        self.is_open = is_open

    async def caller(self, given: bytes | None, address: str) -> Caller | None:
        """Who shows a key from an address; None: nobody who may come in. Raises Guessing.

        Wrong keys make their address wait. A key by name is let in all the same, for nobody guesses 256 bits, and so
        is the settings' key where it was shown before: else whoever guesses beside the line would shut the line out.
        """
        if given is None:
            return LOCAL if self.is_open else None
        sha256 = sha256_of(given)
        found = await self._by_hash(sha256)
        place = neighbourhood(address)
        if found is None and self.is_open:
            return LOCAL
        if found is not None and (sha256 not in self._settings or place in self._known):
            return found
        tries = Limit(f"key:{place}", free=_GUESSES, longest_s=60.0)
        if wait_s := self._throttle.reserve(tries):
            raise Guessing(wait_s)
        if found is None:
            _log.warning("a wrong API key", address=address)
            return None
        self._throttle.give_back(tries)
        self._known[place] = None
        if len(self._known) > _MOST_KNOWN:
            del self._known[next(iter(self._known))]
        return found

    @contextmanager
    def held(self, caller: Caller) -> Iterator[asyncio.Event]:
        """For as long as the block lasts: an event that is set when the caller's key was revoked."""
        is_over = asyncio.Event()
        if caller.sha256 is not None:
            self._held[is_over] = caller.sha256
        try:
            yield is_over
        finally:
            self._held.pop(is_over, None)

    async def watch(self) -> None:
        """Cut off who follows decisions with a key that was revoked, and write what waits for the audit log."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await run_in_threadpool(self._ledger.keep_up)
                good = await run_in_threadpool(self._ledger.keys) if self._held else {}
                for is_over, sha256 in list(self._held.items()):
                    if sha256 not in good:
                        is_over.set()
            except Exception:  # noqa: BLE001 - a watch that ends would cut nobody off any more
                _log.exception("API keys could not be looked at")

    async def _by_hash(self, sha256: str) -> Caller | None:
        if sha256 in self._settings:
            return Caller("settings", KeyRole.HOLD)
        if sha256 == await self._of_pages():
            return Caller("pages", KeyRole.HOLD, is_pages=True)
        keys = self._ledger.keys() if self._ledger.are_keys_fresh else await run_in_threadpool(self._ledger.keys)
        key = keys.get(sha256)
        return None if key is None else Caller(f"key:{key.name}", key.role, sha256)

    async def _of_pages(self) -> str | None:
        """The pages have the station's sealing key, and make theirs of it."""
        if self._pages is None:
            try:
                sealing = await run_in_threadpool(self._evidence.key_to_check)
            except EvidenceError:
                return None
            self._pages = sha256_of(key_of_pages(sealing).encode())
        return self._pages
