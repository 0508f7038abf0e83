"""The real station over one web with two and four simulated GenICam cameras: one of them has every fault there is."""

from contextlib import contextmanager

import pytest

from camera.simulated.simulated_camera import SimulatedCamera
from camera.simulated.web_feed import Fault
from camera.web.place import CameraPlace
from camera.web.settings import STILL, PlantingRate, WebSettings
from inspection.recipe.recipe import default_recipe_path
from inspection.station.places import PieceSettings, PlaceSettings
from inspection.station.settings import ApiSettings, ArchiveSettings, StationSettings
from inspection.station.station import Station
from inspection.values import Verdict
from tests.support.patience import until
from tests.support.rig import write_model

LINES, RATE_HZ, WIDTH_PX, PITCH_MM = 64, 640.0, 256, 0.05
WEB = WebSettings(width_px=2 * WIDTH_PX, severity=PlantingRate.CLEAN, motion=STILL, seed=7)
RIGHT_MM = (WIDTH_PX - 30) * PITCH_MM
PLACES = {
    "cam0": CameraPlace(width_px=WIDTH_PX),
    "cam1": CameraPlace(width_px=WIDTH_PX, side="B", across_mm=WIDTH_PX * PITCH_MM, is_mirrored=True, along_mm=40.0),
    "cam2": CameraPlace(width_px=WIDTH_PX, across_mm=RIGHT_MM),
    "cam3": CameraPlace(
        width_px=WIDTH_PX, side="B", across_mm=RIGHT_MM + WIDTH_PX * PITCH_MM, is_mirrored=True, along_mm=40.0
    ),
}
SPOILT = {"lost.device_lost", "lost.dropped", "lost.incomplete", "lost.timeout", "lost.wrong_size", "view.missing"}
SPOILT |= {
    "image.black",
    "image.level",
    "image.blind",
    "image.frozen",
    "image.short",
    "encoder.backwards",
    "encoder.jump",
}


def recipe(folder):
    """Both sides of an anode."""
    text = default_recipe_path("anode", "bright-field").read_text()
    model, image = text.index("[model]"), text.index("[image]")
    end = text.index("[", image + 1)
    views = ""
    for name, side in (("top", "top"), ("bottom", "bottom")):
        views += f'[views.{name}]\nlight = "bright-field"\nside = "{side}"\n'
        views += text[model:image].replace("[model]", f"[views.{name}.model]")
        views += text[image:end].replace("[image]", f"[views.{name}.image]")
    whole = text[:model].replace('view = "bright-field"\n', "") + text[end:] + "\n" + views
    path = folder / "both-sides.toml"
    path.write_text(whole)
    return path


def place_of(camera: str) -> PlaceSettings:
    told = PLACES[camera]
    return PlaceSettings(
        light="bright-field",
        side="bottom" if told.side == "B" else "top",
        across_mm=told.across_mm,
        along_mm=told.along_mm,
        is_mirrored=told.is_mirrored,
    )


@pytest.fixture(scope="module", params=[2, 4])
def rig(request, tmp_path_factory):
    places = list(PLACES.values())[: request.param]
    with SimulatedCamera(
        WEB, lines=LINES, line_rate_hz=RATE_HZ, places=places, cache=tmp_path_factory.mktemp("cache")
    ) as running:
        yield running


@contextmanager
def running(rig, folder, **pieces):
    """A station over the rig, and what it has published."""
    write_model(folder / "models" / "electrode-0.1")
    names = list(PLACES)[: len(rig.places)]
    settings = StationSettings(
        cameras=tuple(rig.settings(number, name=name, frame_timeout_ms=1500.0) for number, name in enumerate(names)),
        places={name: place_of(name) for name in names},
        pieces=PieceSettings(**pieces),
        recipe=str(recipe(folder)),
        models_dir=folder / "models",
        state_dir=folder / "state",
        deadline_ms=60_000.0,
        archive=ArchiveSettings(accept_sample=0.0),
        api=ApiSettings(port=0),
    )
    told = []
    rig.fault(Fault.STAND)
    with Station(settings, sinks=[lambda published: told.extend(each.decision for each in published)]) as station:
        rig.clear_faults()
        yield station, told
        rig.clear_faults()


@pytest.fixture
def line(rig, tmp_path):
    with running(rig, tmp_path) as station_and_told:
        yield station_and_told


def accepted_since(told, begin: int, number: int = 3) -> bool:
    return sum(decision.verdict is Verdict.ACCEPT for decision in told[begin:]) >= number


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.STAND])
def test_a_fault_of_one_camera_costs_the_pieces_that_it_should_have_seen_and_no_decision(rig, line, fault):
    _, told = line
    until(lambda: accepted_since(told, 0))
    counted = fault not in (Fault.UNPLUG, Fault.STALL)
    rig.fault(fault, frames=2 if counted else None, device=1)
    until(lambda: any(decision.verdict is Verdict.UNINSPECTED for decision in told))
    rig.clear_faults()
    begin = len(told)
    until(lambda: accepted_since(told, begin))

    decisions = list(told)
    numbers = [decision.piece.frame.number for decision in decisions]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "each piece once, in order"
    assert {decision.piece.frame.camera for decision in decisions} == {"cam0"}
    assert {decision.piece.frame.run for decision in decisions} == {1}, "the leading camera goes on"
    assert [d.sequence for d in decisions] == list(range(decisions[0].sequence, decisions[0].sequence + len(decisions)))
    assert {decision.verdict for decision in decisions} <= {Verdict.ACCEPT, Verdict.UNINSPECTED}
    for decision in decisions:
        if decision.verdict is Verdict.UNINSPECTED:
            assert {reason.view for reason in decision.reasons} == {"bottom"}
            assert {reason.rule for reason in decision.reasons} <= SPOILT
        else:
            assert {frame.outcome.value for frame in decision.view_frames} == {"seen"}
            views = {frame.view for frame in decision.view_frames}
            assert views == {"top", "bottom"}


def test_a_web_that_stands_for_a_while_costs_no_piece(rig, line):
    _, told = line
    until(lambda: accepted_since(told, 0))
    rig.fault(Fault.STAND)
    rig.clear_faults()
    begin = len(told)
    until(lambda: accepted_since(told, begin, 10))
    assert {decision.verdict for decision in told[begin:]} == {Verdict.ACCEPT}


def test_no_piece_waits_longer_for_the_second_roller_than_the_settings_say(rig, tmp_path):
    """The way between them takes more than a second, and the deadline is a minute."""
    with running(rig, tmp_path, longest_wait_s=0.2) as (_, told):
        until(lambda: ("view.missing", "bottom") in {(each.rule, each.view) for d in told for each in d.reasons})
