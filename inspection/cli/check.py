"""`inspection check`: judge images from disk, as the line would."""

import time
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Annotated

import cv2
import typer
from rich.markup import escape
from rich.table import Table

from camera.errors import UnreadableImage
from camera.files.file_names import printable
from camera.files.image_file import read_image
from camera.files.image_form import WantedImage, likely_bit_depth
from camera.frame import Frame, FrameId, Pixels
from camera.settings import MAX_MPX
from inspection.api.wire_decisions import decision_out
from inspection.cli.console import ERR, OUT, complain, finite, print_json
from inspection.cli.found_images import find_images
from inspection.cli.overlay_files import overlay_paths, write_overlay
from inspection.cli.places import ModelsDir
from inspection.errors import RecipeError
from inspection.judging.findings import Carried
from inspection.model.shelf import find_model
from inspection.pipeline import Pipeline
from inspection.recipe.recipe import Recipe, default_recipe
from inspection.text_file import TextError, is_same_name, read_table
from inspection.values import Decision, Piece, Reason, Verdict
from inspection.vision.overlay import draw_overlay, to_grey8

TRUTH_FILE = "truth.csv"
_LINE_ONLY = ("sequence", "is_recorded", "camera", "run", "number", "trigger_id", "piece_id")
"""Fields of a decision that mean nothing for a file."""


def check(
    images: Annotated[list[Path], typer.Argument(help="Image files, or folders of them.")],
    models_dir: ModelsDir,
    recipe: Annotated[
        Path | None,
        typer.Option(help="Recipe (TOML). Without it, the columns material and view of a truth.csv beside the image."),
    ] = None,
    pitch_um: Annotated[
        float | None,
        typer.Option(
            min=0.1, callback=finite, help="Micrometres per pixel; the middle of the recipe's range if not given."
        ),
    ] = None,
    bit_depth: Annotated[
        int | None,
        typer.Option(min=8, max=16, help="Bits of a pixel that the camera delivers; all that a file has if not given."),
    ] = None,
    max_mpx: Annotated[
        float,
        typer.Option(min=0.001, max=1000, callback=finite, help="An image of more million pixels is not decoded."),
    ] = MAX_MPX,
    recursive: Annotated[bool, typer.Option("--recursive", help="Look into subfolders, too.")] = False,
    overlays: Annotated[
        Path | None, typer.Option(help="Another folder, to write the images to, with defects outlined.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Judge images; exit code 1 if one is not accepted or not looked at, 2 if one can't be read or has no recipe."""
    found = find_images(images, is_recursive=recursive)
    wanted = WantedImage(max_mpx, bit_depth=bit_depth)
    chosen = Recipe.load(recipe) if recipe else None
    drawn = overlay_paths(overlays, found.images) if overlays else []

    @cache
    def pipeline_for(material: str, view: str) -> Pipeline:
        own = chosen or default_recipe(material, view)
        return Pipeline(own, find_model(models_dir, own.model.name, own.model.sha256))

    table = Table("image", "verdict", "why", "ms")
    verdicts: set[Verdict] = set()
    unreadable = not_drawn = 0
    for number, image in enumerate(found.images, start=1):
        pipeline = pipeline_for("", "") if chosen else pipeline_for(*_material_and_view(image.path))
        frame: Frame | UnreadableImage
        try:
            pixels = read_image(image.path, wanted)
            frame = _frame(pixels, bit_depth, number, pitch_um or pipeline.recipe.image.usual_pitch_um)
        except UnreadableImage as error:
            unreadable += 1
            frame = error
        decision = _decide(pipeline, frame, number)
        verdicts.add(decision.verdict)
        if drawn and isinstance(frame, Frame):
            not_drawn += not _draw(drawn[number - 1], frame, decision)
        if bit_depth is None and isinstance(frame, Frame) and (bits := likely_bit_depth(frame.pixels)) is not None:
            ERR.print(
                f"hint: {image.shown} looks like {bits} bits in a file of 16: try --bit-depth {bits}", markup=False
            )
        if as_json:
            result = decision_out(decision, is_recorded=False).model_dump(mode="json")
            print_json({"image": image.shown, **{key: value for key, value in result.items() if key not in _LINE_ONLY}})
        else:
            why = "; ".join(reason.sentence for reason in decision.reasons)
            table.add_row(escape(image.shown), _coloured(decision.verdict), escape(why), f"{decision.latency_ms:.1f}")
    if not as_json:
        OUT.print(table)
    for sentence in found.passed_over:
        ERR.print(f"not looked at: {sentence}", markup=False)
    if unreadable:
        complain(f"{unreadable} of {len(found.images)} images could not be read")
    if unreadable or not_drawn:
        raise typer.Exit(2)
    if verdicts - {Verdict.ACCEPT} or found.passed_over:
        raise typer.Exit(1)


def _draw(path: Path, frame: Frame, decision: Decision) -> bool:
    """Whether the overlay could be written."""
    try:
        write_overlay(path, draw_overlay(to_grey8(frame.pixels, frame.bit_depth), decision))
    except (OSError, cv2.error) as error:
        complain(f"{printable(path)}: could not be written ({error}); check the folder's rights and the disk")
        return False
    return True


def _frame(pixels: Pixels, bit_depth: int | None, number: int, pitch_um: float) -> Frame:
    return Frame(
        id=FrameId("check", 1, number),
        pixels=pixels,
        bit_depth=bit_depth or pixels.dtype.itemsize * 8,
        pixel_pitch_x_um=pitch_um,
        pixel_pitch_y_um=pitch_um,
        position_mm=0.0,
        exposure_us=None,
        captured_utc=datetime.now(UTC),
        captured_ns=time.monotonic_ns(),
    )


def _decide(pipeline: Pipeline, frame: Frame | UnreadableImage, number: int) -> Decision:
    """What the line would be told about this image by itself."""
    started_utc = datetime.now(UTC)
    started_s = time.perf_counter()
    if isinstance(frame, Frame):
        judgement, _ = pipeline.conclude(pipeline.inspect(frame), Carried.START)
        verdict, reasons, defects, stage_ms = (
            judgement.verdict,
            judgement.reasons,
            judgement.defects,
            judgement.stage_ms,
        )
    else:
        verdict, reasons = Verdict.UNINSPECTED, (Reason(rule="lost.unreadable", sentence=str(frame)),)
        defects, stage_ms = (), {}
    latency_ms = (time.perf_counter() - started_s) * 1000.0
    return Decision(
        sequence=number,
        piece=Piece(FrameId("check", 1, number), 0.0, frame.length_mm if isinstance(frame, Frame) else None),
        verdict=verdict,
        reasons=reasons,
        defects=defects,
        recipe=pipeline.recipe_artefact,
        model=pipeline.model_artefact,
        captured_utc=started_utc,
        decided_utc=datetime.now(UTC),
        latency_ms=latency_ms,
        deadline_met=latency_ms <= pipeline.recipe.deadline_ms,
        stage_ms=stage_ms,
        setup_sha256=pipeline.setup_sha256,
    )


def _material_and_view(path: Path) -> tuple[str, str]:
    """From truth.csv beside the image."""
    truth = path.parent / TRUTH_FILE
    if truth.is_file():
        try:
            rows = read_table(truth, ("image", "material", "view"))
        except (OSError, TextError) as error:
            raise RecipeError(f"{printable(str(truth))} can't be read: {error}. Or add --recipe FILE.") from error
        looks = {(row["material"], row["view"]) for row in rows if is_same_name(row["image"], path.name)}
        if len(looks) > 1:
            raise RecipeError(
                f"{printable(str(truth))} names {printable(path.name)} more than once, with different material or "
                "view. Correct it."
            )
        if looks:
            return looks.pop()
    raise RecipeError(
        f"{printable(path.name)}: no recipe is named and no {TRUTH_FILE} beside it tells its material and view. "
        "Add --recipe FILE; shipped recipes lie in inspection/recipe/shipped/."
    )


def _coloured(verdict: Verdict) -> str:
    colour = {Verdict.ACCEPT: "green", Verdict.REJECT: "red", Verdict.UNINSPECTED: "yellow"}[verdict]
    return f"[{colour}]{verdict.value}[/]"
