"""The catalogue of texts: both languages say the same with the same numbers."""

import re
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter

import pytest

from camera.frame import LossReason
from inspection.judging.rules.cluster_rule import CLUSTER
from inspection.pages.texts import texts_in
from inspection.pages.texts.kinds import kind_name
from inspection.pages.texts.quantities import Quantities
from inspection.pages.texts.reasons import FRENCH as REASONS
from inspection.pages.texts.reasons import told
from inspection.people.person import Language
from inspection.people.refusal import Refusal
from inspection.people.roles import Role
from inspection.station.intervention import Intervention, InterventionKind
from inspection.values import Reason, Severity, Verdict
from inspection.values.kinds import KINDS
from tests.inspection.pages.plant import defect


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


SAME = re.compile(
    r"(?:[\W\d_]|\{\w+\}|Note|Notes|Position|Score|Verdicts?|Images?|Dimensions|Version|Type|Types|Date|Pages?|Question|Questions"
    r"|Total|Minutes|Description|Actions?|Machine|Sections?|Min|Max|CSV|PDF|SHA|p99|px|mm|min|Webhook|API|UTC|JSON|QA|Esc|Alt)*",
    re.IGNORECASE,
)
"""Words that French and English share."""
NOT_FRENCH = {
    "lane is piste": r"\bvoies?\b",
    "roll is bobine": r"\brouleaux?\b",
    "hold is blocage, for a line that is stopped is something else": r"\barrêt\b",
    "web is bande": r"\bwebs?\b|\btoiles?\b|\bfeuillards?\b",
    "reject is rejet": r"\brejects?\b",
    "an English word": r"\b(?:the|of|and|rolls?|lanes?|holds?|frames?|reviews?|rejected|accepted|shelved?)\b",
}
"""One word each: why, and what it is not."""
KEPT = {
    r"\brouleaux?\b": ("roller", ".kinds.E21", "no_repeats"),
    r"\barrêt\b": (".states.stopping", ".advice.standing", "arrêt de la station", "downtime", "stop"),
}
"""A machine's roller, and a stop that is one."""


def kept(pattern: str, key: str) -> bool:
    return any(word in key for word in KEPT.get(pattern, ()))


def test_every_text_is_there_in_french_and_no_english_one_stands_in_its_place():
    english, french = flat(texts_in(Language.ENGLISH)), flat(texts_in(Language.FRENCH))
    same = {key: text for key, text in french.items() if text == english[key] and not SAME.fullmatch(text)}
    assert same == {}


def test_french_has_one_word_for_each_thing():
    french = flat(texts_in(Language.FRENCH)) | {f".kinds.{code}": kind.french for code, kind in KINDS.items()}
    french |= {f".reasons.{rule}": text for rule, text in REASONS.items()}
    words = {
        (why, key): text
        for key, text in french.items()
        for why, pattern in NOT_FRENCH.items()
        if re.search(pattern, re.sub(r"`[^`]*`|\{\w+\}|/v1/\S+", "", text), re.IGNORECASE) and not kept(pattern, key)
    }
    assert words == {}


def test_no_line_of_french_breaks_before_a_colon_or_within_guillemets():
    loose = {key: text for key, text in flat(texts_in(Language.FRENCH)).items() if re.search(r" [:;?!»%]|« ", text)}
    assert loose == {}


def test_days_and_numbers_are_written_as_the_language_does():
    at = datetime(2030, 1, 31, 14, 5, 9).astimezone()
    french, english = Quantities(Language.FRENCH), Quantities(Language.ENGLISH)
    assert (french.moment(at), english.moment(at)) == ("31/01/2030 14:05:09", "2030-01-31 14:05:09")
    assert (french.of(1234.5, "mm", 1), french.percent(0.5, 1)) == ("1\u202f234,5\xa0mm", "50,0\xa0%")


def test_a_reject_below_its_limit_says_why_in_french_as_in_english():
    near = Reason("limit.E01.diameter_mm", "...", "E01", 0.46, 0.5, "mm", (0,), Severity.S2, "diameter_mm")
    french = Quantities(Language.FRENCH)
    assert told(near, french, (defect(),)).endswith("(limite 0,50\xa0mm), dans la bande de garde.")
    cut = replace(defect(), reaches_trailing_edge=True)
    assert "coupé par le bord de l'image" in told(near, french, (cut,))
    assert "garde" not in told(replace(near, measured=0.71), french, (defect(),))


def test_every_role_refusal_and_kind_has_its_words():
    for language in Language:
        assert texts_in(language).frame.roles.keys() == set(Role)
        assert texts_in(language).login.refusals.keys() == set(Refusal)


def test_a_code_that_the_catalogue_lacks_is_an_unknown_object_in_both_languages():
    assert [kind_name("X99", language) for language in Language] == ["unknown object", "objet inconnu"]


@pytest.mark.parametrize(("kind", "word"), [("hold", "bloquée"), ("bypass", "contournée")])
def test_a_hold_is_told_in_french_with_what_the_person_said(kind, word):
    current = Intervention(kind=kind, reason="une épissure", by="ann", since_utc=NOON, until_utc=NOON)
    (reason,) = current.applied(Verdict.ACCEPT, ())[1]
    french = told(reason, Quantities(Language.FRENCH))
    assert french.startswith(("La ligne", "La station"))
    assert word in french
    assert "by ann" in french
    assert "une épissure" in french
    assert told(reason, Quantities(Language.ENGLISH)) == current.sentence


NOON = datetime(2030, 1, 31, 12, 30, 5, tzinfo=UTC)
RULES = re.compile(r'Reason\(\s*f?"([a-z_.]+)')


def test_every_rule_of_the_station_is_told_in_french():
    source = "".join(path.read_text() for path in Path("inspection").rglob("*.py"))
    rules = set(RULES.findall(source)) | {f"lost.{reason.value}" for reason in LossReason} | {CLUSTER}
    rules |= {kind.value for kind in InterventionKind}
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
    assert told(broad, french).startswith("E99\xa0: largeur 1,50")
    assert told(Reason("something.new", "Something new by Ann."), french) == "Something new by Ann."
