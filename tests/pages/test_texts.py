"""The catalogue of texts: both languages say the same with the same numbers."""

from dataclasses import fields, is_dataclass
from string import Formatter

from inspection.kinds import KINDS
from inspection.pages.texts import texts_in
from inspection.pages.texts.kinds import FRENCH
from inspection.people.registry import Language, Refusal
from inspection.people.roles import Role


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
