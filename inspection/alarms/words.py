"""What alarms and rules are called, in English; the pages have the other languages. Pure."""

from collections.abc import Mapping

from inspection.values.kinds import KINDS

SENTENCES: Mapping[str, str] = {
    "station.silent": "The station does not answer: what is shown is old, last heard {time}.",
    "camera.gone": "Camera {camera} is gone: check cable and power.",
    "camera.no_images": "Camera {camera} gives no images: see to its folder.",
    "station.thread": "A part of the station does not work: restart the station if it stays so.",
    "challenge.failed": "A spoilt test frame was misjudged: hold the line, check recipe and model.",
    "store.away": "The store takes no decisions, nothing is accepted: check the disk.",
    "store.shared": "The store is not this station's alone: stop the other station.",
    "quality.uninspected": "{count} of the last {pieces} pieces of {camera} not inspected: {cause}.",
    "quality.safety": "{count} objects of severity S1 within {metres} m on {camera}: stop, and look for the source.",
    "quality.rejects_in_a_row": "{count} pieces of {camera} in a row rejected: look at the web.",
    "quality.rejects_in_lane": "The last {count} rejects of {camera} are {kind} in lane {lane}: look at the web.",
    "quality.late": "{count} of the last {pieces} decisions on {camera} came late: the machine is too slow.",
    "store.lost": "{count} decisions were told and never stored: see to the disk.",
    "line.hold": "On hold by {by}: {reason}. Nothing is accepted until the hold is ended.",
    "line.bypass": "Bypassed by {by} until {until}: {reason}. Nothing is accepted meanwhile.",
    "quality.reject_rate": "{count} of the last {pieces} pieces of {camera} rejected: look at the web.",
    "camera.trouble": "Camera {camera} works, and something is wrong with it: read the details.",
    "camera.place": "Camera {camera} looks {off} mm off its place ({count} objects): run inspection cameras align.",
    "frames.not_saved": "Pictures are not saved: check the disk of the saved frames.",
    "setup.from_settings": "The settings' recipe took the place of the one changed over to: see which is meant.",
    "setup.changed": "A {role} was changed under its old version: restore it, or give it a version of its own.",
    "seals.missing": "What is written is not sealed as it should be: see to key and anchors.",
    "audit.waits": "The station can't reach the audit log or the API keys: see to people's database.",
    "store.changed": "Store or clock are not as this station left them: read the details.",
    "store.backup": "The store was not copied: see to the folder of the copies.",
    "store.upkeep": "The store is not kept in order: read the details.",
    "store.unreadable": "These pages can't read the store: what is shown may be old.",
    "clock.set": "This machine's clock was set: check clock and time server.",
    "store.log": "The store's log has grown long: end the program that reads it.",
    "frames.of_another_store": "There are pictures of another store: put that store back, or move them away.",
    "api.refuses": "The API refuses clients: too many follow the decisions.",
    "door.closed": "Door {door} to the line is closed, the line may not run: read the details.",
    "door.left": "Nobody is behind door {door} to the line, the line may not run: check the PLC and its cable.",
    "door.down": "Door {door} to the line does not work: the line hears nothing there, read the details.",
    "door.waits": "{count} decisions wait at door {door} for a partner that takes none: check the PLC and its cable.",
    "door.trouble": "Door {door} to the line works, and something is wrong: read the details.",
    "messages.not_sent": "Alarm messages do not get through to {receiver}: check network and settings.",
    "station.starting": "The station is starting.",
    "station.stopping": "The station is stopping.",
    "station.finished": "The station is finished.",
    "web.stands": "The web stands still: the cameras answer, nothing is missing.",
    "web.none": "No new material comes.",
    "station.none": "These pages were started without a station: they show what is stored.",
}
"""By alarm kind."""

CAUSES: Mapping[str, str] = {
    "late": "results came too late, this machine is too slow for the line",
    "late.frame": "frames reach the station too late, check network and driver",
    "late.store": "the disk is too slow, see what else writes to it",
    "overload": "frames come faster than this machine inspects them",
    "failed": "the inspection broke off, the log says more",
    "store": "the store did not answer, check the disk",
    "store.detail": "a decision could not be stored as it was",
    "view": "a view did not show the whole piece",
    "view.missing": "a view did not show the whole piece, check its camera and encoder",
    "view.gap": "no camera sees a part of the width, check their places",
    "lost": "frames were lost",
    "lost.dropped": "frames were lost on the way, check network and cable",
    "lost.incomplete": "frames came with lines missing, check network and cable",
    "lost.timeout": "no frame came in time, check camera and trigger",
    "lost.device_lost": "the camera was gone, check cable and power",
    "lost.process_died": "the camera's process had ended",
    "lost.overrun": "the station had no room for more frames",
    "lost.wrong_size": "frames came in another size or format, check the camera's settings",
    "lost.counter": "the camera's counter leapt",
    "lost.unreadable": "an image file could not be read",
    "image": "the picture could not be judged",
    "image.size": "the picture has another size than recipe and references",
    "image.short": "frames were too short, check encoder and trigger",
    "image.short.unplaced": "frames were too short, and no encoder says how much was missed",
    "image.depth": "the picture has another depth than announced",
    "image.pitch": "the pixel size is not what recipe and model know",
    "image.level": "the light is not what recipe and model know, check lamp and exposure",
    "image.black": "there is no light, check the lamp",
    "image.saturated": "the picture is too bright, check exposure and web",
    "image.blind": "a part of the picture is missing, check cable, network and camera",
    "image.blurred": "the picture is blurred, check focus, lens and window",
    "image.hidden": "a lane was covered by tape or a label",
    "image.frozen": "the camera repeats old pictures, restart it",
    "model.scores": "the model gave no usable answer",
    "encoder": "the encoder can't be believed, check it and its wiring",
    "encoder.backwards": "the web stood or ran back, check the encoder if the line runs",
    "encoder.jump": "the encoder jumped, or web passed unseen",
    "limit": "an object above its limit",
    "count": "too many objects of a kind",
    "cluster": "objects too close together",
    "storm": "very many places look bad",
    "changeover": "the line was changed over to another recipe",
    "hold": "the line is on hold",
    "bypass": "the station is bypassed",
}
"""What a rule says, in a few words and with what to do, by rule or its first part."""
OTHER_CAUSE = "read the last rejects"


def words_of(rule: str, words: Mapping[str, str] = CAUSES, other: str = OTHER_CAUSE) -> str:
    """A rule as people read it.

    >>> words_of("lost.device_lost"), words_of("image.of_tomorrow"), words_of("limit.E01.diameter_mm")
    ('the camera was gone, check cable and power', 'the picture could not be judged', 'an object above its limit')
    """
    return words.get(rule) or words.get(rule.partition(".")[0], other)


def sentence_of(kind: str, facts: Mapping[str, object]) -> str:
    """An alarm's sentence in English.

    >>> sentence_of("quality.uninspected", {"count": 1, "pieces": 40, "camera": "cam0", "cause": "late.store"})
    '1 of the last 40 pieces of cam0 not inspected: the disk is too slow, see what else writes to it.'
    """
    told = dict(facts)
    if "cause" in told:
        told["cause"] = words_of(str(told["cause"]))
    code = str(told.get("kind", ""))
    if code in KINDS:
        told["kind"] = f"{code} {KINDS[code].name}"
    return SENTENCES[kind].format_map(told)
