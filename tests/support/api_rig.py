"""A small real station whose API the tests ask."""

from inspection.station.settings import StationSettings

FRAMES = 30


def settings(folder, **changes) -> StationSettings:
    camera = {
        "kind": "simulated",
        "web": {"width_px": 256, "severity": "clean"},
        "lines": 64,
        "line_rate_hz": None,
        "frame_limit": FRAMES,
    }
    values = {
        "name": "test",
        "cameras": [camera],
        "recipe": "anode",
        "models_dir": folder / "models",
        "state_dir": folder / "state",
        "deadline_ms": 20_000,
        "api": {"port": 0},
        "archive": {"accept_sample": 0.5, "min_free_gb": 0},
    }
    return StationSettings.model_validate(values | changes)


def is_problem(answer, status):
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert {"type", "title", "detail", "instance"} <= set(problem)
    return problem
