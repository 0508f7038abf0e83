"""`rules.md`: every rule that can speak against a piece."""

from inspection.alarms.words import CAUSES
from inspection.pages.texts.reasons import FRENCH
from inspection.station.intervention import InterventionKind
from scripts.reference.markdown import code, page, table

_ABOUT = """\
A decision that is no `accept` bears reasons, and each reason a `rule`: what programs read. Its sentence is for people,
and its words may change; `kind`, `quantity`, `measured`, `limit` and `unit` beside it hold the numbers
([the shape](api.md#reasonout)). The metric `inspection_reasons_total` counts by rule ([metrics](metrics.md)). Rules of
faults, which leave a piece `uninspected`, stand with their causes and the tests that show them in
[faults](faults.md). In the names below `KIND` is a kind's code as in `limit.E01.diameter_mm`, and `QUANTITY` one of the
keys of a recipe's [`reject_above`](recipe.md).
"""
ABOUT_THE_WEB = {"limit": "limit.KIND.QUANTITY", "count": "count.KIND", "cluster": "cluster", "storm": "storm"}
"""Rules by which the recipe rejects, by the first part of their names."""


def rules() -> dict[str, str]:
    """What each rule says, in a few words, by its name without kind and quantity.

    >>> rules()["lost.dropped"]
    'frames were lost on the way, check network and cable'
    """
    return {rule: CAUSES[rule] for rule in (*FRENCH, *(kind.value for kind in InterventionKind))}


def rules_page() -> str:
    """Every rule, what becomes of the piece, and what it says."""
    rows = [
        (code(ABOUT_THE_WEB.get(rule, rule)), code("reject" if rule in ABOUT_THE_WEB else "uninspected"), words)
        for rule, words in rules().items()
    ]
    return page("Rules", _ABOUT, table(["rule", "verdict", "what it says"], rows))
