"""Settings of the door to an MQTT broker."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from camera.checked import Checked
from inspection.serving.listening import is_loopback
from inspection.station.door_settings.common import LineDoorSettings

_LEVEL = r"[A-Za-z0-9_.:-]+(?: [A-Za-z0-9_.:-]+)*"
"""One level of a topic: what no broker and no shell stumbles over."""
Level = Annotated[str, Field(pattern=f"^{_LEVEL}$", max_length=64)]


class SparkplugSettings(Checked):
    """What the station shows as a Sparkplug B 3.0 edge node, for monitoring: nothing is rejected by it."""

    group_id: Level
    """The group that the station belongs to, for example the plant or line."""
    edge_node_id: Level | None = None
    """What the station is called there; None: its name."""
    primary_host_id: Level | None = None
    """Host application that the node waits for: while it is offline nothing is published; None: it waits for nobody."""
    every_s: float = Field(default=1.0, ge=0.1, le=60.0)
    """Metrics that have changed are told so often."""


class MqttSettings(LineDoorSettings):
    """A client of an MQTT broker."""

    kind: Literal["mqtt"] = "mqtt"
    """MQTT."""
    host: str = Field(default="127.0.0.1", min_length=1, max_length=253)
    """The broker."""
    port: int = Field(default=1883, ge=1, le=65535)
    """The broker's port: usually 1883, with TLS 8883."""
    version: Literal["5", "3.1.1"] = "5"
    """Version of MQTT. With 3.1.1 a broker can't say that it refuses a message, or that nobody has subscribed."""
    security: Literal["none", "tls"] = "none"
    """`tls` encrypts, and checks the broker's certificate."""
    ca_file: Path | None = None
    """PEM file with the authority that the broker's certificate is from; None: those that everybody trusts."""
    certificate: Path | None = None
    """PEM file with the station's own certificate, for brokers that ask for one; None: none is shown."""
    key: Path | None = None
    """PEM file with that certificate's private key, without a passphrase."""
    username: str | None = Field(default=None, min_length=1, max_length=256)
    """Who logs in at the broker; None: nobody does."""
    password_file: Path | None = None
    """Holds the user's password, and nothing else; read at each connection."""
    client_id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_.:-]{1,64}$")
    """Names the station at the broker, and nobody else; None: the prefix, with `-` for `/`."""
    prefix: str = Field(default="inspection", pattern=f"^{_LEVEL}(?:/{_LEVEL})*$", max_length=128)
    """All topics begin with it: `PREFIX/result` ... Each station of a broker has its own."""
    keepalive_s: int = Field(default=10, ge=2, le=600)
    """After one and a half times this long without a word the broker declares the station offline."""
    answer_s: float = Field(default=10.0, ge=1.0, le=120.0)
    """A broker that has not answered or acknowledged in this time is left, and called anew."""
    in_flight: int = Field(default=16, ge=1, le=1000)
    """Results that may wait for the broker's acknowledgement at a time; never more than the broker allows."""
    needs_subscriber: bool = True
    """Results wait until somebody has subscribed to them, as far as the broker says so; false: the broker's word is
    enough, and what nobody has subscribed to is gone."""
    commands_per_s: float = Field(default=50.0, gt=0, le=1000)
    """Commands that are carried out in a second; those beyond are refused."""
    sparkplug: SparkplugSettings | None = None
    """[doors.NAME.sparkplug]; None: the station is no Sparkplug node."""

    @property
    def address(self) -> str:
        """Where its partners find it."""
        return f"mqtt{'s' if self.security == 'tls' else ''}://{self.host}:{self.port}/{self.prefix}"

    @property
    def client_name(self) -> str:
        """What the broker knows the station by.

        >>> MqttSettings(prefix="plant/line 1").client_name
        'plant-line-1'
        """
        return self.client_id or self.prefix.replace("/", "-").replace(" ", "-")

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.username is None) != (self.password_file is None):
            raise ValueError("username and password_file go together: name both, or none")
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key go together: name both files, or none")
        if self.security == "none":
            if self.ca_file or self.certificate:
                raise ValueError('ca_file, certificate and key are for security = "tls"')
            if self.username and not is_loopback(self.host):
                raise ValueError(
                    f'a password must not cross the network to {self.host} in the clear: set security = "tls"'
                )
        if self.prefix.split("/")[0] == "spBv1.0":
            raise ValueError("prefix must not begin with spBv1.0: these topics are Sparkplug's")
        return self
