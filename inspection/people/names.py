"""People's names: as they write them, accents and all; and when two of them are, or look, the same. Pure."""

import re
import unicodedata

LONGEST = 32
"""Characters of a name."""
_ALSO = re.compile(r"[ .'’_-]")
"""What may stand between letters."""
_PEOPLES = {
    "LATIN": "latin",
    "GREEK": "greek",
    "CYRILLIC": "cyrillic",
    "HANGUL": "hangul",
    "CJK": "han",
    "HIRAGANA": "han",
    "KATAKANA": "han",
    "KATAKANA-HIRAGANA": "han",
    "BOPOMOFO": "han",
    "ARABIC": "arabic",
    "HEBREW": "hebrew",
    "DEVANAGARI": "devanagari",
    "THAI": "thai",
    "ARMENIAN": "armenian",
    "GEORGIAN": "georgian",
}
"""Scripts by the first word of their characters' Unicode names; a name keeps to one of them (UTS 39, section 5)."""
_EUROPEAN = ("latin", "greek", "cyrillic")
_OWN_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "p", "ħ": "h", "ł": "l", "ŋ": "n", "ı": "i"}
)
"""Latin letters that are no accented ones, without which Latin names do; other ones look like something else."""
_LOOK = str.maketrans(
    # Capitals and small letters apart: a name is seen as it was written (after UTS 39's confusables).
    dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX", strict=True))
    | dict(zip("αγειικμνορτυχ", "ayeiikuvoptux", strict=True))
    | dict(zip("АВЕЗКМНОРСТУХІЈЅԌҺԚԜЬ", "ABE3KMHOPCTYXIJSGHQWb", strict=True))
    | dict(zip("авезкмнорстухіјѕԍһԛԝьпги", "abe3kmhopctyxijsghqwbnru", strict=True))
)
_SAME = (("1", "l"), ("|", "l"), ("0", "o"), ("’", "'"), ("vv", "w"), ("m", "rn"))
"""Pairs of Latin letters that look the same; the capital I looks like a small l before case is folded."""


def written(typed: str) -> str:
    """A name as it is kept: composed (NFKC), single spaces, none around it.

    >>> written("  Ame\\u0301lie   Noël ") == "Amélie Noël"
    True
    """
    return " ".join(unicodedata.normalize("NFKC", typed).split())


def login_of(name: str) -> str:
    """What two spellings of one name have in common: who is Amélie Noël may log in as AMÉLIE NOËL.

    >>> login_of("AME\\u0301LIE") == login_of("Amélie"), login_of("Strauß") == login_of("STRAUSS")
    (True, True)
    """
    return unicodedata.normalize("NFKC", written(name).casefold())


def is_name(name: str) -> bool:
    """Whether somebody may be called so: 2 to 32 letters and digits of one script, a letter first.

    >>> [is_name(name) for name in ("José Núñez", "o'brien-2", "김민수", "1a", "a\\u200bnn", "p\\u0430ul")]
    [True, True, True, False, False, False]
    """
    if name != written(name) or not 2 <= len(name) <= LONGEST or not name[0].isalpha() or _ALSO.match(name[-1]):
        return False
    scripts = set()
    for place, character in enumerate(name):
        if character in "0123456789" or (_ALSO.match(character) and not _ALSO.match(name[place - 1])):
            continue
        script = _script(character, name[place - 1] if place else "")
        if script is None:
            return False
        scripts.add(script)
    return len(scripts) == 1


def look_of(name: str) -> str:
    """What a reader sees of a name at a glance: the same for names that are easily taken for each other.

    Accents count for nothing here: beside an Amelie nobody else may be called Amélie.

    >>> look_of("Amélie") == look_of("amelie"), look_of("раскерн") == look_of("packeph")
    (True, True)
    """
    bare = "".join(each for each in unicodedata.normalize("NFD", name) if not unicodedata.combining(each))
    seen = bare.translate(_LOOK).replace("I", "l").casefold().translate(_OWN_LETTERS)
    for one, other in _SAME:
        seen = seen.replace(one, other)
    return re.sub(r"[ .'_-]", "", seen)


def _script(character: str, before: str) -> str | None:
    """The script of a letter, or of a sign that belongs to the letter before it; None: it has no place in a name."""
    script = _PEOPLES.get(unicodedata.name(character, "").split(" ")[0])
    category = unicodedata.category(character)
    if script is None or not (category[0] == "L" or (category in ("Mn", "Mc") and before.isprintable() and before)):
        return None
    if script not in _EUROPEAN:
        return script
    if category[0] == "M" or category == "Lm":
        return None
    if script == "latin":
        bare = unicodedata.normalize("NFD", character)[0].casefold().translate(_OWN_LETTERS)
        return script if bare.isascii() and bare.isalpha() else None
    return script
