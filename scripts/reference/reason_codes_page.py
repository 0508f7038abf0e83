"""`reason-codes.md`: reasons and kinds as numbers."""

from inspection.alarms.words import CAUSES
from inspection.values.kinds import KINDS
from inspection.values.reason_codes import ACCEPTED, CODES, UNKNOWN, kind_number
from scripts.reference.markdown import code, page, table

_ABOUT = f"""\
What a machine reads as `reason_code` ([connect a PLC](../how-to/connect-a-plc.md)): {ACCEPTED} is accept, and
{UNKNOWN} a rule that has no number. A number is never given to another rule. An object above its limit has 1000 and its
kind's number, too many of a kind 2000 and that number: 1001 is a pinhole (E01) that is too large, 2101 too many S01.
Rules are those of [the list](rules.md).
"""


def reason_codes_page() -> str:
    """All numbers of rules, and of kinds."""
    rules = [(str(number), code(rule), CAUSES.get(rule, "")) for rule, number in CODES.items()]
    kinds = [(str(kind_number(each)), code(each), KINDS[each].name) for each in sorted(KINDS, key=kind_number)]
    numbers = table(["number", "rule", "what it says"], rules)
    return page(
        "Reason codes", _ABOUT, f"## Rules\n\n{numbers}\n\n## Kinds\n\n{table(['number', 'kind', 'name'], kinds)}"
    )
