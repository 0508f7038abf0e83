"""The station's settings: one TOML file, read once, checked to the last key."""

from datetime import time
from itertools import combinations
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import Field, IPvAnyNetwork, SecretStr, ValidationError, field_validator, model_validator

from camera.checked import Checked
from camera.settings import CameraSettings, GenTLSettings
from inspection.alarms.settings import AlarmSettings
from inspection.errors import SettingsError
from inspection.mistakes import in_words
from inspection.recipe.recipe import LONGEST_DEADLINE_MS, recipe_path
from inspection.serving.listening import is_loopback
from inspection.station.door_settings import CameraOutputSettings, DoorSettings
from inspection.station.places import PieceSettings, PlaceSettings
from inspection.store.evidence import ANCHOR_FILE, KEY_FILE, Evidence
from inspection.text_file import TextError, parse_toml, read_text
from inspection.values import Cut

_CENTURY_DAYS = 36_525.0
Part = TypeVar("Part", bound=Checked)
HostName = Annotated[str, Field(pattern=r"^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[?[0-9A-Fa-f:.]+\]?)$")]
"""A name or address alone, without scheme and port."""


DoorName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
"""Names a door in alarms, pages and the audit log."""


class KeepSettings(Checked):
    """How many days saved frames are kept, by verdict. Days in which the machine is off don't count."""

    accept: float = Field(default=30.0, gt=0, le=_CENTURY_DAYS)
    """Days for frames of accepted pieces."""
    reject: float = Field(default=730.0, gt=0, le=_CENTURY_DAYS)
    """Days for frames of rejected pieces."""
    uninspected: float = Field(default=90.0, gt=0, le=_CENTURY_DAYS)
    """Days for frames that nobody could judge."""


class ArchiveSettings(Checked):
    """Which frames are saved, and for how long."""

    accept_sample: float = Field(default=0.01, ge=0, le=1)
    """Part of the accepted frames that is saved, drawn at random; rejects and uninspected frames all are."""
    max_gb: float = Field(default=100.0, gt=0)
    """Above this the oldest files go: accepts first, then uninspected, rejects last."""
    max_age_days: KeepSettings = KeepSettings()
    min_free_gb: float = Field(default=2.0, ge=0)
    """With less free space on the disk no frame is saved; inspection goes on."""


class BackupSettings(Checked):
    """Copies of the store, made at night while the station runs; SQLite only."""

    folder: Path | None = None
    """On another disk, one for each station; None: no copies are made."""
    at: time = time(2, 0)
    """Local time of day from which on a copy is made; when the station does not run then, as soon as it does."""
    keep: int = Field(default=7, ge=1, le=1000)
    """Copies that stay. Those of a store that was lost or replaced all do."""


class ServerSettings(Checked):
    """What the API and the pages are told alike."""

    host: str = "127.0.0.1"
    """Anything but this machine itself demands more, see below."""
    certificate: Path | None = None
    """PEM file with the certificate chain; with it they speak HTTPS."""
    key: Path | None = None
    """PEM file with the certificate's private key, without a passphrase."""
    allowed_hosts: tuple[HostName, ...] = Field(default=(), max_length=100)
    """Further names by which they may be asked; known are this machine's name, localhost and the address asked."""
    trusted_proxies: tuple[IPvAnyNetwork, ...] = Field(default=(), max_length=100)
    """Addresses or networks of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed; else ignored."""

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach them.

        >>> ApiSettings(host="127.0.0.1").is_local, ApiSettings(host="0.0.0.0", api_key="k" * 16).is_local
        (True, False)
        """
        return is_loopback(self.host)

    @model_validator(mode="after")
    def _certificate_with_key(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key go together: name both files, or none")
        return self


class ApiSettings(ServerSettings):
    """Where the HTTP API listens, and of whom it demands a key."""

    host: str = "127.0.0.1"
    """Anything but this machine itself demands an api_key, or keys by name."""
    port: int = Field(default=8000, ge=0, le=65535)
    """0 takes any free port."""
    api_key: SecretStr | None = Field(default=None, min_length=16)
    """One that may do everything, demanded in `X-API-Key` or `Authorization: Bearer`. Keys by name are better:
    `inspection keys add`."""
    demands_key: bool = False
    """A key is demanded though no api_key is set: one by name, or api_key. Without both, of nobody on this machine."""

    @property
    def is_open(self) -> bool:
        """Whether programs on this machine need no key."""
        return self.api_key is None and not self.demands_key

    @field_validator("api_key")
    @classmethod
    def _key_that_a_header_carries(cls, key: SecretStr | None) -> SecretStr | None:
        told = key.get_secret_value() if key is not None else ""
        if not told.isprintable() or told != told.strip():
            raise ValueError("api_key must be printable, without spaces at its ends: no request could carry it")
        return key

    @model_validator(mode="after")
    def _key_beyond_this_machine(self) -> Self:
        if self.is_open and not self.is_local:
            raise ValueError(
                f"host {self.host} can be reached from other machines, so api_key must be set "
                "(16 characters or more), or demands_key = true with keys by name (`inspection keys add`); "
                "or keep host 127.0.0.1"
            )
        if self.is_open and self.trusted_proxies:
            raise ValueError(
                "trusted_proxies bring requests from other machines, so api_key must be set (16 characters or more), "
                "or demands_key = true with keys by name (`inspection keys add`)"
            )
        return self


class PagesSettings(ServerSettings):
    """Where the pages listen, and how they greet people. They run beside the station: `inspection pages`."""

    host: str = "127.0.0.1"
    """Anything but this machine itself demands certificate and key."""
    port: int = Field(default=8080, ge=0, le=65535)
    """0 takes any free port."""
    language: Literal["en", "fr"] = "en"
    """Language for people who have not chosen one."""
    session_hours: float = Field(default=12.0, gt=0, le=8760)
    """After so long a person has to log in again. A wall screen may want weeks: give it an operator of its own."""

    @model_validator(mode="after")
    def _certificate_beyond_this_machine(self) -> Self:
        if not self.is_local and self.certificate is None:
            raise ValueError(
                f"host {self.host} can be reached from other machines, and passwords must not cross the network in the "
                "clear: name certificate and key (PEM files); or keep host 127.0.0.1"
            )
        return self


class EvidenceSettings(Checked):
    """What shows later that decisions and audit log are as they were written."""

    key_file: Path | None = None
    """Seals both; made at the first start. Keep a copy apart. None: evidence.key in state_dir."""
    anchor_file: Path | None = None
    """Says how far both reach, line by line; best on another disk. None: anchors.jsonl in state_dir."""
    anchor_every_s: float = Field(default=300.0, gt=0, le=86_400.0)
    """Decisions younger than this can be cut off unseen. Each entry of the audit log has an anchor at once."""
    syslog: str | None = Field(default=None, pattern=r"^(/.+|.+:[0-9]{1,5})$")
    """Where anchors are sent, too: /dev/log, or host:port (UDP); None: nowhere. Better a log on another machine."""


class ChallengeSettings(Checked):
    """Spoilt copies of good frames, with known verdicts, through the pipeline: `inspection.station.challenge`."""

    every_s: float | None = Field(default=None, ge=1, le=86_400)
    """Seconds between two; None: never. It costs the time of two frames of each camera, when nobody else needs it."""


class StationSettings(Checked):
    """Everything that a station is told at its start. Relative paths count from the settings file's folder."""

    name: str = Field(default="station", pattern=r"^[A-Za-z0-9_. -]{1,64}$")
    """Names the station to people and programs."""
    cameras: tuple[CameraSettings, ...] = Field(min_length=1)
    """One table for each camera; their names differ."""
    recipe: str
    """A recipe file (`….toml`), or a shipped one: anode, cathode, separator-bright-field, separator-back-light, or
    separator for both lights at once."""
    models_dir: Path = Path("models")
    """Holds a folder for each model and version."""
    references: dict[str, Path] = Field(default_factory=dict)
    """White and dark references (.npz) by camera name; a camera without them corrects its shading itself."""
    places: dict[str, PlaceSettings] = Field(default_factory=dict)
    """Where each camera looks at the web, by camera name. Without any each camera looks at a web of its own, and each
    of its frames is a piece; with places all cameras look at one web, and a piece has one decision."""
    pieces: PieceSettings = PieceSettings()
    state_dir: Path = Path("state")
    """Holds the store and the saved frames."""
    store_url: str | None = None
    """SQLAlchemy URL; None: SQLite in state_dir."""
    workers: int = Field(default=2, ge=1, le=64)
    """Threads that inspect."""
    deadline_ms: float | None = Field(default=None, gt=0, le=LONGEST_DEADLINE_MS)
    """Time from the last line exposed to the decision; None: as the recipe says."""
    trigger_expiry_s: float = Field(default=60.0, gt=0, le=86_400)
    """A trigger that frames pass by for so long is dropped: no decision echoes it any more."""
    archive: ArchiveSettings = ArchiveSettings()
    backup: BackupSettings = BackupSettings()
    api: ApiSettings = ApiSettings()
    pages: PagesSettings = PagesSettings()
    evidence: EvidenceSettings = EvidenceSettings()
    challenge: ChallengeSettings = ChallengeSettings()
    alarms: AlarmSettings = AlarmSettings()
    doors: dict[DoorName, DoorSettings] = Field(default_factory=dict, max_length=16)
    """Doors for machines, [doors.NAME], beside the HTTP API, which is always open."""

    @model_validator(mode="after")
    def _names_match(self) -> Self:
        names = [camera.name for camera in self.cameras]
        if len(set(names)) != len(names):
            raise ValueError(f"cameras: names must differ, got {', '.join(names)}")
        for one, other in combinations((c for c in self.cameras if isinstance(c, GenTLSettings)), 2):
            if (one.producer, one.device) == (other.producer, other.device):
                raise ValueError(
                    f"cameras: {one.name} and {other.name} name the same device; say which is which by "
                    "device.serial_number (`inspection cameras` lists them)"
                )
        if unknown := set(self.references) - set(names):
            raise ValueError(
                f"references: no camera is named {', '.join(sorted(unknown))}; there are {', '.join(names)}"
            )
        if "http" in self.doors:
            raise ValueError("doors.http: the HTTP API has its own section, [api]; give this door another name")
        for name, door in self.doors.items():
            if isinstance(door, CameraOutputSettings):
                self._check_output(name, door)
        self._check_places(names)
        return self

    def _check_output(self, name: str, door: CameraOutputSettings) -> None:
        camera = next((each for each in self.cameras if each.name == door.camera), None)
        if not isinstance(camera, GenTLSettings) or camera.output is None:
            raise ValueError(
                f"doors.{name}: {door.camera!r} must be a camera of kind gentl whose settings name its `output`, for "
                "example UserOutput0"
            )

    def _check_places(self, names: list[str]) -> None:
        """All cameras have a place, or none; and each place is one that can be."""
        if self.pieces.cut is not Cut.BLOCK and not self.places and len(names) > 1:
            raise ValueError(
                f"pieces.cut {self.pieces.cut} with {len(names)} cameras: say in [places] where each one looks"
            )
        if not self.places:
            return
        if unknown := sorted(set(self.places) - set(names)):
            raise ValueError(f"places: no camera is named {', '.join(unknown)}; there are {', '.join(names)}")
        if missing := [name for name in names if name not in self.places]:
            raise ValueError(f"places: say for {', '.join(missing)} too where on the web it looks, or for none")
        for camera in self.cameras:
            place = self.places[camera.name]
            if place.is_mirrored and isinstance(camera, GenTLSettings) and camera.features.get("ReverseX"):
                raise ValueError(
                    f"places.{camera.name}: mirrored twice, by the camera's own ReverseX and by is_mirrored; keep one"
                )

    @property
    def recipe_path(self) -> Path:
        """The recipe's file; a bare name means one that is shipped."""
        return recipe_path(self.recipe)

    @property
    def frames_dir(self) -> Path:
        """Where frames are saved."""
        return self.state_dir / "frames"

    def open_evidence(self) -> Evidence:
        """The key and the anchors of the station's store."""
        told = self.evidence
        return Evidence(
            told.key_file or self.state_dir / KEY_FILE, told.anchor_file or self.state_dir / ANCHOR_FILE, told.syslog
        )


def load_settings(path: Path) -> StationSettings:
    """Read and check a settings file. Raises SettingsError: which file, which key, expected, got."""
    try:
        data = parse_toml(read_text(path))
    except OSError as error:
        raise SettingsError(f"Settings {path} can't be read: {error.strerror}. Check the path.") from error
    except TextError as error:
        raise SettingsError(f"Settings {path} are no valid TOML: {error}.") from error
    try:
        return _resolved(StationSettings.model_validate(data), path.resolve().parent)
    except ValidationError as error:
        raise SettingsError(f"Settings {path}: {in_words(error, secret={'api_key'})}") from error


def _with_paths(part: Part, folder: Path, *names: str) -> Part:
    """With relative paths counted from the folder."""
    return part.model_copy(update={name: folder / path for name in names if (path := getattr(part, name)) is not None})


def _resolved(settings: StationSettings, folder: Path) -> StationSettings:
    recipe = str(folder / settings.recipe) if Path(settings.recipe).suffix == ".toml" else settings.recipe
    cameras = []
    for camera in settings.cameras:
        paths = {name: folder / value for name, value in camera if isinstance(value, Path)}
        cameras.append(camera.model_copy(update=paths))
    backup = settings.backup

    def files(told: ServerSettings) -> dict[str, Path]:
        named = (("certificate", told.certificate), ("key", told.key))
        return {name: folder / path for name, path in named if path}

    doors = {}
    for name, door in settings.doors.items():
        paths = {key: folder / value for key, value in door if isinstance(value, Path)}
        doors[name] = door.model_copy(update=paths)
    told, alarms = settings.evidence, settings.alarms
    evidence = {"key_file": told.key_file, "anchor_file": told.anchor_file}
    return settings.model_copy(
        update={
            "api": settings.api.model_copy(update=files(settings.api)),
            "pages": settings.pages.model_copy(update=files(settings.pages)),
            "backup": backup.model_copy(update={"folder": folder / backup.folder if backup.folder else None}),
            "alarms": alarms.model_copy(
                update={
                    "webhook": _with_paths(alarms.webhook, folder, "token_file", "ca_file"),
                    "email": _with_paths(alarms.email, folder, "password_file", "ca_file"),
                }
            ),
            "evidence": told.model_copy(update={name: folder / path for name, path in evidence.items() if path}),
            "cameras": tuple(cameras),
            "doors": doors,
            "recipe": recipe,
            "models_dir": folder / settings.models_dir,
            "references": {name: folder / path for name, path in settings.references.items()},
            "state_dir": folder / settings.state_dir,
        }
    )
