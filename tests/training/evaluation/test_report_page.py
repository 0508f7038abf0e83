import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from inspection.values import Artefact
from training.errors import DataError
from training.evaluation.report.charts import Axis, Chart, log_axis, share_axis
from training.evaluation.report.comparison import Standing, compare
from training.evaluation.report.evidence import (
    MISSED,
    AsShipped,
    DataIdentity,
    Evidence,
    FalseAlarm,
    KindOverlap,
    Picture,
    PixelFigures,
    SeenImage,
    SeenObject,
    worst_false_alarms,
    worst_misses,
)
from training.evaluation.report.figures import GOOD_WEB, figures_of, headline
from training.evaluation.report.page import as_page
from training.evaluation.report.pod import PodCurve
from training.evaluation.report.record import as_record

GOOD, BAD = 80, 90
KINDS = ("E01", "E09", "E13")


def picture(seed=1):
    pixels = np.random.default_rng(seed).integers(60, 200, (40, 50), np.uint8)
    mask = np.zeros((40, 50), bool)
    mask[10:20, 15:30] = True
    return Picture(pixels, mask)


def evidence(seed=1, better=0.0):
    """170 images: one object on each bad one, larger ones with higher scores."""
    rng = np.random.default_rng(seed)
    sizes = rng.lognormal(np.log(0.3), 0.8, BAD)
    noise = np.random.default_rng(7).normal(0.0, 1.0, BAD)
    scores = 1.0 / (1.0 + np.exp(-(2.0 * np.log(sizes / 0.3) + noise + better)))
    good_scores = np.linspace(0.01, 0.6, GOOD)
    objects = [
        SeenObject(
            f"bad{n}#0",
            KINDS[n % 3],
            f"bad{n}",
            float(sizes[n]),
            bool(scores[n] >= 0.55),
            ("E01" if n % 7 == 0 else KINDS[n % 3]) if scores[n] >= 0.55 else MISSED,
            float(scores[n]),
            picture(n) if scores[n] < 0.3 else None,
        )
        for n in range(BAD)
    ]
    bad = [
        SeenImage(f"bad{n}", False, (KINDS[n % 3],), o.is_found, KINDS[n % 3], o.score) for n, o in enumerate(objects)
    ]
    good = [
        SeenImage(f"good{n}", True, (), score >= 0.55, "E01", score) for n, score in enumerate(good_scores.tolist())
    ]
    alarms = [FalseAlarm(each.name, "E13", 0.4, each.score, picture()) for each in good if each.is_rejected]
    return Evidence(
        model=Artefact("electrode", "2.0.0", "ab" * 32),
        model_kinds=(*KINDS, "N01"),
        data=DataIdentity("line 3 <May>", "mvtec", "test", "cd" * 32),
        unit="mm",
        operating_point="at the threshold that rejects at most 10 % of the good images",
        threshold=0.55,
        images=(*good, *bad),
        objects=tuple(objects),
        false_alarms=tuple(alarms),
        good_area=0.42,
        pixels=PixelFigures(170, 90, 0.61, 0.93, {"E01": KindOverlap(0.7, 0.5, 0.75, 0.4)}),
        as_shipped=AsShipped(9, GOOD, 20, BAD),
        mpx_s=123.4,
    )


def verdicts_only():
    """As the simulated web gives it: what was found, no scores."""
    whole = evidence()
    return replace(
        whole,
        threshold=None,
        operating_point="by the station's verdicts",
        images=tuple(replace(each, score=None) for each in whole.images),
        objects=tuple(replace(each, score=None, picture=None) for each in whole.objects),
        false_alarms=tuple(replace(each, score=None, picture=None) for each in whole.false_alarms),
        pixels=None,
        as_shipped=None,
        mpx_s=None,
    )


def test_escapes_are_counted_by_kind_and_by_size():
    seen = evidence()
    figures = figures_of(seen)
    for kind in figures.by_kind:
        own = [each for each in seen.objects if each.kind == kind.kind]
        assert kind.escapes.total == len(own) == 30
        assert kind.escapes.count == sum(not each.is_found for each in own)
        assert sum(each.total for each in kind.by_size.values()) == 30
        assert sum(each.count for each in kind.by_size.values()) == kind.escapes.count
    small = figures.overall.by_size["0.1 to 0.2 mm"]
    assert small.total == sum(0.1 <= each.size < 0.2 for each in seen.objects)
    assert isinstance(figures.overall.pod, PodCurve)


def test_false_alarms_are_told_for_each_square_metre_of_good_web():
    figures = figures_of(evidence())
    assert figures.alarms.rate == pytest.approx(figures.false_rejects.count / 0.42)
    assert figures.alarms.unit == "m²"
    assert figures_of(replace(evidence(), unit="px")).alarms.unit == "megapixel"


def test_the_confusion_keeps_what_is_missed_and_what_is_nothing():
    seen = evidence()
    confusion = figures_of(seen).confusion
    assert confusion.rows == (*KINDS, GOOD_WEB)
    assert confusion.columns == (*KINDS, MISSED)
    assert confusion.counts.sum() == BAD + len(seen.false_alarms)
    assert confusion.counts[-1].tolist() == [0, 0, len(seen.false_alarms), 0]
    right = sum(each.called == each.kind for each in seen.objects)
    assert np.trace(confusion.counts[:3, :3]) == right
    named = [kind.named_right for kind in figures_of(seen).by_kind]
    assert sum(each.count for each in named) == right


def test_kinds_that_the_model_cannot_name_are_not_held_against_it():
    seen = replace(evidence(), model_kinds=("odd",), pixels=PixelFigures(170, 90, 0.6, 0.9, {}))
    figures = figures_of(seen)
    assert figures.image_kind_accuracy is None
    assert figures.mean_iou is None
    assert "none of the model's kinds (odd) is among the data set's (E01, E09, E13)" in figures.why_not["mean_iou"]
    assert all(each.named_right is None for each in figures.by_kind)


def test_the_escape_rate_at_a_price_is_read_from_the_curve():
    seen = evidence()
    everything = figures_of(seen).curves[0]
    good = sorted((each.score for each in seen.images if each.is_good), reverse=True)
    threshold = good[8]  # eight of eighty lie above it
    expected = sum(each.score <= threshold for each in seen.objects) / BAD
    assert everything.escapes_at(0.1) == pytest.approx(expected)


def test_without_scores_only_what_needs_them_is_missing():
    figures = figures_of(verdicts_only())
    assert figures.image_auroc is None
    assert figures.calibration is None
    assert figures.curves == ()
    assert set(figures.why_not) == {
        "image_auroc", "image_ap", "pixel_ap", "aupro30", "mean_iou", "image_kind_accuracy"
    }  # fmt: skip
    assert isinstance(figures.overall.pod, PodCurve)
    page = as_page(verdicts_only(), figures)
    assert "image AUROC" not in page
    assert "safety defects missed" in page
    assert "Probability of detection" in page
    assert "Escapes against false rejects" not in page


def test_few_objects_are_said_to_be_few():
    seen = evidence()
    kept = [each for each in seen.objects if each.kind == "E01"][:14]
    kept = [replace(each, is_found=n >= 2, called="E01" if n >= 2 else MISSED) for n, each in enumerate(kept)]
    (words,) = figures_of(replace(seen, objects=tuple(kept))).too_few
    assert words == "14 of E01 pinhole: the interval on their escape rate is 1.8 % to 43 %."


def test_without_good_images_the_headline_says_what_is_not_known():
    seen = evidence()
    seen = replace(seen, images=tuple(each for each in seen.images if not each.is_good), false_alarms=())
    assert "No good image was shown: how many of them it rejects is unknown" in headline(seen, figures_of(seen))


def test_the_headline_tells_misses_and_false_alarms():
    seen = evidence()
    missed = sum(not each.is_found for each in seen.objects)
    words = headline(seen, figures_of(seen))
    assert words.startswith(f"electrode 2.0.0 misses {missed} of 90 defects at the threshold that rejects at most 10 %")
    assert "for each m² of good web" in words
    blank = replace(seen, objects=(), images=tuple(each for each in seen.images if each.is_good))
    assert "was shown no defect" in headline(blank, figures_of(blank))


def test_good_images_alone_make_a_page_too():
    seen = evidence()
    blank = replace(
        seen,
        objects=(),
        images=tuple(each for each in seen.images if each.is_good),
        pixels=PixelFigures(80, 0, None, None, {}),
    )
    page = as_page(blank, figures_of(blank))
    assert "The data set shows no defect." in page
    assert json.dumps(as_record(blank, figures_of(blank), None))


def test_bad_images_alone_make_a_page_too():
    seen = evidence()
    blank = replace(
        seen,
        images=tuple(each for each in seen.images if not each.is_good),
        false_alarms=(),
        good_area=0.0,
        threshold=None,
    )
    page = as_page(blank, figures_of(blank))
    assert "No good web was shown." in page
    assert figures_of(blank).why_not["image_auroc"] == "needs both good and bad images"


def test_the_worst_misses_are_the_dangerous_ones_and_then_the_large_ones():
    base = SeenObject("a", "E01", "i", 1.0, False, MISSED, 0.1)
    objects = [
        base,
        replace(base, key="b", size=2.0),
        replace(base, key="c", kind="E13", size=0.1),
        replace(base, key="d", size=None),
        replace(base, key="e", size=9.0, is_found=True),
    ]
    assert [each.key for each in worst_misses(objects, 4)] == ["c", "b", "a", "d"]
    alarms = [FalseAlarm("a", "E01", 1.0, 0.5), FalseAlarm("b", "E01", 0.1, 0.9), FalseAlarm("c", "E01", 2.0, 0.5)]
    assert [each.image for each in worst_false_alarms(alarms, 2)] == ["b", "c"]


def test_a_better_model_may_replace_and_a_worse_one_should_not():
    old, new = evidence(), evidence(better=1.5)
    forward, back = compare(new, old), compare(old, new)
    assert forward.standing is Standing.BETTER
    assert back.standing is Standing.WORSE
    assert forward.objects.only_first == back.objects.only_second
    assert "may replace" in forward.sentence
    assert "should not replace" in back.sentence


def test_the_same_model_is_not_told_apart_from_itself():
    same = compare(evidence(), evidence())
    assert same.standing is Standing.UNDECIDED
    assert same.objects.p_value == 1.0
    assert "does not tell them apart" in same.sentence


def test_finding_more_at_the_price_of_good_material_is_no_clear_gain():
    old, new = evidence(), evidence(better=1.5)
    images = tuple(replace(each, is_rejected=True) if each.is_good else each for each in new.images)
    assert compare(replace(new, images=images), old).standing is Standing.UNDECIDED


def test_models_judged_on_different_material_are_not_compared():
    other = replace(evidence(), objects=tuple(replace(each, key=each.key + "x") for each in evidence().objects))
    with pytest.raises(DataError, match="on one data set"):
        compare(evidence(), other)


class Page(HTMLParser):
    """Collects what a browser would fetch, and whether all is closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.addresses, self.tags = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.addresses += [value for name, value in attributes if name in ("src", "href")]
        if tag not in ("meta", "img", "path", "circle", "polyline", "polygon", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)
        self.addresses += [value for name, value in attributes if name in ("src", "href")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_stands_alone_and_is_well_formed():
    seen = evidence()
    page = as_page(seen, figures_of(seen), compare(seen, evidence(better=1.5)))
    parsed = Page(page)
    assert parsed.open == []
    assert "script" not in parsed.tags
    assert parsed.addresses
    assert all(address.startswith("data:image/png;base64,") for address in parsed.addresses)
    assert not re.search(r"url\(|@import|https?://", page)
    assert len(page) < 1_000_000
    assert "line 3 &lt;May&gt;" in page
    assert "<May>" not in page


def test_the_page_says_the_same_as_the_record():
    seen = evidence()
    figures = figures_of(seen)
    page, record = as_page(seen, figures), as_record(seen, figures, None)
    assert record["verdict"] in page
    assert f"{record['image_auroc']:.3f}" in page
    assert f"<b>{record['aupro30']:.3f}</b>" in page
    assert record["escapes"]["total"] == BAD
    assert record["by_kind"]["E13"]["escapes"]["ci95"][0] <= record["by_kind"]["E13"]["escapes"]["rate"]
    assert record["model"]["sha256"] in page
    assert record["data"]["sha256"] in page
    assert json.loads(json.dumps(record)) == record


def test_a_diagram_puts_low_and_high_where_they_belong():
    chart = Chart("t", log_axis("size", 1.0, 100.0), share_axis("found"))
    chart.dots([1.0, 10.0, 100.0], [0.0, 0.5, 1.0], "dot")
    places = re.findall(r'cx="([\d.]+)" cy="([\d.]+)"', chart.svg())
    (x0, y0), (x1, y1), (x2, y2) = [(float(x), float(y)) for x, y in places]
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.2)
    assert y0 - y1 == pytest.approx(y1 - y2, abs=0.2)
    assert y0 > y2, "up is more"


def test_steps_hold_until_the_next_value():
    chart = Chart("t", Axis("x", 0.0, 2.0, ()), Axis("y", 0.0, 1.0, ()))
    chart.steps([0.0, 1.0, 2.0], [1.0, 0.5, 0.0], "line")
    points = re.search(r'points="([^"]+)"', chart.svg()).group(1).split()
    assert len(points) == 5
    assert points[0].split(",")[1] == points[1].split(",")[1]
    assert points[1].split(",")[0] == points[2].split(",")[0]
