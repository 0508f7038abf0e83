"""Passwords: hashed with argon2id, and made up where a person has none yet. argon2's only home."""

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST_CHARACTERS = 10
"""NIST SP 800-63B-4 asks for length, not for a mixture of characters."""
MOST_CHARACTERS = 256
NO_PASSWORD = "!"
"""Instead of a hash: nobody can log in with a password."""

_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # nothing that looks like something else
_HASHER = PasswordHasher()  # RFC 9106, second recommended option: 64 MiB, 3 passes, 4 lanes
_SOME_HASH = _HASHER.hash("nobody's password")


def hash_password(password: str) -> str:
    """The argon2id hash with its parameters and salt; takes tens of milliseconds and 64 MiB on purpose."""
    return _HASHER.hash(password)


def is_password(password: str, password_hash: str | None) -> bool:
    """Whether a password fits its hash. None, for a person who is not there, takes as long as any.

    >>> is_password("correct horse", hash_password("correct horse")), is_password("correct horse", None)
    (True, False)
    """
    try:
        _HASHER.verify(_SOME_HASH if password_hash in (None, NO_PASSWORD) else password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def one_time_password() -> str:
    """Twenty characters (100 bits) in fours, easy to read out loud.

    >>> len(one_time_password())
    24
    """
    letters = [secrets.choice(_ALPHABET) for _ in range(20)]
    return "-".join("".join(letters[i : i + 4]) for i in range(0, 20, 4))
