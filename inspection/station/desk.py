"""What a door to the line may reach of the station."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from inspection.alarms.book import AlarmBook
from inspection.alarms.records import AlarmRecords
from inspection.people.line_ledger import LineLedger
from inspection.rolls.roll_book import RollBook
from inspection.station.change_over import ChangeOvers
from inspection.station.feed import DecisionFeed
from inspection.station.frame_archive import FrameArchive
from inspection.station.intervention import Interventions
from inspection.station.status import StationStatus
from inspection.station.triggers import TriggerQueue
from inspection.store.decisions import Store
from inspection.store.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Desk:
    """Handed to each door when it opens; all parts may be used from any thread."""

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
    evidence: Evidence
    """Seals what people do; the key of the pages is made of its own."""
    change_overs: ChangeOvers
    """What judges now, and what is to come."""
    status: Callable[[], StationStatus]
    not_ready: Callable[[], list[str]]
    """Why the station can't do its work at this moment, one sentence each; empty when it can."""
    heartbeats_s: Callable[[], Mapping[str, float]]
    """Seconds since each of the station's threads last came round."""
    metrics: Callable[[], bytes]
    give_pulses: Callable[[str, Sequence[tuple[float, float]]], bool]
    """Has a camera's output give pulses at places of the web; False: it can't now."""
    program_version: str
