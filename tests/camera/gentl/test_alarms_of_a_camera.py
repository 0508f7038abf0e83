"""A camera that was gone for a moment leaves a trace in the station's alarms."""

import time

import httpx

from camera.simulated.simulated_camera import Fault
from camera.web import WebSettings
from tests.support.api_rig import settings
from tests.support.patience import PATIENCE_S
from tests.support.rig import write_model
from tests.support.stations import Station

WEB = WebSettings(width_px=256, severity="clean", seed=5)


def test_a_camera_that_was_unplugged_for_a_moment_is_an_alarm_with_words_first_until_it_is_acknowledged(rig, tmp_path):
    camera = rig(WEB, renderer="camera.web:SimulatedWeb", line_rate_hz=1280.0)
    write_model(tmp_path / "models" / "electrode-0.1")
    told = settings(tmp_path, cameras=[camera.settings().model_copy(update={"name": "cam0"}).model_dump()])
    with Station(told) as station, httpx.Client(base_url=station.api_url, timeout=PATIENCE_S) as client:

        def alarm_when(is_so):
            end = time.monotonic() + PATIENCE_S
            while True:
                for alarm in client.get("/v1/alarms").json()["alarms"]:
                    if alarm["kind"] == "camera.gone" and is_so(alarm):
                        return alarm
                assert time.monotonic() < end
                time.sleep(0.02)

        while station.feed.last_sequence < 3:
            time.sleep(0.01)
        camera.fault(Fault.UNPLUG)
        gone = alarm_when(lambda alarm: alarm["cleared_utc"] is None)
        assert gone["sentence"] == "Camera cam0 is gone: check cable and power."
        assert gone["priority"] == "critical"
        assert "/" not in gone["sentence"]
        assert client.get("/readyz").status_code == 503
        camera.clear_faults()
        back = alarm_when(lambda alarm: alarm["cleared_utc"] is not None)
        assert back["number"] == gone["number"]
        assert back["raised_utc"] < back["cleared_utc"]
        client.post(f"/v1/alarms/{back['number']}/acknowledge", json={"by": "ann"})
        assert [a for a in client.get("/v1/alarms").json()["alarms"] if a["kind"] == "camera.gone"] == []
