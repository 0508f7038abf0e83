"""What one camera of the simulated web leaves in every line, and how the answer sheet tells it (N06, N07, N08)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from camera.errors import SettingsError
from camera.web.column_marks import ColumnMark, Seam, column_gain, draw_marks, draw_seam
from camera.web.layout import Layout, Surface
from camera.web.settings import PlantingRate, WebSettings
from camera.web.truth import PlantedObject
from camera.web.visibility import Visibility

MARK_CODES = ("N06", "N07", "N08")
"""Kinds that the camera leaves in the picture; none of them lies on the web."""
_SNR_LINES = 1024
"""Number of lines that count of what lies in every line, as for long objects."""


@dataclass(frozen=True, slots=True)
class CameraMarks:
    """The wrong columns of one camera, and the seam to the next one."""

    columns: tuple[ColumnMark, ...]
    """Flat-field columns and dust; as a rule there are none."""
    seam: Seam | None

    @classmethod
    def draw(cls, settings: WebSettings, rate: float = 1.0, *, has_seam: bool = False) -> "CameraMarks":
        """Those of a web's camera: columns in every severity but clean, a seam only where one is asked for.

        `rate`: columns, so many times as often as usual. `has_seam`: also where the settings name none, anywhere.

        Raises SettingsError for a seam that does not lie between two columns.
        """
        rng = np.random.default_rng([settings.seed_of_camera, 81])
        columns = draw_marks(settings.width_px, settings.flat_field == "camera", rng, rate)
        if settings.severity is PlantingRate.CLEAN:
            columns, has_seam = (), False
        elif settings.kinds is not None:
            columns = tuple(mark for mark in columns if mark.code in settings.kinds)
            has_seam = has_seam and "N06" in settings.kinds
        seam = draw_seam(settings.width_px, np.random.default_rng([settings.seed_of_camera, 82]))
        if settings.seam_px is None:
            return cls(columns, seam if has_seam else None)
        if settings.seam_px >= settings.width_px:
            raise SettingsError(
                f"seam_px: expected 1 .. {settings.width_px - 1} for a picture of {settings.width_px} columns, "
                f"got {settings.seam_px}; choose the first column of the second camera, or leave it away"
            )
        return cls(columns, replace(seam, column=settings.seam_px))

    def truth(
        self,
        settings: WebSettings,
        layout: Layout,
        levels_dn: Mapping[Surface, float],
        seen: Mapping[Surface, Visibility],
    ) -> tuple["MarkTruth", ...]:
        """What the answer sheet says of each, by the surface that its columns show."""
        pitch_mm = settings.pixel_pitch_um / 1000.0
        marks = self.columns if self.seam is None else (*self.columns, self.seam.mark)
        facts = []
        for mark in marks:
            middle_mm = settings.left_mm + (mark.first_column + 0.5 * mark.width_px) * pitch_mm
            surface = next(each.surface for each in layout.stretches() if middle_mm < each.right_mm)
            level_dn = min(levels_dn[surface], 255.0)
            end = mark.first_column + mark.width_px
            gain = column_gain([mark], mark.code, end)[mark.first_column :]
            profile_dn = level_dn * (gain - np.float32(1.0)) + np.float32(mark.offset_dn)
            difference = np.repeat(np.asarray(profile_dn, np.float32)[None, :], _SNR_LINES, axis=0)
            # Beside the web lies the roller, which is as smooth as foil.
            snr = seen.get(surface, seen[Surface.FOIL]).snr(difference)
            facts.append(MarkTruth(mark, pitch_mm, mark.contrast_percent(level_dn), snr))
        return tuple(facts)


@dataclass(frozen=True, slots=True)
class MarkTruth:
    """One mark's line on the answer sheet."""

    mark: ColumnMark
    pitch_mm: float
    contrast_percent: float
    snr: float

    def within(self, first_line: int, lines: int) -> PlantedObject:
        """As it shows in these lines: as long as they are."""
        mark, pitch_mm = self.mark, self.pitch_mm
        length_mm, width_mm = lines * pitch_mm, mark.width_px * pitch_mm
        return PlantedObject(
            kind=mark.code,
            key=f"{mark.code}-column-{mark.first_column}",
            md_mm=(first_line + 0.5 * lines) * pitch_mm,
            cd_mm=(mark.first_column + 0.5 * mark.width_px) * pitch_mm,
            length_mm=length_mm,
            width_mm=width_mm,
            area_mm2=length_mm * width_mm,
            contrast_percent=self.contrast_percent,
            snr=self.snr,
            top_line=first_line,
            left_px=mark.first_column,
            mask=np.ones((lines, mark.width_px), np.bool_),
        )


def joined(seam: Seam, left: PlantedObject | None, right: PlantedObject | None) -> PlantedObject | None:
    """What two cameras show of one object. `left`: in the lines asked for; `right`: in those that the right camera saw
    as many lines before as it is late. None if no pixel is left.
    """
    parts = []
    if left is not None:
        kept = left.mask[:, : max(0, seam.column - left.left_px)]
        parts.append((left.top_line, left.left_px, kept))
    if right is not None:
        first = right.left_px + round(seam.aside_px)
        cut = max(0, seam.column - first)
        parts.append((right.top_line + seam.late_lines, first + cut, right.mask[:, cut:]))
    parts = [part for part in parts if part[2].any()]
    whole = left or right
    if whole is None or not parts:
        return None
    top, start = min(part[0] for part in parts), min(part[1] for part in parts)
    bottom, end = (max(part[axis] + part[2].shape[axis] for part in parts) for axis in (0, 1))
    mask = np.zeros((bottom - top, end - start), np.bool_)
    for line, column, part in parts:
        mask[line - top : line - top + part.shape[0], column - start : column - start + part.shape[1]] |= part
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    mask = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].copy()
    return replace(whole, top_line=top + int(rows[0]), left_px=start + int(columns[0]), mask=mask)
