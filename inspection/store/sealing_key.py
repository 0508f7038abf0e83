"""The key that seals what the station and people write, and the file that it lies in. Whoever has it can forge."""

import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from inspection.errors import EvidenceError
from inspection.private_files import FILE_MODE, make_folder

_BYTES = 32
_MOST_BYTES = 4096


@dataclass(frozen=True, slots=True)
class SealingKey:
    """256 random bits, with which HMAC-SHA256 is made."""

    secret: bytes = field(repr=False)

    @property
    def name(self) -> str:
        """Tells keys apart without giving them away: 16 hexadecimal digits of a hash.

        >>> SealingKey(bytes(32)).name
        '66687aadf862bd77'
        """
        return hashlib.sha256(self.secret).hexdigest()[:16]

    def mac(self, parts: Iterable[bytes]) -> str:
        """HMAC-SHA256 over parts, each of which ends where a newline follows; 64 hexadecimal digits."""
        made = hmac.new(self.secret, digestmod=hashlib.sha256)
        for part in parts:
            made.update(part)
            made.update(b"\n")
        return made.hexdigest()


def read_key(path: Path) -> SealingKey:
    """The key in a file. Raises EvidenceError: it is missing, can't be read, or holds no key."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise EvidenceError(f"Key {path} is no regular file. Put the station's key there, from its backup.")
            content = os.read(descriptor, _MOST_BYTES)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise EvidenceError(
            f"Key {path} can't be read ({error.strerror}). Restore it from its backup, and see that the station's "
            "user may read it."
        ) from error
    try:
        secret = bytes.fromhex(content.decode("ascii").strip())
    except ValueError as error:
        raise EvidenceError(
            f"Key {path} holds no key: expected 64 hexadecimal digits. Restore it from its backup."
        ) from error
    if len(secret) != _BYTES:
        raise EvidenceError(
            f"Key {path} holds {len(secret)} bytes, expected are {_BYTES} as hexadecimal digits. "
            "Restore it from its backup."
        )
    return SealingKey(secret)


def make_key(path: Path) -> SealingKey:
    """Make a key where there is none, readable for this user alone, whole or not at all.

    Of two processes that do so at once one makes it, and both have the same. Raises EvidenceError.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.part")
    try:
        make_folder(path.parent)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
        try:
            os.write(descriptor, secrets.token_hex(_BYTES).encode() + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        try:
            os.link(part, path)
        except FileExistsError:
            pass
        finally:
            part.unlink()
    except OSError as error:
        raise EvidenceError(
            f"Key {path} can't be made ({error.strerror}). Check the folder's rights and the disk, or name another "
            "[evidence] key_file."
        ) from error
    return read_key(path)


def exposed_to(path: Path) -> str | None:
    """Why others than this user may know the key, None if nobody else can read or replace the file."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return None  # whoever needs the key hears of that
    if mode & 0o077:
        return (
            f"Key {path} has mode {mode:04o}: others than the station's user can read or replace it, and whoever has "
            f"the key can forge what it seals. chmod 600 {path}, and ask who may have copied it."
        )
    return None
