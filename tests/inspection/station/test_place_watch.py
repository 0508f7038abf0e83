"""Whether cameras still look where they were told, by objects that two of them saw."""

from datetime import UTC, datetime

import numpy as np
import pytest

from camera.frame import Frame, FrameId
from inspection.alarms.condition import AlarmKind, Priority
from inspection.station.feed import Publication
from inspection.station.place_watch import PlaceWatch
from inspection.values import Box, Sighting
from tests.support.rig import decision, defect

WITHIN_MM = 0.5
WIDTH = 400


def watch_of(*cameras: str) -> PlaceWatch:
    return PlaceWatch(cameras or ("cam0", "cam1"), lambda: WITHIN_MM)


def sighting(camera: str, number: int, md_mm: float, cd_mm: float, **changes) -> Sighting:
    return Sighting("a view", FrameId(camera, 1, number), defect(md_mm=md_mm, cd_mm=cd_mm, **changes))


def seen(number: int, *sightings: Sighting, is_fused: bool = True) -> Publication:
    """A piece with one object that all sightings are of, or with an object for each."""
    groups = [sightings] if is_fused else [(each,) for each in sightings]
    found = tuple(defect(sightings=group) for group in groups)
    frames = {
        each.frame: Frame(
            each.frame, np.zeros((8, WIDTH), np.uint8), 8, 50.0, 50.0, 0.0, 20.0, datetime.now(UTC), 0
        )
        for each in sightings
    }  # fmt: skip
    return Publication(decision(number, defects=found), None, frames)


def pushed(count: int, along_mm: float, across_mm: float, *, camera: str = "cam1", scatter_mm: float = 0.03, **named):
    """Pieces with an object each, that the camera shows so far off."""
    rng = np.random.default_rng(count)
    return [
        seen(
            number,
            sighting("cam0", number, 50.0 * number, 20.0),
            sighting(
                camera,
                number,
                50.0 * number + along_mm + rng.normal(0.0, scatter_mm),
                20.0 + across_mm + rng.normal(0.0, scatter_mm),
            ),
            **named,
        )
        for number in range(1, count + 1)
    ]


def test_a_camera_that_was_pushed_is_an_alarm_that_says_which_and_how_far():
    watch = watch_of()
    watch.take(pushed(12, 0.2, -0.3))
    (found,) = watch.conditions()
    assert (found.kind, found.subject, found.priority) == (AlarmKind.CAMERA_PLACE, "cam1", Priority.MEDIUM)
    assert float(found.facts["off"]) == pytest.approx(np.hypot(0.2, 0.3), abs=0.03)
    assert found.facts["count"] == 12
    assert "inspection cameras align" in found.sentence
    assert "By camera cam0" in found.detail


def test_a_camera_at_its_place_is_none():
    watch = watch_of()
    watch.take(pushed(100, 0.1, 0.1, scatter_mm=0.1))
    assert watch.conditions() == []


def test_few_objects_are_none_however_far_off():
    watch = watch_of()
    watch.take(pushed(9, 0.4, 0.2))
    assert watch.conditions() == []


def test_it_is_over_when_the_camera_is_back():
    watch = watch_of()
    watch.take(pushed(30, 0.4, 0.0))
    assert watch.conditions()
    watch.take(pushed(30, 0.0, 0.0))
    assert watch.conditions() == []


def test_a_camera_about_the_limit_does_not_come_and_go():
    watch = watch_of()
    watch.take(pushed(30, 0.27, 0.0, scatter_mm=0.0))
    assert watch.conditions()
    watch.take(pushed(30, 0.23, 0.0, scatter_mm=0.0))
    assert watch.conditions()


def test_one_pushed_farther_than_objects_are_joined_is_an_alarm_too():
    watch = watch_of()
    watch.take(pushed(12, 1.5, 0.0, is_fused=False))
    (found,) = watch.conditions()
    assert found.subject == "cam1"
    assert float(found.facts["off"]) == pytest.approx(1.5, abs=0.05)


def test_objects_that_lie_near_each_other_by_chance_are_none():
    rng = np.random.default_rng(5)
    watch = watch_of()
    watch.take(
        [
            seen(
                number,
                sighting("cam0", number, 50.0 * number, 20.0),
                sighting("cam1", number, 50.0 * number + rng.uniform(-1.4, 1.4), 20.0 + rng.uniform(-1.4, 1.4)),
                is_fused=False,
            )
            for number in range(1, 400)
        ]
    )
    assert watch.conditions() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"reaches_trailing_edge": True},
        {"continued": True},
        {"length_mm": 40.0},
        {"box": Box(0, 10, 20, 20)},
        {"box": Box(WIDTH - 20, 10, WIDTH, 20)},
    ],
)
def test_what_a_camera_shows_only_a_part_of_says_nothing(changes):
    watch = watch_of()
    watch.take(
        [
            seen(
                number,
                sighting("cam0", number, 50.0 * number, 20.0),
                sighting("cam1", number, 50.0 * number + 0.4, 20.0, **changes),
            )
            for number in range(30)
        ]
    )
    assert watch.conditions() == []


def test_of_three_cameras_the_pushed_one_alone_is_named_by_the_one_that_shows_it_worst():
    watch = watch_of("cam0", "cam1", "cam2")
    watch.take(pushed(12, 0.1, 0.0))
    watch.take(pushed(12, 0.4, 0.0, camera="cam2"))
    (found,) = watch.conditions()
    assert found.subject == "cam2"


def test_cameras_of_other_webs_are_not_looked_at():
    watch = watch_of()
    watch.take(pushed(30, 0.4, 0.0, camera="cam7"))
    assert watch.conditions() == []
