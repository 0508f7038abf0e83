"""Alarms by webhook and mail: to a real HTTP server and a real mail server, which may be away."""

import json
import socket
import ssl
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_string
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from pydantic import ValidationError

from inspection.alarms.alarm import Alarm
from inspection.alarms.book import Happening
from inspection.alarms.condition import AlarmKind, Priority
from inspection.alarms.messages import Message, Messenger, email_sender, messengers, webhook_sender
from inspection.alarms.settings import AlarmSettings, EmailSettings, WebhookSettings
from tests.support.patience import until

NOW = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
GONE = Alarm(
    *(7, AlarmKind.CAMERA_GONE, "cam0", Priority.CRITICAL, "Camera cam0 is gone: check cable and power.", "WEB0: none"),
    *(NOW, NOW),
)
CLOCK = Alarm(8, AlarmKind.CLOCK_SET, "", Priority.LOW, "The clock was set.", "", NOW, NOW)


@contextmanager
def web_server(answers):
    """Answers each POST with the next status; yields address and what came."""
    came = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            came.append((self.path, self.headers.get("Authorization"), json.loads(body)))
            self.send_response(answers.pop(0) if answers else 204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", came
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Inbox:
    """Keeps the mails that came, and who sent them."""

    def __init__(self):
        self.mails = []

    async def handle_DATA(self, _server, session, envelope):  # noqa: N802 - the name that the server looks for
        self.mails.append((session.auth_data, envelope.content.decode()))
        return "250 ok"


@contextmanager
def mail_server(**options):
    """A mail server; yields its port and the mails that came."""
    inbox = Inbox()
    server = Controller(inbox, hostname="127.0.0.1", port=0, **options)
    # The controller asks the port that it was told before it says that it is there.
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        server.port = free.getsockname()[1]
    server.start()
    try:
        yield server.port, inbox.mails
    finally:
        server.stop()


def test_a_webhook_gets_what_happened_with_its_token_and_nothing_below_its_priority(tmp_path):
    token = tmp_path / "token"
    token.write_text("s3cret\n")
    with web_server([]) as (address, came):
        settings = AlarmSettings(webhook=WebhookSettings(url=f"{address}/alarms", token_file=token))
        (messenger,) = messengers("slitter 2", settings)
        messenger.start()
        messenger.tell(Happening.RAISED, CLOCK)
        messenger.tell(Happening.RAISED, GONE)
        until(lambda: came)
        messenger.stop()
    ((path, authorization, body),) = came
    assert (path, authorization) == ("/alarms", "Bearer s3cret")
    assert body["text"] == "[slitter 2] CRITICAL: Camera cam0 is gone: check cable and power."
    assert (body["number"], body["kind"], body["priority"]) == (7, "camera.gone", "critical")
    assert messenger.conditions() == []


def test_a_message_is_tried_again_until_the_server_takes_it_and_that_it_did_not_is_an_alarm_meanwhile():
    with web_server([503, 500]) as (address, came):
        messenger = Messenger(
            "s", "chat", Priority.HIGH, webhook_sender(WebhookSettings(url=address)), waits_s=(0.01, 30.0, 30.0)
        )
        messenger.start()
        messenger.tell(Happening.RAISED, GONE)
        until(lambda: len(came) == 2)
        until(messenger.conditions)
        (condition,) = messenger.conditions()
        assert (condition.kind, condition.priority) == (AlarmKind.MESSAGES, Priority.LOW)
        assert "chat" in condition.sentence
        messenger.stop()
    again = web_server([500])
    with again as (address, came):
        messenger = Messenger(
            "s", "chat", Priority.HIGH, webhook_sender(WebhookSettings(url=address)), waits_s=(0.01, 0.01)
        )
        messenger.start()
        messenger.tell(Happening.RAISED, GONE)
        until(lambda: len(came) == 2 and not messenger.conditions())
        messenger.stop()


def test_a_receiver_that_does_not_answer_keeps_nobody_waiting_and_what_is_too_much_is_given_up():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(1)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        messenger = Messenger("s", "chat", Priority.HIGH, webhook_sender(WebhookSettings(url=url)), waits_s=())
        for _ in range(500):
            messenger.tell(Happening.RAISED, GONE)
        assert messenger.given_up == 400


def test_a_mail_says_what_happened():
    with mail_server() as (port, mails):
        settings = EmailSettings(host="127.0.0.1", port=port, security="none", to=("shift@plant.example",))
        messenger = Messenger("slitter 2", "shift", Priority.HIGH, email_sender(settings))
        messenger.start()
        messenger.tell(Happening.RAISED, GONE)
        until(lambda: mails)
        messenger.stop()
    ((_, text),) = mails
    mail = message_from_string(text, policy=default)
    assert mail["To"] == "shift@plant.example"
    assert mail["Subject"] == "[slitter 2] CRITICAL: Camera cam0 is gone: check cable and power."
    assert "raised 2030-01-02 03:04:05 UTC" in mail.get_content()
    assert "WEB0: none" in mail.get_content()


def test_a_password_goes_encrypted_to_the_server_that_is_meant_and_to_no_other(tmp_path):
    authority, stranger = trustme.CA(), trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    stranger.cert_pem.write_to_path(tmp_path / "other.pem")
    (tmp_path / "password").write_text("pass word\n")

    def authenticate(_server, _session, _envelope, _mechanism, auth_data):
        return AuthResult(success=auth_data.password == b"pass word", auth_data=auth_data.login)

    options = {"tls_context": tls, "require_starttls": True, "auth_required": True, "authenticator": authenticate}
    with mail_server(**options) as (port, mails):
        settings = EmailSettings(
            host="127.0.0.1", port=port, user="station", password_file=tmp_path / "password", to=("a@b.example",),
            ca_file=tmp_path / "ca.pem",
        )  # fmt: skip
        email_sender(settings)(Message("s", Happening.RAISED, GONE))
        with pytest.raises(ssl.SSLCertVerificationError):
            email_sender(settings.model_copy(update={"ca_file": tmp_path / "other.pem"}))(
                Message("s", Happening.RAISED, GONE)
            )
    ((who, _),) = mails
    assert who == b"station"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"host": "mail"}, "to must name who is told"),
        ({"host": "mail", "to": ["ann"]}, "mail addresses"),
        ({"host": "mail", "to": ["a@b"], "user": "u"}, "user and password_file go together"),
        (
            {"host": "mail", "to": ["a@b"], "user": "u", "password_file": "p", "security": "none"},
            "must not cross the network in the clear",
        ),
        ({"host": "mail", "to": ["a@b\r\nBcc: c@d"]}, "mail addresses|control characters"),
    ],
)
def test_mail_settings_that_can_not_work_are_refused(settings, message):
    with pytest.raises(ValidationError, match=message):
        EmailSettings.model_validate(settings)
