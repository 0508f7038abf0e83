"""Alarms and rules as a person reads them: what happened and what to do, in the person's language. Pure."""

from datetime import datetime

from inspection.alarms.alarm import Alarm
from inspection.alarms.words import words_of
from inspection.pages.texts import Texts
from inspection.pages.texts.kinds import kind_name
from inspection.pages.texts.quantities import Quantities
from inspection.values.kinds import KINDS

_MOMENTS = ("until", "time")


def sentence(alarm: Alarm, texts: Texts) -> str:
    """One short line; the station's own where it says something that this language has no words for."""
    quantities = Quantities(texts.language)
    told: dict[str, str] = {}
    for name, fact in alarm.facts.items():
        told[name] = quantities.number(fact) if isinstance(fact, int) and not isinstance(fact, bool) else str(fact)
    if "cause" in told:
        told["cause"] = rule_words(told["cause"], texts)
    if told.get("kind") in KINDS:
        told["kind"] = f"{told['kind']} {kind_name(told['kind'], texts.language)}"
    if "role" in told:
        told["role"] = {"recipe": texts.line.recipe, "model": texts.line.model}.get(told["role"], told["role"]).lower()
    for name in _MOMENTS:
        if name in told:
            told[name] = _local(told[name], quantities)
    try:
        return texts.alarms.sentences[alarm.kind.value].format_map(told)
    except (KeyError, ValueError, IndexError):
        return alarm.sentence


def rule_words(rule: str, texts: Texts) -> str:
    """What a rule says, never its name."""
    return words_of(rule, texts.alarms.causes, texts.alarms.other_cause)


def _local(moment: str, quantities: Quantities) -> str:
    """A moment of the station on the station's clock."""
    try:
        return quantities.time(datetime.fromisoformat(moment.replace(" UTC", "+00:00")))
    except ValueError:
        return moment
