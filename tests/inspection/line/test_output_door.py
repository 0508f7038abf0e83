"""A gate that is wired to the camera: each accepted piece has its pulse at the gate, and nothing else has."""

import pytest

from camera.simulated.sheet_web import is_bad
from camera.simulated.simulated_camera import Fault, SimulatedCamera
from camera.web import Material, PlantingRate, WebSettings
from inspection.alarms.condition import AlarmKind
from inspection.doors import make_doors
from inspection.errors import SettingsError
from inspection.line.output_door import OutputDoor
from inspection.station.settings import StationSettings, load_settings
from inspection.station.station import Station
from tests.inspection.pages.plant import PROJECT
from tests.support.patience import until

pytestmark = pytest.mark.process
LINES = 256
WEB = WebSettings(material=Material.ANODE, severity=PlantingRate.CLEAN, width_px=512)
GATE_MM = 600.0


@pytest.fixture(scope="module")
def rig():
    with SimulatedCamera(
        WEB,
        lines=LINES,
        line_rate_hz=2000.0,
        renderer="camera.simulated.sheet_web:SheetWeb",
        slots=16,
        first_line=int(9.5 * 300 * 1000 / WEB.pixel_pitch_um),  # bad sheets follow
    ) as rig:
        yield rig


def told_of(rig, tmp_path, **door):
    return StationSettings.model_validate(
        {
            "cameras": [rig.settings(output="UserOutput0", frame_limit=door.pop("frames", 90)).model_dump()],
            "recipe": "anode",
            "models_dir": PROJECT / "models",
            "state_dir": tmp_path / "state",
            "deadline_ms": 20_000,
            "api": {"port": 0},
            "doors": {"gate": {"kind": "camera-output", "gate_mm": GATE_MM, "pulse_mm": 3.0} | door},
        }
    )


def test_each_accepted_piece_has_one_pulse_at_the_gate_and_a_rejected_one_none(rig, tmp_path):
    told = told_of(rig, tmp_path)
    before = len(rig.output()[1])
    with Station(told, doors=make_doors(told)) as station:
        until(lambda: station.wait(0.0) and station.door("gate").state.waiting == 0)
        decisions = station.feed.after(0, 1000)
        accepted = [each.piece.start_mm for each in decisions if each.verdict == "accept" and each.piece.start_mm]
        others = [each.piece.start_mm for each in decisions if each.verdict != "accept" and each.piece.start_mm]
    length_mm = LINES * WEB.pixel_pitch_um / 1000.0
    rises = [rise * WEB.pixel_pitch_um / 1000.0 - GATE_MM for rise in rig.output()[1][before:]]
    assert rises, "no pulse came at all"
    for rise in rises:
        assert any(abs(rise - start) < length_mm / 2 for start in accepted), f"a pulse at {rise} mm is of no good piece"
        assert all(abs(rise - start) >= length_mm / 2 for start in others)
    assert any(is_bad(int(start // 300.0)) for start in others)


def test_a_camera_that_is_away_is_an_alarm_and_no_pulse(rig, tmp_path):
    told = told_of(rig, tmp_path, is_required=True, frames=100_000)
    with Station(told, doors=make_doors(told)) as station:
        until(lambda: station.feed.last_sequence > 3)
        door = station.door("gate")
        assert isinstance(door, OutputDoor)
        assert door.followers == 1
        rig.fault(Fault.UNPLUG)
        try:
            until(lambda: any("gate" in reason or "cam0 is gone" in reason for reason in station.not_ready()))
            assert all(each.kind in (AlarmKind.DOOR_LEFT, AlarmKind.DOOR_TROUBLE) for each in door.conditions())
        finally:
            rig.clear_faults()


@pytest.mark.parametrize("camera", ["cam0", "cam9"])
def test_a_camera_without_an_output_is_refused_with_what_is_missing(tmp_path, camera):
    (tmp_path / "station.toml").write_text(
        f'recipe = "anode"\n[[cameras]]\nkind = "simulated"\n'
        f'[doors.gate]\nkind = "camera-output"\ncamera = "{camera}"\ngate_mm = 300\n'
    )
    with pytest.raises(SettingsError, match=f"'{camera}' must be a camera of kind gentl whose settings name"):
        load_settings(tmp_path / "station.toml")
