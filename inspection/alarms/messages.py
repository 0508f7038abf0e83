"""Alarms to those who are not at the page: as webhook or mail, each from a thread of its own.

Whatever network or server do, nobody waits here: what can't be sent is tried again, and given up in the end.
"""

import queue
import smtplib
import ssl
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from pathlib import Path
from typing import TypeAlias

import httpx
import structlog

from inspection.alarms.alarm import Alarm
from inspection.alarms.book import Happening
from inspection.alarms.condition import AlarmKind, Condition, Priority
from inspection.alarms.settings import AlarmSettings, EmailSettings, WebhookSettings

_MOST_WAITING = 100
_WAITS_S = (2.0, 10.0, 60.0, 300.0)
"""From one try to the next; after the last one a message is given up."""
_TIMEOUT_S = 10.0
_log = structlog.get_logger("inspection.alarms")


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody is told."""

    station: str
    happening: Happening
    alarm: Alarm


Send: TypeAlias = Callable[[Message], None]
"""Sends a message, or raises OSError, httpx.HTTPError or smtplib.SMTPException."""


class Messenger:
    """A bounded queue and a thread that empties it."""

    def __init__(
        self, station: str, receiver: str, priority: Priority, send: Send, waits_s: Sequence[float] = _WAITS_S
    ) -> None:
        """`receiver`: for people; `priority`: alarms below it are not sent; `waits_s`: before each further try."""
        self._station = station
        self._receiver = receiver
        self._priority = priority
        self._send = send
        self._waits_s = tuple(waits_s)
        self._waiting: queue.Queue[Message] = queue.Queue(_MOST_WAITING)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"alarms to {receiver}", daemon=True)
        self._trouble: str | None = None
        self.given_up = 0
        """Messages that nobody got."""

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """End; what waits is tried once more. Safe to call more than once, also before `start`."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(timeout=2.0 * _TIMEOUT_S)

    def tell(self, happening: Happening, alarm: Alarm) -> None:
        """Send it when possible; returns at once. The oldest message is given up where too many wait."""
        if alarm.priority.rank > self._priority.rank:
            return
        message = Message(self._station, happening, alarm)
        while True:
            try:
                self._waiting.put_nowait(message)
                return
            except queue.Full:
                with suppress(queue.Empty):
                    self._waiting.get_nowait()
                    self.given_up += 1

    def conditions(self) -> list[Condition]:
        """The condition that messages do not get through; empty while they do."""
        trouble = self._trouble
        if trouble is None:
            return []
        detail = f"{trouble} {self.given_up} messages were given up." if self.given_up else trouble
        return [Condition(AlarmKind.MESSAGES, self._receiver, {"receiver": self._receiver}, detail)]

    def _run(self) -> None:
        while True:
            try:
                message = self._waiting.get(timeout=0.2)
            except queue.Empty:
                if self._stopping.is_set():
                    return
                continue
            if not self._deliver(message):
                self.given_up += 1

    def _deliver(self, message: Message) -> bool:
        for wait_s in (*self._waits_s, None):
            try:
                self._send(message)
            except Exception as error:  # noqa: BLE001 - whatever it is, the next message is tried again
                if self._trouble is None:
                    _log.warning("an alarm message did not get through", receiver=self._receiver, error=str(error))
                self._trouble = f"{type(error).__name__}: {error}"[:500]
            else:
                self._trouble = None
                return True
            if wait_s is None or self._stopping.wait(wait_s):
                return False
        return False


def messengers(station: str, settings: AlarmSettings) -> list[Messenger]:
    """Those that the settings ask for."""
    made = []
    webhook, email = settings.webhook, settings.email
    if webhook.url is not None:
        made.append(Messenger(station, httpx.URL(webhook.url).host, webhook.priority, webhook_sender(webhook)))
    if email.host is not None:
        made.append(Messenger(station, ", ".join(email.to), email.priority, email_sender(email)))
    return made


def webhook_sender(settings: WebhookSettings) -> Send:
    """POSTs a JSON body; `text` is what chats show."""
    url = settings.url
    assert url is not None, "only made where there is a receiver"

    def send(message: Message) -> None:
        alarm = message.alarm
        token = _secret(settings.token_file)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        body = {
            "text": _subject(message),
            "station": message.station,
            "happening": message.happening.value,
            "number": alarm.number,
            "kind": alarm.kind.value,
            "subject": alarm.subject,
            "priority": alarm.priority.value,
            "sentence": alarm.sentence,
            "detail": alarm.detail,
            "raised_utc": alarm.last_raised_utc.isoformat(),
            "cleared_utc": alarm.cleared_utc.isoformat() if alarm.cleared_utc else None,
            "occurrences": alarm.occurrences,
        }
        # No proxy or password from the environment, and no going on to where a server points.
        tls = _trusting(settings.ca_file)
        with httpx.Client(timeout=_TIMEOUT_S, trust_env=False, follow_redirects=False, verify=tls) as client:
            client.post(url, json=body, headers=headers).raise_for_status()

    return send


def email_sender(settings: EmailSettings) -> Send:
    """Sends a mail of plain text."""

    def send(message: Message) -> None:
        alarm = message.alarm
        mail = EmailMessage(policy=SMTP)
        mail["Subject"] = _subject(message)
        mail["From"], mail["To"] = settings.sender, ", ".join(settings.to)
        mail["Date"], mail["Message-ID"] = formatdate(), make_msgid(domain=settings.sender.rpartition("@")[2])
        cleared = f"\nCleared {alarm.cleared_utc:%Y-%m-%d %H:%M:%S} UTC" if alarm.cleared_utc else ""
        mail.set_content(
            f"{alarm.sentence}\n\nStation {message.station}, alarm {alarm.number}, {alarm.priority.value}, "
            f"raised {alarm.last_raised_utc:%Y-%m-%d %H:%M:%S} UTC{cleared}\n\n{alarm.detail}\n"
        )
        assert settings.host is not None, "only made where there is a receiver"
        tls = _trusting(settings.ca_file)
        with (
            smtplib.SMTP_SSL(settings.host, settings.port, timeout=_TIMEOUT_S, context=tls)
            if settings.security == "tls"
            else smtplib.SMTP(settings.host, settings.port, timeout=_TIMEOUT_S)
        ) as smtp:
            if settings.security == "starttls":
                smtp.starttls(context=tls)
            if settings.user is not None:
                smtp.login(settings.user, _secret(settings.password_file))
            smtp.send_message(mail)

    return send


def _subject(message: Message) -> str:
    """One line for chats and mail boxes."""
    alarm = message.alarm
    what = "Over" if message.happening is Happening.CLEARED else alarm.priority.value.upper()
    text = f"[{message.station}] {what}: {alarm.sentence}"
    return " ".join(text.split())[:250]


def _trusting(ca_file: Path | None) -> ssl.SSLContext:
    """Certificates are checked, whoever they are from."""
    return ssl.create_default_context(cafile=ca_file)


def _secret(path: Path | None) -> str:
    """Read anew each time, so that it can be changed while the station runs."""
    return path.read_text(encoding="utf-8").strip() if path is not None else ""
