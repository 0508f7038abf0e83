"""The catalogue of texts: both languages say the same with the same numbers."""

import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from string import Formatter

from camera.frame import LossReason
from inspection.decide import CLUSTER
from inspection.kinds import KINDS
from inspection.pages.quantities import Quantities
from inspection.pages.texts import texts_in
from inspection.pages.texts.kinds import FRENCH
from inspection.pages.texts.reasons import FRENCH as REASONS
from inspection.pages.texts.reasons import told
from inspection.people.registry import Language, Refusal
from inspection.people.roles import Role
from inspection.values import Reason


def flat(texts, path="") -> dict[str, str]:
    if is_dataclass(texts):
        pairs = [(field.name, getattr(texts, field.name)) for field in fields(texts)]
    elif isinstance(texts, str):
        return {path: texts}
    else:
        pairs = list(texts.items())
    return {key: text for name, value in pairs for key, text in flat(value, f"{path}.{name}").items()}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_have_every_text_with_the_same_placeholders():
    english, french = flat(texts_in(Language.ENGLISH)), flat(texts_in(Language.FRENCH))
    assert english.keys() == french.keys()
    for key, text in english.items():
        assert text.strip(), key
        assert french[key].strip(), key
        assert placeholders(text) == placeholders(french[key]), key


def test_every_role_refusal_and_kind_has_its_words():
    for language in Language:
        assert texts_in(language).frame.roles.keys() == set(Role)
        assert texts_in(language).login.refusals.keys() == set(Refusal)
    assert FRENCH.keys() == KINDS.keys()


RULES = re.compile(r'Reason\(\s*f?"([a-z_.]+)')


def test_every_rule_of_the_station_is_told_in_french():
    source = "".join(path.read_text() for path in Path("inspection").glob("*.py"))
    rules = set(RULES.findall(source)) | {f"lost.{reason.value}" for reason in LossReason} | {CLUSTER}
    assert len(rules) > 20
    missing = {rule for rule in rules - {"lost.", "limit.", "count."} if rule not in REASONS}
    assert not missing
    assert {"limit", "count"} <= REASONS.keys()


def test_reasons_are_told_with_numbers_and_units_and_unknown_ones_as_they_are():
    french = Quantities(Language.FRENCH)
    late = told(Reason("late", "...", measured=511.4, limit=500.0, unit="ms"), french)
    assert "511\xa0ms" in late
    assert "500\xa0ms" in late
    broad = Reason("limit.E99.width_mm", "E99", "E99", 1.5, 1.0, "mm", quantity="width_mm")
    assert told(broad, french).startswith("E99 : largeur 1,50")
    for rule in ("hold", "something.new"):
        assert told(Reason(rule, "On hold by Ann: splice."), french) == "On hold by Ann: splice."
