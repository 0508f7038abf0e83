"""Finds GenTL producers and what they offer, without ever loading one into this process: a .cti may be damaged."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import asdict
from itertools import combinations
from pathlib import Path

from camera.child_process import spawn
from camera.errors import CameraError, ProducerError, SettingsError
from camera.gentl.device_info import DeviceInfo, choose, matches
from camera.gentl.gentl_device import devices_of, open_producer
from camera.settings import GenTLSettings

PATH_VARIABLE = "GENICAM_GENTL64_PATH"
LIST_TIMEOUT_S = 20.0


def find_producers(paths: str | Iterable[Path] | None = None) -> tuple[Path, ...]:
    """All .cti files in these folders; a file stands for itself.

    `paths`: folders or files, as a sequence or separated by ':'; None takes GENICAM_GENTL64_PATH, which the installers
    of camera vendors set.
    """
    if paths is None:
        paths = os.environ.get(PATH_VARIABLE, "")
    if isinstance(paths, str):
        paths = [Path(part) for part in paths.split(os.pathsep) if part]
    found: dict[Path, None] = {}
    for path in paths:
        inside = sorted(path.glob("*.cti")) if path.is_dir() else [path] if path.is_file() else []
        found.update(dict.fromkeys(inside))
    return tuple(found)


def list_devices(producer: Path, *, timeout_s: float = LIST_TIMEOUT_S) -> tuple[DeviceInfo, ...]:
    """What a producer offers, asked in a process of its own. Raises ProducerError if it can't be used."""
    with tempfile.TemporaryFile() as errors:
        process = spawn("camera.gentl.discovery", [str(producer)], stdout=subprocess.PIPE, stderr=errors.fileno())
        try:
            output, _ = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired as error:
            process.kill()
            process.communicate()
            raise ProducerError(
                f"GenTL producer {producer} did not list its devices within {timeout_s:.0f} s; it hangs"
            ) from error
        if process.returncode != 0 or not output:
            raise ProducerError(
                f"GenTL producer {producer} took its process down ({describe_exit(process.returncode)}): "
                f"it is damaged or not for this system{last_words(errors.fileno())}"
            )
    answer = json.loads(output.splitlines()[-1])
    if "error" in answer:
        raise ProducerError(answer["error"])
    return tuple(DeviceInfo(**fields) for fields in answer["devices"])


def resolve_producer(settings: GenTLSettings) -> Path:
    """The producer that the settings name or, if they name none, the one that offers the chosen device.

    Raises ProducerError if there is none, SettingsError if several devices match.
    """
    if settings.producer is not None:
        return settings.producer
    producers = find_producers()
    if len(producers) == 1:
        return producers[0]
    if not producers:
        raise ProducerError(
            f"camera {settings.name}: no GenTL producer found. Install your camera vendor's, set {PATH_VARIABLE} "
            "to its folder, or name the .cti file as `producer`"
        )
    offered: dict[DeviceInfo, Path] = {}
    for path in producers:
        try:
            offered.update(dict.fromkeys(list_devices(path), path))
        except ProducerError:  # one vendor's broken installation must not stop another's camera
            continue
    chosen = choose(list(offered), settings.device, f"the producers in {PATH_VARIABLE}")
    return next(path for device, path in offered.items() if device == chosen and matches(device, settings.device))


def check_apart(cameras: Iterable[GenTLSettings]) -> None:
    """Raises SettingsError where two cameras would open one device.

    Producers are asked for what they offer only where the choices alone do not tell; one that can't be used is passed
    over, for opening the camera says more about it.
    """
    offered: dict[Path, tuple[DeviceInfo, ...]] = {}
    for one, other in combinations(cameras, 2):
        if not one.device.may_be(other.device):
            continue
        try:
            producers = {resolve_producer(camera).resolve() for camera in (one, other)}
            if len(producers) != 1:
                continue
            (producer,) = producers
            if producer not in offered:
                offered[producer] = list_devices(producer)
            chosen = {choose(offered[producer], camera.device, str(producer)) for camera in (one, other)}
        except CameraError:
            continue
        if len(chosen) == 1:
            raise SettingsError(
                f"cameras {one.name} and {other.name} are one device ({chosen.pop().name}): name another by "
                "device.serial_number (`inspection cameras` lists them), or remove one of the two"
            )


def describe_exit(status: int | None) -> str:
    """An exit status in words.

    >>> describe_exit(-11), describe_exit(1)
    ('killed by SIGSEGV', 'exit status 1')
    """
    if status is not None and status < 0:
        return f"killed by {signal.Signals(-status).name}"
    return f"exit status {status}"


def last_words(descriptor: int) -> str:
    """The end of what a process wrote to this file, as a further clause; empty if it wrote nothing.

    The binding's remarks on optional functions that a producer lacks are left out.
    """
    size = os.fstat(descriptor).st_size
    text = os.pread(descriptor, 4000, max(0, size - 4000)).decode(errors="replace")
    lines = [line for line in text.splitlines() if line.strip() and "producer does not implement" not in line]
    return f"; its last words: {' / '.join(lines[-5:])}" if lines else ""


def main(argument: str) -> None:
    """The process that loads the producer and prints one line of JSON."""
    try:
        answer: dict[str, object] = {"devices": [asdict(info) for info in devices_of(open_producer(Path(argument)))]}
    except CameraError as error:
        answer = {"error": str(error)}
    sys.stdout.write("\n" + json.dumps(answer) + "\n")
    sys.stdout.flush()
    os._exit(0)  # whatever the producer's destructors do


if __name__ == "__main__":
    main(sys.argv[1])
