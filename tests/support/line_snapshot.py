"""How a station is doing, as its doors hear of it."""

from inspection.line.line_status import LineStatus

STATUS = LineStatus.model_validate(
    {
        "station": "slitter",
        "state": "running",
        "is_ready": True,
        "not_ready": (),
        "intervention": None,
        "recipe": {"name": "anode", "version": "1.0", "sha256": "0" * 64},
        "model": {"name": "electrode", "version": "0.1", "sha256": "1" * 64},
        "change_step": None,
        "change_recipe": None,
        "cut": "block",
        "epoch": "e",
        "last_sequence": 7,
        "accepted": 7,
        "rejected": 0,
        "uninspected": 0,
        "uninspected_in_a_row": 0,
        "late": 0,
        "triggers_waiting": 0,
        "triggers_expired": 0,
        "deadline_ms": None,
        "latency_p50_ms": None,
        "latency_p99_ms": None,
        "cameras": (
            {"name": "cam0", "is_connected": True, "is_standing": False, "frames": 7},
            {"name": "cam1", "is_connected": True, "is_standing": False, "frames": 7},
        ),
        "alarms": (),
        "setups": {},
        "uptime_s": 1.0,
    }
)
