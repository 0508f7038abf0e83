"""`inspection demo`: the whole station on a simulated camera, and the answer sheet held against its decisions."""

import json
import queue
import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from camera.errors import ProducerError, SettingsError
from camera.gentl.discovery import list_devices
from camera.settings import CameraSettings, SimulatedSettings, TriggerSettings
from camera.simulated.simulated_camera import Fault, SimulatedCamera
from camera.web import Material, PlantingRate, View
from camera.web.settings import LayoutName
from inspection.alarms.settings import AlarmSettings
from inspection.cli.console import ERR, OUT, complain
from inspection.cli.demo_cost import measured_cost
from inspection.cli.demo_faults import FaultChoice, Faults
from inspection.cli.demo_line import LINES, DemoLine, Wishes, plan_line
from inspection.cli.demo_score import Score
from inspection.cli.demo_sheets import SheetLine
from inspection.cli.demo_speed import Speed, Throttle, deadline_at, fitting_line_rate_hz
from inspection.cli.logs import configure_logs
from inspection.cli.pages_process import pages_beside
from inspection.cli.places import ModelsDir
from inspection.doors import make_doors
from inspection.model.shelf import find_model
from inspection.pipeline import Pipeline
from inspection.station.feed import Publication
from inspection.station.settings import ApiSettings, StationSettings
from inspection.station.station import Station
from inspection.values import Cut, Decision, Verdict

_WORKERS = 2
_STATUS_EVERY = 50
_IDLE_S = 15.0
"""The first camera has ended, and no sheet was decided for so long: none will be."""
_PATIENT_PERIODS, _PATIENT_SHARE = 6, 0.9
"""A line that may run at half its speed is silent for twice as long, and machines hiccup; but not beyond so much of the
deadline."""

Published = queue.SimpleQueue[tuple[Decision, datetime]]


def demo(
    models_dir: ModelsDir,
    frames: Annotated[int | None, typer.Option(min=1, help="Stop after so many frame numbers; else at Ctrl-C.")] = None,
    material: Annotated[Material, typer.Option(help="What the web is made of.")] = Material.ANODE,
    view: Annotated[View, typer.Option(help="How it is lit; back-light for the separator only.")] = View.BRIGHT_FIELD,
    views: Annotated[
        str | None, typer.Option(help="Several lights instead, each with cameras of its own: bright-field,back-light.")
    ] = None,
    cameras: Annotated[int, typer.Option(min=1, max=4, help="Cameras side by side, for each view.")] = 1,
    layout: Annotated[
        LayoutName,
        typer.Option(help="What lies where on the web: L1 to L8, L8-slit; auto: as wide as the cameras see."),
    ] = "auto",
    cut: Annotated[Cut, typer.Option(help="What one decision is about.")] = Cut.BLOCK,
    way_mm: Annotated[
        float, typer.Option(min=0, max=10_000, help="From one view's roller to the next one's, along the web.")
    ] = 0.0,
    severity: Annotated[PlantingRate, typer.Option(help="How many defects lie on the web.")] = PlantingRate.DENSE,
    seed: Annotated[int, typer.Option(min=0, help="Another number, another web.")] = 5_000_000,
    line_rate: Annotated[
        float | None,
        typer.Option(min=10, max=1_000_000, help="Lines per second; else as many as this machine is measured to bear."),
    ] = None,
    fault: Annotated[
        str | None,
        typer.Option(
            help="What shall go wrong, every 20 s until the demo is stopped: "
            f"{', '.join(each.value for each in Fault)}; FAULT:cam1 for one camera of several."
        ),
    ] = None,
    summary: Annotated[Path | None, typer.Option(help="File to write the summary to (JSON).")] = None,
    deadline_ms: Annotated[
        float | None, typer.Option(min=1, help="Instead of the recipe's: for a machine with other things to do.")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the API; 0 takes any free one.")] = 8000,
    pages: Annotated[bool, typer.Option(help="Show the station in the browser too.")] = True,
    pages_port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the pages; 0 takes any free one.")] = 8080,
    state_dir: Annotated[Path, typer.Option(help="Folder of the store and of saved frames.")] = Path("var/demo"),
    log_level: Annotated[str, typer.Option(help="DEBUG, INFO, WARNING or ERROR.")] = "WARNING",
) -> None:
    """Run a station on simulated line-scan cameras over a web with planted defects."""
    configure_logs(level=log_level)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    seen = _views(views) if views is not None else (view,)
    wishes = Wishes(material, seen, severity, seed, cameras, layout, cut, way_mm)
    line = plan_line(wishes, models_dir, state_dir)
    chosen = None if fault is None else FaultChoice.parse(fault, line.cameras)
    if summary is not None and not summary.resolve().parent.is_dir():
        raise SettingsError(f"--summary {summary}: its folder does not exist; create it first")
    published: Published = queue.SimpleQueue()

    def take(publications: Sequence[Publication]) -> None:
        now = datetime.now(UTC)
        for publication in publications:
            published.put((publication.decision, now))

    with ExitStack() as stack:
        line_rate_hz = line_rate or _fitting_line_rate_hz(line, models_dir)
        deadline_ms = deadline_ms or deadline_at(line_rate_hz, line.recipe.deadline_ms)
        told, rig = _cameras(line, line_rate_hz, frames, stack)
        if rig is not None:
            patience_ms = min(_PATIENT_PERIODS * LINES / line_rate_hz * 1000.0, _PATIENT_SHARE * deadline_ms)
            told = tuple(camera.model_copy(update={"frame_timeout_ms": patience_ms}) for camera in told)
        if chosen is not None and rig is None:
            raise SettingsError("--fault needs the simulated GenICam camera, see above")
        line.write_recipe()
        settings = StationSettings(
            name="demo",
            cameras=told,
            places=line.told_places,
            pieces=line.pieces,
            recipe=line.recipe_file,
            models_dir=models_dir,
            state_dir=state_dir,
            workers=_WORKERS,
            deadline_ms=deadline_ms,
            # Its web is planted with far more defects than a line has that runs well.
            alarms=AlarmSettings(reject_rate=0.5, safety_objects=1000),
            api=ApiSettings(port=port),
        )
        station = Station(settings, doors=make_doors(settings), sinks=[take])
        score = Score(line)
        stack.callback(station.stop)
        if pages:
            stack.enter_context(pages_beside(station, pages_port))
        programs = stack.enter_context(ExitStack())
        station.start()
        if rig is not None and line.places:
            rig.clear_faults()
        api_url = station.door("http").address
        if rig is not None and line.cut is Cut.SHEET:
            programs.enter_context(SheetLine(rig, told[0].name, line.web.pixel_pitch_um).tell(api_url))
        OUT.print(f"API on [bold]{api_url}[/], its documentation on {api_url}/docs")
        OUT.print(f"decisions and saved frames go to {state_dir}; Ctrl-C or SIGTERM stops\n")
        OUT.print(
            f"each decision is due {deadline_ms:.0f} ms after its block's last line: then the reject gate is there"
        )
        faults = Faults(rig, chosen, line_rate_hz, frames)
        speed = Speed(rig, None if line_rate else Throttle(line_rate_hz, deadline_ms))
        try:
            for each in _decisions(station, published):
                if each is not None:
                    score.add(*each)
                    _tell(each[0], score)
                    speed.after(each[0])
                faults.after(score.pieces)
                if line.places and _has_shown_all(station, told[0].name, frames, score):
                    programs.close()
                    station.stop()  # the first camera has ended, the others would go on
        except KeyboardInterrupt:
            ERR.print("stopping: every frame that was read gets its decision")
            programs.close()
            station.stop()
            for each in _decisions(station, published):
                if each is not None:
                    score.add(*each)
        frames_read = station.runner.progress.read[told[0].name]
    result = score.summary(told[0].kind, material, frames_read)
    _show(result)
    if summary is not None:
        summary.write_text(json.dumps(result, indent=2) + "\n")
        OUT.print(f"summary written to {summary}")
    if not score.is_gapless:
        complain("the sequence numbers have a gap or a repeat: that must never happen; keep the log and report it")
        raise typer.Exit(3)


def _has_shown_all(station: Station, camera: str, frames: int | None, score: Score) -> bool:
    """Whether all pieces are decided that the first camera's frames lead to: as many, or sheets until no more come."""
    if frames is None or station.runner.progress.read[camera] < frames:
        return False
    return score.pieces >= frames if score.counts_frames else score.idle_s > _IDLE_S


def _views(told: str) -> tuple[View, ...]:
    """What `--views` says. Raises SettingsError."""
    try:
        return tuple(View(each.strip()) for each in told.split(","))
    except ValueError as error:
        known = ", ".join(view.value for view in View)
        raise SettingsError(f"--views {told}: expected some of {known}, with commas between; {error}") from error


def _fitting_line_rate_hz(line: DemoLine, models_dir: Path) -> float:
    """Measured, and told in words."""
    OUT.print("measuring for some seconds what one block of web costs on this machine")
    model = line.recipe.model
    pipeline = Pipeline(line.recipe.through(line.recipe.lead), find_model(models_dir, model.name, model.sha256))
    cost = measured_cost(line.web.model_copy(update={"width_px": line.camera_px}), LINES, pipeline, _WORKERS)
    cost = cost.of_cameras(line.cameras, line.web.width_px / line.camera_px)
    line_rate_hz = fitting_line_rate_hz(cost, LINES)
    blocks_s = line_rate_hz / LINES
    OUT.print(
        f"{cost.show_s * 1000:.0f} ms of one core to simulate it and {cost.inspect_s * 1000:.0f} ms to inspect it, "
        f"{cost.free_cores:.1f} cores are free: the line runs at {line_rate_hz:.0f} lines per second, "
        f"{blocks_s:.1f} blocks, which takes {blocks_s * cost.block_s:.1f} cores and leaves room for a browser; "
        "--line-rate sets another speed"
    )
    return line_rate_hz


def _cameras(
    line: DemoLine, line_rate_hz: float, frames: int | None, stack: ExitStack
) -> tuple[tuple[CameraSettings, ...], SimulatedCamera | None]:
    """The simulated GenICam cameras; the same web without cameras between where that can't be. The first one alone ends
    after so many frames: what the others see of the last pieces comes later.
    """
    web = line.web
    rig = SimulatedCamera(web, lines=LINES, line_rate_hz=line_rate_hz, places=line.places)
    limits = (frames, *(None for _ in range(1, line.cameras)))
    try:
        with ExitStack() as undo:
            undo.enter_context(rig)
            if line.places:
                rig.fault(Fault.STAND)  # the web starts when all cameras are there
            list_devices(rig.producer)  # a binding that is installed is not yet one that can be loaded
            stack.push(undo.pop_all())
    except ProducerError as error:
        complain(str(error))
        ERR.print("going on without GenICam: the same web, shown by the source `simulated`")
        return tuple(
            SimulatedSettings(
                name=f"cam{number}",
                web=web,
                place=line.places[number] if line.places else None,
                lines=LINES,
                line_rate_hz=line_rate_hz,
                frame_limit=limit,
            )
            for number, limit in enumerate(limits)
        ), None
    who = "a simulated line-scan camera shows"
    if line.cameras > 1:
        who = f"{line.cameras} simulated line-scan cameras show one"
    OUT.print(
        f"{who} {web.material.value} web, {web.width_px} px of {web.pixel_pitch_um:g} um, "
        f"{line_rate_hz / 1000:g} kHz lines in blocks of {LINES}; seed {web.seed}"
    )
    for name, place in line.told_places.items():
        OUT.print(
            f"  {name}: {place.light.value}, {line.camera_px} px from {place.across_mm:.2f} mm across on, "
            f"{place.along_mm:g} mm down the line"
        )
    if not line.places:
        return (rig.settings(frame_limit=frames),), rig
    # Cameras of one web are started by its encoder: so they may wait for each other, and count it alike.
    several = {"trigger": TriggerSettings(), "width_px": line.camera_px}
    return tuple(rig.settings(number, frame_limit=limit, **several) for number, limit in enumerate(limits)), rig


def _decisions(station: Station, published: Published) -> Iterator[tuple[Decision, datetime] | None]:
    """All decisions as they are published, until the station has finished; None while there is none."""
    while True:
        is_finished = station.wait(0.0)
        try:
            yield published.get(timeout=0.2)
        except queue.Empty:
            if is_finished:
                return
            yield None


def _tell(decision: Decision, score: Score) -> None:
    """A line for each decision that is no accept, and one for how it stands every so often."""
    if decision.verdict is not Verdict.ACCEPT:
        colour = "red" if decision.verdict is Verdict.REJECT else "yellow"
        more = f" (and {len(decision.reasons) - 1} more)" if len(decision.reasons) > 1 else ""
        OUT.print(f"#{decision.sequence} [{colour}]{decision.verdict.value:<11}[/] ", end="")
        OUT.print(f"{decision.reasons[0].sentence}{more}", markup=False)
    if len(score.sequences) % _STATUS_EVERY == 0:
        counts = ", ".join(f"{number} {verdict}" for verdict, number in score.verdicts.items())
        OUT.print(f"[bold]{len(score.sequences)} blocks[/]: {counts}")


def _show(result: dict[str, Any]) -> None:
    kinds = sorted({*result["planted"], *result["found"], *result["missed"]})
    if kinds:
        table = Table(
            "kind", "planted", "found", "missed", title="visible objects above their limits (SNR of 8 and more)"
        )
        for kind in kinds:
            table.add_row(kind, *(str(result[column].get(kind, 0)) for column in ("planted", "found", "missed")))
        OUT.print(table)
    latency = "median {p50} ms, p99 {p99} ms, longest {max} ms".format(**result["latency_ms"])
    OUT.print(
        f"{result['frames']} frame numbers from {result['source']}, {result['decisions']} decisions "
        f"(#{result['first_sequence']} to #{result['last_sequence']}): {result['accept']} accept, "
        f"{result['reject']} reject, {result['uninspected']} uninspected"
    )
    for rule, number in result["uninspected_reasons"].items():
        OUT.print(f"  uninspected because of {rule}: {number}")
    OUT.print(f"{result['false_rejects']} good blocks rejected")
    OUT.print(f"from the last line exposed to the decision published: {latency}; {result['mpx_s']} Mpx/s")
