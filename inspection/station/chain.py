"""Which part of the way is broken: from a camera to its decisions, from decisions through a door to its partner.

Each look takes some seconds, changes nothing, and names every part of the chain in its order, so that the first one
which is broken is where to go with a meter.
"""

import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from urllib.parse import urlsplit

from inspection.alarms.condition import Fact
from inspection.errors import LineError
from inspection.station.desk import Desk
from inspection.station.door_state import DoorState
from inspection.station.status import StationStatus

WATCH_S = 3.0
"""How long a look lasts."""
_CONNECT_S = 1.0
_NO_LOSS = ("frames", "late", "reconnects", "process_restarts", "pulses_missed")
"""Counters of a source that count no lost frame."""


class UnknownPart(LineError):
    """The station has no such camera or door."""


class Soundness(StrEnum):
    """How a part of a chain is."""

    SOUND = "sound"
    BROKEN = "broken"
    UNKNOWN = "unknown"
    """Nothing came by to tell by."""


SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "camera.device.sound": "The camera answers.",
        "camera.device.broken": "The camera does not answer: check power, cable, network card and its settings.",
        "camera.frames.sound": "Frames come: {count} in {seconds} s.",
        "camera.frames.broken": "No frame comes though the camera answers: check trigger and encoder.",
        "camera.frames.unknown": "The web stands still, or ran too slowly for a frame: let it run and test again.",
        "camera.losses.sound": "No frame is lost.",
        "camera.losses.broken": "{count} frames were lost in {seconds} s: check network card, packet size and cable.",
        "camera.losses.unknown": "No frame came, so nobody knows.",
        "camera.picture.sound": "Its last frame could be judged.",
        "camera.picture.broken": "Its last frame could not be judged, by {rule}: check lamp, lens, focus and exposure.",
        "camera.picture.unknown": "None of its frames has been decided yet.",
        "camera.decisions.sound": "Decisions come: {count} in {seconds} s.",
        "camera.decisions.broken": "Frames come and nothing is decided: see what else the machine does, and the log.",
        "camera.decisions.unknown": "No frame came, so nothing was to be decided.",
        "door.process.sound": "The door is open.",
        "door.process.broken": "The door is closed: its process does not run. Read the details and the log.",
        "door.port.sound": "{address} answers.",
        "door.port.broken": "{address} does not answer from this machine: see whether a server runs there.",
        "door.port.unknown": "{address} names no port to try.",
        "door.partner.sound": "{count} partners are connected; the last one heard of is {partner}.",
        "door.partner.broken": "Nobody is connected: check the partner, its cable, address, certificate and key.",
        "door.taken.sound": "The partner takes what is told.",
        "door.taken.broken": "{count} decisions wait and the partner takes none: look at how it acknowledges.",
        "door.taken.unknown": "Each partner of this door keeps its own place, so the station does not know.",
    }
)
"""By part and how it is."""


@dataclass(frozen=True, slots=True)
class ChainLink:
    """A part of a chain, as it was found."""

    part: str
    """`camera.device`, `door.partner` ..., for programs."""
    soundness: Soundness
    """How it is."""
    sentence: str
    """What was seen, and where it is broken what to do."""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    """What the sentence says, for those who write it in another language."""
    detail: str = ""
    """The technical text; may be empty."""


def look_at_camera(desk: Desk, camera: str, watch_s: float = WATCH_S) -> list[ChainLink]:
    """A camera's chain, after watching it. Raises UnknownPart."""
    before = desk.status()
    _check(camera, [each.camera for each in before.cameras], "camera")
    time.sleep(watch_s)
    now = desk.status()
    source = next(each for each in now.cameras if each.camera == camera)
    then = next(each for each in before.cameras if each.camera == camera)
    frames = source.counters.get("frames", 0) - then.counters.get("frames", 0)
    lost = sum(_losses(source.counters).values()) - sum(_losses(then.counters).values())
    decided = now.frames.get(camera, 0) - before.frames.get(camera, 0)
    seconds: dict[str, Fact] = {"seconds": round(watch_s, 1)}
    stands = source.is_standing or not source.is_connected
    came = frames > 0
    return [
        _link("camera.device", source.is_connected, detail=source.detail),
        _link("camera.frames", came or (None if stands else False), seconds | {"count": frames}),
        _link("camera.losses", False if lost > 0 else came or None, seconds | {"count": lost}),
        _picture(desk, camera),
        _link("camera.decisions", decided > 0 or (False if came else None), seconds | {"count": decided}),
    ]


def look_at_door(desk: Desk, door: str, watch_s: float = WATCH_S) -> list[ChainLink]:
    """A door's chain, after watching it. Raises UnknownPart."""
    before = _door(desk.status(), door)
    reached, detail = _reach(before.address)
    time.sleep(watch_s)
    now = _door(desk.status(), door)
    links = [
        _link("door.process", now.is_open, detail=now.trouble),
        _link("door.port", reached, {"address": now.address}, detail),
        _link(
            "door.partner", now.partners > 0, {"count": now.partners, "partner": now.last_partner or "–"}, now.trouble
        ),
    ]
    takes: bool | None = None
    if now.waiting is not None:
        takes = now.waiting == 0 or (now.acknowledged or 0) > (before.acknowledged or 0)
    links.append(_link("door.taken", takes, {"count": now.waiting or 0}))
    return links


def sentence_of(part: str, soundness: Soundness, facts: Mapping[str, object]) -> str:
    """What was seen of a part, in English.

    >>> sentence_of("camera.frames", Soundness.SOUND, {"count": 12, "seconds": 3.0})
    'Frames come: 12 in 3.0 s.'
    """
    return SENTENCES[f"{part}.{soundness.value}"].format_map(facts)


def _link(part: str, is_sound: bool | None, facts: Mapping[str, Fact] | None = None, detail: str = "") -> ChainLink:
    how = {True: Soundness.SOUND, False: Soundness.BROKEN, None: Soundness.UNKNOWN}[is_sound]
    told = facts or {}
    return ChainLink(part, how, sentence_of(part, how, told), told, detail)


def _picture(desk: Desk, camera: str) -> ChainLink:
    """Whether what the camera shows could be judged, by the newest decision about one of its frames."""
    newest = desk.feed.after(max(0, desk.feed.last_sequence - 100), 100) or []
    for decision in reversed(newest):
        cameras = {decision.piece.frame.camera, *(each.frame.camera for each in decision.view_frames)}
        if camera in cameras:
            rule = next((each.rule for each in decision.reasons if each.rule.startswith(("image.", "encoder."))), None)
            sentence = next((each.sentence for each in decision.reasons if each.rule == rule), "")
            return _link("camera.picture", rule is None, {"rule": rule or ""}, sentence)
    return _link("camera.picture", None)


def _losses(counters: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in counters.items() if name not in _NO_LOSS}


def _door(status: StationStatus, door: str) -> DoorState:
    _check(door, [each.name for each in status.doors], "door")
    return next(each for each in status.doors if each.name == door)


def _check(name: str, there: Sequence[str], what: str) -> None:
    if name not in there:
        raise UnknownPart(f"The station has no {what} {name[:64]!r}; there are: {', '.join(there) or 'none'}.")


def _reach(address: str) -> tuple[bool | None, str]:
    """Whether an address takes a connection, and what went wrong."""
    where = urlsplit(address)
    try:
        host, port = where.hostname, where.port
    except ValueError:
        host, port = None, None
    if host is None or not port:
        return None, ""
    if host in ("0.0.0.0", "::"):
        host = "127.0.0.1" if host == "0.0.0.0" else "::1"
    try:
        with socket.create_connection((host, port), _CONNECT_S):
            return True, ""
    except OSError as error:
        return False, str(error)
