"""White and dark references: what a camera sees of a uniform target and of nothing, column by column.

The arithmetic is pure; `save` and `load` keep a pair as `<name>.npz`, with `<name>.json` beside it.
"""

import hashlib
import json
import math
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from camera.frame import Frame
from inspection.errors import ReferencesError
from inspection.text_file import parse_json, read_text

MIN_LINES = 128
"""Lines to average, as cameras do for their own shading correction."""
DEAD_BELOW = 0.3
"""A column with less than this part of its neighbourhood's light is dead (dust, broken pixel)."""
MAX_DEAD_FRACTION = 0.005
_MOST_BYTES = 64 * 2**20
"""Most bytes of both rows together; a row of a million columns has 4 MB."""
_BIT_DEPTHS = range(8, 17)


@dataclass(frozen=True, slots=True)
class References:
    """What is needed to undo the shading of one camera with one light."""

    white_dn: NDArray[np.float32]
    """(width,) mean of each column over a uniform white target, in the camera's own grey values."""
    dark_dn: NDArray[np.float32]
    """(width,) the same with the lens covered."""
    dead_columns: tuple[int, ...]
    """Columns that see nothing; `prepare` fills them from their neighbours."""
    bit_depth: int
    camera: str
    pixel_pitch_um: float
    """Cross direction, when recorded."""
    exposure_us: float | None
    """When recorded; None where the source doesn't know."""
    recorded_utc: datetime

    @property
    def width_px(self) -> int:
        """Columns."""
        return int(self.white_dn.shape[0])

    @property
    def sha256(self) -> str:
        """SHA-256 over what is done to grey values: white, dark, dead columns."""
        made = hashlib.sha256(json.dumps([self.width_px, self.bit_depth, list(self.dead_columns)]).encode())
        for each in (self.white_dn, self.dark_dn):
            made.update(np.ascontiguousarray(each, "<f4").tobytes())
        return made.hexdigest()

    @property
    def gain(self) -> NDArray[np.float32]:
        """(width,) what each column has to be multiplied with after its dark value is taken off; mean about 1."""
        signal = self.white_dn - self.dark_dn
        alive = np.ones(self.width_px, bool)
        alive[list(self.dead_columns)] = False
        signal = np.where(alive, signal, np.float32(signal[alive].mean()))
        return np.asarray(signal[alive].mean() / signal, np.float32)


def record_references(white_frames: Sequence[Frame], dark_frames: Sequence[Frame]) -> References:
    """Average white and dark frames of one camera. Raises ReferencesError when they can't serve, and says why."""
    if not white_frames or not dark_frames:
        raise ReferencesError("No frames to average: at least one white and one dark frame are needed.")
    first = white_frames[0]
    for frame in (*white_frames, *dark_frames):
        if (frame.width_px, frame.bit_depth) != (first.width_px, first.bit_depth):
            raise ReferencesError(
                f"Frame {frame.id} has {frame.width_px} columns of {frame.bit_depth} bits, the first white frame "
                f"{first.width_px} of {first.bit_depth}. Record white and dark with the same settings."
            )
    white = _column_means(white_frames, "white")
    dark = _column_means(dark_frames, "dark")
    full_scale = 2**first.bit_depth - 1
    if float(dark.mean()) >= float(white.mean()):
        raise ReferencesError(
            f"The dark reference (mean {dark.mean():.1f}) is not darker than the white one (mean {white.mean():.1f}). "
            "They may be swapped, or the light was off: record both again."
        )
    if float(np.mean(white >= 0.98 * full_scale)) > 0.001:
        raise ReferencesError(
            f"The white reference is saturated in {np.mean(white >= 0.98 * full_scale):.1%} of the columns "
            f"(full scale {full_scale}). Shorten the exposure or dim the light until the target reads about 80 %."
        )
    if float((white - dark).mean()) < 0.1 * full_scale:
        raise ReferencesError(
            f"The white reference is only {(white - dark).mean():.1f} above the dark one, of {full_scale}. "
            "At least a tenth of full scale is needed: open the aperture, or clean the target."
        )
    dead = _dead_columns(white - dark)
    if len(dead) > MAX_DEAD_FRACTION * first.width_px:
        raise ReferencesError(
            f"{len(dead)} of {first.width_px} columns see less than {DEAD_BELOW:.0%} of the light, "
            f"the first at column {dead[0]}. Clean lens and target, let it cover the image, record again."
        )
    return References(
        white_dn=white,
        dark_dn=dark,
        dead_columns=dead,
        bit_depth=first.bit_depth,
        camera=first.id.camera,
        pixel_pitch_um=first.pixel_pitch_x_um,
        exposure_us=first.exposure_us,
        recorded_utc=white_frames[-1].captured_utc,
    )


def save_references(references: References, path: Path) -> None:
    """Write `path` (.npz) and a .json of the same name. Raises ReferencesError if the place can't be written."""
    notes = {key: value for key, value in asdict(references).items() if key not in ("white_dn", "dark_dn")} | {
        "recorded_utc": references.recorded_utc.isoformat()
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        half, half_notes = path.with_suffix(".npz.part"), path.with_suffix(".json.part")
        with half.open("wb") as file:
            np.savez(file, white_dn=references.white_dn, dark_dn=references.dark_dn)
        half_notes.write_text(json.dumps(notes, indent=2) + "\n")
        half.replace(path)
        half_notes.replace(path.with_suffix(".json"))
    except OSError as error:
        raise ReferencesError(
            f"References can't be written to {path}: {error.strerror}. Name a folder that this user may write to."
        ) from error


def load_references(path: Path) -> References:
    """Read what `save_references` wrote. Raises ReferencesError."""
    try:
        notes = parse_json(read_text(path.with_suffix(".json")))
        white, dark = _read_rows(path)
        references = References(
            white_dn=white,
            dark_dn=dark,
            dead_columns=tuple(int(column) for column in notes["dead_columns"]),
            bit_depth=int(notes["bit_depth"]),
            camera=str(notes["camera"]),
            pixel_pitch_um=float(notes["pixel_pitch_um"]),
            exposure_us=None if notes["exposure_us"] is None else float(notes["exposure_us"]),
            recorded_utc=datetime.fromisoformat(notes["recorded_utc"]),
        )
        _check(references)
        return references
    except (OSError, EOFError, KeyError, TypeError, ValueError, OverflowError, zipfile.BadZipFile) as error:
        raise ReferencesError(
            f"References {path} can't be used ({error}). Both the .npz and the .json of one recording are needed; "
            "record them again with `inspection reference record`."
        ) from error


def _read_rows(path: Path) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """White and dark. Raises ValueError for a file that would fill the memory."""
    with path.open("rb") as file:
        with zipfile.ZipFile(file) as parts:
            size = sum(part.file_size for part in parts.infolist())
        if size > _MOST_BYTES:
            raise ValueError(f"it holds {size / 2**20:.0f} MiB, two rows have less than {_MOST_BYTES / 2**20:.0f} MiB")
        file.seek(0)
        with np.load(file, allow_pickle=False) as arrays:
            return np.asarray(arrays["white_dn"], np.float32), np.asarray(arrays["dark_dn"], np.float32)


def _check(references: References) -> None:
    """Raises ValueError for what would turn every frame into nonsense."""
    white, dark, dead = references.white_dn, references.dark_dn, references.dead_columns
    if white.ndim != 1 or white.shape != dark.shape or not white.size:
        raise ValueError(f"white and dark have shapes {white.shape} and {dark.shape}, expected one row each")
    if not (np.isfinite(white).all() and np.isfinite(dark).all()):
        raise ValueError("white or dark hold values that are no finite numbers")
    if any(not 0 <= column < white.size for column in dead):
        raise ValueError(f"a dead column is none of the {white.size} columns")
    alive = np.delete(white - dark, dead)
    if not alive.size or float(alive.min()) <= 0.0:
        raise ValueError("white is not above dark in every column that is not dead")
    if references.bit_depth not in _BIT_DEPTHS:
        raise ValueError(f"bit_depth {references.bit_depth}: expected 8 to 16")
    numbers = (references.pixel_pitch_um, references.exposure_us or 1.0)
    if not all(math.isfinite(number) and number > 0.0 for number in numbers):
        raise ValueError("pixel_pitch_um and exposure_us: expected numbers above 0")


def _column_means(frames: Sequence[Frame], what: str) -> NDArray[np.float32]:
    lines = sum(frame.height_px for frame in frames)
    if lines < MIN_LINES:
        raise ReferencesError(
            f"Only {lines} {what} lines to average, at least {MIN_LINES} are needed. Record more frames."
        )
    total = np.sum([frame.pixels.sum(axis=0, dtype=np.float64) for frame in frames], axis=0)
    return np.asarray(total / lines, np.float32)


def _dead_columns(signal: NDArray[np.float32]) -> tuple[int, ...]:
    """Columns far below the median of the 65 around them, so that vignetting is not mistaken for dust."""
    padded = np.pad(signal, 32, mode="reflect")
    local = np.median(np.lib.stride_tricks.sliding_window_view(padded, 65), axis=1)
    return tuple(int(column) for column in np.nonzero(signal < DEAD_BELOW * local)[0])
