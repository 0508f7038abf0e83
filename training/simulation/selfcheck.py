"""Whether the simulated web still is what the numbers note says: statistics of clean web, contrasts of planted objects.

Each check measures one thing on web that is rendered for it and says what was expected and what was seen. The same
checks run small in the tests and large in `training selfcheck`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.web.figure import SATURATED, Contrast, Kind
from camera.web.kinds import KINDS
from camera.web.materials import WHITE_LEVEL_DN, Roll, Surface, draw_roll
from camera.web.optics import blur
from camera.web.sensor import noise_sigma_dn
from camera.web.settings import Material, PlantingRate, View, WebSettings
from camera.web.texture import CELL_LINES, FADE_LINES, Field, transfer
from camera.web.truth import PlantedObject
from camera.web.visibility import Visibility
from camera.web.web import SimulatedWeb
from training.errors import DataError
from training.simulation.catalogue.specimens import stand_for

_PITCH_UM = 50.0
_WIDTH_PX = 512
"""25.6 mm: coating from border to border."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the table."""

    name: str
    expected: str
    seen: str
    is_ok: bool


@dataclass(frozen=True, slots=True)
class Scope:
    """How much web the checks look at."""

    webs: int = 5
    """Rolls of each material and view, for grey levels."""
    blocks: int = 8
    """Squares of 512 px, for spectra."""
    megapixels: int = 16
    """For the tails of the histogram."""
    web_mm: float = 10_000.0
    """For repeats and seams."""
    objects: int = 10
    """Number of objects of each kind."""


def self_checks(scope: Scope, report: Callable[[str], None] = lambda _: None) -> Iterator[Check]:
    """Every check, one after the other; `report` hears what is looked at now."""
    for material in Material:
        for view in View:
            report(f"{material} in {view}")
            yield from grey_levels(material, view, scope.webs)
            yield spectrum(material, view, scope.blocks)
    for material in (Material.ANODE, Material.CATHODE, Material.SEPARATOR):
        report(f"tails of {material}")
        yield tails(material, scope.megapixels)
    report("columns")
    yield from column_noise()
    report("repeats and seams")
    yield repeats(texture_of(Material.ANODE, scope.web_mm))
    yield from seams(texture_of(Material.CATHODE, scope.web_mm))
    report("the same seed")
    yield same_bytes()
    yield from contrast_checks([kind for kind in KINDS if kind.contrast != Contrast()], scope, report)


def contrast_checks(
    kinds: Iterable[Kind], scope: Scope, report: Callable[[str], None] = lambda _: None
) -> Iterator[Check]:
    """Each of these kinds in each view that it has bands for."""
    for kind in kinds:
        for view in View:
            if kind.contrast.at(view):
                report(f"contrast of {kind.code} in {view}")
                yield contrasts(kind, view, scope.objects)


def kinds_with_bands(codes: Sequence[str]) -> tuple[Kind, ...]:
    """The drawings of these codes. Raises DataError for a code that has none, or no bands to be held against.

    >>> [kind.code for kind in kinds_with_bands(["S01", "E01"])]
    ['E01', 'S01']
    """
    with_bands = {kind.code: kind for kind in KINDS if kind.contrast != Contrast()}
    if strange := [code for code in codes if code not in with_bands]:
        raise DataError(
            f"Kinds {', '.join(strange)}: no drawing with bands of contrast in camera/web/kinds; "
            f"there are {', '.join(with_bands)}. Choose of these."
        )
    return tuple(kind for code, kind in with_bands.items() if code in codes)


def clean_web(material: Material, view: View, seed: int, width_px: int = _WIDTH_PX) -> SimulatedWeb:
    """A web with nothing planted on it."""
    return SimulatedWeb(
        WebSettings(
            material=material,
            view=view,
            severity=PlantingRate.CLEAN,
            seed=seed,
            width_px=width_px,
            pixel_pitch_um=_PITCH_UM,
        )
    )


# Grey levels and texture: sections 4.3 and 4.4 ------------------------------------------------------------------------

_LEVELS_DN: dict[Material, tuple[float, float, float]] = {
    Material.ANODE: (95, 32, 3),
    # By the reflectance factors of section 4.2: near the mirror angle 0.06 to 0.12, calendered 0.12 to 0.30.
    Material.ANODE_UNCALENDERED: (62, 28, 3),
    Material.CATHODE: (80, 28, 3),
    Material.CATHODE_LFP: (65, 22, 3),
    Material.SEPARATOR: (185, 120, 110),
    # By the reflectance factors: 0.75 to 0.88, one side 0.65 to 0.80.
    Material.SEPARATOR_TWO_SIDES: (205, 130, 110),
    Material.BASE_FILM: (130, 90, 110),
}
"""Mean grey level in bright-field, dark-field and (re-gained on separators) back-light, section 4.3."""
_LEVEL_TOLERANCE = 0.12
"""Three deviations of 4 % between rolls."""
_GRAIN_PERCENT: dict[Material, tuple[float, float]] = {
    Material.ANODE: (3.0, 8.0),
    Material.ANODE_UNCALENDERED: (3.0, 8.0),
    Material.CATHODE: (2.5, 6.0),
    Material.CATHODE_LFP: (2.5, 6.0),
    # Where section 4.4 gives one number, as far around it as the ranges of the others: 0.7 to 1.7 of it.
    Material.SEPARATOR: (0.8, 2.0),
    Material.SEPARATOR_TWO_SIDES: (0.8, 2.0),
    Material.BASE_FILM: (0.7, 1.7),
}
_GRAIN_LEFT = (0.3, 0.6)
"""After optics about half of the grain remains: PSF 0.9 px and 0.5 px."""
_SLOW_PERCENT = (0.3, 3.2)
"""Mottle, coat weight, streaks and bars together with what light and columns leave, sections 4.4 and 4.5."""


def grey_levels(material: Material, view: View, webs: int) -> Iterator[Check]:
    """Mean and deviation of a few rolls."""
    blocks = [clean_web(material, view, seed).render(0, 512) for seed in range(1, webs + 1)]
    nominal = _LEVELS_DN[material][list(View).index(view)]
    # Three grey levels are stray light, to the nearest one.
    slack = max(_LEVEL_TOLERANCE * nominal, 0.5)
    means = [float(block.mean()) for block in blocks]
    yield Check(
        f"{material} {view}: mean of a roll",
        f"{nominal - slack:.1f} .. {nominal + slack:.1f} DN",
        f"{min(means):.1f} .. {max(means):.1f} DN",
        nominal - slack <= min(means) and max(means) <= nominal + slack,
    )
    sensor_dn = noise_sigma_dn(nominal)
    low, high = (
        np.hypot(sensor_dn, nominal / 100.0 * np.hypot(left * grain, slow))
        for left, grain, slow in zip(_GRAIN_LEFT, _GRAIN_PERCENT[material], _SLOW_PERCENT, strict=True)
    )
    # Rolls differ in level, and with it in noise; columns have their offsets.
    low, high = 0.9 * low, 1.1 * float(np.hypot(high, _COLUMNS["camera"][1]))
    spreads = [float(block.std()) for block in blocks]
    yield Check(
        f"{material} {view}: deviation",
        f"{low:.2f} .. {high:.2f} DN",
        f"{min(spreads):.2f} .. {max(spreads):.2f} DN",
        bool(low <= min(spreads) and max(spreads) <= high),
    )


_SQUARE_PX = 512
_BANDS = 10
_SPECTRUM_DB = 2.0
"""Section 4.8, over 0.02 to 0.5 cycles per pixel."""


def spectrum(material: Material, view: View, blocks: int, seed: int = 1) -> Check:
    """Radial power spectrum against the model that visibility reckons with."""
    web = clean_web(material, view, seed)
    squares = [web.render(number * _SQUARE_PX, _SQUARE_PX) for number in range(blocks)]
    deviation = spectral_deviation(squares, roll_of(web))
    worst = float(np.abs(deviation).max())
    return Check(
        f"{material} {view}: power spectrum, 0.02 .. 0.5 cycles/px",
        f"within {_SPECTRUM_DB:g} dB of the model",
        f"{deviation.min():+.1f} .. {deviation.max():+.1f} dB",
        worst <= _SPECTRUM_DB,
    )


def spectral_deviation(squares: Sequence[NDArray[np.uint8] | NDArray[np.uint16]], roll: Roll) -> NDArray[np.float64]:
    """(bands,) dB by which the power of squares of web lies above that of the roll's model, bands of equal ratio.

    What columns and lines have in common (column gains, streaks, jitter of the light) is left away.
    """
    window = np.outer(np.hanning(_SQUARE_PX), np.hanning(_SQUARE_PX))
    seen = np.zeros((_SQUARE_PX, _SQUARE_PX // 2 + 1))
    for square in squares:
        flat = square.astype(np.float64)
        flat = flat - flat.mean(axis=0) - flat.mean(axis=1, keepdims=True) + flat.mean()
        seen += np.abs(np.fft.rfft2(flat * window)) ** 2 / (window**2).sum() / len(squares)
    model = Visibility(roll.appearance.coat, _PITCH_UM, roll.psf_px).noise_power(_SQUARE_PX, _SQUARE_PX)
    fy, fx = np.fft.fftfreq(_SQUARE_PX)[:, None], np.fft.rfftfreq(_SQUARE_PX)[None, :]
    radius = np.hypot(fy, fx)
    counted = (np.abs(fy) > 2.5 / _SQUARE_PX) & (fx > 2.5 / _SQUARE_PX)
    limits = pairwise(np.geomspace(0.02, 0.5, _BANDS + 1))
    rings = [counted & (radius >= low) & (radius < high) for low, high in limits]
    return np.array([10.0 * np.log10(seen[ring].mean() / model[ring].mean()) for ring in rings])


_HIGH_PASS_PX = 2.0
_KURTOSIS_TOLERANCE = 0.3
"""Section 4.8."""


def tails(material: Material, megapixels: int, seed: int = 1) -> Check:
    """Kurtosis of the high-passed web: glints and pores stand out of the noise as often as section 4.4 says."""
    web = clean_web(material, View.BRIGHT_FIELD, seed)
    second, fourth, count = 0.0, 0.0, 0
    for first_line in range(0, megapixels * 10**6 // _WIDTH_PX, 2048):
        block = web.render(first_line, 2048).astype(np.float32)
        flat = block - blur(block, _HIGH_PASS_PX)
        flat -= flat.mean(axis=0)
        squared = np.square(flat, dtype=np.float64)
        second, fourth, count = second + squared.sum(), fourth + (squared**2).sum(), count + flat.size
    seen = float(fourth / count / (second / count) ** 2)
    model = _expected_kurtosis(roll_of(web))
    low, high = model * (1.0 - _KURTOSIS_TOLERANCE), model * (1.0 + _KURTOSIS_TOLERANCE)
    return Check(f"{material}: high-pass kurtosis", f"{low:.1f} .. {high:.1f}", f"{seen:.1f}", low <= seen <= high)


def _expected_kurtosis(roll: Roll) -> float:
    """Kurtosis of Gaussian texture with glints and pores thrown in: 3 + sum of fourth cumulants / variance^2."""
    surface, size = roll.appearance.coat, 256
    fy = np.fft.fftfreq(size).astype(np.float32)[:, None]
    fx = np.fft.fftfreq(size).astype(np.float32)[None, :]
    half = Visibility(surface, _PITCH_UM, roll.psf_px).noise_power(size, size)
    # The columns that a real image's spectrum leaves away mirror those that it has.
    noise = np.concatenate([half, np.roll(half[::-1], 1, axis=0)[:, -2:0:-1]], axis=1)
    variance = float((noise * (1.0 - transfer(_HIGH_PASS_PX, fy, fx)) ** 2).mean())
    spark = np.zeros((65, 65), np.float32)
    spark[32, 32] = 1.0
    spark = blur(spark, roll.psf_px)
    spark[np.hypot(*np.mgrid[-32:33, -32:33]) > 1.5] = 0.0
    spark /= spark.max()
    spark -= blur(spark, _HIGH_PASS_PX)
    second, fourth = 0.0, 0.0
    for rate, heights in _sparks(surface):
        second += rate * float((heights**2).mean()) * float((spark**2).sum())
        fourth += rate * float((heights**4).mean()) * float((spark**4).sum())
    return 3.0 + fourth / (variance + second) ** 2


def _sparks(surface: Surface) -> Iterator[tuple[float, NDArray[np.float64]]]:
    """(per pixel, heights in DN) of glints, cut off where the sensor saturates, and of pores."""
    chance = (np.arange(4096) + 0.5) / 4096
    yield surface.glints_per_px, np.minimum(-surface.glint_dn * np.log(chance), 255.0 - surface.level_dn)
    yield surface.pores_per_px, surface.level_dn * (0.1 + 0.25 * chance)


def roll_of(web: SimulatedWeb) -> Roll:
    """The roll that a web of this material, view and seed is made of."""
    settings = web.settings
    return draw_roll(settings.material, settings.view, np.random.default_rng([settings.seed, 1]))


# Camera: section 4.5 --------------------------------------------------------------------------------------------------

_COLUMNS = {"camera": (0.4, 0.3), "none": (1.2, 0.8)}
"""Column gains in % and offsets in DN, after and before flat-field correction."""
_COLUMN_TOLERANCE = 0.3
"""Section 4.8."""


def column_noise(lines: int = 1024) -> Iterator[Check]:
    """Deviation from column to column on a white reference."""
    for flat_field, (gain_percent, offset_dn) in _COLUMNS.items():
        settings = WebSettings(target="white", flat_field=flat_field, width_px=2048, pixel_pitch_um=_PITCH_UM)
        columns = SimulatedWeb(settings).render(0, lines).mean(axis=0)
        steps = np.diff(columns) / np.sqrt(2.0)
        # The median keeps dust and bad columns out of it.
        seen = 1.4826 * float(np.median(np.abs(steps - np.median(steps))))
        model = float(np.hypot(gain_percent / 100.0 * WHITE_LEVEL_DN, offset_dn))
        low, high = model * (1.0 - _COLUMN_TOLERANCE), model * (1.0 + _COLUMN_TOLERANCE)
        name = "corrected by the camera" if flat_field == "camera" else "raw"
        yield Check(f"column noise, {name}", f"{low:.2f} .. {high:.2f} DN", f"{seen:.2f} DN", low <= seen <= high)


# Repeats and seams ----------------------------------------------------------------------------------------------------

_REPEAT_WIDTH_PX = 64
_MOST_ALIKE = 0.05
_SEAM_TOLERANCE = 0.03
_FADE_TOLERANCE = 0.1


def texture_of(material: Material, web_mm: float) -> Field:
    """(lines, 64) of a clean web, without what lines or columns have in common over 6 mm."""
    web = clean_web(material, View.BRIGHT_FIELD, 1, _REPEAT_WIDTH_PX)
    block = web.render(0, int(web_mm / web.pitch_mm) // CELL_LINES * CELL_LINES).astype(np.float32)
    block -= block.mean(axis=1, keepdims=True)
    return np.asarray(block - cv2.blur(block, (1, 129)), np.float32)


def repeats(texture: Field) -> Check:
    """How much any stretch of web is like one some lines later: the largest autocorrelation along the machine."""
    lines = texture.shape[0]
    size = 2 * lines
    power = np.zeros(size // 2 + 1)
    for column in texture.T:
        power += np.abs(np.fft.rfft(column, size)) ** 2
    alike = np.fft.irfft(power, size)[: 3 * lines // 4]
    # Fewer lines overlap at a longer lag.
    alike /= alike[0] * (1.0 - np.arange(alike.size) / lines)
    # Neighbouring lines are alike by the mottle.
    nearest = 129
    worst = nearest + int(np.abs(alike[nearest:]).argmax())
    at_cells = np.abs(alike[CELL_LINES::CELL_LINES])
    return Check(
        f"autocorrelation over {lines * _PITCH_UM * 1e-6:.1f} m",
        f"at most {_MOST_ALIKE:g}",
        f"{abs(alike[worst]):.3f} (after {worst} lines); at texture cells {at_cells.max():.3f}",
        bool(abs(alike[worst]) <= _MOST_ALIKE),
    )


def seams(texture: Field) -> Iterator[Check]:
    """Texture at the borders of its cells and in the fades behind them is as rough and as strong as elsewhere."""
    step = np.square(np.diff(texture, axis=0)).mean(axis=1)
    borders = np.arange(CELL_LINES - 1, step.size, CELL_LINES)
    rough = float(np.sqrt(step[borders].mean() / step.mean()))
    yield Check(
        "step across borders of texture cells / elsewhere",
        f"{1.0 - _SEAM_TOLERANCE:g} .. {1.0 + _SEAM_TOLERANCE:g}",
        f"{rough:.3f}",
        abs(rough - 1.0) <= _SEAM_TOLERANCE,
    )
    power = np.square(texture).mean(axis=1)
    power = power[: power.size // CELL_LINES * CELL_LINES].reshape(-1, CELL_LINES)[1:]
    strong = float(np.sqrt(power[:, :FADE_LINES].mean() / power[:, FADE_LINES:].mean()))
    yield Check(
        "texture in fades / elsewhere",
        f"{1.0 - _FADE_TOLERANCE:g} .. {1.0 + _FADE_TOLERANCE:g}",
        f"{strong:.3f}",
        abs(strong - 1.0) <= _FADE_TOLERANCE,
    )


def same_bytes(lines: int = 1024) -> Check:
    """The same seed gives the same web, in whatever pieces it is asked for."""
    settings = WebSettings(severity=PlantingRate.DENSE, width_px=1024, seed=5)
    whole = SimulatedWeb(settings).render(100, lines)
    web = SimulatedWeb(settings)
    pieces = [web.render(first_line, min(100, 100 + lines - first_line)) for first_line in range(100, 100 + lines, 100)]
    different = int((np.concatenate(pieces) != whole).sum())
    return Check("pixels that differ between two webs of a seed", "0", str(different), different == 0)


# Contrasts of kinds: tables 2.1 and 2.2 -------------------------------------------------------------------------------

_INNER, _OUTER = 0.6, 1.4
"""Optics take away from the contrast of what is a few pixels wide; the texture adds to it."""
_IN_BAND = 0.8
"""Share of the objects."""
_LEAST_PX = 4.0
"""Smaller objects are blurred to less than their contrast."""
_PITCHES_UM = (25.0, 10.0)
"""The second for kinds that are too thin for the first."""
_SEARCHED_MM = 6000.0
_STRETCH_LINES = 4096
_MOST_LINES = 512


def contrasts(kind: Kind, view: View, objects: int, seed: int = 1) -> Check:
    """What stands out most of each object against the same web without it, after optics."""
    material = kind.materials[0]
    found: list[tuple[float, float]] = []
    for pitch_um in _PITCHES_UM:
        settings = stand_for(kind, material, view, pitch_um, seed)
        web = SimulatedWeb(settings)
        without = SimulatedWeb(settings.model_copy(update={"severity": PlantingRate.CLEAN}))
        found = found or [
            strongest_contrast(web, without, planted, kind.contrast.share_percent) for planted in _objects(web, objects)
        ]
    ranges = kind.contrast.at(view)
    seen = "none found"
    is_ok = False
    if found:
        share = float(np.mean([any(_within(*each, *band) for band in ranges) for each in found]))
        low, median, high = np.percentile([each for each, _ in found], [10, 50, 90])
        seen = f"{low:+.0f} .. {median:+.0f} .. {high:+.0f} % ({share:.0%} of {len(found)} in band)"
        is_ok = share >= _IN_BAND
    return Check(f"{kind.code} on {material} in {view}: contrast", _in_words(ranges), seen, is_ok)


def strongest_contrast(
    web: SimulatedWeb, without: SimulatedWeb, planted: PlantedObject, share_percent: float
) -> tuple[float, float]:
    """Weber contrast in % of the share of an object that is most unlike the same web without it, and that of a
    saturated pixel.

    Both webs have the same texture and noise, so that their difference is the object alone.
    """
    middle = planted.mask.shape[0] // 2
    rows = slice(max(0, middle - _MOST_LINES // 2), middle + _MOST_LINES // 2)
    mask = cv2.dilate(planted.mask[rows].astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    first_line, columns = planted.top_line + rows.start, slice(planted.left_px, planted.left_px + mask.shape[1])
    below = without.render(first_line, mask.shape[0])[:, columns].astype(np.float64)
    change = web.render(first_line, mask.shape[0])[:, columns] - below
    low, high = np.percentile(change[mask], [share_percent, 100.0 - share_percent])
    level = float(below[mask].mean())
    return 100.0 * float(high if high > -low else low) / level, 100.0 * (255.0 / level - 1.0)


def _objects(web: SimulatedWeb, count: int) -> list[PlantedObject]:
    """Some objects of a web, each once, those that are too small to show their contrast left away."""
    found: dict[str, PlantedObject] = {}
    for first_line in range(_STRETCH_LINES, int(_SEARCHED_MM / web.pitch_mm), _STRETCH_LINES):
        for planted in web.objects(first_line, _STRETCH_LINES):
            if planted.width_mm >= _LEAST_PX * web.pitch_mm:
                found.setdefault(planted.key, planted)
        if len(found) >= count:
            break
    return list(found.values())[:count]


def _within(value: float, saturated: float, low: float, high: float) -> bool:
    """In a band, as far as optics and sensor let it.

    >>> _within(110.0, 112.0, 200.0, 1e4), _within(-20.0, 170.0, 80.0, 300.0)
    (True, False)
    """
    least = min(low * _INNER, 0.9 * saturated) if low > 0.0 else low * _OUTER
    return least <= value <= high * (_INNER if high < 0.0 else _OUTER)


def _in_words(ranges: Sequence[tuple[float, float]]) -> str:
    return " or ".join(
        f"{low:+.0f} .. " + ("saturation" if high == SATURATED else f"{high:+.0f} %") for low, high in ranges
    )
