"""Camera presets: the table of the numbers note, section 1.2."""

from itertools import pairwise

import pytest

from camera.errors import SettingsError
from camera.web import PRESETS, Material
from camera.web.layouts import lay_out

TABLE = {
    # kHz of the camera, thousands of pixels for each line and side
    "coat-25": (53.3, 57.7), "coat-25-mux": (107.0, 57.7), "coat-50": (26.7, 28.8), "calender-25": (66.7, 57.7),
    "slit-25": (80.0, 57.7), "notch-25": (66.7, 13.2), "notch-15": (111.0, 22.0), "sep-coat-30": (2 * 83.3, 44.6),
    "sep-slit-30": (2 * 111.0, 44.6), "sep-base-40": (2 * 25.0, 116.0), "demo": (10.0, 2.06),
}  # fmt: skip


def test_line_rates_and_widths_are_those_of_the_table():
    assert set(PRESETS) == set(TABLE)
    for name, (rate_khz, kilo_px) in TABLE.items():
        assert PRESETS[name].line_rate_hz == pytest.approx(rate_khz * 1e3, rel=0.005), name
        assert PRESETS[name].width_px * PRESETS[name].cameras == pytest.approx(kilo_px * 1e3, rel=0.005), name


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_each_camera_of_each_preset_sees_its_part_of_the_web(name):
    preset = PRESETS[name]
    for material in preset.layouts:
        places = []
        for camera in range(preset.cameras):
            settings = preset.settings(material, camera=camera)
            lay_out(settings)
            places.append((settings.left_mm, settings.left_mm + settings.width_px * settings.pixel_pitch_um / 1000.0))
            assert settings.motion.speed_m_per_min == preset.speed_m_per_min
        if settings.layout != "auto":
            assert all(b[0] < a[1] for a, b in pairwise(places))
            assert places[-1][1] - places[0][0] >= preset.width_mm


@pytest.mark.parametrize(
    ("name", "asked", "words"),
    [
        ("coat-50", {"pixel_pitch_um": 60.0}, "smallest defect of 0.1 mm needs pixels of 50 um or less .* got 60 um"),
        ("notch-25", {"pixel_pitch_um": 15.0}, "make 21973 of them, and cameras have 16384 at most"),
        ("notch-25", {"material": Material.SEPARATOR}, "preset notch-25: expected anode.*got separator"),
        ("coat-50", {"camera": 2}, "its cameras are 0 .. 1, got 2"),
    ],
)
def test_impossible_presets_are_refused_in_words(name, asked, words):
    with pytest.raises(SettingsError, match=words):
        PRESETS[name].settings(**asked)
