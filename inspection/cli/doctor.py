"""`inspection doctor`: what is installed, what is missing, and what to do about it."""

import os
import platform
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import psutil
import typer
from rich.markup import escape
from rich.table import Table

from camera.errors import CameraError, ProducerError
from camera.gentl.discovery import find_producers, list_devices
from camera.simulated.producer.build import build_producer
from inspection.cli.console import OUT, print_json
from inspection.cli.finding import Finding, State
from inspection.cli.hardening import Site, hardening_findings
from inspection.cli.libraries import library_findings
from inspection.cli.places import ModelsDir
from inspection.errors import InspectionError
from inspection.model.card import read_card
from inspection.model.names_card import read_names_card
from inspection.model.shelf import Model, find_model, list_models, list_names
from inspection.recipe.recipe import Recipe, shipped_recipe_paths
from inspection.station.settings import load_settings


def doctor(
    models_dir: ModelsDir,
    state_dir: Annotated[Path, typer.Option(help="Folder of the store and of saved frames.")] = Path("var"),
    port: Annotated[int, typer.Option(help="Port that the API is to listen on.")] = 8000,
    config: Annotated[
        Path | None, typer.Option(help="A station's settings: looked at by docs/how-to/hardening.md, too.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Examine this machine; exit code 1 if something keeps a station from working, or from working safely."""
    site = Site(config.resolve(), load_settings(config)) if config is not None else None
    if site is not None:
        state_dir, models_dir, port = site.settings.state_dir, site.settings.models_dir, site.settings.api.port
    findings = [
        *_python(),
        *library_findings(),
        *_machine(state_dir),
        _port(port),
        *_cameras(),
        *_models(models_dir),
        *_recipes(),
        *(hardening_findings(site) if site is not None else ()),
    ]
    if as_json:
        for finding in findings:
            print_json(asdict(finding))
    else:
        table = Table("", "what", "found", "what to do")
        colours = {State.OK: "green", State.NOTE: "yellow", State.FAULT: "red"}
        for f in findings:
            words = (escape(each) for each in (f.subject, f.found, f.do))
            table.add_row(f"[{colours[f.state]}]{f.state.value}[/]", *words)
        OUT.print(table)
    if any(f.state is State.FAULT for f in findings):
        raise typer.Exit(1)


def _python() -> Iterator[Finding]:
    version = platform.python_version()
    ok = sys.version_info >= (3, 11)
    yield Finding("Python", State.OK if ok else State.FAULT, version, "" if ok else "install Python 3.11 or newer")


def _machine(state_dir: Path) -> Iterator[Finding]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    yield Finding(
        "cores", State.OK if cores >= 2 else State.NOTE, str(cores), "" if cores >= 2 else "2 or more are wanted"
    )
    memory_gb = psutil.virtual_memory().available / 1e9
    yield Finding(
        "memory",
        State.OK if memory_gb >= 2 else State.FAULT,
        f"{memory_gb:.1f} GB available",
        "" if memory_gb >= 2 else "a station needs 2 GB: end other programs",
    )
    place = state_dir.resolve()
    while not place.exists():
        place = place.parent
    free_gb = shutil.disk_usage(place).free / 1e9
    is_writable = os.access(place, os.W_OK)
    yield Finding(
        "disk",
        State.OK if free_gb >= 5 and is_writable else State.FAULT,
        f"{free_gb:.1f} GB free at {place}" + ("" if is_writable else ", not writable"),
        "" if free_gb >= 5 and is_writable else "free 5 GB, or name another folder with --state-dir",
    )
    shared = Path("/dev/shm")
    if shared.is_dir():
        shared_mb = shutil.disk_usage(shared).free / 1e6
        ok = shared_mb >= 256
        yield Finding(
            "shared memory",
            State.OK if ok else State.FAULT,
            f"{shared_mb:.0f} MB free",
            "" if ok else "camera rings need 256 MB: mount -o remount,size=1G /dev/shm (in a container: --shm-size=1g)",
        )
    yield _compiler()


def _compiler() -> Finding:
    try:
        with tempfile.TemporaryDirectory() as folder:
            build_producer(Path(folder))
    except ProducerError as error:
        how = "only the simulated GenICam camera needs one: apt-get install gcc libc6-dev"
        return Finding("C compiler", State.NOTE, str(error), how)
    return Finding("C compiler", State.OK, "builds the simulated GenICam camera")


def _port(port: int) -> Finding:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return Finding(
                "API port", State.NOTE, f"{port}: {error.strerror}", "a station runs already, or set api.port"
            )
    return Finding("API port", State.OK, f"{port} is free")


def _cameras() -> Iterator[Finding]:
    try:
        producers = find_producers()
    except CameraError as error:
        yield Finding("GenTL producers", State.FAULT, str(error), "correct GENICAM_GENTL64_PATH")
        return
    if not producers:
        how = "for a real camera install its vendor's GenTL producer and set GENICAM_GENTL64_PATH to its folder"
        yield Finding("GenTL producers", State.NOTE, "none found", how)
    for producer in producers:
        try:
            devices = list_devices(producer)
        except CameraError as error:
            yield Finding(producer.name, State.FAULT, str(error), "reinstall the vendor's GenTL producer")
        else:
            names = ", ".join(f"{d.model} {d.serial_number}" for d in devices)
            yield Finding(producer.name, State.OK, names or "no device", "" if names else "check power and cable")


def _models(models_dir: Path) -> Iterator[Finding]:
    folders = list_models(models_dir)
    if not folders:
        yield Finding(
            "models", State.FAULT, f"none in {models_dir}", "copy a model's folder there, or use --models-dir"
        )
    for folder in folders:
        try:
            model = Model.load(folder)
        except InspectionError as error:
            yield Finding(f"model {folder.name}", State.FAULT, str(error), "restore the folder from its delivery")
        else:
            yield Finding(f"model {folder.name}", State.OK, f"self-test passed, SHA-256 {model.artefact.sha256[:12]}")
    for folder in list_names(models_dir):
        try:
            names = read_names_card(folder / "card.json")
        except InspectionError as error:
            yield Finding(f"names {folder.name}", State.FAULT, str(error), "restore the folder from its delivery")
        else:
            yield Finding(f"names {folder.name}", State.OK, f"SHA-256 {names.card_sha256[:12]}")
    yield from _models_in_service(models_dir)


def _models_in_service(models_dir: Path) -> Iterator[Finding]:
    """What a recipe gets that pins no file."""
    try:
        names = sorted({read_card(folder / "card.json").name for folder in list_models(models_dir)})
        for name in names:
            yield Finding(f"{name} in service", State.OK, find_model(models_dir, name).card.version)
    except InspectionError as error:
        yield Finding("models in service", State.FAULT, str(error), "see `inspection models history`")


def _recipes() -> Iterator[Finding]:
    for path in shipped_recipe_paths():
        try:
            recipe = Recipe.load(path)
        except InspectionError as error:
            yield Finding(f"recipe {path.stem}", State.FAULT, str(error), "restore the file")
        else:
            yield Finding(f"recipe {path.stem}", State.OK, f"{recipe.name} {recipe.version}")
