"""A line that tells over HTTP when a sheet begins: real station, real GenICam camera, the moment that it is heard."""

import httpx
import pytest

from camera.simulated.simulated_camera import SimulatedCamera
from camera.web.settings import STILL, PlantingRate, WebSettings
from inspection.station.places import PieceSettings, SheetSettings
from inspection.station.settings import ApiSettings, ArchiveSettings, StationSettings
from inspection.values import Cut
from tests.support.patience import PATIENCE_S, until
from tests.support.rig import write_model
from tests.support.stations import Station

LINES, RATE_HZ, PX_MM = 64, 160.0, 0.05
FRAME_MM = LINES * PX_MM
WEB = WebSettings(width_px=256, severity=PlantingRate.CLEAN, motion=STILL, seed=3)
PITCH_MM, TOLERANCE_MM = 40.0, 19.0


@pytest.mark.slow
@pytest.mark.parametrize("sensor_mm", [0.0, 12.0])
def test_a_sheet_that_is_told_of_by_time_begins_where_the_web_was_then(tmp_path, sensor_mm):
    """Told in time, twice, and once not at all; `sensor_mm` downstream of the camera."""
    write_model(tmp_path / "models" / "electrode-0.1")
    told = []
    with SimulatedCamera(WEB, lines=LINES, line_rate_hz=RATE_HZ, cache=tmp_path / "cache") as rig:
        settings = StationSettings(
            cameras=(rig.settings(name="cam0"),),
            recipe="anode",
            models_dir=tmp_path / "models",
            state_dir=tmp_path / "state",
            deadline_ms=60_000.0,
            pieces=PieceSettings(
                cut=Cut.SHEET,
                sheet=SheetSettings(pitch_mm=PITCH_MM, tolerance_mm=TOLERANCE_MM, along_mm=sensor_mm),
            ),
            archive=ArchiveSettings(accept_sample=0.0),
            api=ApiSettings(port=0),
        )
        sinks = [lambda published: told.extend(each.decision for each in published)]
        with Station(settings, sinks=sinks) as station, httpx.Client(base_url=station.api_url) as line:
            until(lambda: told)
            heard, next_mm = {}, rig.encoder_lines() * PX_MM + 10.0
            for sheet in range(6):
                until(lambda place=next_mm: rig.encoder_lines() * PX_MM >= place)
                if sheet != 3:
                    before_mm = rig.encoder_lines() * PX_MM
                    body = {"trigger_id": f"T{sheet}", "piece_id": f"sheet {sheet}"}
                    assert line.post("/v1/triggers", json=body, timeout=PATIENCE_S).status_code == 202
                    heard[f"sheet {sheet}"] = (before_mm, rig.encoder_lines() * PX_MM)
                if sheet == 2:
                    again = {"trigger_id": "T2 again", "piece_id": "sheet 2 again"}
                    assert line.post("/v1/triggers", json=again, timeout=PATIENCE_S).status_code == 202
                next_mm += PITCH_MM
            until(lambda: any(each.piece.piece_id == "sheet 5" for each in told))
    ids = [each.piece.piece_id for each in told]
    assert [each for each in ids if each is not None] == [f"sheet {n}" for n in (0, 1, 2, 4, 5)], "each once, in order"
    assert ids[ids.index("sheet 2") + 1] is None, "nobody told of it, and it has its word"
    for decision in told:
        if decision.piece.piece_id is not None:
            before_mm, after_mm = heard[decision.piece.piece_id]
            start_mm = decision.piece.start_mm + sensor_mm
            assert before_mm - FRAME_MM <= start_mm <= after_mm + FRAME_MM, decision.piece.piece_id
