"""What the camera leaves in the picture: dust, columns corrected wrongly, the seam between two cameras."""

import numpy as np
import pytest

from camera.errors import SettingsError
from camera.web import PlantingRate, SimulatedWeb, WebSettings
from camera.web.camera_marks import MARK_CODES, CameraMarks
from camera.web.column_marks import COLUMNS_PER_SENSOR, ColumnMark, Seam, column_gain, draw_marks, draw_seam
from camera.web.illumination import Illumination
from camera.web.sensor import Sensor


def _many_marks(is_corrected: bool = True) -> list[list[ColumnMark]]:
    rng = np.random.default_rng(3)
    return [list(draw_marks(COLUMNS_PER_SENSOR, is_corrected, rng)) for _ in range(2000)]


def test_dust_is_as_frequent_wide_and_dark_as_the_numbers_note_says() -> None:
    dust = [mark for marks in _many_marks() for mark in marks if mark.code == "N08"]
    assert len(dust) / 2000 == pytest.approx(0.3, abs=0.05)
    assert {mark.width_px for mark in dust} == set(range(1, 7))
    contrasts = [mark.contrast_percent(100.0) for mark in dust]
    assert min(contrasts) > -10.0
    assert max(contrasts) < -2.0
    assert np.median(contrasts) == pytest.approx(-6.0, abs=0.5)


def test_dead_and_hot_columns_are_two_in_ten_sensors() -> None:
    columns = [mark for marks in _many_marks(is_corrected=False) for mark in marks if mark.code == "N07"]
    assert len(columns) / 2000 == pytest.approx(0.2, abs=0.04)
    assert all(mark.width_px == 1 for mark in columns)
    contrasts = np.array([mark.contrast_percent(80.0) for mark in columns])
    assert np.mean(contrasts < -60.0) == pytest.approx(0.5, abs=0.1)
    assert np.mean(contrasts > 20.0) == pytest.approx(0.5, abs=0.1)


def test_only_a_camera_that_corrects_itself_shows_dust_that_has_gone() -> None:
    bright = [mark for marks in _many_marks() for mark in marks if mark.code == "N07" and mark.gain > 1.0]
    raw = [mark for marks in _many_marks(is_corrected=False) for mark in marks if mark.gain > 1.0]
    assert len(bright) > 400
    assert not raw
    assert all(2.0 < mark.contrast_percent(100.0) < 11.2 for mark in bright)


def test_marks_lie_on_the_sensor_and_darken_what_they_say() -> None:
    for width_px in (64, 2048):
        rng = np.random.default_rng(5)
        for mark in draw_marks(width_px, True, rng, rate=40_000.0 / width_px):
            assert mark.first_column >= 0
            assert mark.first_column + mark.width_px <= width_px
            gain = column_gain([mark], mark.code, width_px)
            inside = slice(mark.first_column, mark.first_column + mark.width_px)
            assert gain[inside].mean() == pytest.approx(mark.gain, rel=1e-5)
            assert np.all(np.delete(gain, np.arange(width_px)[inside]) == 1.0)


def test_dust_takes_light_away_in_every_line_and_nowhere_else() -> None:
    clean = Illumination(256, 50.0, True, seed=4)
    dusty = Illumination(
        256, 50.0, True, seed=4, marks=[ColumnMark("N08", 100, 4, 0.94), ColumnMark("N07", 20, 1, 0.1)]
    )
    ratio = dusty.columns / clean.columns
    assert ratio[100:104].mean() == pytest.approx(0.94, abs=1e-4)
    assert np.all(np.delete(ratio, range(100, 104)) == 1.0)
    assert np.array_equal(clean.lines(0, 50), dusty.lines(0, 50))


def test_a_dead_column_stays_dark_and_a_hot_one_shines_in_the_dark() -> None:
    marks = [ColumnMark("N07", 10, 1, gain=0.05), ColumnMark("N07", 40, 1, gain=1.0, offset_dn=60.0)]
    clean, bad = Sensor(64, 8, True, seed=2), Sensor(64, 8, True, seed=2, marks=marks)
    assert bad.column_gain[10] == pytest.approx(0.05 * clean.column_gain[10], rel=1e-5)
    out = np.zeros((128, 64), np.uint8)
    bad.expose(np.zeros((128, 64), np.float32), 0, out)
    assert out[:, 40].mean() == pytest.approx(60.0, abs=1.5)
    assert np.delete(out, 40, axis=1).mean() < 2.0


def test_a_seam_steps_in_brightness_shifts_aside_and_comes_late() -> None:
    y, x = np.mgrid[0:40, 0:60].astype(np.float32)
    scene = 100.0 + x + 3.0 * y
    joined = Seam(column=30, gain=1.01, aside_px=0.5, late_lines=2).join(scene)
    assert joined.shape == (38, 60)
    assert np.array_equal(joined[:, :30], scene[2:, :30])
    expected = 1.01 * (100.0 + (x[2:, 30:] - 0.5) + 3.0 * (y[2:, 30:] - 2.0))
    assert joined[:, 30:] == pytest.approx(expected, rel=1e-5)


def test_seams_are_drawn_in_the_range_of_the_numbers_note() -> None:
    rng = np.random.default_rng(8)
    seams = [draw_seam(2048, rng) for _ in range(500)]
    gains = np.array([seam.gain for seam in seams])
    assert gains.std() == pytest.approx(0.01, rel=0.1)
    assert np.abs(gains - 1.0).max() <= 0.03
    assert np.mean([seam.late_lines for seam in seams]) == pytest.approx(1.0, abs=0.15)
    assert max(seam.late_lines for seam in seams) <= 4
    assert max(seam.aside_px for seam in seams) <= 2.0
    mark = seams[0].mark
    assert (mark.code, mark.first_column, mark.width_px) == ("N06", seams[0].column - 1, 2)


def test_marks_are_on_every_answer_sheet_and_in_the_picture() -> None:
    settings = WebSettings(seed=7, width_px=2048, layout="auto")
    web = SimulatedWeb(settings)
    clean = SimulatedWeb(settings.model_copy(update={"severity": PlantingRate.CLEAN}))
    marks = [each for each in web.objects(5000, 300) if each.kind in MARK_CODES]
    assert {each.kind for each in marks} == {"N07", "N08"}
    assert {each.key for each in web.objects(90_000, 10) if each.kind in MARK_CODES} == {each.key for each in marks}
    assert clean.objects(5000, 300) == ()
    ratio = web.render(5000, 300).mean(axis=0) / clean.render(5000, 300).mean(axis=0)
    for each in marks:
        assert each.is_nuisance
        assert each.mask.shape[0] == 300
        assert each.mask.all()
        assert (each.top_line, each.length_mm) == (5000, pytest.approx(15.0))
        columns = slice(each.left_px, each.left_px + each.mask.shape[1])
        assert 100.0 * (ratio[columns].mean() - 1.0) == pytest.approx(each.contrast_percent, rel=0.2)
        assert each.snr > 10.0


def test_marks_are_planted_like_other_kinds() -> None:
    only_dust = SimulatedWeb(WebSettings(seed=7, kinds=("N08",)))
    assert {each.kind for each in only_dust.objects(0, 100)} == {"N08"}
    assert SimulatedWeb(WebSettings(seed=7, kinds=("E01",))).objects(0, 100) == ()
    marked = sum(bool(CameraMarks.draw(WebSettings(seed=seed)).columns) for seed in range(1000))
    assert marked / 1000 == pytest.approx(1.0 - np.exp(-0.8 * 2048 / COLUMNS_PER_SENSOR), abs=0.03)


@pytest.fixture(scope="module")
def seamed() -> tuple[SimulatedWeb, SimulatedWeb, Seam]:
    """With a seam and without, and the seam: a late one, well aside."""
    seed = next(
        seed
        for seed in range(100)
        if (seam := CameraMarks.draw(WebSettings(seed=seed, seam_px=200)).seam) is not None
        and seam.late_lines >= 2
        and seam.aside_px > 0.6
    )
    settings = WebSettings(seed=seed, width_px=400, kinds=("E08",), severity=PlantingRate.DENSE, seam_px=200)
    seam = CameraMarks.draw(settings).seam
    assert seam is not None
    return SimulatedWeb(settings), SimulatedWeb(settings.model_copy(update={"seam_px": None})), seam


def test_a_seam_joins_the_pictures_of_two_cameras_however_lines_are_asked_for(
    seamed: tuple[SimulatedWeb, SimulatedWeb, Seam],
) -> None:
    joint, single, seam = seamed
    shown, whole = joint.render(0, 400).astype(float), single.render(0, 400).astype(float)
    assert np.array_equal(shown[:, :200], whole[:, :200])
    profile = shown[:, 205:].mean() / whole[:, 205:].mean()
    assert profile == pytest.approx(seam.gain, abs=0.004)
    again = SimulatedWeb(joint.settings)
    parts = {start: again.render(start, 100) for start in (300, 100, 0, 200)}
    assert np.array_equal(np.concatenate([parts[start] for start in sorted(parts)]), joint.render(0, 400))


@pytest.mark.slow
def test_what_lies_right_of_a_seam_is_told_where_it_is_seen(
    seamed: tuple[SimulatedWeb, SimulatedWeb, Seam],
) -> None:
    joint, single, seam = seamed
    lines = 400_000
    true = {each.key: each for each in single.objects(0, lines)}
    moved = halved = 0
    for each in joint.objects(0, lines):
        if each.kind == "N06":
            assert (each.left_px, each.mask.shape) == (199, (lines, 2))
            continue
        original = true[each.key]
        if original.left_px + original.mask.shape[1] <= 200:
            assert np.array_equal(each.mask, original.mask)
            assert (each.top_line, each.left_px) == (original.top_line, original.left_px)
        elif original.left_px >= 200 and original.left_px + original.mask.shape[1] < 390:
            assert np.array_equal(each.mask, original.mask)
            assert (each.top_line, each.left_px) == (
                original.top_line + seam.late_lines,
                original.left_px + round(seam.aside_px),
            )
            moved += 1
        elif original.left_px < 195 and original.left_px + original.mask.shape[1] > 205:
            left = 200 - original.left_px
            assert each.left_px == original.left_px
            assert each.mask[:, :left].sum() == original.mask[:, :left].sum()
            assert each.mask[:, left + round(seam.aside_px) :].sum() == original.mask[:, left:].sum()
            halved += 1
    assert moved > 5
    assert halved > 0


def test_a_seam_beside_the_picture_is_refused_in_words() -> None:
    with pytest.raises(SettingsError, match=r"seam_px: expected 1 \.\. 399"):
        SimulatedWeb(WebSettings(width_px=400, seam_px=400))
