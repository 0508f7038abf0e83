"""Taking alarms on, in the person's name; the station notes it in the audit log."""

from inspection.pages.frame.visit import Visit, action
from inspection.people.roles import Permission


@action(Permission.HANDLE_ALARMS)
async def acknowledge(visit: Visit, number: int) -> None:
    """Say that the person has seen an alarm."""
    await visit.desk.station.acknowledge_alarm(number, visit.person.name)


@action(Permission.HANDLE_ALARMS)
async def shelve(visit: Visit, number: int, reason: str, minutes: float) -> None:
    """Put an alarm aside for some minutes."""
    await visit.desk.station.shelve_alarm(number, visit.person.name, reason, minutes)


@action(Permission.HANDLE_ALARMS)
async def unshelve(visit: Visit, number: int) -> None:
    """Take an alarm from the shelf before its time."""
    await visit.desk.station.unshelve_alarm(number, visit.person.name)
