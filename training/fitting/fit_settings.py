"""What a fit is told: from options, from one TOML file with the same names, or from both."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import ConfigDict, Field, ValidationError, field_validator, model_validator

from camera.checked import Checked
from inspection.mistakes import in_words
from inspection.text_file import TextError, parse_toml, read_text
from training.errors import DataError
from training.family import family_of
from training.fitting.mode import Mode
from training.lessons.pool import tiles_kept

RUN_SETTINGS = "run.toml"
_YEAR_MINUTES = 525_600.0
_UNKNOWN = "no such setting. Check its spelling (`training fit --help`)"
_PATHS = ("data", "start", "out")
_RIVALS = {"data": "simulated", "simulated": "data", "steps": "minutes", "minutes": "steps"}
"""An option takes the place of its rival in the file."""


class FitSettings(Checked):
    """Everything that a fit depends on. In TOML the names are those of the options: `memory-mib`."""

    model_config = ConfigDict(populate_by_name=True, alias_generator=lambda name: name.replace("_", "-"))

    material: str | None = None
    """Name of the model family; None: the data's own kinds."""
    mode: Mode | None = None
    """Mode of a fit on the data's own kinds; None: good-only if no image for training shows a defect."""
    data: tuple[Path, ...] = ()
    """Folders with truth.json; empty: simulated."""
    view: tuple[str, ...] = ()
    """Views of the data that are learnt, by the names that their images say; empty: all, which must be lit alike unless
    the family knows their lights."""
    simulated: bool = False
    auditor: bool = False
    """Whether to fit, for a family, the larger network that checks the fast one, not the fast one."""
    without: tuple[str, ...] = ()
    """Materials or views of the family whose simulated web is not shown: to see what is left on web never seen."""
    steps: int | None = Field(default=None, ge=1, le=10**9)
    """Number of batches; None: `minutes` decide, and without them, for own kinds, the mode; see `fitting.settled`."""
    minutes: float | None = Field(default=None, gt=0, le=_YEAR_MINUTES)
    """Length of the fit in minutes; None: `steps` decide."""
    seed: int = Field(default=1, ge=0)
    threads: int = Field(default=1, ge=1, le=1024)
    """Threads of the network; making tiles takes one more."""
    start: Path | None = None
    """Run folder or exported model whose weights to begin with; None: random ones."""
    memory_mib: float | None = Field(default=None, gt=0, le=2**30)
    """Shipped families: of the tiles kept for another look; None: 250 of each kind, see
    `training.lessons.pool.pool_mib`."""
    false_rejects: float = Field(default=0.01, gt=0, lt=1)
    """Own kinds: part of the good images that the thresholds may reject."""
    checkpoint_minutes: float = Field(default=10.0, gt=0, le=_YEAR_MINUTES)
    """Minutes between two times that the fit is saved: at most so much is lost when it is killed."""

    @field_validator("material")
    @classmethod
    def _is_known(cls, name: str | None) -> str | None:
        return name and family_of(name).name

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if bool(self.data) == self.simulated:
            raise ValueError("Give either --data DIR (once or more) or --simulated.")
        if self.view and self.simulated:
            raise ValueError("Give --view with --data: it chooses among the views of the images there.")
        may_be_open = self.material is None or (bool(self.data) and self.start is not None)
        given = (self.steps is not None) + (self.minutes is not None)
        if given > 1 or (given == 0 and not may_be_open):
            raise ValueError("Give either --steps, which is reproducible, or --minutes.")
        if self.material is None and self.simulated:
            raise ValueError("Give --material: simulated webs are those of a family, electrode or separator.")
        if self.material is not None and self.mode is not None:
            raise ValueError("Give --mode without --material: it tells how a plant's own data are learnt.")
        if self.material is not None:
            tiles_kept(family_of(self.material), self.memory_mib)
        if self.auditor and self.material is None:
            raise ValueError("Give --auditor with --material: there are auditors of the shipped families alone.")
        if self.without and (self.material is None or not self.simulated):
            raise ValueError("Give --without with --simulated --material: it holds out a part of a family's web.")
        if self.material is not None:
            family_of(self.material).without(self.without)
        return self


def read_fit_settings(config: Path | None, options: Mapping[str, Any]) -> tuple[FitSettings, Path]:
    """Settings and the folder for the run. `options`: by name, those given; they go before the file's.

    Relative paths of the file count from its folder. Raises DataError that names the key, what was expected and got.
    """
    given = {name.replace("_", "-"): value for name, value in options.items()}
    settings = _read_file(config) if config else {}
    for name in given:
        settings.pop(_RIVALS.get(name, ""), None)
    settings |= given
    source = f"Settings {config}" if config else "Options"
    if "out" not in settings:
        raise DataError(f"{source}: out: missing. Add --out DIR, a folder for the run.")
    out = settings.pop("out")
    if not isinstance(out, Path):
        raise DataError(f"{source}: out: expected: the path of a folder; got {out!r}. Correct it.")
    return _checked(settings, source), out


def load_run_settings(run_folder: Path) -> FitSettings:
    """The settings that a run was begun with. Raises DataError."""
    path = run_folder / RUN_SETTINGS
    if not path.is_file():
        raise DataError(
            f"{run_folder} is no run folder: it holds no {RUN_SETTINGS}. Name the --out of a `training fit`."
        )
    return _checked(_read_file(path), f"Settings {path}")


def to_toml(settings: FitSettings) -> str:
    """TOML that `training fit --config` reads: all that is set, paths absolute, so that it can be used anywhere.

    >>> print(to_toml(FitSettings(material="separator", simulated=True, steps=9)), end="")
    # Repeat this run:  training fit --config THIS_FILE --out ANOTHER_FOLDER
    material = "separator"
    simulated = true
    steps = 9
    seed = 1
    threads = 1
    false-rejects = 0.01
    checkpoint-minutes = 10.0
    """
    lines = ["# Repeat this run:  training fit --config THIS_FILE --out ANOTHER_FOLDER"]
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if value is not None and value != () and value is not False:
            lines.append(f"{field.alias} = {_toml_value(value)}")
    return "\n".join(lines) + "\n"


def _toml_value(value: Any) -> str:
    """A JSON string, number or boolean is TOML's, too."""
    if isinstance(value, tuple):
        return f"[{', '.join(_toml_value(each) for each in value)}]"
    return json.dumps(str(value.resolve()) if isinstance(value, Path) else value, ensure_ascii=False)


def _read_file(path: Path) -> dict[str, Any]:
    try:
        settings = parse_toml(read_text(path))
    except OSError as error:
        raise DataError(f"Settings {path} can't be read: {error.strerror}. Check the path.") from error
    except TextError as error:
        raise DataError(f"Settings {path} are no valid TOML: {error}.") from error
    folder = path.resolve().parent
    for name in _PATHS:
        value = settings.get(name)
        if isinstance(value, str):
            settings[name] = folder / value
        elif isinstance(value, list):
            settings[name] = [folder / each if isinstance(each, str) else each for each in value]
    return settings


def _checked(settings: dict[str, Any], source: str) -> FitSettings:
    try:
        return FitSettings.model_validate(settings)
    except ValidationError as error:
        raise DataError(f"{source}: {in_words(error, unknown=_UNKNOWN)}") from error
