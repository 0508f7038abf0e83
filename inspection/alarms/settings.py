"""From when on something is an alarm, and who is told of it: `[alarms]` in the station's settings."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from camera.checked import Checked
from inspection.alarms.condition import Priority


class WebhookSettings(Checked):
    """Alarms as HTTP POST of a JSON body, for a chat or a control room."""

    url: str | None = Field(default=None, pattern=r"^https?://[^\s/]+(/\S*)?$", max_length=2000)
    """None: nothing is sent."""
    token_file: Path | None = None
    """Its content goes along as `Authorization: Bearer`; None: without."""
    ca_file: Path | None = None
    """PEM file with the authority that the server's certificate is from; None: those that everybody trusts."""
    priority: Priority = Priority.HIGH
    """Alarms below it are not sent."""


class EmailSettings(Checked):
    """Alarms as mail."""

    host: str | None = Field(default=None, min_length=1, max_length=253)
    """The mail server; None: nothing is sent."""
    port: int = Field(default=587, ge=1, le=65535)
    """The mail server's port: usually 587 for `starttls`, 465 for `tls`."""
    security: Literal["starttls", "tls", "none"] = "starttls"
    """`none` only for a server on this machine: nothing is encrypted then."""
    user: str | None = Field(default=None, min_length=1, max_length=320)
    """Who logs in at the mail server; None: nobody does."""
    password_file: Path | None = None
    """Holds the user's password, and nothing else."""
    ca_file: Path | None = None
    """PEM file with the authority that the server's certificate is from; None: those that everybody trusts."""
    sender: str = Field(default="inspection@localhost", pattern=r"^[^@\s]+@[^@\s]+$", max_length=320)
    """Address that the mail is from."""
    to: tuple[str, ...] = ()
    """Addresses that are told."""
    priority: Priority = Priority.HIGH
    """Alarms below it are not sent."""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.host is not None and not self.to:
            raise ValueError('to must name who is told, for example to = ["shift@plant.example"]')
        if any("@" not in each or any(c.isspace() for c in each) for each in self.to):
            raise ValueError("to must hold mail addresses like shift@plant.example")
        if (self.user is None) != (self.password_file is None):
            raise ValueError("user and password_file go together: name both, or none")
        if self.user is not None and self.security == "none":
            raise ValueError('a password must not cross the network in the clear: security = "starttls" or "tls"')
        return self


class AlarmSettings(Checked):
    """From when on what the cameras show is an alarm, how long alarms are kept, and who is told."""

    window_pieces: int = Field(default=100, ge=20, le=10_000)
    """The last pieces of each camera, over which shares are counted; those of a hold or bypass are left out."""
    reject_rate: float = Field(default=0.05, gt=0, le=1)
    """More rejects than this part of the window are an alarm; 1: never."""
    rejects_in_a_row: int = Field(default=5, ge=2, le=10_000)
    """Rejects of one camera, one after the other, that are an alarm."""
    rejects_in_lane: int = Field(default=5, ge=2, le=10_000)
    """Rejects, one after the other, that are an alarm when all name the same kind in the same lane."""
    safety_objects: int = Field(default=2, ge=1, le=10_000)
    """Objects of severity S1 (metal particles, for example) within `safety_m` that are an alarm."""
    safety_m: float = Field(default=100.0, gt=0, le=10_000)
    """Metres of web that a camera saw last, over which `safety_objects` counts."""
    uninspected_share: float = Field(default=0.1, gt=0, le=1)
    """From the first uninspected piece of the window there is an alarm; above this part it is a grave one."""
    late_share: float = Field(default=0.1, gt=0, le=1)
    """The same for decisions that came after their deadline."""
    fold_s: float = Field(default=60.0, ge=0, le=3600)
    """What comes back within so many seconds is the same alarm, counted, and acknowledged if it was."""
    longest_shelf_min: float = Field(default=480.0, gt=0, le=1440)
    """Longest time for which an alarm can be put aside."""
    keep_days: float = Field(default=730.0, gt=0, le=36_525)
    """How long alarms that are over are kept; days in which the machine is off don't count."""
    webhook: WebhookSettings = WebhookSettings()
    email: EmailSettings = EmailSettings()
