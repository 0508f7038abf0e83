"""The line's one word."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from camera.source import SourceStatus
from inspection.intervention import Intervention
from inspection.pages.line_state import TONES, LineState, line_state
from inspection.pages.live import LineView
from inspection.pages.texts import texts_in
from inspection.people.registry import Language
from inspection.recent import Block, Recent
from inspection.station_status import ArchiveStatus, StationState, StationStatus
from inspection.values import Verdict

from .plant import MODEL, RECIPE

NOW = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
HOLD = Intervention(kind="hold", reason="splice", by="ann", since_utc=NOW, until_utc=None)
BYPASS = Intervention(kind="bypass", reason="trial", by="ann", since_utc=NOW, until_utc=NOW + timedelta(minutes=5))
STATUS = StationStatus(
    setups={},
    name="plant",
    state=StationState.RUNNING,
    is_ready=True,
    not_ready=[],
    alarms=[],
    station_run=1,
    epoch="e" * 32,
    started_utc=NOW,
    uptime_s=1.0,
    last_sequence=40,
    recorded_up_to=40,
    verdicts={},
    reasons={},
    frames={},
    web_m={},
    frames_in_hand=0,
    late_results=0,
    published_late=0,
    decisions_waiting_for_store=0,
    triggers_waiting=0,
    triggers_expired=0,
    latency=None,
    cameras=[],
    archive=ArchiveStatus({}, 0, 0, None),
    recipe=RECIPE,
    model=MODEL,
    intervention=None,
    streams_open=0,
)


def recent(*verdicts: Verdict, age_s: float = 1.0) -> Recent:
    at = NOW - timedelta(seconds=age_s)
    blocks = tuple(
        Block(n, "cam0", 1, n, verdict, None, 50.0 * n, 50.0, None, at, at, 40.0, True)
        for n, verdict in enumerate(verdicts, start=1)
    )
    return Recent(None, blocks, (), frozenset(), {}, {}, ())


STANDING = SourceStatus("cam0", "gentl", True, "connected; the web stands still", is_standing=True)
MOVING = SourceStatus("cam1", "gentl", True, "connected")
GOOD = recent(*[Verdict.ACCEPT] * 40)
VIEW = LineView(1, STATUS, NOW, None, GOOD, None, 1)


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (VIEW, LineState.RUNNING),
        (replace(VIEW, trouble="no answer"), LineState.AWAY),
        (replace(VIEW, status=None), LineState.AWAY),
        (replace(VIEW, status=replace(STATUS, intervention=HOLD)), LineState.HOLD),
        (replace(VIEW, status=replace(STATUS, intervention=BYPASS)), LineState.BYPASS),
        (replace(VIEW, status=replace(STATUS, is_ready=False)), LineState.NOT_READY),
        (replace(VIEW, status=replace(STATUS, state=StationState.FINISHED, is_ready=False)), LineState.FINISHED),
        (replace(VIEW, status=replace(STATUS, cameras=[STANDING])), LineState.STANDING),
        (replace(VIEW, status=replace(STATUS, cameras=[STANDING, MOVING])), LineState.RUNNING),
        (replace(VIEW, status=replace(STATUS, cameras=[STANDING], is_ready=False)), LineState.NOT_READY),
        (replace(VIEW, recent=recent()), LineState.WAITING),
        (replace(VIEW, recent=recent(Verdict.ACCEPT, age_s=6.0)), LineState.WAITING),
        (replace(VIEW, recent=recent(*[Verdict.ACCEPT] * 20, *[Verdict.UNINSPECTED] * 11)), LineState.BLIND),
        (replace(VIEW, recent=recent(*[Verdict.ACCEPT] * 20, *[Verdict.UNINSPECTED] * 9)), LineState.RUNNING),
        (replace(VIEW, recent=recent(*[Verdict.REJECT] * 20)), LineState.RUNNING),
    ],
)
def test_the_gravest_state_is_told(view, expected):
    assert line_state(view, NOW) is expected


def test_every_state_has_a_word_advice_and_icon_in_every_language():
    assert TONES.keys() == set(LineState)
    assert len({icon for _, icon in TONES.values()}) == len(LineState), "states must differ without colour too"
    for language in Language:
        texts = texts_in(language).line
        assert texts.states.keys() == texts.advice.keys() == set(LineState)
        assert len(set(texts.states.values())) == len(LineState)
