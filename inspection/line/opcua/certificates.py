"""The server's certificate, and those of partners that it trusts: DER files in folders, as OPC UA programs have them.

`own/` the server's certificate and key, `trusted/` partners that are let in, `rejected/` those that knocked and were
not: move a file from one to the other to let its partner in; no restart is needed.
"""

import datetime
import hashlib
import ipaddress
import socket
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from inspection.private_files import make_folder
from inspection.whole_file import write_whole

FOLDER = "certificates"
MOST_REJECTED = 20
"""The last ones that knocked are kept, so many."""
_MOST_BYTES = 16_384
_KEY_BITS = 2048
_VALID_DAYS = 3650
_MOST_TRUSTED = 200


class CertificateFault(Exception):
    """A certificate can't be used; says why."""


class Certificates:
    """Those of one door."""

    def __init__(self, folder: Path) -> None:
        """`folder`: the door's own."""
        self.folder = folder / FOLDER
        self.certificate = self.folder / "own" / "certificate.der"
        self.key = self.folder / "own" / "key.pem"
        self.trusted = self.folder / "trusted"
        self.rejected = self.folder / "rejected"

    def make(self, uri: str, name: str, hosts: Sequence[str] = ()) -> str:
        """A new key and a certificate that it signs itself, in place of those that are there; returns its fingerprint.

        `hosts`: names and addresses that partners reach the server by. Raises OSError.
        """
        for each in (self.certificate.parent, self.trusted, self.rejected):
            make_folder(each)
        key = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
        now = datetime.datetime.now(datetime.UTC)
        names = [x509.UniformResourceIdentifier(uri), *(_general_name(host) for host in hosts or own_hosts())]
        usage = x509.KeyUsage(True, True, True, True, False, True, False, False, False)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=_VALID_DAYS))
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
                critical=False,
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        write_whole(self.key, private, is_private=True)
        der = certificate.public_bytes(serialization.Encoding.DER)
        write_whole(self.certificate, der)
        return fingerprint(der)

    def has_own(self) -> bool:
        """Whether there is a certificate with its key."""
        return self.certificate.is_file() and self.key.is_file()

    def check(self, der: bytes) -> None:
        """Raises CertificateFault: a partner's certificate is broken, out of date, or not trusted; it is kept then."""
        if not der or len(der) > _MOST_BYTES:
            raise CertificateFault("there is none, or it is too large")
        try:
            certificate = x509.load_der_x509_certificate(der)
            key = certificate.public_key()
        except Exception as error:  # a stranger's bytes
            raise CertificateFault("it can't be read") from error
        if not isinstance(key, rsa.RSAPublicKey) or key.key_size < _KEY_BITS or key.key_size > 2 * _KEY_BITS:
            raise CertificateFault("its key is no RSA key of 2048 to 4096 bits")
        if self._is_trusted(der):
            now = datetime.datetime.now(datetime.UTC)
            if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
                raise CertificateFault("it is out of date, or the station's clock is wrong")
            return
        self._keep(der)
        raise CertificateFault(f"it is not trusted; it lies in {self.rejected}, move it to {self.trusted.name}/ beside")

    def trust(self, begins: str) -> str | None:
        """Move a rejected certificate to the trusted ones; returns its fingerprint, or None where none begins so.

        Raises OSError.
        """
        found = [path for path in sorted(self.rejected.glob("*.der")) if path.name.startswith(begins.lower())]
        if len(found) != 1 or not begins:
            return None
        make_folder(self.trusted)
        found[0].rename(self.trusted / found[0].name)
        return found[0].stem

    def listed(self, folder: Path) -> list[tuple[str, str]]:
        """Fingerprint and subject of each certificate in a folder."""
        found = []
        for der in self._files(folder):
            try:
                subject = x509.load_der_x509_certificate(der).subject.rfc4514_string()
            except ValueError:
                continue
            found.append((fingerprint(der), subject))
        return found

    def _is_trusted(self, der: bytes) -> bool:
        return any(each == der for each in self._files(self.trusted))

    @staticmethod
    def _files(folder: Path) -> list[bytes]:
        found = []
        if folder.is_dir():
            for path in sorted(folder.iterdir())[:_MOST_TRUSTED]:
                try:
                    if path.is_file() and path.stat().st_size <= 4 * _MOST_BYTES:
                        found.append(_der(path.read_bytes()))
                except (OSError, ValueError):
                    continue  # one file that can't be read is no reason to lock out the others
        return found

    def _keep(self, der: bytes) -> None:
        make_folder(self.rejected)
        path = self.rejected / f"{fingerprint(der)}.der"
        if path.exists():
            return
        write_whole(path, der)
        kept = sorted(self.rejected.glob("*.der"), key=lambda each: each.stat().st_mtime_ns)
        for old in kept[:-MOST_REJECTED]:
            old.unlink(missing_ok=True)


def fingerprint(der: bytes) -> str:
    """SHA-1 of a certificate, which OPC UA programs show as its thumbprint."""
    return hashlib.sha1(der, usedforsecurity=False).hexdigest()


def application_uri(station: str, door: str) -> str:
    """Names this server among all of a plant; its certificate says the same.

    >>> application_uri("slitter 2", "plc").rpartition(":inspection:")[2]
    'slitter-2:plc:server'
    """
    return f"urn:{socket.gethostname()}:inspection:{station}:{door}:server".replace(" ", "-")


def own_hosts() -> list[str]:
    """Names by which partners may reach this machine."""
    return sorted({socket.gethostname(), "localhost", "127.0.0.1"})


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _der(content: bytes) -> bytes:
    if content.startswith(b"-----BEGIN"):
        return x509.load_pem_x509_certificate(content).public_bytes(serialization.Encoding.DER)
    return content
