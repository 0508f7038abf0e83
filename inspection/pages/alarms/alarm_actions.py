"""Taking alarms on, in the person's name."""

from typing import Any

from inspection.alarms.alarm import Alarm
from inspection.errors import LineError
from inspection.pages.frame.visit import Visit, action
from inspection.people.roles import Permission


@action(Permission.HANDLE_ALARMS)
async def acknowledge(visit: Visit, number: int) -> None:
    """Say that the person has seen an alarm."""
    alarm = await visit.desk.station.acknowledge_alarm(number, visit.person.name)
    visit.desk.audit.add(visit.person.name, "alarm.acknowledge", f"alarm:{number}", None, _in_short(alarm))


@action(Permission.HANDLE_ALARMS)
async def shelve(visit: Visit, number: int, reason: str, minutes: float) -> None:
    """Put an alarm aside for some minutes."""
    if not reason.strip():
        raise LineError(visit.texts.alarms.reason_needed)
    alarm = await visit.desk.station.shelve_alarm(number, visit.person.name, reason.strip(), minutes)
    after = _in_short(alarm) | {"reason": reason.strip(), "minutes": minutes}
    visit.desk.audit.add(visit.person.name, "alarm.shelve", f"alarm:{number}", None, after)


@action(Permission.HANDLE_ALARMS)
async def unshelve(visit: Visit, number: int) -> None:
    """Take an alarm from the shelf before its time."""
    alarm = await visit.desk.station.unshelve_alarm(number, visit.person.name)
    visit.desk.audit.add(visit.person.name, "alarm.unshelve", f"alarm:{number}", None, _in_short(alarm))


def _in_short(alarm: Alarm) -> dict[str, Any]:
    return {"kind": alarm.kind.value, "subject": alarm.subject, "sentence": alarm.sentence}
