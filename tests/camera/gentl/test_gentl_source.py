import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from camera.errors import DeviceLost, ProducerError, SettingsError
from camera.gentl import discovery
from camera.gentl.discovery import check_apart, find_producers, list_devices, resolve_producer
from camera.gentl.gentl_source import GenTLSource
from camera.settings import DeviceChoice, GenTLSettings, TriggerSettings
from camera.simulated.simulated_camera import Fault
from tests.support.known_line import Line, is_frame, opened


def foreign_producer():
    """A producer that this project did not write; it comes with the genicam package."""
    spec = find_spec("genicam")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "viky.cti"


def settings_for(producer, **changes):
    return GenTLSettings(producer=producer, pixel_pitch_x_um=50, pixel_pitch_y_um=50, **changes)


def start_and_stop(settings):
    with opened(settings):
        pass


def test_features_are_set_as_the_settings_say(rig):
    camera = rig()
    settings = camera.settings(
        width_px=200,
        height_px=32,
        exposure_us=33.0,
        gain_db=6.0,
        trigger=TriggerSettings(source="Line0", activation="FallingEdge"),
        features={"OffsetX": 8},
    )
    with opened(settings) as source:
        frame = Line(source, camera).frames(1)[0]
    assert frame.pixels.shape == (32, 200)
    assert frame.exposure_us == 33.0


def test_the_line_rate_of_the_settings_is_the_pace_of_the_web(rig):
    camera = rig(devices=2)
    with opened(camera.settings(1, line_rate_hz=1600.0)):
        assert (camera.line_rate_hz(0), camera.line_rate_hz(1)) == (3200.0, 1600.0)


def test_all_refused_features_are_reported_together_by_name_with_what_is_allowed(rig):
    camera = rig()
    settings = camera.settings(
        width_px=9999,
        exposure_us=1e9,
        trigger=TriggerSettings(source="Line9"),
        features={"NoSuchFeature": 1, "TriggerActivation": "Sideways"},
    )
    with pytest.raises(SettingsError) as caught:
        start_and_stop(settings)
    message = str(caught.value)
    assert "cam0" in message
    assert "5 of its settings" in message
    assert "Width: asked for 9999" in message
    assert "16 to 256" in message
    assert "ExposureTime: asked for 1000000000.0" in message
    assert "1.0 to 10000.0 us" in message
    assert "TriggerSource: asked for Line9" in message
    assert "Software, Line0" in message
    assert "NoSuchFeature: the device has no such feature" in message
    assert "RisingEdge, FallingEdge" in message


@pytest.mark.process
def test_a_producer_that_we_did_not_write_delivers_frames():
    producer = foreign_producer()
    serial = list_devices(producer)[0].serial_number
    settings = settings_for(
        producer, device=DeviceChoice(serial_number=serial), pixel_format="Mono8", width_px=100, height_px=100
    )
    with opened(settings) as source:
        frames = []
        while len(frames) < 5:
            reading = source.read(1.0)
            if is_frame(reading):
                frames.append(reading)
    assert [frame.id.number - frames[0].id.number for frame in frames] == list(range(5))
    assert all(frame.pixels.shape == (100, 100) and frame.pixels.dtype == np.uint8 for frame in frames)
    assert any(frame.pixels.any() for frame in frames)


@pytest.mark.process
def test_a_colour_camera_is_told_to_send_grey():
    producer = foreign_producer()
    serial = list_devices(producer)[0].serial_number
    with pytest.raises(SettingsError, match=r"PixelFormat.*RGBa8|RGBa8.*refuse"):
        start_and_stop(
            settings_for(producer, device=DeviceChoice(serial_number=serial), features={"PixelFormat": "RGBa8"})
        )


def damaged_producers(folder, whole):
    text = folder / "text.cti"
    text.write_text("this is no library")
    empty = folder / "empty.cti"
    empty.write_bytes(b"")
    content = whole.read_bytes()
    short = folder / "short.cti"
    short.write_bytes(content[: len(content) // 3])
    library = folder / "other.cti"
    library.write_bytes(Path(sys.modules["numpy._core._multiarray_umath"].__file__).read_bytes())
    return [text, empty, short, library, folder / "missing.cti"]


def test_damaged_producers_are_refused_by_name_and_harm_nobody(rig, tmp_path):
    for path in damaged_producers(tmp_path, rig().producer):
        with pytest.raises(ProducerError, match=path.name):
            list_devices(path)


def test_a_camera_with_a_damaged_producer_does_not_start(tmp_path):
    path = tmp_path / "text.cti"
    path.write_text("this is no library")
    with pytest.raises(ProducerError, match=r"text\.cti can't be loaded"):
        start_and_stop(settings_for(path))


def compile_producer(folder, name, body):
    source, target = folder / f"{name}.c", folder / f"{name}.cti"
    source.write_text(f"#include <unistd.h>\n#include <stdlib.h>\nint GCInitLib(void) {{ {body} }}\n")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", str(target), str(source)], check=True)
    return target


@pytest.mark.process
def test_a_producer_that_crashes_takes_only_its_own_process_down(tmp_path):
    crashing = compile_producer(tmp_path, "crashing", "abort();")
    with pytest.raises(ProducerError, match="SIGABRT"):
        list_devices(crashing)
    with pytest.raises(ProducerError, match="SIGABRT"):
        start_and_stop(settings_for(crashing))


@pytest.mark.process
def test_a_producer_that_hangs_is_given_up(tmp_path):
    hanging = compile_producer(tmp_path, "hanging", "for (;;) sleep(1);")
    with pytest.raises(ProducerError, match="hangs"):
        list_devices(hanging, timeout_s=3.0)


def test_devices_are_listed_with_what_they_are_chosen_by(rig):
    camera = rig(devices=2)
    found = list_devices(camera.producer)
    assert [(each.serial_number, each.user_defined_name, each.access) for each in found] == [
        ("WEB00000", "web-0", "free"),
        ("WEB00001", "web-1", "free"),
    ]
    with opened(camera.settings(1)):
        assert [each.access for each in list_devices(camera.producer)] == ["free", "in use"]
    camera.fault(Fault.UNPLUG, device=0)
    assert [each.serial_number for each in list_devices(camera.producer)] == ["WEB00001"]


def test_a_device_can_be_chosen_by_its_name(rig):
    camera = rig(devices=2)
    with opened(camera.settings(device=DeviceChoice(user_defined_name="web-1"))) as source:
        line = Line(source, camera, device=1)
        assert line.shows_the_web(line.frames(1)[0])


def test_a_device_that_is_not_there_is_named_together_with_those_that_are(rig):
    camera = rig(devices=2)
    with pytest.raises(ProducerError, match=r"(?s)serial_number NOPE.*WEB00000.*WEB00001"):
        start_and_stop(camera.settings(device=DeviceChoice(serial_number="NOPE")))


def test_an_ambiguous_choice_is_refused(rig):
    camera = rig(devices=2)
    with pytest.raises(SettingsError, match="2 devices match"):
        start_and_stop(camera.settings(device=DeviceChoice()))


def test_producers_are_found_in_folders_and_by_the_vendors_variable(tmp_path, monkeypatch):
    one, two = tmp_path / "one", tmp_path / "two"
    for folder, name in ((one, "b.cti"), (one, "a.cti"), (one, "readme.txt"), (two, "c.cti")):
        folder.mkdir(exist_ok=True)
        (folder / name).touch()
    expected = (one / "a.cti", one / "b.cti", two / "c.cti")
    assert find_producers(f"{one}:{tmp_path / 'nowhere'}:{two}") == expected
    assert find_producers([one, two / "c.cti"]) == expected
    monkeypatch.setenv(discovery.PATH_VARIABLE, f"{two}::{one}")
    assert find_producers() == (two / "c.cti", one / "a.cti", one / "b.cti")


def test_without_a_named_producer_the_one_that_has_the_device_is_taken(rig, tmp_path, monkeypatch):
    camera = rig()
    (tmp_path / "broken.cti").write_text("no library")
    monkeypatch.setenv(discovery.PATH_VARIABLE, f"{tmp_path}:{camera.producer.parent}:{foreign_producer().parent}")
    settings = camera.settings(producer=None)
    assert resolve_producer(settings) == camera.producer
    with opened(settings) as source:
        assert Line(source, camera).frames(1)


def test_no_producer_at_all_says_what_to_do(monkeypatch):
    monkeypatch.delenv(discovery.PATH_VARIABLE, raising=False)
    with pytest.raises(ProducerError, match="GENICAM_GENTL64_PATH"):
        start_and_stop(settings_for(None))


@pytest.mark.process
def test_importing_the_cameras_needs_no_harvesters():
    code = (
        "import sys; sys.modules['harvesters'] = sys.modules['genicam'] = None\n"
        "import camera.sources, camera.simulated.simulated_camera, camera.gentl.discovery\n"
        "import camera.gentl.gentl_device as d\n"
        "from camera.errors import ProducerError\n"
        "try: d.load_harvesters()\n"
        "except ProducerError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'web-inspection-station[camera]'" in done.stdout


def test_reading_a_source_that_was_stopped_hears_nothing(rig):
    camera = rig()
    source = GenTLSource(camera.settings())
    source.start()
    Line(source, camera).frames(1)
    source.stop()
    source.stop()
    assert not source.status().is_connected


def test_a_source_can_be_started_again(rig):
    camera = rig()
    source = GenTLSource(camera.settings())
    for _ in range(2):
        source.start()
        frame = Line(source, camera).frames(1)[0]
        assert (frame.id.run, frame.id.number) == (1, 1)
    source.stop()


def test_the_first_start_without_the_camera_fails_with_a_reason(rig):
    camera = rig()
    camera.fault(Fault.UNPLUG)
    with pytest.raises((ProducerError, DeviceLost), match="look at cable and power"):
        start_and_stop(camera.settings())


def test_one_device_for_two_cameras_is_refused_by_their_names_before_it_is_opened(rig):
    camera = rig(devices=2)
    by_number = camera.settings(0)
    by_name = camera.settings(1, device=DeviceChoice(user_defined_name="web-0"))
    with pytest.raises(SettingsError, match=r"cam0 and cam1 are one device .*WEB00000"):
        check_apart([by_number, by_name])
    check_apart([by_number, camera.settings(1), camera.settings(name="gone", device=DeviceChoice(model="none"))])
