"""The challenge in a running station: it is no decision, and what it finds keeps the line from running."""

import httpx
import pytest

from tests.support.api_rig import settings
from tests.support.patience import PATIENCE_S, until
from tests.support.stations import Station


def station_with_challenge(folder, tmp_path, **recipe: str) -> Station:
    camera = settings(folder).cameras[0].model_copy(update={"line_rate_hz": 6400.0, "frame_limit": None})
    return Station(
        settings(
            folder,
            state_dir=tmp_path / "state",
            cameras=[camera.model_dump()],
            challenge={"every_s": 1.0},
            **recipe,
        )
    )


def wait_for_outcomes(station: Station) -> dict[tuple[str, str], int]:
    assert station.challenge is not None
    challenge = station.challenge
    until(lambda: sum(challenge.outcomes.values()) >= 2, "two challenges")
    return challenge.outcomes


def decisions_of(station: Station) -> list[dict]:
    return httpx.get(f"{station.api_url}/v1/decisions", params={"after": 0, "limit": 500}, timeout=PATIENCE_S).json()[
        "decisions"
    ]


@pytest.mark.slow
def test_a_station_that_meets_its_challenges_is_ready_and_counts_them(folder, tmp_path):
    with station_with_challenge(folder, tmp_path) as station:
        outcomes = wait_for_outcomes(station)
        assert {outcome for _, outcome in outcomes} == {"passed"}
        assert station.not_ready() == []
        metrics = httpx.get(f"{station.api_url}/metrics", timeout=PATIENCE_S).text
        assert 'inspection_challenges_total{camera="cam0",outcome="passed"}' in metrics
        numbers = [decision["number"] for decision in decisions_of(station)]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


@pytest.mark.slow
def test_a_station_that_no_longer_rejects_is_not_ready_and_says_so(folder, tmp_path):
    recipe = tmp_path / "blunt.toml"
    shipped = settings(folder).recipe_path.read_text()
    recipe.write_text(shipped.replace("[model]\n", "[model]\nthresholds = { E01 = 1.0, E04 = 1.0 }\n"))
    with station_with_challenge(folder, tmp_path, recipe=str(recipe)) as station:
        outcomes = wait_for_outcomes(station)
        assert ("cam0", "failed") in outcomes
        (alarm,) = [text for text in station.alarms() if "spoilt with" in text]
        assert alarm in station.not_ready()
        assert not station.status().is_ready
