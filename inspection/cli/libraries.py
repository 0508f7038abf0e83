"""The outside libraries: each that is called well has been loaded, in a process of its own."""

import importlib.metadata
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from camera.gentl.discovery import describe_exit
from camera.loading import loading_advice
from inspection.cli.finding import Finding, State

_PATIENCE_S = 60.0
_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Library:
    """A package, and the module of it that this program uses."""

    package: str
    module: str
    needed_for: str
    extra: str | None = None
    """Extra of this program that brings it; None: every installation has it."""


LIBRARIES = (
    Library("numpy", "numpy", "everything"),
    Library("opencv-python-headless", "cv2", "everything"),
    Library("simplejpeg", "simplejpeg", "everything"),
    Library("onnxruntime", "onnxruntime", "everything"),
    Library("sqlalchemy", "sqlalchemy", "the store"),
    Library("fastapi", "fastapi", "the API"),
    Library("harvesters", "harvesters.core", "GenICam cameras", "camera"),
    Library("genicam", "genicam.gentl", "GenICam cameras", "camera"),
    Library("nicegui", "nicegui", "the pages", "pages"),
    Library("argon2-cffi", "argon2", "the pages", "pages"),
    Library("asyncua", "asyncua", "OPC UA", "line"),
    Library("pymodbus", "pymodbus", "Modbus TCP", "line"),
    Library("aiomqtt", "aiomqtt", "MQTT", "line"),
    Library("torch", "torch", "training; a serving station does without", "training"),
)


def library_findings() -> Iterator[Finding]:
    """One for each, in their order."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from pool.map(look_at, LIBRARIES)


def look_at(library: Library) -> Finding:
    """Whether it is there, and can be loaded."""
    try:
        version = importlib.metadata.version(library.package)
    except importlib.metadata.PackageNotFoundError:
        if library.extra is None:
            how = f"pip install {library.package} (for {library.needed_for})"
            return Finding(library.package, State.FAULT, "missing", how)
        how = f"pip install 'web-inspection-station[{library.extra}]' (for {library.needed_for})"
        return Finding(library.package, State.NOTE, "not installed", how)
    trouble = _loading_trouble(library.module)
    if trouble is None:
        return Finding(library.package, State.OK, version)
    how = f"{loading_advice(trouble, library.extra)} (for {library.needed_for})"
    return Finding(library.package, State.FAULT, f"{version} is installed and can't be loaded: {trouble}", how)


def _loading_trouble(module: str) -> str | None:
    """Why a module can't be loaded, None if it can."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path or "." for path in sys.path)}
    try:
        done = subprocess.run(
            [sys.executable, "-c", f"import {module}"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=environment,
            timeout=_PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"it was not done within {_PATIENCE_S:.0f} s"
    if done.returncode == 0:
        return None
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    words = lines[-1] if lines else ""
    kind, colon, text = words.partition(": ")
    return text if colon and kind.endswith("Error") else words or describe_exit(done.returncode)
