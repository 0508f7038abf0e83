from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.judging.decide import decide, storm_reason
from inspection.judging.joining import join, lower_bounds_doubled, open_objects
from inspection.judging.naming import named
from inspection.recipe.recipe import Layout, Recipe, default_recipe
from inspection.values import Box, Candidate, Defect, Region, Severity, Verdict
from inspection.values.kinds import kind_of
from inspection.vision.measure import measure
from tests.support.drawing import disc

ANODE = default_recipe("anode", "bright-field")
SEPARATOR = default_recipe("separator", "back-light")
PITCH_UM = 50.0


def defect(kind: str, **changes) -> Defect:
    fields = {
        "kind": kind,
        "score": 0.9,
        "severity": kind_of(kind).severity,
        "box": Box(10, 10, 12, 12),
        "mask": np.ones((2, 2), bool),
        "length_mm": 0.1,
        "width_mm": 0.1,
        "area_mm2": 0.00785,
        "contrast_percent": 50.0,
        "snr": 30.0,
        "md_mm": 100.0,
        "cd_mm": 50.0,
        "lane": None,
    }
    return Defect(**(fields | changes))


def round_one(kind: str, diameter_mm: float, **changes) -> Defect:
    area = np.pi / 4 * diameter_mm**2
    return defect(kind, length_mm=diameter_mm, width_mm=diameter_mm, area_mm2=area, **changes)


CASES = [
    ("a pinhole below its limit", ANODE, [round_one("E01", 0.45)], Verdict.ACCEPT, None),
    ("a pinhole above its limit", ANODE, [round_one("E01", 0.55)], Verdict.REJECT, "limit.E01.diameter_mm"),
    ("a pinhole in the guard band", ANODE, [round_one("E01", 0.49)], Verdict.REJECT, "limit.E01.diameter_mm"),
    ("a glint that could be metal of one pixel", ANODE, [round_one("E13", 0.06)], Verdict.ACCEPT, None),
    ("metal that the camera can tell", ANODE, [round_one("E13", 0.13)], Verdict.REJECT, "limit.E13.diameter_mm"),
    ("a long hairline scratch", ANODE, [defect("E09", length_mm=20, width_mm=0.05)], Verdict.ACCEPT, None),
    (
        "a long broad scratch",
        ANODE,
        [defect("E09", length_mm=20, width_mm=0.15)],
        Verdict.REJECT,
        "limit.E09.length_mm",
    ),
    (
        "a faint streak",
        ANODE,
        [defect("E06", length_mm=51.2, width_mm=0.5, contrast_percent=-3.0)],
        Verdict.ACCEPT,
        None,
    ),
    (
        "a dark streak",
        ANODE,
        [defect("E06", length_mm=51.2, width_mm=0.5, contrast_percent=-7.0)],
        Verdict.REJECT,
        "limit.E06.length_mm",
    ),
    ("a bare spot", ANODE, [defect("E08", area_mm2=1.2)], Verdict.REJECT, "limit.E08.area_mm2"),
    ("tape of any size", ANODE, [round_one("N01", 30.0)], Verdict.ACCEPT, None),
    ("a kind without limits", ANODE, [round_one("S01", 0.2)], Verdict.REJECT, "limit.S01.diameter_mm"),
    ("a kind that nobody knows", ANODE, [round_one("X77", 0.2)], Verdict.REJECT, "limit.X77.diameter_mm"),
    ("five small pinholes", ANODE, [round_one("E01", 0.3, cd_mm=80.0 * i) for i in range(5)], Verdict.ACCEPT, None),
    (
        "six small pinholes",
        ANODE,
        [round_one("E01", 0.3, cd_mm=80.0 * i) for i in range(6)],
        Verdict.REJECT,
        "count.E01",
    ),
    ("two objects side by side", ANODE, [round_one("E01", 0.15), round_one("E04", 0.15)], Verdict.ACCEPT, None),
    ("three objects side by side", ANODE, [round_one("E04", 0.15) for _ in range(3)], Verdict.REJECT, "cluster"),
    (
        "three objects far apart",
        ANODE,
        [round_one("E04", 0.15, cd_mm=60.0 * i) for i in range(3)],
        Verdict.ACCEPT,
        None,
    ),
    (
        "a scratch just below its length",
        ANODE,
        [defect("E09", length_mm=9.1, width_mm=0.12)],
        Verdict.REJECT,
        "limit.E09.length_mm",
    ),
    ("a shorter scratch", ANODE, [defect("E09", length_mm=8.9, width_mm=0.12)], Verdict.ACCEPT, None),
    ("a pinhole a pixel below its limit", ANODE, [round_one("E01", 0.46)], Verdict.REJECT, "limit.E01.diameter_mm"),
    ("a smaller pinhole", ANODE, [round_one("E01", 0.44)], Verdict.ACCEPT, None),
    ("metal of two pixels", ANODE, [round_one("E13", 0.101)], Verdict.REJECT, "limit.E13.diameter_mm"),
    ("a glint", ANODE, [round_one("E13", 0.099)], Verdict.ACCEPT, None),
    ("a fibre", SEPARATOR, [defect("S09", length_mm=1.5, width_mm=0.03)], Verdict.REJECT, "limit.S09.length_mm"),
    ("nothing at all", SEPARATOR, [], Verdict.ACCEPT, None),
]


@pytest.mark.parametrize(("recipe", "defects", "verdict", "rule"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_default_limits(recipe, defects, verdict, rule):
    got, reasons = decide(defects, recipe, PITCH_UM)
    assert got is verdict
    assert (reasons[0].rule if reasons else None) == rule


def test_a_sentence_says_what_was_measured_what_is_allowed_and_where():
    pinhole = round_one("E01", 0.63, md_mm=1234.5, cd_mm=45.2, lane=2)
    _, (reason,) = decide([pinhole], ANODE, PITCH_UM)
    assert reason.sentence == (
        "E01 pinhole: diameter 0.63 mm (limit 0.5) at 1234.5 mm along and 45.2 mm across the web, lane 2."
    )
    assert (reason.measured, reason.limit, reason.unit) == (pytest.approx(0.63), 0.5, "mm")


def test_the_gravest_reason_comes_first():
    defects = [round_one("E09", 12.0), round_one("E01", 0.9, cd_mm=5.0), round_one("E13", 0.4, cd_mm=90.0)]
    _, reasons = decide(defects, ANODE, PITCH_UM)
    assert [r.kind for r in reasons] == ["E13", "E01", "E09"]


def test_a_storm_names_its_number_and_is_grave():
    reason = storm_reason(1234, ANODE)
    assert reason.rule == "storm"
    assert "1234" in reason.sentence
    assert (reason.severity, reason.quantity, reason.defects) == (Severity.S2, "places", ())


FAR_AWAY = [defect("N04", area_mm2=9.0), round_one("E01", 0.1, cd_mm=90.0)]
"""An ink dot beside whatever lies at 50 mm across, and a pinhole 40 mm away."""


def trio(kind="E14", **changes):
    return [round_one(kind, 0.15, cd_mm=50.0 + i, **changes) for i in range(3)]


BLAMED = [
    ("of a limit the one above it", [*FAR_AWAY, round_one("E01", 0.3), round_one("E01", 0.63)],
     [("limit.E01.diameter_mm", (3,), Severity.S2, "diameter_mm")]),
    ("two of one size, one reason each",
     [round_one("E01", 0.63), round_one("N01", 3.0), round_one("E01", 0.63, cd_mm=9.0)],
     [("limit.E01.diameter_mm", (0,), Severity.S2, "diameter_mm"),
      ("limit.E01.diameter_mm", (2,), Severity.S2, "diameter_mm")]),
    ("the number that broke it", [defect("E09", length_mm=20, width_mm=0.15)],
     [("limit.E09.length_mm", (0,), Severity.S3, "length_mm")]),
    ("of a count those counted, not the small ones",
     [round_one("E01", 0.05), *(round_one("E01", 0.3, cd_mm=80.0 * i) for i in range(6)),
      round_one("E01", 0.3, cd_mm=900.0, continued=True)],
     [("count.E01", (1, 2, 3, 4, 5, 6), Severity.S2, "objects")]),
    ("of a cluster those near each other", [*FAR_AWAY[:1], *trio(), *FAR_AWAY[1:]],
     [("cluster", (1, 2, 3), Severity.S2, "objects")]),
    ("a cluster with something grave in it is as grave",
     [*trio()[:2], round_one("E12", 0.15), round_one("N01", 5.0)],
     [("cluster", (0, 1, 2), Severity.S1, "objects")]),
    ("a cluster goes on as far as objects have too many about them",
     [round_one("E14", 0.15, cd_mm=cd_mm) for cd_mm in (50.0, 56.0, 62.0, 66.5)],
     [("cluster", (0, 1, 2, 3), Severity.S2, "objects")]),
    ("what is near none of them is innocent",
     [round_one("E14", 0.15, cd_mm=cd_mm) for cd_mm in (50.0, 56.0, 62.0, 72.5)],
     [("cluster", (0, 1, 2), Severity.S2, "objects")]),
    ("two clusters are told as two", [*trio(), *trio(md_mm=400.0)],
     [("cluster", (0, 1, 2), Severity.S2, "objects"), ("cluster", (3, 4, 5), Severity.S2, "objects")]),
]  # fmt: skip


@pytest.mark.parametrize(("defects", "reasons"), [case[1:] for case in BLAMED], ids=[case[0] for case in BLAMED])
def test_a_reason_says_which_defects_it_is_about_and_how_grave_that_is(defects, reasons):
    _, found = decide(defects, ANODE, PITCH_UM)
    assert [(each.rule, each.defects, each.severity, each.quantity) for each in found] == reasons


lengths = st.floats(0.01, 80.0)
objects = st.builds(
    defect,
    st.sampled_from(["E01", "E04", "E06", "E08", "E09", "E13", "E24", "S07", "X01", "N02"]),
    length_mm=lengths,
    width_mm=st.floats(0.01, 3.0),
    area_mm2=st.floats(0.001, 10.0),
    contrast_percent=st.floats(-90.0, 300.0),
    cd_mm=st.floats(0.0, 100.0),
    reaches_trailing_edge=st.booleans(),
)


@given(
    st.lists(objects, min_size=1, max_size=8),
    st.integers(0, 7),
    st.sampled_from(["length_mm", "width_mm", "area_mm2", "contrast_percent"]),
    st.floats(1.0, 3.0),
)
def test_a_bigger_defect_never_turns_reject_into_accept(defects, index, what, factor):
    index %= len(defects)
    grown = list(defects)
    grown[index] = replace(grown[index], **{what: getattr(grown[index], what) * factor})
    before, _ = decide(defects, ANODE, PITCH_UM)
    after, _ = decide(grown, ANODE, PITCH_UM)
    assert not (before is Verdict.REJECT and after is Verdict.ACCEPT)


@given(st.lists(objects, max_size=8), objects)
def test_one_more_defect_never_turns_reject_into_accept(defects, another):
    before, _ = decide(defects, ANODE, PITCH_UM)
    after, _ = decide([*defects, another], ANODE, PITCH_UM)
    assert not (before is Verdict.REJECT and after is Verdict.ACCEPT)


def of_mask(mask: np.ndarray, kind: str, height_px: int, left: int = 100) -> list[Defect]:
    """Measure a mask that begins somewhere in a frame; nothing if the frame shows none of it."""
    rows, columns = np.nonzero(mask)
    if not len(rows):
        return []
    box = Box(left + columns.min(), rows.min(), left + columns.max() + 1, rows.max() + 1)
    tight = mask[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    is_thin = kind == "E09"
    region = Region(
        Candidate(box, kind, {kind: 0.9}, np.ones((1, 1), bool), 8),
        box,
        tight,
        float(tight.sum()),
        3.0 if is_thin else None,
        left + columns.mean() + 0.5,
        rows.mean() + 0.5,
        20.0,
        80.0,
        20.0,
    )
    return [
        measure(region, pitch_x_um=PITCH_UM, pitch_y_um=PITCH_UM, start_mm=0.0, height_px=height_px, layout=Layout())
    ]


@given(st.integers(2, 58), st.sampled_from(["disc", "diagonal"]))
def test_an_object_cut_anywhere_is_the_same_object_once_joined(cut, shape):
    y, x = np.mgrid[0:60, 0:60].astype(float)
    whole = disc(50.0)(x - 30, y - 30) if shape == "disc" else np.abs(x - y) <= 2
    kind = "E01" if shape == "disc" else "E09"
    first = np.zeros((100, 60), bool)
    first[100 - cut :] = whole[:cut]
    second = np.zeros((100, 60), bool)
    second[: 60 - cut] = whole[cut:]
    carried = open_objects(of_mask(first, kind, 100), 100, [None] * len(of_mask(first, kind, 100)))
    joined, _ = join(of_mask(second, kind, 100), carried, 0.05, 0.05)
    alone = of_mask(np.pad(whole, ((20, 20), (0, 0))), kind, 100)[0]
    if not carried or not joined:
        assert not any(part.continued for part in joined)
        return
    (together,) = joined
    assert together.continued
    assert together.area_mm2 == pytest.approx(alone.area_mm2)
    assert together.length_mm == pytest.approx(alone.length_mm, abs=0.08)
    assert together.width_mm == pytest.approx(alone.width_mm, abs=0.08)
    assert together.box.top < 0
    assert together.mask.shape[1] == together.box.width_px


@pytest.mark.parametrize(("gap", "kind", "is_one"), [(20, "E09", True), (60, "E09", False), (20, "E01", False)])
def test_a_line_may_pause_at_the_border(gap, kind, is_one):
    first, second = np.zeros((100, 60), bool), np.zeros((100, 60), bool)
    first[20 : 100 - gap // 2, 30:32] = True
    second[gap // 2 : 70, 31:33] = True
    carried = open_objects(of_mask(first, kind, 100), 100, [None] * len(of_mask(first, kind, 100)))
    (whole,), _ = join(of_mask(second, kind, 100), carried, 0.05, 0.05)
    assert whole.continued is is_one
    if is_one:
        assert whole.length_mm == pytest.approx((80 + 70) * 0.05, abs=0.1)


def test_an_object_that_runs_through_three_frames_keeps_growing():
    stripe = np.zeros((100, 60), bool)
    stripe[:, 20:24] = True
    carried, lengths = (), []
    hulls = [None]
    for _ in range(3):
        joined, hulls = join(of_mask(stripe, "E09", 100), carried, 0.05, 0.05)
        lengths.append(round(joined[0].length_mm, 2))
        carried = open_objects(joined, 100, hulls)
    assert lengths == [5.0, 10.0, 15.0]


@pytest.mark.parametrize("kinds", [("N04", "E13"), ("E13", "N04")])
def test_a_half_that_passes_for_an_ink_dot_does_not_hide_the_metal_that_it_belongs_to(kinds):
    bar = np.zeros((100, 60), bool)
    bar[90:, 5:15] = True
    first = of_mask(bar, kinds[0], 100)
    (whole,), _ = join(of_mask(bar[::-1], kinds[1], 100), open_objects(first, 100, [None]), 0.05, 0.05)
    assert (whole.kind, whole.severity, whole.continued) == ("E13", Severity.S1, True)
    assert decide([whole], ANODE, PITCH_UM)[0] is Verdict.REJECT


def test_objects_in_other_columns_are_not_joined():
    bar = np.zeros((100, 60), bool)
    bar[90:, 5:15] = True
    other = np.zeros((100, 60), bool)
    other[:10, 30:40] = True
    carried = open_objects(of_mask(bar, "E01", 100), 100, [None])
    (alone,), _ = join(of_mask(other, "E01", 100), carried, 0.05, 0.05)
    assert not alone.continued


@given(st.floats(0.51, 5.0), st.floats(0.0, 1.0))
def test_an_object_above_its_limit_cut_in_two_is_always_rejected_in_the_frame_with_its_larger_part(diameter, share):
    """Area splits as `share`; the frame with the larger part sees at least half of it, or the joined whole."""
    area = np.pi / 4 * diameter**2
    first = round_one("E01", 2 * np.sqrt(share * area / np.pi), reaches_trailing_edge=True)
    if share >= 0.5:
        assert decide([first], ANODE, PITCH_UM)[0] is Verdict.REJECT
        assert lower_bounds_doubled(first).area_mm2 >= area * 0.999
    else:
        whole = round_one("E01", diameter, continued=True)
        assert decide([whole], ANODE, PITCH_UM)[0] is Verdict.REJECT


def test_an_object_over_a_border_counts_once(tmp_path):
    pinholes = [round_one("E01", 0.3, cd_mm=80.0 * i) for i in range(5)]
    carried_over = round_one("E01", 0.3, cd_mm=900.0, continued=True)
    assert decide([*pinholes, carried_over], ANODE, PITCH_UM)[0] is Verdict.ACCEPT
    assert decide([*pinholes, replace(carried_over, continued=False)], ANODE, PITCH_UM)[0] is Verdict.REJECT


def test_the_same_limits_serve_evaluation():
    round_pinhole = {"length_mm": 0.6, "width_mm": 0.6, "area_mm2": 0.28, "contrast_percent": 100.0}
    assert ANODE.fits("E01", diameter_mm=0.6, **round_pinhole)
    assert not ANODE.fits("E01", diameter_mm=0.4, **round_pinhole)
    assert not ANODE.fits("E13", diameter_mm=0.1, **round_pinhole)
    assert ANODE.fits("E13", diameter_mm=0.1, pixel_pitch_um=25.0, **round_pinhole)
    assert isinstance(ANODE, Recipe)


THRESHOLDS = {"E01": 0.4, "E04": 0.4, "E06": 0.4, "E08": 0.4, "E09": 0.4, "E13": 0.15, "E24": 0.4, "N04": 0.9}


@pytest.mark.parametrize(
    ("diameter_mm", "scores", "name"),
    [
        (0.3, {"E01": 0.9, "E13": 0.2}, "E13"),  # allowed as a pinhole, not as the metal that it may be
        (0.3, {"E01": 0.9, "E13": 0.1}, "E01"),  # too unlikely to be metal
        (0.06, {"E01": 0.9, "E13": 0.2}, "E01"),  # too small to be told from a glint
        (0.7, {"E01": 0.9, "E13": 0.2}, "E01"),  # rejected as what it most likely is
        (0.7, {"E08": 0.9, "E01": 0.5}, "E01"),  # a bare spot of that size would pass
        (0.7, {"E08": 0.9, "N04": 0.95}, "E08"),  # nuisance is no name for what was measured
    ],
)
def test_what_may_be_several_things_is_named_as_the_one_that_rejects_it(diameter_mm, scores, name):
    best = max(scores, key=lambda kind: scores[kind] if kind != "N04" else 0.0)
    all_scores = dict.fromkeys(THRESHOLDS, 0.0) | scores
    seen = named(round_one(best, diameter_mm), all_scores, THRESHOLDS, ANODE, PITCH_UM)
    assert seen.kind == name
    if name != best:
        assert seen.score == scores[name]
