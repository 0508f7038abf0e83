import pytest

from training.errors import DataError
from training.release.operating_point import WantedRates, apply_wanted, rates_at, wanted_rates
from training.release.thresholds import ScoreEvidence


def evidence(false=(0.1,) * 1000, objects=(0.9,) * 400):
    return ScoreEvidence({"E13": list(false)}, {"E13": {str(number): peak for number, peak in enumerate(objects)}})


def chosen(found, **wanted):
    rates = WantedRates(**{name: {"E13": rate} for name, rate in wanted.items()})
    return apply_wanted({"E13": 0.55}, found, rates)["E13"]


def test_the_threshold_for_escapes_is_the_highest_that_keeps_the_rate():
    objects = (0.9,) * 390 + (0.4,) * 10
    assert chosen(evidence(objects=objects), escapes=0.05) == 0.9, "10 of 400 are 1.2 % to 4.5 %"
    assert chosen(evidence(objects=objects), escapes=0.04) == 0.4


def test_the_threshold_for_false_rejects_is_the_lowest_that_keeps_the_rate():
    false = (0.1,) * 990 + (0.6,) * 8 + (0.8,) * 2
    assert chosen(evidence(false=false), false_rejects=0.02) == 0.101, "10 of 1000 are 0.5 % to 1.8 %"
    assert chosen(evidence(false=false), false_rejects=0.01) == 0.601


def test_a_kind_of_which_nothing_is_asked_keeps_its_threshold():
    assert chosen(evidence()) == 0.55
    assert WantedRates().method() == ""


def test_too_few_objects_show_no_low_rate():
    with pytest.raises(DataError, match=r"none missed it takes 183 objects"):
        chosen(evidence(objects=(0.9,) * 100), escapes=0.02)
    with pytest.raises(DataError, match=r"none of 0"):
        chosen(evidence(objects=()), escapes=0.02)
    with pytest.raises(DataError, match=r"50 blocks can't show that, it takes 183"):
        chosen(evidence(false=(0.0,) * 50), false_rejects=0.02)


def test_rates_that_no_threshold_keeps_together_are_refused():
    overlapping = evidence(false=(0.7,) * 1000, objects=(0.4,) * 400)
    with pytest.raises(DataError, match=r"0\.4 or less, its false rejects for one of 0\.701 or more"):
        chosen(overlapping, escapes=0.02, false_rejects=0.02)


def test_the_card_tells_counts_and_bounds_at_the_threshold():
    found = evidence(false=(0.1,) * 95 + (0.8,) * 5, objects=(0.9,) * 49 + (0.3,))
    told = rates_at(found, {"E13": 0.5})["E13"]
    assert (told["blocks"], told["false_rejects"], told["objects"], told["missed"]) == (100, 5, 50, 1)
    assert told["false_rejects_rate_95"] == pytest.approx([0.0164, 0.1128], abs=1e-4)
    assert told["missed_rate_95"] == pytest.approx([0.0005, 0.1065], abs=1e-4)
    assert rates_at(evidence(objects=()), {"E13": 0.5})["E13"]["missed_rate_95"] is None


@pytest.mark.parametrize("text", ["E13", "E13=", "E13=2", "E13=0", "E99=0.1", "E13=nan"])
def test_a_rate_that_is_none_is_refused(text):
    with pytest.raises(DataError, match=r"--escapes .*expected KIND=RATE"):
        wanted_rates([text], [], ["E01", "E13"])
