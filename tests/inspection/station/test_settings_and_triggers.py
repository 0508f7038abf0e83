import json
import logging
import re
import time

import pytest
import structlog

from inspection.cli.logs import LogFormat, configure_logs
from inspection.errors import SettingsError
from inspection.station.settings import load_settings
from inspection.station.triggers import (
    DuplicateTrigger,
    Trigger,
    TriggerQueue,
    TriggerQueueFull,
    TriggerTooLate,
    UnknownCamera,
)

GOOD = """
name = "line 3"
recipe = "anode"
references = { cam0 = "refs/cam0.npz" }

[[cameras]]
kind = "replay"
folder = "pictures"
pixel_pitch_um = 50.0

[api]
port = 9000
"""


def written(tmp_path, text):
    path = tmp_path / "station.toml"
    path.write_text(text)
    return path


def test_relative_paths_count_from_the_settings_file(tmp_path):
    settings = load_settings(written(tmp_path, GOOD))
    assert settings.cameras[0].folder == tmp_path / "pictures"
    assert settings.references == {"cam0": tmp_path / "refs" / "cam0.npz"}
    assert settings.state_dir == tmp_path / "state"
    assert settings.models_dir == tmp_path / "models"
    assert settings.recipe_path.name == "anode.toml"
    assert settings.recipe_path.is_file()
    own = load_settings(written(tmp_path, GOOD.replace('"anode"', '"own.toml"')))
    assert own.recipe_path == tmp_path / "own.toml"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("port = 9000", "prot = 9000"), r"api\.prot: no such key"),
        (("port = 9000", "port = 90000"), r"api\.port: expected: .*65535; got 90000"),
        (("port = 9000", 'host = "0.0.0.0"'), r"api: expected: host 0\.0\.0\.0 can be reached.*api_key must be set"),
        (("port = 9000", 'api_key = "short-secret"'), r"api\.api_key: expected: .*at least 16"),
        (('recipe = "anode"', ""), r"recipe: missing"),
        (("cam0 =", "cam1 ="), r"references: no camera is named cam1; there are cam0"),
        (("pixel_pitch_um = 50.0", "pixel_pitch_um = -1"), r"cameras\.0\.replay\.pixel_pitch_um"),
        (('kind = "replay"', 'kind = "webcam"'), r"cameras\.0.*webcam"),
        (("[api]", "[api"), r"no valid TOML"),
    ],
)
def test_a_wrong_setting_is_named_with_what_was_expected(tmp_path, change, message):
    with pytest.raises(SettingsError, match=message) as caught:
        load_settings(written(tmp_path, GOOD.replace(*change)))
    assert "station.toml" in str(caught.value)
    assert "short-secret" not in str(caught.value)


@pytest.mark.parametrize("value", ["inf", "nan", "1e300", "3_600_001.0", "9" * 400])
@pytest.mark.parametrize("key", ["deadline_ms", "pixel_pitch_um", "line_rate_hz"])
def test_no_setting_may_be_infinite_or_beyond_all_sense(tmp_path, key, value):
    text = GOOD.replace('recipe = "anode"', 'recipe = "anode"\ndeadline_ms = 9.0').replace(
        "50.0", "50.0\nline_rate_hz = 9.0"
    )
    assert load_settings(written(tmp_path, text)).deadline_ms == 9.0
    if key == "line_rate_hz" and value == "3_600_001.0":
        return
    with pytest.raises(SettingsError, match=rf"{key}: expected: "):
        load_settings(written(tmp_path, re.sub(rf"{key} = [0-9.]+", f"{key} = {value}", text)))


def test_settings_are_read_with_a_byte_order_mark_and_in_utf_8_alone(tmp_path):
    path = tmp_path / "station.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert load_settings(path).name == "line 3"
    path.write_bytes(GOOD.encode("utf-16"))
    with pytest.raises(SettingsError, match=r"station\.toml.*UTF-16, expected UTF-8"):
        load_settings(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"nowhere\.toml can't be read"):
        load_settings(tmp_path / "nowhere.toml")


def test_two_cameras_of_one_name_are_refused(tmp_path):
    second = '\n[[cameras]]\nkind = "watch"\nfolder = "in"\npixel_pitch_um = 50.0\n'
    with pytest.raises(SettingsError, match="names must differ, got cam0, cam0"):
        load_settings(written(tmp_path, GOOD + second))


@pytest.mark.parametrize("choice", ["", '\ndevice = { serial_number = "42" }'])
def test_one_device_for_two_cameras_is_refused_with_their_names(tmp_path, choice):
    camera = f'\n[[cameras]]\nkind = "gentl"\nname = "NAME"\npixel_pitch_x_um = 50.0\npixel_pitch_y_um = 50.0{choice}\n'
    two = camera.replace("NAME", "left") + camera.replace("NAME", "right")
    with pytest.raises(SettingsError, match=r"left and right name the same device.*serial_number"):
        load_settings(written(tmp_path, GOOD + two))
    other = two.replace('"42"', '"43"', 1) if choice else camera.replace("NAME", "left")
    assert load_settings(written(tmp_path, GOOD + other)).cameras[1].name == "left"


def test_unnamed_triggers_go_first_come_first_served_to_frames_captured_after_them():
    queue = TriggerQueue(["cam0"])
    before = time.monotonic_ns()
    for name in ("A", "B"):
        queue.add(Trigger(name))
    after = time.monotonic_ns()
    assert queue.take("cam0", 1, before) is None
    assert [queue.take("cam0", n, after).trigger_id for n in (2, 3)] == ["A", "B"]
    assert queue.take("cam0", 4, after) is None


def test_a_named_trigger_waits_for_its_frame_and_lets_others_pass():
    queue = TriggerQueue(["cam0"])
    queue.add(Trigger("N", frame_number=5))
    queue.add(Trigger("U"))
    now = time.monotonic_ns()
    assert queue.take("cam0", 4, now).trigger_id == "U"
    assert queue.take("cam0", 5, now).trigger_id == "N"
    with pytest.raises(TriggerTooLate, match="Frame 5 of camera cam0 has been read"):
        queue.add(Trigger("L", frame_number=5))


def test_a_trigger_without_a_camera_is_echoed_by_each_camera_once():
    queue = TriggerQueue(["left", "right"])
    queue.add(Trigger("T", "piece"))
    now = time.monotonic_ns()
    assert [queue.take(c, 1, now).piece_id for c in ("left", "right")] == ["piece", "piece"]
    assert queue.take("left", 2, now) is None


def test_duplicates_strangers_and_floods_are_refused():
    queue = TriggerQueue(["cam0"], capacity=2)
    queue.add(Trigger("A"))
    with pytest.raises(DuplicateTrigger):
        queue.add(Trigger("A"))
    with pytest.raises(UnknownCamera, match="there are cam0"):
        queue.add(Trigger("B", camera="cam1"))
    queue.add(Trigger("B"))
    with pytest.raises(TriggerQueueFull):
        queue.add(Trigger("C"))
    assert queue.waiting() == 2
    queue.take("cam0", 1, time.monotonic_ns())
    queue.add(Trigger("C"))


def echo(queue, number, run):
    trigger = queue.take("cam0", number, time.monotonic_ns(), run=run)
    return None if trigger is None else trigger.trigger_id


def test_a_frame_of_the_next_run_echoes_no_trigger_that_was_meant_for_the_last_one():
    queue = TriggerQueue(["cam0"])
    assert echo(queue, 3, run=1) is None
    queue.add(Trigger("named", frame_number=5))
    queue.add(Trigger("next run's", frame_number=5, run=2))
    assert [echo(queue, number, run=2) for number in (4, 5, 6)] == [None, "next run's", None]
    assert queue.waiting() == 0
    assert queue.expired() == 1
    queue.add(Trigger("named", frame_number=7))
    assert echo(queue, 7, run=2) == "named"


def test_stale_triggers_block_nobody():
    queue = TriggerQueue(["cam0"], capacity=3)
    echo(queue, 500, run=1)
    for number in (600, 700, 800):
        queue.add(Trigger(f"T{number}", frame_number=number))
    with pytest.raises(TriggerQueueFull):
        queue.add(Trigger("next"))
    echo(queue, 1, run=2)
    queue.add(Trigger("next"))
    assert echo(queue, 2, run=2) == "next"


def test_a_trigger_that_frames_pass_by_goes_after_its_time_and_one_that_waits_for_the_next_frame_stays():
    queue = TriggerQueue(["cam0"], capacity=2, expiry_s=0.01)
    queue.add(Trigger("far", frame_number=10**9))
    queue.add(Trigger("next"))
    time.sleep(0.02)
    assert echo(queue, 1, run=1) == "next"
    assert queue.waiting() == 0
    queue.add(Trigger("far", frame_number=10**9))
    queue.add(Trigger("farther", frame_number=10**10))
    time.sleep(0.02)
    queue.add(Trigger("in place of the old ones"))
    assert queue.waiting() == 1


def test_a_run_that_is_over_is_too_late():
    queue = TriggerQueue(["cam0"])
    echo(queue, 2, run=3)
    for run in (1, 2):
        with pytest.raises(TriggerTooLate, match=f"asked for in run {run}, now at 2 of run 3"):
            queue.add(Trigger(f"T{run}", frame_number=9, run=run))
    queue.add(Trigger("T", frame_number=9, run=3))


@pytest.fixture
def root_logger():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    before = structlog.get_config()
    yield root
    root.handlers, root.level = handlers, level
    structlog.configure(**before)


def test_logs_are_json_for_programs_also_those_of_libraries(root_logger, capfd):
    configure_logs(LogFormat.JSON, "INFO")
    structlog.get_logger("inspection.test").info("decided", frame="cam0/1/2")
    structlog.get_logger("inspection.test").debug("not told")
    logging.getLogger("library").warning("odd")
    try:
        raise ValueError("broken")
    except ValueError:
        structlog.get_logger("inspection.test").exception("broke off")
    root_logger.handlers[0].flush()
    ours, theirs, failure = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert (ours["event"], ours["frame"], ours["level"]) == ("decided", "cam0/1/2", "info")
    assert (theirs["event"], theirs["logger"]) == ("odd", "library")
    assert "ValueError: broken" in failure["exception"]


def test_a_traceback_for_people_shows_no_values_of_variables(root_logger, capfd):
    configure_logs(LogFormat.CONSOLE, "INFO")
    password = "".join(("open", "-", "sesame"))
    try:
        raise KeyError("no such person")
    except KeyError:
        structlog.get_logger("inspection.test").exception("login failed")
    root_logger.handlers[0].flush()
    told = capfd.readouterr().err
    assert "no such person" in told
    assert password not in told


def test_a_trigger_that_names_a_place_belongs_to_the_frame_that_shows_it_whenever_it_was_told():
    queue = TriggerQueue(["cam0"])
    queue.add(Trigger("ahead", place_mm=130.0))
    queue.add(Trigger("now", place_mm=60.0))
    now_ns = time.monotonic_ns()
    assert queue.take("cam0", 1, now_ns, end_mm=50.0) is None
    assert queue.take("cam0", 2, now_ns, end_mm=None) is None  # nobody knows where the web is
    assert queue.take("cam0", 3, now_ns, end_mm=100.0).trigger_id == "now"
    assert queue.take("cam0", 4, now_ns, end_mm=150.0).trigger_id == "ahead"


def test_sheets_are_told_by_their_places_and_while_nobody_knows_the_place_all_that_was_told_has_passed():
    queue = TriggerQueue(["cam0"])
    for number in range(3):
        queue.add(Trigger(f"T{number}", place_mm=40.0 * number))
    now_ns = time.monotonic_ns()
    assert [t.trigger_id for t, _ in queue.take_all("cam0", 1, now_ns, end_mm=50.0)] == ["T0", "T1"]
    queue.add(Trigger("T3", place_mm=120.0))
    assert [t.trigger_id for t, _ in queue.take_all("cam0", 2, time.monotonic_ns(), end_mm=None)] == ["T2", "T3"]
