"""Passwords: hashed with argon2id, and made up where a person has none yet. argon2's only home."""

import base64
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST_CHARACTERS = 10
"""NIST SP 800-63B-4 asks for length, not for a mixture of characters."""
MOST_CHARACTERS = 256
NO_PASSWORD = "!"
"""Instead of a hash: nobody can log in with a password."""

_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # nothing that looks like something else


@dataclass(frozen=True, slots=True)
class HashCost:
    """What a hash costs whoever makes or tries one: the second option that RFC 9106 recommends."""

    passes: int = 3
    memory_kib: int = 64 * 1024
    lanes: int = 4


_AT_ONCE = 2
_MOST_WAITING = 8
_MOST_KNOWN_WAITING = 24


class TooManyAtOnce(Exception):
    """No further password may wait to be hashed: too many do."""


class Hashing:
    """Hashes passwords, two at once: each takes tens of milliseconds and 64 MiB on purpose. Safe from any thread."""

    def __init__(self, cost: HashCost | None = None) -> None:
        """`cost`: of the hashes that are made; one that was made before is tried at its own. None: the usual one."""
        told = cost or HashCost()
        self._hasher = PasswordHasher(told.passes, told.memory_kib, told.lanes)
        self._nobodys_hash = _nobodys_hash(told)
        self._lock = threading.Lock()
        self._places = threading.Semaphore(_AT_ONCE)
        self._inside = 0

    def hash(self, password: str) -> str:
        """The argon2id hash with its parameters and salt. Raises TooManyAtOnce."""
        with self._place(is_known=True):
            return self._hasher.hash(password)

    def is_password(self, password: str, password_hash: str | None, *, is_known: bool = False) -> bool:
        """Whether a password fits its hash. None, for a person who is not there, takes as long as any.

        `is_known`: it comes from a browser that the station has let in before; strangers never take all places.
        Raises TooManyAtOnce.

        >>> hashing = Hashing()
        >>> kept = hashing.hash("correct horse")
        >>> hashing.is_password("correct horse", kept), hashing.is_password("correct horse", None)
        (True, False)
        """
        with self._place(is_known=is_known):
            try:
                known = self._nobodys_hash if password_hash in (None, NO_PASSWORD) else password_hash
                self._hasher.verify(known, password)
            except (VerificationError, InvalidHashError):
                return False
            return password_hash is not None

    @contextmanager
    def _place(self, *, is_known: bool) -> Iterator[None]:
        with self._lock:
            if self._inside >= _AT_ONCE + (_MOST_KNOWN_WAITING if is_known else _MOST_WAITING):
                raise TooManyAtOnce
            self._inside += 1
        try:
            with self._places:
                yield
        finally:
            with self._lock:
                self._inside -= 1


def _nobodys_hash(cost: HashCost) -> str:
    """A hash that is tried as any, and that nobody knows a password to: drawn, not made, so that it costs no start."""
    salt, drawn = (base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, 32))
    return f"$argon2id$v=19$m={cost.memory_kib},t={cost.passes},p={cost.lanes}${salt}${drawn}"


def one_time_password() -> str:
    """Twenty characters (100 bits) in fours, easy to read out loud.

    >>> len(one_time_password())
    24
    """
    letters = [secrets.choice(_ALPHABET) for _ in range(20)]
    return "-".join("".join(letters[i : i + 4]) for i in range(0, 20, 4))
