"""Compiles the simulated camera's GenTL producer on first use, with the system's C compiler, into a cache."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from camera.errors import ProducerError

SOURCES = Path(__file__).parent
FLAGS = (
    *("-std=gnu11", "-O3", "-Wall", "-Wextra", "-Werror"),
    *("-shared", "-fPIC", "-fvisibility=hidden", "-pthread"),
)
BUILD_TIMEOUT_S = 120.0


def cache_folder() -> Path:
    """Where built producers lie: XDG_CACHE_HOME, else ~/.cache."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "web-inspection-station"


def build_producer(cache: Path | None = None, *, compiler: str | None = None) -> Path:
    """The path of the .cti, built now unless the cache has it for these sources and this compiler.

    `compiler` is a command's name or path, None takes `cc`. Raises ProducerError, with the compiler's own words.
    """
    command = compiler or "cc"
    found = shutil.which(command)
    if found is None:
        raise ProducerError(
            f"the simulated GenICam camera needs a C compiler, and there is no '{command}': "
            "install one (Debian: apt install gcc libc6-dev), or use the camera kind 'simulated', which needs none"
        )
    folder = cache or cache_folder()
    target = folder / f"simulated-{_fingerprint(found)}.cti"
    if not target.exists():
        _compile(found, target)
    return target


def _inputs() -> list[Path]:
    return sorted(path for path in SOURCES.iterdir() if path.suffix in {".c", ".h", ".xml"})


def _fingerprint(compiler: str) -> str:
    digest = hashlib.sha256("\0".join(FLAGS).encode())
    version = subprocess.run([compiler, "--version"], capture_output=True, timeout=BUILD_TIMEOUT_S, check=False)
    digest.update(os.path.realpath(compiler).encode() + version.stdout)
    for path in _inputs():
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _compile(compiler: str, target: Path) -> None:
    """Builds beside the target and renames, so that two processes never see half a file."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix="build-") as folder:
            work = Path(folder)
            (work / "descriptions.h").write_text(_descriptions(), encoding="ascii")
            output = work / "simulated.cti"
            sources = [str(path) for path in _inputs() if path.suffix == ".c"]
            command = [compiler, *FLAGS, f"-I{work}", f"-I{SOURCES}", "-o", str(output), *sources, "-ldl"]
            done = subprocess.run(command, capture_output=True, text=True, timeout=BUILD_TIMEOUT_S, check=False)
            if done.returncode != 0:
                raise ProducerError(
                    f"the simulated GenICam camera could not be built with {compiler} "
                    f"(exit status {done.returncode}); its words:\n{done.stderr.strip()}"
                )
            output.replace(target)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ProducerError(f"the simulated GenICam camera could not be built into {target.parent}: {error}") from error


def _descriptions() -> str:
    """The .xml files as C strings, for registers.c."""
    parts = ["/* Made from the .xml files beside the sources; do not edit. */"]
    for name in ("device", "module"):
        content = (SOURCES / f"{name}.xml").read_bytes()
        rows = [", ".join(str(byte) for byte in content[start : start + 32]) for start in range(0, len(content), 32)]
        parts.append(f"static const unsigned char {name}_xml[] = {{\n" + ",\n".join(rows) + ", 0\n};")
    return "\n".join(parts) + "\n"
