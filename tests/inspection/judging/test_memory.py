"""What rules keep in mind along the web."""

from dataclasses import dataclass, replace

from inspection.judging.decide import RULES, decide_along
from inspection.judging.memory import Memory
from inspection.recipe.recipe import default_recipe
from inspection.values import Reason, Severity, Verdict
from tests.inspection.judging.test_decide_and_joining import defect

RECIPE = default_recipe("anode", "bright-field")


@dataclass(frozen=True)
class InARow:
    """Rejects the second piece in a row that has a pinhole."""

    name: str = "row"
    start: int = 0

    def judge(self, piece, seen):
        places = tuple(place for place, found in piece.defects.items() if found.kind == "E01")
        now = seen + 1 if places else 0
        reason = Reason("row.E01", f"{now} pieces in a row.", defects=places, severity=Severity.S3)
        return ((reason,) if now >= 2 else ()), now

    def after_gap(self, seen):
        return 0


def along(pieces, memory=Memory.START, rules=(*RULES, InARow())):
    """Verdicts and rules of pieces one after the other; None: a piece that nobody saw."""
    told = []
    for defects in pieces:
        if defects is None:
            memory = memory.after_gap(rules)
            continue
        verdict, reasons, memory = decide_along(defects, RECIPE, 50.0, memory, rules)
        told.append((verdict, [reason.rule for reason in reasons]))
    return told


SMALL = (defect("E01"),)


def test_a_rule_rejects_by_what_it_saw_of_earlier_pieces():
    assert along([SMALL, (), SMALL, SMALL]) == [
        (Verdict.ACCEPT, []),
        (Verdict.ACCEPT, []),
        (Verdict.ACCEPT, []),
        (Verdict.REJECT, ["row.E01"]),
    ]


def test_a_rule_decides_itself_what_a_gap_leaves_of_its_memory():
    assert along([SMALL, None, SMALL]) == [(Verdict.ACCEPT, []), (Verdict.ACCEPT, [])]


def test_judging_a_piece_leaves_the_memory_that_it_was_given_as_it_was():
    rules = (InARow(),)
    _, _, once = decide_along(SMALL, RECIPE, 50.0, Memory.START, rules)
    first = decide_along(SMALL, RECIPE, 50.0, once, rules)
    assert decide_along(SMALL, RECIPE, 50.0, once, rules) == first
    assert once.states == {"row": 1}
    assert Memory.START.states == {}


def test_reasons_of_all_rules_stand_gravest_first_and_name_their_rule():
    large = replace(SMALL[0], length_mm=3.0, width_mm=3.0, area_mm2=7.0)
    (_, _), (verdict, rules) = along([SMALL, (large,)])
    assert verdict is Verdict.REJECT
    assert rules[0].startswith("limit.E01")
    assert rules[-1] == "row.E01"
    assert {rule.name for rule in RULES} == {"limit", "count", "cluster"}
