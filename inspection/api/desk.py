"""What the API may reach of the station."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from inspection.alarms.book import AlarmBook
from inspection.alarms.records import AlarmRecords
from inspection.change_over import ChangeOvers
from inspection.frame_archive import FrameArchive
from inspection.intervention import Interventions
from inspection.people.line_ledger import LineLedger
from inspection.publication import DecisionFeed
from inspection.review.store.rolls import RollBook
from inspection.station_status import StationStatus
from inspection.store import Store
from inspection.triggers import TriggerQueue


@dataclass(frozen=True, slots=True)
class Desk:
    """Handed to the API at its start; all parts may be used from any thread."""

    feed: DecisionFeed
    store: Store
    archive: FrameArchive
    triggers: TriggerQueue
    interventions: Interventions
    alarms: AlarmBook
    alarm_records: AlarmRecords
    rolls: RollBook
    ledger: LineLedger
    """Notes who changed the line."""
    change_overs: ChangeOvers
    """What judges now, and what is to come."""
    status: Callable[[], StationStatus]
    not_ready: Callable[[], list[str]]
    """Why the station can't do its work at this moment, one sentence each; empty when it can."""
    heartbeats_s: Callable[[], Mapping[str, float]]
    """Seconds since each of the station's threads last came round."""
    metrics: Callable[[], bytes]
