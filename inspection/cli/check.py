"""`inspection check`: judge images from disk, as the line would."""

import csv
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Annotated

import cv2
import typer
from rich.table import Table

from camera.errors import UnreadableImage
from camera.frame import Frame, FrameId, Pixels
from camera.image_file import IMAGE_SUFFIXES, read_image
from inspection.api.wire import decision_out
from inspection.cli.console import OUT, complain, print_json
from inspection.cli.places import ModelsDir
from inspection.errors import RecipeError
from inspection.model_store import find_model
from inspection.overlay import draw_overlay, to_grey8
from inspection.pipeline import Carried, Pipeline
from inspection.recipe import Recipe, default_recipe
from inspection.values import Decision, Piece, Reason, Verdict

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
        typer.Option(min=0.1, help="Micrometres per pixel; the middle of the recipe's range if not given."),
    ] = None,
    overlays: Annotated[Path | None, typer.Option(help="Folder to write the images to, with defects outlined.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Judge images; exit code 1 if one is not accepted, 2 if one can't be read or has no recipe."""
    paths = list(_image_paths(images))
    chosen = Recipe.load(recipe) if recipe else None
    if overlays:
        overlays.mkdir(parents=True, exist_ok=True)

    @cache
    def pipeline_for(material: str, view: str) -> Pipeline:
        own = chosen or default_recipe(material, view)
        return Pipeline(own, find_model(models_dir, own.model.name, own.model.sha256))

    table = Table("image", "verdict", "why", "ms")
    verdicts: set[Verdict] = set()
    unreadable = 0
    for number, path in enumerate(paths, start=1):
        pipeline = pipeline_for("", "") if chosen else pipeline_for(*_material_and_view(path))
        frame: Frame | UnreadableImage
        try:
            frame = _frame(read_image(path), number, pitch_um or pipeline.recipe.image.usual_pitch_um)
        except UnreadableImage as error:
            unreadable += 1
            frame = error
        decision = _decide(pipeline, frame, number)
        verdicts.add(decision.verdict)
        if overlays and isinstance(frame, Frame):
            target = overlays / f"{path.stem}.png"
            if not cv2.imwrite(str(target), draw_overlay(to_grey8(frame.pixels, frame.bit_depth), decision)):
                complain(f"{target}: could not be written; check the folder's rights and the disk")
        if as_json:
            result = decision_out(decision, is_recorded=False).model_dump(mode="json")
            print_json({"image": path.name, **{key: value for key, value in result.items() if key not in _LINE_ONLY}})
        else:
            why = "; ".join(reason.sentence for reason in decision.reasons)
            table.add_row(path.name, _coloured(decision.verdict), why, f"{decision.latency_ms:.1f}")
    if not as_json:
        OUT.print(table)
    if unreadable:
        complain(f"{unreadable} of {len(paths)} images could not be read")
        raise typer.Exit(2)
    if verdicts - {Verdict.ACCEPT}:
        raise typer.Exit(1)


def _frame(pixels: Pixels, number: int, pitch_um: float) -> Frame:
    return Frame(
        id=FrameId("check", 1, number),
        pixels=pixels,
        bit_depth=pixels.dtype.itemsize * 8,
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
    )


def _image_paths(images: list[Path]) -> Iterator[Path]:
    for path in images:
        if path.is_dir():
            found = sorted(p for p in path.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES)
            if not found:
                raise UnreadableImage(f"{path}: this folder holds no image ({', '.join(sorted(IMAGE_SUFFIXES))})")
            yield from found
        elif path.is_file():
            yield path
        else:
            raise UnreadableImage(f"{path}: no such file; check the path")


def _material_and_view(path: Path) -> tuple[str, str]:
    """From truth.csv beside the image."""
    truth = path.parent / TRUTH_FILE
    if truth.is_file():
        with truth.open(newline="") as file:
            for row in csv.DictReader(file):
                if row.get("image") == path.name:
                    return row.get("material", ""), row.get("view", "")
    raise RecipeError(
        f"{path.name}: no recipe is named and no {TRUTH_FILE} beside it tells its material and view. "
        "Add --recipe FILE; shipped recipes lie in inspection/recipes/."
    )


def _coloured(verdict: Verdict) -> str:
    colour = {Verdict.ACCEPT: "green", Verdict.REJECT: "red", Verdict.UNINSPECTED: "yellow"}[verdict]
    return f"[{colour}]{verdict.value}[/]"
