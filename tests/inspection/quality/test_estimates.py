import math

import pytest

from inspection.quality.agreement import agreement
from inspection.quality.estimates import Tally, estimates
from inspection.quality.figures import Figures
from inspection.quality.intervals import Stratum, clopper_pearson, stratified
from inspection.review.cases import Answer, NewReview, ReviewOutcome, Risk
from inspection.review.queue import ReviewQueue
from inspection.values import Verdict


def test_kappa_and_its_interval_are_those_of_the_textbook():
    """Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions (3rd ed.), table 18.1: kappa 0.68, SE 0.087
    for 100 subjects and three categories.
    """
    table = {("a", "a"): 75, ("a", "b"): 1, ("a", "c"): 4, ("b", "a"): 5, ("b", "b"): 4, ("b", "c"): 1, ("c", "c"): 10}
    found = agreement([pair for pair, count in table.items() for _ in range(count)])
    assert found.kappa == pytest.approx(0.68, abs=0.005)
    assert (found.high - found.low) / (2 * 1.96) == pytest.approx(0.087, abs=0.001)
    assert (found.pairs, found.agreeing) == (100, 89)
    assert found.table["b"]["a"] == 5


def test_kappa_is_not_made_up_where_it_is_not_defined():
    assert agreement([]).kappa is None
    assert agreement([("a", "a")] * 5).kappa is None


def test_equal_sampling_gives_clopper_and_pearsons_interval():
    found = stratified([Stratum(900, 90, 5), Stratum(100, 10, 0)])
    assert (found.low, found.high) == pytest.approx(clopper_pearson(5, 100))
    assert found.rate == pytest.approx(0.05)


def test_a_thinly_sampled_stratum_widens_the_interval():
    thin = stratified([Stratum(990, 10, 0), Stratum(10, 10, 0)])
    even = stratified([Stratum(990, 20, 0), Stratum(10, 1, 0)])
    assert thin.high > even.high
    assert stratified([Stratum(990, 0, 0), Stratum(10, 10, 0)]) is None


def tally(decisions, confirmed=0, overruled=0, **more):
    outcomes = {ReviewOutcome.CONFIRMED: confirmed, ReviewOutcome.OVERRULED: overruled}
    return Tally(decisions, outcomes | {ReviewOutcome(name): count for name, count in more.items()})


def test_accepts_count_for_as_many_as_they_stand_for():
    found = estimates(
        {
            Risk.REJECT: tally(100, confirmed=40, overruled=10, unsure=3),
            Risk.ACCEPT_SAMPLE: tally(10_000, confirmed=99, overruled=1, disputed=2),
            Risk.UNINSPECTED: tally(5),
        }
    )
    assert found.confirmation.rate == pytest.approx(0.8)
    assert found.bad_accepts.rate == pytest.approx(0.01)
    assert found.false_rejects.rate == pytest.approx(20 / (20 + 9900))
    assert found.escapes.rate == pytest.approx(100 / (100 + 80))
    for each in (found.confirmation, found.bad_accepts, found.false_rejects, found.escapes):
        assert each.low < each.rate < each.high
    assert found.escapes.high > clopper_pearson(1, 100)[1] * 10_000 / (clopper_pearson(1, 100)[1] * 10_000 + 90)
    assert (found.unsure, found.disputed, found.decisions[Verdict.UNINSPECTED]) == (3, 2, 5)


def test_risks_are_weighted_by_their_numbers():
    found = estimates({Risk.SAFETY: tally(10, confirmed=10), Risk.REJECT: tally(90, overruled=10)})
    assert found.confirmation.rate == pytest.approx(0.1)
    assert found.false_rejects is None, "nothing is known of accepts"


def test_no_escape_seen_still_has_an_upper_bound():
    found = estimates({Risk.REJECT: tally(10, confirmed=10), Risk.ACCEPT_SAMPLE: tally(1000, confirmed=300)})
    assert found.escapes.rate == 0.0
    bad_accepts, sure_rejects = 1000 * (1 - 0.0125 ** (1 / 300)), 10 * 0.0125 ** (1 / 10)
    assert found.escapes.high == pytest.approx(bad_accepts / (bad_accepts + sure_rejects))
    assert math.isclose(found.bad_accepts.high, clopper_pearson(0, 300)[1])


def test_figures_of_the_store_lead_to_the_rates(plant):
    for sequence in range(1, 5):
        plant.add(sequence)
    for sequence in range(5, 11):
        plant.add(sequence, Verdict.ACCEPT, is_saved=sequence in (5, 6))
    queue = ReviewQueue(plant.database, second_reader_share=1.0)
    queue.enrol()
    for sequence, answer in ((1, "confirmed"), (2, "overruled"), (5, "confirmed"), (6, "overruled")):
        plant.book.record(NewReview(sequence, "ann", Answer(answer), looked_s=2.0))
    plant.book.record(NewReview(1, "bob", Answer.CONFIRMED))
    plant.book.record(NewReview(2, "bob", Answer.OVERRULED))
    figures = Figures(plant.database)
    tallies = figures.tallies(figures.whole())
    assert tallies[Risk.ACCEPT_SAMPLE].decisions == 6
    found = estimates(tallies)
    assert found.bad_accepts.rate == pytest.approx(0.5)
    assert found.false_rejects.rate == pytest.approx(2 / (2 + 3))
    agreed = figures.agreement(figures.whole())
    assert (agreed.pairs, agreed.kappa) == (2, 1.0)
    assert figures.looking_times() == [2.0] * 4
