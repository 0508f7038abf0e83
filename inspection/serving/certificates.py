"""Certificates for HTTPS, looked at as a browser will: by shaking hands with them, within this process."""

import ssl
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from inspection.errors import SettingsError

_STEPS = 10


def valid_until(certificate: Path, key: Path) -> datetime:
    """Until when a certificate holds.

    Raises SettingsError: the files can't be read, don't belong together, or the certificate does not hold today.
    """
    try:
        server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server_side.load_cert_chain(certificate, key)
        client_side = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client_side.check_hostname = False  # by which name people call it, nobody has said
        client_side.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # whoever issued it may be unknown here
        client_side.load_verify_locations(certificate)
        told = _shake_hands(client_side, server_side)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            f"certificate {certificate} and key {key} can't be used: {error}. Expected: PEM files that belong "
            "together, the key without a passphrase, readable for this user, and a date that is not over."
        ) from error
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(told["notAfter"])), UTC)


def _shake_hands(client_side: ssl.SSLContext, server_side: ssl.SSLContext) -> dict[str, object]:
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_side.wrap_bio(to_client, to_server)
    server = server_side.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(_STEPS):
        try:
            client.do_handshake()
        except ssl.SSLWantReadError:
            with suppress(ssl.SSLWantReadError):
                server.do_handshake()
        else:
            return dict(client.getpeercert() or {})
    raise ssl.SSLError("the handshake does not come to an end")
