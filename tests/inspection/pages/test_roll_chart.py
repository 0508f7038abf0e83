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
        assert points[quiet]["itemStyle"]["color"] == STYLE.muted
        assert points[quiet]["symbolSize"] < max(points["S1"]["symbolSize"])
