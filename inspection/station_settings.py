"""The station's settings: one TOML file, read once, checked to the last key."""

import tomllib
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from camera.settings import CameraSettings
from inspection.errors import SettingsError
from inspection.listening import is_loopback
from inspection.recipe import recipe_path


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KeepSettings(_Settings):
    """How long saved frames are kept, by verdict."""

    accept: float = Field(default=30.0, gt=0)
    reject: float = Field(default=730.0, gt=0)
    uninspected: float = Field(default=90.0, gt=0)


class ArchiveSettings(_Settings):
    """Which frames are saved, and for how long."""

    accept_sample: float = Field(default=0.01, ge=0, le=1)
    """Part of the accepted frames that is saved, drawn at random; rejects and uninspected frames all are."""
    max_gb: float = Field(default=100.0, gt=0)
    """Above this the oldest files go: accepts first, then uninspected, rejects last."""
    max_age_days: KeepSettings = KeepSettings()
    min_free_gb: float = Field(default=2.0, ge=0)
    """With less free space on the disk no frame is saved; inspection goes on."""


class ApiSettings(_Settings):
    """Where the HTTP API listens."""

    host: str = "127.0.0.1"
    """Anything but this machine itself demands an api_key."""
    port: int = Field(default=8000, ge=0, le=65535)
    """0 takes any free port."""
    api_key: SecretStr | None = Field(default=None, min_length=16)
    """Demanded in `X-API-Key` or `Authorization: Bearer`; None: no key is asked for."""

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the API.

        >>> ApiSettings(host="127.0.0.1").is_local, ApiSettings(host="0.0.0.0", api_key="k" * 16).is_local
        (True, False)
        """
        return is_loopback(self.host)

    @model_validator(mode="after")
    def _key_beyond_this_machine(self) -> Self:
        if not self.is_local and self.api_key is None:
            raise ValueError(
                f"host {self.host} can be reached from other machines, so api_key must be set "
                "(16 characters or more); or keep host 127.0.0.1"
            )
        return self


class PagesSettings(_Settings):
    """Where the pages listen, and how they greet people. They run beside the station: `inspection pages`."""

    host: str = "127.0.0.1"
    """Anything but this machine itself demands certificate and key."""
    port: int = Field(default=8080, ge=0, le=65535)
    """0 takes any free port."""
    certificate: Path | None = None
    """PEM file with the certificate chain; with it the pages speak HTTPS."""
    key: Path | None = None
    """PEM file with the certificate's private key, without a passphrase."""
    language: Literal["en", "fr"] = "en"
    """For people who have not chosen."""
    session_hours: float = Field(default=12.0, gt=0, le=8760)
    """After so long a person has to log in again. A wall screen may want weeks: give it an operator of its own."""

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the pages."""
        return is_loopback(self.host)

    @model_validator(mode="after")
    def _certificate_beyond_this_machine(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key go together: name both files, or none")
        if not self.is_local and self.certificate is None:
            raise ValueError(
                f"host {self.host} can be reached from other machines, and passwords must not cross the network in the "
                "clear: name certificate and key (PEM files); or keep host 127.0.0.1"
            )
        return self


class ChallengeSettings(_Settings):
    """Spoilt copies of good frames, with known verdicts, through the running pipeline: see `inspection.challenge`."""

    every_s: float | None = Field(default=None, ge=1)
    """Seconds between two; None: never. It costs the time of two frames of each camera, when nobody else needs it."""


class StationSettings(_Settings):
    """Everything that a station is told at its start. Relative paths count from the settings file's folder."""

    name: str = Field(default="station", pattern=r"^[A-Za-z0-9_. -]{1,64}$")
    cameras: tuple[CameraSettings, ...] = Field(min_length=1)
    recipe: str
    """A recipe file (`….toml`), or a shipped one: anode, cathode, separator-bright-field or separator-back-light."""
    models_dir: Path = Path("models")
    references: dict[str, Path] = Field(default_factory=dict)
    """White and dark references (.npz) by camera name; a camera without them corrects its shading itself."""
    state_dir: Path = Path("state")
    """Holds the store and the saved frames."""
    store_url: str | None = None
    """SQLAlchemy URL; None: SQLite in state_dir."""
    workers: int = Field(default=2, ge=1, le=64)
    """Threads that inspect."""
    deadline_ms: float | None = Field(default=None, gt=0)
    """From the last line exposed to the decision; None: as the recipe says."""
    archive: ArchiveSettings = ArchiveSettings()
    api: ApiSettings = ApiSettings()
    pages: PagesSettings = PagesSettings()
    challenge: ChallengeSettings = ChallengeSettings()

    @model_validator(mode="after")
    def _names_match(self) -> Self:
        names = [camera.name for camera in self.cameras]
        if len(set(names)) != len(names):
            raise ValueError(f"cameras: names must differ, got {', '.join(names)}")
        if unknown := set(self.references) - set(names):
            raise ValueError(
                f"references: no camera is named {', '.join(sorted(unknown))}; there are {', '.join(names)}"
            )
        return self

    @property
    def recipe_path(self) -> Path:
        """The recipe's file; a bare name means one that is shipped."""
        return recipe_path(self.recipe)

    @property
    def frames_dir(self) -> Path:
        """Where frames are saved."""
        return self.state_dir / "frames"


def load_settings(path: Path) -> StationSettings:
    """Read and check a settings file. Raises SettingsError: which file, which key, expected, got."""
    try:
        data = tomllib.loads(path.read_bytes().decode())
    except OSError as error:
        raise SettingsError(f"Settings {path} can't be read: {error.strerror}. Check the path.") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"Settings {path} are no valid TOML: {error}. Correct that place.") from error
    try:
        return _resolved(StationSettings.model_validate(data), path.resolve().parent)
    except ValidationError as error:
        raise SettingsError(f"Settings {path}: {' '.join(_explain(dict(f)) for f in error.errors())}") from error


def _resolved(settings: StationSettings, folder: Path) -> StationSettings:
    recipe = str(folder / settings.recipe) if Path(settings.recipe).suffix == ".toml" else settings.recipe
    cameras = []
    for camera in settings.cameras:
        paths = {name: folder / value for name, value in camera if isinstance(value, Path)}
        cameras.append(camera.model_copy(update=paths))
    pages = settings.pages
    files = {name: folder / path for name, path in (("certificate", pages.certificate), ("key", pages.key)) if path}
    return settings.model_copy(
        update={
            "pages": pages.model_copy(update=files),
            "cameras": tuple(cameras),
            "recipe": recipe,
            "models_dir": folder / settings.models_dir,
            "references": {name: folder / path for name, path in settings.references.items()},
            "state_dir": folder / settings.state_dir,
        }
    )


def _explain(fault: dict[str, Any]) -> str:
    key = ".".join(str(part) for part in fault["loc"]) or "(whole file)"
    if fault["type"] == "extra_forbidden":
        return f"{key}: no such key. Check its spelling, or remove it."
    if fault["type"] == "missing":
        return f"{key}: missing. Add it."
    if "api_key" in key:
        return f"{key}: expected: {fault['msg']}."
    got = "" if isinstance(fault["input"], dict) else f"; got {fault['input']!r}"
    return f"{key}: expected: {fault['msg'].removeprefix('Value error, ')}{got}. Correct it."
