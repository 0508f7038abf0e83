"""Can this frame be judged at all? What can't be trusted becomes UNINSPECTED, never ACCEPT."""

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.frame import Frame, FrameId
from inspection.errors import ScoresError
from inspection.model.card import ModelCard
from inspection.recipe.recipe import Layout, Recipe
from inspection.recipe.views import ImageRules
from inspection.values import Defect, Reason
from inspection.values.kinds import is_nuisance
from inspection.vision.checks.doubt import Doubt, Look
from inspection.vision.checks.line_prints import Copied, Prints, Remembered, copied_lines, flat_lines, repeated_lines

MIN_LINES = 16
_SAMPLE = (slice(None, None, 8), slice(None, None, 8))
_FULL_DN = 255.0
_PARTS = 8
_NARROWEST_PX = 256
_LEAST_SHARE = 0.02
"""Simulated webs of all shipped recipes leave a quarter of each eighth, and 3 % beside a splice tape that fills nearly
the whole block; dark-field in place of bright-field, or 60 % of the light, leave at most 0.1 %."""
_WHOLE_SHARE = 0.98
"""Share of a frame's prints from which on all of it was there before: what is saturated has none."""
_DEPTHS = {"uint8": (8,), "uint16": (10, 12, 14, 16)}


def check_frame(frame: Frame, rules: ImageRules, card: ModelCard, references_width_px: int | None) -> Reason | None:
    """The first thing that is wrong with a frame by itself, None if it can be inspected."""
    checks: tuple[Callable[[], Reason | None], ...] = (
        lambda: _check_size(frame, rules, references_width_px),
        lambda: _check_shortage(frame, rules),
        lambda: _check_depth(frame),
        lambda: _check_pitch(frame, rules, card),
        lambda: _check_light(frame, rules),
    )
    return next((reason for check in checks if (reason := check()) is not None), None)


def check_level(frame: Frame, image: NDArray[np.uint8], recipe: Recipe, card: ModelCard) -> Reason | None:
    """Whether the light is the one that model and recipe were made for, over the whole width; None if it is.

    `image`: (height, width) as prepared. Under a lamp that has failed, dimmed or moved from bright-field to dark-field
    a network finds nothing, however much lies on the web. So of each lane (or, without lanes, of each eighth of the
    width) some of the pixels must have grey values that recipe and model know: what lies on the web or beside it,
    foil or a splice tape, leaves more, another light next to nothing.
    """
    least_dn, most_dn = known_levels_dn(recipe.image, card)
    is_known = cv2.inRange(image[::8], np.array(math.floor(least_dn)), np.array(math.ceil(most_dn)))
    for first, end in _parts(frame, recipe.layout):
        share = cv2.countNonZero(is_known[:, first:end]) / ((end - first) * len(is_known))
        if share < _LEAST_SHARE:
            return Reason(
                "image.level",
                f"Frame {frame.id}: in columns {first} to {end - 1} {share:.0%} of the pixels have grey values from "
                f"{least_dn:.0f} to {most_dn:.0f}, for which recipe and model {card.name}-{card.version} are made; at "
                f"least {_LEAST_SHARE:.0%} are needed. Their median is {np.median(image[::8, first:end]):.0f}: another "
                "light, exposure or web, in which the model may see nothing. Check lamp, angle, exposure and "
                "references, or choose another recipe; where no web is to be seen, name the lanes in the recipe.",
                measured=share,
                limit=_LEAST_SHARE,
            )
    return None


def known_levels_dn(rules: ImageRules, card: ModelCard) -> tuple[float, float]:
    """The grey values, 8-bit, that both recipe and model know the web by."""
    learnt = card.grey_level_dn
    least_dn = max(rules.min_level_dn or 0.0, learnt.min if learnt else 0.0)
    most_dn = min(_FULL_DN if rules.max_level_dn is None else rules.max_level_dn, learnt.max if learnt else _FULL_DN)
    return least_dn, most_dn


def product_columns(frame: Frame, layout: Layout) -> list[tuple[int, int]]:
    """Columns, end excluded, of each lane that the frame shows; without lanes all of the width is product."""
    pitch_mm = frame.pixel_pitch_x_um / 1000.0
    lanes = [
        (max(0, round(lane.left_mm / pitch_mm)), min(frame.width_px, round(lane.right_mm / pitch_mm)))
        for lane in layout.lanes
    ]
    return [(first, end) for first, end in lanes if end > first] or [(0, frame.width_px)]


def _parts(frame: Frame, layout: Layout) -> list[tuple[int, int]]:
    """Columns, end excluded, that must be lit alike: the lanes' that the frame shows, else the width in parts."""
    columns = product_columns(frame, layout)
    if columns != [(0, frame.width_px)]:
        return columns
    borders = np.linspace(0, frame.width_px, max(1, min(_PARTS, frame.width_px // _NARROWEST_PX)) + 1).astype(int)
    return list(pairwise(borders.tolist()))


def check_lines(
    frame: FrameId, image: NDArray[np.uint8], prints: Prints, places: Sequence[int], most_dn: float
) -> Reason | None:
    """Whether a frame holds lines that nobody exposed, or one line twice; None if it does not.

    places: columns of the prints. most_dn: the brightest that the web is known to be.
    """
    if (flat := flat_lines(image, prints, places, most_dn)) is not None:
        what = f"lines {flat[0]} to {flat[1]} have stretches without any noise: they were filled in, not exposed"
        share = 1.0
    elif (copied := repeated_lines(prints)) is not None:
        what = (
            f"lines {copied.first_line} to {copied.end_line - 1} hold some that are there twice, noise and all: they "
            "took the place of lines that are missing"
        )
        share = copied.share
    else:
        return None
    return Reason(
        "image.blind", f"Frame {frame}: {what}. Nobody saw the web there. {_FILLED}", measured=share, limit=0.0
    )


def doubt_reason(frame: FrameId, doubt: Doubt) -> Reason:
    """Why a place of a frame was not seen."""
    box = doubt.box
    rule, looks, advice = _LOOKS[doubt.look]
    where = f"lines {box.top} to {box.bottom - 1}, columns {box.left} to {box.right - 1}"
    limit = "" if doubt.limit is None else f", at least {doubt.limit:.3g} is needed"
    return Reason(
        rule,
        f"Frame {frame}: in {where} {looks.format(measured=doubt.measured)}{limit}: nobody saw the web there. {advice}",
        measured=doubt.measured,
        limit=doubt.limit,
        unit=None if doubt.look in (Look.BLURRED, Look.QUIET) else "DN",
    )


_FILLED = (
    "Check cable, network and lost packets, the camera's buffers, and that the file is whole and not compressed far."
)
_LOOKS = {
    Look.CONSTANT: ("image.blind", "all pixels are {measured:.0f}", _FILLED),
    Look.REPEATED: ("image.blind", "lines repeat the one before them (grey value {measured:.0f})", _FILLED),
    Look.SMOOTH: ("image.blind", "the noise of a sensor is missing (grey value {measured:.0f})", _FILLED),
    Look.GARBLED: ("image.blind", "neighbouring pixels differ by {measured:.0f} grey values on average", _FILLED),
    Look.DARK: ("image.blind", "there is no light (grey value {measured:.1f})", "Check the lamp and its trigger."),
    Look.DIM: (
        "image.level",
        "the web shows a grey value of {measured:.0f}",
        "Check that the lamp holds its light, and its trigger.",
    ),
    Look.QUIET: (
        "image.blind",
        "the noise is {measured:.3f} times the root of the grey value, less than a sensor's",
        "Check that this is the camera's own image: no test pattern, no filter, no lens cap, not compressed far.",
    ),
    Look.BLURRED: (
        "image.blurred",
        "the web has next to no texture: lines four apart differ by {measured:.1%} more than neighbours",
        "Check focus, lens and window for dirt, the line trigger and the encoder's scale, and that there is web.",
    ),
}


def scores_reason(frame: FrameId, card: ModelCard, error: ScoresError) -> Reason:
    """Why a network's answer is none."""
    return Reason(
        "model.scores",
        f"Frame {frame}: model {card.name}-{card.version} answered {error}, so nothing is known of this piece. "
        "If it comes again, go back to the model before it (`inspection models rollback`) and check this machine's "
        "memory.",
    )


def check_hidden(
    frame: FrameId, defects: Iterable[Defect], columns: Sequence[tuple[int, int]], shape: tuple[int, int], most: float
) -> Reason | None:
    """Whether tape, label or another object that is no defect hides (nearly) a whole lane; None if none does.

    columns: each lane's, end excluded. shape: lines and columns of the frame. most: share of a lane that may be hidden.
    """
    covers = [defect for defect in defects if is_nuisance(defect.kind)]
    if not covers:
        return None
    # Only where something lies: a whole frame of pixels is long to look at for the thread that decides.
    left, right = min(cover.box.left for cover in covers), max(cover.box.right for cover in covers)
    hidden = np.zeros((shape[0], right - left), np.bool_)
    for cover in covers:
        top = cover.box.bottom - cover.mask.shape[0]
        columns_here = slice(cover.box.left - left, cover.box.right - left)
        hidden[max(0, top) : cover.box.bottom, columns_here] |= cover.mask[max(0, -top) :]
    for number, (first, end) in enumerate(columns, start=1):
        lane = hidden[:, max(0, first - left) : max(0, end - left)]
        share = float(np.count_nonzero(lane)) / (shape[0] * (end - first))
        if share > most:
            return Reason(
                "image.hidden",
                f"Frame {frame}: {share:.0%} of lane {number} (columns {first} to {end - 1}) lies under tape, a label "
                f"or another object that is no defect, at most {most:.0%} may: nobody saw the web there. "
                "Cut the piece out or look at it.",
                measured=share,
                limit=most,
            )
    return None


def check_copies(frame: FrameId, prints: Prints, earlier: Remembered, rules: ImageRules) -> Reason | None:
    """Whether an earlier frame showed this one's lines, all or some of them; None if none did."""
    if not rules.refuse_repeated:
        return None
    copied = copied_lines(prints, earlier)
    return None if copied is None else _frozen(frame, copied)


def _frozen(frame: FrameId, copied: Copied) -> Reason:
    if copied.share > _WHOLE_SHARE:
        what, advice = (
            f"repeats frame {copied.of_frame} to the last pixel, so the camera is frozen",
            "Restart the camera.",
        )
    else:
        what = (
            f"holds old lines: of lines {copied.first_line} to {copied.end_line - 1} some are those of frame "
            f"{copied.of_frame}, so what was meant to replace them got lost"
        )
        advice = "Check cable, network and lost packets, and the camera's buffers."
    return Reason(
        "image.frozen",
        f"Frame {frame} {what}: nobody saw this stretch of web. {advice}",
        measured=copied.share,
        limit=0.0,
    )


def check_sequence(
    frame: FrameId, start_mm: float, before: tuple[FrameId, float, float] | None, rules: ImageRules
) -> Reason | None:
    """What is wrong with a frame's place after the one before it, None if nothing is.

    `before`: id, start and length in mm of the last frame that had pixels; None at the start.
    """
    if before is None:
        return None
    before_id, before_start_mm, before_length_mm = before
    if frame.camera != before_id.camera or frame.run != before_id.run:
        return None
    if start_mm <= before_start_mm:
        return Reason(
            "encoder.backwards",
            f"Frame {frame} starts at {start_mm:.2f} mm, not after frame {before_id} at {before_start_mm:.2f} mm: "
            "the web stands still, or the encoder ran backwards or was reset. If the line runs, check the encoder and "
            "its wiring.",
            measured=start_mm,
            limit=before_start_mm,
            unit="mm",
        )
    gap_mm = start_mm - (before_start_mm + before_length_mm)
    is_next = frame.number == before_id.number + 1
    if rules.max_encoder_gap_mm is not None and is_next and abs(gap_mm) > rules.max_encoder_gap_mm:
        return Reason(
            "encoder.jump",
            f"Frame {frame} starts {gap_mm:+.2f} mm from the end of frame {before_id}, more than the "
            f"{rules.max_encoder_gap_mm:.2f} mm allowed: web went by unseen or the encoder slipped. "
            "Check encoder, trigger and line rate.",
            measured=abs(gap_mm),
            limit=rules.max_encoder_gap_mm,
            unit="mm",
        )
    return None


def _check_size(frame: Frame, rules: ImageRules, references_width_px: int | None) -> Reason | None:
    if frame.pixels.ndim != 2:
        return Reason(
            "image.size",
            f"Frame {frame.id} has shape {frame.pixels.shape}; one grey channel (height, width) is needed. "
            "Set a Mono pixel format, or convert the file to grey.",
        )
    expected_px = rules.width_px or references_width_px or frame.width_px
    if frame.width_px != expected_px:
        by = "recipe says" if rules.width_px else "flat-field references have"
        return Reason(
            "image.size",
            f"Frame {frame.id} is {frame.width_px} columns wide, the {by} {expected_px}. "
            "Check the camera's Width, or record references and set the recipe for this camera.",
            measured=float(frame.width_px),
            limit=float(expected_px),
            unit="px",
        )
    if frame.height_px < MIN_LINES or frame.width_px < MIN_LINES:
        return Reason(
            "image.size",
            f"Frame {frame.id} is {frame.width_px} x {frame.height_px} px; "
            f"at least {MIN_LINES} x {MIN_LINES} are needed. Check the camera's Width and Height.",
            measured=float(min(frame.height_px, frame.width_px)),
            limit=float(MIN_LINES),
            unit="px",
        )
    return None


def _check_shortage(frame: Frame, rules: ImageRules) -> Reason | None:
    """A frame that ended early shows all its lines that came; where the next one begins only an encoder knows."""
    short = frame.shortage
    if short is None or (rules.short_frames == "judge" and short.is_placed):
        return None
    why = (
        "The recipe does not let short frames be judged (image.short_frames)."
        if short.is_placed
        else "No encoder position came with it, so nobody knows how much web passed unseen behind it."
    )
    return Reason(
        "image.short" if short.is_placed else "image.short.unplaced",
        f"Frame {frame.id} has {frame.height_px} of {short.lines_asked} lines: the encoder or trigger stopped before "
        f"it was full. {why} If the web moved, look at encoder and trigger.",
        measured=float(frame.height_px),
        limit=float(short.lines_asked),
        unit="px",
    )


def _check_depth(frame: Frame) -> Reason | None:
    depths = _DEPTHS.get(str(frame.pixels.dtype), ())
    if frame.bit_depth not in depths:
        return Reason(
            "image.depth",
            f"Frame {frame.id} holds {frame.pixels.dtype} pixels of {frame.bit_depth} bits; "
            "uint8 of 8 bits or uint16 of 10, 12, 14 or 16 bits are needed. Check the pixel format.",
        )
    brightest = int(frame.pixels[_SAMPLE].max())
    if brightest >= 2**frame.bit_depth:
        return Reason(
            "image.depth",
            f"Frame {frame.id} has a pixel of {brightest}, more than its {frame.bit_depth} bits can hold. "
            "The announced bit depth is wrong: check the pixel format.",
            measured=float(brightest),
            limit=float(2**frame.bit_depth - 1),
            unit="DN",
        )
    return None


def _check_pitch(frame: Frame, rules: ImageRules, card: ModelCard) -> Reason | None:
    least_um = max(rules.min_pitch_um, card.pixel_pitch_um.min)
    most_um = min(rules.max_pitch_um, card.pixel_pitch_um.max)
    for pitch_um in (frame.pixel_pitch_x_um, frame.pixel_pitch_y_um):
        if not least_um <= pitch_um <= most_um:
            return Reason(
                "image.pitch",
                f"Frame {frame.id} has a pixel pitch of {pitch_um:g} um; recipe and model {card.name}-{card.version} "
                f"are for {least_um:g} to {most_um:g} um. "
                "Correct the camera's pixel pitch, or choose another recipe and model.",
                measured=pitch_um,
                limit=least_um if pitch_um < least_um else most_um,
                unit="um",
            )
    return None


def _check_light(frame: Frame, rules: ImageRules) -> Reason | None:
    sample = np.ascontiguousarray(frame.pixels[_SAMPLE])
    mean_dn = float(sample.mean()) * 2.0 ** (8 - frame.bit_depth)
    if mean_dn < rules.min_mean_dn:
        return Reason(
            "image.black",
            f"Frame {frame.id} has a mean grey value of {mean_dn:.1f}, at least {rules.min_mean_dn:g} is needed: "
            "no light or lens covered. Check the lighting and its trigger.",
            measured=mean_dn,
            limit=rules.min_mean_dn,
            unit="DN",
        )
    saturated = float(np.mean(sample >= 2**frame.bit_depth - 1))
    if saturated > rules.max_saturated_fraction:
        return Reason(
            "image.saturated",
            f"Frame {frame.id} is saturated in {saturated:.0%} of its pixels, at most "
            f"{rules.max_saturated_fraction:.0%} are allowed: nothing can be seen there. "
            "Check exposure, gain and that the web is in place.",
            measured=saturated,
            limit=rules.max_saturated_fraction,
        )
    return None
