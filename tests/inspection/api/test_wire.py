"""What the network hears of a decision."""

from inspection.api.wire import EXAMPLE_DECISION
from inspection.api.wire_decisions import decision_out
from inspection.judging.decide import decide
from inspection.recipe.recipe import default_recipe
from inspection.values import Box, Severity, Verdict
from tests.support.rig import decision, defect

RULES = default_recipe("anode", "bright-field")


def to_cents(value):
    """Floats with two decimals, lists and dictionaries of them too."""
    if isinstance(value, dict):
        return {name: to_cents(each) for name, each in value.items()}
    if isinstance(value, list):
        return [to_cents(each) for each in value]
    return round(value, 2) if isinstance(value, float) else value


def test_the_documented_decision_is_what_the_station_writes_about_such_a_defect():
    (found,) = EXAMPLE_DECISION["defects"]
    sizes = ("length_mm", "width_mm", "area_mm2", "contrast_percent", "snr", "md_mm", "cd_mm", "lane", "score")
    fields = {name: found[name] for name in ("kind", *sizes)}
    seen = defect(severity=Severity(found["severity"]), box=Box(*found["box"]), **fields)
    verdict, reasons = decide([seen], RULES, 50.0)
    written = decision(EXAMPLE_DECISION["sequence"], verdict, reasons=reasons, defects=(seen,))
    told = to_cents(decision_out(written, is_recorded=True).model_dump(mode="json"))
    for name in ("verdict", "verdict_code", "severity", "reasons", "defects"):
        assert told[name] == to_cents(EXAMPLE_DECISION[name]), name
    assert set(told) == set(EXAMPLE_DECISION)
    assert EXAMPLE_DECISION["recipe"]["name"] == RULES.name


def test_the_network_hears_which_defects_a_reason_is_about():
    ink, far = defect(kind="N04", severity=Severity.N), defect(cd_mm=60.0, area_mm2=0.01)
    trio = [defect(kind="E14", severity=Severity.S3, area_mm2=0.02, cd_mm=2.0 + n) for n in range(3)]
    verdict, reasons = decide([ink, *trio, far], RULES, 50.0)
    told = decision_out(decision(1, verdict, reasons=reasons, defects=(ink, *trio, far)), is_recorded=True)
    (cluster,) = told.reasons
    assert (cluster.rule, cluster.defects) == ("cluster", [1, 2, 3])
    assert (cluster.severity, cluster.quantity, cluster.measured) == ("S2", "objects", 3.0)
    assert told.severity == "S2"


def test_a_decision_leads_to_its_page_where_a_store_stands_behind_it():
    made = decision(412, Verdict.ACCEPT)
    assert decision_out(made, is_recorded=True, epoch="5c0ffee").links.page == "/decisions/5c0ffee/412"
    assert decision_out(made, is_recorded=False).links.page is None
