"""The line's one word, and the alarm that it comes from."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations

import pytest

from inspection.alarms.alarm import Alarm
from inspection.alarms.condition import AlarmKind, Priority, priority_of
from inspection.alarms.words import CAUSES, SENTENCES
from inspection.pages.alarms.alarm_words import rule_words, sentence
from inspection.pages.station.line_state import ICONS, LineState, alarms_of, tile_of
from inspection.pages.station.live import LineView
from inspection.pages.texts import texts_in
from inspection.pages.texts.reasons import FRENCH as REASONS
from inspection.people.person import Language
from inspection.station.planned_change import RecipeInForce
from inspection.station.status import ArchiveStatus, StationState, StationStatus
from inspection.values import Cut
from tests.inspection.pages.plant import MODEL, RECIPE
from tests.inspection.pages.test_texts import placeholders

NOW = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
FACTS = {
    "camera": "cam0", "count": 1234, "pieces": 100, "metres": "9", "cause": "lost.device_lost", "kind": "E13",
    "off": "0.31", "lane": 2, "by": "ann", "reason": "splice", "until": "2030-01-02 04:00:00 UTC", "role": "recipe",
    "receiver": "x", "time": "–", "door": "plc",
}  # fmt: skip
STATUS = StationStatus(
    setups={},
    name="plant",
    state=StationState.RUNNING,
    is_ready=True,
    not_ready=[],
    alarms=[],
    alarm_list=[],
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
    places={},
    cut=Cut.BLOCK,
    archive=ArchiveStatus({}, 0, 0, None),
    recipe=RECIPE,
    model=MODEL,
    in_force=RecipeInForce(RECIPE, None, None, None, None),
    change_over=None,
    intervention=None,
    streams_open=0,
    uninspected_in_a_row=0,
    doors=[],
)
VIEW = LineView(1, STATUS, NOW, None, None, None, 1)


def alarm(kind: AlarmKind, priority: Priority | None = None, **changes) -> Alarm:
    made = Alarm(
        *(1, kind, "cam0", priority or priority_of(kind), "what happened", "", NOW, NOW),
        facts=FACTS,
    )
    return replace(made, **changes)


def seen(*alarms: Alarm) -> LineView:
    return replace(VIEW, status=replace(STATUS, alarm_list=list(alarms)))


UNINSPECTED = AlarmKind.UNINSPECTED
ACKNOWLEDGED = {"acknowledged_by": "ann", "acknowledged_utc": NOW}


@pytest.mark.parametrize(
    ("view", "state", "tone"),
    [
        (VIEW, LineState.RUNNING, "accept"),
        (replace(VIEW, trouble="no answer"), LineState.AWAY, "off"),
        (replace(VIEW, status=None), LineState.AWAY, "off"),
        (seen(alarm(AlarmKind.CAMERA_GONE)), LineState.NOT_READY, "reject"),
        (seen(alarm(UNINSPECTED)), LineState.PARTLY, "warning"),
        (seen(alarm(UNINSPECTED, Priority.HIGH)), LineState.PARTLY, "reject"),
        (seen(alarm(UNINSPECTED, Priority.CRITICAL)), LineState.BLIND, "reject"),
        (seen(alarm(AlarmKind.REJECT_RATE)), LineState.REJECTS, "warning"),
        (seen(alarm(AlarmKind.REJECTS_IN_A_ROW)), LineState.REJECTS, "reject"),
        (seen(alarm(AlarmKind.HOLD, **ACKNOWLEDGED)), LineState.HOLD, "warning"),
        (seen(alarm(AlarmKind.BYPASS, **ACKNOWLEDGED)), LineState.BYPASS, "warning"),
        (seen(alarm(AlarmKind.STANDING)), LineState.STANDING, "info"),
        (seen(alarm(AlarmKind.NO_MATERIAL)), LineState.WAITING, "info"),
        (seen(alarm(AlarmKind.STARTING)), LineState.STARTING, "info"),
        (seen(alarm(AlarmKind.STOPPING)), LineState.STOPPING, "off"),
        (seen(alarm(AlarmKind.FINISHED)), LineState.FINISHED, "off"),
        (seen(alarm(AlarmKind.STORE_BACKUP)), LineState.CHECK, "warning"),
        (seen(alarm(AlarmKind.CLOCK_SET)), LineState.CHECK, "warning"),
        (seen(alarm(AlarmKind.CLOCK_SET, **ACKNOWLEDGED)), LineState.RUNNING, "accept"),
        (seen(alarm(UNINSPECTED, **ACKNOWLEDGED)), LineState.PARTLY, "warning"),
        (seen(alarm(UNINSPECTED, shelved_by="ann")), LineState.PARTLY, "warning"),
        (seen(alarm(AlarmKind.CAMERA_GONE, cleared_utc=NOW)), LineState.RUNNING, "accept"),
        (replace(VIEW, store_trouble="locked"), LineState.CHECK, "warning"),
    ],
)
def test_the_gravest_alarm_that_stands_is_the_state(view, state, tone):
    tile = tile_of(alarms_of(view))
    assert (tile.state, tile.tone) == (state, tone)


def test_every_alarm_alone_and_with_another_makes_a_state_and_no_state_but_running_is_without_an_alarm():
    states = set()
    for kinds in [*combinations(AlarmKind, 1), *combinations(AlarmKind, 2)]:
        for priority in (None, Priority.CRITICAL):
            alarms = alarms_of(seen(*(alarm(kind, priority) for kind in kinds)))
            tile = tile_of(alarms)
            assert tile.state is not LineState.RUNNING, kinds
            assert tile.alarm in alarms, kinds
            assert tile.alarm.priority.rank == min(each.priority.rank for each in alarms)
            states.add(tile.state)
    assert states == set(LineState) - {LineState.RUNNING}


@pytest.mark.parametrize("view", [replace(VIEW, trouble="no answer"), replace(VIEW, status=None)])
def test_a_station_that_is_not_heard_is_an_alarm_and_what_it_said_before_is_not(view):
    before = [alarm(AlarmKind.REJECT_RATE)]
    status = replace(STATUS, alarm_list=before) if view.status else None
    (silent,) = alarms_of(replace(view, status=status))
    assert (silent.kind, silent.number, silent.priority) == (AlarmKind.STATION_SILENT, 0, Priority.CRITICAL)
    (none,) = alarms_of(view, has_station=False)
    assert none.kind is AlarmKind.NO_STATION


def test_every_state_has_a_word_and_an_icon_in_every_language():
    assert ICONS.keys() == set(LineState)
    assert len(set(ICONS.values())) == len(LineState), "states must differ without colour too"
    for language in Language:
        texts = texts_in(language).line
        assert texts.states.keys() == set(LineState)
        assert len(set(texts.states.values())) == len(LineState)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("kind", list(AlarmKind))
def test_every_alarm_is_told_in_one_line_without_paths_or_names_of_rules(language, kind):
    texts = texts_in(language)
    told = sentence(alarm(kind), texts)
    assert told != "what happened"
    assert 10 < len(told) < 190
    assert not {"lost.device_lost", "{", "}", "\n", "/"} & set(told.replace("lost.device_lost", "/"))
    assert placeholders(texts.alarms.sentences[kind.value]) == placeholders(SENTENCES[kind.value])
    assert texts.alarms.kinds[kind.value]
    assert len(texts.alarms.kinds) == len(texts.alarms.sentences) == len(AlarmKind)


@pytest.mark.parametrize("language", list(Language))
def test_when_a_bypass_ends_is_told_by_the_stations_clock(language):
    told = replace(alarm(AlarmKind.BYPASS), facts={"by": "ann", "reason": "x", "until": "2030-01-31 12:30:05 UTC"})
    local = datetime(2030, 1, 31, 12, 30, 5, tzinfo=UTC).astimezone()
    assert f" {local:%H:%M:%S}" in sentence(told, texts_in(language))
    assert "UTC" not in sentence(told, texts_in(language))


def test_a_fact_that_is_missing_leaves_the_stations_own_words():
    old = replace(alarm(AlarmKind.CAMERA_GONE), facts={})
    assert sentence(old, texts_in(Language.FRENCH)) == "what happened"


def test_every_rule_has_words_in_every_language_and_a_new_one_is_never_shown_by_its_name():
    for language in Language:
        texts = texts_in(language)
        assert texts.alarms.causes.keys() == CAUSES.keys()
        for rule in [*REASONS, "image.of_tomorrow", "of_tomorrow"]:
            assert rule_words(rule, texts)
            assert "." not in rule_words(rule, texts)
            assert "_" not in rule_words(rule, texts)
    known = {rule for rule in REASONS if "." in rule}
    assert known <= CAUSES.keys()
