"""How uvicorn is set up for both servers."""

import ssl
from collections.abc import Sequence
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from inspection.errors import SettingsError
from inspection.serving.connection import BoundedConnection

_GRACE_S = 2


def server_configuration(
    app: ASGIApp,
    *,
    certificate: Path | None,
    key: Path | None,
    trusted_proxies: Sequence[str],
    most_message_bytes: int,
    needs_lifespan: bool,
) -> uvicorn.Config:
    """The configuration.

    `trusted_proxies`: whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed; of everybody else they are ignored.
    `most_message_bytes`: of a WebSocket message.
    """
    return uvicorn.Config(
        app,
        http=BoundedConnection,
        ws="websockets-sansio",
        ws_max_size=most_message_bytes,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on" if needs_lifespan else "auto",
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=list(trusted_proxies),
        timeout_graceful_shutdown=_GRACE_S,
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )


def check_certificate(section: str, certificate: Path | None, key: Path | None) -> None:
    """Raises SettingsError for files that can't be used. `section`: of the settings, as `pages`."""
    if certificate is None or key is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            f"{section}.certificate {certificate} and {section}.key {key} can't be used: {error}. Expected: PEM files "
            "that belong together, the key without a passphrase, readable for this user."
        ) from error
