"""Puts a camera's settings into its GenICam features, and reads each one back."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from camera.errors import SettingsError
from camera.settings import GenTLSettings

Value = bool | int | float | str

CHUNKS = ("EncoderValue", "LineCounter", "Timestamp")
"""The chunk data that is asked for where the camera has it."""
RELATIVE_TOLERANCE = 0.01
"""Cameras round exposure times and rates to what their clock can do."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One feature to set. One with `only_if_there` is left alone where the camera lacks it."""

    feature: str
    value: Value
    only_if_there: bool = False


def wishes(settings: GenTLSettings) -> Iterator[Wish]:
    """What the settings ask for, in the order in which GenICam wants it.

    >>> from camera.settings import GenTLSettings
    >>> [w.feature for w in wishes(GenTLSettings(pixel_pitch_x_um=50, pixel_pitch_y_um=50, width_px=64, chunks=False))]
    ['AcquisitionMode', 'Width']
    """
    yield Wish("AcquisitionMode", "Continuous", only_if_there=True)
    if settings.pixel_format is not None:
        yield Wish("PixelFormat", settings.pixel_format)
    if settings.width_px is not None:
        yield Wish("Width", settings.width_px)
    if settings.height_px is not None:
        yield Wish("Height", settings.height_px)
    if settings.exposure_us is not None:
        yield Wish("ExposureAuto", "Off", only_if_there=True)
        yield Wish("ExposureTime", settings.exposure_us)
    if settings.gain_db is not None:
        yield Wish("GainAuto", "Off", only_if_there=True)
        yield Wish("Gain", settings.gain_db)
    if settings.line_rate_hz is not None:
        yield Wish("AcquisitionLineRateEnable", True, only_if_there=True)
        yield Wish("AcquisitionLineRate", settings.line_rate_hz)
    if settings.frame_rate_hz is not None:
        yield Wish("AcquisitionFrameRateEnable", True, only_if_there=True)
        yield Wish("AcquisitionFrameRate", settings.frame_rate_hz)
    if settings.trigger is not None:
        yield Wish("TriggerSelector", settings.trigger.selector)
        yield Wish("TriggerMode", "On")
        yield Wish("TriggerSource", settings.trigger.source)
        if settings.trigger.activation is not None:
            yield Wish("TriggerActivation", settings.trigger.activation)
    if settings.chunks:
        yield Wish("ChunkModeActive", True, only_if_there=True)
    for feature, value in settings.features.items():
        yield Wish(feature, value)


def apply(node_map: Any, settings: GenTLSettings) -> None:
    """Set everything and read it back. Raises SettingsError, which lists all that was refused and what is allowed."""
    problems = [problem for wish in wishes(settings) if (problem := _apply_one(node_map, wish)) is not None]
    if problems:
        raise SettingsError(
            f"camera {settings.name}: the device refuses {len(problems)} of its settings:\n  " + "\n  ".join(problems)
        )
    if settings.chunks and getattr(node_map, "ChunkModeActive", None) is not None:
        _enable_chunks(node_map)


def has_readable(node_map: Any, feature: str) -> bool:
    """Does the device have the feature, and can it be read now?"""
    from genicam.genapi import GenericException

    node = getattr(node_map, feature, None)
    if node is None:
        return False
    try:
        _ = node.value
    except GenericException:
        return False
    return True


def _apply_one(node_map: Any, wish: Wish) -> str | None:
    """None, or a sentence about what went wrong."""
    from genicam.genapi import GenericException

    node = getattr(node_map, wish.feature, None)
    if node is None:
        return None if wish.only_if_there else f"{wish.feature}: the device has no such feature"
    try:
        if hasattr(node, "execute"):
            node.execute()
            return None
        if has_readable(node_map, wish.feature) and is_same(wish.value, node.value, exactly=True):
            return None  # it may not be writable for having no alternative
        node.value = wish.value
        got = node.value
    except (GenericException, TypeError) as error:
        words = str(error).split(" : ")[0].strip().rstrip(".")
        return f"{wish.feature}: asked for {wish.value}, refused{_allowed(node)}: {words}"
    if not is_same(wish.value, got):
        return f"{wish.feature}: asked for {wish.value}, the device took {got}{_allowed(node)}"
    return None


def is_same(asked: Value, got: Value, *, exactly: bool = False) -> bool:
    """Has the device taken the value, but for rounding?

    >>> is_same(20.0, 20.1), is_same(20.0, 21.0), is_same(512, 512), is_same(512, 500), is_same("On", "On")
    (True, False, True, False, True)
    """
    if isinstance(asked, str) or isinstance(got, str):
        return str(asked) == str(got)
    if isinstance(got, float) and not exactly:
        return abs(asked - got) <= RELATIVE_TOLERANCE * max(abs(asked), 1e-9)
    return asked == got


def _allowed(node: Any) -> str:
    """The range of a number or the entries of a choice, as words in brackets; empty if the device doesn't say."""
    from genicam.genapi import GenericException

    try:
        if hasattr(node, "symbolics"):
            return f" (allowed: {', '.join(node.symbolics)})"
        if hasattr(node, "min"):
            unit = f" {node.unit}" if getattr(node, "unit", "") else ""
            return f" (allowed: {node.min} to {node.max}{unit})"
    except GenericException:
        return ""
    return ""


def _enable_chunks(node_map: Any) -> None:
    """Switch on the chunks that are wanted and there; a camera without them is no worse for it."""
    from genicam.genapi import GenericException

    selector, enable = getattr(node_map, "ChunkSelector", None), getattr(node_map, "ChunkEnable", None)
    if selector is None or enable is None:
        return
    try:
        there = set(selector.symbolics)
        for chunk in CHUNKS:
            if chunk in there:
                selector.value = chunk
                enable.value = True
    except GenericException as error:
        raise SettingsError(f"ChunkEnable: the device refuses its own chunk data: {error}") from error
