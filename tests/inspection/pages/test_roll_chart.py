"""What the roll map sends to the browser."""

from base64 import b64decode
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from inspection.pages.frame.chart_style import ChartStyle
from inspection.pages.rolls.roll_chart import RollPicture, growing_bars, map_options
from inspection.pages.texts import texts_in
from inspection.pages.texts.quantities import Quantities
from inspection.people.person import Language
from inspection.review.blame import Blame
from inspection.review.cases import ReviewOutcome
from inspection.rolls.roll_map import Blocks, RollDefects, lay_out
from inspection.values import Severity, Verdict

BLAME = Blame("limit.E01.diameter_mm", Severity.S2, "diameter_mm", 0.6, 0.5, "mm")
STYLE = ChartStyle(16.0, *["#123456"] * 8)


def picture(count: int) -> RollPicture:
    """Defects in turn of S1 and S2, one in each block."""
    numbers = np.arange(count)
    zeros, starts = np.zeros(count, np.int64), 50.0 * numbers
    lengths = np.full(count, 50.0)
    blocks = Blocks(numbers + 1, zeros, zeros, ("cam0",), zeros, starts, lengths, zeros)
    defects = RollDefects(
        sequence=numbers + 1,
        position=zeros,
        kind=("E01", "E13") * (count // 2),
        severity=(Severity.S2, Severity.S1) * (count // 2),
        score=np.ones(count),
        diameter_mm=np.full(count, 0.25),
        length_mm=np.full(count, 0.25),
        md_mm=starts,
        cd_mm=numbers % 100.0,
        lane=(1,) * count,
        verdict=(Verdict.REJECT,) * count,
        outcome=(None,) * count,
        blame=(BLAME,) * count,
        has_image=(False,) * count,
        is_complete=True,
    )
    return RollPicture(lay_out(blocks), defects, starts / 1000.0, ())


def points_of(series: dict[str, Any]) -> NDArray[np.int32]:
    """(n, 3): mm along, tenths of a mm across, number; out of the word that the browser unpacks."""
    _, word, _ = series[":data"].rsplit('"', 2)
    return np.frombuffer(b64decode(word), "<i4").reshape(-1, 3)


@pytest.mark.parametrize("count", [4, 4000])
def test_every_point_tells_its_place_and_its_defect_in_one_word(count):
    options = map_options(picture(count), texts_in(Language.ENGLISH).rolls, Quantities(Language.ENGLISH), STYLE)
    points = [series for series in options["series"] if series["type"] == "scatter"]
    assert [series["name"] for series in points] == ["S1", "S2"]
    for first, series in zip((1, 0), points, strict=True):
        values = points_of(series)
        assert values[:, 2].tolist() == list(range(first, count, 2))
        assert values[:, 0].tolist() == (50 * values[:, 2]).tolist()
        assert values[:, 1].tolist() == (10 * (values[:, 2] % 100)).tolist()
        assert series["large"] == (count > 1500)
        assert series["progressive"] == 0, "drawn in one go, however many there are"


def test_what_is_told_of_points_lies_beside_them():
    options = map_options(picture(4), texts_in(Language.ENGLISH).rolls, Quantities(Language.ENGLISH), STYLE)
    formatter = options["tooltip"][":formatter"]
    assert formatter.endswith('(["E01 pinhole", "E13 metal particle"], [0,1,0,1], [0.25,0.25,0.25,0.25])')


def test_bars_grow_in_a_zoom_and_other_marks_do_not():
    assert growing_bars(7, picture(4), STYLE) is None
    script = growing_bars(7, picture(4000), STYLE)
    assert "getElement(7)" in script
    assert 'Object.entries({"S1": [3.8, 12.8], "S2": [4.8, 4.8]})' in script


@pytest.mark.parametrize("count", [4, 4000])
def test_what_lies_within_limits_and_what_was_overruled_is_shown_quietly_and_never_in_the_colour_of_safety(count):
    shown = picture(count)
    harmless = (None, BLAME, None, BLAME) * (count // 4)
    outcomes = (None, None, None, ReviewOutcome.OVERRULED) * (count // 4)
    shown = replace(shown, defects=replace(shown.defects, blame=harmless, outcome=outcomes))
    options = map_options(shown, texts_in(Language.ENGLISH).rolls, Quantities(Language.ENGLISH), STYLE)
    points = {each["name"]: each for each in options["series"] if each["type"] == "scatter"}
    assert list(points) == ["within limits", "overruled in review", "S1"]
    counts = {name: len(points_of(each)) for name, each in points.items()}
    assert counts == {"within limits": count // 2, "overruled in review": count // 4, "S1": count // 4}
    for quiet in ("within limits", "overruled in review"):
        style = points[quiet]["itemStyle"]
        assert STYLE.muted in (style["color"], style.get("borderColor"))
        assert style["color"] in (STYLE.muted, "rgba(0,0,0,0)")
        assert points[quiet]["symbolSize"] < max(points["S1"]["symbolSize"])


_UNINSPECTED = tuple(Verdict).index(Verdict.UNINSPECTED)


def grey(shown: RollPicture) -> set[tuple[float, float, float, float]]:
    """(from m, to m, from mm, to mm across) of all areas that the map greys."""
    options = map_options(shown, texts_in(Language.ENGLISH).rolls, Quantities(Language.ENGLISH), STYLE)
    found = set()
    for series in options["series"]:
        if series["name"] == "Not inspected":
            corners = [corner for corner in series["data"] if corner != ["-", "-"]]
            for first in range(0, len(corners), 4):
                (start, low), (_, high), (stop, _), _ = corners[first : first + 4]
                assert low == series["areaStyle"]["origin"], "filled from the outline's own edge"
                found.add((start, stop, low, high))
    return found


def two_lanes(verdicts: list[int]) -> RollPicture:
    """Blocks of 50 mm, on each of which two lanes are decided, with a defect at 20 mm of lane 1 and 70 mm of lane 2."""
    count = len(verdicts)
    shown = picture(count)
    numbers = np.arange(count)
    zeros, starts = np.zeros(count, np.int64), 50.0 * (numbers // 2)
    lanes = 1 + numbers % 2
    lengths = np.full(count, 50.0)
    blocks = Blocks(
        numbers + 1, zeros, zeros, ("cam0",), zeros, starts, lengths, np.array(verdicts, np.int64), lane=lanes
    )
    across = np.where(lanes == 1, 20.0, 70.0)
    defects = replace(shown.defects, md_mm=starts, cd_mm=across, lane=tuple(lanes.tolist()))
    return RollPicture(lay_out(blocks), defects, starts / 1000.0, ())


def test_only_the_lane_that_nobody_judged_is_grey():
    shown = two_lanes([0, 0, 0, _UNINSPECTED, 0, 0, _UNINSPECTED, 0])
    assert shown.width_mm == 70.0
    assert grey(shown) == {(0.05, 0.1, 35.0, 70.0), (0.15, 0.2, 0.0, 35.0)}


def test_a_stretch_that_nobody_judged_on_any_lane_is_grey_from_edge_to_edge():
    assert grey(two_lanes([0, 0, _UNINSPECTED, _UNINSPECTED, 0, 0])) == {(0.05, 0.1, 0.0, 70.0)}


def test_no_defect_lies_in_the_grey_of_another_lane():
    shown = two_lanes([0, 0, 0, _UNINSPECTED, 0, 0])
    narrow = replace(shown.defects, cd_mm=np.where(np.array(shown.defects.lane) == 1, 55.0, 68.0))
    assert grey(replace(shown, defects=narrow)) == {(0.05, 0.1, 55.0, 70.0)}


def test_of_two_cameras_only_the_band_is_grey_of_the_one_that_judged_nothing():
    count = 8
    shown = picture(count)
    numbers = np.arange(count)
    zeros, starts = np.zeros(count, np.int64), 50.0 * (numbers // 2)
    verdicts = np.where(numbers == 3, _UNINSPECTED, 0)
    lengths = np.full(count, 50.0)
    blocks = Blocks(numbers + 1, zeros, numbers % 2, ("cam0", "cam1"), zeros, starts, lengths, verdicts)
    defects = replace(shown.defects, md_mm=starts, cd_mm=np.full(count, 20.0))
    assert grey(RollPicture(lay_out(blocks), defects, starts / 1000.0, ())) == {(0.05, 0.1, 20.0, 40.0)}
